// SPDX-License-Identifier: MIT
//
// The commands that guests may use in rings and privileged batches, and what each is checked for.
//
// Not in the tables, so refused as unknown in any form, as upstream refuses them:
// MI_SEMAPHORE_WAIT, MI_REPORT_PERF_COUNT, MI_CLFLUSH, MI_UPDATE_GTT, MI_STORE_DATA_INDEX,
// MI_CONDITIONAL_BATCH_BUFFER_END, MI_COPY_MEM_MEM. XY_FAST_COPY_BLT is not either: the parser of
// Linux 4.19 does not know it.

#include "host/cmd_table.h"

#include <stddef.h>

#include "hw-model/regs/gen9_commands.h"

#define MI_ATOMIC_OPCODE     0x2fu
#define MI_ATOMIC_SIZE_SHIFT 19u        /* 4 << n bytes */
#define PIPE_CONTROL_LRI     (1u << 23) /* the post-sync write goes to a register */
#define SDI_QWORD            (1u << 21)
#define SDI_QWORD_SHIFT      21u

#define ALL_ENGINES ((1u << GEN9_ENGINE_COUNT) - 1)
#define RCS         (1u << GEN9_RCS0)
#define BCS         (1u << GEN9_BCS0)
#define VCS         (1u << GEN9_VCS0 | 1u << GEN9_VCS1)
#define VECS        (1u << GEN9_VECS0)
#define NOT_RCS     (ALL_ENGINES & ~RCS)

#define MEDIA_DWORDS 4097u /* what the length field of MFX and VEBOX commands can say */

/* clang-format off */

static const struct cmd_operand user_interrupt[] = {
	{ .kind = CMD_EVENT, .event = GT_USER_INTERRUPT },
	{ .kind = CMD_NO_EFFECT },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand batch_start[] = {
	{ .kind = CMD_BATCH_START },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand batch_end[] = {
	{ .kind = CMD_BATCH_END },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand store_data[] = {
	{ .kind = CMD_MEMORY, .at = 1, .memory = { .bytes = 4, .align_bytes = 4,
				     .size_shift = SDI_QWORD_SHIFT, .size_mask = 1 } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand atomic[] = {
	{ .kind = CMD_MEMORY, .at = 1, .memory = { .bytes = 4, .align_bytes = 4,
				     .size_shift = MI_ATOMIC_SIZE_SHIFT, .size_mask = 3 } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand load_immediate[] = {
	{ .kind = CMD_REGISTER_LOADS, .at = 1 },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand load_memory[] = {
	{ .kind = CMD_REGISTER_WRITE, .at = 1 },
	{ .kind = CMD_MEMORY, .at = 2, .memory = { .bytes = 4, .align_bytes = 4 } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand store_memory[] = {
	{ .kind = CMD_REGISTER_READ, .at = 1 },
	{ .kind = CMD_MEMORY, .at = 2, .memory = { .bytes = 4, .align_bytes = 4 } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand load_register[] = {
	{ .kind = CMD_REGISTER_READ, .at = 1 },
	{ .kind = CMD_REGISTER_WRITE, .at = 2 },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand flush_dw[] = {
	{ .kind = CMD_EVENT, .when = { .dword = 0, .all = MI_FLUSH_DW_NOTIFY },
	  .event = GT_FLUSH_NOTIFY_INTERRUPT },
	{ .kind = CMD_MEMORY, .at = 1,
	  .when = { .dword = 0, .any = MI_FLUSH_DW_POST_SYNC },
	  .memory = { .bytes = 8, .align_bytes = 8, .flag_bits = 7,
		      .index_bit = MI_FLUSH_DW_INDEX,
		      .ggtt_at = 1, .ggtt_bit = MI_FLUSH_DW_GGTT } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand pipe_control[] = {
	{ .kind = CMD_EVENT, .when = { .dword = 1, .all = PIPE_CONTROL_NOTIFY },
	  .event = GT_FLUSH_NOTIFY_INTERRUPT },
	{ .kind = CMD_REGISTER_WRITE, .at = 2,
	  .when = { .dword = 1, .any = PIPE_CONTROL_POST_SYNC, .all = PIPE_CONTROL_LRI } },
	{ .kind = CMD_MEMORY, .at = 2,
	  .when = { .dword = 1, .any = PIPE_CONTROL_POST_SYNC, .none = PIPE_CONTROL_LRI },
	  .memory = { .bytes = 8, .align_bytes = 8,
		      .index_bit = PIPE_CONTROL_STORE_INDEX,
		      .ggtt_at = 1, .ggtt_bit = PIPE_CONTROL_GGTT } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand color_blt[] = {
	{ .kind = CMD_SURFACE, .at = 4, .surface = { .pitch_at = 1, .corner_at = 2 } },
	{ .kind = CMD_OPERANDS_END },
};

static const struct cmd_operand copy_blt[] = {
	{ .kind = CMD_SURFACE, .at = 4, .surface = { .pitch_at = 1, .corner_at = 2 } },
	{ .kind = CMD_SURFACE, .at = 8, .surface = { .pitch_at = 7, .corner_at = 6 } },
	{ .kind = CMD_OPERANDS_END },
};

// By opcode, bits 28:23.
static const struct cmd_info mi_commands[64] = {
	[0x00] = { "MI_NOOP", 1, 1, 0, 0, ALL_ENGINES, NULL },
	[0x02] = { "MI_USER_INTERRUPT", 1, 1, 0, 0, ALL_ENGINES, user_interrupt },
	[0x05] = { "MI_ARB_CHECK", 1, 1, 0, 0, ALL_ENGINES, NULL },
	[0x08] = { "MI_ARB_ON_OFF", 1, 1, 0, 0, ALL_ENGINES, NULL },
	[0x0a] = { "MI_BATCH_BUFFER_END", 1, 1, 0, 0, ALL_ENGINES, batch_end },
	[0x20] = { "MI_STORE_DATA_IMM", 4, 5, 0, SDI_QWORD, ALL_ENGINES, store_data },
	[0x22] = { "MI_LOAD_REGISTER_IMM", 3, 257, 2, 0, ALL_ENGINES, load_immediate },
	[0x24] = { "MI_STORE_REGISTER_MEM", 4, 4, 0, 0, ALL_ENGINES, store_memory },
	[0x26] = { "MI_FLUSH_DW", 4, 5, 0, 0, NOT_RCS, flush_dw },
	[0x29] = { "MI_LOAD_REGISTER_MEM", 4, 4, 0, 0, ALL_ENGINES, load_memory },
	[0x2a] = { "MI_LOAD_REGISTER_REG", 3, 3, 0, 0, ALL_ENGINES, load_register },
	[MI_ATOMIC_OPCODE] = { "MI_ATOMIC", 3, 11, 8, 0, ALL_ENGINES, atomic },
	[0x31] = { "MI_BATCH_BUFFER_START", 3, 3, 0, 0, ALL_ENGINES, batch_start },
};

// By opcode, bits 28:22.
static const struct cmd_info blt_commands[128] = {
	[0x50] = { "XY_COLOR_BLT", 7, 7, 0, 0, BCS, color_blt },
	[0x53] = { "XY_SRC_COPY_BLT", 10, 10, 0, 0, BCS, copy_blt },
};

/*
 * By the header's upper half, whose meaning depends on the engine. State commands and media objects
 * address the guest's own address space, which isolates them: nothing to check. MFX and VEBOX
 * commands are those of upstream's table, which names some by their opcode only; how long most of
 * them are depends on the codec, and neither the table nor the engine cares.
 */
static const struct {
	uint16_t header;
	struct cmd_info info;
} render_commands[] = {
	{ 0x6101, { "STATE_BASE_ADDRESS", 19, 19, 0, 0, RCS, NULL } },
	{ 0x6102, { "STATE_SIP", 3, 3, 0, 0, RCS, NULL } },
	{ 0x6904, { "PIPELINE_SELECT", 1, 1, 0, 0, RCS, NULL } },
	{ 0x7000, { "MEDIA_VFE_STATE", 9, 9, 0, 0, RCS, NULL } },
	{ 0x7001, { "MEDIA_CURBE_LOAD", 4, 4, 0, 0, RCS, NULL } },
	{ 0x7002, { "MEDIA_INTERFACE_DESCRIPTOR_LOAD", 4, 4, 0, 0, RCS, NULL } },
	{ 0x7004, { "MEDIA_STATE_FLUSH", 2, 2, 0, 0, RCS, NULL } },
	{ 0x7105, { "GPGPU_WALKER", 15, 15, 0, 0, RCS, NULL } },
	{ 0x7a00, { "PIPE_CONTROL", 6, 6, 0, 0, RCS, pipe_control } },
	{ 0x7b00, { "3DPRIMITIVE", 7, 7, 0, 0, RCS, NULL } },

	{ 0x6800, { "MFX_WAIT", 1, 1, 0, 0, VCS, NULL } },
	{ 0x7000, { "MFX_PIPE_MODE_SELECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7001, { "MFX_SURFACE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7002, { "MFX_PIPE_BUF_ADDR_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7003, { "MFX_IND_OBJ_BASE_ADDR_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7004, { "MFX_BSP_BUF_BASE_ADDR_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7005, { "MFX_AES_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7006, { "MFX_STATE_POINTER", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7007, { "MFX_QM_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7008, { "MFX_FQM_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7029, { "MFD_IT_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7048, { "MFX_PAK_INSERT_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x704a, { "MFX_STITCH_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7100, { "MFX_AVC_IMG_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7101, { "MFX_AVC_QM_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7102, { "MFX_AVC_DIRECTMODE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7103, { "MFX_AVC_SLICE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7104, { "MFX_AVC_REF_IDX_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7105, { "MFX_AVC_WEIGHTOFFSET_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7125, { "MFD_AVC_PICID_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7126, { "MFD_AVC_DPB_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7127, { "MFD_AVC_SLICEADDR", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7128, { "MFD_AVC_BSD_OBJECT", 6, 6, 0, 0, VCS, NULL } },
	{ 0x7149, { "MFC_AVC_PAK_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7201, { "MFX_VC1_PRED_PIPE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7202, { "MFX_VC1_DIRECTMODE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7220, { "MFD_VC1_SHORT_PIC_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7221, { "MFD_VC1_LONG_PIC_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7228, { "MFD_VC1_BSD_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7300, { "MFX_MPEG2_PIC_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7301, { "MFX_MPEG2_QM_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7328, { "MFD_MPEG2_BSD_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7343, { "MFC_MPEG2_SLICEGROUP_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7349, { "MFC_MPEG2_PAK_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7600, { "MFX_2_6_0_0", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7608, { "MFX_2_6_0_8", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7609, { "MFX_2_6_0_9", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7700, { "MFX_JPEG_PIC_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7702, { "MFX_JPEG_HUFF_TABLE_STATE", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7728, { "MFD_JPEG_BSD_OBJECT", 2, MEDIA_DWORDS, 0, 0, VCS, NULL } },
	{ 0x7400, { "VEBOX_SURFACE_STATE", 2, MEDIA_DWORDS, 0, 0, VECS, NULL } },
	{ 0x7402, { "VEBOX_STATE", 2, MEDIA_DWORDS, 0, 0, VECS, NULL } },
	{ 0x7403, { "VEB_DI_IECP", 20, 20, 0, 0, VECS, NULL } },
};

/* clang-format on */

static const struct cmd_info *find_render(uint32_t header, enum gen9_engine_id engine)
{
	for (size_t i = 0; i < sizeof(render_commands) / sizeof(render_commands[0]); i++)
		if (render_commands[i].header == header >> 16 &&
		    render_commands[i].info.engines >> engine & 1)
			return &render_commands[i].info;
	return NULL;
}

const struct cmd_info *cmd_lookup(uint32_t header, enum gen9_engine_id engine)
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
		info = find_render(header, engine);
		break;
	default:
		break;
	}
	return info && info->engines >> engine & 1 ? info : NULL;
}

bool cmd_length_is_valid(const struct cmd_info *info, uint32_t header, unsigned dwords)
{
	if (dwords < info->min_dwords || dwords > info->max_dwords)
		return false;
	if (info->longest_if)
		return dwords == (header & info->longest_if ? info->max_dwords : info->min_dwords);
	return !info->step_dwords || (dwords - info->min_dwords) % info->step_dwords == 0;
}
