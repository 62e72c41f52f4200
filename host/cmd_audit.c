// SPDX-License-Identifier: MIT
//
// What a row of the command tables asks for, done to one command of a copy.

#include <errno.h>

#include "host/cmd_parser.h"
#include "host/cmd_table.h"
#include "host/gtt.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_commands.h"

// Largest operand of one command that is audited as one (gvt/cmd_parser.c, max_surface_size).
#define OPERAND_LIMIT_BYTES (36 * MIB)

#define BLT_DST_TILED       (1u << 11)
#define BLT_SRC_TILED       (1u << 15)
#define BLT_DEPTH(dw1)      ((dw1) >> 24 & 3u)
#define BLT_COORDINATE_SIGN 0x80008000u /* x in the low half, y in the high half */
#define BLT_PITCH_SIGN      0x8000u

// One operand of the command at cmd.
typedef int (*audit_operand)(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
			     const struct cmd_operand *operand);

static int refuse(struct cmd_scan *scan, enum gvt_incident incident, uint64_t value, int error)
{
	vgpu_incident(scan->vgpu, incident, value);
	return error;
}

static uint64_t address(const uint32_t *low)
{
	return (uint64_t)low[1] << 32 | low[0];
}

/* ---- registers ---- */

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

static int audit_register_read(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
			       const struct cmd_operand *operand)
{
	return cmd_audit_register(scan->vgpu, scan->engine, cmd[operand->at], false);
}

static int audit_register_write(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
				const struct cmd_operand *operand)
{
	return cmd_audit_register(scan->vgpu, scan->engine, cmd[operand->at], true);
}

/*
 * Registers that belong to a context's memory settings (MMIO_CMD_VREG) reach the virtual register
 * only; the command in the copy then writes NOPID, which means nothing to the hardware.
 */
static int audit_register_loads(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
				const struct cmd_operand *operand)
{
	for (unsigned i = operand->at; i + 1 < dwords; i += 2) {
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
		ret = cmd_audit_register(scan->vgpu, scan->engine, cmd[i], true);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- memory ---- */

/*
 * A post-sync write at an offset in the status page. The hardware's status page is the host's, so
 * the address becomes that of the guest's.
 */
static int rebase_index(struct cmd_scan *scan, uint32_t *cmd, const struct cmd_operand *operand,
			uint64_t *gma)
{
	uint64_t hws_pga = scan->vgpu->engines[scan->engine].hws_pga;

	if (*gma >= PAGE_SIZE || !hws_pga)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, *gma, -EFAULT);
	*gma += hws_pga;
	cmd[operand->at] = (uint32_t)*gma;
	cmd[operand->at + 1] = (uint32_t)(*gma >> 32);
	cmd[operand->when.dword] &= ~operand->memory.index_bit;
	cmd[operand->memory.ggtt_at] |= operand->memory.ggtt_bit;
	return 0;
}

/*
 * Every memory operand is taken as a GGTT address, whatever the command's GGTT bit says: what is
 * audited here runs from the GGTT, and operands without the bit are in the command's own space.
 * Upstream, whose guests run with page tables of their own, skips those.
 */
static int audit_memory(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
			const struct cmd_operand *operand)
{
	const struct cmd_memory *memory = &operand->memory;
	uint64_t bytes = (uint64_t)memory->bytes
			 << (cmd[0] >> memory->size_shift & memory->size_mask);
	uint64_t gma = address(&cmd[operand->at]) & ~(uint64_t)memory->flag_bits;
	int ret;

	if (gma & (memory->align_bytes - 1u))
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, gma, -EFAULT);
	if (cmd[operand->when.dword] & memory->index_bit) {
		ret = rebase_index(scan, cmd, operand, &gma);
		if (ret)
			return ret;
	}
	if (!gtt_in_share(scan->vgpu, gma, bytes))
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, gma, -EFAULT);
	return 0;
}

/*
 * A rectangle of a surface. The destination's corners in dwords 2 and 3 say how large it is. From
 * the surface's base to the last byte of the last row must be in one slice. Tiled surfaces are not
 * audited here. Negative coordinates and pitches are refused, so nothing here can wrap: all terms
 * are below 2^32.
 */
static int audit_surface(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
			 const struct cmd_operand *operand)
{
	static const uint8_t pixel_bytes[] = { 1, 2, 2, 4 };
	uint64_t base = address(&cmd[operand->at]);
	uint64_t pixel = pixel_bytes[BLT_DEPTH(cmd[1])];
	uint64_t pitch = cmd[operand->surface.pitch_at] & 0xffff;
	uint32_t corner = cmd[operand->surface.corner_at];
	uint32_t x1 = cmd[2] & 0xffff, y1 = cmd[2] >> 16;
	uint32_t x2 = cmd[3] & 0xffff, y2 = cmd[3] >> 16;
	uint64_t bytes;

	if (cmd[0] & (BLT_DST_TILED | BLT_SRC_TILED) || x2 < x1 || y2 < y1 ||
	    (cmd[3] | corner) & BLT_COORDINATE_SIGN || pitch & BLT_PITCH_SIGN)
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, base, -EFAULT);
	if (x2 == x1 || y2 == y1)
		return 0;
	bytes = ((corner >> 16) + (y2 - y1) - 1) * pitch + ((corner & 0xffff) + (x2 - x1)) * pixel;
	if (bytes > OPERAND_LIMIT_BYTES || !gtt_in_share(scan->vgpu, base, bytes))
		return refuse(scan, GVT_INCIDENT_COMMAND_ADDRESS, base, -EFAULT);
	return 0;
}

/* ---- events, flow ---- */

// The host is not to be interrupted for it; the guest is, when the workload is done.
static int note_event(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
		      const struct cmd_operand *operand)
{
	scan->workload->pending_events |= operand->event;
	return 0;
}

static int drop_command(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
			const struct cmd_operand *operand)
{
	*cmd = MI_NOOP;
	return 0;
}

static int start_batch(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
		       const struct cmd_operand *operand)
{
	return cmd_batch_start(scan, cmd);
}

static int end_batch(struct cmd_scan *scan, uint32_t *cmd, unsigned dwords,
		     const struct cmd_operand *operand)
{
	return cmd_batch_end(scan, cmd);
}

static const audit_operand audits[CMD_OPERAND_KINDS] = {
	[CMD_MEMORY] = audit_memory,
	[CMD_SURFACE] = audit_surface,
	[CMD_REGISTER_READ] = audit_register_read,
	[CMD_REGISTER_WRITE] = audit_register_write,
	[CMD_REGISTER_LOADS] = audit_register_loads,
	[CMD_EVENT] = note_event,
	[CMD_NO_EFFECT] = drop_command,
	[CMD_BATCH_START] = start_batch,
	[CMD_BATCH_END] = end_batch,
};

static bool is_there(const struct cmd_condition *when, const uint32_t *cmd)
{
	uint32_t dword = cmd[when->dword];

	return (!when->any || dword & when->any) && (dword & when->all) == when->all &&
	       !(dword & when->none);
}

int cmd_audit(struct cmd_scan *scan, const struct cmd_info *info, uint32_t *cmd, unsigned dwords)
{
	const struct cmd_operand *operand = info->operands;

	for (; operand && operand->kind != CMD_OPERANDS_END; operand++) {
		int ret;

		if (!is_there(&operand->when, cmd))
			continue;
		ret = audits[operand->kind](scan, cmd, dwords, operand);
		if (ret)
			return ret;
	}
	return 0;
}
