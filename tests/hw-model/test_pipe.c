// SPDX-License-Identifier: MIT
/* A pipe's life: start, counters, vertical blanks, their interrupts, stop. */
#include "tests/hw-model/display.h"

#define READ_PS (rig_profile.value[HW_MMIO_READ])

/* The value that a register had at_ps: a read takes effect at its end or its beginning. */
static uint32_t read_at(struct rig *rig, uint32_t offset, uint64_t at_ps)
{
	display_sleep_until(rig, at_ps);
	return rig_read(rig, offset);
}

static void test_a_pipe_that_is_off(struct rig *rig)
{
	rig_sleep(rig, MODE_FRAME_PS);
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		CHECK_EQ(rig, rig_read(rig, PIPECONF(pipe)), 0);
		CHECK_EQ(rig, rig_read(rig, PIPEDSL(pipe)), 0);
		CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(pipe)), 0);
		CHECK_EQ(rig, display_stats(rig, pipe).vblanks, 0);
	}
}

static void test_each_pipe_counts_its_own_frames(struct rig *rig)
{
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		uint64_t start_ps = display_start(rig, pipe);

		CHECK_EQ(rig, rig_read(rig, PIPECONF(pipe)), PIPECONF_ENABLE | PIPECONF_ACTIVE);
		display_sleep_until(rig, start_ps + 5 * MODE_FRAME_PS);
		CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(pipe)), 5);
	}
	CHECK_EQ(rig, display_stats(rig, 0).vblanks, 15);
	CHECK_EQ(rig, display_stats(rig, 1).vblanks, 10);
	CHECK_EQ(rig, display_stats(rig, 2).vblanks, 5);
}

static void test_frame_counter_steps_at_the_vertical_blank(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 1);
	uint64_t vblank_ps = start_ps + 3 * MODE_FRAME_PS + MODE_ACTIVE_PS;

	CHECK_EQ(rig, read_at(rig, PIPE_FRMCOUNT(1), vblank_ps - 2 * READ_PS), 3);
	CHECK_EQ(rig, read_at(rig, PIPE_FRMCOUNT(1), vblank_ps), 4);
	rig_write(rig, PIPE_FRMCOUNT(1), 100); /* read-only */
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(1)), 4);
}

static void test_scan_line_is_one_behind(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);
	uint64_t frame_ps = start_ps + MODE_FRAME_PS;

	CHECK_EQ(rig, read_at(rig, PIPEDSL(0), frame_ps + MODE_LINE_PS / 2), MODE_VTOTAL - 1);
	CHECK_EQ(rig, read_at(rig, PIPEDSL(0), frame_ps + 3 * MODE_LINE_PS / 2), 0);
	CHECK_EQ(rig, read_at(rig, PIPEDSL(0), frame_ps + 43 * MODE_LINE_PS), 42);
	CHECK_EQ(rig, read_at(rig, PIPEDSL(0), frame_ps + MODE_ACTIVE_PS - MODE_LINE_PS),
		 MODE_HEIGHT - 2);
	CHECK_EQ(rig, read_at(rig, DE_PIPE_ISR(0), frame_ps + MODE_ACTIVE_PS - MODE_LINE_PS / 2),
		 0);
	CHECK_EQ(rig, read_at(rig, PIPEDSL(0), frame_ps + MODE_ACTIVE_PS), MODE_HEIGHT - 1);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_ISR(0)), DE_PIPE_VBLANK);
	CHECK_EQ(rig, read_at(rig, DE_PIPE_ISR(0), frame_ps + MODE_FRAME_PS - MODE_LINE_PS / 2),
		 DE_PIPE_VBLANK);
	CHECK_EQ(rig, read_at(rig, DE_PIPE_ISR(0), frame_ps + MODE_FRAME_PS), 0);
}

static void test_vblank_interrupt(struct rig *rig)
{
	uint64_t start_ps;

	display_unmask(rig, 2, DE_PIPE_VBLANK);
	start_ps = display_start(rig, 2);
	for (unsigned frame = 0; frame < 5; frame++) {
		uint64_t vblank_ps = start_ps + frame * MODE_FRAME_PS + MODE_ACTIVE_PS;

		CHECK_EQ(rig, read_at(rig, DE_PIPE_IIR(2), vblank_ps - 2 * READ_PS), 0);
		CHECK_EQ(rig, rig->msi_count, frame);
		CHECK_EQ(rig, read_at(rig, MASTER_IRQ, vblank_ps + READ_PS),
			 MASTER_IRQ_ENABLE | MASTER_DE_PIPE(2));
		CHECK_EQ(rig, rig->msi_count, frame + 1);
		CHECK_EQ(rig, rig->msi_ps, vblank_ps + rig_profile.value[HW_INTERRUPT_LATENCY]);
		CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(2)), DE_PIPE_VBLANK);
		rig_write(rig, DE_PIPE_IIR(2), DE_PIPE_VBLANK);
	}
	CHECK_EQ(rig, display_stats(rig, 2).vblank_events, 5);
}

/* Linux leaves IER alone and turns vertical blanks on and off in IMR. */
static void test_mask_is_of_the_instant(struct rig *rig)
{
	uint64_t start_ps;

	rig_write(rig, DE_PIPE_IER(0), DE_PIPE_VBLANK);
	start_ps = display_start(rig, 0);
	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	rig_write(rig, DE_PIPE_IMR(0), ~DE_PIPE_VBLANK); /* between two of them: none is there */
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), 0);
	display_sleep_until(rig, start_ps + 4 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), DE_PIPE_VBLANK);
	rig_write(rig, DE_PIPE_IIR(0), DE_PIPE_VBLANK);
	rig_write(rig, DE_PIPE_IMR(0), ~0u);
	display_sleep_until(rig, start_ps + 9 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), 0);
	CHECK_EQ(rig, rig->msi_count, 1);
	CHECK_EQ(rig, display_stats(rig, 0).vblank_events, 1);
}

static void test_second_vblank_waits_behind_the_first(struct rig *rig)
{
	uint64_t start_ps;

	display_unmask(rig, 0, DE_PIPE_VBLANK);
	start_ps = display_start(rig, 0);
	display_sleep_until(rig, start_ps + 7 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig->msi_count, 1);
	CHECK_EQ(rig, display_stats(rig, 0).vblanks, 7);
	CHECK_EQ(rig, display_stats(rig, 0).vblank_events, 2); /* nothing holds a third */
	rig_write(rig, DE_PIPE_IIR(0), DE_PIPE_VBLANK);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), DE_PIPE_VBLANK);
	rig_write(rig, DE_PIPE_IIR(0), DE_PIPE_VBLANK);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), 0);
	display_sleep_until(rig, start_ps + 8 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), DE_PIPE_VBLANK);
	CHECK_EQ(rig, rig->msi_count, 2);
}

static void test_stops_at_the_vertical_blank(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);

	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	rig_write(rig, PIPECONF(0), 0);
	CHECK_EQ(rig, rig_read(rig, PIPECONF(0)), PIPECONF_ACTIVE);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 2);
	CHECK_EQ(rig, read_at(rig, PIPECONF(0), start_ps + 2 * MODE_FRAME_PS + MODE_ACTIVE_PS + 1),
		 0);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 3);
	rig_sleep(rig, 10 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 3);
	CHECK_EQ(rig, rig_read(rig, PIPEDSL(0)), 0);
	CHECK_EQ(rig, display_stats(rig, 0).vblanks, 3);
	start_ps = display_start(rig, 0); /* and counts on */
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 5);
	CHECK_EQ(rig, display_stats(rig, 0).vblanks, 5);
}

static void test_enable_takes_a_stop_back(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);

	rig_write(rig, PIPECONF(0), 0);
	rig_write(rig, PIPECONF(0), PIPECONF_ENABLE);
	display_sleep_until(rig, start_ps + 5 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPECONF(0)), PIPECONF_ENABLE | PIPECONF_ACTIVE);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 5);
}

static void test_mode_of_a_running_pipe_stays(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);

	rig_write(rig, TRANS_VTOTAL(0), TRANS_TIMING(MODE_HEIGHT, 2 * MODE_VTOTAL));
	rig_write(rig, PIPE_LINK_M1(0), 7);
	display_sleep_until(rig, start_ps + 4 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 4);
}

static void test_without_a_clock_it_stays_off(struct rig *rig)
{
	rig_write(rig, PIPECONF(0), PIPECONF_ENABLE | PIPECONF_ACTIVE);
	CHECK_EQ(rig, rig_read(rig, PIPECONF(0)), PIPECONF_ENABLE);
	rig_sleep(rig, MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 0);
	display_start(rig, 0); /* the bit is set already: it tries again */
	CHECK_EQ(rig, rig_read(rig, PIPECONF(0)), PIPECONF_ENABLE | PIPECONF_ACTIVE);
}

static void test_events_of_parts_without_a_model(struct rig *rig)
{
	static const struct {
		enum gen9_irq_group group;
		uint32_t isr, master;
	} rows[] = {
		{GEN9_IRQ_GT2,     GT_ISR(2),      1u << 4          },
		{ GEN9_IRQ_PIPE_B, DE_PIPE_ISR(1), MASTER_DE_PIPE(1)},
		{ GEN9_IRQ_PORT,   DE_PORT_ISR,    MASTER_DE_PORT   },
		{ GEN9_IRQ_MISC,   DE_MISC_ISR,    MASTER_DE_MISC   },
		{ GEN9_IRQ_PCU,    PCU_ISR,        MASTER_PCU       },
		{ GEN9_IRQ_PCH,    SDE_ISR,        MASTER_PCH       },
	};
	const uint32_t bit = 1u << 4;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t isr = rows[i].isr;

		rig_write(rig, isr + IRQ_IER, 0);
		rig_write(rig, isr + IRQ_IMR, ~0u);
		gen9_gpu_raise(rig->gpu, rows[i].group, 1u << 5); /* masked: lost */
		rig_write(rig, isr + IRQ_IMR, ~bit);
		gen9_gpu_raise(rig->gpu, rows[i].group, bit | 1u << 6);
		CHECK_EQ(rig, rig_read(rig, isr + IRQ_IIR), bit);
		CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE);
		rig_write(rig, isr + IRQ_IER, bit);
		CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE | rows[i].master);
		CHECK_EQ(rig, rig->msi_count, i + 1);
		gen9_gpu_raise(rig->gpu, rows[i].group, bit);
		rig_write(rig, isr + IRQ_IIR, bit);
		CHECK_EQ(rig, rig_read(rig, isr + IRQ_IIR), bit); /* the second one */
		rig_write(rig, isr + IRQ_IIR, bit);
		CHECK_EQ(rig, rig_read(rig, isr + IRQ_IIR), 0);
	}
}

/* A display that runs, and nobody there: the machine comes to its end by itself. */
static void leave_it_running(struct rig *rig)
{
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		display_unmask(rig, pipe, DE_PIPE_VBLANK);
		display_start(rig, pipe);
	}
}

static void start_display(void *arg)
{
	leave_it_running(arg);
}

static void test_keeps_no_machine_alive(void **state)
{
	static const struct machine_config machine_config = { .memory_bytes = RIG_MEMORY_BYTES };
	struct rig rig = { 0 };
	struct gen9_gpu_config config = { .profile = &rig_profile };

	assert_int_equal(machine_create(&rig.m, &machine_config), 0);
	config.m = rig.m;
	config.dma.pm = rig.m->pm;
	assert_int_equal(gen9_gpu_create(&rig.gpu, &config), 0);
	gen9_gpu_regions(rig.gpu, RIG_BAR0, &rig.registers, &rig.gtt_window);
	assert_int_equal(bus_map(rig.m->host_bus, &rig.registers, BUS_PASSTHROUGH), 0);
	assert_int_equal(executor_spawn(rig.m->ex, "cpu", 0, start_display, &rig, NULL), 0);

	assert_int_equal(executor_run(rig.m->ex), 0);
	/* Two vertical blanks of each, until IIR and its second buffer are full. */
	assert_in_range(executor_time_ps(rig.m->ex), MODE_FRAME_PS + MODE_ACTIVE_PS,
			2 * MODE_FRAME_PS);
	machine_destroy(rig.m);
	gen9_gpu_destroy(rig.gpu);
}

/* An hour without anybody looking takes a handful of switches. */
static void test_nothing_happens_frame_by_frame(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);
	uint64_t switches = executor_switch_count(rig->m->ex);

	display_sleep_until(rig, start_ps + 3600 * PS_PER_S);
	CHECK_EQ(rig, rig_read(rig, PIPE_FRMCOUNT(0)), 3600000);
	CHECK(rig, executor_switch_count(rig->m->ex) - switches < 10);
}

#define TESTS(T)                                                                                   \
	T(test_a_pipe_that_is_off)                                                                 \
	T(test_each_pipe_counts_its_own_frames)                                                    \
	T(test_frame_counter_steps_at_the_vertical_blank)                                          \
	T(test_scan_line_is_one_behind)                                                            \
	T(test_vblank_interrupt)                                                                   \
	T(test_mask_is_of_the_instant)                                                             \
	T(test_second_vblank_waits_behind_the_first)                                               \
	T(test_stops_at_the_vertical_blank)                                                        \
	T(test_enable_takes_a_stop_back)                                                           \
	T(test_mode_of_a_running_pipe_stays)                                                       \
	T(test_without_a_clock_it_stays_off)                                                       \
	T(test_events_of_parts_without_a_model)                                                    \
	T(test_nothing_happens_frame_by_frame)

TESTS(RIG_TEST_WRAP)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(RIG_TEST_ROW){"test_keeps_no_machine_alive", test_keeps_no_machine_alive,
                                    NULL, NULL, NULL}
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
