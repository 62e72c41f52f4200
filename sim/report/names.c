// SPDX-License-Identifier: MIT
#include "sim/report/names.h"

#include <string.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/exit.h"
#include "sim/machine/work.h"

bool names_equal(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && strncmp(known, name, len) == 0;
}

bool names_operation(const char *name, size_t len)
{
	for (unsigned i = GUEST_OP_NONE + 1; i < GUEST_OP_COUNT; i++) {
		if (names_equal(guest_op_name(i), name, len))
			return true;
	}
	return false;
}

bool names_reason(const char *name, size_t len)
{
	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
		if (names_equal(exit_reason_name(i), name, len))
			return true;
	}
	return false;
}

bool names_work_kind(const char *name, size_t len)
{
	for (unsigned i = 0; i < WORK_KIND_COUNT; i++) {
		if (names_equal(work_kinds[i].name, name, len))
			return true;
	}
	return false;
}

static bool engine_register(const char *name, size_t len)
{
	for (size_t i = 0; i < gen9_engine_reg_count; i++) {
		if (names_equal(gen9_engine_regs[i].name, name, len))
			return true;
	}
	return false;
}

bool names_register(const char *name, size_t len)
{
	for (size_t i = 0; i < gen9_global_reg_count; i++) {
		if (names_equal(gen9_global_regs[i].name, name, len))
			return true;
	}
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		size_t prefix = strlen(gen9_engines[i].name) + 1;

		if (len > prefix && names_equal(gen9_engines[i].name, name, prefix - 1) &&
		    name[prefix - 1] == '_' && engine_register(name + prefix, len - prefix))
			return true;
	}
	return false;
}
