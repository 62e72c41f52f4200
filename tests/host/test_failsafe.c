// SPDX-License-Identifier: MIT
//
// Failsafe mode: each cause, what is close to it and none, what the mode is, and what ends it.
//
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "tables.h"

#include "hw-model/regs/gen9_display.h"

#define ENGINE       GEN9_RCS0
#define CSFE_CHICKEN 0xd4u
#define OTHER_GUEST  (&rig.guests[1])

static struct rig rig;
static struct rig_guest *guest;
static struct rig_context context;
static uint64_t word_gpa;
static uint64_t word_gma;
static uint32_t *word;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = 2 });
	guest = &rig.guests[0];
	word_gpa = rig_alloc(guest, 1);
	word = rig_at(guest, word_gpa);
	word_gma = rig_bind(guest, word_gpa, 1);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

/* ---- causes ---- */

static void read_pvinfo(void)
{
	rig_read32(guest, PVINFO_BASE);
}

static void write_mode(uint32_t value)
{
	rig_write32(guest, rig_reg(ENGINE, RING_MODE), value);
}

static void use_fence(void)
{
	rig_write32(guest, FENCE_LO(RIG_FENCES), 0);
}

static void read_fence(void)
{
	rig_read32(guest, FENCE_LO(GEN9_FENCE_COUNT - 1));
}

static void use_fence_after_pvinfo(void)
{
	read_pvinfo();
	use_fence();
	read_fence();
}

static void use_own_fence(void)
{
	rig_write32(guest, FENCE_LO(RIG_FENCES - 1), 0);
}

static void enable_legacy(void)
{
	read_pvinfo();
	write_mode(MASKED_ENABLE(1));
}

static void disable_legacy(void)
{
	read_pvinfo();
	write_mode(MASKED_DISABLE(1));
	write_mode(1); // not in the mask
}

static void enable_run_lists(void)
{
	write_mode(MASKED_ENABLE(RING_MODE_RUN_LIST));
}

static void enable_ppgtt(void)
{
	write_mode(MASKED_ENABLE(RING_MODE_PPGTT));
}

static void enable_run_lists_after_pvinfo(void)
{
	read_pvinfo();
	enable_run_lists();
	enable_ppgtt();
}

// 0xffff0000 disables everything; upstream once took it for enabling.
static void disable_everything(void)
{
	write_mode(0xffff0000);
	rig_write32(guest, rig_reg(ENGINE, CSFE_CHICKEN), 0xffff0000);
}

static void enable_fine_preemption(void)
{
	rig_write32(guest, rig_reg(ENGINE, CSFE_CHICKEN), MASKED_ENABLE(0x08));
}

static void enable_nested_preemption(void)
{
	rig_write32(guest, rig_reg(GEN9_BCS0, CSFE_CHICKEN), MASKED_ENABLE(0x10));
}

static void enable_other_chicken(void)
{
	rig_write32(guest, rig_reg(ENGINE, CSFE_CHICKEN), MASKED_ENABLE(0x04));
}

static void write_reserved(void)
{
	rig_write32(guest, PVINFO_BASE + PVINFO_RSV5 + 12, 0);
}

static void write_read_only(void)
{
	rig_write32(guest, PVINFO_BASE + PVINFO_FENCE_NUM, 16);
}

static void submit(void)
{
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context));
}

static void prepare(void)
{
	rig_boot(guest);
	rig_context_create(&context, guest, ENGINE, 1);
}

// -EBADRQC: a command that nobody knows.
static void submit_unknown_command(void)
{
	prepare();
	rig_emit(&context, (const uint32_t[2]){ 0x7fu << 23, MI_NOOP }, 2);
	submit();
}

// -EFAULT: a privileged batch that is another VM's memory.
static void submit_foreign_batch(void)
{
	uint64_t gma = OTHER_GUEST->vgpu->ggtt.low.base;

	prepare();
	rig_emit(&context,
		 (const uint32_t[3]){ MI_BATCH_BUFFER_START, (uint32_t)gma, (uint32_t)(gma >> 32) },
		 3);
	submit();
}

// It is found when its turn comes: an engine works on another one first.
static void submit_unknown_command_second(void)
{
	struct rig_context first;

	prepare();
	rig_context_create(&first, guest, ENGINE, 2);
	rig_emit_store(&first, word_gma, 1);
	rig_emit(&context, (const uint32_t[2]){ 0x7fu << 23, MI_NOOP }, 2);
	rig_submit(guest, ENGINE, rig_descriptor(&context), rig_descriptor(&first));
	assert_int_equal(*word, 1);
	assert_int_equal(rig_stats(guest).workloads_ended[GVT_WORKLOAD_AUDIT], 1);
}

// -EINVAL: these lose the submission only.
static void submit_without_ring(void)
{
	prepare();
	rig_context_state(&context)[CTX_RING_START + 1] = 0;
	submit();
	assert_int_equal(rig_stats(guest).workloads_refused, 1);
}

static void submit_invalid(void)
{
	prepare();
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context) & ~(uint64_t)CTX_DESC_VALID);
}

static const struct {
	void (*act)(void);
	enum gvt_failsafe_cause cause;
} acts[] = {
	{use_fence,		      GVT_FAILSAFE_FENCE      },
	{ read_fence,                    GVT_FAILSAFE_FENCE      },
	{ use_fence_after_pvinfo,        GVT_FAILSAFE_NONE       },
	{ use_own_fence,                 GVT_FAILSAFE_NONE       },
	{ enable_legacy,                 GVT_FAILSAFE_LEGACY_MODE},
	{ disable_legacy,                GVT_FAILSAFE_NONE       },
	{ enable_run_lists,              GVT_FAILSAFE_UNAWARE    },
	{ enable_ppgtt,                  GVT_FAILSAFE_UNAWARE    },
	{ enable_run_lists_after_pvinfo, GVT_FAILSAFE_NONE       },
	{ disable_everything,            GVT_FAILSAFE_NONE       },
	{ enable_fine_preemption,        GVT_FAILSAFE_PREEMPTION },
	{ enable_nested_preemption,      GVT_FAILSAFE_PREEMPTION },
	{ enable_other_chicken,          GVT_FAILSAFE_NONE       },
	{ write_reserved,                GVT_FAILSAFE_RESOURCE   },
	{ write_read_only,               GVT_FAILSAFE_NONE       },
	{ submit_unknown_command,        GVT_FAILSAFE_WORKLOAD   },
	{ submit_foreign_batch,          GVT_FAILSAFE_WORKLOAD   },
	{ submit_unknown_command_second, GVT_FAILSAFE_WORKLOAD   },
	{ submit_without_ring,           GVT_FAILSAFE_NONE       },
	{ submit_invalid,                GVT_FAILSAFE_NONE       },
};

#define ACT_COUNT (sizeof(acts) / sizeof(acts[0]))

static void expect_cause(size_t i)
{
	const struct incident *incident =
		incident_find(&guest->vm->incidents, gvt_incidents[GVT_INCIDENT_FAILSAFE].name);

	if (rig_stats(guest).failsafe_cause != acts[i].cause)
		fail_msg("act %zu: cause %u instead of %u", i, rig_stats(guest).failsafe_cause,
			 acts[i].cause);
	assert_int_equal(rig_stats(guest).failsafe, acts[i].cause != GVT_FAILSAFE_NONE);
	assert_int_equal(incident ? incident->count : 0, acts[i].cause != GVT_FAILSAFE_NONE);
	if (incident)
		assert_int_equal(incident->first_value, acts[i].cause);
	assert_false(rig_stats(OTHER_GUEST).failsafe);
}

static void every_cause(void **state)
{
	bool seen[GVT_FAILSAFE_CAUSE_COUNT] = { false };

	for (size_t i = 0; i < ACT_COUNT; i++) {
		setup(NULL);
		acts[i].act();
		expect_cause(i);
		seen[acts[i].cause] = true;
		teardown(NULL);
	}
	for (unsigned cause = 0; cause < GVT_FAILSAFE_CAUSE_COUNT; cause++)
		assert_true(seen[cause]);
}

/* ---- the mode ---- */

// The first cause stays; what comes after it is storage and cannot be one.
static void first_cause_counts(void **state)
{
	write_reserved();
	use_fence();
	enable_run_lists();
	assert_int_equal(rig_stats(guest).failsafe_cause, GVT_FAILSAFE_RESOURCE);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PVINFO_UNREAD), 0);
}

// A store to a page table loses the protection of its page, and that is all.
static void tables_lose_protection(void **state)
{
	uint64_t root = rig_alloc(guest, 1);
	uint64_t gpa = rig_alloc(guest, 1);

	read_pvinfo();
	rig_write32(guest, PVINFO_BASE + PVINFO_PDP_LO(0), (uint32_t)root);
	rig_write32(guest, PVINFO_BASE + PVINFO_G2V_NOTIFY, G2V_PPGTT_L4_CREATE);
	assert_int_equal(bus_attr_of(guest->vm->bus, root >> PAGE_SHIFT), BUS_RAM_TRACKED);
	write_reserved();
	tables_store(guest, root, 8, gpa | PTE_RW);
	assert_int_equal(bus_attr_of(guest->vm->bus, root >> PAGE_SHIFT), BUS_RAM);
	assert_true(*(uint64_t *)rig_at(guest, root) == (gpa | PTE_RW));
	tables_store(guest, root + 8, 8, gpa | PTE_RW);
	assert_int_equal(tables_exits(guest, EXIT_WRITE_PROTECT), 1);
}

static void store_descriptor(struct rig_guest *g, uint64_t descriptor)
{
	const uint32_t dwords[] = { 0, 0, (uint32_t)(descriptor >> 32), (uint32_t)descriptor };

	for (unsigned i = 0; i < 4; i++)
		guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, dwords[i]);
}

static void queue_then_fail(struct rig_guest *g, void *arg)
{
	const struct rig_context *contexts = arg;

	store_descriptor(g, rig_descriptor(&contexts[0]));
	store_descriptor(g, rig_descriptor(&contexts[1]));
	vcpu_delay(g->vm->vcpus[0], 10 * PS_PER_US);
	guest_store(g, PVINFO_BASE + PVINFO_RSV5 + 12, 4, 0);
	// What no handler would let through, and what an engine would be loaded with.
	guest_store(g, rig_reg(ENGINE, CSFE_CHICKEN), 4, 0x18);
	guest_store(g, rig_reg(ENGINE, RING_MODE), 4, 1);
}

// What an engine works on comes to its end, what is queued behind it does not start.
static void queued_work_does_not_start(void **state)
{
	static const uint32_t draw[] = { CMD_3DPRIMITIVE, 0, 1000, 0, 1, 0, 0, MI_NOOP };
	struct rig_context contexts[2];

	teardown(NULL);
	rig_create(&rig, &(struct rig_options){ .vm_count = 2, .vertex_ps = PS_PER_US });
	guest = &rig.guests[0];
	word_gpa = rig_alloc(guest, 1);
	word = rig_at(guest, word_gpa);
	word_gma = rig_bind(guest, word_gpa, 1);
	rig_boot(guest);
	for (unsigned i = 0; i < 2; i++)
		rig_context_create(&contexts[i], guest, ENGINE, i + 1);
	rig_emit(&contexts[0], draw, 8);
	rig_emit_store(&contexts[0], word_gma, 1);
	rig_emit_store(&contexts[1], word_gma + 4, 1);
	rig_run(guest, queue_then_fail, contexts);
	assert_int_equal(rig_stats(guest).failsafe_cause, GVT_FAILSAFE_RESOURCE);
	assert_int_equal(word[0], 1);
	assert_int_equal(word[1], 0);
	assert_int_equal(rig_stats(guest).workloads_ended[GVT_WORKLOAD_COMPLETED], 1);
	assert_int_equal(rig_stats(guest).workloads_ended[GVT_WORKLOAD_QUEUE], 1);
	assert_int_equal(
		bus_peek(rig.m->host_bus, RIG_HOST_BAR0 + rig_reg(ENGINE, CSFE_CHICKEN), 4), 0);
}

static void switch_pipe_on(void *arg)
{
	struct rig_guest *g = arg;

	guest_store(g, PIPECONF(0u), 4, PIPECONF_ENABLE);
}

// Another vCPU is in the mediator when the vGPU fails, as it would be with a submission.
static void fail_while_another_waits(struct rig_guest *g, void *arg)
{
	sim_mutex_lock(rig.m, &g->vgpu->lock);
	vcpu_delay(g->vm->vcpus[0], PS_PER_US);
	vgpu_enter_failsafe(g->vgpu, GVT_FAILSAFE_WORKLOAD);
	sim_mutex_unlock(rig.m, &g->vgpu->lock);
}

static void an_access_that_waited_is_storage(void **state)
{
	assert_int_equal(
		vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), switch_pipe_on, guest), 0);
	rig_run(guest, fail_while_another_waits, NULL);
	assert_true(guest->vgpu->lock.contended_count > 0);
	assert_false(guest->vgpu->display.pipes[0].on);
	assert_int_equal(rig_read32(guest, PIPECONF(0u)), PIPECONF_ENABLE);
}

static void reset_by_vmm(struct rig_guest *g, void *arg)
{
	vgpu_device_reset(g->vgpu, false);
}

// No reset that the guest asks for ends it, one by the VMM does: the device works as a new one.
static void only_the_vmm_ends_it(void **state)
{
	for (size_t i = 0; i < ACT_COUNT; i++) {
		if (acts[i].cause == GVT_FAILSAFE_NONE)
			continue;
		setup(NULL);
		acts[i].act();
		rig_write32(guest, GDRST, 1);
		rig_write32(guest, GDRST, 1u << gen9_engines[ENGINE].gdrst_bit);
		assert_true(rig_stats(guest).failsafe);
		rig_run(guest, reset_by_vmm, NULL);
		assert_false(rig_stats(guest).failsafe);
		rig_bind_at(guest, word_gma, word_gpa, 1);
		rig_boot(guest);
		rig_context_create(&context, guest, ENGINE, 3);
		rig_emit_store(&context, word_gma, 7);
		submit();
		assert_int_equal(*word, 7);
		teardown(NULL);
	}
}

static void names(void **state)
{
	for (unsigned cause = 0; cause < GVT_FAILSAFE_CAUSE_COUNT; cause++) {
		assert_non_null(gvt_failsafe_causes[cause].name);
		assert_non_null(gvt_failsafe_causes[cause].kind);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause),
		TEST(first_cause_counts),
		TEST(tables_lose_protection),
		TEST(queued_work_does_not_start),
		TEST(an_access_that_waited_is_storage),
		cmocka_unit_test(only_the_vmm_ends_it),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
