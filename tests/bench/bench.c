// SPDX-License-Identifier: MIT
// Interleaved rounds of all competitors, medians, and a table. Numbers vary with the machine, its
// load and its clock: what counts are the ratios within one run.

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/machine/rng.h"
#include "tests/bench/bench.h"

#define STREAM_ACCESSES 4096
#define ROUND_LIMIT     101

static const struct bench_competitor *const competitors[] = {
	&bench_bus,
	&bench_platform,
	&bench_tlm,
	&bench_table,
};

#define COMPETITORS (sizeof(competitors) / sizeof(competitors[0]))
#define ANCHOR      2 // bench_tlm: what the others are compared with

struct options {
	uint64_t rounds;
	uint64_t repeat; // of the stream, in a round
	uint64_t switches;
};

struct result {
	double ns[ROUND_LIMIT]; // per access, of each round
	uint64_t checksum;      // of the last round
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, uint64_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

// Two writes to one read, as a driver's submissions and interrupts make them, over all registers.
static void make_stream(struct bench_access *accesses)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < STREAM_ACCESSES; i++)
		accesses[i] = (struct bench_access){
			.offset = (uint32_t)rng_below(&rng, BENCH_REGISTERS) * 4,
			.value = (uint32_t)rng_next(&rng),
			.is_write = rng_below(&rng, 3) != 0,
		};
}

static bool print_results(struct result *results, const struct options *options)
{
	double anchor_ns = median(results[ANCHOR].ns, options->rounds);
	bool equal = true;

	printf("%-28s %10s %8s %16s %14s  %s\n", "", "ns/access", "(best)", "accesses/s",
	       "speed vs. TLM", "checksum");
	for (size_t i = 0; i < COMPETITORS; i++) {
		double ns = median(results[i].ns, options->rounds);

		// sorted by median()
		printf("%-28s %10.2f %8.2f %16.0f %13.2fx  %016" PRIx64 "\n", competitors[i]->name,
		       ns, results[i].ns[0], 1e9 / ns, anchor_ns / ns, results[i].checksum);
		equal = equal && results[i].checksum == results[0].checksum;
	}
	printf("checksums: %s\n", equal ? "all equal" : "DIFFERENT, the numbers mean nothing");
	return equal;
}

static int compare(const struct options *options)
{
	static struct bench_access accesses[STREAM_ACCESSES];
	static struct result results[COMPETITORS];
	static double switch_ns[ROUND_LIMIT];
	struct bench_stream stream = { accesses, STREAM_ACCESSES, options->repeat };
	void *selves[COMPETITORS];
	void *switcher = bench_switch_create();
	double start;
	bool equal;

	make_stream(accesses);
	for (size_t i = 0; i < COMPETITORS; i++)
		selves[i] = competitors[i]->create();
	for (uint64_t round = 0; round < options->rounds; round++) {
		for (size_t i = 0; i < COMPETITORS; i++) {
			start = now_ns();
			results[i].checksum = competitors[i]->run(selves[i], &stream);
			results[i].ns[round] = (now_ns() - start) /
					       (double)(stream.count * stream.repeat);
		}
		start = now_ns();
		switch_ns[round] = (double)bench_switch_run(switcher, options->switches);
		switch_ns[round] = (now_ns() - start) / switch_ns[round];
	}
	printf("%" PRIu64 " interleaved rounds of %" PRIu64
	       " accesses to %d registers, 1/3 reads; medians\n\n",
	       options->rounds, stream.count * stream.repeat, BENCH_REGISTERS);
	equal = print_results(results, options);
	printf("\nexecutor: %.1f ns per context switch\n", median(switch_ns, options->rounds));
	for (size_t i = 0; i < COMPETITORS; i++)
		competitors[i]->destroy(selves[i]);
	bench_switch_destroy(switcher);
	return equal ? 0 : 1;
}

static bool parse_count(const char *text, uint64_t limit, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *out >= 1 && *out <= limit;
}

int bench_main(int argc, char **argv)
{
	struct options options = { .rounds = 11, .repeat = 1000, .switches = 2000000 };

	for (int i = 1; i < argc; i += 2) {
		uint64_t *value = strcmp(argv[i], "--rounds") == 0   ? &options.rounds
				  : strcmp(argv[i], "--repeat") == 0 ? &options.repeat
								     : NULL;
		uint64_t limit = value == &options.rounds ? ROUND_LIMIT : 1000000;

		if (!value || i + 1 == argc || !parse_count(argv[i + 1], limit, value)) {
			fprintf(stderr,
				"usage: tests/bench/run [--rounds 1..%d] [--repeat 1..1000000]\n",
				ROUND_LIMIT);
			return 2;
		}
	}
	return compare(&options);
}
