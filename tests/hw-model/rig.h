/* SPDX-License-Identifier: MIT */
/*
 * A bench for the GPU: a machine with nothing but the device on the host's bus, and one CPU that
 * drives it as a driver would, through registers and memory.
 *
 * A test's body runs on the CPU's context. Its checks must not jump off that stack, so they are the
 * CHECK macros below: the first one that fails is printed, ends the simulation and fails the test.
 *
 * Memory is handed out by GGTT address; neighbouring pages there are never neighbours in memory.
 */
#ifndef PVMMIO_TESTS_HW_MODEL_RIG_H
#define PVMMIO_TESTS_HW_MODEL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above it. */
#include <cmocka.h>

#include "hw-model/gen9_gpu.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"

#define RIG_BAR0         UINT64_C(0x1800000000)
#define RIG_MEMORY_BYTES (UINT64_C(1) << 30)
#define RIG_GGTT_PAGES   4096u
#define RIG_RING_BYTES   0x1000u
#define RIG_EVENTS       64u

struct rig {
	struct machine *m;
	struct gen9_gpu *gpu;
	struct bus_region registers, gtt_window;
	unsigned msi_count;
	uint64_t msi_ps; /* when the last one arrives */
	uint32_t next_page;
	uint8_t *pages[RIG_GGTT_PAGES]; /* host view by GGTT page */
	uint64_t mfns[RIG_GGTT_PAGES];
	uint32_t hwsp[GEN9_ENGINE_COUNT]; /* global status page of each engine */
	unsigned csb_read[GEN9_ENGINE_COUNT];
	void (*body)(struct rig *rig);
	bool finished; /* the body came to its end */
};

/* A logical ring context with its ring of one page. */
struct rig_context {
	struct rig *rig;
	enum gen9_engine_id engine;
	uint32_t id;
	uint32_t lrca;
	uint32_t ring;
	uint32_t tail;
};

/* Durations that are all different and divide nothing by accident. */
extern const struct hw_profile rig_profile;

/* Run body on a GPU with the profile, execlists enabled on every engine, interrupts unmasked. */
void rig_run(void (*body)(struct rig *rig));
void rig_run_profile(void (*body)(struct rig *rig), const struct hw_profile *profile);

uint32_t rig_read(struct rig *rig, uint32_t offset);
void rig_write(struct rig *rig, uint32_t offset, uint32_t value);
uint32_t rig_read_engine(struct rig *rig, enum gen9_engine_id engine, uint32_t offset);
void rig_write_engine(struct rig *rig, enum gen9_engine_id engine, uint32_t offset, uint32_t value);
uint64_t rig_now(const struct rig *rig);
void rig_sleep(struct rig *rig, uint64_t ps);

/* GGTT address of count fresh zeroed pages. */
uint32_t rig_alloc(struct rig *rig, unsigned count);
void rig_set_pte(struct rig *rig, uint32_t gma, uint64_t pte);
uint64_t rig_mfn(const struct rig *rig, uint32_t gma);
uint8_t *rig_at(struct rig *rig, uint32_t gma); /* good to the end of the page */
uint32_t rig_load(struct rig *rig, uint32_t gma);
uint64_t rig_load64(struct rig *rig, uint32_t gma);
void rig_store(struct rig *rig, uint32_t gma, uint32_t value);

/* Write dwords to gma on; the address after them. */
uint32_t rig_store_dwords(struct rig *rig, uint32_t gma, const uint32_t *dwords, size_t count);
#define rig_put(rig, gma, ...)                                                                     \
	rig_store_dwords((rig), (gma), (const uint32_t[]){ __VA_ARGS__ },                          \
			 sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

void rig_context_init(struct rig_context *ctx, struct rig *rig, enum gen9_engine_id engine,
		      uint32_t id);
uint64_t rig_descriptor(const struct rig_context *ctx);
uint32_t rig_image(const struct rig_context *ctx, unsigned index); /* value of a state register */
void rig_set_image(struct rig_context *ctx, unsigned index, uint32_t value);

/* Add dwords to the context's ring. Takes effect with the next submission. */
void rig_emit_dwords(struct rig_context *ctx, const uint32_t *dwords, size_t count);
#define rig_emit(ctx, ...)                                                                         \
	rig_emit_dwords((ctx), (const uint32_t[]){ __VA_ARGS__ },                                  \
			sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* Store the tails into the images and write ELSP four times. second may be NULL. */
void rig_submit(struct rig_context *first, struct rig_context *second);
void rig_write_elsp(struct rig *rig, enum gen9_engine_id engine, uint64_t element0,
		    uint64_t element1);

/* Let time pass until the engine is idle, for at most a second. Fails the test otherwise. */
void rig_wait_idle(struct rig *rig, enum gen9_engine_id engine);

/* The next status entry in the status page, status in the lower half; 0: none. */
uint64_t rig_event(struct rig *rig, enum gen9_engine_id engine);
#define EVENT(status, id) ((uint64_t)(id) << 32 | (status))

struct gen9_engine_stats rig_stats(const struct rig *rig, enum gen9_engine_id engine);

void rig_check(struct rig *rig, bool ok, const char *what, uint64_t actual, uint64_t expected,
	       const char *file, int line);
#define CHECK_EQ(rig, actual, expected)                                                            \
	do {                                                                                       \
		uint64_t actual_ = (actual), expected_ = (expected);                               \
		rig_check((rig), actual_ == expected_, #actual, actual_, expected_, __FILE__,      \
			  __LINE__);                                                               \
	} while (0)
#define CHECK(rig, condition) CHECK_EQ((rig), !!(condition), 1)

/* The main() of a test program whose tests are bodies: TESTS(T) names them as T(name) T(name) ...
 */
#define RIG_TEST_WRAP(name)                                                                        \
	static void run_##name(void **state)                                                       \
	{                                                                                          \
		rig_run(name);                                                                     \
	}
#define RIG_TEST_ROW(name) { #name, run_##name, NULL, NULL, NULL },
#define RIG_TEST_MAIN(TESTS)                                                                       \
	TESTS(RIG_TEST_WRAP)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { TESTS(RIG_TEST_ROW) };                         \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#endif
