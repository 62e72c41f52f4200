// SPDX-License-Identifier: MIT
#include "sim/scenario/wsim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/wsim_text.h"

#define PS_PER_US UINT64_C(1000000)

#define WARN_PRIORITY   "orders what waits; nothing is taken out of a port"
#define WARN_PREEMPTION "no effect: the driver takes nothing out of a port"
#define WARN_SLICES     "no effect: slices are not modelled"

struct parser {
	struct wsim *wsim;
	struct wsim_text text;
	size_t others; /* errors that diag had before */
};

static bool failed(const struct parser *p)
{
	return diag_error_count(p->text.diag) > p->others;
}

/* ---- pieces of steps ---- */

/* Index of the context written as slice; -1 after an error. */
static int read_context(struct parser *p, struct wsim_slice slice)
{
	struct wsim *wsim = p->wsim;
	uint64_t id;

	if (!wsim_read_number(&p->text, slice, "context", 0, UINT32_MAX, &id))
		return -1;
	for (uint32_t i = 0; i < wsim->context_count; i++) {
		if (wsim->contexts[i].id == id)
			return (int)i;
	}
	if (wsim->context_count == WSIM_CONTEXT_LIMIT) {
		wsim_error(&p->text, slice, "more than %u contexts", WSIM_CONTEXT_LIMIT);
		return -1;
	}
	wsim->contexts[wsim->context_count].id = (uint32_t)id;
	return (int)wsim->context_count++;
}

static bool set_context(struct parser *p, struct wsim_slice slice, struct wsim_step *step)
{
	int index = read_context(p, slice);

	step->context = index < 0 ? 0 : (uint32_t)index;
	return index >= 0;
}

/* "-N": the step N before this one. */
static bool read_back(struct parser *p, struct wsim_slice slice, uint32_t *target)
{
	uint32_t here = p->wsim->step_count;
	struct wsim_slice number = slice;
	uint64_t back;

	if (wsim_skip(&number, '-') && wsim_read_number(&p->text, number, NULL, 1, here, &back)) {
		*target = here - (uint32_t)back;
		return true;
	}
	if (here == 0)
		wsim_error(&p->text, slice, "'%.*s' points at a step before the first",
			   (int)slice.len, slice.at);
	else
		wsim_error(&p->text, slice,
			   "'%.*s' does not point at a step before this one; expected -%u to -1",
			   (int)slice.len, slice.at, here);
	return false;
}

static bool read_time(struct parser *p, struct wsim_slice slice, const char *what, uint64_t min_us,
		      uint64_t *ps)
{
	uint64_t us;

	if (!wsim_read_number(&p->text, slice, what, min_us, WSIM_TIME_LIMIT_US, &us))
		return false;
	*ps = us * PS_PER_US;
	return true;
}

static void read_duration(struct parser *p, struct wsim_slice slice, struct wsim_step *step)
{
	struct wsim_slice min;

	if (wsim_is(slice, "*")) {
		step->endless = true;
		return;
	}
	min = wsim_cut(&slice, '-');
	if (!read_time(p, min, "duration", 1, &step->min_ps))
		return;
	step->max_ps = step->min_ps;
	if (slice.at && read_time(p, slice, "longest duration", 1, &step->max_ps) &&
	    step->max_ps < step->min_ps)
		wsim_error(&p->text, slice, "a longest duration below the shortest");
}

/* ---- dependencies ---- */

/* "1-0" or "1-0-9": object 0, or 0 to 9, of working set 1. */
static bool read_objects(struct parser *p, struct wsim_slice slice, struct wsim_need *need)
{
	struct wsim_slice whole = slice;
	struct wsim_slice id = wsim_cut(&slice, '-');
	struct wsim_slice first = wsim_cut(&slice, '-');
	uint64_t value;

	if (!wsim_read_number(&p->text, id, "working set", 0, UINT32_MAX, &value))
		return false;
	for (need->set = 0; need->set < p->wsim->set_count; need->set++) {
		if (p->wsim->sets[need->set].id == value)
			break;
	}
	if (need->set == p->wsim->set_count) {
		wsim_error(&p->text, id, "no working set %" PRIu64 " before this step", value);
		return false;
	}
	if (!wsim_read_number(&p->text, first, "object", 0, WSIM_OBJECT_LIMIT, &value))
		return false;
	need->first = need->last = (uint32_t)value;
	if (slice.at) {
		if (!wsim_read_number(&p->text, slice, "last object", need->first,
				      WSIM_OBJECT_LIMIT, &value))
			return false;
		need->last = (uint32_t)value;
	}
	if (need->last < p->wsim->sets[need->set].object_count)
		return true;
	wsim_error(&p->text, whole, "working set %u has %u objects, counted from 0",
		   p->wsim->sets[need->set].id, p->wsim->sets[need->set].object_count);
	return false;
}

static bool check_target(struct parser *p, struct wsim_slice slice, const struct wsim_need *need)
{
	enum wsim_kind kind = p->wsim->steps[need->target].kind;

	if (kind == WSIM_BATCH || (kind == WSIM_FENCE && need->kind == WSIM_NEED_COMPLETED))
		return true;
	wsim_error(&p->text, slice, "step %u, on line %u, is no batch%s", need->target + 1,
		   p->wsim->steps[need->target].line,
		   need->kind == WSIM_NEED_COMPLETED ? " and no fence" : "");
	return false;
}

static bool read_need(struct parser *p, struct wsim_slice slice, struct wsim_need *need)
{
	struct wsim_slice whole = slice;

	if (wsim_skip(&slice, 'r') || wsim_skip(&slice, 'w')) {
		need->kind = *whole.at == 'r' ? WSIM_NEED_READ : WSIM_NEED_WRITE;
		return read_objects(p, slice, need);
	}
	need->kind = WSIM_NEED_DATA;
	if (wsim_skip(&slice, 'f'))
		need->kind = WSIM_NEED_COMPLETED;
	else if (wsim_skip(&slice, 's'))
		need->kind = WSIM_NEED_SUBMITTED;
	return read_back(p, slice, &need->target) && check_target(p, whole, need);
}

static int read_needs(struct parser *p, struct wsim_slice slice, struct wsim_step *step)
{
	if (wsim_is(slice, "0"))
		return 0;
	step->needs = calloc(WSIM_NEED_LIMIT, sizeof(*step->needs));
	if (!step->needs)
		return -ENOMEM;
	while (slice.at) {
		struct wsim_slice one = wsim_cut(&slice, '/');

		if (step->need_count == WSIM_NEED_LIMIT) {
			wsim_error(&p->text, one, "more than %u dependencies", WSIM_NEED_LIMIT);
			return 0;
		}
		/* "0" among others is none. */
		if (!wsim_is(one, "0") && read_need(p, one, &step->needs[step->need_count]))
			step->need_count++;
	}
	return 0;
}

/* ---- steps ---- */

static int read_batch(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	step->kind = WSIM_BATCH;
	if (fields->count != 5) {
		wsim_error(
			&p->text, fields->whole,
			"a batch of %u fields; expected context.engine.duration.dependencies."
			"wait, or a step that begins with one of d p s t q f a T P X S M B b w W",
			fields->count);
		return 0;
	}
	set_context(p, fields->field[0], step);
	wsim_read_engines(&p->text, fields->field[1], true, &step->engines);
	read_duration(p, fields->field[2], step);
	if (wsim_is(fields->field[4], "1"))
		step->wait = true;
	else if (!wsim_is(fields->field[4], "0"))
		wsim_error(&p->text, fields->field[4], "'%.*s' says nothing; expected 0 or 1",
			   (int)fields->field[4].len, fields->field[4].at);
	p->wsim->batch_count++;
	return read_needs(p, fields->field[3], step);
}

static int read_delay(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	uint64_t ps = 0;

	read_time(p, fields->field[1], "time", 1, &ps);
	step->value = (int64_t)ps;
	return 0;
}

static int read_count(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	uint64_t count = 0;

	wsim_read_number(&p->text, fields->field[1], "number of batches", 0, WSIM_STEP_LIMIT,
			 &count);
	step->value = (int64_t)count;
	return 0;
}

static bool back_to(struct parser *p, struct wsim_slice slice, enum wsim_kind kind,
		    const char *what, uint32_t *target)
{
	if (!read_back(p, slice, target))
		return false;
	if (p->wsim->steps[*target].kind == kind)
		return true;
	wsim_error(&p->text, slice, "step %u, on line %u, is no %s", *target + 1,
		   p->wsim->steps[*target].line, what);
	return false;
}

static int read_sync(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	back_to(p, fields->field[1], WSIM_BATCH, "batch", &step->target);
	return 0;
}

static int read_signal(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	back_to(p, fields->field[1], WSIM_FENCE, "fence", &step->target);
	return 0;
}

static int read_terminate(struct parser *p, const struct wsim_fields *fields,
			  struct wsim_step *step)
{
	if (back_to(p, fields->field[1], WSIM_BATCH, "batch", &step->target) &&
	    !p->wsim->steps[step->target].endless)
		wsim_error(&p->text, fields->field[1], "the batch on line %u ends by itself",
			   p->wsim->steps[step->target].line);
	return 0;
}

static int read_nothing(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	return 0;
}

/* P, S: context and a signed number. */
static int read_signed(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	struct wsim_slice number = fields->field[2];
	bool negative = wsim_skip(&number, '-');
	uint64_t value = 0;

	set_context(p, fields->field[1], step);
	wsim_read_number(&p->text, number, "value", 0, INT32_MAX, &value);
	step->value = negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

static int read_preemption(struct parser *p, const struct wsim_fields *fields,
			   struct wsim_step *step)
{
	uint64_t ps = 0;

	set_context(p, fields->field[1], step);
	read_time(p, fields->field[2], "time", 0, &ps);
	step->value = (int64_t)ps;
	return 0;
}

static int read_map(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	if (!set_context(p, fields->field[1], step) ||
	    !wsim_read_engines(&p->text, fields->field[2], false, &step->engines))
		return 0;
	p->wsim->contexts[step->context].map |= step->engines;
	return 0;
}

static int read_balance(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	if (set_context(p, fields->field[1], step))
		p->wsim->contexts[step->context].balanced = true;
	return 0;
}

static int read_bond(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	uint32_t master = 0;

	set_context(p, fields->field[1], step);
	wsim_read_engines(&p->text, fields->field[2], false, &step->engines);
	if (!wsim_read_engines(&p->text, fields->field[3], false, &master))
		return 0;
	if (master & (master - 1))
		wsim_error(&p->text, fields->field[3], "more than one master; expected one engine");
	else
		step->master = (uint32_t)__builtin_ctz(master);
	return 0;
}

static int read_set(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	struct wsim *wsim = p->wsim;
	struct wsim_set *set = &wsim->sets[wsim->set_count];
	uint64_t id = 0;

	if (wsim->set_count == WSIM_SET_LIMIT) {
		wsim_error(&p->text, fields->whole, "more than %u working sets", WSIM_SET_LIMIT);
		return 0;
	}
	wsim_read_number(&p->text, fields->field[1], "working set", 0, UINT32_MAX, &id);
	for (uint32_t i = 0; i < wsim->set_count; i++) {
		if (wsim->sets[i].id == id)
			wsim_error(&p->text, fields->field[1], "a second working set %" PRIu64, id);
	}
	step->set = wsim->set_count++;
	set->id = (uint32_t)id;
	set->shared = wsim_is(fields->field[0], "W");
	set->objects = calloc(WSIM_OBJECT_LIMIT, sizeof(*set->objects));
	if (!set->objects)
		return -ENOMEM;
	wsim_read_sizes(&p->text, fields->field[2], set);
	return 0;
}

/* Steps by their first field. */
static const struct step_form {
	const char *word;
	enum wsim_kind kind;
	unsigned field_count;
	const char *form;
	int (*read)(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step);
	const char *warning; /* what of it is not honoured; NULL: nothing */
} step_forms[] = {
	{"d",  WSIM_DELAY,       2, "d.MICROSECONDS",                 read_delay,      NULL           },
	{ "p", WSIM_PERIOD,      2, "p.MICROSECONDS",                 read_delay,      NULL           },
	{ "s", WSIM_SYNC,        2, "s.-STEPS",                       read_sync,       NULL           },
	{ "t", WSIM_THROTTLE,    2, "t.BATCHES",                      read_count,      NULL           },
	{ "q", WSIM_QUEUE_DEPTH, 2, "q.BATCHES",                      read_count,      NULL           },
	{ "f", WSIM_FENCE,       1, "f",                              read_nothing,    NULL           },
	{ "a", WSIM_SIGNAL,      2, "a.-STEPS",                       read_signal,     NULL           },
	{ "T", WSIM_TERMINATE,   2, "T.-STEPS",                       read_terminate,  NULL           },
	{ "P", WSIM_PRIORITY,    3, "P.CONTEXT.PRIORITY",             read_signed,     WARN_PRIORITY  },
	{ "X", WSIM_PREEMPTION,  3, "X.CONTEXT.MICROSECONDS",         read_preemption, WARN_PREEMPTION},
	{ "S", WSIM_SLICES,      3, "S.CONTEXT.MASK",                 read_signed,     WARN_SLICES    },
	{ "M", WSIM_ENGINE_MAP,  3, "M.CONTEXT.ENGINE|ENGINE",        read_map,        NULL           },
	{ "B", WSIM_BALANCE,     2, "B.CONTEXT",                      read_balance,    NULL           },
	{ "b", WSIM_BOND,        4, "b.CONTEXT.ENGINE|ENGINE.MASTER", read_bond,       NULL           },
	{ "w", WSIM_WORKING_SET, 3, "w.ID.SIZE/SIZE",                 read_set,        NULL           },
	{ "W", WSIM_WORKING_SET, 3, "W.ID.SIZE/SIZE",                 read_set,        NULL           },
};

static int warn(struct wsim *wsim, unsigned line, const char *why)
{
	struct wsim_warning *grown =
		realloc(wsim->warnings, (wsim->warning_count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	wsim->warnings = grown;
	wsim->warnings[wsim->warning_count++] = (struct wsim_warning){ line, why };
	return 0;
}

static int read_step(struct parser *p, const struct wsim_fields *fields, struct wsim_step *step)
{
	for (size_t i = 0; i < sizeof(step_forms) / sizeof(step_forms[0]); i++) {
		const struct step_form *form = &step_forms[i];
		size_t errors = diag_error_count(p->text.diag);
		int err;

		if (!wsim_is(fields->field[0], form->word))
			continue;
		step->kind = form->kind;
		if (fields->count != form->field_count) {
			wsim_error(&p->text, fields->whole, "a step of %u fields; expected %s",
				   fields->count, form->form);
			return 0;
		}
		err = form->read(p, fields, step);
		if (err || !form->warning || diag_error_count(p->text.diag) != errors ||
		    (step->kind == WSIM_PREEMPTION && !step->value))
			return err;
		diag_warning(p->text.diag, wsim_pos(&p->text, fields->whole), "%s", form->warning);
		return warn(p->wsim, step->line, form->warning);
	}
	return read_batch(p, fields, step);
}

static int read_steps(struct parser *p)
{
	struct wsim *wsim = p->wsim;
	struct wsim_fields fields;
	int err = 0;

	wsim->steps = calloc(WSIM_STEP_LIMIT, sizeof(*wsim->steps));
	if (!wsim->steps)
		return -ENOMEM;
	while (!err && wsim_next_entry(&p->text, &fields)) {
		struct wsim_step *step = &wsim->steps[wsim->step_count];

		if (wsim->step_count == WSIM_STEP_LIMIT) {
			wsim_error(&p->text, fields.whole, "more than %u steps", WSIM_STEP_LIMIT);
			break;
		}
		step->line = wsim_pos(&p->text, fields.whole).line;
		err = read_step(p, &fields, step);
		wsim->step_count++;
	}
	return err;
}

/* ---- what only the whole shows ---- */

static void error_at(struct parser *p, const struct wsim_step *step, const char *what)
{
	diag_error(p->text.diag, (struct text_pos){ p->text.source, step->line, 1 }, "%s", what);
}

/* Which engines a batch may run on: what it names, within its context's map. */
static void resolve_engines(struct parser *p, struct wsim_step *step)
{
	const struct wsim_context *context = &p->wsim->contexts[step->context];
	bool named = step->engines != 0;

	if (!named && !context->map)
		step->engines = WSIM_DEFAULT_ENGINES;
	else if (!named && !context->balanced)
		error_at(p, step,
			 "DEFAULT in a context with an engine map and no load balancing; expected "
			 "an engine of the map");
	else if (!named)
		step->engines = context->map;
	else if (context->map && !(step->engines & context->map))
		error_at(p, step, "an engine that is not in the engine map of its context");
	else if (context->map)
		step->engines &= context->map;
}

static void check_batch(struct parser *p, uint32_t index)
{
	struct wsim *wsim = p->wsim;
	struct wsim_step *step = &wsim->steps[index];

	resolve_engines(p, step);
	if (!step->endless)
		return;
	if (step->wait)
		error_at(p, step, "the client would wait for ever for an endless batch");
	for (uint32_t i = index + 1; i < wsim->step_count; i++) {
		if (wsim->steps[i].kind == WSIM_TERMINATE && wsim->steps[i].target == index)
			return;
	}
	error_at(p, step, "an endless batch that nothing ends; expected T.-STEPS after it");
}

static void check_whole(struct parser *p)
{
	struct wsim *wsim = p->wsim;

	for (uint32_t i = 0; i < wsim->step_count; i++) {
		const struct wsim_step *step = &wsim->steps[i];

		if (step->kind == WSIM_BATCH)
			check_batch(p, i);
		else if (step->kind == WSIM_BALANCE && !wsim->contexts[step->context].map)
			error_at(p, step, "load balancing of a context without an engine map");
		else if (step->kind == WSIM_BOND && !wsim->contexts[step->context].balanced)
			error_at(p, step, "a bond of a context without load balancing");
	}
	if (wsim->batch_count == 0)
		diag_error(p->text.diag, (struct text_pos){ p->text.source, 1, 1 },
			   "a workload without a batch");
}

int wsim_parse(struct wsim **out, const struct source *source, struct diag *diag)
{
	struct parser p = {
		.text = {source, diag, source->text, source->len},
		.others = diag_error_count(diag),
	};
	int err;

	*out = NULL;
	if (source->len > WSIM_BYTES_LIMIT) {
		diag_error(diag, (struct text_pos){ source, 0, 0 },
			   "a workload of more than %u KiB", WSIM_BYTES_LIMIT >> 10);
		return -EINVAL;
	}
	p.wsim = calloc(1, sizeof(*p.wsim));
	if (!p.wsim)
		return -ENOMEM;
	p.wsim->text = strdup(source->text);
	err = p.wsim->text ? read_steps(&p) : -ENOMEM;
	if (!err && !failed(&p))
		check_whole(&p);
	if (!err && failed(&p))
		err = -EINVAL;
	if (err)
		wsim_free(p.wsim);
	else
		*out = p.wsim;
	return err;
}

void wsim_free(struct wsim *wsim)
{
	if (!wsim)
		return;
	for (uint32_t i = 0; wsim->steps && i < wsim->step_count; i++)
		free(wsim->steps[i].needs);
	for (uint32_t i = 0; i < wsim->set_count; i++)
		free(wsim->sets[i].objects);
	free(wsim->steps);
	free(wsim->warnings);
	free(wsim->text);
	free(wsim);
}
