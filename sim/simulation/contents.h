/* SPDX-License-Identifier: MIT */
/*
 * Contents: what was found in memory, as a digest that depends on the bytes and on their order, and
 * on no address and no time. Internal to sim/simulation.
 */
#ifndef PVMMIO_SIM_SIMULATION_CONTENTS_H
#define PVMMIO_SIM_SIMULATION_CONTENTS_H

#include <stddef.h>

#include "sim/report/result.h"

/* Add bytes to the digest. The caller counts what they belong to. */
void contents_add(struct contents_result *contents, const void *bytes, size_t len);

#endif
