/* SPDX-License-Identifier: MIT */
/*
 * The one random generator: seeded, passed by pointer, the same sequence on every machine.
 * Not for secrets.
 */
#ifndef PVMMIO_SIM_MACHINE_RNG_H
#define PVMMIO_SIM_MACHINE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state[4];
};

/* Any seed is good, 0 included. */
void rng_seed(struct rng *rng, uint64_t seed);

/* The next 64 random bits. */
uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound); bound must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
