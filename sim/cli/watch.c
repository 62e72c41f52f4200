// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/study_options.h"

__extension__ typedef __int128 s128;

#define SHOW_EVERY_NS 200000000
#define SECOND_NS     1000000000

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

int study_watch_begin(struct study_watch *watch, bool show, const char *what)
{
	sigset_t set;

	*watch = (struct study_watch){ .show = show, .what = what, .begun_ns = now_ns() };
	watched_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	watch->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return watch->signals < 0 ? -errno : 0;
}

/* The first one asks for an end. From then on they do again what they do by themselves. */
static void look_for_signal(struct study_watch *watch)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (watch->signal || read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return;
	watch->signal = (int)info.ssi_signo;
	watched_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* "1:02:03", "4:05" */
static void format_seconds(char *buf, size_t len, int64_t seconds)
{
	if (seconds >= 3600)
		snprintf(buf, len, "%" PRId64 ":%02d:%02d", seconds / 3600,
			 (int)(seconds / 60 % 60), (int)(seconds % 60));
	else
		snprintf(buf, len, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static void show(struct study_watch *watch, uint64_t done, uint64_t count)
{
	int64_t spent_ns = now_ns() - watch->begun_ns;
	char left[32] = "";
	char estimate[48] = "";

	if (watch->shown && now_ns() - watch->shown_ns < SHOW_EVERY_NS && done < count)
		return;
	if (watch->signal) {
		snprintf(estimate, sizeof(estimate), ", stopping; once more to stop at once");
	} else if (done > 0 && done < count) {
		s128 left_ns = (s128)spent_ns * (int64_t)(count - done) / (int64_t)done;

		format_seconds(left, sizeof(left), (int64_t)(left_ns / SECOND_NS));
		snprintf(estimate, sizeof(estimate), ", about %s left", left);
	}
	fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " %s%s", done, count, watch->what,
		estimate);
	fflush(stderr);
	watch->shown = true;
	watch->shown_ns = now_ns();
}

bool study_watch_tick(void *ctx, uint64_t done, uint64_t count)
{
	struct study_watch *watch = ctx;
	look_for_signal(watch);
	if (watch->show)
		show(watch, done, count);
	return !watch->signal;
}

int study_watch_end(struct study_watch *watch)
{
	look_for_signal(watch);
	if (watch->shown)
		fputs("\r\033[K", stderr);
	close(watch->signals);
	return watch->signal ? 128 + watch->signal : 0;
}
