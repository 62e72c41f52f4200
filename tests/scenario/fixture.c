// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int fixture_setup(void **state)
{
	char name[] = "/tmp/pvmmio-scenario-XXXXXX";

	*state = mkdtemp(name) ? strdup(name) : NULL;
	return *state ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int fixture_teardown(void **state)
{
	int ret = nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return ret;
}

char *fixture_path(const char *folder, const char *name, char *buf)
{
	int len = snprintf(buf, FIXTURE_PATH_BYTES, "%s/%s", folder, name);

	assert_true(len > 0 && len < FIXTURE_PATH_BYTES);
	return buf;
}

static void make_folders(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

void fixture_write_bytes(const char *folder, const char *name, const void *bytes, size_t len)
{
	char path[FIXTURE_PATH_BYTES];
	FILE *out;

	fixture_path(folder, name, path);
	make_folders(path, strlen(folder) + 1);
	out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

void fixture_write(const char *folder, const char *name, const char *text)
{
	fixture_write_bytes(folder, name, text, strlen(text));
}

int fixture_load(const char *folder, const char *name, const char *const *overrides,
		 struct scenario **out, char **messages)
{
	struct scenario_options options = { .overrides = overrides };
	char path[FIXTURE_PATH_BYTES];
	char *text = NULL;
	size_t len;
	int ret;

	while (overrides && overrides[options.override_count])
		options.override_count++;
	options.errors = open_memstream(&text, &len);
	assert_non_null(options.errors);
	ret = scenario_load(out, fixture_path(folder, name, path), &options);
	assert_int_equal(fclose(options.errors), 0);
	if (messages)
		*messages = text;
	else
		free(text);
	return ret;
}

struct scenario *fixture_load_good(const char *folder, const char *text,
				   const char *const *overrides)
{
	struct scenario *scenario;
	char *messages;
	int ret;

	fixture_write(folder, "good.yaml", text);
	ret = fixture_load(folder, "good.yaml", overrides, &scenario, &messages);
	if (ret)
		print_error("%s", messages);
	assert_int_equal(ret, 0);
	assert_string_equal(messages, "");
	free(messages);
	return scenario;
}

/* Take every occurrence of part out of text. */
static void take_out(char *text, const char *part)
{
	size_t len = strlen(part);

	while ((text = strstr(text, part)))
		memmove(text, text + len, strlen(text + len) + 1);
}

static int is_excerpt(const char *line)
{
	return line[0] == ' ' && strlen(line) > 6 && line[6] == '|';
}

char *fixture_brief(const char *folder, char *messages)
{
	char with_slash[FIXTURE_PATH_BYTES];
	char *to = messages;

	take_out(messages, fixture_path(folder, "", with_slash));
	take_out(messages, "error: ");
	for (char *line = messages; *line;) {
		size_t len = strcspn(line, "\n") + 1;

		if (!is_excerpt(line)) {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
	return messages;
}
