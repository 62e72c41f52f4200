// SPDX-License-Identifier: MIT
// Incident list and the names of exits.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine/exit.h"
#include "sim/machine/incident.h"

static void test_counts_and_remembers_the_first(void **state)
{
	struct incident_list *list = calloc(1, sizeof(*list));
	const struct incident *item;
	char same_name[] = "tail_invalid"; // another address, the same name

	(void)state;
	assert_non_null(list);
	assert_null(incident_find(list, "tail_invalid"));
	incident_note(list, "tail_invalid", "submission dropped", 100, 0x1234);
	incident_note(list, "descriptor_invalid", "submission dropped", 200, 1);
	incident_note(list, same_name, "submission dropped", 300, 0x5678);

	assert_int_equal(list->count, 2);
	item = incident_find(list, "tail_invalid");
	assert_non_null(item);
	assert_int_equal(item->count, 2);
	assert_int_equal(item->first_ps, 100);
	assert_int_equal(item->first_value, 0x1234);
	assert_string_equal(item->effect, "submission dropped");
	assert_int_equal(incident_find(list, "descriptor_invalid")->count, 1);
	assert_null(incident_find(list, "tail"));
	free(list);
}

static void test_the_last_slot_counts_the_rest(void **state)
{
	enum { NAMES = INCIDENT_LIMIT + 20 };
	struct incident_list *list = calloc(1, sizeof(*list));
	static const char effect[] = "ignored";
	char names[NAMES][16];

	(void)state;
	assert_non_null(list);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < NAMES; i++) {
			snprintf(names[i], sizeof(names[i]), "name%u", i);
			incident_note(list, names[i], effect, 10 + i, i);
		}
	assert_int_equal(list->count, INCIDENT_LIMIT);
	for (unsigned i = 0; i < INCIDENT_LIMIT - 1; i++)
		assert_int_equal(incident_find(list, names[i])->count, 2);
	for (unsigned i = INCIDENT_LIMIT - 1; i < NAMES; i++)
		assert_null(incident_find(list, names[i]));
	assert_int_equal(incident_find(list, "other")->count, 2 * (NAMES - INCIDENT_LIMIT + 1));
	assert_int_equal(incident_find(list, "other")->first_ps, 10 + INCIDENT_LIMIT - 1);
	free(list);
}

static const char *reason_name(unsigned i)
{
	return exit_reason_name((enum exit_reason)i);
}

static const char *part_name(unsigned i)
{
	return exit_part_name((enum exit_part)i);
}

static const char *op_name(unsigned i)
{
	return guest_op_name((enum guest_op)i);
}

static void check_names(const char *(*name)(unsigned), unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		assert_string_not_equal(name(i), "unknown");
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(name(i), name(j));
	}
	assert_string_equal(name(count), "unknown");
	assert_string_equal(name(~0u), "unknown");
}

static void test_every_exit_name_is_there_once(void **state)
{
	(void)state;
	check_names(reason_name, EXIT_REASON_COUNT);
	check_names(part_name, EXIT_PART_COUNT);
	check_names(op_name, GUEST_OP_COUNT);
	assert_string_equal(exit_reason_name(EXIT_WRITE_PROTECT), "write_protect");
	assert_string_equal(exit_part_name(EXIT_PART_GUEST_MEMORY), "guest_memory");
	assert_string_equal(guest_op_name(GUEST_OP_NONE), "none");
	assert_string_equal(guest_op_name(GUEST_OP_PPGTT_ALLOC), "ppgtt_alloc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_and_remembers_the_first),
		cmocka_unit_test(test_the_last_slot_counts_the_rest),
		cmocka_unit_test(test_every_exit_name_is_there_once),
	};

	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
