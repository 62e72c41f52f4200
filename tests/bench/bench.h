/* SPDX-License-Identifier: MIT */
/*
 * The benchmark's competitors: ways to get the same register accesses to the same device. C and C++
 * both include this.
 */
#ifndef PVMMIO_TESTS_BENCH_BENCH_H
#define PVMMIO_TESTS_BENCH_BENCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_REGISTERS 64

struct bench_access {
	uint32_t offset; /* of a 32-bit register */
	uint32_t value;  /* to store */
	uint32_t is_write;
};

/* What is accessed, over and over. The same for everybody. */
struct bench_stream {
	const struct bench_access *accesses;
	uint64_t count;
	uint64_t repeat;
};

/* The device at the end of every path. */
struct bench_device {
	uint32_t value[BENCH_REGISTERS];
	uint64_t loads;
};

static inline uint32_t bench_device_read(struct bench_device *device, uint64_t offset)
{
	device->loads++;
	return device->value[offset / 4 % BENCH_REGISTERS] + (uint32_t)device->loads;
}

static inline void bench_device_write(struct bench_device *device, uint64_t offset, uint32_t value)
{
	device->value[offset / 4 % BENCH_REGISTERS] += value;
}

/* Fold what was read. Order matters. */
static inline uint64_t bench_checksum(uint64_t sum, uint64_t value)
{
	return (sum << 1 | sum >> 63) ^ value;
}

/* One competitor. run() gives the checksum of everything read; timing is the caller's. */
struct bench_competitor {
	const char *name;
	void *(*create)(void);
	void (*destroy)(void *self);
	uint64_t (*run)(void *self, const struct bench_stream *stream);
};

extern const struct bench_competitor bench_bus;
extern const struct bench_competitor bench_platform;
extern const struct bench_competitor bench_tlm;
extern const struct bench_competitor bench_table;

/* Make count switches between two contexts of an executor. */
void *bench_switch_create(void);
void bench_switch_destroy(void *self);
uint64_t bench_switch_run(void *self, uint64_t count);

/* What main() does once the SystemC kernel, which wants to be first, is up. */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
