/* SPDX-License-Identifier: MIT */
/*
 * What the commands of studies have in common: their options, signals, progress.
 */
#ifndef PVMMIO_SIM_CLI_STUDY_OPTIONS_H
#define PVMMIO_SIM_CLI_STUDY_OPTIONS_H

#include <argp.h>
#include <stdint.h>

#include "sim/cli/common.h"
#include "sim/study/run.h"

/* Keys of options, beside those of a command's own, which are letters or from 0x200 on. */
enum {
	STUDY_OPTION_SET = 's',
	STUDY_OPTION_VARIANT = 'v',
	STUDY_OPTION_WORKERS = 'w',
	STUDY_OPTION_PROGRESS = 0x180,
};

struct study_options {
	const char *file; /* the scenario; NULL: none was given */
	struct cli_list settings;
	struct cli_list variants;
	unsigned workers;
	bool progress;
};

/* The options --set, --variant, --workers and --progress, and one FILE: children of an argp. */
extern const struct argp_child study_argp_children[];
void study_options_init(struct study_options *options);
void study_options_free(struct study_options *options);

struct study_subject study_options_subject(const struct study_options *options);

/*
 * The exit status of a study that failed with ret, after a message unless it wrote one (-EINVAL) or
 * was stopped (-EINTR: then stopped is the status).
 */
int study_status_of(const struct study_options *options, int ret, int stopped);

/*
 * Watches over something long: shows how far it is, and takes notice of SIGINT, SIGTERM and SIGHUP,
 * which from here on end nothing by themselves. The first asks for an end; a second ends the
 * program as ever.
 */
struct study_watch {
	int signals; /* descriptor */
	int signal;  /* that was seen; 0: none */
	bool shown;  /* there is a line of progress to take away */
	bool show;
	const char *what; /* "points" */
	int64_t begun_ns, shown_ns;
};

/* Before any thread is made: they inherit what signals do. 0 or negative errno. */
int study_watch_begin(struct study_watch *watch, bool show, const char *what);

/* Look at both; watch is a struct study_watch. false: an end is asked for. */
bool study_watch_tick(void *watch, uint64_t done, uint64_t count);

/* Take the line away. Returns the exit status for a signal that was seen, else 0. */
int study_watch_end(struct study_watch *watch);

#endif
