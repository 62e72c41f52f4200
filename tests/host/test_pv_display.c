// SPDX-License-Identifier: MIT
// pvmmio levels plane_update and plane_watermark: what a record does, and what a wrong one does
// not.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"
#include "sim/machine/rng.h"

#define LEVELS    (PVMMIO_PLANE_UPDATE | PVMMIO_PLANE_WATERMARK)
#define SURFACE   0x10002000u
#define FIRST_REG 0x68000u /* scalers, pipes, planes, cursors */
#define END_REG   0x73000u
#define REGS      ((END_REG - FIRST_REG) / 4)
#define UNTOUCHED 0xabcdef01u

static struct rig rig;
static struct rig_guest *guest; // with the levels
static struct rig_guest *plain; // without

static int setup(void **state)
{
	pv_create(&rig, &(struct rig_options){ .vm_count = 2 }, LEVELS);
	guest = &rig.guests[0];
	plain = &rig.guests[1];
	// The second one has the page, and no level in force.
	plain->vgpu->pvmmio_levels = 0;
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

/* ---- a driver's two ways ---- */

static void store_record(struct rig_guest *g, unsigned offset, const void *record, size_t bytes)
{
	memcpy((uint8_t *)pv_page(g) + offset, record, bytes);
	pv_page(g)->plane_status = PV_NO_ANSWER;
	pv_page(g)->watermark_status = PV_NO_ANSWER;
}

static uint32_t flip_pv(unsigned pipe, unsigned plane, const struct pvmmio_plane_record *record,
			uint32_t surface)
{
	store_record(guest, offsetof(struct pvmmio_page, plane), record, sizeof(*record));
	rig_write32(guest, PLANE_SURF(pipe, plane), surface);
	return pv_page(guest)->plane_status;
}

static uint32_t watermark_pv(unsigned pipe, unsigned plane,
			     const struct pvmmio_watermark_record *record)
{
	store_record(guest, offsetof(struct pvmmio_page, watermark), record, sizeof(*record));
	rig_write32(guest, PLANE_NV12_BUF_CFG(pipe, plane), 0);
	return pv_page(guest)->watermark_status;
}

// Register by register, as a driver does without the level.
static void flip_plain(struct rig_guest *g, unsigned pipe, unsigned plane,
		       const struct pvmmio_plane_record *r, uint32_t surface)
{
	unsigned s = r->flags >> PVMMIO_PLANE_SCALER_ID_SHIFT & 3;

	if (r->flags & PVMMIO_PLANE_KEY) {
		rig_write32(g, PLANE_KEYVAL(pipe, plane), r->keyval);
		rig_write32(g, PLANE_KEYMAX(pipe, plane), r->keymax);
		rig_write32(g, PLANE_KEYMSK(pipe, plane), r->keymsk);
	}
	rig_write32(g, PLANE_OFFSET(pipe, plane), r->offset);
	rig_write32(g, PLANE_STRIDE(pipe, plane), r->stride);
	rig_write32(g, PLANE_SIZE(pipe, plane), r->size);
	rig_write32(g, PLANE_AUX_DIST(pipe, plane), r->aux_dist);
	rig_write32(g, PLANE_AUX_OFFSET(pipe, plane), r->aux_offset);
	if (r->flags & PVMMIO_PLANE_SCALER) {
		rig_write32(g, PS_CTRL(pipe, s), r->ps_ctrl);
		rig_write32(g, PS_PWR_GATE(pipe, s), r->ps_pwr_gate);
		rig_write32(g, PS_WIN_POS(pipe, s), r->ps_win_pos);
		rig_write32(g, PS_WIN_SZ(pipe, s), r->ps_win_sz);
	}
	rig_write32(g, PLANE_POS(pipe, plane), r->pos);
	rig_write32(g, PLANE_CTL(pipe, plane), r->ctl);
	rig_write32(g, PLANE_SURF(pipe, plane), surface);
}

static void watermark_plain(struct rig_guest *g, unsigned pipe, unsigned plane,
			    const struct pvmmio_watermark_record *r)
{
	for (unsigned level = 0; level <= (r->max_level & 7); level++)
		rig_write32(g, PLANE_WM(pipe, plane, level), r->level[level]);
	rig_write32(g, PLANE_WM_TRANS(pipe, plane), r->trans);
	rig_write32(g, PLANE_BUF_CFG(pipe, plane), r->buf_cfg);
	rig_write32(g, PLANE_NV12_BUF_CFG(pipe, plane), 0);
}

static void random_words(struct rng *rng, void *record, size_t bytes)
{
	for (size_t i = 0; i < bytes / 4; i++)
		((uint32_t *)record)[i] = (uint32_t)rng_next(rng);
}

static struct pvmmio_plane_record random_plane(struct rng *rng, unsigned pipe, unsigned plane)
{
	struct pvmmio_plane_record record;
	uint32_t scaler = (uint32_t)rng_below(rng, gen9_pipe_scalers(pipe));

	random_words(rng, &record, sizeof(record));
	record.flags = PVMMIO_RECORD_FILLED;
	if (rng_below(rng, 2))
		record.flags |= PVMMIO_PLANE_KEY;
	if (rng_below(rng, 2))
		record.flags |= PVMMIO_PLANE_SCALER | scaler << PVMMIO_PLANE_SCALER_ID_SHIFT;
	record.ps_ctrl = (record.ps_ctrl & ~PS_CTRL_PLANE_MASK) | PS_CTRL_PLANE(plane);
	return record;
}

static const uint32_t *registers(const struct rig_guest *g)
{
	return &g->vgpu->vreg[FIRST_REG / 4];
}

static void assert_alike(void)
{
	assert_memory_equal(registers(guest), registers(plain), 4 * REGS);
}

// Both ways lead to the same registers, all of them, for every plane and all that is optional.
static void records_do_what_writes_do(void **state)
{
	struct pvmmio_watermark_record watermark;
	struct pvmmio_plane_record record;
	struct rng rng;

	rng_seed(&rng, 1);
	for (unsigned i = 0; i < 300; i++) {
		unsigned pipe = (unsigned)rng_below(&rng, GEN9_PIPE_COUNT);
		unsigned plane = 1 + (unsigned)rng_below(&rng, GEN9_PLANE_COUNT);

		record = random_plane(&rng, pipe, plane);
		assert_int_equal(flip_pv(pipe, plane, &record, SURFACE + 0x1000 * i),
				 PVMMIO_STATUS_OK);
		assert_int_equal(pv_page(guest)->plane.flags, 0);
		flip_plain(plain, pipe, plane, &record, SURFACE + 0x1000 * i);
		assert_alike();
		random_words(&rng, &watermark, sizeof(watermark));
		watermark.max_level = PVMMIO_RECORD_FILLED | (watermark.max_level & 7);
		assert_int_equal(watermark_pv(pipe, plane, &watermark), PVMMIO_STATUS_OK);
		assert_int_equal(pv_page(guest)->watermark.max_level, 0);
		watermark_plain(plain, pipe, plane, &watermark);
		assert_alike();
	}
	assert_int_equal(rig_stats(guest).plane_records, 300);
	assert_int_equal(rig_stats(guest).watermark_records, 300);
	assert_int_equal(rig_stats(plain).plane_records, 0);
	assert_int_equal(rig_stats(guest).flips, 300);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DISPLAY_RECORD), 0);
}

static uint64_t exits(struct rig_guest *g)
{
	struct ledger_op totals;

	ledger_op_totals(rig.m->ledger, g->vm->id, GUEST_OP_NONE, &totals);
	return totals.exits.count;
}

static void one_exit_is_enough(void **state)
{
	struct pvmmio_plane_record record = { .flags = PVMMIO_RECORD_FILLED };
	struct pvmmio_watermark_record watermark = { .max_level = PVMMIO_RECORD_FILLED | 7 };
	uint64_t before = exits(guest);

	assert_int_equal(flip_pv(0, 1, &record, SURFACE), PVMMIO_STATUS_OK);
	assert_int_equal(exits(guest) - before, 1);
	record.flags = PVMMIO_RECORD_FILLED | PVMMIO_PLANE_KEY | PVMMIO_PLANE_SCALER;
	record.ps_ctrl = PS_CTRL_ENABLE | PS_CTRL_PLANE(1);
	assert_int_equal(flip_pv(0, 1, &record, SURFACE), PVMMIO_STATUS_OK);
	assert_int_equal(exits(guest) - before, 2);
	assert_int_equal(watermark_pv(0, 1, &watermark), PVMMIO_STATUS_OK);
	assert_int_equal(exits(guest) - before, 3);
	before = exits(plain);
	flip_plain(plain, 0, 1, &record, SURFACE);
	assert_int_equal(exits(plain) - before, 8 + 3 + 4); // 4.19's two phases have no word
	watermark_plain(plain, 0, 1, &watermark);
	assert_int_equal(exits(plain) - before, 15 + 11); // 4.19 writes BUF_CFG twice: 12
}

// A flip by record is armed like any other.
static void records_wait_for_the_vblank(void **state)
{
	struct pvmmio_plane_record record = { .flags = PVMMIO_RECORD_FILLED };

	rig_write32(guest, PIPECONF(0), PIPECONF_ENABLE);
	assert_int_equal(flip_pv(0, 2, &record, SURFACE), PVMMIO_STATUS_OK);
	assert_int_equal(rig_read32(guest, PLANE_SURF(0, 2)), SURFACE);
	assert_int_equal(rig_read32(guest, PLANE_SURFLIVE(0, 2)), 0);
	rig_write32(guest, PIPECONF(0), 0);
	assert_int_equal(rig_read32(guest, PLANE_SURFLIVE(0, 2)), SURFACE);
}

// Switching a plane off is no business of the level, whatever is in the page.
static void off_takes_no_record(void **state)
{
	struct pvmmio_plane_record record = { .flags = PVMMIO_RECORD_FILLED, .stride = 7 };

	assert_int_equal(flip_pv(0, 1, &record, 0), PV_NO_ANSWER);
	assert_int_equal(pv_page(guest)->plane.flags, PVMMIO_RECORD_FILLED);
	assert_int_equal(rig_read32(guest, PLANE_STRIDE(0, 1)), 0);
	assert_int_equal(rig_read32(guest, PLANE_SURF(0, 1)), 0);
}

/* ---- wrong records ---- */

static void mark_registers(void)
{
	for (uint32_t offset = FIRST_REG; offset < END_REG; offset += 4)
		vreg_write(guest->vgpu, offset, UNTOUCHED);
}

static void assert_untouched(void)
{
	for (uint32_t offset = FIRST_REG; offset < END_REG; offset += 4)
		assert_int_equal(vreg_read(guest->vgpu, offset), UNTOUCHED);
}

static void wrong_plane_records_change_nothing(void **state)
{
	static const struct {
		unsigned pipe, plane;
		uint32_t flags, ps_ctrl;
		uint32_t status;
	} wrong[] = {
		{0,  1, 0,						    0,                PVMMIO_STATUS_EMPTY},
		{ 0, 1, PVMMIO_PLANE_KEY,                                     0,                PVMMIO_STATUS_EMPTY},
		{ 0, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_COLOR_CTL,        0,                PVMMIO_STATUS_VALUE},
		{ 0, 1, PVMMIO_RECORD_FILLED | 1u << 3,                       0,                PVMMIO_STATUS_VALUE},
		{ 0, 1, PVMMIO_RECORD_FILLED | 1u << 30,                      0,                PVMMIO_STATUS_VALUE},
		{ 0, 1, PVMMIO_RECORD_FILLED | 1u << 8,                       0,
                 PVMMIO_STATUS_VALUE									       }, // without a scaler
  // a scaler that is not there, of each pipe
		{ 0, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER | 2u << 8, PS_CTRL_PLANE(1),
                 PVMMIO_STATUS_VALUE									       },
		{ 1, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER | 3u << 8, PS_CTRL_PLANE(1),
                 PVMMIO_STATUS_VALUE									       },
		{ 2, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER | 1u << 8, PS_CTRL_PLANE(1),
                 PVMMIO_STATUS_VALUE									       },
 // a scaler for somebody else
		{ 0, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER,           PS_CTRL_PLANE(0),
                 PVMMIO_STATUS_VALUE									       },
		{ 0, 1, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER,           PS_CTRL_PLANE(2),
                 PVMMIO_STATUS_VALUE									       },
		{ 2, 3, PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER,           PS_CTRL_PLANE(7),
                 PVMMIO_STATUS_VALUE									       },
	};
	const size_t count = sizeof(wrong) / sizeof(wrong[0]);

	mark_registers();
	for (size_t i = 0; i < count; i++) {
		struct pvmmio_plane_record record;

		memset(&record, 0x11, sizeof(record));
		record.flags = wrong[i].flags;
		record.ps_ctrl = wrong[i].ps_ctrl;
		assert_int_equal(flip_pv(wrong[i].pipe, wrong[i].plane, &record, SURFACE),
				 wrong[i].status);
		assert_untouched();
		assert_int_equal(pv_page(guest)->plane.flags, 0);
	}
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DISPLAY_RECORD), count);
	assert_int_equal(rig_stats(guest).plane_records, 0);
	assert_int_equal(rig_stats(guest).flips, 0);
}

static void wrong_watermark_records_change_nothing(void **state)
{
	static const struct {
		uint32_t max_level, status;
	} wrong[] = {
		{7,			    PVMMIO_STATUS_EMPTY},
		{ 1000,			PVMMIO_STATUS_EMPTY},
		{ PVMMIO_RECORD_FILLED | 8,    PVMMIO_STATUS_VALUE},
		{ PVMMIO_RECORD_FILLED | 1000, PVMMIO_STATUS_VALUE},
		{ UINT32_MAX,                  PVMMIO_STATUS_VALUE},
	};
	const size_t count = sizeof(wrong) / sizeof(wrong[0]);
	struct pvmmio_watermark_record record;

	mark_registers();
	memset(&record, 0x11, sizeof(record));
	for (size_t i = 0; i < count; i++) {
		record.max_level = wrong[i].max_level;
		assert_int_equal(watermark_pv(1, 2, &record), wrong[i].status);
		assert_untouched();
	}
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DISPLAY_RECORD), count);
	assert_int_equal(rig_stats(guest).watermark_records, 0);
}

// The published one applies the last record again when nobody has filled it anew.
static void a_record_is_good_for_one_doorbell(void **state)
{
	struct pvmmio_plane_record record = { .flags = PVMMIO_RECORD_FILLED, .stride = 7 };

	assert_int_equal(flip_pv(0, 1, &record, SURFACE), PVMMIO_STATUS_OK);
	pv_page(guest)->plane_status = PV_NO_ANSWER;
	rig_write32(guest, PLANE_SURF(0, 2), SURFACE);
	assert_int_equal(pv_page(guest)->plane_status, PVMMIO_STATUS_EMPTY);
	assert_int_equal(rig_read32(guest, PLANE_STRIDE(0, 2)), 0);
	assert_int_equal(rig_read32(guest, PLANE_SURF(0, 2)), 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DISPLAY_RECORD), 1);
}

static void without_the_level_the_page_says_nothing(void **state)
{
	struct pvmmio_plane_record record = { .flags = PVMMIO_RECORD_FILLED, .stride = 7 };

	store_record(plain, offsetof(struct pvmmio_page, plane), &record, sizeof(record));
	rig_write32(plain, PLANE_SURF(0, 1), SURFACE);
	rig_write32(plain, PLANE_NV12_BUF_CFG(0, 1), 5);
	assert_int_equal(rig_read32(plain, PLANE_SURF(0, 1)), SURFACE);
	assert_int_equal(rig_read32(plain, PLANE_STRIDE(0, 1)), 0);
	assert_int_equal(rig_read32(plain, PLANE_NV12_BUF_CFG(0, 1)), 5);
	assert_int_equal(pv_page(plain)->plane.flags, PVMMIO_RECORD_FILLED);
	assert_int_equal(pv_page(plain)->plane_status, PV_NO_ANSWER);
	assert_int_equal(rig_incidents(plain, GVT_INCIDENT_DISPLAY_RECORD), 0);
}

/* ---- a second vCPU ---- */

#define RACE_FLIPS 3000u

struct race {
	struct rng rng;
	bool over;
};

// Writes whatever, whenever, into records that the other one has rung for.
static void scribble(void *arg)
{
	struct race *race = arg;
	struct executor *ex = rig.m->ex;
	struct pvmmio_page *page = pv_page(guest);

	while (!race->over) {
		bool plane = rng_below(&race->rng, 2);
		uint32_t *words = plane ? (uint32_t *)&page->plane : (uint32_t *)&page->watermark;
		size_t bytes = plane ? sizeof(page->plane) : sizeof(page->watermark);
		uint32_t word = (uint32_t)rng_below(&race->rng, bytes / 4);

		exec_sleep_until(ex, exec_now(ex) + rng_below(&race->rng, 300 * PS_PER_NS));
		words[word] = (uint32_t)rng_next(&race->rng);
	}
}

static void flip_in_the_storm(struct rig_guest *g, void *arg)
{
	struct race *race = arg;
	struct pvmmio_page *page = pv_page(g);

	for (unsigned i = 0; i < RACE_FLIPS; i++) {
		page->plane.ps_ctrl = PS_CTRL_PLANE(3);
		page->plane.flags = PVMMIO_RECORD_FILLED | PVMMIO_PLANE_SCALER;
		guest_store(g, PLANE_SURF(2, 3), 4, SURFACE);
		page->watermark.max_level = PVMMIO_RECORD_FILLED | 7;
		guest_store(g, PLANE_NV12_BUF_CFG(2, 3), 4, 0);
	}
	race->over = true;
}

static bool is_of_plane(uint32_t offset)
{
	return offset - PLANE_CTL(2, 3) < GEN9_PLANE_STRIDE || offset - PS_PWR_GATE(2, 0) < 0x40;
}

// Each record is all or nothing, and of its own plane: what the copy said, not what the page says.
static void records_are_read_once(void **state)
{
	static const struct cost_profile costs = { .value = {
		[COST_EXIT_TRANSITION] = 100 * PS_PER_NS,
		[COST_WORK_HANDLER] = 50 * PS_PER_NS,
		[COST_WORK_GUEST_READ] = 50 * PS_PER_NS,
		[COST_WORK_GUEST_WRITE] = 50 * PS_PER_NS,
	} };
	struct race race = { .over = false };
	struct vgpu_stats stats;
	uint64_t refused;

	rig_destroy(&rig);
	pv_create(&rig, &(struct rig_options){ .costs = &costs }, LEVELS);
	rng_seed(&race.rng, 3);
	mark_registers();
	assert_int_equal(vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), scribble, &race), 0);
	rig_run(guest, flip_in_the_storm, &race);
	for (uint32_t offset = FIRST_REG; offset < END_REG; offset += 4)
		if (!is_of_plane(offset) && offset != PIPE_FLIPCOUNT(2))
			assert_int_equal(vreg_read(guest->vgpu, offset), UNTOUCHED);
	assert_int_equal(vreg_read(guest->vgpu, PS_CTRL(2, 0)) & PS_CTRL_PLANE_MASK,
			 PS_CTRL_PLANE(3));
	stats = rig_stats(guest);
	refused = rig_incidents(guest, GVT_INCIDENT_DISPLAY_RECORD);
	assert_int_equal(stats.plane_records + stats.watermark_records + refused, 2 * RACE_FLIPS);
	assert_int_equal(stats.flips, stats.plane_records);
	// it did come in between, and it did not always
	assert_in_range(refused, 100, 2 * RACE_FLIPS - 100);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(records_do_what_writes_do),
		TEST(one_exit_is_enough),
		TEST(records_wait_for_the_vblank),
		TEST(off_takes_no_record),
		TEST(wrong_plane_records_change_nothing),
		TEST(wrong_watermark_records_change_nothing),
		TEST(a_record_is_good_for_one_doorbell),
		TEST(without_the_level_the_page_says_nothing),
		TEST(records_are_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
