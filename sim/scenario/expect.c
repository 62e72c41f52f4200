// SPDX-License-Identifier: MIT
#include "sim/scenario/expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/check.h"
#include "sim/scenario/nearest.h"
#include "sim/scenario/units.h"

#define REAL_DIGITS 15u /* a double holds these exactly */

static const struct {
	const char *text;
	enum expect_op op;
} operators[] = {
  /* longer ones first: "<=" is not "<" */
	{"==",  EXPECT_EQ},
        { "!=", EXPECT_NE},
        { "<=", EXPECT_LE},
	{ ">=", EXPECT_GE},
        { "<",  EXPECT_LT},
        { ">",  EXPECT_GT},
};

struct reader {
	struct diag *diag;
	const struct yaml_node *node;
	const struct scenario *scenario;
};

/* Where `at`, a place in the node's text, is in the file: exact unless the text is quoted. */
static struct text_pos place(const struct reader *r, const char *at)
{
	struct text_pos pos = r->node->pos;

	if (r->node->plain)
		pos.column += (unsigned)(at - r->node->text);
	return pos;
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == ':';
}

static const char *skip_spaces(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	return p;
}

/* Every part between dots has at least one character. */
static bool is_path(const char *text, size_t len)
{
	char before = '.';

	for (size_t i = 0; i < len; i++) {
		if (!is_path_char(text[i]) || (text[i] == '.' && before == '.'))
			return false;
		before = text[i];
	}
	return before != '.' && memchr(text, '.', len) != NULL;
}

static bool part_is(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && !strncmp(text, name, len);
}

static const struct scenario_variant *find_variant(const struct scenario *scenario,
						   const char *text, size_t len)
{
	for (size_t i = 0; i < scenario->variant_count; i++) {
		if (part_is(text, len, scenario->variants[i].name))
			return &scenario->variants[i];
	}
	return NULL;
}

static const struct scenario_variant *check_variant(const struct reader *r, const char *path,
						    size_t len)
{
	const struct scenario_variant *variant = find_variant(r->scenario, path, len);
	char name[CONFIG_NAME_BYTES + 8], hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	if (variant)
		return variant;
	snprintf(name, sizeof(name), "%.*s", (int)len, path);
	nearest_begin(&nearest, name);
	for (size_t i = 0; i < r->scenario->variant_count; i++)
		nearest_offer(&nearest, r->scenario->variants[i].name);
	diag_error(r->diag, place(r, path), "no variant is called '%s'%s", name,
		   nearest_hint(&nearest, hint, sizeof(hint)));
	return NULL;
}

static bool check_vm(const struct reader *r, const struct scenario_variant *variant,
		     const char *part, size_t len)
{
	char name[CONFIG_NAME_BYTES + 8], hint[NEAREST_HINT_BYTES];
	struct nearest nearest;
	const char *reserved;

	if (variant->config.vm_count == 0)
		return true; /* its VMs are wrong, which was said where they are */
	snprintf(name, sizeof(name), "%.*s", (int)len, part);
	nearest_begin(&nearest, name);
	for (size_t i = 0; i < variant->config.vm_count; i++) {
		if (part_is(part, len, variant->config.vms[i].name))
			return true;
		nearest_offer(&nearest, variant->config.vms[i].name);
	}
	for (unsigned i = 0; (reserved = check_reserved_name(i)); i++) {
		if (part_is(part, len, reserved))
			return true;
		if (strcmp(reserved, "vms") != 0) /* too near to every "vm0" */
			nearest_offer(&nearest, reserved);
	}
	diag_error(r->diag, place(r, part), "variant '%s' has no VM '%s'%s", variant->name, name,
		   nearest_hint(&nearest, hint, sizeof(hint)));
	return false;
}

/* VARIANT.VM.KEY... or VARIANT.KEY...; the keys are the report's to check. */
static int check_path(const struct reader *r, const char *path, size_t len)
{
	const char *dot = memchr(path, '.', len);
	const struct scenario_variant *variant;

	if (!is_path(path, len)) {
		diag_error(r->diag, place(r, path),
			   "'%.*s' is no path; expected VARIANT.VM.KEY, such as %s.%s", (int)len,
			   path, r->scenario->variants[0].name, "vm0.submit.exits_per_op");
		return -EINVAL;
	}
	variant = check_variant(r, path, (size_t)(dot - path));
	if (!variant)
		return -EINVAL;
	return check_vm(r, variant, dot + 1, strcspn(dot + 1, ". <>=!")) ? 0 : -EINVAL;
}

static const char *read_operator(const struct reader *r, const char *at,
				 struct scenario_expect *out)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].text);

		if (!strncmp(at, operators[i].text, len)) {
			out->op = operators[i].op;
			return at + len;
		}
	}
	diag_error(r->diag, place(r, at), "'%.20s'; expected one of ==, !=, <, <=, >, >=", at);
	return NULL;
}

/* Decimal digits with a point: exact as long as a double is. */
static bool parse_real(const char *text, double *out)
{
	const char *p = text + (*text == '-');
	unsigned digits = 0;
	double value = 0, scale = 1;
	bool point = false;

	for (; *p; p++) {
		if (*p == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9' || ++digits > REAL_DIGITS)
			return false;
		value = value * 10 + (*p - '0');
		scale = point ? scale * 10 : 1;
	}
	*out = (*text == '-' ? -value : value) / scale;
	return point && p[-1] != '.';
}

static bool parse_signed(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	uint64_t value;

	if (units_parse_integer(text + negative, &value) || text[negative] == '-' ||
	    value > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

/* Times in ps, sizes in bytes. 0, -ENOENT when text is none, -EINVAL with a message. */
static int read_quantity(const struct reader *r, const char *at, const char *text, int64_t *out)
{
	static const enum quantity kinds[] = { QUANTITY_TIME, QUANTITY_BYTES };
	char why[UNITS_WHY_BYTES];
	uint64_t value;

	for (size_t i = 0; i < 2; i++) {
		if (!units_looks_like(text, kinds[i]))
			continue;
		if (units_parse(text, kinds[i], &value, why)) {
			diag_error(r->diag, place(r, at), "%s", why);
			return -EINVAL;
		}
		if (value > INT64_MAX) {
			diag_error(r->diag, place(r, at), "'%.40s' is too large", text);
			return -EINVAL;
		}
		*out = (int64_t)value;
		return 0;
	}
	return -ENOENT;
}

static bool read_bool(const char *text, int64_t *out)
{
	*out = !strcmp(text, "true");
	return *out || !strcmp(text, "false");
}

/* "text" or 'text'. */
static int read_string(const struct reader *r, const char *at, const char *text,
		       struct scenario_expect *out)
{
	size_t len = strlen(text);

	if (len < 2 || text[len - 1] != text[0] || memchr(text + 1, text[0], len - 2)) {
		diag_error(r->diag, place(r, at), "a text without an end; expected %c...%c",
			   text[0], text[0]);
		return -EINVAL;
	}
	out->right_kind = EXPECT_RIGHT_STRING;
	out->right = strndup(text + 1, len - 2);
	return out->right ? 0 : -ENOMEM;
}

/* at: where text, a copy without spaces around, starts. */
static int read_right(const struct reader *r, const char *at, const char *text,
		      struct scenario_expect *out)
{
	int err;

	if (*text == '"' || *text == '\'')
		return read_string(r, at, text, out);
	out->right_kind = EXPECT_RIGHT_INTEGER;
	if (parse_signed(text, &out->integer))
		return 0;
	err = read_quantity(r, at, text, &out->integer);
	if (err != -ENOENT)
		return err;
	out->right_kind = EXPECT_RIGHT_BOOL;
	if (read_bool(text, &out->integer))
		return 0;
	out->right_kind = EXPECT_RIGHT_REAL;
	if (parse_real(text, &out->real))
		return 0;
	if (!is_path(text, strlen(text))) {
		diag_error(r->diag, place(r, at),
			   "'%.40s'; expected a number, true, false, a quoted text, or a path",
			   text);
		return -EINVAL;
	}
	out->right_kind = EXPECT_RIGHT_PATH;
	err = check_path(r, at, strlen(text));
	if (err)
		return err;
	out->right = strdup(text);
	return out->right ? 0 : -ENOMEM;
}

static int read_text(const struct reader *r, struct scenario_expect *out)
{
	const char *left = skip_spaces(r->node->text);
	size_t left_len = 0;
	const char *at;
	char *right;
	size_t len;
	int err;

	while (is_path_char(left[left_len]))
		left_len++;
	at = read_operator(r, skip_spaces(left + left_len), out);
	if (!at)
		return -EINVAL;
	err = check_path(r, left, left_len);
	if (err)
		return err;
	out->left = strndup(left, left_len);
	at = skip_spaces(at);
	right = strdup(at);
	if (!out->left || !right) {
		free(right);
		return -ENOMEM;
	}
	len = strlen(right);
	while (len > 0 && (right[len - 1] == ' ' || right[len - 1] == '\n'))
		right[--len] = '\0';
	err = read_right(r, at, right, out);
	free(right);
	return err;
}

int expect_read(struct diag *diag, const struct yaml_node *node, const struct scenario *scenario,
		struct scenario_expect *out)
{
	const struct reader r = { diag, node, scenario };

	*out = (struct scenario_expect){ .line = node->pos.line };
	if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(diag, node->pos,
			   "an expectation is %s; expected a text such as "
			   "%s.vm0.submit.exits_per_op == 4",
			   yaml_kind_name(node), scenario->variants[0].name);
		return -EINVAL;
	}
	out->text = strdup(node->text);
	return out->text ? read_text(&r, out) : -ENOMEM;
}

void expect_free(struct scenario_expect *expect)
{
	free(expect->text);
	free(expect->left);
	free(expect->right);
	*expect = (struct scenario_expect){ 0 };
}
