// SPDX-License-Identifier: MIT
/* The text table: a view of the tree, nothing else. One block per VM, one column per variant. */
#include <errno.h>
#include <string.h>

#include "sim/report/report.h"
#include "sim/report/view.h"

#define HEADING_BYTES 512

/* Is a VM of this name in a variant before this one? */
static bool vm_before(const json_t *variants, size_t column, const char *name)
{
	for (size_t i = 0; i < column; i++) {
		if (view_vm(variants, i, name))
			return true;
	}
	return false;
}

static int write_blocks(const json_t *variants, FILE *out, bool colour)
{
	json_t *variant, *vm;
	size_t i, j;

	json_array_foreach(variants, i, variant)
	{
		json_array_foreach(json_object_get(variant, "vms"), j, vm)
		{
			const char *name = json_string_value(json_object_get(vm, "name"));
			int ret;

			if (vm_before(variants, i, name))
				continue;
			fputc('\n', out);
			ret = view_write_vm(variants, name, out, colour);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* What all variants have in common. */
static void append_common(const json_t *variants, const char *label, const char *path, char *text,
			  size_t size)
{
	const char *value = json_string_value(view_dig(json_array_get(variants, 0), path));
	size_t used = strlen(text);

	if (value && view_is_common(variants, path))
		snprintf(text + used, size - used, ", %s %s", label, value);
}

static void write_heading(const json_t *report, FILE *out, bool colour)
{
	const json_t *variants = json_object_get(report, "variants");
	const char *title = json_string_value(json_object_get(report, "title"));
	char text[HEADING_BYTES];

	snprintf(text, sizeof(text), "%s%s%s",
		 json_string_value(json_object_get(report, "scenario")), title[0] ? ": " : "",
		 title);
	fputs(colour ? "\033[1m" : "", out);
	view_write_wrapped(text, 0, out);
	fputs(colour ? "\033[0m" : "", out);
	snprintf(text, sizeof(text), "seed %" JSON_INTEGER_FORMAT ", pvmmio-sim %s",
		 json_integer_value(json_object_get(report, "seed")),
		 json_string_value(json_object_get(report, "version")));
	append_common(variants, "hardware", "config.platform.hardware", text, sizeof(text));
	append_common(variants, "costs", "config.platform.costs", text, sizeof(text));
	view_write_wrapped(text, 0, out);
}

static void write_summary(const json_t *report, FILE *out, bool colour)
{
	const json_t *expectations = json_object_get(report, "expectations");
	size_t held = 0, failed = 0, skipped = 0;
	json_t *expectation;
	size_t i;

	if (json_array_size(expectations) == 0)
		return;
	json_array_foreach(expectations, i, expectation)
	{
		const json_t *ok = json_object_get(expectation, "ok");

		held += json_is_true(ok);
		failed += json_is_false(ok);
		skipped += json_is_null(ok);
	}
	fprintf(out, "\nexpectations: %s%zu of %zu hold%s",
		!colour  ? ""
		: failed ? "\033[31m"
			 : "\033[32m",
		held, held + failed, colour ? "\033[0m" : "");
	if (skipped)
		fprintf(out, ", %zu skipped (variant not run)", skipped);
	fputc('\n', out);
}

int report_write_text(const json_t *report, FILE *out, bool colour)
{
	int ret;

	write_heading(report, out, colour);
	ret = write_blocks(json_object_get(report, "variants"), out, colour);
	if (ret)
		return ret;
	write_summary(report, out, colour);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
