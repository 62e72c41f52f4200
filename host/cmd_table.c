// SPDX-License-Identifier: MIT
//
// The commands that guests may use in rings and privileged batches, and what each is checked for.
//
// Not in the tables, so refused as unknown in any form, as upstream refuses them:
// MI_SEMAPHORE_WAIT, MI_REPORT_PERF_COUNT, MI_CLFLUSH, MI_UPDATE_GTT, MI_STORE_DATA_INDEX,
// MI_CONDITIONAL_BATCH_BUFFER_ END, MI_COPY_MEM_MEM. XY_FAST_COPY_BLT is not either: the parser of
// Linux 4.19 does not know it.

#include <errno.h>

#include "host/cmd_parser.h"
#include "host/gtt.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_commands.h"

// Largest operand of one command that is audited as one (gvt/cmd_parser.c, max_surface_size).
#define OPERAND_LIMIT_BYTES (36 * MIB)

#define MI_ATOMIC_OPCODE       0x2fu
#define MI_ATOMIC_SIZE(header) ((header) >> 19 & 3u) /* 4 << n bytes */
#define PIPE_CONTROL_LRI       (1u << 23)            /* the post-sync write goes to a register */
#define SDI_QWORD              (1u << 21)

#define BLT_DST_TILED       (1u << 11)
#define BLT_SRC_TILED       (1u << 15)
#define BLT_DEPTH(dw1)      ((dw1) >> 24 & 3u)
#define BLT_COORDINATE_SIGN 0x80008000u /* x in the low half, y in the high half */
#define BLT_PITCH_SIGN      0x8000u

static int refuse(struct cmd_scan *scan, enum gvt_incident incident, uint64_t value, int error)
{
	vgpu_incident(scan->vgpu, incident, value);
	return error;
}

static uint64_t address(const uint32_t *low)
{
	return (uint64_t)low[1] << 32 | low[0];
}

/*
 * Every memory operand is taken as a GGTT address, whatever the command's GGTT bit says: what is
 * audited here runs from the GGTT, and operands without the bit are in the command's own space.
 * Upstream, whose guests run with page tables of their own, skips those.
 */
static int audit_ggtt(struct cmd_scan *scan, uint64_t gma, uint64_t bytes)
{
	if (gma & 3 || bytes > OPERAND_LIMIT_BYTES || !gtt_in_share(scan->vgpu, gma, bytes))
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, gma, -EFAULT);
	return 0;
}

int cmd_audit_register(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t reg, bool write)
{
	const struct mmio_row *row;
	int owner;

	if (reg % 4 || reg >= GEN9_MMIO_SIZE_BYTES) {
		vgpu_incident(vgpu, GVT_INCIDENT_COMMAND_REGISTER, reg);
		return -EFAULT;
	}
	row = mmio_row_at(&vgpu->gvt->mmio, reg);
	owner = gen9_engine_at(reg);
	if (row && row->flags & (write ? MMIO_CMD_WRITE : MMIO_CMD_READ) &&
	    (owner < 0 || owner == (int)engine))
		return 0;
	vgpu_incident(vgpu, GVT_INCIDENT_COMMAND_REGISTER, reg);
	return -EBADRQC;
}

static int audit_register(struct cmd_scan *scan, uint32_t reg, bool write)
{
	return cmd_audit_register(scan->vgpu, scan->engine, reg, write);
}

static int audit_batch_end(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	if (scan->buffer == CMD_RING || scan->buffer == CMD_INDIRECT)
		return refuse(scan, GVT_INCIDENT_COMMAND_UNKNOWN, *cmd, -EBADRQC);
	scan->ended = true;
	return 0;
}

// The host is not to be interrupted for it; the guest is, when the workload is done.
static int audit_user_interrupt(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	scan->workload->pending_events |= GT_USER_INTERRUPT;
	*cmd = MI_NOOP;
	return 0;
}

/*
 * Registers that belong to a context's memory settings (MMIO_CMD_VREG) reach the virtual register
 * only; the command in the copy then writes NOPID, which means nothing to the hardware.
 */
static int audit_lri(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	if (dwords % 2 == 0)
		return refuse(scan, GVT_INCIDENT_COMMAND_LENGTH, *cmd, -EFAULT);
	for (unsigned i = 1; i < dwords; i += 2) {
		const struct mmio_row *row;
		int ret;

		if (cmd[i] % 4 == 0 && cmd[i] < GEN9_MMIO_SIZE_BYTES) {
			row = mmio_row_at(&scan->vgpu->gvt->mmio, cmd[i]);
			if (row && row->flags & MMIO_CMD_VREG) {
				vreg_write(scan->vgpu, cmd[i], cmd[i + 1]);
				cmd[i] = engine_reg(scan->engine, RING_NOPID);
				continue;
			}
		}
		ret = audit_register(scan, cmd[i], true);
		if (ret)
			return ret;
	}
	return 0;
}

static int audit_register_memory(struct cmd_scan *scan, uint32_t *cmd, bool writes_register)
{
	int ret = audit_register(scan, cmd[1], writes_register);

	return ret ? ret : audit_ggtt(scan, address(&cmd[2]), 4);
}

static int audit_lrm(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	return audit_register_memory(scan, cmd, true);
}

static int audit_srm(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	return audit_register_memory(scan, cmd, false);
}

static int audit_lrr(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	int ret = audit_register(scan, cmd[1], false);

	return ret ? ret : audit_register(scan, cmd[2], true);
}

static int audit_store_data(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	bool qword = *cmd & SDI_QWORD;

	if (dwords != (qword ? 5u : 4u))
		return refuse(scan, GVT_INCIDENT_COMMAND_LENGTH, *cmd, -EFAULT);
	return audit_ggtt(scan, address(&cmd[1]), qword ? 8 : 4);
}

static int audit_atomic(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	if (dwords != 3 && dwords != 11)
		return refuse(scan, GVT_INCIDENT_COMMAND_LENGTH, *cmd, -EFAULT);
	return audit_ggtt(scan, address(&cmd[1]), UINT64_C(4) << MI_ATOMIC_SIZE(*cmd));
}

/*
 * A post-sync write at an offset in the status page. The hardware's status page is the host's, so
 * the address becomes that of the guest's.
 */
static int rebase_index(struct cmd_scan *scan, uint64_t offset, uint64_t *gma)
{
	uint64_t hws_pga = scan->vgpu->engines[scan->engine].hws_pga;

	if (offset >= PAGE_SIZE || !hws_pga)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, offset, -EFAULT);
	*gma = hws_pga + offset;
	return 0;
}

static int audit_flush_dw(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	uint64_t gma = address(&cmd[1]) & ~7ull;
	int ret;

	if (*cmd & MI_FLUSH_DW_NOTIFY)
		scan->workload->pending_events |= GT_FLUSH_NOTIFY_INTERRUPT;
	if (!(*cmd & MI_FLUSH_DW_POST_SYNC))
		return 0;
	if (*cmd & MI_FLUSH_DW_INDEX) {
		ret = rebase_index(scan, gma, &gma);
		if (ret)
			return ret;
		*cmd &= ~MI_FLUSH_DW_INDEX;
		cmd[1] = (uint32_t)gma | MI_FLUSH_DW_GGTT;
		cmd[2] = 0;
	}
	return audit_ggtt(scan, gma, 8);
}

static int audit_pipe_control(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	uint64_t gma = address(&cmd[2]);
	int ret;

	if (cmd[1] & PIPE_CONTROL_NOTIFY)
		scan->workload->pending_events |= GT_FLUSH_NOTIFY_INTERRUPT;
	if (!(cmd[1] & PIPE_CONTROL_POST_SYNC))
		return 0;
	if (cmd[1] & PIPE_CONTROL_LRI)
		return audit_register(scan, cmd[2], true);
	if (gma & 7)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, gma, -EFAULT);
	if (cmd[1] & PIPE_CONTROL_STORE_INDEX) {
		ret = rebase_index(scan, gma, &gma);
		if (ret)
			return ret;
		cmd[1] &= ~PIPE_CONTROL_STORE_INDEX;
		cmd[1] |= PIPE_CONTROL_GGTT;
		cmd[2] = (uint32_t)gma;
		cmd[3] = 0;
	}
	return audit_ggtt(scan, gma, 8);
}

// A linear surface as a blit sees it; corners as y << 16 | x.
struct blt_rect {
	uint64_t base;
	uint32_t pitch_bytes;
	uint32_t pixel_bytes;
	uint32_t top_left;
	uint32_t width;
	uint32_t height;
};

/*
 * From the surface's base to the last byte of the last row must be in one slice. Negative
 * coordinates and pitches are refused, so nothing here can wrap: all terms are below 2^32.
 */
static int audit_rect(struct cmd_scan *scan, const struct blt_rect *rect)
{
	uint64_t x = rect->top_left & 0xffff;
	uint64_t y = rect->top_left >> 16;
	uint64_t bytes = y * rect->pitch_bytes + x * rect->pixel_bytes;

	if (rect->top_left & BLT_COORDINATE_SIGN || rect->pitch_bytes & BLT_PITCH_SIGN)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, rect->base, -EFAULT);
	if (rect->width == 0 || rect->height == 0)
		return 0;
	bytes += (uint64_t)(rect->height - 1) * rect->pitch_bytes +
		 (uint64_t)rect->width * rect->pixel_bytes;
	if (bytes > OPERAND_LIMIT_BYTES || !gtt_in_share(scan->vgpu, rect->base, bytes))
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, rect->base, -EFAULT);
	return 0;
}

// The destination, which is at the same place in both blits. Tiled surfaces are not audited here.
static int audit_blt_destination(struct cmd_scan *scan, const uint32_t *cmd, struct blt_rect *rect)
{
	static const uint8_t pixel_bytes[] = { 1, 2, 2, 4 };
	uint32_t x1 = cmd[2] & 0xffff, y1 = cmd[2] >> 16;
	uint32_t x2 = cmd[3] & 0xffff, y2 = cmd[3] >> 16;

	if (cmd[0] & (BLT_DST_TILED | BLT_SRC_TILED) || cmd[3] & BLT_COORDINATE_SIGN || x2 < x1 ||
	    y2 < y1)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, address(&cmd[4]), -EFAULT);
	*rect = (struct blt_rect){
		.base = address(&cmd[4]),
		.pitch_bytes = cmd[1] & 0xffff,
		.pixel_bytes = pixel_bytes[BLT_DEPTH(cmd[1])],
		.top_left = cmd[2],
		.width = x2 - x1,
		.height = y2 - y1,
	};
	return audit_rect(scan, rect);
}

static int audit_color_blt(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	struct blt_rect rect;

	return audit_blt_destination(scan, cmd, &rect);
}

static int audit_copy_blt(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords)
{
	struct blt_rect rect;
	int ret = audit_blt_destination(scan, cmd, &rect);

	if (ret)
		return ret;
	rect.base = address(&cmd[8]);
	rect.pitch_bytes = cmd[7] & 0xffff;
	rect.top_left = cmd[6];
	return audit_rect(scan, &rect);
}

#define ALL_ENGINES ((1u << GEN9_ENGINE_COUNT) - 1)
#define RCS         (1u << GEN9_RCS0)
#define BCS         (1u << GEN9_BCS0)
#define NOT_RCS     (ALL_ENGINES & ~RCS)

// By opcode, bits 28:23.
static const struct cmd_info mi_commands[64] = {
	[0x00] = {"MI_NOOP",                1, 1,   ALL_ENGINES, NULL                },
	[0x02] = { "MI_USER_INTERRUPT",     1, 1,   ALL_ENGINES, audit_user_interrupt},
	[0x05] = { "MI_ARB_CHECK",          1, 1,   ALL_ENGINES, NULL                },
	[0x08] = { "MI_ARB_ON_OFF",         1, 1,   ALL_ENGINES, NULL                },
	[0x0a] = { "MI_BATCH_BUFFER_END",   1, 1,   ALL_ENGINES, audit_batch_end     },
	[0x20] = { "MI_STORE_DATA_IMM",     4, 5,   ALL_ENGINES, audit_store_data    },
	[0x22] = { "MI_LOAD_REGISTER_IMM",  3, 257, ALL_ENGINES, audit_lri           },
	[0x24] = { "MI_STORE_REGISTER_MEM", 4, 4,   ALL_ENGINES, audit_srm           },
	[0x26] = { "MI_FLUSH_DW",           4, 5,   NOT_RCS,     audit_flush_dw      },
	[0x29] = { "MI_LOAD_REGISTER_MEM",  4, 4,   ALL_ENGINES, audit_lrm           },
	[0x2a] = { "MI_LOAD_REGISTER_REG",  3, 3,   ALL_ENGINES, audit_lrr           },
	[MI_ATOMIC_OPCODE] = { "MI_ATOMIC",             3, 11,  ALL_ENGINES, audit_atomic        },
	[0x31] = { "MI_BATCH_BUFFER_START", 3, 3,   ALL_ENGINES, cmd_batch_start     },
};

// By opcode, bits 28:22.
static const struct cmd_info blt_commands[128] = {
	[0x50] = {"XY_COLOR_BLT",     7,  7,  BCS, audit_color_blt},
	[0x53] = { "XY_SRC_COPY_BLT", 10, 10, BCS, audit_copy_blt },
};

/*
 * By the header's upper half. State commands address the guest's own address space, which isolates
 * them: nothing to check.
 */
static const struct {
	uint16_t header;
	struct cmd_info info;
} render_commands[] = {
	{0x6101,  { "STATE_BASE_ADDRESS", 19, 19, RCS, NULL }           },
	{ 0x6102, { "STATE_SIP", 3, 3, RCS, NULL }                      },
	{ 0x6904, { "PIPELINE_SELECT", 1, 1, RCS, NULL }                },
	{ 0x7000, { "MEDIA_VFE_STATE", 9, 9, RCS, NULL }                },
	{ 0x7001, { "MEDIA_CURBE_LOAD", 4, 4, RCS, NULL }               },
	{ 0x7002, { "MEDIA_INTERFACE_DESCRIPTOR_LOAD", 4, 4, RCS, NULL }},
	{ 0x7004, { "MEDIA_STATE_FLUSH", 2, 2, RCS, NULL }              },
	{ 0x7105, { "GPGPU_WALKER", 15, 15, RCS, NULL }                 },
	{ 0x7a00, { "PIPE_CONTROL", 6, 6, RCS, audit_pipe_control }     },
	{ 0x7b00, { "3DPRIMITIVE", 7, 7, RCS, NULL }                    },
};

const struct cmd_info *cmd_lookup(uint32_t header)
{
	const struct cmd_info *info = NULL;

	switch (CMD_CLIENT(header)) {
	case CMD_CLIENT_MI:
		info = &mi_commands[MI_OPCODE(header)];
		break;
	case CMD_CLIENT_BLT:
		info = &blt_commands[BLT_OPCODE(header)];
		break;
	case CMD_CLIENT_RENDER:
		for (size_t i = 0; i < sizeof(render_commands) / sizeof(render_commands[0]); i++)
			if (render_commands[i].header == header >> 16)
				info = &render_commands[i].info;
		break;
	default:
		break;
	}
	return info && info->name ? info : NULL;
}
