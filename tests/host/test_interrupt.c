// SPDX-License-Identifier: MIT
// Virtual interrupts: what is dropped, what stays, what is injected and how often.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "rig.h"

static struct rig rig;
static struct rig_guest *guest;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

struct event {
	enum gen9_engine_id engine;
	uint32_t bits;
};

static void raise_event(struct rig_guest *g, void *arg)
{
	const struct event *event = arg;

	interrupt_raise(g->vgpu, event->engine, event->bits);
}

static void raise(enum gen9_engine_id engine, uint32_t bits)
{
	struct event event = { engine, bits };

	rig_run(guest, raise_event, &event);
}

static void enable_all(void)
{
	for (unsigned n = 0; n < 4; n++) {
		rig_write32(guest, GT_IMR(n), 0);
		rig_write32(guest, GT_IER(n), UINT32_MAX);
	}
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

static uint64_t injected(void)
{
	return rig_stats(guest).msi_injected;
}

static void each_engine_has_its_bits(void **state)
{
	enable_all();
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		const struct gen9_engine_info *info = &gen9_engines[id];
		uint64_t before = injected();

		raise(id, GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT);
		assert_int_equal(rig_read32(guest, GT_IIR(info->gt_group)),
				 0x101u << info->gt_shift);
		assert_int_equal(rig_read32(guest, MASTER_IRQ),
				 MASTER_IRQ_ENABLE | 1u << info->master_bit);
		assert_int_equal(injected(), before + 1);
		rig_write32(guest, GT_IIR(info->gt_group), UINT32_MAX);
		assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
		assert_int_equal(injected(), before + 1);
	}
}

// From the hardware's documentation, by itself.
static const struct {
	enum gvt_event event;
	uint32_t iir;
	uint8_t bit;
	uint8_t master_bit;
} places[] = {
	{GVT_EVENT_RCS0_USER,             0x44308, 0,                0                                        },
	{ GVT_EVENT_RCS0_FLUSH_NOTIFY,    0x44308, 4,                0                                        },
	{ GVT_EVENT_RCS0_CONTEXT_SWITCH,  0x44308, 8,                0                                        },
	{ GVT_EVENT_BCS0_USER,            0x44308, 16,               1                                        },
	{ GVT_EVENT_BCS0_FLUSH_NOTIFY,    0x44308, 20,               1                                        },
	{ GVT_EVENT_BCS0_CONTEXT_SWITCH,  0x44308, 24,               1                                        },
	{ GVT_EVENT_VCS0_USER,            0x44318, 0,                2                                        },
	{ GVT_EVENT_VCS0_FLUSH_NOTIFY,    0x44318, 4,                2                                        },
	{ GVT_EVENT_VCS0_CONTEXT_SWITCH,  0x44318, 8,                2                                        },
	{ GVT_EVENT_VCS1_USER,            0x44318, 16,               3                                        },
	{ GVT_EVENT_VCS1_FLUSH_NOTIFY,    0x44318, 20,               3                                        },
	{ GVT_EVENT_VCS1_CONTEXT_SWITCH,  0x44318, 24,               3                                        },
	{ GVT_EVENT_VECS0_USER,           0x44338, 0,                6                                        },
	{ GVT_EVENT_VECS0_FLUSH_NOTIFY,   0x44338, 4,                6                                        },
	{ GVT_EVENT_VECS0_CONTEXT_SWITCH, 0x44338, 8,                6                                        },
	{ GVT_EVENT_VBLANK(0),            0x44408, 0,                16                                       },
	{ GVT_EVENT_VBLANK(1),            0x44418, 0,                17                                       },
	{ GVT_EVENT_VBLANK(2),            0x44428, 0,                18                                       },
	{ GVT_EVENT_FLIP_DONE(0,          1),      0x44408,          3,                                         16 },
	{ GVT_EVENT_FLIP_DONE(0,                              2),                0x44408, 4,                    16 },
	{ GVT_EVENT_FLIP_DONE(0,                             3),                                   0x44408,                              5,                      16 },
	{ GVT_EVENT_FLIP_DONE(1,                              1),                                   0x44418,                     3,                    17 },
	{ GVT_EVENT_FLIP_DONE(1,                        3),0x44418,5,           17 },
	{ GVT_EVENT_FLIP_DONE(2,      2),           0x44428,                                     4,								  18 },
	{ GVT_EVENT_FLIP_DONE(2,          3),          0x44428,         5,             18 },
	{ GVT_EVENT_AUX_A,			      0x44448,                0,                     20					     },
	{ GVT_EVENT_AUX_B,			     0x44448,                                   25,                                    20                            },
	{ GVT_EVENT_AUX_C,			     0x44448,                                   26,                20},
	{ GVT_EVENT_AUX_D,			     0x44448,                                   27, 20},
	{ GVT_EVENT_GSE,			     0x44468,				   27,                     22						  },
	{ GVT_EVENT_GMBUS,			     0xc4008,                                   17,                                      23								 },
	{ GVT_EVENT_HOTPLUG_B,                             0xc4008,                                   21,                23},
	{ GVT_EVENT_HOTPLUG_C,                             0xc4008,                                   22,23},
	{ GVT_EVENT_HOTPLUG_D,                             0xc4008,                                   23,                 23						   },
	{ GVT_EVENT_THERMAL,			     0x444e8,                                   24,                                      30													    },
	{ GVT_EVENT_PCODE,			     0x444e8,                                   25,                  30},
};

static void raise_one(struct rig_guest *g, void *arg)
{
	interrupt_raise_event(g->vgpu, *(const enum gvt_event *)arg);
}

static void each_event_has_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint32_t iir = places[i].iir;
		enum gvt_event event = places[i].event;

		rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
		rig_run(guest, raise_one, &event); // masked after a reset: lost
		assert_int_equal(rig_read32(guest, iir), 0);
		rig_write32(guest, iir - 4, ~(1u << places[i].bit));
		rig_write32(guest, iir + 4, 1u << places[i].bit);
		rig_run(guest, raise_one, &event);
		assert_int_equal(rig_read32(guest, iir), 1u << places[i].bit);
		assert_int_equal(rig_read32(guest, MASTER_IRQ),
				 MASTER_IRQ_ENABLE | 1u << places[i].master_bit);
		assert_int_equal(injected(), i + 1);
		rig_write32(guest, iir, UINT32_MAX);
		rig_write32(guest, iir - 4, UINT32_MAX);
		rig_write32(guest, iir + 4, 0);
	}
}

// Two causes in two groups before the vCPU has taken the first message: two messages, one
// interrupt.
static void raise_two(struct rig_guest *g, void *arg)
{
	interrupt_raise(g->vgpu, GEN9_RCS0, GT_USER_INTERRUPT);
	interrupt_raise(g->vgpu, GEN9_VECS0, GT_USER_INTERRUPT);
	vcpu_halt(g->vm->vcpus[0], exec_now(g->rig->m->ex) + PS_PER_MS);
}

static void messages_coalesce(void **state)
{
	enable_all();
	rig_run(guest, raise_two, NULL);
	assert_int_equal(injected(), 2);
	assert_int_equal(guest->interrupts, 1);
}

static void masked_events_are_lost(void **state)
{
	enable_all();
	rig_write32(guest, GT_IMR(0), GT_USER_INTERRUPT);
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	rig_write32(guest, GT_IMR(0), 0);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	assert_int_equal(injected(), 0);
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(injected(), 1);
}

// What IER leaves out is in IIR all the same, and comes up when it is let in.
static void disabled_events_wait_in_iir(void **state)
{
	enable_all();
	rig_write32(guest, GT_IER(1), 0);
	raise(GEN9_VCS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(1)), 1);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 0);
	rig_write32(guest, GT_IER(1), 1);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE | 1u << 2);
	assert_int_equal(injected(), 1);
	rig_write32(guest, GT_IER(1), 0);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
}

static void master_off_holds_back(void **state)
{
	enable_all();
	rig_write32(guest, MASTER_IRQ, 0);
	raise(GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	assert_int_equal(injected(), 0);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 1u << 24);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 1);
	// Still pending: each of these checks again and injects again.
	rig_write32(guest, GT_IMR(0), 0);
	rig_write32(guest, GT_IER(0), UINT32_MAX);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	rig_write32(guest, rig_reg(GEN9_RCS0, RING_IMR), 0);
	assert_int_equal(injected(), 5);
	rig_write32(guest, GT_IIR(0), 1u << 24);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 5);
}

static void only_the_enable_bit_is_the_guests(void **state)
{
	rig_write32(guest, MASTER_IRQ, 0x7fffffff);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), 0);
	rig_write32(guest, MASTER_IRQ, UINT32_MAX);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 0);
}

static void iir_clears_written_ones(void **state)
{
	enable_all();
	raise(GEN9_RCS0, GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT);
	rig_write32(guest, GT_IIR(0), GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), GT_CONTEXT_SWITCH_INTERRUPT);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE | 1);
	// One byte of it: the others are not written as what they read.
	rig_write(guest, GT_IIR(0), 1, 0xff);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), GT_CONTEXT_SWITCH_INTERRUPT);
	rig_write(guest, GT_IIR(0) + 1, 1, 0xff);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	rig_write32(guest, GT_ISR(0), UINT32_MAX);
	assert_int_equal(rig_read32(guest, GT_ISR(0)), 0);
}

// RING_IMR is stored and gates nothing.
static void ring_imr_masks_nothing(void **state)
{
	enable_all();
	rig_write32(guest, rig_reg(GEN9_VECS0, RING_IMR), UINT32_MAX);
	raise(GEN9_VECS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(3)), 1);
	assert_int_equal(injected(), 1);
}

static void enable_and_wait(struct rig_guest *g, void *arg)
{
	struct event event = { GEN9_RCS0, GT_USER_INTERRUPT };

	raise_event(g, &event);
	vcpu_halt(g->vm->vcpus[0], exec_now(g->rig->m->ex) + PS_PER_MS);
}

static void message_reaches_the_guests_handler(void **state)
{
	enable_all();
	rig_run(guest, enable_and_wait, NULL);
	assert_int_equal(guest->interrupts, 1);
}

/* ---- level master_irq ---- */

static struct pvmmio_page *negotiate_flag(struct rig *r)
{
	struct rig_guest *g = &r->guests[0];
	uint64_t gpa;

	rig_create(r, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL });
	gpa = rig_alloc(g, 1);
	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_MASTER_IRQ), PVMMIO_MASTER_IRQ);
	return rig_at(g, gpa);
}

static void flag_stands_for_the_masters_enable_bit(void **state)
{
	struct pvmmio_page *page;

	rig_destroy(&rig);
	page = negotiate_flag(&rig);
	guest = &rig.guests[0];
	enable_all();
	rig_write32(guest, MASTER_IRQ, 0); // does not hold back any more
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(injected(), 1);
	rig_write32(guest, GT_IIR(0), UINT32_MAX);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	page->disable_irq = 2; // anything but 0
	raise(GEN9_BCS0, GT_USER_INTERRUPT);
	rig_write32(guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
	assert_int_equal(injected(), 1);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 1u << 16);
	page->disable_irq = 0;
	rig_settle(&rig);
	assert_int_equal(injected(), 1);                               // nobody has been told
	rig_write32(guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 0); // any value
	assert_int_equal(injected(), 2);
	rig_write32(guest, GT_IIR(0), UINT32_MAX);
	rig_write32(guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
	assert_int_equal(injected(), 2);
}

// Without the level the page says nothing, and the doorbell is one check more.
static void flag_without_the_level_is_nothing(void **state)
{
	uint64_t gpa;
	struct pvmmio_page *page;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL });
	guest = &rig.guests[0];
	gpa = rig_alloc(guest, 1);
	assert_int_equal(rig_negotiate(guest, gpa, PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
	page = rig_at(guest, gpa);
	page->disable_irq = 1;
	enable_all();
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(injected(), 1);
	rig_write32(guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
	assert_int_equal(injected(), 2);
	rig_write32(guest, MASTER_IRQ, 0);
	rig_write32(guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
	assert_int_equal(injected(), 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_engine_has_its_bits),
		TEST(each_event_has_its_place),
		TEST(messages_coalesce),
		TEST(masked_events_are_lost),
		TEST(disabled_events_wait_in_iir),
		TEST(master_off_holds_back),
		TEST(only_the_enable_bit_is_the_guests),
		TEST(iir_clears_written_ones),
		TEST(ring_imr_masks_nothing),
		TEST(message_reaches_the_guests_handler),
		TEST(flag_stands_for_the_masters_enable_bit),
		TEST(flag_without_the_level_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
