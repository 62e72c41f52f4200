// SPDX-License-Identifier: MIT
#include "sim/report/budget.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/expect.h"
#include "sim/scenario/expect.h"

/* What the variant is called where an expectation wants a name for it. */
#define VARIANT "B"

/* A scenario of that one variant, of which nothing else is known. */
struct frame {
	struct scenario scenario;
	struct scenario_variant variant;
};

static void frame_init(struct frame *frame)
{
	*frame = (struct frame){ .variant = { .name = VARIANT },
				 .scenario = { .variant_count = 1 } };
	frame->scenario.variants = &frame->variant;
}

/* The expectation that text stands for: "=" as "==", the variant in front. NULL: no memory. */
static char *expectation_text(const char *text)
{
	size_t path = strcspn(text, "=<>! ");
	const char *op = text + path + strspn(text + path, " ");
	bool single = op[0] == '=' && op[1] != '=';
	char *out;

	if (asprintf(&out, VARIANT ".%.*s %s%s", (int)path, text, single ? "=" : "", op) < 0)
		return NULL;
	return out;
}

/* What was said first, without the place and the lines that show it. */
static void first_message(char *why, const struct diag *diag)
{
	const char *said = diag->message_count ? diag->messages[0].text : "it cannot be read";

	snprintf(why, BUDGET_WHY_BYTES,
		 "%s; expected PATH=VALUE, such as "
		 "vm0.submit.exits_per_op=1",
		 said);
}

int budget_read(struct budget *budget, const char *text, char *why)
{
	struct diag diag = { 0 };
	struct frame frame;
	char *expectation = expectation_text(text);
	const struct source *source;
	struct yaml_node node = { .kind = YAML_SCALAR, .text = expectation };
	int ret = -ENOMEM;

	*budget = (struct budget){ .text = text };
	if (!expectation)
		return -ENOMEM;
	frame_init(&frame);
	source = diag_add_source(&diag, text, strdup(text), strlen(text), true);
	if (source) {
		node.pos = (struct text_pos){ .source = source };
		ret = expect_read(&diag, &node, &frame.scenario, &budget->expect);
	}
	if (ret == -EINVAL)
		first_message(why, &diag);
	if (diag.out_of_memory)
		ret = -ENOMEM;
	if (ret)
		budget_free(budget);
	diag_free(&diag);
	free(expectation);
	return ret;
}

void budget_free(struct budget *budget)
{
	expect_free(&budget->expect);
}

json_t *budget_evaluate(const struct budget *budget, const json_t *variant,
			const char *const *incident_names)
{
	json_t *named = json_copy((json_t *)variant);
	json_t *variants = json_pack("[O]", named);
	struct frame frame;
	const struct expect_scope scope = {
		.variants = variants,
		.scenario = &frame.scenario,
		.incident_names = incident_names,
	};
	json_t *verdict = NULL;

	frame_init(&frame);
	if (variants && json_object_set_new(named, "name", json_string(VARIANT)) == 0)
		verdict = expect_evaluate(&scope, &budget->expect);
	if (verdict && (json_object_set_new(verdict, "text", json_string(budget->text)) ||
			json_object_del(verdict, "line"))) {
		json_decref(verdict);
		verdict = NULL;
	}
	json_decref(variants);
	json_decref(named);
	return verdict;
}
