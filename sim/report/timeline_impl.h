/* SPDX-License-Identifier: MIT */
/* What the files of the timeline share. */
#ifndef PVMMIO_SIM_REPORT_TIMELINE_IMPL_H
#define PVMMIO_SIM_REPORT_TIMELINE_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"
#include "sim/report/exit_rate.h"
#include "sim/report/timeline.h"
#include "sim/report/trace_json.h"

#define TIMELINE_TITLE_BYTES 128

/* Slices that lie in each other; a vCPU's operations nest deepest. */
#define TRACK_DEPTH      VCPU_OP_DEPTH
#define TRACK_NAME_BYTES 32

/* A run's processes. Ids count up from the run's; VMs come last, one for each. */
enum timeline_process {
	TIMELINE_HOST,
	TIMELINE_GPU,
	TIMELINE_VM,
	TIMELINE_PROCESS_COUNT = TIMELINE_VM + MACHINE_VM_LIMIT,
};

/* One context of the executor. */
struct track {
	unsigned key; /* of its context, see track_key() */
	unsigned pid;
	unsigned tid;
	int engine;            /* -1: none */
	const struct bus *bus; /* whose accesses a vCPU's exits are; else NULL */
	uint64_t last_ps;
	unsigned open_slices;
	char open_names[TRACK_DEPTH][TRACK_NAME_BYTES];
	uint64_t doorbell; /* flow of the workload that is worked on; 0: none */
	/* The exit that is open, if any. */
	bool in_exit;
	struct trace_record exit_begin;
};

/* Where a cause was seen whose effect is to come. */
struct cause {
	struct trace_place place;
	bool in_slice; /* viewers draw arrows between slices only */
};

struct pending_doorbell {
	uint64_t flow; /* the mediator's number; 0: free */
	struct cause cause;
};

struct pending_message {
	uint64_t vm; /* -1: to the host */
	uint64_t vcpu;
	uint64_t at_ps;
	struct cause cause;
};

/* The vblank that its thread is just emulating: whoever is told of it, is told because of it. */
struct current_vblank {
	uint64_t vm;
	unsigned context_id;
	struct cause cause; /* not in a slice: there is none */
};

/* Execlists that an engine has and has not begun; hardware has room for two. */
struct pending_execlists {
	unsigned count;
	struct {
		uint64_t doorbell; /* flow that it goes on with; 0: none */
		struct cause cause;
	} list[2];
};

#define TIMELINE_DOORBELLS 256
#define TIMELINE_MESSAGES  64

struct timeline {
	struct trace_sink sink;
	struct trace_json json;
	char title[TIMELINE_TITLE_BYTES];
	unsigned run; /* from 1 */
	uint64_t flow_count;
	int error;

	/* Of the run. */
	struct track *tracks;
	size_t track_count;
	bool process_named[TIMELINE_PROCESS_COUNT];
	struct exit_rate rates[MACHINE_VM_LIMIT];
	struct pending_doorbell doorbells[TIMELINE_DOORBELLS];
	unsigned next_doorbell; /* slot of the oldest */
	struct pending_message messages[TIMELINE_MESSAGES];
	unsigned message_count;
	struct pending_execlists execlists[GEN9_ENGINE_COUNT];
	struct current_vblank vblank;
};

/* ---- tracks and slices: timeline_track.c ---- */

/* The track of record's context, made and named if there is none; NULL: no memory. */
struct track *track_of(struct timeline *timeline, const struct trace_record *record);
/* The track of a vGPU's pipe, likewise. A vCPU of the VM has had something to say before. */
struct track *track_of_pipe(struct timeline *timeline, uint64_t vm, uint64_t pipe);
struct track *track_of_engine(struct timeline *timeline, uint64_t engine);

unsigned timeline_pid(const struct timeline *timeline, unsigned process);

/* A point on track, not before anything else on it. */
struct trace_place track_place(struct track *track, uint64_t time_ps);

/* Begin a slice; the caller adds to the open event and closes it. */
void slice_begin(struct timeline *timeline, struct track *track, uint64_t time_ps,
		 const char *category, const char *name);
void slice_end(struct timeline *timeline, struct track *track, uint64_t time_ps);
void slice_end_all(struct timeline *timeline, struct track *track, uint64_t time_ps);

/* Something that takes no time, with the event's arguments. */
void instant(struct timeline *timeline, struct track *track, const struct trace_record *record);

/* Add the event's arguments; registers by name. */
void write_arguments(struct timeline *timeline, const struct track *track,
		     const struct trace_record *record);

/* Write the exit that is open: it is over, as record says, or not, if record is NULL. */
void exit_write(struct timeline *timeline, struct track *track, const struct trace_record *record,
		uint64_t end_ps);

/* ---- arrows: timeline_flow.c ---- */

struct cause cause_here(struct track *track, uint64_t time_ps);
void flow_queue(struct timeline *timeline, struct track *track, const struct trace_record *record);
void flow_take(struct timeline *timeline, struct track *track, const struct trace_record *record);
void flow_drop(struct timeline *timeline, struct track *track, const struct trace_record *record);
void flow_done(struct timeline *timeline, struct track *track, uint64_t time_ps);
void flow_execlist(struct timeline *timeline, struct track *track,
		   const struct trace_record *record);
void flow_execlist_begins(struct timeline *timeline, struct track *track,
			  const struct trace_record *record);
void flow_vblank(struct timeline *timeline, struct track *track, const struct trace_record *record);
void flow_message(struct timeline *timeline, struct track *track,
		  const struct trace_record *record);

/* The messages to a vCPU, or to the host, that have arrived are being handled on track. */
void flow_messages_taken(struct timeline *timeline, struct track *track, uint64_t vm, uint64_t vcpu,
			 uint64_t time_ps);

#endif
