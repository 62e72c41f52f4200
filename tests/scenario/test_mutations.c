// SPDX-License-Identifier: MIT
/*
 * Shipped files, damaged at random: loading them ends, with an error that has a message or with a
 * configuration, and never with a crash. Under AddressSanitizer this is the test of the reader.
 *
 * PVMMIO_SIM_MUTATIONS sets how many of each file are tried, PVMMIO_SIM_SEED the first.
 */
#include "tests/scenario/fixture.h"

#include <errno.h>
#include <stdio.h>

#include "sim/machine/rng.h"
#include "sim/scenario/file.h"
#include "tests/scenario/shipped.h"

#define MUTATIONS  250 /* of each file */
#define TEXT_BYTES 65536

/* Bits of YAML and of scenarios that do more damage than random bytes. */
static const char *const pieces[] = {
	"\n",
	":",
	": ",
	"- ",
	"[",
	"]",
	"{",
	"}",
	"\"",
	"'",
	"&a ",
	"*a",
	"!!x ",
	"? ",
	"|\n",
	">\n",
	"#",
	"\t",
	"  ",
	"---\n",
	"...\n",
	"%YAML 1.2\n",
	", ",
	"\\",
	"\xff",
	"\xc3\xa9",
	"-1",
	"0x",
	"99999999999999999999",
	"1.5",
	"ps",
	"GiB",
	"cycles",
	"vms.vm0.",
	"set: ",
	"<<: ",
	"\r",
};

static size_t insert(char *text, size_t len, size_t at, const char *bytes, size_t count)
{
	if (len + count >= TEXT_BYTES)
		return len;
	memmove(text + at + count, text + at, len - at);
	memcpy(text + at, bytes, count);
	return len + count;
}

static size_t cut(char *text, size_t len, size_t at, size_t count)
{
	if (count > len - at)
		count = len - at;
	memmove(text + at, text + at + count, len - at - count);
	return len - count;
}

static size_t mutate(struct rng *rng, char *text, size_t len)
{
	char copied[512];
	size_t at = rng_below(rng, len + 1);
	size_t count = rng_below(rng, sizeof(copied));
	const char *piece = pieces[rng_below(rng, sizeof(pieces) / sizeof(pieces[0]))];

	switch (rng_below(rng, 6)) {
	case 0:
		return cut(text, len, at, 1 + count / 64);
	case 1:
		return cut(text, len, at, count);
	case 2: /* repeat a part elsewhere */
		if (count > len - at)
			count = len - at;
		memcpy(copied, text + at, count);
		return insert(text, len, rng_below(rng, len + 1), copied, count);
	case 3:
		if (at < len)
			text[at] = (char)rng_next(rng);
		return len;
	case 4:
		return cut(text, len, at, len);
	default:
		return insert(text, len, at, piece, strlen(piece));
	}
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Load what is in `name` of folder; it is a scenario, or a profile that scenario.yaml uses. */
static void load_mutant(const char *folder, const char *name, uint64_t seed)
{
	struct scenario *s;
	char *messages;
	int ret = fixture_load(folder, name, NULL, &s, &messages);

	if (ret == 0) {
		json_t *json;

		assert_true(s->variant_count > 0);
		json = scenario_config_json(&s->variants[s->variant_count - 1].config);
		assert_non_null(json);
		json_decref(json);
		assert_string_equal(messages, "");
	} else if (ret != -EINVAL || !strstr(messages, "error: ") ||
		   messages[strlen(messages) - 1] != '\n') {
		fail_msg("seed %llu: %d %s", (unsigned long long)seed, ret, messages);
	}
	for (const char *p = messages; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
	free(messages);
	scenario_free(s);
}

static void damage(const char *folder, const char *from, const char *mutant, const char *loaded)
{
	uint64_t first = setting("PVMMIO_SIM_SEED", 1);
	uint64_t count = setting("PVMMIO_SIM_MUTATIONS", MUTATIONS);
	static char text[TEXT_BYTES];
	char *original;
	size_t original_len;

	assert_int_equal(file_read(from, TEXT_BYTES, &original, &original_len), 0);
	assert_true(original_len < TEXT_BYTES / 2);
	for (uint64_t seed = first; seed < first + count; seed++) {
		size_t len = original_len;
		struct rng rng;

		memcpy(text, original, len);
		rng_seed(&rng, seed);
		for (uint64_t n = 1 + rng_below(&rng, 6); n > 0; n--)
			len = mutate(&rng, text, len);
		fixture_write_bytes(folder, mutant, text, len);
		load_mutant(folder, loaded, seed);
	}
	free(original);
}

static void damaged_scenarios_are_survived(void **state)
{
	struct dirent **entries;
	int count = scandir(SHIPPED_FOLDER, &entries, shipped_is_yaml, alphasort);
	char path[FIXTURE_PATH_BYTES];

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		damage(*state, fixture_path(SHIPPED_FOLDER, entries[i]->d_name, path),
		       "mutant.yaml", "mutant.yaml");
		free(entries[i]);
	}
	free(entries);
}

static void damaged_profiles_are_survived(void **state)
{
	fixture_write(*state, "uses.yaml", "platform: {costs: zero}\n" FIXTURE_VMS);
	damage(*state, SHIPPED_COSTS "/zero.yaml", "profiles/costs/zero.yaml", "uses.yaml");
	damage(*state, SHIPPED_COSTS "/kvm-userspace.yaml", "profiles/costs/zero.yaml",
	       "uses.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_scenarios_are_survived),
		cmocka_unit_test(damaged_profiles_are_survived),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
