// SPDX-License-Identifier: MIT
#include "sim/report/expect.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const op_texts[] = {
	[EXPECT_EQ] = "==", [EXPECT_NE] = "!=", [EXPECT_LT] = "<",
	[EXPECT_LE] = "<=", [EXPECT_GT] = ">",  [EXPECT_GE] = ">=",
};

static bool holds(enum expect_op op, int order)
{
	switch (op) {
	case EXPECT_EQ:
		return order == 0;
	case EXPECT_NE:
		return order != 0;
	case EXPECT_LT:
		return order < 0;
	case EXPECT_LE:
		return order <= 0;
	case EXPECT_GT:
		return order > 0;
	case EXPECT_GE:
		return order >= 0;
	}
	return false;
}

/* Reals of a report are millionths; a real from a file is compared to the same precision. */
static int compare_numbers(const json_t *left, const json_t *right)
{
	if (json_is_integer(left) && json_is_integer(right)) {
		json_int_t l = json_integer_value(left), r = json_integer_value(right);

		return (l > r) - (l < r);
	} else {
		double l = round(json_number_value(left) * 1e6);
		double r = round(json_number_value(right) * 1e6);

		return (l > r) - (l < r);
	}
}

/* A list of names as one string, "a,b"; "none" when it is empty. New reference. */
static json_t *joined(const json_t *array)
{
	char text[EXPECT_MESSAGE_BYTES] = "";
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", used ? "," : "",
			 json_string_value(element));
	}
	return json_string(text[0] ? text : "none");
}

/* Is it a list of names, as a VM's levels are? */
static bool is_name_list(const json_t *value)
{
	json_t *element;
	size_t i;

	json_array_foreach(value, i, element)
	{
		if (!json_is_string(element))
			return false;
	}
	return json_is_array(value);
}

static bool is_equality(enum expect_op op)
{
	return op == EXPECT_EQ || op == EXPECT_NE;
}

/* Compare two values that need not be of one type: 1 it holds, 0 not, -EINVAL with a message. */
static int compare(enum expect_op op, const json_t *left, const json_t *right, char *message,
		   size_t len)
{
	if (json_is_number(left) && json_is_number(right))
		return holds(op, compare_numbers(left, right));
	if (json_is_object(left) || json_is_array(left)) {
		snprintf(message, len, "the path names a group of values, not one");
		return -EINVAL;
	}
	if (is_equality(op) && json_is_boolean(left) && json_is_boolean(right))
		return holds(op, json_is_true(left) != json_is_true(right));
	if (is_equality(op) && json_is_string(left) && json_is_string(right))
		return holds(op, strcmp(json_string_value(left), json_string_value(right)));
	if (is_equality(op) && json_is_null(left) && json_is_string(right))
		return holds(op, strcmp("none", json_string_value(right)));
	snprintf(message, len, "the measured value cannot be compared by %s with the expected one",
		 op_texts[op]);
	return -EINVAL;
}

/* The expected value: given, or found where the right side's path leads. */
static int right_value(const struct expect_scope *scope, const struct scenario_expect *expect,
		       struct expect_value *out)
{
	*out = (struct expect_value){ 0 };
	switch (expect->right_kind) {
	case EXPECT_RIGHT_INTEGER:
		out->value = json_integer(expect->integer);
		break;
	case EXPECT_RIGHT_REAL:
		out->value = json_real(expect->real);
		break;
	case EXPECT_RIGHT_BOOL:
		out->value = json_boolean(expect->integer);
		break;
	case EXPECT_RIGHT_STRING:
		out->value = json_string(expect->right);
		break;
	case EXPECT_RIGHT_PATH:
		return expect_resolve(scope, expect->right, out);
	}
	return out->value ? 0 : -ENOMEM;
}

/* Steals ok, measured and expected. */
static json_t *verdict(const struct scenario_expect *expect, json_t *ok, json_t *measured,
		       json_t *expected, const char *message)
{
	return json_pack("{s:s, s:i, s:o, s:s, s:o, s:o, s:o}", "text", expect->text, "line",
			 (int)expect->line, "ok", ok, "op", op_texts[expect->op], "measured",
			 measured ? measured : json_null(), "expected",
			 expected ? expected : json_null(), "message",
			 message[0] ? json_string(message) : json_null());
}

/* Both sides have a value: compare and report. Takes over both. */
static json_t *evaluate_values(const struct scenario_expect *expect, json_t *measured,
			       json_t *expected)
{
	char message[EXPECT_MESSAGE_BYTES] = "";
	int ret;

	if (is_name_list(measured)) {
		json_t *text = joined(measured);

		json_decref(measured);
		measured = text;
	}
	if (is_name_list(expected)) {
		json_t *text = joined(expected);

		json_decref(expected);
		expected = text;
	}
	ret = compare(expect->op, measured, expected, message, sizeof(message));
	if (json_is_object(measured) || json_is_array(measured)) {
		json_decref(measured);
		measured = NULL;
	}
	return verdict(expect, json_boolean(ret == 1), measured, expected, message);
}

json_t *expect_evaluate(const struct expect_scope *scope, const struct scenario_expect *expect)
{
	struct expect_value left, right = { 0 };
	int ret = expect_resolve(scope, expect->left, &left);
	const struct expect_value *wrong = &left;

	if (ret == 0) {
		ret = right_value(scope, expect, &right);
		wrong = &right;
	}
	if (ret == 0)
		return evaluate_values(expect, left.value, right.value);
	json_decref(left.value);
	if (ret == -ENOMEM)
		return NULL;
	if (wrong->skipped)
		return verdict(expect, json_null(), NULL, NULL, "the variant was not run");
	return verdict(expect, json_false(), NULL, NULL, wrong->message);
}
