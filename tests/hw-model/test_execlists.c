// SPDX-License-Identifier: MIT
/* Execlists: the latch, the queue, the order and content of status entries, preemption. */
#include "tests/hw-model/rig.h"

#define STORE(gma, value) MI_STORE_DATA_IMM | MI_USE_GGTT, (gma), 0, (value)
/* Work that lasts about 10 us on any engine: the wait of a semaphore nobody raises, or a draw. */
#define DRAW_10US CMD_3DPRIMITIVE, 0, 10000, 0, 1, 0, 0

static void test_one_context(struct rig *rig)
{
	struct rig_context a;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_BCS0, 0x11);
	rig_emit(&a, STORE(target, 0xcafe0001));
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);

	CHECK_EQ(rig, rig_load(rig, target), 0xcafe0001);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 0x11));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), a.tail);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).elsp_submissions, 1);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).contexts_run, 1);
}

static void test_two_elements(struct rig *rig)
{
	struct rig_context a, b;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_context_init(&b, rig, GEN9_VCS0, 2);
	rig_emit(&a, STORE(target, 1), STORE(target + 4, 1));
	rig_emit(&b, STORE(target, 2)); /* after a's, so it stays */
	rig_submit(&a, &b);
	rig_wait_idle(rig, GEN9_VCS0);

	CHECK_EQ(rig, rig_load(rig, target), 2);
	CHECK_EQ(rig, rig_load(rig, target + 4), 1);
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x14, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x18, 2));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), 0);
}

static void test_nothing_happens_before_the_fourth_write(struct rig *rig)
{
	struct rig_context a;
	uint64_t descriptor;

	rig_context_init(&a, rig, GEN9_RCS0, 7);
	descriptor = rig_descriptor(&a);
	rig_write_engine(rig, GEN9_RCS0, RING_ELSP, 0);
	rig_write_engine(rig, GEN9_RCS0, RING_ELSP, 0);
	rig_write_engine(rig, GEN9_RCS0, RING_ELSP, (uint32_t)(descriptor >> 32));
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_ELSP), 0);

	/* Other engines have latches of their own. */
	rig_write_engine(rig, GEN9_BCS0, RING_ELSP, (uint32_t)descriptor);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);

	rig_write_engine(rig, GEN9_RCS0, RING_ELSP, (uint32_t)descriptor);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 7));
}

static void test_elsp_latency(struct rig *rig)
{
	struct rig_context a;
	uint64_t seen_ps;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_submit(&a, NULL);
	/* The write takes effect at its start. It acts after the latency; entry and pointer are two
	 * stores. */
	seen_ps = rig_now(rig) - 50000 + 1100000 + 2 * 110000;
	exec_sleep_until(rig->m->ex, seen_ps - 1);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	exec_sleep_until(rig->m->ex, seen_ps + 1);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
}

static void test_needs_run_list_mode(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_write_engine(rig, GEN9_BCS0, RING_MODE, MASKED_DISABLE(RING_MODE_RUN_LIST));
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);

	/* What was written in the wrong mode does not fill the latch either. */
	rig_write_engine(rig, GEN9_BCS0, RING_ELSP, 0xdead);
	rig_write_engine(rig, GEN9_BCS0, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).elsp_submissions, 1);
}

static void test_invalid_element_is_dropped(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_write_elsp(rig, GEN9_BCS0, rig_descriptor(&a) & ~1ull, 0);
	rig_write_elsp(rig, GEN9_BCS0, 0, rig_descriptor(&a));
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).elsp_submissions, 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_EXECLIST_STATUS_LO), 1);
}

static void test_third_execlist_is_an_overrun(struct rig *rig)
{
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_submit(&a, NULL);
	rig_submit(&b, NULL);
	CHECK_EQ(rig,
		 rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO) & EL_STATUS_QUEUE_FULL,
		 EL_STATUS_QUEUE_FULL);
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).elsp_submissions, 2);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).elsp_overruns, 1);
}

/* The second comes before the engine acts on the first: it runs the first, then changes over. */
static void test_two_submissions_to_an_idle_engine(struct rig *rig)
{
	uint32_t target = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&b, STORE(target, 1));
	rig_submit(&a, NULL);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x12, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 2));
	CHECK_EQ(rig, rig_load(rig, target), 1);
}

static void test_lite_restore(struct rig *rig)
{
	struct rig_context a;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_RCS0, 5);
	rig_emit(&a, DRAW_10US, STORE(target, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US); /* inside the draw */
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	rig_emit(&a, STORE(target + 4, 2));
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_RCS0);

	CHECK_EQ(rig, rig_load(rig, target), 1);
	CHECK_EQ(rig, rig_load(rig, target + 4), 2);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x8002, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), a.tail);
}

static void test_lite_restore_brings_a_second_element(struct rig *rig)
{
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 5);
	rig_context_init(&b, rig, GEN9_RCS0, 6);
	rig_emit(&a, DRAW_10US);
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_emit(&a, MI_ARB_CHECK, MI_NOOP);
	rig_submit(&a, &b);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x8002, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x14, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 6));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);
}

static void test_force_restore_is_no_lite_restore(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 5);
	rig_emit(&a, DRAW_10US, MI_NOOP);
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_write_elsp(rig, GEN9_RCS0, rig_descriptor(&a) | CTX_DESC_FORCE_RESTORE, 0);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	/* One NOOP is left in the ring when the draw ends. */
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x2, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 5));
}

/* The id is part of what makes a context the same. */
static void test_same_image_with_another_id_preempts(struct rig *rig)
{
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 5);
	rig_emit(&a, DRAW_10US, MI_NOOP);
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	b = a;
	b.id = 6;
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x2, 5));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 6));
}

static void test_preemption(struct rig *rig)
{
	struct rig_context a, b;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&a, STORE(target, 1), DRAW_10US, STORE(target, 3));
	rig_emit(&b, STORE(target, 2));
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, target), 1);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);

	/* The draw ended, what follows it did not run. */
	CHECK_EQ(rig, rig_load(rig, target), 2);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 2));
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), (4 + 7) * 4);

	/* Resubmitted it goes on from there. */
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_load(rig, target), 3);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 1));
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), a.tail);
}

static void test_preempted_and_complete(struct rig *rig)
{
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&a, MI_NOOP, DRAW_10US); /* 8 dwords: nothing follows the draw */
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x12, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 2));
}

static void test_no_preemption_with_arbitration_off(struct rig *rig)
{
	struct rig_context a, b;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&a, MI_ARB_ON_OFF, DRAW_10US, STORE(target, 3), MI_ARB_CHECK, STORE(target + 4, 4),
		 MI_ARB_ON_OFF | MI_ARB_ENABLE, MI_NOOP, STORE(target + 8, 5));
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_load(rig, target), 3);
	CHECK_EQ(rig, rig_load(rig, target + 4), 4);
	CHECK_EQ(rig, rig_load(rig, target + 8), 0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 2));
}

static void test_no_end_with_arbitration_off(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_VECS0, 1);
	rig_emit(&a, MI_ARB_ON_OFF);
	rig_submit(&a, NULL);
	rig_sleep(rig, 10 * PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_VECS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_VECS0), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VECS0, RING_MI_MODE) & MI_MODE_IDLE, 0);
}

static void test_preemption_of_the_first_element_drops_the_second(struct rig *rig)
{
	struct rig_context a, b, c;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_context_init(&c, rig, GEN9_RCS0, 3);
	rig_emit(&a, DRAW_10US, MI_NOOP);
	rig_submit(&a, &b);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_submit(&c, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0) & ~0x10ull, EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 3));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);
}

/* Twenty entries through a buffer of six, in registers and in the status page alike. */
static void test_status_buffer_wraps(struct rig *rig)
{
	struct rig_context a;
	uint32_t hwsp = rig->hwsp[GEN9_VCS1];

	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_CSB_PTR) & 7, 7);
	for (uint32_t round = 0; round < 10; round++) {
		uint32_t index = (2 * round + 1) % 6;

		rig_context_init(&a, rig, GEN9_VCS1, 100 + round);
		rig_submit(&a, NULL);
		rig_wait_idle(rig, GEN9_VCS1);
		CHECK_EQ(rig, rig_event(rig, GEN9_VCS1), EVENT(0x1, 0));
		CHECK_EQ(rig, rig_event(rig, GEN9_VCS1), EVENT(0x18, 100 + round));
		CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_CSB_PTR) & 7, index);
		CHECK_EQ(rig, rig_load(rig, hwsp + 0x7c), index);
		CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_CSB_LO(index)), 0x18);
		CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_CSB_HI(index)), 100 + round);
		CHECK_EQ(rig, rig_load(rig, hwsp + 0x40 + 8 * index + 4), 100 + round);
	}
}

static void test_entry_comes_before_the_pointer(struct rig *rig)
{
	struct rig_context a;
	uint32_t hwsp = rig->hwsp[GEN9_BCS0];
	unsigned msis = rig->msi_count;
	bool entry_seen_alone = false;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_submit(&a, NULL);
	while (rig_load(rig, hwsp + 0x7c) != 0) {
		entry_seen_alone |= rig_load(rig, hwsp + 0x40) == 1;
		CHECK_EQ(rig, rig->msi_count, msis);
		rig_sleep(rig, 10 * PS_PER_NS);
	}
	CHECK(rig, entry_seen_alone);
	CHECK_EQ(rig, rig_load(rig, hwsp + 0x40), 1);
	CHECK_EQ(rig, rig->msi_count, msis + 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), GT_CONTEXT_SWITCH_INTERRUPT << 16);
}

static void test_status_page_unmapped(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 9);
	rig_write_engine(rig, GEN9_BCS0, RING_HWS_PGA, 0xff000000);
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_CSB_LO(1)), 0x18);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG), FAULT_VALID | FAULT_GGTT | 4 << 12);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
}

static void test_execlist_status(struct rig *rig)
{
	struct rig_context a, b;
	uint32_t status;

	rig_context_init(&a, rig, GEN9_RCS0, 0x21);
	rig_context_init(&b, rig, GEN9_RCS0, 0x22);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO), 0x1);
	rig_emit(&a, DRAW_10US);
	rig_emit(&b, DRAW_10US);
	rig_submit(&a, &b);
	rig_sleep(rig, 8 * PS_PER_US);
	status = rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO);
	CHECK_EQ(rig, status,
		 EL_STATUS_WRITE_POINTER | EL_STATUS_EL0_VALID | EL_STATUS_EL0_ACTIVE |
			 EL_STATUS_ARB_ENABLE | 1 << 14 | 1 << 5);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_HI), 0x21);
	rig_sleep(rig, 14 * PS_PER_US);
	status = rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO);
	CHECK_EQ(rig, status >> 14 & 3, 2);
	CHECK_EQ(rig, status >> 5 & 0x1ff, 0x14);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_HI), 0x22);
	rig_wait_idle(rig, GEN9_RCS0);
	/* A second one uses the other place. */
	rig_emit(&a, DRAW_10US);
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	status = rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO);
	CHECK_EQ(rig, status & 0x6001f,
		 EL_STATUS_CURRENT_POINTER | EL_STATUS_EL1_VALID | EL_STATUS_EL1_ACTIVE);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_EXECLIST_STATUS_LO) & 0x7401f, 0x1);
}

/* Submitted while the first is being saved: a round from idle of its own. */
static void test_submission_while_the_context_is_saved(struct rig *rig)
{
	struct rig_context a;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_BCS0, 3);
	rig_emit(&a, STORE(target, 1));
	rig_submit(&a, NULL);
	while (!rig_load(rig, target))
		rig_sleep(rig, 20 * PS_PER_NS);
	rig_emit(&a, STORE(target + 4, 2));
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, target + 4), 2);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 3));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 3));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
}

#define TESTS(T)                                                                                   \
	T(test_one_context)                                                                        \
	T(test_two_elements)                                                                       \
	T(test_nothing_happens_before_the_fourth_write)                                            \
	T(test_elsp_latency)                                                                       \
	T(test_needs_run_list_mode)                                                                \
	T(test_invalid_element_is_dropped)                                                         \
	T(test_third_execlist_is_an_overrun)                                                       \
	T(test_two_submissions_to_an_idle_engine)                                                  \
	T(test_lite_restore)                                                                       \
	T(test_lite_restore_brings_a_second_element)                                               \
	T(test_force_restore_is_no_lite_restore)                                                   \
	T(test_same_image_with_another_id_preempts)                                                \
	T(test_preemption)                                                                         \
	T(test_preempted_and_complete)                                                             \
	T(test_no_preemption_with_arbitration_off)                                                 \
	T(test_no_end_with_arbitration_off)                                                        \
	T(test_preemption_of_the_first_element_drops_the_second)                                   \
	T(test_status_buffer_wraps)                                                                \
	T(test_entry_comes_before_the_pointer)                                                     \
	T(test_status_page_unmapped)                                                               \
	T(test_execlist_status)                                                                    \
	T(test_submission_while_the_context_is_saved)

RIG_TEST_MAIN(TESTS)
