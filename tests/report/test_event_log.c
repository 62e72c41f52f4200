// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine/exit.h"
#include "sim/report/event_log.h"

static void test_lines(void **state)
{
	struct event_log log;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	event_log_init(&log, out);
	log.sink.event(&log.sink, TRACE_EXIT, 1500, 3, "vm0/vcpu0",
		       (const uint64_t[4]){ 0, EXIT_MMIO_WRITE, 0x22230, 700 });
	log.sink.event(&log.sink, TRACE_MSI, 2000, 4, "gvt", (const uint64_t[4]){ UINT64_MAX, 5 });
	log.sink.event(&log.sink, TRACE_OPERATION, 2500, 3, "vm0/vcpu0",
		       (const uint64_t[4]){ 0, GUEST_OP_SUBMIT, 9 });
	fclose(out);
	assert_string_equal(text, "1500 3 vm0/vcpu0 exit vm=0 reason=mmio_write address=0x22230 "
				  "duration_ps=700\n"
				  "2000 4 gvt msi vm=-1 data=0x5\n"
				  "2500 3 vm0/vcpu0 operation vm=0 op=submit duration_ps=9\n");
	free(text);
}

/* A value that is no name of its kind is shown as the number it is. */
static void test_unknown_names(void **state)
{
	struct event_log log;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	event_log_init(&log, out);
	log.sink.event(&log.sink, TRACE_OPERATION, 1, 1, "x",
		       (const uint64_t[4]){ 0, GUEST_OP_COUNT, 9 });
	fclose(out);
	assert_string_equal(text, "1 1 x operation vm=0 op=12 duration_ps=9\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_unknown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
