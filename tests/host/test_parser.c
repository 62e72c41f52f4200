// SPDX-License-Identifier: MIT
// The command tables: each command once as it may be, and at each edge of what it may be.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/cmd_parser.h"
#include "host/mmio.h"
#include "host/workload.h"
#include "rig.h"

static struct rig rig;
static struct vgpu *vgpu;
static uint64_t base; /* of the aperture slice */
static uint64_t end;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ 0 });
	vgpu = rig.guests[0].vgpu;
	base = vgpu->ggtt.low.base;
	end = base + vgpu->ggtt.low.bytes;
	rig_write32(&rig.guests[0], rig_reg(GEN9_BCS0, RING_HWS_PGA), (uint32_t)base);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

#define CMD_DWORDS_LIMIT 24

struct scan {
	uint32_t dwords[CMD_DWORDS_LIMIT]; /* as the engine would get them */
	uint32_t pending_events;
};

// Audit one command in a ring.
static int scan(enum gen9_engine_id engine, const uint32_t *cmd, size_t count, struct scan *out)
{
	struct workload workload = { .vgpu = vgpu, .engine = engine };
	struct scan unused;
	int ret;

	out = out ? out : &unused;
	assert_true(count <= CMD_DWORDS_LIMIT);
	memcpy(out->dwords, cmd, 4 * count);
	ret = cmd_scan_ring(&workload, out->dwords, count);
	out->pending_events = workload.pending_events;
	assert_int_equal(workload.batch_count, 0);
	return ret;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCAN(engine, ...)                                                                          \
	scan((engine), (const uint32_t[]){ __VA_ARGS__ },                                          \
	     COUNT(((const uint32_t[]){ __VA_ARGS__ })), NULL)
#define LOW(gma)  ((uint32_t)(gma))
#define HIGH(gma) ((uint32_t)((gma) >> 32))

static uint64_t noted(enum gvt_incident incident)
{
	return rig_incidents(&rig.guests[0], incident);
}

/* ---- which commands, where, how long ---- */

// Everything that a header can say: allowed exactly as listed, on the engines listed.
static void only_listed_commands_pass(void **state)
{
	static const struct {
		uint32_t header;
		unsigned dwords;
		unsigned engines; // bits: RCS0, BCS0, VCS0, VCS1, VECS0
	} listed[] = {
		{0x00000000,  1,  0x1f},
                { 0x01000000, 1,  0x1f},
                { 0x02800000, 1,  0x1f},
		{ 0x04000000, 1,  0x1f},
                { 0x61010011, 19, 0x01},
                { 0x61020001, 3,  0x01},
		{ 0x69040000, 1,  0x01},
                { 0x70000007, 9,  0x0d},
                { 0x70010002, 4,  0x0d},
		{ 0x70020002, 4,  0x0d},
                { 0x70040000, 2,  0x0d},
                { 0x7105000d, 15, 0x0d},
		{ 0x7a000004, 6,  0x01},
                { 0x7b000005, 7,  0x01},
                { 0x13000002, 4,  0x1e},
		{ 0x13000003, 5,  0x1e},
	};

	for (size_t i = 0; i < COUNT(listed); i++) {
		for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
			uint32_t cmd[CMD_DWORDS_LIMIT] = { listed[i].header };
			int ret = scan(engine, cmd, listed[i].dwords, NULL);

			if (ret != (listed[i].engines >> engine & 1 ? 0 : -EBADRQC))
				fail_msg("%08x on engine %u: %d", listed[i].header, engine, ret);
		}
	}
}

// Upper halves of the headers of MFX and VEBOX commands: of any length, but for two and the wait.
static void media_commands_pass_on_their_engines(void **state)
{
	static const struct {
		uint16_t header;
		uint8_t engines; // bits: RCS0, BCS0, VCS0, VCS1, VECS0
	} media[] = {
		{0x7003,  0x0c},
                { 0x7005, 0x0c},
                { 0x7008, 0x0c},
                { 0x7029, 0x0c},
		{ 0x7048, 0x0c},
                { 0x704a, 0x0c},
                { 0x7100, 0x0c},
                { 0x7102, 0x0c},
		{ 0x7103, 0x0c},
                { 0x7104, 0x0c},
                { 0x7127, 0x0c},
                { 0x7149, 0x0c},
		{ 0x7201, 0x0c},
                { 0x7228, 0x0c},
                { 0x7300, 0x0c},
                { 0x7328, 0x0c},
		{ 0x7349, 0x0c},
                { 0x7609, 0x0c},
                { 0x7700, 0x0c},
                { 0x7728, 0x0c},
		{ 0x7400, 0x10},
                { 0x7402, 0x10},
	};

	for (size_t i = 0; i < COUNT(media); i++) {
		for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
			uint32_t cmd[CMD_DWORDS_LIMIT] = { (uint32_t)media[i].header << 16 | 5 };
			int ret = scan(engine, cmd, 7, NULL);

			if (ret != (media[i].engines >> engine & 1 ? 0 : -EBADRQC))
				fail_msg("%08x on engine %u: %d", cmd[0], engine, ret);
		}
	}
	assert_int_equal(SCAN(GEN9_VCS0, MFD_AVC_BSD_OBJECT, 100, 0, 0, 0, 0), 0);
	assert_int_equal(SCAN(GEN9_VCS0, MFD_AVC_BSD_OBJECT - 1, 100, 0, 0, 0), -EFAULT);
	assert_int_equal(SCAN(GEN9_VECS0, MFD_AVC_BSD_OBJECT, 100, 0, 0, 0, 0), -EBADRQC);
	assert_int_equal(SCAN(GEN9_VCS1, 0x68000000, 0x68000000), 0);
	assert_int_equal(SCAN(GEN9_VECS0, VEB_DI_IECP - 1), -EFAULT);
	assert_int_equal(SCAN(GEN9_VCS0, VEB_DI_IECP), -EBADRQC);
	// Not in upstream's table, although the engine would skip them.
	assert_int_equal(SCAN(GEN9_VCS0, 0x70800000, 0), -EBADRQC);
	assert_int_equal(SCAN(GEN9_VECS0, 0x74010000, 0), -EBADRQC);
	// A length as its field has it, and one that runs past the buffer.
	assert_int_equal(SCAN(GEN9_VCS0, 0x70000fff, 0), -EFAULT);
}

static void forbidden_commands(void **state)
{
	static const uint32_t headers[] = {
		0x0e000002, // MI_SEMAPHORE_WAIT
		0x0d800000, // MI_SEMAPHORE_SIGNAL
		0x10800001, // MI_STORE_DATA_INDEX
		0x11800000, // MI_UPDATE_GTT
		0x13800000, // MI_CLFLUSH
		0x14000002, // MI_REPORT_PERF_COUNT
		0x17000003, // MI_COPY_MEM_MEM
		0x1b000002, // MI_CONDITIONAL_BATCH_BUFFER_END
		0x0c000000, // MI_SET_CONTEXT
		0x0a000001, // MI_DISPLAY_FLIP
		0x05000000, // MI_BATCH_BUFFER_END, in a ring
		0x1f800000, // no command at all
		0x20000000, // no such client
		0x50800008, // XY_FAST_COPY_BLT
		0x54400008, 0x79000002, 0xffffffff,
	};

	for (size_t i = 0; i < COUNT(headers); i++) {
		for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
			uint32_t cmd[CMD_DWORDS_LIMIT] = { headers[i] };

			if (scan(engine, cmd, CMD_DWORDS_LIMIT, NULL) != -EBADRQC)
				fail_msg("%08x on engine %u", headers[i], engine);
		}
	}
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_UNKNOWN), COUNT(headers) * GEN9_ENGINE_COUNT);
}

static void lengths_are_exact(void **state)
{
	static const struct {
		enum gen9_engine_id engine;
		uint32_t header;
	} wrong[] = {
		{GEN9_BCS0,  0x10000001}, // store of no data
		{ GEN9_BCS0, 0x10000003}, // dword store with a qword's length
		{ GEN9_BCS0, 0x10200002}, // qword store with a dword's
		{ GEN9_BCS0, 0x10000004},
                { GEN9_BCS0, 0x11000000}, // LRI of half a pair
		{ GEN9_BCS0, 0x11000002},
                { GEN9_BCS0, 0x12000001},
                { GEN9_BCS0, 0x14800003},
		{ GEN9_BCS0, 0x15000002},
                { GEN9_BCS0, 0x13000001},
                { GEN9_BCS0, 0x13000004},
		{ GEN9_BCS0, 0x17800002},
                { GEN9_BCS0, 0x18800000},
                { GEN9_BCS0, 0x18800002},
		{ GEN9_BCS0, 0x54000004},
                { GEN9_BCS0, 0x54c00009},
                { GEN9_RCS0, 0x7a000003},
		{ GEN9_RCS0, 0x7a000005},
                { GEN9_RCS0, 0x7b000006},
                { GEN9_RCS0, 0x7105000c},
		{ GEN9_RCS0, 0x61010010},
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		uint32_t cmd[CMD_DWORDS_LIMIT] = { wrong[i].header };

		if (scan(wrong[i].engine, cmd, CMD_DWORDS_LIMIT, NULL) != -EFAULT)
			fail_msg("%08x", wrong[i].header);
	}
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_LENGTH), COUNT(wrong));
}

static void commands_end_with_their_buffer(void **state)
{
	assert_int_equal(SCAN(GEN9_BCS0, MI_NOOP, MI_STORE_DATA_IMM, LOW(base), 0), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_IMM(128)), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, 0x100003ff), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, MI_BATCH_BUFFER_START, LOW(base)), -EFAULT);
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_LENGTH), 4);
}

/* ---- addresses ---- */

/*
 * One row per command that has a memory operand: where the address is and how far it reaches. The
 * audit must hold at both ends of the slice, whatever the command's GGTT bit says.
 */
static const struct operand_case {
	const char *name;
	enum gen9_engine_id engine;
	uint32_t cmd[11];
	unsigned dwords;
	unsigned at; /* dword of the address */
	unsigned bytes;
} operand_cases[] = {
	{"store dword",                GEN9_BCS0, { MI_STORE_DATA_IMM | MI_USE_GGTT },                            4,  1, 4 },
	{ "store dword, no GGTT bit",  GEN9_VCS0, { MI_STORE_DATA_IMM },                                          4,  1, 4 },
	{ "store qword",               GEN9_RCS0, { MI_STORE_DATA_IMM_QWORD | MI_USE_GGTT },                      5,  1, 8 },
	{ "SRM",
         GEN9_BCS0,			       { MI_STORE_REGISTER_MEM | MI_USE_GGTT, 0x22000 + RING_NOPID },
         4,													   2,
         4														 },
	{ "SRM, no GGTT bit",          GEN9_BCS0, { MI_STORE_REGISTER_MEM, 0x22000 + RING_NOPID },                4,  2, 4 },
	{ "LRM",		       GEN9_BCS0, { MI_LOAD_REGISTER_MEM | MI_USE_GGTT, 0x22000 + RING_NOPID },   4,  2, 4 },
	{ "atomic, dword",             GEN9_BCS0, { 0x17800001 | MI_USE_GGTT },                                   3,  1, 4 },
	{ "atomic, qword",             GEN9_BCS0, { 0x17800001 | MI_USE_GGTT | 1u << 19 },                        3,  1, 8 },
	{ "atomic, octword",           GEN9_BCS0, { 0x17800009 | 2u << 19 },                                      11, 1, 16},
	{ "flush",		     GEN9_BCS0, { MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD },                      4,  1, 8 },
	{ "flush, five dwords",
         GEN9_VECS0,			      { (MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD) + 1 },
         5,													   1,
         8														 },
	{ "flush, timestamp",          GEN9_VCS1, { MI_FLUSH_DW | MI_FLUSH_DW_TIMESTAMP },                        4,  1, 8 },
	{ "pipe control",
         GEN9_RCS0,			       { PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT },
         6,													   2,
         8														 },
	{ "pipe control, depth count",
         GEN9_RCS0,			       { PIPE_CONTROL, 2u << 14 | PIPE_CONTROL_GGTT },
         6,													   2,
         8														 },
	{ "pipe control, timestamp",
         GEN9_RCS0,			       { PIPE_CONTROL, PIPE_CONTROL_WRITE_TIMESTAMP },
         6,													   2,
         8														 },
};

static int scan_operand(const struct operand_case *row, uint64_t gma)
{
	uint32_t cmd[11];

	memcpy(cmd, row->cmd, sizeof(cmd));
	cmd[row->at] |= LOW(gma);
	cmd[row->at + 1] |= HIGH(gma);
	return scan(row->engine, cmd, row->dwords, NULL);
}

static void memory_operands_stay_in_the_share(void **state)
{
	uint64_t refused = 0;

	for (size_t i = 0; i < COUNT(operand_cases); i++) {
		const struct operand_case *row = &operand_cases[i];
		const uint64_t bad[] = {
			0,
			base - 8,
			base - 4096,
			end - row->bytes + (row->bytes > 8 ? 4 : 8),
			end,
			vgpu->ggtt.high.base - 8,
			vgpu->ggtt.high.base + vgpu->ggtt.high.bytes,
			base | UINT64_C(1) << 32,
			base | UINT64_C(1) << 63,
		};

		if (scan_operand(row, base) || scan_operand(row, end - row->bytes) ||
		    scan_operand(row, vgpu->ggtt.high.base))
			fail_msg("%s: refused inside of the share", row->name);
		for (size_t n = 0; n < COUNT(bad); n++)
			if (scan_operand(row, bad[n]) != -EFAULT)
				fail_msg("%s: %llx passed", row->name, (unsigned long long)bad[n]);
		refused += COUNT(bad);
	}
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_ADDRESS), refused);
}

static void memory_operands_are_aligned(void **state)
{
	assert_int_equal(SCAN(GEN9_BCS0, MI_STORE_DATA_IMM, LOW(base + 2), 0, 1), -EFAULT);
	assert_int_equal(
		SCAN(GEN9_BCS0, MI_STORE_REGISTER_MEM, 0x22000 + RING_NOPID, LOW(base + 1), 0),
		-EFAULT);
	assert_int_equal(
		SCAN(GEN9_RCS0, PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD, LOW(base + 4), 0, 1, 0),
		-EFAULT);
}

static void status_page_indices_are_rebased(void **state)
{
	struct scan out;
	const uint32_t flush[] = { MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD | MI_FLUSH_DW_INDEX, 0xc0,
				   0, 1 };
	const uint32_t pipe[] = {
		PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_STORE_INDEX, 0x100, 0, 1, 0
	};

	assert_int_equal(scan(GEN9_BCS0, flush, 4, &out), 0);
	assert_int_equal(out.dwords[0], MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD);
	assert_int_equal(out.dwords[1], LOW(base + 0xc0) | MI_FLUSH_DW_GGTT);
	assert_int_equal(out.dwords[2], 0);
	// An engine without a status page has nothing to index.
	assert_int_equal(scan(GEN9_VCS0, flush, 4, &out), -EFAULT);
	assert_int_equal(scan(GEN9_RCS0, pipe, 6, &out), -EFAULT);
	rig_write32(&rig.guests[0], rig_reg(GEN9_RCS0, RING_HWS_PGA), LOW(end - PAGE_SIZE));
	assert_int_equal(scan(GEN9_RCS0, pipe, 6, &out), 0);
	assert_int_equal(out.dwords[1], PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT);
	assert_int_equal(out.dwords[2], end - PAGE_SIZE + 0x100);
	// Beyond the page.
	assert_int_equal(SCAN(GEN9_BCS0, flush[0], 0x1000, 0, 1), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, flush[0], 0, 1, 1), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, flush[0], 0xff8, 0, 1), 0);
	assert_int_equal(SCAN(GEN9_RCS0, pipe[0], pipe[1], 0x1000, 0, 1, 0), -EFAULT);
}

static void without_a_post_sync_write_there_is_no_address(void **state)
{
	assert_int_equal(SCAN(GEN9_BCS0, MI_FLUSH_DW, 0, 0, 0), 0);
	assert_int_equal(SCAN(GEN9_RCS0, PIPE_CONTROL, PIPE_CONTROL_CS_STALL, 0, 0, 0, 0), 0);
}

/* ---- registers ---- */

static void registers_on_the_list(void **state)
{
	const uint32_t nopid = 0x22000 + RING_NOPID;
	struct scan out;
	const uint32_t mocs[] = { MI_LOAD_REGISTER_IMM(2), 0xcc04, 0x1234, nopid, 5 };

	assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_IMM(1), nopid, 1), 0);
	assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_REG, nopid, 0x22000 + RING_INSTPM), 0);
	assert_int_equal(
		SCAN(GEN9_BCS0, MI_STORE_REGISTER_MEM, 0x22000 + RING_TIMESTAMP, LOW(base), 0), 0);
	assert_int_equal(SCAN(GEN9_RCS0, MI_LOAD_REGISTER_IMM(1), 0x20c8, 1), 0);
	// Settings that are switched by nobody stay virtual.
	assert_int_equal(scan(GEN9_BCS0, mocs, 5, &out), 0);
	assert_int_equal(out.dwords[1], nopid);
	assert_int_equal(out.dwords[3], nopid);
	assert_int_equal(rig_read32(&rig.guests[0], 0xcc04), 0x1234);
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_REGISTER), 0);
}

static void other_registers(void **state)
{
	const uint32_t bcs = 0x22000;
	const uint32_t bad[] = {
		bcs + RING_ELSP,
		bcs + RING_MODE,
		bcs + RING_PDP_LDW(0),
		bcs + RING_PDP_UDW(3),
		bcs + RING_TAIL,
		bcs + RING_HWS_PGA,
		bcs + RING_CONTEXT_CONTROL,
		bcs + RING_TIMESTAMP,
		bcs + RING_RESET_CTL,
		bcs + RING_FORCE_TO_NONPRIV(0),
		0x12000 + RING_NOPID, // another engine's
		0x20c8,               // likewise
		GDRST,
		MASTER_IRQ,
		GT_IMR(0),
		PVINFO_BASE,
		FENCE_LO(0),
		GFX_FLSH_CNTL,
		GEN9_MMIO_SIZE_BYTES - 4,
	};
	const uint32_t wrong[] = { GEN9_MMIO_SIZE_BYTES, 0x22000 + RING_NOPID + 1, 0xfffffffc,
				   0x80000000 | (0x22000 + RING_NOPID) };

	for (size_t i = 0; i < COUNT(bad); i++) {
		if (SCAN(GEN9_BCS0, MI_LOAD_REGISTER_IMM(1), bad[i], 1) != -EBADRQC ||
		    SCAN(GEN9_BCS0, MI_LOAD_REGISTER_MEM, bad[i], LOW(base), 0) != -EBADRQC ||
		    SCAN(GEN9_BCS0, MI_LOAD_REGISTER_REG, bcs + RING_NOPID, bad[i]) != -EBADRQC)
			fail_msg("%x", bad[i]);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_IMM(1), wrong[i], 1), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, MI_STORE_REGISTER_MEM, bcs + RING_ACTHD, LOW(base), 0),
			 -EBADRQC);
	assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_REG, GT_IIR(0), bcs + RING_NOPID),
			 -EBADRQC);
	// The second pair counts as well; so does a post-sync write to a register.
	assert_int_equal(SCAN(GEN9_BCS0, MI_LOAD_REGISTER_IMM(2), bcs + RING_NOPID, 1, GDRST, 1),
			 -EBADRQC);
	assert_int_equal(
		SCAN(GEN9_RCS0, PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD | 1u << 23, GDRST, 0, 1, 0),
		-EBADRQC);
}

/* ---- interrupts ---- */

static void interrupts_are_remembered(void **state)
{
	struct scan out;
	const uint32_t user[] = { MI_USER_INTERRUPT };
	const uint32_t flush[] = { MI_FLUSH_DW | MI_FLUSH_DW_NOTIFY, 0, 0, 0 };
	const uint32_t pipe[] = { PIPE_CONTROL, PIPE_CONTROL_NOTIFY, 0, 0, 0, 0 };

	assert_int_equal(scan(GEN9_VCS0, user, 1, &out), 0);
	assert_int_equal(out.pending_events, GT_USER_INTERRUPT);
	assert_int_equal(out.dwords[0], MI_NOOP);
	assert_int_equal(scan(GEN9_VCS0, flush, 4, &out), 0);
	assert_int_equal(out.pending_events, GT_FLUSH_NOTIFY_INTERRUPT);
	assert_int_equal(scan(GEN9_RCS0, pipe, 6, &out), 0);
	assert_int_equal(out.pending_events, GT_FLUSH_NOTIFY_INTERRUPT);
}

/* ---- blits ---- */

#define DEPTH_32 (3u << 24)
#define YX(y, x) ((uint32_t)(y) << 16 | (x))
#define FILL(bits, dw1, top_left, bottom_right, gma)                                               \
	SCAN(GEN9_BCS0, XY_COLOR_BLT | (bits), (dw1), (top_left), (bottom_right), LOW(gma),        \
	     HIGH(gma), 0)

static void fills_stay_in_the_share(void **state)
{
	const uint32_t pitch = 256;

	// 16 rows of 64 pixels end exactly with the slice, or a pixel, a row, a byte behind it.
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(16, 64), end - 16 * pitch), 0);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(16, 65), end - 16 * pitch), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(17, 64), end - 16 * pitch), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(16, 64), end - 16 * pitch + 1), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, YX(1, 1), YX(16, 64), base), 0);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, YX(0, 0), YX(16, 64), base - 4), -EFAULT);
	// A base outside of the share, although every pixel would be inside.
	assert_int_equal(FILL(0, DEPTH_32 | pitch, YX(16, 0), YX(32, 64), base - 16 * pitch),
			 -EFAULT);
	// The depth counts: the same rectangle in 8 and 16 bits a pixel.
	assert_int_equal(FILL(0, 64, 0, YX(1, 64), end - 64), 0);
	assert_int_equal(FILL(0, 1u << 24 | 64, 0, YX(1, 64), end - 64), -EFAULT);
	assert_int_equal(FILL(0, 2u << 24 | 64, 0, YX(1, 64), end - 128), 0);
	// Beyond 32 bits.
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(1, 1), base | UINT64_C(1) << 32), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | pitch, 0, YX(1, 1), UINT64_MAX - 3), -EFAULT);
	// From one slice into the next, over everybody else's.
	assert_int_equal(FILL(0, DEPTH_32 | 32764, 0, YX(32767, 1), base), -EFAULT);
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_ADDRESS), 9);
}

static void blits_of_unusual_shape(void **state)
{
	assert_int_equal(FILL(0, DEPTH_32 | 256, YX(4, 4), YX(4, 4), base), 0);
	// Negative coordinates and pitches, corners in the wrong order, tiled surfaces.
	assert_int_equal(FILL(0, DEPTH_32 | 256, YX(0x8000, 0), YX(4, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 256, YX(0, 0xffff), YX(4, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 256, 0, YX(0xffff, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 256, 0, YX(4, 0x8000), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 0xff00, 0, YX(4, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 256, YX(5, 0), YX(4, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 256, YX(0, 5), YX(4, 4), base), -EFAULT);
	assert_int_equal(FILL(1u << 11, DEPTH_32 | 256, 0, YX(4, 4), base), -EFAULT);
	// A fill larger than what is audited as one operand.
	assert_int_equal(FILL(0, DEPTH_32 | 32764, 0, YX(1200, 4), base), -EFAULT);
	assert_int_equal(FILL(0, DEPTH_32 | 32764, 0, YX(1100, 4), base), 0);
}

#define COPY(dst, source_yx, source_pitch, src)                                                    \
	SCAN(GEN9_BCS0, XY_SRC_COPY_BLT, DEPTH_32 | 256, 0, YX(4, 4), LOW(dst), HIGH(dst),         \
	     (source_yx), (source_pitch), LOW(src), HIGH(src))

static void copies_have_two_surfaces(void **state)
{
	assert_int_equal(COPY(base, 0, 256, base + 4096), 0);
	assert_int_equal(COPY(base, 0, 256, end - 3 * 256 - 16), 0);
	assert_int_equal(COPY(base, 0, 256, end - 3 * 256 - 12), -EFAULT);
	assert_int_equal(COPY(base, YX(1, 0), 256, end - 4 * 256), -EFAULT);
	assert_int_equal(COPY(base, 0, 512, end - 4 * 256), -EFAULT);
	assert_int_equal(COPY(base, 0, 256, base - 4096), -EFAULT);
	assert_int_equal(COPY(base, YX(0x8000, 0), 256, base), -EFAULT);
	assert_int_equal(COPY(base, 0, 0x8000, base), -EFAULT);
	assert_int_equal(COPY(end, 0, 256, base), -EFAULT);
	assert_int_equal(SCAN(GEN9_BCS0, XY_SRC_COPY_BLT | 1u << 15, DEPTH_32 | 256, 0, YX(4, 4),
			      LOW(base), 0, 0, 256, LOW(base), 0),
			 -EFAULT);
}

// Whatever bytes come, the parser ends; and what it lets pass it lets pass again, as it left it.
static void random_commands(void **state)
{
	static const uint32_t seeds[] = {
		MI_STORE_DATA_IMM,
		MI_LOAD_REGISTER_IMM(2),
		MI_STORE_REGISTER_MEM,
		MI_FLUSH_DW,
		XY_COLOR_BLT,
		XY_SRC_COPY_BLT,
		MI_NOOP,
		MI_ARB_ON_OFF,
		MI_USER_INTERRUPT,
	};
	struct rng rng;
	unsigned passed = 0;

	rng_seed(&rng, 11);
	for (unsigned round = 0; round < 20000; round++) {
		size_t count = 1 + rng_below(&rng, CMD_DWORDS_LIMIT);
		uint32_t cmd[CMD_DWORDS_LIMIT];
		struct scan first, second;

		for (size_t i = 0; i < COUNT(cmd); i++) {
			cmd[i] = (uint32_t)rng_next(&rng);
			if (rng_below(&rng, 2))
				cmd[i] = (uint32_t)(rng_below(&rng, 2) * base);
			if (rng_below(&rng, 3) == 0)
				cmd[i] = seeds[rng_below(&rng, COUNT(seeds))];
		}
		cmd[0] = seeds[rng_below(&rng, COUNT(seeds))];
		if (scan(GEN9_BCS0, cmd, count, &first))
			continue;
		passed++;
		assert_int_equal(scan(GEN9_BCS0, first.dwords, count, &second), 0);
		assert_memory_equal(first.dwords, second.dwords, 4 * count);
	}
	assert_true(passed > 100);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_listed_commands_pass),
		TEST(media_commands_pass_on_their_engines),
		TEST(forbidden_commands),
		TEST(lengths_are_exact),
		TEST(commands_end_with_their_buffer),
		TEST(memory_operands_stay_in_the_share),
		TEST(memory_operands_are_aligned),
		TEST(status_page_indices_are_rebased),
		TEST(without_a_post_sync_write_there_is_no_address),
		TEST(registers_on_the_list),
		TEST(other_registers),
		TEST(interrupts_are_remembered),
		TEST(fills_stay_in_the_share),
		TEST(blits_of_unusual_shape),
		TEST(copies_have_two_surfaces),
		TEST(random_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
