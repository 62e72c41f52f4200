// SPDX-License-Identifier: MIT
/* What a VM's display did, and what that cost: a view of the tree, nothing else. */
#include "sim/machine/exit.h"
#include "sim/report/view_block.h"

bool block_is_display_operation(enum guest_op op)
{
	return op == GUEST_OP_FLIP || op == GUEST_OP_WATERMARK;
}

bool block_has_display(const struct block *block)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		if (json_object_get(block_vm(block, i), "display"))
			return true;
	}
	return false;
}

static void add_flip_latency(struct block *block)
{
	struct table_row *row = table_add_row(&block->table, 1, "from call to vblank, mean");

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *latency = view_dig(block_vm(block, i), "display.flip_latency");

		block_each_time(row->cells[i], latency, block_uint(latency, "time_ps"));
	}
}

void block_add_display(struct block *block)
{
	static const struct value_row rows[] = {
		{"flips done",                 "display.flips_done",          FORMAT_NUMBER, IF_ANY, false},
		{ "late",                      "display.flips_late",          FORMAT_NUMBER, IF_ANY, false},
		{ "torn",                      "display.flips_torn",          FORMAT_NUMBER, IF_ANY, false},
		{ "lost",                      "display.flips_lost",          FORMAT_NUMBER, IF_ANY, false},
		{ "from call to vblank, most", "display.flip_latency.max_ps", FORMAT_TIME,   IF_ANY,
                 false										    },
		{ "planes shown as drawn",     "display.planes_right",        FORMAT_NUMBER, IF_ANY, false},
		{ "planes shown otherwise",    "display.planes_wrong",        FORMAT_NUMBER, IF_ANY, false},
		{ "put off for a near vblank", "display.evasions",            FORMAT_NUMBER, IF_ANY, false},
		{ "frames",                    "display.frames",              FORMAT_NUMBER, ALWAYS, false},
		{ "vblank interrupts",         "display.vblank_interrupts",   FORMAT_NUMBER, ALWAYS, false},
		{ "vblanks not seen",          "display.vblanks_lost",        FORMAT_NUMBER, IF_ANY, false},
		{ "watermark updates",         "display.watermark_updates",   FORMAT_NUMBER, IF_ANY, false},
		{ "steps that failed",         "display.errors",              FORMAT_NUMBER, IF_ANY, false},
		{ "last of them with",         "display.error",               FORMAT_STRING, IF_ANY, false},
	};

	if (!block_has_display(block))
		return;
	block_add_heading(block, 0, "display");
	add_flip_latency(block);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		block_add_value(block, &rows[i]);
	for (unsigned op = 0; op < GUEST_OP_COUNT; op++) {
		if (block_is_display_operation(op) && block_has_operation(block, guest_op_name(op)))
			block_add_operation(block, guest_op_name(op), "how many planes", false);
	}
}
