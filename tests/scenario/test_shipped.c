// SPDX-License-Identifier: MIT
/*
 * Every scenario and every profile that ships is right, and documented.
 */
#include "tests/scenario/fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "sim/scenario/file.h"
#include "sim/scenario/profile.h"
#include "tests/scenario/shipped.h"

/* Call check with the path of every YAML file in folder; there must be at least `least`. */
static void for_each(const char *folder, int least, void (*check)(const char *path))
{
	struct dirent **entries;
	int count = scandir(folder, &entries, shipped_is_yaml, alphasort);
	char path[FIXTURE_PATH_BYTES];

	assert_true(count >= least);
	for (int i = 0; i < count; i++) {
		check(fixture_path(folder, entries[i]->d_name, path));
		free(entries[i]);
	}
	free(entries);
}

/* Each file opens with a paragraph that says what it shows. */
static void check_paragraph(const char *path)
{
	size_t len;
	char *text;
	int lines = 0;

	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	for (const char *p = text; *p == '#'; p = strchr(p, '\n') + 1)
		lines++;
	if (lines < 2)
		fail_msg("%s does not say what it shows", path);
	free(text);
}

static void check_scenario(const char *path)
{
	const struct scenario_options options = { .errors = stderr };
	char *base = file_base_name(path, ".yaml");
	struct scenario *s;

	check_paragraph(path);
	if (scenario_load(&s, path, &options))
		fail_msg("%s is wrong", path);
	assert_string_equal(s->name, base);
	assert_true(strlen(s->title) > 0);
	assert_true(s->expect_count > 0);
	free(base);
	scenario_free(s);
}

static void scenarios_are_right(void **state)
{
	for_each(SHIPPED_FOLDER, 5, check_scenario);
}

/* A source is a publication, a derivation, or says that it is none. */
static void check_sources(const char *path, enum profile_kind kind)
{
	struct profile_store store = { 0 };
	const struct profile *profile;
	struct param_ref ref = { kind, 0 };
	struct diag diag = { 0 };
	int err;

	check_paragraph(path);
	err = profile_load(&store, &diag, kind, path, &profile);
	diag_print(&diag, stderr);
	if (err)
		fail_msg("%s is wrong", path);
	assert_true(strlen(profile->head.title) > 0);
	for (; ref.index < param_count(kind); ref.index++) {
		const struct profile_param *param = &profile->params[ref.index];

		assert_true(strlen(param->source) >= strlen("assumed"));
		/* what is assumed has a range to sweep, unless it is a yes or no */
		if (!strncmp(param->source, "assumed", 7) && param_unit(ref) != COST_UNIT_BOOL &&
		    param->low == param->high)
			fail_msg("%s: %s has no range", path, param_name(ref));
	}
	profile_store_free(&store);
	diag_free(&diag);
}

static void check_costs(const char *path)
{
	check_sources(path, PROFILE_COSTS);
}

static void check_hardware(const char *path)
{
	check_sources(path, PROFILE_HARDWARE);
}

static void profiles_are_right(void **state)
{
	for_each(SHIPPED_COSTS, 8, check_costs);
	for_each(SHIPPED_HARDWARE, 1, check_hardware);
}

/* Without a scenario's own keys, too. */
static void check_workload(const char *path)
{
	char name[] = "/tmp/pvmmio-shipped-XXXXXX", text[2 * FIXTURE_PATH_BYTES];
	const struct scenario_options options = { .errors = stderr };
	int fd = mkstemp(name);
	struct scenario *s;

	check_paragraph(path);
	snprintf(text, sizeof(text),
		 "vms: [{name: vm0, display: {}, workload: {use: %s}}]\nseed: 1\n", path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (scenario_load(&s, name, &options))
		fail_msg("%s is wrong", path);
	unlink(name);
	scenario_free(s);
}

static void workloads_are_right(void **state)
{
	for_each(SHIPPED_WORKLOADS, 7, check_workload);
}

static void load_costs(struct profile_store *store, const char *name, const struct profile **out)
{
	char path[FIXTURE_PATH_BYTES];
	struct diag diag = { 0 };

	fixture_path(SHIPPED_COSTS, name, path);
	assert_int_equal(profile_load(store, &diag, PROFILE_COSTS, path, out), 0);
	diag_free(&diag);
}

/* Figures that are published, recomputed from the profile in cycles of its clock. */
static uint64_t cycles(const struct profile *profile, enum cost_param param)
{
	return (profile->params[param].value * (profile->cpu_hz / 1000000) + 500000) / 1000000;
}

static void published_figures_are_kept(void **state)
{
	struct profile_store store = { 0 };
	const struct profile *kvm;
	uint64_t vmcall, in_kernel, userspace;

	load_costs(&store, "kvm-userspace.yaml", &kvm);
	vmcall = cycles(kvm, COST_EXIT_TRANSITION) + cycles(kvm, COST_DISPATCH_HYPERCALL) +
		 cycles(kvm, COST_EXIT_REENTRY);
	assert_in_range(vmcall, 1529, 1559);
	in_kernel = cycles(kvm, COST_EXIT_TRANSITION) + cycles(kvm, COST_DISPATCH_MMIO) +
		    cycles(kvm, COST_EXIT_REENTRY);
	userspace = in_kernel + cycles(kvm, COST_FORWARD_MMIO);
	assert_in_range(userspace * 100 / in_kernel, 320, 350);
	assert_int_equal(cycles(kvm, COST_WORK_GUEST_READ), 694);
	assert_int_equal(cycles(kvm, COST_WORK_GUEST_WRITE), 1506);
	assert_int_equal(cycles(kvm, COST_WORK_LOCK), 104);
	/* 27 registers, each read in 250 ns and written in 50 ns: 250 k cycles */
	assert_in_range(27 * (2 * cycles(kvm, COST_WORK_SWITCH_REGISTER) + 1020), 245000, 255000);
	assert_in_range(cycles(kvm, COST_WORK_GUEST_COPY_PAGE) * 40, 61000, 98000);
	/* a tracked page's fault stays in the kernel, an MMIO access does not */
	assert_true(cycles(kvm, COST_DISPATCH_WRITE_PROTECT) +
			    cycles(kvm, COST_FORWARD_WRITE_PROTECT) <
		    cycles(kvm, COST_DISPATCH_MMIO) + cycles(kvm, COST_FORWARD_MMIO));
	profile_store_free(&store);
}

/* An exit there and back, and what user space adds to it, in hundredths; 0: not told by a ratio. */
static void generations_are_as_published(void **state)
{
	static const struct {
		const char *file;
		uint64_t low, high; /* cycles */
		unsigned ratio_low, ratio_high;
	} rows[] = {
		{"kvm-userspace-nehalem.yaml",      2000,  2000,  320, 350},
		{ "kvm-userspace-sandybridge.yaml", 1600,  1700,  320, 350},
		{ "kvm-userspace-2024.yaml",        1018,  1098,  320, 350},
		{ "kvm-kernel.yaml",                1529,  1559,  100, 100},
		{ "kvm-nested.yaml",                13142, 13142, 320, 350},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile_store store = { 0 };
		const struct profile *costs;
		uint64_t light, in_kernel;

		load_costs(&store, rows[i].file, &costs);
		light = cycles(costs, COST_EXIT_TRANSITION) + cycles(costs, COST_EXIT_REENTRY);
		assert_in_range(light, rows[i].low, rows[i].high);
		in_kernel = light + cycles(costs, COST_DISPATCH_MMIO);
		assert_in_range((in_kernel + cycles(costs, COST_FORWARD_MMIO)) * 100 / in_kernel,
				rows[i].ratio_low, rows[i].ratio_high);
		assert_int_equal(cycles(costs, COST_WORK_GUEST_READ), 694);
		profile_store_free(&store);
	}
}

static void both_paths_are_alike_on_acrn(void **state)
{
	struct profile_store store = { 0 };
	const struct profile *acrn;

	load_costs(&store, "acrn-kernel.yaml", &acrn);
	assert_int_equal(acrn->params[COST_FORWARD_MMIO].value,
			 acrn->params[COST_FORWARD_WRITE_PROTECT].value);
	assert_true(acrn->params[COST_FORWARD_WRITE_PROTECT].value > 0);
	profile_store_free(&store);
}

static void zero_is_zero(void **state)
{
	struct profile_store store = { 0 };
	const struct profile *zero;

	load_costs(&store, "zero.yaml", &zero);
	for (int i = 0; i < COST_PARAM_COUNT; i++)
		assert_int_equal(zero->params[i].value, 0);
	profile_store_free(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios_are_right),
		cmocka_unit_test(profiles_are_right),
		cmocka_unit_test(workloads_are_right),
		cmocka_unit_test(published_figures_are_kept),
		cmocka_unit_test(generations_are_as_published),
		cmocka_unit_test(both_paths_are_alike_on_acrn),
		cmocka_unit_test(zero_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
