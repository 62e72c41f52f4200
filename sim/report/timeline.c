// SPDX-License-Identifier: MIT
#include "sim/report/timeline.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/container.h"
#include "sim/report/report.h"
#include "sim/report/timeline_impl.h"

/* The host as the receiver of a message. */
#define TO_HOST UINT64_MAX

/* ---- what each event means on the timeline ---- */

struct rate_place {
	struct timeline *timeline;
	unsigned pid;
};

static void write_rate(void *opaque, uint64_t at_ps, uint64_t exits_per_second)
{
	const struct rate_place *place = opaque;
	struct trace_json *json = &place->timeline->json;

	trace_json_event(json, 'C', &(struct trace_place){ .pid = place->pid, .time_ps = at_ps },
			 NULL, "exits per second");
	trace_json_args(json);
	trace_json_number(json, "exits/s", (int64_t)exits_per_second);
	trace_json_close(json);
}

static void on_exit_begin(struct timeline *timeline, struct track *track,
			  const struct trace_record *record)
{
	struct rate_place place = { timeline, track->pid };

	track->in_exit = true;
	track->exit_begin = *record;
	if (record->args[0] < MACHINE_VM_LIMIT)
		exit_rate_add(&timeline->rates[record->args[0]], record->time_ps, write_rate,
			      &place);
}

static void on_exit_end(struct timeline *timeline, struct track *track,
			const struct trace_record *record)
{
	if (track->in_exit)
		exit_write(timeline, track, record, record->time_ps);
}

static void on_operation_begin(struct timeline *timeline, struct track *track,
			       const struct trace_record *record)
{
	slice_begin(timeline, track, record->time_ps, "operation",
		    guest_op_name((enum guest_op)record->args[1]));
	trace_json_close(&timeline->json);
}

static void on_work(struct timeline *timeline, struct track *track,
		    const struct trace_record *record)
{
	const uint64_t duration_ps = record->args[4];
	const struct trace_place end = track_place(track, record->time_ps);
	const struct trace_place start = { end.pid, end.tid, end.time_ps - duration_ps };
	const uint64_t kind = record->args[2];

	trace_json_event(&timeline->json, 'X', &start, "work",
			 kind < WORK_KIND_COUNT ? work_kinds[kind].name : "work");
	trace_json_us(&timeline->json, "dur", duration_ps);
	write_arguments(timeline, track, record);
	trace_json_close(&timeline->json);
}

/* A slice that has the event's arguments. */
static void begin(struct timeline *timeline, struct track *track, const struct trace_record *record,
		  const char *category, const char *name)
{
	slice_begin(timeline, track, record->time_ps, category, name);
	write_arguments(timeline, track, record);
	trace_json_close(&timeline->json);
}

static void on_end(struct timeline *timeline, struct track *track,
		   const struct trace_record *record)
{
	slice_end(timeline, track, record->time_ps);
}

static void on_msi(struct timeline *timeline, struct track *track,
		   const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_message(timeline, track, record);
}

static void on_interrupt(struct timeline *timeline, struct track *track,
			 const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_messages_taken(timeline, track, record->args[0], record->args[1], record->time_ps);
}

static void on_host_interrupt(struct timeline *timeline, struct track *track,
			      const struct trace_record *record)
{
	begin(timeline, track, record, "interrupt", "host interrupt");
	flow_messages_taken(timeline, track, TO_HOST, 0, record->time_ps);
}

static void on_queue(struct timeline *timeline, struct track *track,
		     const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_queue(timeline, track, record);
}

static void on_take(struct timeline *timeline, struct track *track,
		    const struct trace_record *record)
{
	begin(timeline, track, record, "workload", "workload");
	flow_take(timeline, track, record);
}

static void on_drop(struct timeline *timeline, struct track *track,
		    const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_drop(timeline, track, record);
}

static void on_done(struct timeline *timeline, struct track *track,
		    const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_done(timeline, track, record->time_ps);
	slice_end(timeline, track, record->time_ps);
}

static void on_elsp(struct timeline *timeline, struct track *track,
		    const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_execlist(timeline, track, record);
}

/* A reset that the engine has yet to notice may have left something open. */
static void on_active(struct timeline *timeline, struct track *track,
		      const struct trace_record *record)
{
	track->engine = (int)record->args[0];
	slice_end_all(timeline, track, record->time_ps);
	begin(timeline, track, record, "engine", "active");
}

static void on_context_start(struct timeline *timeline, struct track *track,
			     const struct trace_record *record)
{
	char name[32];

	snprintf(name, sizeof(name), "context 0x%" PRIx64, record->args[1]);
	begin(timeline, track, record, "engine", name);
	if (record->args[2] == 0)
		flow_execlist_begins(timeline, track, record);
}

static void on_lite_restore(struct timeline *timeline, struct track *track,
			    const struct trace_record *record)
{
	instant(timeline, track, record);
	flow_execlist_begins(timeline, track, record);
}

static void on_reset(struct timeline *timeline, struct track *track,
		     const struct trace_record *record)
{
	struct track *engine = track_of_engine(timeline, record->args[0]);

	if (record->args[0] < GEN9_ENGINE_COUNT)
		timeline->execlists[record->args[0]].count = 0;
	if (!engine) {
		instant(timeline, track, record);
		return;
	}
	instant(timeline, engine, record);
	slice_end_all(timeline, engine, record->time_ps);
}

/* A frame lasts until the next vblank that somebody waited for, or whose frame was counted. */
static void begin_frame(struct timeline *timeline, struct track *track,
			const struct trace_record *record, uint64_t frame)
{
	char name[32];

	snprintf(name, sizeof(name), "frame %" PRIu64, frame);
	slice_end_all(timeline, track, record->time_ps);
	begin(timeline, track, record, "display", name);
}

/* The hardware's: on the pipe's own context. */
static void on_vblank(struct timeline *timeline, struct track *track,
		      const struct trace_record *record)
{
	begin_frame(timeline, track, record, record->args[1]);
}

static void on_pipe_off(struct timeline *timeline, struct track *track,
			const struct trace_record *record)
{
	instant(timeline, track, record);
	if (!track->bus) /* it is the pipe's, which has stopped by itself */
		slice_end_all(timeline, track, record->time_ps);
}

/* A vGPU's: on whatever thread emulates it. */
static void on_virtual_vblank(struct timeline *timeline, struct track *track,
			      const struct trace_record *record)
{
	struct track *pipe = track_of_pipe(timeline, record->args[0], record->args[1]);

	if (!pipe)
		return;
	begin_frame(timeline, pipe, record, record->args[2]);
	flow_vblank(timeline, pipe, record);
}

static void on_virtual_flip(struct timeline *timeline, struct track *track,
			    const struct trace_record *record)
{
	struct track *pipe = track_of_pipe(timeline, record->args[0], record->args[1]);

	if (pipe)
		instant(timeline, pipe, record);
}

typedef void (*event_fn)(struct timeline *timeline, struct track *track,
			 const struct trace_record *record);

static const event_fn on_event[TRACE_EVENT_COUNT] = {
	[TRACE_EXIT_BEGIN] = on_exit_begin,
	[TRACE_EXIT] = on_exit_end,
	[TRACE_OPERATION_BEGIN] = on_operation_begin,
	[TRACE_OPERATION] = on_end,
	[TRACE_MSI] = on_msi,
	[TRACE_INTERRUPT] = on_interrupt,
	[TRACE_WORK] = on_work,
	[TRACE_HOST_INTERRUPT_BEGIN] = on_host_interrupt,
	[TRACE_HOST_INTERRUPT] = on_end,
	[TRACE_WORKLOAD_QUEUE] = on_queue,
	[TRACE_WORKLOAD_TAKE] = on_take,
	[TRACE_WORKLOAD_START] = instant,
	[TRACE_WORKLOAD_DONE] = on_done,
	[TRACE_WORKLOAD_DROP] = on_drop,
	[TRACE_VIRTUAL_CSB] = instant,
	[TRACE_FAILSAFE] = instant,
	[TRACE_PIPE_VBLANK] = on_virtual_vblank,
	[TRACE_PIPE_FLIP] = on_virtual_flip,
	[TRACE_ELSP] = on_elsp,
	[TRACE_ENGINE_ACTIVE] = on_active,
	[TRACE_CONTEXT_START] = on_context_start,
	[TRACE_LITE_RESTORE] = on_lite_restore,
	[TRACE_CONTEXT_END] = on_end,
	[TRACE_ENGINE_IDLE] = on_end,
	[TRACE_CSB] = instant,
	[TRACE_ENGINE_HANG] = instant,
	[TRACE_ENGINE_RESET] = on_reset,
	[TRACE_PIPE_ON] = instant,
	[TRACE_PIPE_OFF] = on_pipe_off,
	[TRACE_VBLANK] = on_vblank,
	[TRACE_LATCH] = instant,
};

static void timeline_event(struct trace_sink *sink, const struct trace_record *record)
{
	struct timeline *timeline = container_of(sink, struct timeline, sink);
	struct track *track = track_of(timeline, record);

	assert(timeline->run && on_event[record->event]);
	if (track)
		on_event[record->event](timeline, track, record);
}

/* ---- life cycle ---- */

int timeline_create(struct timeline **out_timeline, FILE *out)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return -ENOMEM;
	timeline->sink.event = timeline_event;
	trace_json_begin(&timeline->json, out, "pvmmio-sim");
	*out_timeline = timeline;
	return 0;
}

void timeline_destroy(struct timeline *timeline)
{
	if (!timeline)
		return;
	trace_json_end(&timeline->json);
	free(timeline->tracks);
	free(timeline);
}

struct trace_sink *timeline_sink(struct timeline *timeline)
{
	return &timeline->sink;
}

void timeline_begin_run(struct timeline *timeline, const char *title)
{
	assert(timeline->track_count == 0 && "the run before has ended");
	timeline->run++;
	snprintf(timeline->title, sizeof(timeline->title), "%s", title);
}

static void forget_run(struct timeline *timeline)
{
	free(timeline->tracks);
	timeline->tracks = NULL;
	timeline->track_count = 0;
	timeline->next_doorbell = 0;
	timeline->message_count = 0;
	memset(timeline->process_named, 0, sizeof(timeline->process_named));
	memset(timeline->doorbells, 0, sizeof(timeline->doorbells));
	memset(timeline->execlists, 0, sizeof(timeline->execlists));
	memset(&timeline->vblank, 0, sizeof(timeline->vblank));
}

int timeline_end_run(struct timeline *timeline, uint64_t time_ps)
{
	for (size_t i = 0; i < timeline->track_count; i++) {
		struct track *track = &timeline->tracks[i];

		if (track->in_exit)
			exit_write(timeline, track, NULL, time_ps);
		flow_done(timeline, track, time_ps);
		slice_end_all(timeline, track, time_ps);
	}
	for (unsigned vm = 0; vm < MACHINE_VM_LIMIT; vm++) {
		struct rate_place place = { timeline, timeline_pid(timeline, TIMELINE_VM + vm) };

		exit_rate_flush(&timeline->rates[vm], write_rate, &place);
	}
	forget_run(timeline);
	return timeline->error;
}
