// SPDX-License-Identifier: MIT
/*
 * MI_ATOMIC: read, change and write a dword or qword of memory with nobody in between.
 *
 * The operands are in the command (the long form, in turns, lower dword first) or in the engine's
 * general purpose registers 0 and 4; the value that memory had goes to register 0 if the command
 * asks for it (which registers: as media-driver uses them, and assumed otherwise). Operations on 16
 * bytes are not modelled: they hang the engine, as one that does not exist does.
 *
 * Source: intel media-driver mhw_mi_hwcmd_g9_X.h, mhw_mi.h (operations), Linux 4.19
 * gvt/cmd_parser.c (size field).
 */
#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"

#define GPR_LO(n)       (0x600u + 8u * (n)) /* from the engine's base */
#define GPR_HI(n)       (0x604u + 8u * (n))
#define INLINE_DWORDS   11u
#define REGISTER_DWORDS 3u
#define OPERATION(dw)   ((dw) >> 8 & 0xffu)
#define SIZE(dw)        ((dw) >> 19 & 3u)
#define OPERATION_64    0x20u

enum { SIZE_DWORD, SIZE_QWORD };

enum operation {
	OP_AND = 1,
	OP_OR,
	OP_XOR,
	OP_MOVE,
	OP_INC,
	OP_DEC,
	OP_ADD,
	OP_SUB,
	OP_RSUB,
	OP_IMAX,
	OP_IMIN,
	OP_UMAX,
	OP_UMIN,
	OP_CMPWR, /* equal to the first operand: becomes the second */
};

static int64_t as_signed(uint64_t value, bool qword)
{
	return qword ? (int64_t)value : (int32_t)(uint32_t)value;
}

static uint64_t apply(enum operation op, uint64_t memory, const uint64_t operand[2], bool qword)
{
	uint64_t a = operand[0];

	switch (op) {
	case OP_AND:
		return memory & a;
	case OP_OR:
		return memory | a;
	case OP_XOR:
		return memory ^ a;
	case OP_MOVE:
		return a;
	case OP_INC:
		return memory + 1u;
	case OP_DEC:
		return memory - 1u;
	case OP_ADD:
		return memory + a;
	case OP_SUB:
		return memory - a;
	case OP_RSUB:
		return a - memory;
	case OP_IMAX:
		return as_signed(a, qword) > as_signed(memory, qword) ? a : memory;
	case OP_IMIN:
		return as_signed(a, qword) < as_signed(memory, qword) ? a : memory;
	case OP_UMAX:
		return a > memory ? a : memory;
	case OP_UMIN:
		return a < memory ? a : memory;
	case OP_CMPWR:
		return memory == a ? operand[1] : memory;
	}
	return memory;
}

static uint64_t general_register(struct gen9_engine *engine, unsigned n)
{
	return (uint64_t)*gen9_engine_reg(engine, GPR_HI(n)) << 32 |
	       *gen9_engine_reg(engine, GPR_LO(n));
}

static void get_operands(struct gen9_engine *engine, const uint32_t *dw, bool qword,
			 uint64_t operand[2])
{
	if (dw[0] & MI_ATOMIC_INLINE) {
		operand[0] = (uint64_t)dw[5] << 32 | dw[3];
		operand[1] = (uint64_t)dw[6] << 32 | dw[4];
	} else {
		operand[0] = general_register(engine, 0);
		operand[1] = general_register(engine, 4);
	}
	for (unsigned i = 0; i < 2u && !qword; i++)
		operand[i] &= UINT32_MAX;
}

static bool is_valid(const struct gen9_engine *engine, uint32_t header)
{
	unsigned dwords = header & MI_ATOMIC_INLINE ? INLINE_DWORDS : REGISTER_DWORDS;
	bool qword = SIZE(header) == SIZE_QWORD;
	unsigned op = OPERATION(header) & ~OPERATION_64;

	return engine->command_dwords == dwords && SIZE(header) <= SIZE_QWORD &&
	       qword == !!(OPERATION(header) & OPERATION_64) && op >= OP_AND && op <= OP_CMPWR;
}

int gen9_mi_atomic(struct gen9_engine *engine, const uint32_t *dw)
{
	bool qword = SIZE(dw[0]) == SIZE_QWORD;
	unsigned bytes = qword ? 8u : 4u;
	uint64_t gma = gen9_address(dw[1], dw[2], bytes);
	uint64_t operand[2], memory = 0, result;
	enum gen9_space space;
	int rc;

	if (!is_valid(engine, dw[0]))
		return gen9_engine_hang(engine, engine->command_address);
	if (!gen9_operand_space(engine, dw[0] & MI_USE_GGTT, &space))
		return 0;
	rc = gen9_engine_spend(engine, gen9_param(engine, HW_MEMORY_WRITE));
	if (!rc)
		rc = gen9_engine_sync(engine);
	/* The page is known after this, so that the write cannot let anybody in. */
	if (!rc)
		rc = gen9_engine_read(engine, space, gma, &memory, bytes);
	if (rc)
		return rc;
	get_operands(engine, dw, qword, operand);
	result = apply((enum operation)(OPERATION(dw[0]) & ~OPERATION_64), memory, operand, qword);
	rc = gen9_command_write(engine, space, gma, &result, bytes, 0);
	if (!rc && (dw[0] & MI_ATOMIC_RETURN)) {
		*gen9_engine_reg(engine, GPR_LO(0)) = (uint32_t)memory;
		*gen9_engine_reg(engine, GPR_HI(0)) = (uint32_t)(memory >> 32);
	}
	return rc;
}
