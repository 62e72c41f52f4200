// SPDX-License-Identifier: MIT
#include "sim/study/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/number.h"
#include "sim/study/pool.h"

struct batch {
	const struct study_trials *trials;
	struct study_trial *items;
	size_t count;
};

static size_t variant_index(const struct scenario *scenario, const char *name)
{
	size_t i = 0;

	while (i + 1 < scenario->variant_count && strcmp(scenario->variants[i].name, name) != 0)
		i++;
	return i;
}

/* Why one of the variants that were run gave nothing to rely on; NULL when out of memory. */
static char *trouble_of(const struct study_run *run)
{
	for (size_t i = 0; i < run->scenario->variant_count; i++) {
		char *note;

		if (run->errors[i])
			return strdup(run->errors[i]);
		note = study_run_note(run, i);
		if (!note || *note)
			return note;
		free(note);
	}
	return strdup("");
}

static int judge(const struct study_trials *trials, const struct study_run *run,
		 struct study_trial *item)
{
	const struct scenario *scenario = run->scenario;
	char why[STUDY_WHY_BYTES];
	int ret;

	if (run->error) {
		item->error = strdup(run->error);
		return item->error ? 0 : -ENOMEM;
	}
	item->error = trouble_of(run);
	if (!item->error)
		return -ENOMEM;
	if (*item->error)
		return 0;
	free(item->error);
	item->error = NULL;
	ret = study_measure_take_parts(
		trials->measure, run,
		scenario->variants[variant_index(scenario, trials->variant)].name, item->parts,
		why);
	if (ret == 0 && trials->measure->divisor)
		ret = study_measure_divide(trials->measure, item->parts, &item->value, why);
	else
		item->value = item->parts[0];
	if (ret == 0 && item->value.kind != STUDY_VALUE_INTEGER &&
	    item->value.kind != STUDY_VALUE_MILLIONTHS) {
		snprintf(why, sizeof(why), "'%.200s' is no number", trials->measure->text);
		ret = -ENOENT;
	}
	if (ret != -ENOENT)
		return ret;
	/* Only numbers are kept: value and part of a measure without a divisor are the same. */
	study_value_free(&item->parts[0]);
	study_value_free(&item->parts[1]);
	item->value = (struct study_value){ 0 };
	item->error = strdup(why);
	return item->error ? 0 : -ENOMEM;
}

static void *work(void *ctx, uint64_t i)
{
	const struct batch *batch = ctx;
	struct study_trial *item = &batch->items[i];
	struct study_run run;
	int ret = study_run(&run, batch->trials->subject, item->settings, item->setting_count);

	if (ret == 0)
		ret = judge(batch->trials, &run, item);
	study_run_free(&run);
	return ret ? NULL : item;
}

static int deliver(void *ctx, uint64_t i, void *result)
{
	return 0;
}

static void drop(void *result)
{
}

static bool tick(void *ctx, uint64_t done)
{
	const struct batch *batch = ctx;

	return !batch->trials->tick || batch->trials->tick(batch->trials->ctx, done, batch->count);
}

int study_trials_run(const struct study_trials *trials, struct study_trial *items, size_t count)
{
	struct batch batch = { trials, items, count };
	const struct study_pool_jobs jobs = {
		.count = count,
		.workers = trials->workers,
		.ctx = &batch,
		.work = work,
		.deliver = deliver,
		.drop = drop,
		.tick = tick,
	};

	return study_pool_run(&jobs);
}

void study_trial_free(struct study_trial *trial)
{
	/* Without a divisor the value is the first part itself. */
	study_value_free(&trial->parts[0]);
	study_value_free(&trial->parts[1]);
	trial->value = (struct study_value){ 0 };
	free(trial->error);
	trial->error = NULL;
}
