// SPDX-License-Identifier: MIT
#include "sim/study/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define TICK_NS         100000000
#define AHEAD_BY_WORKER 16 /* results that may wait for an earlier one */

struct pool {
	const struct study_pool_jobs *jobs;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* for everybody: there is little to wake */
	uint64_t next;          /* job to begin */
	uint64_t running;
	uint64_t done;      /* finished */
	uint64_t delivered; /* all jobs below */
	size_t ahead;       /* size of the ring */
	void **ring;        /* results that wait, by job modulo ahead */
	bool stopped;       /* begin nothing more */
	int error;
};

static bool may_begin(const struct pool *pool)
{
	return pool->next < pool->jobs->count && pool->next < pool->delivered + pool->ahead;
}

static void *worker(void *arg)
{
	struct pool *pool = arg;

	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		uint64_t i;
		void *result;

		while (!pool->stopped && pool->next < pool->jobs->count && !may_begin(pool))
			pthread_cond_wait(&pool->changed, &pool->mutex);
		if (pool->stopped || pool->next == pool->jobs->count)
			break;
		i = pool->next++;
		pool->running++;
		pthread_mutex_unlock(&pool->mutex);
		result = pool->jobs->work(pool->jobs->ctx, i);
		pthread_mutex_lock(&pool->mutex);
		pool->running--;
		pool->done++;
		pool->ring[i % pool->ahead] = result;
		if (!result) {
			pool->error = pool->error ? pool->error : -ENOMEM;
			pool->stopped = true;
		}
		pthread_cond_broadcast(&pool->changed);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Hand over what is there, in order. Called and left with the lock held. */
static void deliver_ready(struct pool *pool)
{
	for (;;) {
		void **slot = &pool->ring[pool->delivered % pool->ahead];
		void *result = *slot;
		int ret;

		if (!result)
			return;
		*slot = NULL;
		pthread_mutex_unlock(&pool->mutex);
		if (pool->error && pool->error != -ENOMEM) {
			pool->jobs->drop(result);
			ret = 0;
		} else {
			ret = pool->jobs->deliver(pool->jobs->ctx, pool->delivered, result);
		}
		pthread_mutex_lock(&pool->mutex);
		pool->delivered++;
		if (ret) {
			pool->error = ret;
			pool->stopped = true;
		}
		pthread_cond_broadcast(&pool->changed);
	}
}

static void wait_a_tick(struct pool *pool)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&pool->changed, &pool->mutex, &until);
}

static void tick(struct pool *pool)
{
	uint64_t done = pool->done;
	bool go_on;

	if (!pool->jobs->tick)
		return;
	pthread_mutex_unlock(&pool->mutex);
	go_on = pool->jobs->tick(pool->jobs->ctx, done);
	pthread_mutex_lock(&pool->mutex);
	if (!go_on && !pool->stopped) {
		pool->stopped = true;
		pthread_cond_broadcast(&pool->changed);
	}
}

/* The caller's part, until there is nothing left to wait for. */
static void oversee(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		deliver_ready(pool);
		if (pool->running == 0 && (pool->stopped || pool->next == pool->jobs->count) &&
		    !pool->ring[pool->delivered % pool->ahead])
			break;
		tick(pool);
		if (!pool->ring[pool->delivered % pool->ahead])
			wait_a_tick(pool);
	}
	pool->stopped = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->mutex);
}

static int run_threads(struct pool *pool)
{
	unsigned wanted = pool->jobs->workers;
	pthread_t *threads = calloc(wanted, sizeof(*threads));
	unsigned started = 0;
	int ret = 0;

	if (!threads)
		return -ENOMEM;
	while (started < wanted && started < pool->jobs->count && ret == 0) {
		ret = pthread_create(&threads[started], NULL, worker, pool);
		started += ret == 0;
	}
	/* Fewer threads than wanted do as well; none does not. */
	if (started > 0 || pool->jobs->count == 0) {
		oversee(pool);
		ret = 0;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return -ret;
}

int study_pool_run(const struct study_pool_jobs *jobs)
{
	struct pool pool = { .jobs = jobs, .ahead = (size_t)jobs->workers * AHEAD_BY_WORKER };
	pthread_condattr_t monotonic;
	int ret;

	assert(jobs->workers > 0);
	pool.ring = calloc(pool.ahead, sizeof(*pool.ring));
	if (!pool.ring)
		return -ENOMEM;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&pool.mutex, NULL);
	pthread_cond_init(&pool.changed, &monotonic);
	ret = run_threads(&pool);
	for (size_t i = 0; i < pool.ahead; i++) {
		if (pool.ring[i])
			jobs->drop(pool.ring[i]);
	}
	pthread_cond_destroy(&pool.changed);
	pthread_mutex_destroy(&pool.mutex);
	pthread_condattr_destroy(&monotonic);
	free(pool.ring);
	if (ret || pool.error)
		return ret ? ret : pool.error;
	return pool.delivered == jobs->count ? 0 : -EINTR;
}

unsigned study_pool_default_workers(void)
{
	cpu_set_t set;
	int count = 0;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count > 0 ? (unsigned)count : 1;
}
