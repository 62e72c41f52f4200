/* SPDX-License-Identifier: MIT */
/*
 * Command tables: which commands guests may use in rings and privileged batches, how long they are,
 * on which engines, and what each is checked for. All of it is data: cmd_audit() in cmd_audit.c
 * goes through a command's operands in order, and the first that is refused decides.
 *
 * Source: gvt/cmd_parser.c of Linux 5.1; forms and operands of MI, blit and PIPE_CONTROL commands
 * from its handlers there.
 */
#ifndef PVMMIO_HOST_CMD_TABLE_H
#define PVMMIO_HOST_CMD_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

enum cmd_operand_kind {
	CMD_OPERANDS_END,
	CMD_MEMORY,         /* the address of something that must be in the share */
	CMD_SURFACE,        /* a linear surface of a blit */
	CMD_REGISTER_READ,  /* the number of a register that commands may read, */
	CMD_REGISTER_WRITE, /* or write */
	CMD_REGISTER_LOADS, /* pairs of register and value from here to the command's end */
	CMD_EVENT,          /* an interrupt of the guest's when its workload is done */
	CMD_NO_EFFECT,      /* the copy gets an MI_NOOP in its place */
	CMD_BATCH_START,    /* cmd_batch_start() */
	CMD_BATCH_END,      /* cmd_batch_end() */
	CMD_OPERAND_KINDS,
};

/* An operand is there if these bits of one of the command's dwords are so. No bits: always. */
struct cmd_condition {
	uint8_t dword;
	uint32_t any;  /* one of them is set */
	uint32_t all;  /* all are set */
	uint32_t none; /* none is set */
};

/*
 * Address in dwords at and at + 1. Its size is bytes << (header >> size_shift & size_mask). If the
 * bit index_bit is set in the dword of the condition, it is an offset in the status page instead:
 * the copy then gets the address in the guest's status page, index_bit is cleared, and ggtt_bit set
 * in dword ggtt_at.
 */
struct cmd_memory {
	uint8_t bytes;
	uint8_t size_shift;
	uint8_t size_mask;
	uint8_t align_bytes;
	uint8_t flag_bits; /* low bits of the address that are flags */
	uint8_t ggtt_at;
	uint32_t ggtt_bit;
	uint32_t index_bit;
};

/* Base address in dwords at and at + 1; the rest of it in these dwords, its size in 2 and 3. */
struct cmd_surface {
	uint8_t pitch_at;
	uint8_t corner_at;
};

struct cmd_operand {
	enum cmd_operand_kind kind;
	uint8_t at; /* dword */
	struct cmd_condition when;
	union {
		struct cmd_memory memory;
		struct cmd_surface surface;
		uint32_t event; /* GT_*_INTERRUPT */
	};
};

/* Row of the command tables. */
struct cmd_info {
	const char *name; /* NULL: not a command that guests may use */
	uint16_t min_dwords;
	uint16_t max_dwords;
	uint8_t step_dwords; /* lengths are this far apart; 0: any in between */
	uint32_t longest_if; /* header bit of the longest form, others are the shortest; or 0 */
	uint8_t engines;     /* 1 << enum gen9_engine_id */
	const struct cmd_operand *operands; /* up to CMD_OPERANDS_END; NULL: none */
};

/* Row for a header on an engine, or NULL. */
const struct cmd_info *cmd_lookup(uint32_t header, enum gen9_engine_id engine);

/* Is it as long as its row says, for this header? */
bool cmd_length_is_valid(const struct cmd_info *info, uint32_t header, unsigned dwords);

#endif
