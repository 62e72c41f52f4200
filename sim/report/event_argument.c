// SPDX-License-Identifier: MIT
#include "sim/report/event_argument.h"

#include <stddef.h>
#include <string.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/exit.h"
#include "sim/machine/work.h"

static const char *const hexadecimal[] = {
	"address", "context_id", "descriptor", "element0", "element1",
	"events",  "header",     "status",     "surface",  "value",
};

const char *event_argument_word(const char *name, uint64_t value)
{
	if (strcmp(name, "reason") == 0 && value < EXIT_REASON_COUNT)
		return exit_reason_name((enum exit_reason)value);
	if (strcmp(name, "op") == 0 && value < GUEST_OP_COUNT)
		return guest_op_name((enum guest_op)value);
	if (strcmp(name, "kind") == 0 && value < WORK_KIND_COUNT)
		return work_kinds[value].name;
	if (strcmp(name, "engine") == 0 && value < GEN9_ENGINE_COUNT)
		return gen9_engines[value].name;
	return NULL;
}

bool event_argument_is_hexadecimal(const char *name)
{
	for (size_t i = 0; i < sizeof(hexadecimal) / sizeof(hexadecimal[0]); i++) {
		if (strcmp(name, hexadecimal[i]) == 0)
			return true;
	}
	return false;
}
