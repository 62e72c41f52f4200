// SPDX-License-Identifier: MIT
// Timelines of events made by hand: what runs that go well do not show.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sim/machine/exit.h"
#include "sim/machine/party.h"
#include "sim/machine/vm.h"
#include "sim/report/timeline.h"

struct bed {
	struct timeline *timeline;
	FILE *out;
	char *text;
	size_t len;
	struct vm vm;
	struct vcpu vcpu;
	struct party thread;
};

enum who { VCPU, THREAD, ENGINE, NOBODY };

static void begin(struct bed *bed)
{
	*bed = (struct bed){ 0 };
	bed->out = open_memstream(&bed->text, &bed->len);
	assert_non_null(bed->out);
	assert_int_equal(timeline_create(&bed->timeline, bed->out), 0);
	timeline_begin_run(bed->timeline, "hand \"made\"");
	snprintf(bed->vm.name, sizeof(bed->vm.name), "vm0");
	bed->vcpu.vm = &bed->vm;
	bed->vcpu.party.kind = PARTY_VCPU;
	bed->thread.kind = PARTY_HOST_THREAD;
}

static void emit(struct bed *bed, enum who who, uint64_t time_ps, enum trace_event event,
		 uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	static const char *const names[] = { "vm0/vcpu0", "worker", "gpu RCS0", "" };
	const struct trace_record record = {
		.event = event,
		.time_ps = time_ps,
		.context_id = who == NOBODY ? 0 : who,
		.context_name = names[who],
		.party = who == VCPU     ? &bed->vcpu.party
			 : who == THREAD ? &bed->thread
					 : NULL,
		.args = {a, b, c, d},
	};

	timeline_sink(bed->timeline)->event(timeline_sink(bed->timeline), &record);
}

/* End everything and return the events without metadata, one text for each: "B submit 1.5". */
static char *finish(struct bed *bed, uint64_t end_ps)
{
	char *summary = NULL;
	size_t len;
	FILE *out = open_memstream(&summary, &len);
	json_t *trace;
	json_t *event;
	size_t i;

	assert_int_equal(timeline_end_run(bed->timeline, end_ps), 0);
	timeline_destroy(bed->timeline);
	fclose(bed->out);
	trace = json_loads(bed->text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(trace);
	json_array_foreach(json_object_get(trace, "traceEvents"), i, event)
	{
		const char *phase = json_string_value(json_object_get(event, "ph"));
		const char *name = json_string_value(json_object_get(event, "name"));

		if (strcmp(phase, "M") == 0)
			continue;
		fprintf(out, "%s%s%s %g", phase, name ? " " : "", name ? name : "",
			json_number_value(json_object_get(event, "ts")));
		if (json_object_get(event, "dur"))
			fprintf(out, "+%g", json_number_value(json_object_get(event, "dur")));
		if (json_object_get(event, "id"))
			fprintf(out, " #%" JSON_INTEGER_FORMAT,
				json_integer_value(json_object_get(event, "id")));
		fputc('\n', out);
	}
	json_decref(trace);
	free(bed->text);
	fclose(out);
	return summary;
}

#define US PS_PER_US

static void expect(struct bed *bed, uint64_t end_ps, const char *expected)
{
	char *summary = finish(bed, end_ps);

	assert_string_equal(summary, expected);
	free(summary);
}

static void test_empty(void **state)
{
	struct bed bed;

	begin(&bed);
	expect(&bed, 5, "");
}

/* Every picosecond is written, and nothing is rounded. */
static void test_times_are_exact(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, UINT64_C(9007199254740993), TRACE_FAILSAFE, 0, 1, 0, 0);
	fflush(bed.out);
	assert_non_null(strstr(bed.text, "\"ts\":9007199254.740993,"));
	free(finish(&bed, 0));
}

static void test_names(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1, TRACE_FAILSAFE, 0, 1, 0, 0);
	emit(&bed, THREAD, 1, TRACE_FAILSAFE, 0, 1, 0, 0);
	emit(&bed, ENGINE, 1, TRACE_ENGINE_HANG, 0, 1, 0, 0);
	emit(&bed, NOBODY, 1, TRACE_FAILSAFE, 0, 1, 0, 0);
	fflush(bed.out);
	assert_non_null(strstr(bed.text, "\"hand \\\"made\\\": vm0\""));
	assert_non_null(strstr(bed.text, "\"hand \\\"made\\\": host\""));
	assert_non_null(strstr(bed.text, "\"hand \\\"made\\\": GPU\""));
	assert_non_null(strstr(bed.text, "\"vm0/vcpu0\""));
	assert_non_null(strstr(bed.text, "\"worker\""));
	assert_non_null(strstr(bed.text, "\"gpu RCS0\""));
	assert_non_null(strstr(bed.text, "\"outside of contexts\""));
	expect(&bed, 0,
	       "i failsafe 1e-06\ni failsafe 1e-06\ni engine_hang 1e-06\n"
	       "i failsafe 1e-06\n");
}

/* A guest that never comes back: what is open ends with the run. */
static void test_hung(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_OPERATION_BEGIN, 0, GUEST_OP_RESET, 0, 0);
	emit(&bed, VCPU, 2 * US, TRACE_EXIT_BEGIN, 0, EXIT_MMIO_WRITE, 0, 0x22230);
	expect(&bed, 9 * US,
	       "B reset 1\nX mmio_write 2+7\nE reset 9\nC exits per second 0\n"
	       "C exits per second 100\n");
}

/* The reset comes from a clock that is behind the engine's. */
static void test_reset_ends_what_an_engine_does(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, ENGINE, 1 * US, TRACE_ENGINE_ACTIVE, 0, 0, 0, 0);
	emit(&bed, ENGINE, 5 * US, TRACE_CONTEXT_START, 0, 7, 0, 0);
	emit(&bed, THREAD, 4 * US, TRACE_ENGINE_RESET, 0, 0, 0, 0);
	emit(&bed, ENGINE, 6 * US, TRACE_CONTEXT_END, 0, 0, 0, 0);
	expect(&bed, 9 * US,
	       "B active 1\nB context 0x7 5\ni engine_reset 5\nE context 0x7 5\nE active 5\n");
}

/* An engine that was reset and has not noticed begins a context all the same. */
static void test_engine_begins_again(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, ENGINE, 1 * US, TRACE_CONTEXT_START, 0, 7, 0, 0);
	emit(&bed, ENGINE, 2 * US, TRACE_ENGINE_ACTIVE, 0, 0, 0, 0);
	emit(&bed, ENGINE, 3 * US, TRACE_ENGINE_IDLE, 0, 0, 0, 0);
	expect(&bed, 9 * US, "B context 0x7 1\nE context 0x7 2\nB active 2\nE active 3\n");
}

/* A reset of an engine that never ran. */
static void test_reset_of_an_idle_engine(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_ENGINE_RESET, 4, 0, 0, 0);
	expect(&bed, 9 * US, "i engine_reset 1\n");
}

static void test_doorbell(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_EXIT_BEGIN, 0, EXIT_MMIO_WRITE, 0, 0x22230);
	emit(&bed, VCPU, 2 * US, TRACE_WORKLOAD_QUEUE, 0, 0, 0x100, 40);
	emit(&bed, VCPU, 3 * US, TRACE_EXIT, 0, EXIT_MMIO_WRITE, 0, 0x22230);
	emit(&bed, THREAD, 4 * US, TRACE_WORKLOAD_TAKE, 0, 0, 0x100, 40);
	emit(&bed, THREAD, 5 * US, TRACE_ELSP, 0, 0x100, 0, 0);
	emit(&bed, ENGINE, 6 * US, TRACE_ENGINE_ACTIVE, 0, 0, 0, 0);
	emit(&bed, ENGINE, 6 * US, TRACE_CONTEXT_START, 0, 7, 0, 0);
	emit(&bed, ENGINE, 7 * US, TRACE_CONTEXT_END, 0, 0, 0, 0);
	emit(&bed, ENGINE, 7 * US, TRACE_ENGINE_IDLE, 0, 0, 0, 0);
	emit(&bed, THREAD, 8 * US, TRACE_WORKLOAD_DONE, 0, 0, 0x100, 0);
	expect(&bed, 9 * US,
	       "i workload_queue 2\nX mmio_write 1+2\n"
	       "B workload 4\ns doorbell 2 #1\nt doorbell 4 #1\ni elsp 5\n"
	       "B active 6\nB context 0x7 6\nt doorbell 6 #1\nE context 0x7 7\nE active 7\n"
	       "i workload_done 8\nf doorbell 8 #1\nE workload 8\n"
	       "C exits per second 0\nC exits per second 100\n");
}

/* Dropped from its queue by an exit, or as another fails; the arrow ends there, and only once. */
static void test_dropped_workloads(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_EXIT_BEGIN, 0, EXIT_MMIO_WRITE, 0, 0x22230);
	emit(&bed, VCPU, 1 * US, TRACE_WORKLOAD_QUEUE, 0, 0, 0x100, 40);
	emit(&bed, VCPU, 2 * US, TRACE_WORKLOAD_QUEUE, 0, 0, 0x200, 41);
	emit(&bed, VCPU, 2 * US, TRACE_WORKLOAD_QUEUE, 0, 0, 0x300, 42);
	emit(&bed, VCPU, 3 * US, TRACE_EXIT, 0, EXIT_MMIO_WRITE, 0, 0x22230);
	emit(&bed, THREAD, 4 * US, TRACE_WORKLOAD_TAKE, 0, 0, 0x100, 40);
	emit(&bed, THREAD, 5 * US, TRACE_WORKLOAD_DROP, 0, 0, 0x200, 41);
	emit(&bed, THREAD, 6 * US, TRACE_WORKLOAD_DONE, 0, 0, 0x100, 5);
	emit(&bed, NOBODY, 7 * US, TRACE_WORKLOAD_DROP, 0, 0, 0x300, 42);
	emit(&bed, THREAD, 8 * US, TRACE_WORKLOAD_TAKE, 0, 0, 0x200, 41);
	expect(&bed, 9 * US,
	       "i workload_queue 1\ni workload_queue 2\ni workload_queue 2\nX mmio_write 1+2\n"
	       "B workload 4\ns doorbell 1 #1\nt doorbell 4 #1\n"
	       "i workload_drop 5\ns doorbell 2 #2\nf doorbell 5 #2\n"
	       "i workload_done 6\nf doorbell 6 #1\nE workload 6\n"
	       "i workload_drop 7\n"
	       "B workload 8\nE workload 9\n"
	       "C exits per second 0\nC exits per second 100\n");
}

/* The second context of a pair is no answer to another submission; a lite restore is. */
static void test_execlists_are_begun_in_order(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_OPERATION_BEGIN, 0, GUEST_OP_SUBMIT, 0, 0);
	emit(&bed, VCPU, 2 * US, TRACE_ELSP, 0, 0x100, 0x200, 0);
	emit(&bed, VCPU, 3 * US, TRACE_ELSP, 0, 0x200, 0, 0);
	emit(&bed, ENGINE, 4 * US, TRACE_ENGINE_ACTIVE, 0, 0, 0, 0);
	emit(&bed, ENGINE, 4 * US, TRACE_CONTEXT_START, 0, 1, 0, 0);
	emit(&bed, ENGINE, 5 * US, TRACE_CONTEXT_END, 0, 0, 0, 0);
	emit(&bed, ENGINE, 5 * US, TRACE_CONTEXT_START, 0, 2, 1, 0);
	emit(&bed, ENGINE, 6 * US, TRACE_LITE_RESTORE, 0, 2, 0, 0);
	expect(&bed, 9 * US,
	       "B submit 1\ni elsp 2\ni elsp 3\nB active 4\nB context 0x1 4\n"
	       "s doorbell 2 #1\nf doorbell 4 #1\nE context 0x1 5\nB context 0x2 5\ni lite_restore "
	       "6\n"
	       "s doorbell 3 #2\nf doorbell 6 #2\nE submit 9\nE context 0x2 9\nE active 9\n");
}

/* Several messages, one interrupt; the one that has not arrived comes later, or never. */
static void test_messages_merge(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, THREAD, 1 * US, TRACE_WORKLOAD_TAKE, 0, 0, 0x100, 1);
	emit(&bed, THREAD, 2 * US, TRACE_MSI, 0, 0, 2 * US, 0);
	emit(&bed, THREAD, 3 * US, TRACE_MSI, 0, 0, 3 * US, 0);
	emit(&bed, THREAD, 4 * US, TRACE_MSI, 0, 0, 8 * US, 0);
	emit(&bed, THREAD, 4 * US, TRACE_MSI, 0, 1, 1 * US, 0);
	emit(&bed, VCPU, 5 * US, TRACE_OPERATION_BEGIN, 0, GUEST_OP_INTERRUPT, 0, 0);
	emit(&bed, VCPU, 5 * US, TRACE_INTERRUPT, 0, 0, 2, 0);
	emit(&bed, VCPU, 6 * US, TRACE_OPERATION, 0, GUEST_OP_INTERRUPT, 0, 0);
	expect(&bed, 9 * US,
	       "B workload 1\ni msi 2\ni msi 3\ni msi 4\ni msi 4\nB interrupt 5\n"
	       "i interrupt 5\ns msi 2 #1\nf msi 5 #1\ns msi 3 #2\nf msi 5 #2\nE interrupt 6\nE "
	       "workload 9\n");
}

/* A flood of what is never answered does not take more memory, and the rest still works. */
static void test_floods(void **state)
{
	struct bed bed;
	char *summary;

	begin(&bed);
	emit(&bed, VCPU, 0, TRACE_OPERATION_BEGIN, 0, GUEST_OP_SUBMIT, 0, 0);
	for (unsigned i = 1; i <= 1000; i++) {
		emit(&bed, VCPU, i, TRACE_WORKLOAD_QUEUE, 0, 0, 0x100, i);
		emit(&bed, VCPU, i, TRACE_MSI, 0, 1, i, 0);
		emit(&bed, VCPU, i, TRACE_ELSP, 0, 0x100, 0, 0);
	}
	emit(&bed, THREAD, US, TRACE_WORKLOAD_TAKE, 0, 0, 0x100, 1);
	emit(&bed, THREAD, US, TRACE_WORKLOAD_DONE, 0, 0, 0x100, 0);
	emit(&bed, THREAD, US, TRACE_WORKLOAD_TAKE, 0, 0, 0x100, 1000);
	emit(&bed, THREAD, US, TRACE_WORKLOAD_DONE, 0, 0, 0x100, 0);
	summary = finish(&bed, US);
	assert_non_null(strstr(summary, "B workload 1\ni workload_done 1\nE workload 1\n"
					"B workload 1\ns doorbell 0.001 #1\nt doorbell 1 #1\n"
					"i workload_done 1\nf doorbell 1 #1\nE workload 1\n"));
	free(summary);
}

/* Ids of runs do not meet, and what one run left is not there for the next. */
static void test_runs_are_apart(void **state)
{
	struct bed bed;

	begin(&bed);
	emit(&bed, VCPU, 1 * US, TRACE_OPERATION_BEGIN, 0, GUEST_OP_SUBMIT, 0, 0);
	emit(&bed, VCPU, 1 * US, TRACE_MSI, 0, 0, 1 * US, 0);
	assert_int_equal(timeline_end_run(bed.timeline, 3 * US), 0);
	timeline_begin_run(bed.timeline, "second");
	emit(&bed, VCPU, 1 * US, TRACE_OPERATION_BEGIN, 0, GUEST_OP_INTERRUPT, 0, 0);
	emit(&bed, VCPU, 1 * US, TRACE_INTERRUPT, 0, 0, 1, 0);
	fflush(bed.out);
	assert_non_null(strstr(bed.text, "\"pid\":102,\"tid\":10001,"));
	assert_non_null(strstr(bed.text, "\"pid\":202,\"tid\":20001,"));
	assert_non_null(strstr(bed.text, "\"second: vm0\""));
	expect(&bed, 4 * US,
	       "B submit 1\ni msi 1\nE submit 3\nB interrupt 1\ni interrupt 1\nE interrupt 4\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_times_are_exact),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hung),
		cmocka_unit_test(test_reset_ends_what_an_engine_does),
		cmocka_unit_test(test_engine_begins_again),
		cmocka_unit_test(test_reset_of_an_idle_engine),
		cmocka_unit_test(test_doorbell),
		cmocka_unit_test(test_dropped_workloads),
		cmocka_unit_test(test_execlists_are_begun_in_order),
		cmocka_unit_test(test_messages_merge),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_runs_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
