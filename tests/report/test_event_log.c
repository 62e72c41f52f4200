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

static void emit(struct event_log *log, enum trace_event event, uint64_t time_ps,
		 const uint64_t args[4])
{
	struct trace_record record = {
		.event = event,
		.time_ps = time_ps,
		.context_id = 3,
		.context_name = "vm0/vcpu0",
	};

	memcpy(record.args, args, 4 * sizeof(args[0]));
	log->sink.event(&log->sink, &record);
}

static void test_lines(void **state)
{
	struct event_log log;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	event_log_init(&log, out);
	emit(&log, TRACE_EXIT_BEGIN, 1500, (const uint64_t[4]){ 0, EXIT_MMIO_WRITE, 2, 0x22230 });
	emit(&log, TRACE_MSI, 2000, (const uint64_t[4]){ UINT64_MAX, 0, 5 });
	emit(&log, TRACE_OPERATION, 2500, (const uint64_t[4]){ 0, GUEST_OP_SUBMIT, 9 });
	emit(&log, TRACE_CSB, 2600, (const uint64_t[4]){ 0, 24, 3 });
	fclose(out);
	assert_string_equal(text, "1500 3 vm0/vcpu0 exit_begin vm=0 reason=mmio_write region=2 "
				  "address=0x22230\n"
				  "2000 3 vm0/vcpu0 msi vm=-1 vcpu=0 at_ps=5\n"
				  "2500 3 vm0/vcpu0 operation vm=0 op=submit duration_ps=9\n"
				  "2600 3 vm0/vcpu0 csb engine=RCS0 status=0x18 context_id=0x3\n");
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
	emit(&log, TRACE_OPERATION, 1, (const uint64_t[4]){ 0, GUEST_OP_COUNT, 9 });
	fclose(out);
	assert_string_equal(text, "1 3 vm0/vcpu0 operation vm=0 op=12 duration_ps=9\n");
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
