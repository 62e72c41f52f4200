// SPDX-License-Identifier: MIT
// Processes, tracks, and what lies on them: slices, instants, exits.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/bus.h"
#include "sim/machine/container.h"
#include "sim/machine/party.h"
#include "sim/machine/vm.h"
#include "sim/report/event_argument.h"
#include "sim/report/timeline_impl.h"

/* Ids that people can read back: run 2's processes are 200 and up, its threads 20000 and up. */
#define PIDS_PER_RUN 100u
#define TIDS_PER_RUN 10000u

/* Keys of pipes of vGPUs, which are no contexts: behind those of contexts. */
#define PIPE_KEYS      9000u
#define PIPES_PER_VGPU 4u

#define REGISTER_NAME_BYTES 48
#define REGISTER_MASK       (~UINT64_C(3)) /* registers are named by dword */

_Static_assert(PIPE_KEYS + MACHINE_VM_LIMIT * PIPES_PER_VGPU <= TIDS_PER_RUN,
	       "thread ids of two runs would meet");
_Static_assert(TIMELINE_PROCESS_COUNT <= PIDS_PER_RUN, "process ids of two runs would meet");

unsigned timeline_pid(const struct timeline *timeline, unsigned process)
{
	return timeline->run * PIDS_PER_RUN + process;
}

/* 0 is for what happens outside of contexts. */
static unsigned track_key(const struct trace_record *record)
{
	return record->context_name[0] ? record->context_id + 1 : 0;
}

static const struct vcpu *vcpu_of(const struct trace_record *record)
{
	if (!record->party || record->party->kind != PARTY_VCPU)
		return NULL;
	return container_of(record->party, struct vcpu, party);
}

static unsigned process_of(const struct trace_record *record)
{
	const struct vcpu *vcpu = vcpu_of(record);

	if (vcpu)
		return TIMELINE_VM + vcpu->vm->id;
	return record->party || !record->context_name[0] ? TIMELINE_HOST : TIMELINE_GPU;
}

static void write_metadata(struct timeline *timeline, const struct trace_place *place,
			   const char *what, const char *name)
{
	trace_json_event(&timeline->json, 'M', place, NULL, what);
	trace_json_args(&timeline->json);
	trace_json_text(&timeline->json, "name", name);
	trace_json_close(&timeline->json);
}

static void write_order(struct timeline *timeline, const struct trace_place *place,
			const char *what, unsigned order)
{
	trace_json_event(&timeline->json, 'M', place, NULL, what);
	trace_json_args(&timeline->json);
	trace_json_number(&timeline->json, "sort_index", order);
	trace_json_close(&timeline->json);
}

static void name_process(struct timeline *timeline, unsigned process,
			 const struct trace_record *record)
{
	static const char *const names[] = { [TIMELINE_HOST] = "host", [TIMELINE_GPU] = "GPU" };
	const struct trace_place place = { .pid = timeline_pid(timeline, process) };
	const char *name = process < TIMELINE_VM ? names[process] : vcpu_of(record)->vm->name;
	char full[TIMELINE_TITLE_BYTES + 64];

	if (timeline->process_named[process])
		return;
	timeline->process_named[process] = true;
	snprintf(full, sizeof(full), "%s: %s", timeline->title, name);
	write_metadata(timeline, &place, "process_name", full);
	write_order(timeline, &place, "process_sort_index", place.pid);
}

static struct track *track_new(struct timeline *timeline, unsigned process, unsigned key)
{
	struct track *tracks =
		reallocarray(timeline->tracks, timeline->track_count + 1, sizeof(*tracks));
	struct track *track;

	if (!tracks) {
		timeline->error = -ENOMEM;
		return NULL;
	}
	timeline->tracks = tracks;
	track = &tracks[timeline->track_count++];
	*track = (struct track){
		.key = key,
		.pid = timeline_pid(timeline, process),
		.tid = timeline->run * TIDS_PER_RUN + key,
		.engine = -1,
	};
	return track;
}

static void name_track(struct timeline *timeline, const struct track *track, const char *name)
{
	const struct trace_place place = { .pid = track->pid, .tid = track->tid };

	write_metadata(timeline, &place, "thread_name", name);
	write_order(timeline, &place, "thread_sort_index", track->tid);
}

static struct track *track_add(struct timeline *timeline, const struct trace_record *record)
{
	const unsigned process = process_of(record);
	const struct vcpu *vcpu = vcpu_of(record);
	struct track *track = track_new(timeline, process, track_key(record));

	if (!track)
		return NULL;
	track->bus = vcpu ? vcpu->vm->bus : NULL;
	name_process(timeline, process, record);
	name_track(timeline, track, track->key ? record->context_name : "outside of contexts");
	return track;
}

struct track *track_of(struct timeline *timeline, const struct trace_record *record)
{
	unsigned key = track_key(record);

	for (size_t i = 0; i < timeline->track_count; i++) {
		if (timeline->tracks[i].key == key)
			return &timeline->tracks[i];
	}
	return track_add(timeline, record);
}

struct track *track_of_pipe(struct timeline *timeline, uint64_t vm, uint64_t pipe)
{
	const unsigned key = (unsigned)(PIPE_KEYS + vm * PIPES_PER_VGPU + pipe);
	struct track *track;
	char name[TRACK_NAME_BYTES];

	for (size_t i = 0; i < timeline->track_count; i++) {
		if (timeline->tracks[i].key == key)
			return &timeline->tracks[i];
	}
	assert(vm < MACHINE_VM_LIMIT && timeline->process_named[TIMELINE_VM + vm]);
	track = track_new(timeline, TIMELINE_VM + (unsigned)vm, key);
	if (!track)
		return NULL;
	snprintf(name, sizeof(name), "virtual pipe %c", 'A' + (int)pipe);
	name_track(timeline, track, name);
	return track;
}

struct track *track_of_engine(struct timeline *timeline, uint64_t engine)
{
	for (size_t i = 0; i < timeline->track_count; i++) {
		if (timeline->tracks[i].engine >= 0 &&
		    (uint64_t)timeline->tracks[i].engine == engine)
			return &timeline->tracks[i];
	}
	return NULL;
}

/* Only an engine's track can be written on from elsewhere, from a clock that is behind. */
struct trace_place track_place(struct track *track, uint64_t time_ps)
{
	if (time_ps > track->last_ps)
		track->last_ps = time_ps;
	return (struct trace_place){
		.pid = track->pid,
		.tid = track->tid,
		.time_ps = track->last_ps,
	};
}

void slice_begin(struct timeline *timeline, struct track *track, uint64_t time_ps,
		 const char *category, const char *name)
{
	const struct trace_place place = track_place(track, time_ps);

	char *open_name = track->open_names[track->open_slices];

	assert(track->open_slices < TRACK_DEPTH && "slices are nested too deep");
	track->open_slices++;
	snprintf(open_name, TRACK_NAME_BYTES, "%s", name);
	trace_json_event(&timeline->json, 'B', &place, category, open_name);
}

void slice_end(struct timeline *timeline, struct track *track, uint64_t time_ps)
{
	const struct trace_place place = track_place(track, time_ps);

	if (track->open_slices == 0)
		return;
	track->open_slices--;
	/* Some viewers pair begins and ends by name. */
	trace_json_event(&timeline->json, 'E', &place, NULL, track->open_names[track->open_slices]);
	trace_json_close(&timeline->json);
}

void slice_end_all(struct timeline *timeline, struct track *track, uint64_t time_ps)
{
	while (track->open_slices)
		slice_end(timeline, track, time_ps);
}

static void register_name(const struct track *track, const struct trace_record *record, char *name,
			  size_t len)
{
	uint16_t region_id = (uint16_t)record->args[2];
	const struct bus_region *region =
		track->bus && region_id ? bus_region_by_id(track->bus, region_id) : NULL;

	name[0] = '\0';
	if (region)
		bus_register_name(region, (record->args[3] - region->base) & REGISTER_MASK, name,
				  len);
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static void write_argument(struct trace_json *json, const char *name, uint64_t value)
{
	const char *word = event_argument_word(name, value);
	char ns[32];

	if (word) {
		trace_json_text(json, name, word);
	} else if (event_argument_is_hexadecimal(name)) {
		trace_json_hex(json, name, value);
	} else if (ends_with(name, "_ps") && value != EXEC_NEVER) {
		snprintf(ns, sizeof(ns), "%.*s_ns", (int)strlen(name) - 3, name);
		trace_json_ns(json, ns, value);
	} else {
		trace_json_number(json, name, (int64_t)value);
	}
}

void write_arguments(struct timeline *timeline, const struct track *track,
		     const struct trace_record *record)
{
	const char *const *names = trace_events[record->event].arg_names;
	char name[REGISTER_NAME_BYTES];

	trace_json_args(&timeline->json);
	for (unsigned i = 0; names[i]; i++) {
		if (strcmp(names[i], "region") != 0) {
			write_argument(&timeline->json, names[i], record->args[i]);
			continue;
		}
		register_name(track, record, name, sizeof(name));
		if (name[0])
			trace_json_text(&timeline->json, "register", name);
	}
}

void instant(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	const struct trace_place place = track_place(track, record->time_ps);

	trace_json_event(&timeline->json, 'i', &place, "event", trace_events[record->event].name);
	trace_json_text(&timeline->json, "s", "t");
	write_arguments(timeline, track, record);
	trace_json_close(&timeline->json);
}

void exit_write(struct timeline *timeline, struct track *track, const struct trace_record *record,
		uint64_t end_ps)
{
	const struct trace_record *begin = &track->exit_begin;
	const uint64_t start_ps = begin->time_ps;
	const struct trace_place place = { track->pid, track->tid, start_ps };
	char name[REGISTER_NAME_BYTES];

	if (end_ps < start_ps)
		end_ps = start_ps;
	register_name(track, begin, name, sizeof(name));
	trace_json_event(&timeline->json, 'X', &place, "exit",
			 name[0] ? name : exit_reason_name((enum exit_reason)begin->args[1]));
	trace_json_us(&timeline->json, "dur", end_ps - start_ps);
	write_arguments(timeline, track, record ? record : begin);
	if (!record)
		trace_json_true(&timeline->json, "open");
	trace_json_close(&timeline->json);
	track->in_exit = false;
	track_place(track, end_ps);
}
