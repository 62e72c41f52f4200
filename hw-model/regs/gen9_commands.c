// SPDX-License-Identifier: MIT
/*
 * How long a command is, from its header alone.
 *
 * Lengths: Linux 4.19 gvt/cmd_parser.c, except VEB_DI_IECP, whose length field is 12 bits wide as
 * that of its neighbours (the 20 there was corrected in 2019).
 */
#include "hw-model/regs/gen9_commands.h"

#include <stddef.h>

#define LENGTH_BIAS        2u
#define LENGTH_BITS(count) ((1u << (count)) - 1u)

/* Headers whose length field is not 8 bits wide: (header & mask) == value. First match wins. */
struct length_rule {
	uint32_t mask;
	uint32_t value;
	uint8_t field_bits; /* 0: fixed length */
	uint8_t fixed_dwords;
};

/* clang-format off */
static const struct length_rule mi_rules[] = {
	{ 0xf8000000, 0x00000000, 0, 1 },  /* MI opcodes below 0x10 */
	{ 0xff800000, 0x09000000, 0, 2 },  /* MI_LOAD_SCAN_LINES_INCL */
	{ 0xff800000, 0x10000000, 10, 0 }, /* MI_STORE_DATA_IMM */
	{ 0xff800000, 0x11800000, 10, 0 }, /* MI_UPDATE_GTT */
	{ 0xff800000, 0x13000000, 6, 0 },  /* MI_FLUSH_DW */
	{ 0xff800000, 0x13800000, 10, 0 }, /* MI_CLFLUSH */
	{ 0xff800000, 0x14000000, 6, 0 },  /* MI_REPORT_PERF_COUNT */
	{ 0xe0000000, 0x00000000, 8, 0 },
};

static const struct length_rule blt_rules[] = {
	{ 0xe0000000, 0x40000000, 8, 0 },
};

static const struct length_rule render_rules[] = {
	{ 0xf8000000, 0x68000000, 0, 1 },   /* PIPELINE_SELECT, VF_STATISTICS, MFX_WAIT */
	{ 0xffff0000, 0x71050000, 8, 0 },   /* GPGPU_WALKER */
	{ 0xfe000000, 0x70000000, 16, 0 },  /* media: opcodes 0 and 1 */
	{ 0xf8000000, 0x70000000, 12, 0 },  /* MFX and VEBOX */
	{ 0xffff0000, 0x78390000, 11, 0 },  /* 3DSTATE_DX9_CONSTANTF_VS */
	{ 0xffff0000, 0x783a0000, 11, 0 },  /* 3DSTATE_DX9_CONSTANTF_PS */
	{ 0xffff0000, 0x78430000, 9, 0 },   /* 3DSTATE_BINDING_TABLE_EDIT_VS, GS, HS, DS, PS */
	{ 0xfffc0000, 0x78440000, 9, 0 },
	{ 0xffff0000, 0x79170000, 9, 0 },   /* 3DSTATE_SO_DECL_LIST */
	{ 0xe0000000, 0x60000000, 8, 0 },
};
/* clang-format on */

static unsigned apply(const struct length_rule *rules, size_t count, uint32_t header)
{
	for (size_t i = 0; i < count; i++) {
		if ((header & rules[i].mask) != rules[i].value)
			continue;
		if (!rules[i].field_bits)
			return rules[i].fixed_dwords;
		return (header & LENGTH_BITS(rules[i].field_bits)) + LENGTH_BIAS;
	}
	return 0;
}

#define APPLY(rules, header) apply((rules), sizeof(rules) / sizeof((rules)[0]), (header))

unsigned gen9_cmd_dwords(uint32_t header)
{
	switch (CMD_CLIENT(header)) {
	case CMD_CLIENT_MI:
		return APPLY(mi_rules, header);
	case CMD_CLIENT_BLT:
		return APPLY(blt_rules, header);
	case CMD_CLIENT_RENDER:
		return APPLY(render_rules, header);
	default:
		return 0;
	}
}
