// SPDX-License-Identifier: MIT
/*
 * Arrows from cause to effect. An arrow is written when its end is known, so that none is left
 * without one; viewers order events by time.
 *
 *   doorbell   exit of the ELSP write - workload on its thread - context on the engine - workload
 *              when it is complete; or whatever dropped the workload from its queue; on a native
 * VM: submission - context on the engine msi        sender - handler of the vCPU or of the host;
 * sender of an emulated vblank's is the frame that it begins
 */
#include "sim/report/timeline_impl.h"

struct cause cause_here(struct track *track, uint64_t time_ps)
{
	return (struct cause){
		.place = track_place(track, time_ps),
		.in_slice = track->open_slices || track->in_exit,
	};
}

static void write_flow(struct timeline *timeline, char phase, const char *name, uint64_t flow,
		       const struct trace_place *place)
{
	trace_json_event(&timeline->json, phase, place, "flow", name);
	trace_json_number(&timeline->json, "id", (int64_t)flow);
	if (phase != 's')
		trace_json_text(&timeline->json, "bp", "e");
	trace_json_close(&timeline->json);
}

static void write_arrow(struct timeline *timeline, const char *name, const struct cause *cause,
			struct track *track, uint64_t time_ps)
{
	const struct cause effect = cause_here(track, time_ps);
	uint64_t flow;

	if (!cause->in_slice || !effect.in_slice)
		return;
	flow = ++timeline->flow_count;
	write_flow(timeline, 's', name, flow, &cause->place);
	write_flow(timeline, 'f', name, flow, &effect.place);
}

/* ---- doorbells ---- */

void flow_queue(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	timeline->doorbells[timeline->next_doorbell] = (struct pending_doorbell){
		.flow = record->args[3],
		.cause = cause_here(track, record->time_ps),
	};
	timeline->next_doorbell = (timeline->next_doorbell + 1) % TIMELINE_DOORBELLS;
}

/* What queued the workload of this event, which nobody else waits for from now on. */
static bool take_doorbell(struct timeline *timeline, const struct trace_record *record,
			  struct cause *cause)
{
	for (unsigned i = 0; i < TIMELINE_DOORBELLS; i++) {
		struct pending_doorbell *doorbell = &timeline->doorbells[i];

		if (!doorbell->flow || doorbell->flow != record->args[3])
			continue;
		doorbell->flow = 0;
		*cause = doorbell->cause;
		return cause->in_slice;
	}
	return false;
}

void flow_take(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	const struct cause here = cause_here(track, record->time_ps);
	struct cause cause;

	if (!take_doorbell(timeline, record, &cause))
		return;
	track->doorbell = ++timeline->flow_count;
	write_flow(timeline, 's', "doorbell", track->doorbell, &cause.place);
	write_flow(timeline, 't', "doorbell", track->doorbell, &here.place);
}

void flow_drop(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	struct cause cause;

	if (take_doorbell(timeline, record, &cause))
		write_arrow(timeline, "doorbell", &cause, track, record->time_ps);
}

/* The execlists that came of it are not waited for any more: the arrow has ended. */
static void forget_doorbell(struct timeline *timeline, uint64_t doorbell)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		struct pending_execlists *pending = &timeline->execlists[engine];

		for (unsigned i = 0; i < pending->count; i++) {
			if (pending->list[i].doorbell == doorbell) {
				pending->list[i].doorbell = 0;
				pending->list[i].cause.in_slice = false;
			}
		}
	}
}

void flow_done(struct timeline *timeline, struct track *track, uint64_t time_ps)
{
	const struct trace_place place = track_place(track, time_ps);

	if (!track->doorbell)
		return;
	write_flow(timeline, 'f', "doorbell", track->doorbell, &place);
	forget_doorbell(timeline, track->doorbell);
	track->doorbell = 0;
}

/* ---- execlists ---- */

static struct pending_execlists *execlists_of(struct timeline *timeline,
					      const struct trace_record *record)
{
	return record->args[0] < GEN9_ENGINE_COUNT ? &timeline->execlists[record->args[0]] : NULL;
}

void flow_execlist(struct timeline *timeline, struct track *track,
		   const struct trace_record *record)
{
	struct pending_execlists *pending = execlists_of(timeline, record);

	if (!pending || pending->count == 2)
		return;
	pending->list[pending->count].doorbell = track->doorbell;
	pending->list[pending->count].cause = cause_here(track, record->time_ps);
	pending->count++;
}

void flow_execlist_begins(struct timeline *timeline, struct track *track,
			  const struct trace_record *record)
{
	struct pending_execlists *pending = execlists_of(timeline, record);
	const struct trace_place place = track_place(track, record->time_ps);

	if (!pending || !pending->count)
		return;
	if (pending->list[0].doorbell)
		write_flow(timeline, 't', "doorbell", pending->list[0].doorbell, &place);
	else
		write_arrow(timeline, "doorbell", &pending->list[0].cause, track, record->time_ps);
	pending->list[0] = pending->list[1];
	pending->count--;
}

/* ---- messages ---- */

void flow_vblank(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	timeline->vblank = (struct current_vblank){
		.vm = record->args[0],
		.context_id = record->context_id,
		.cause = cause_here(track, record->time_ps),
	};
}

/* The vblank has its message then: what else the thread sends is something else's. */
static struct cause cause_of_message(struct timeline *timeline, struct track *track,
				     const struct trace_record *record)
{
	struct current_vblank *vblank = &timeline->vblank;

	if (vblank->cause.in_slice && vblank->vm == record->args[0] &&
	    vblank->context_id == record->context_id && record->context_name[0]) {
		const struct cause cause = vblank->cause;

		vblank->cause.in_slice = false;
		return cause;
	}
	return cause_here(track, record->time_ps);
}

/* A vCPU keeps few apart: when there are too many, the oldest is nobody's cause any more. */
void flow_message(struct timeline *timeline, struct track *track, const struct trace_record *record)
{
	struct pending_message *messages = timeline->messages;

	if (timeline->message_count == TIMELINE_MESSAGES) {
		timeline->message_count--;
		for (unsigned i = 0; i < timeline->message_count; i++)
			messages[i] = messages[i + 1];
	}
	messages[timeline->message_count++] = (struct pending_message){
		.vm = record->args[0],
		.vcpu = record->args[1],
		.at_ps = record->args[2],
		.cause = cause_of_message(timeline, track, record),
	};
}

void flow_messages_taken(struct timeline *timeline, struct track *track, uint64_t vm, uint64_t vcpu,
			 uint64_t time_ps)
{
	unsigned left = 0;

	for (unsigned i = 0; i < timeline->message_count; i++) {
		const struct pending_message *message = &timeline->messages[i];

		if (message->vm == vm && message->vcpu == vcpu && message->at_ps <= time_ps)
			write_arrow(timeline, "msi", &message->cause, track, time_ps);
		else
			timeline->messages[left++] = *message;
	}
	timeline->message_count = left;
}
