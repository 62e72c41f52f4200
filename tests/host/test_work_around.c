// SPDX-License-Identifier: MIT
// Indirect and per-context batches of RCS0 contexts: audited, copied, executed from the copies; and
// what a context's first use loads.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <string.h>

#include "host/workload.h"
#include "rig.h"

#define LINE_DWORDS 16u

static struct rig rig;
static struct rig_guest *guest;
static struct rig_context context;
static uint32_t *words; /* what batches write to */
static uint64_t words_gma;
static uint32_t *indirect, *per_context;
static uint64_t indirect_gma, per_context_gma;

static uint32_t *bind_page(uint64_t *gma)
{
	uint64_t gpa = rig_alloc(guest, 1);

	*gma = rig_bind(guest, gpa, 1);
	return rig_at(guest, gpa);
}

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vertex_ps = PS_PER_NS });
	guest = &rig.guests[0];
	rig_boot(guest);
	rig_context_create(&context, guest, GEN9_RCS0, 7);
	words = bind_page(&words_gma);
	indirect = bind_page(&indirect_gma);
	per_context = bind_page(&per_context_gma);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static void set_state(uint32_t index, uint32_t value)
{
	rig_context_state(&context)[index + 1] = value;
}

static uint32_t *emit_store(uint32_t *to, unsigned word, uint32_t value)
{
	*to++ = MI_STORE_DATA_IMM | MI_USE_GGTT;
	*to++ = (uint32_t)words_gma + 4 * word;
	*to++ = (uint32_t)(words_gma >> 32);
	*to++ = value;
	return to;
}

// words[word] = value, in so many lines.
static void use_indirect(unsigned word, uint32_t value, unsigned lines)
{
	emit_store(indirect, word, value);
	set_state(CTX_INDIRECT_CTX, (uint32_t)indirect_gma | lines);
	set_state(CTX_INDIRECT_CTX_OFFSET, CTX_INDIRECT_OFFSET);
}

static void use_per_context(unsigned word, uint32_t value)
{
	*emit_store(per_context, word, value) = MI_BATCH_BUFFER_END;
	set_state(CTX_BB_PER_CTX_PTR, (uint32_t)per_context_gma | CTX_PER_CTX_VALID);
}

static void submit(void)
{
	rig_submit(guest, context.engine, 0, rig_descriptor(&context));
}

static uint64_t noted(enum gvt_incident incident)
{
	return rig_incidents(guest, incident);
}

static void expect_dropped(enum gvt_incident incident, bool failsafe)
{
	submit();
	assert_int_equal(noted(incident), 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 0);
	assert_int_equal(rig_stats(guest).failsafe, failsafe);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(words[i], 0);
}

/* ---- what runs ---- */

static void both_run_before_the_ring(void **state)
{
	use_indirect(0, 1, 1);
	use_per_context(0, 2);
	emit_store(&indirect[4], 1, 10);
	*emit_store(emit_store(per_context, 0, 2), 2, 20) = MI_BATCH_BUFFER_END;
	rig_emit_store(&context, words_gma + 12, 30);
	submit();
	assert_int_equal(words[0], 2); // the later one
	assert_int_equal(words[1], 10);
	assert_int_equal(words[2], 20);
	assert_int_equal(words[3], 30);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	// The guest's pointers are its own.
	assert_int_equal(rig_context_state(&context)[CTX_INDIRECT_CTX + 1],
			 (uint32_t)indirect_gma | 1);
	assert_int_equal(rig_context_state(&context)[CTX_BB_PER_CTX_PTR + 1],
			 (uint32_t)per_context_gma | 1);
}

static void each_runs_without_the_other(void **state)
{
	use_indirect(0, 1, 1);
	submit();
	assert_int_equal(words[0], 1);
	set_state(CTX_INDIRECT_CTX, 0);
	use_per_context(1, 2);
	submit();
	assert_int_equal(words[1], 2);
	// Without its bit a pointer is none.
	set_state(CTX_BB_PER_CTX_PTR, (uint32_t)per_context_gma);
	words[1] = 0;
	submit();
	assert_int_equal(words[1], 0);
	assert_int_equal(rig_stats(guest).workloads_completed, 3);
}

static void only_its_lines_run(void **state)
{
	use_indirect(0, 1, 2);
	emit_store(&indirect[LINE_DWORDS], 1, 2);
	emit_store(&indirect[2 * LINE_DWORDS], 2, 3);
	submit();
	assert_int_equal(words[0], 1);
	assert_int_equal(words[1], 2);
	assert_int_equal(words[2], 0);
}

// What Linux does there with a register that is not in the context.
static void l3_register_is_saved_and_restored(void **state)
{
	const uint32_t batch[] = {
		MI_STORE_REGISTER_MEM | MI_USE_GGTT,
		0xb118,
		(uint32_t)words_gma,
		0,
		MI_LOAD_REGISTER_IMM(1),
		0xb118,
		0x40400000,
		MI_LOAD_REGISTER_MEM | MI_USE_GGTT,
		0xb118,
		(uint32_t)words_gma,
		0,
	};

	memcpy(indirect, batch, sizeof(batch));
	set_state(CTX_INDIRECT_CTX, (uint32_t)indirect_gma | 1);
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_REGISTER), 0);
}

static void chained_per_context_batches(void **state)
{
	uint64_t gma;
	uint32_t *next = bind_page(&gma);
	uint32_t *end = emit_store(per_context, 0, 1);

	end[0] = MI_BATCH_BUFFER_START;
	end[1] = (uint32_t)gma;
	end[2] = 0;
	*emit_store(next, 1, 2) = MI_BATCH_BUFFER_END;
	set_state(CTX_BB_PER_CTX_PTR, (uint32_t)per_context_gma | CTX_PER_CTX_VALID);
	submit();
	assert_int_equal(words[0], 1);
	assert_int_equal(words[1], 2);
}

// Its interrupt is the guest's, not the host's.
static void user_interrupt_in_a_batch(void **state)
{
	indirect[0] = MI_USER_INTERRUPT;
	set_state(CTX_INDIRECT_CTX, (uint32_t)indirect_gma | 1);
	submit();
	assert_int_equal(rig_read32(guest, GT_IIR(0)) & GT_USER_INTERRUPT, GT_USER_INTERRUPT);
}

static void other_engines_have_none(void **state)
{
	rig_context_create(&context, guest, GEN9_BCS0, 8);
	use_indirect(0, 1, 1);
	submit();
	assert_int_equal(words[0], 0);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

static void submit_and_change(struct rig_guest *g, void *arg)
{
	const uint64_t *pair = arg;

	for (unsigned i = 0; i < 2; i++) {
		guest_store(g, rig_reg(GEN9_RCS0, RING_ELSP), 4, pair[1 - i] >> 32);
		guest_store(g, rig_reg(GEN9_RCS0, RING_ELSP), 4, (uint32_t)pair[1 - i]);
	}
	// Accepted, and not its turn yet.
	set_state(CTX_INDIRECT_CTX, (uint32_t)per_context_gma | 1);
	set_state(CTX_BB_PER_CTX_PTR, UINT32_MAX);
}

static void pointers_are_read_once(void **state)
{
	const uint32_t draw[] = { CMD_3DPRIMITIVE, 0, 1000000, 0, 1, 0, 0, MI_NOOP };
	struct rig_context first;
	uint64_t pair[2];

	rig_context_create(&first, guest, GEN9_RCS0, 9);
	rig_emit(&first, draw, 8);
	use_indirect(0, 1, 1);
	emit_store(per_context, 1, 2);
	pair[0] = rig_descriptor(&first);
	pair[1] = rig_descriptor(&context);
	rig_run(guest, submit_and_change, pair);
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	assert_int_equal(words[0], 1);
	assert_int_equal(words[1], 0);
}

/* ---- what does not ---- */

static const uint32_t update_gtt[] = { 0x11800000 };
static const uint32_t batch_end[] = { MI_BATCH_BUFFER_END };
static const uint32_t foreign_register[] = { MI_LOAD_REGISTER_IMM(1), 0x22030, 0 };
static const uint32_t across_the_end[LINE_DWORDS] = { [15] = MI_STORE_DATA_IMM };
static const uint32_t foreign_address[] = { MI_STORE_DATA_IMM | MI_USE_GGTT, 0x1000, 0, 1 };

// Row: commands in the indirect batch, and in the per-context batch; both are refused alike.
static const struct violation {
	const uint32_t *dwords;
	size_t count;
	enum gvt_incident indirect;
	enum gvt_incident per_context; // GVT_INCIDENT_COUNT: none
} violations[] = {
	{update_gtt,        1,           GVT_INCIDENT_COMMAND_UNKNOWN,  GVT_INCIDENT_COMMAND_UNKNOWN },
	{ batch_end,        1,           GVT_INCIDENT_COMMAND_UNKNOWN,  GVT_INCIDENT_COUNT           },
	{ foreign_register, 3,           GVT_INCIDENT_COMMAND_REGISTER, GVT_INCIDENT_COMMAND_REGISTER},
	{ across_the_end,   LINE_DWORDS, GVT_INCIDENT_COMMAND_LENGTH,   GVT_INCIDENT_COUNT           },
	{ foreign_address,  4,           GVT_INCIDENT_COMMAND_ADDRESS,  GVT_INCIDENT_COMMAND_ADDRESS },
};

static void violations_lose_the_vgpu(void **state)
{
	for (size_t i = 0; i < sizeof(violations) / sizeof(violations[0]); i++) {
		const struct violation *v = &violations[i];

		for (unsigned kind = 0; kind < 2; kind++) {
			uint32_t *batch = kind ? per_context : indirect;
			enum gvt_incident incident = kind ? v->per_context : v->indirect;

			if (incident == GVT_INCIDENT_COUNT)
				continue;
			memcpy(batch, v->dwords, 4 * v->count);
			batch[v->count] = kind ? MI_BATCH_BUFFER_END : batch[v->count];
			set_state(kind ? CTX_BB_PER_CTX_PTR : CTX_INDIRECT_CTX,
				  (uint32_t)(kind ? per_context_gma : indirect_gma) | 1);
			expect_dropped(incident, true);
			teardown(NULL);
			setup(NULL);
		}
	}
}

// Nesting: a ring may start batches, an indirect one may not.
static void indirect_batches_start_none(void **state)
{
	indirect[0] = MI_BATCH_BUFFER_START;
	indirect[1] = (uint32_t)per_context_gma;
	*emit_store(per_context, 0, 1) = MI_BATCH_BUFFER_END;
	set_state(CTX_INDIRECT_CTX, (uint32_t)indirect_gma | 1);
	expect_dropped(GVT_INCIDENT_COMMAND_LENGTH, true);
}

// Where they are: limits of the context, which only lose the workload.
static void pointers_out_of_range(void **state)
{
	const uint32_t foreign = (uint32_t)guest->vgpu->ggtt.high.base - (uint32_t)PAGE_SIZE;
	const uint32_t pointers[][2] = {
		{CTX_INDIRECT_CTX,    foreign | 1                      },
		{ CTX_INDIRECT_CTX,   ((uint32_t)indirect_gma + 64) | 1},
		{ CTX_INDIRECT_CTX,   1                                },
		{ CTX_BB_PER_CTX_PTR, foreign | 1                      },
		{ CTX_BB_PER_CTX_PTR, 1                                },
	};

	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		set_state(pointers[i][0], pointers[i][1]);
		expect_dropped(GVT_INCIDENT_BATCH_ADDRESS, false);
		teardown(NULL);
		setup(NULL);
	}
}

static void unmapped_batches(void **state)
{
	uint64_t gma = guest->next_gma;

	set_state(CTX_INDIRECT_CTX, (uint32_t)gma | 1);
	expect_dropped(GVT_INCIDENT_BATCH_ADDRESS, true);
	teardown(NULL);
	setup(NULL);
	set_state(CTX_BB_PER_CTX_PTR, (uint32_t)gma | 1);
	expect_dropped(GVT_INCIDENT_BATCH_ADDRESS, true);
}

/* ---- first use ---- */

static uint32_t host_read(uint32_t offset)
{
	return (uint32_t)bus_peek(rig.m->host_bus, RIG_HOST_BAR0 + offset, 4);
}

// 0x7004 is masked, 0x4de0 is not; 0xc800 is the first entry of the MOCS table.
static void first_use_loads_context_registers(void **state)
{
	rig_write32(guest, 0x7004, 0x00400040);
	rig_write32(guest, 0x4de0, 0x1234);
	rig_write32(guest, 0xc800, 0x37);
	rig_write32(guest, 0xb07c, 0x5a);
	submit();
	assert_int_not_equal(host_read(0x4de0), 0x1234);
	set_state(CTX_CONTEXT_CONTROL, CTX_CTRL_FIRST_USE);
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	assert_int_equal(host_read(0x7004) & 0xffff, 0x40);
	assert_int_equal(host_read(0x4de0), 0x1234);
	assert_int_equal(host_read(0xc800), 0x37);
	assert_int_equal(host_read(0xb07c), 0x5a);
	// From now on there is a state to restore.
	assert_int_equal(
		rig_context_state(&context)[CTX_CONTEXT_CONTROL + 1] & CTX_CTRL_RESTORE_INHIBIT, 0);
}

// Page of context's image, behind the state page.
static uint8_t *image_page(const struct rig_context *of, unsigned n)
{
	return (uint8_t *)rig_at(guest, of->image_gpa) + n * PAGE_SIZE;
}

// What one context had in its image does not come back in the image of the next one.
static void first_use_shows_nothing_of_others(void **state)
{
	unsigned pages = gen9_engines[GEN9_RCS0].context_pages;
	struct rig_context other;

	memset(image_page(&context, 2), 0xa5, (pages - 2) * PAGE_SIZE);
	submit();
	rig_context_create(&other, guest, GEN9_RCS0, 77);
	rig_context_state(&other)[CTX_CONTEXT_CONTROL + 1] = CTX_CTRL_FIRST_USE;
	rig_submit(guest, GEN9_RCS0, 0, rig_descriptor(&other));
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	for (size_t i = 0; i < (pages - 2) * PAGE_SIZE; i++) {
		assert_int_equal(image_page(&context, 2)[i], 0xa5);
		assert_int_equal(image_page(&other, 2)[i], 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_run_before_the_ring),
		TEST(each_runs_without_the_other),
		TEST(only_its_lines_run),
		TEST(l3_register_is_saved_and_restored),
		TEST(chained_per_context_batches),
		TEST(user_interrupt_in_a_batch),
		TEST(other_engines_have_none),
		TEST(pointers_are_read_once),
		TEST(violations_lose_the_vgpu),
		TEST(indirect_batches_start_none),
		TEST(pointers_out_of_range),
		TEST(unmapped_batches),
		TEST(first_use_loads_context_registers),
		TEST(first_use_shows_nothing_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
