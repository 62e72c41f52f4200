// SPDX-License-Identifier: MIT
//
// What each kind of reset leaves of a vGPU: reset_rows[], cell by cell, each on a machine of its
// own; that docs/life-cycle.md says the same; and that the device works again afterwards.
//
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include <stdio.h>
#include <string.h>

#include "host/dma_map.h"
#include "host/gtt.h"
#include "host/reset.h"
#include "hw-model/regs/gen9_display.h"

#define REG(field) (PVINFO_BASE + (field))
#define PAGES(n)   ((n)*PAGE_SIZE)
#define LEVELS                                                                                     \
	(PVMMIO_ELSP_SUBMIT | PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE | PVMMIO_READ_PASSTHROUGH)
#define GMA  PT_SPAN
#define MARK 0x12340u

static struct rig rig;
static struct rig_guest *guest;
static uint64_t page_gpa;      // the shared page
static uint64_t root;          // of a paravirtual space that maps two pages at GMA
static uint64_t shadowed_root; // of a space from before the level
static uint64_t gpa;           // the two pages
static uint64_t gma;           // and where the GGTT has them
static struct rig_context contexts[2];

static const enum gen9_engine_id engines[2] = { GEN9_RCS0, GEN9_BCS0 };

static unsigned traced[TRACE_EVENT_COUNT];

static void count_event(struct trace_sink *sink, const struct trace_record *record)
{
	traced[record->event]++;
}

static struct trace_sink sink = { .event = count_event };

static void begin(void)
{
	struct tables tables;

	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL, .trace = &sink });
	guest = &rig.guests[0];
	rig_boot(guest);
	tables_create(&tables, guest);
	shadowed_root = tables.pml4;
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, shadowed_root);
	gpa = rig_alloc(guest, 2);
	gma = guest->vgpu->ggtt.low.base;
	rig_bind_at(guest, gma, gpa, 2);
	for (unsigned i = 0; i < 2; i++) {
		rig_context_create(&contexts[i], guest, engines[i], i + 1);
		rig_emit_store(&contexts[i], gma + 4 * i, 1);
	}
	page_gpa = rig_alloc(guest, 1);
	assert_int_equal(rig_negotiate(guest, page_gpa, LEVELS), LEVELS);
	root = pv_space(guest);
	pv_map(guest, root, GMA, gpa, 2);
}

static void end(void)
{
	pv_check(&rig);
	rig_destroy(&rig);
}

/* ---- the kinds ---- */

static void reset_by_vmm(struct rig_guest *g, void *arg)
{
	vgpu_device_reset(g->vgpu, *(const enum reset_kind *)arg == RESET_FROM_D3);
}

// Engine resets are the first engine's.
static void reset(enum reset_kind kind)
{
	if (kind == RESET_ENGINES)
		rig_write32(guest, GDRST, 1u << gen9_engines[engines[0]].gdrst_bit);
	else if (kind == RESET_FULL)
		rig_write32(guest, GDRST, 1);
	else
		rig_run(guest, reset_by_vmm, &kind);
}

/* ---- the rows: how to make something to be reset, and what has become of it ---- */

// What two engines have of it: both, the second, none.
static enum reset_effect by_engine(bool first, bool second)
{
	if (first && second)
		return RESET_KEEPS;
	return second ? RESET_CLEARS_ENGINES : RESET_CLEARS;
}

static enum reset_effect kept_if(bool kept)
{
	return kept ? RESET_KEEPS : RESET_CLEARS;
}

static void nothing(void)
{
}

// While the vGPU takes no part in scheduling, workloads are queued and none is run.
static void queue_workloads(void)
{
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_VECS0].gdrst_bit);
	for (unsigned i = 0; i < 2; i++)
		rig_submit_pv(guest, engines[i], page_gpa, 0, rig_descriptor(&contexts[i]));
	assert_non_null(guest->vgpu->engines[engines[0]].first);
	assert_non_null(guest->vgpu->engines[engines[1]].first);
}

static enum reset_effect see_workloads(void)
{
	struct vgpu_stats stats = rig_stats(guest);
	bool first = guest->vgpu->engines[engines[0]].first;
	bool second = guest->vgpu->engines[engines[1]].first;

	assert_int_equal(stats.workloads_ended[GVT_WORKLOAD_RESET], !first + !second);
	assert_int_equal(stats.workloads_accepted, 2);
	return by_engine(first, second);
}

static void ring_doorbells(void)
{
	for (unsigned i = 0; i < 2; i++)
		guest->vgpu->engines[engines[i]].rung = true;
}

static enum reset_effect see_doorbells(void)
{
	return by_engine(guest->vgpu->engines[engines[0]].rung,
			 guest->vgpu->engines[engines[1]].rung);
}

static void use_execlists(void)
{
	for (unsigned i = 0; i < 2; i++)
		guest->vgpu->engines[engines[i]].execlist.elsp_count = 1;
}

static enum reset_effect see_execlists(void)
{
	return by_engine(guest->vgpu->engines[engines[0]].execlist.elsp_count,
			 guest->vgpu->engines[engines[1]].execlist.elsp_count);
}

static enum reset_effect see_scheduling(void)
{
	return kept_if(guest->vgpu->scheduled);
}

static enum reset_effect see_status_pages(void)
{
	return by_engine(guest->vgpu->engines[engines[0]].hws_pga,
			 guest->vgpu->engines[engines[1]].hws_pga);
}

static enum reset_effect see_shadowed(void)
{
	const struct ppgtt_mm *mm = tables_space(guest, shadowed_root);

	if (!mm)
		return RESET_CLEARS;
	return mm->shadowed ? RESET_KEEPS : RESET_REBUILDS;
}

static enum reset_effect see_paravirtual(void)
{
	return kept_if(tables_space(guest, root) && pv_is_mapped(guest, root, GMA, gpa, 2));
}

static enum reset_effect see_levels(void)
{
	uint32_t levels = rig_stats(guest).pvmmio_levels;

	assert_int_equal(rig_read32(guest, REG(PVINFO_ENABLE_PVMMIO)), levels);
	assert_true(levels == LEVELS || levels == 0);
	return kept_if(levels);
}

static enum reset_effect see_page(void)
{
	uint32_t address = rig_read32(guest, REG(PVINFO_SHARED_PAGE_GPA_LO));

	assert_int_equal(guest->vgpu->pvmmio_gfn, address >> PAGE_SHIFT);
	assert_true(address == page_gpa || address == 0);
	return kept_if(address);
}

static uint32_t window_offset(void)
{
	return (uint32_t)(GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT));
}

static void count_ends(void)
{
	for (unsigned i = 0; i < 2; i++)
		guest->vgpu->engines[engines[i]].pv_ended = 5;
	guest->vgpu->engines[engines[0]].pv_failed = 2;
}

static enum reset_effect see_ends(void)
{
	const struct vgpu_engine *first = &guest->vgpu->engines[engines[0]];

	assert_int_equal(first->pv_failed, first->pv_ended ? 2 : 0);
	return by_engine(first->pv_ended, guest->vgpu->engines[engines[1]].pv_ended);
}

static enum reset_effect see_window(void)
{
	return kept_if(bus_attr_of(guest->vm->bus, (RIG_GUEST_BAR0 + window_offset()) >>
							   PAGE_SHIFT) == BUS_PASSTHROUGH);
}

static enum reset_effect see_direct_reads(void)
{
	return kept_if(bus_attr_of(guest->vm->bus, RIG_GUEST_BAR0 >> PAGE_SHIFT) ==
		       BUS_READ_DIRECT);
}

static enum reset_effect see_entries(void)
{
	bool present = rig_host_pte(&rig, gma) & GEN8_PTE_PRESENT;
	uint64_t found;

	assert_int_equal(!gtt_gma_to_gpa(guest->vgpu, gma, &found), present);
	return kept_if(present);
}

static enum reset_effect see_view(void)
{
	uint64_t entry = rig_read(guest, window_offset(), 8);

	assert_true(entry == 0 || entry == (gpa | PTE_RW));
	return kept_if(entry);
}

static uint32_t host_fence(void)
{
	return hw_read32(&rig.gvt->hw, FENCE_LO(guest->vgpu->fence_base));
}

static void set_fence(void)
{
	rig_write32(guest, FENCE_HI(0), (uint32_t)gma);
	rig_write32(guest, FENCE_LO(0), (uint32_t)gma | 1);
	assert_int_equal(host_fence(), (uint32_t)gma | 1);
}

static enum reset_effect see_fence(void)
{
	return kept_if(host_fence());
}

static void set_low(void)
{
	rig_write32(guest, rig_reg(engines[0], RING_HWSTAM), MARK);
}

static enum reset_effect see_low(void)
{
	uint32_t value = rig_read32(guest, rig_reg(engines[0], RING_HWSTAM));

	assert_true(value == MARK || value == UINT32_MAX);
	return kept_if(value == MARK);
}

static void set_high(void)
{
	rig_write32(guest, GT_IER(1), MARK);
}

static enum reset_effect see_high(void)
{
	return kept_if(rig_read32(guest, GT_IER(1)) == MARK);
}

static void light_pipe(void)
{
	rig_write32(guest, PIPECONF(0), PIPECONF_ENABLE);
	rig_write32(guest, PLANE_SURF(0, 0), 0);
}

static enum reset_effect see_pipe(void)
{
	const struct vgpu_pipe *pipe = &guest->vgpu->display.pipes[0];

	assert_int_equal(pipe->on, !!(rig_read32(guest, PIPECONF(0)) & PIPECONF_ENABLE));
	assert_int_equal(pipe->on, rig.gvt->display.first == guest->vgpu);
	return kept_if(pipe->on);
}

static void make_interrupt(void)
{
	vreg_write(guest->vgpu, GT_IIR(0), GT_USER_INTERRUPT);
}

static enum reset_effect see_interrupt(void)
{
	return kept_if(rig_read32(guest, GT_IIR(0)));
}

static void write_words(void)
{
	rig_write32(guest, REG(PVINFO_PDP_LO(3)), MARK);
}

static enum reset_effect see_words(void)
{
	assert_int_equal(vreg_read(guest->vgpu, REG(PVINFO_MAGIC)), (uint32_t)PVINFO_MAGIC_VALUE);
	assert_int_equal(vreg_read(guest->vgpu, REG(PVINFO_LOW_GM_BASE)), gma);
	return kept_if(vreg_read(guest->vgpu, REG(PVINFO_PDP_LO(3))));
}

static enum reset_effect see_notified(void)
{
	return kept_if(guest->vgpu->pv_notified);
}

static void fail_safe(void)
{
	rig_write32(guest, REG(PVINFO_RSV5), 1);
	assert_true(rig_stats(guest).failsafe);
}

static enum reset_effect see_failsafe(void)
{
	return kept_if(rig_stats(guest).failsafe);
}

static void change_pci(void)
{
	guest->vm->pci_config[GEN9_PCI_BAR0 + 3] = 0x55;
}

static enum reset_effect see_pci(void)
{
	uint64_t id = guest->vm->pci_config[0] | guest->vm->pci_config[1] << 8;

	assert_int_equal(id, 0x8086);
	return kept_if(guest->vm->pci_config[GEN9_PCI_BAR0 + 3] == 0x55);
}

// In the order of reset_rows[].
static const struct {
	const char *what;
	void (*make)(void);
	enum reset_effect (*see)(void);
} probes[] = {
	{"queued workloads",              queue_workloads, see_workloads   },
	{ "doorbells not served yet",     ring_doorbells,  see_doorbells   },
	{ "virtual execlists",            use_execlists,   see_execlists   },
	{ "part in scheduling",           nothing,         see_scheduling  },
	{ "status page addresses",        nothing,         see_status_pages},
	{ "shadowed address spaces",      nothing,         see_shadowed    },
	{ "paravirtual address spaces",   nothing,         see_paravirtual },
	{ "negotiated levels",            nothing,         see_levels      },
	{ "shared page address",          nothing,         see_page        },
	{ "counts of paravirtual ends",   count_ends,      see_ends        },
	{ "GTT window without exits",     nothing,         see_window      },
	{ "register reads without exits", nothing,         see_direct_reads},
	{ "GGTT entries in effect",       nothing,         see_entries     },
	{ "view of the GGTT entries",     nothing,         see_view        },
	{ "fences",		       set_fence,       see_fence       },
	{ "registers below 0x44200",      set_low,         see_low         },
	{ "registers from 0x44200 on",    set_high,        see_high        },
	{ "pipes and armed flips",        light_pipe,      see_pipe        },
	{ "pending interrupts",           make_interrupt,  see_interrupt   },
	{ "words of PVINFO",              write_words,     see_words       },
	{ "PVINFO was read",              nothing,         see_notified    },
	{ "failsafe mode",                fail_safe,       see_failsafe    },
	{ "PCI configuration",            change_pci,      see_pci         },
};

#define PROBE_COUNT (sizeof(probes) / sizeof(probes[0]))

static void check_cell(size_t row, enum reset_kind kind)
{
	enum reset_effect seen;

	begin();
	probes[row].make();
	assert_int_equal(probes[row].see(), RESET_KEEPS);
	reset(kind);
	seen = probes[row].see();
	if (seen != reset_rows[row].effect[kind])
		fail_msg("%s, kind %u: %u, the table says %u", probes[row].what, kind, seen,
			 reset_rows[row].effect[kind]);
	end();
}

static void check_kind(enum reset_kind kind)
{
	assert_int_equal(PROBE_COUNT, reset_row_count);
	for (size_t row = 0; row < reset_row_count; row++) {
		assert_string_equal(probes[row].what, reset_rows[row].what);
		check_cell(row, kind);
	}
}

static void engine_reset(void **state)
{
	check_kind(RESET_ENGINES);
}

static void full_reset(void **state)
{
	check_kind(RESET_FULL);
}

static void device_reset(void **state)
{
	check_kind(RESET_DEVICE);
}

static void device_reset_from_d3(void **state)
{
	check_kind(RESET_FROM_D3);
}

/* ---- the document ---- */

static const char *const words[] = {
	[RESET_KEEPS] = "kept",
	[RESET_CLEARS] = "cleared",
	[RESET_CLEARS_ENGINES] = "the engines' cleared",
	[RESET_REBUILDS] = "rebuilt",
};

static void document_says_the_same(void **state)
{
	char text[32768];
	char line[256];
	FILE *file = fopen(SOURCE_ROOT "/docs/life-cycle.md", "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	for (size_t i = 0; i < reset_row_count; i++) {
		const enum reset_effect *effect = reset_rows[i].effect;

		snprintf(line, sizeof(line), "| %s | %s | %s | %s | %s |\n", reset_rows[i].what,
			 words[effect[RESET_ENGINES]], words[effect[RESET_FULL]],
			 words[effect[RESET_DEVICE]], words[effect[RESET_FROM_D3]]);
		if (!strstr(text, line))
			fail_msg("not in docs/life-cycle.md: %s", line);
	}
}

/* ---- as new ---- */

// Nothing of the old user's is left that the GPU or the mediator could reach.
static void device_reset_leaves_nothing(void **state)
{
	uint64_t pages;

	rig_create(&rig, &(struct rig_options){ 0 });
	pages = physmem_host_pages(rig.m->pm);
	rig_destroy(&rig);
	begin();
	queue_workloads();
	reset(RESET_DEVICE);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	assert_int_equal(guest->vgpu->track.count, 0);
	assert_null(guest->vgpu->spaces);
	assert_null(guest->vgpu->workloads);
	assert_int_equal(guest->vgpu->pv_tables, 0);
	assert_int_equal(physmem_host_pages(rig.m->pm), pages);
	end();
}

static void bind_again(void)
{
	rig_bind_at(guest, gma, gpa, 2);
	for (unsigned i = 0; i < 2; i++) {
		rig_bind_at(guest, contexts[i].image_gma, contexts[i].image_gpa,
			    gen9_engines[engines[i]].context_pages);
		rig_bind_at(guest, contexts[i].ring_gma, contexts[i].ring_gpa, 1);
	}
}

// Status pages, images and rings are bound in the view; let that take effect.
static void insert_again(void)
{
	uint64_t start = guest->vgpu->ggtt.high.base;

	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, start, guest->next_gma - start),
			 PVMMIO_STATUS_OK);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, gma, PAGES(2)), PVMMIO_STATUS_OK);
}

static void use_again(enum reset_kind kind)
{
	uint32_t *word;

	begin();
	queue_workloads();
	reset(kind);
	rig_boot(guest);
	if (kind == RESET_DEVICE)
		assert_int_equal(rig_negotiate(guest, page_gpa, PVMMIO_ELSP_SUBMIT),
				 PVMMIO_ELSP_SUBMIT);
	if (kind == RESET_DEVICE || kind == RESET_FROM_D3)
		bind_again();
	if (kind != RESET_DEVICE)
		insert_again();
	word = rig_at(guest, gpa);
	for (unsigned i = 0; i < 2; i++) {
		rig_emit_store(&contexts[i], gma + 4 * i, MARK + kind);
		rig_submit_pv(guest, engines[i], page_gpa, 0, rig_descriptor(&contexts[i]));
		assert_int_equal(word[i], MARK + kind);
	}
	end();
}

static void works_again(void **state)
{
	for (unsigned kind = 0; kind < RESET_KIND_COUNT; kind++)
		use_again(kind);
}

// What is dropped from a queue, by a reset or with its vGPU, has its end in the trace as well.
static void dropped_workloads_are_traced(void **state)
{
	memset(traced, 0, sizeof(traced));
	begin();
	queue_workloads();
	assert_int_equal(traced[TRACE_WORKLOAD_QUEUE], 2);
	reset(RESET_ENGINES);
	assert_int_equal(traced[TRACE_WORKLOAD_DROP], 1);
	end();
	assert_int_equal(traced[TRACE_WORKLOAD_DROP], 2);
	assert_int_equal(traced[TRACE_WORKLOAD_TAKE], traced[TRACE_WORKLOAD_DONE]);
	assert_int_equal(traced[TRACE_WORKLOAD_TAKE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_reset),
		cmocka_unit_test(full_reset),
		cmocka_unit_test(device_reset),
		cmocka_unit_test(device_reset_from_d3),
		cmocka_unit_test(document_says_the_same),
		cmocka_unit_test(device_reset_leaves_nothing),
		cmocka_unit_test(works_again),
		cmocka_unit_test(dropped_workloads_are_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
