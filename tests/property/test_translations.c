// SPDX-License-Identifier: MIT
/*
 * Property: whatever a guest does with its address spaces, every byte that the GPU can reach and
 * every translation is the same in all ways to translate, and is what a plain model of memory says.
 *
 * Each seed of a profile is run in a process of its own, in all modes. When it fails, the shortest
 * first part of the operations that still fails is looked for and run once more with a log.
 *
 *	test_translations                                     the ordinary run
 *	PVMMIO_PROPERTY_SEEDS=1000:50 test_translations       seeds 1000 to 1049 of each profile
 *	test_translations --profile oos --seed 7 --log        one seed again
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/abi/pvmmio.h"
#include "tests/property/world.h"

#define TIME_LIMIT_SECONDS 600u
#define LARGE_BLOCK_BYTES  (1 << 20)
#define ALL_MODES          UINT32_MAX

struct run {
	const struct profile *profile;
	uint64_t seed;
	unsigned op_count;
	uint32_t modes; /* a bit for each */
	bool log;
};

/* ---- one seed in all modes, in this process ---- */

static void run_mode(const struct run *run, const struct mode *mode,
		     struct vm_outcome outcomes[VM_LIMIT])
{
	struct world_options options = {
		.profile = run->profile,
		.mode = mode,
		.seed = run->seed,
		.vm_count = mode->is_native ? 1 : run->profile->vms,
		.op_count = run->op_count,
		.log = run->log,
	};

	world_run(&options, outcomes);
	for (unsigned i = 1; mode->is_native && i < run->profile->vms; i++) {
		options.first_vm = i;
		world_run(&options, outcomes);
	}
}

static void __attribute__((noreturn))
fail_comparison(const struct run *run, const struct mode *mode, const struct mode *other,
		unsigned vm, const char *what, uint64_t value, uint64_t expected)
{
	fprintf(stderr, "FAILED: %s seed %llu: VM %u, %s: %llu in mode %s, %llu in mode %s\n",
		run->profile->name, (unsigned long long)run->seed, vm, what,
		(unsigned long long)value, mode->name, (unsigned long long)expected, other->name);
	exit(EXIT_FAILURE);
}

static void compare_outcomes(const struct run *run, const struct mode *mode,
			     const struct mode *other, unsigned vm,
			     const struct vm_outcome *outcome, const struct vm_outcome *expected)
{
	for (unsigned i = 0; i < run->profile->vcpus; i++) {
		if (outcome->digest_count[i] != expected->digest_count[i])
			fail_comparison(run, mode, other, vm, "number of checkpoints",
					outcome->digest_count[i], expected->digest_count[i]);
		for (unsigned j = 0; j < outcome->digest_count[i]; j++)
			if (outcome->digests[i][j] != expected->digests[i][j])
				fail_comparison(run, mode, other, vm, "checkpoint differs", j, j);
	}
}

/* Only what the operations alone decide, and only drivers that use the same pages. */
static void compare_with_earlier(const struct run *run, unsigned mode,
				 struct vm_outcome outcomes[][VM_LIMIT])
{
	const struct profile *profile = run->profile;

	for (unsigned vm = 0; profile->is_ample && vm < profile->vms; vm++) {
		for (unsigned i = 0; i < mode; i++) {
			if (!(run->modes >> i & 1) || !mode_applies(&modes[i], profile) ||
			    mode_uses_huge_pages(&modes[i], profile, vm) !=
				    mode_uses_huge_pages(&modes[mode], profile, vm))
				continue;
			compare_outcomes(run, &modes[mode], &modes[i], vm, &outcomes[mode][vm],
					 &outcomes[i][vm]);
			break;
		}
	}
}

static unsigned find_mode(const char *name)
{
	unsigned i = 0;

	while (strcmp(modes[i].name, name))
		i++;
	return i;
}

static bool is_strict(const struct mode *mode, unsigned vm)
{
	return !mode->is_native && mode->vm[vm].shadow == VM_SHADOW_STRICT &&
	       !(mode->vm[vm].levels & PVMMIO_PPGTT_UPDATE);
}

/*
 * Under strict shadowing each store exits, in other modes no more than these. Not so when clearing:
 * whether that is done at all for what a context leaves bound depends on when its last request is
 * noticed to have ended.
 */
static void compare_exits(const struct run *run, struct vm_outcome outcomes[][VM_LIMIT])
{
	const unsigned strict = find_mode("strict");

	if (!run->profile->is_ample || !(run->modes >> strict & 1))
		return;
	for (unsigned i = 0; i < mode_count; i++) {
		for (unsigned vm = 0; vm < run->profile->vms; vm++) {
			uint64_t count = outcomes[i][vm].insert_exits;
			uint64_t limit = outcomes[strict][vm].insert_exits;

			if (run->modes >> i & 1 && mode_applies(&modes[i], run->profile) &&
			    (count > limit || (is_strict(&modes[i], vm) && count != limit)))
				fail_comparison(run, &modes[i], &modes[strict], vm,
						"stores to tables that exited", count, limit);
		}
	}
}

static void run_seed(const struct run *run)
{
	struct vm_outcome(*outcomes)[VM_LIMIT] = calloc(mode_count, sizeof(*outcomes));

	if (!outcomes)
		exit(EXIT_FAILURE);
	for (unsigned i = 0; i < mode_count; i++) {
		if (!(run->modes >> i & 1) || !mode_applies(&modes[i], run->profile))
			continue;
		run_mode(run, &modes[i], outcomes[i]);
		compare_with_earlier(run, i, outcomes);
	}
	compare_exits(run, outcomes);
	free(outcomes);
}

/* ---- in a process of its own ---- */

/* Does it pass? What it says is shown or not. */
static bool try_run(const struct run *run, bool shown)
{
	int status;
	pid_t child;

	fflush(stdout);
	fflush(stderr);
	child = fork();
	if (child == 0) {
		if (!shown)
			dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		alarm(TIME_LIMIT_SECONDS);
		// Large blocks come from the kernel, zeroed when they are touched.
		mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
		run_seed(run);
		exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* One mode, if one alone fails. */
static void shrink_modes(struct run *run)
{
	for (unsigned i = 0; i < mode_count; i++) {
		struct run alone = *run;

		alone.modes = 1u << i;
		if (!mode_applies(&modes[i], run->profile) || try_run(&alone, false))
			continue;
		run->modes = alone.modes;
		return;
	}
}

static void shrink_operations(struct run *run)
{
	unsigned passes = 0, fails = run->op_count;

	while (passes + 1 < fails) {
		run->op_count = passes + (fails - passes) / 2;
		if (try_run(run, false))
			passes = run->op_count;
		else
			fails = run->op_count;
	}
	run->op_count = fails;
}

static void explain(struct run *run)
{
	shrink_modes(run);
	shrink_operations(run);
	fprintf(stderr, "shortest failing part: --profile %s --seed %llu --ops %u --modes %#x\n",
		run->profile->name, (unsigned long long)run->seed, run->op_count, run->modes);
	run->log = true;
	try_run(run, true);
}

static bool run_seeds(const struct profile *profile, uint64_t first, uint64_t count)
{
	bool passed = true;

	for (uint64_t seed = first; seed < first + count; seed++) {
		struct run run = {
			.profile = profile,
			.seed = seed,
			.op_count = profile->ops,
			.modes = ALL_MODES,
		};

		if (try_run(&run, true))
			continue;
		passed = false;
		explain(&run);
	}
	return passed;
}

/* ---- as a test ---- */

static void test_profile(void **state)
{
	const struct profile *profile = *state;
	const char *wanted = getenv("PVMMIO_PROPERTY_SEEDS");
	uint64_t first = 1, count = profile->seeds;
	char *end;

	if (wanted) {
		first = strtoull(wanted, &end, 0);
		count = *end == ':' ? strtoull(end + 1, NULL, 0) : 1;
	}
	if (!run_seeds(profile, first, count))
		fail_msg("%s", profile->name);
}

static int run_as_tests(void)
{
	struct CMUnitTest tests[16] = { 0 };
	size_t count = profile_count < 16 ? profile_count : 16;

	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){
			.name = profiles[i].name,
			.test_func = test_profile,
			.initial_state = (void *)&profiles[i],
		};
	return _cmocka_run_group_tests("translations", tests, count, NULL, NULL);
}

/* ---- one seed again ---- */

static const struct profile *find_profile(const char *name)
{
	for (size_t i = 0; i < profile_count; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	fprintf(stderr, "unknown profile: %s\n", name);
	exit(2);
}

static int replay(int argc, char **argv)
{
	struct run run = { .profile = &profiles[0], .seed = 1, .modes = ALL_MODES };

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--log"))
			run.log = true;
		else if (!strcmp(argv[i], "--profile"))
			run.profile = find_profile(value), i++;
		else if (!strcmp(argv[i], "--seed"))
			run.seed = strtoull(value, NULL, 0), i++;
		else if (!strcmp(argv[i], "--ops"))
			run.op_count = (unsigned)strtoul(value, NULL, 0), i++;
		else if (!strcmp(argv[i], "--modes"))
			run.modes = (uint32_t)strtoul(value, NULL, 0), i++;
		else
			return 2;
	}
	if (!run.op_count)
		run.op_count = run.profile->ops;
	run_seed(&run);
	return 0;
}

int main(int argc, char **argv)
{
	return argc > 1 ? replay(argc, argv) : run_as_tests();
}
