// SPDX-License-Identifier: MIT

#include <errno.h>
#include <stdlib.h>

#include "sim/machine/machine.h"
#include "sim/machine/vm_impl.h"

#define DEFAULT_MEMORY_BYTES (UINT64_C(64) << 30)

/*
 * Linux 5.1 kernel/sched/fair.c: 0.75 ms, times 1 + log2 of the CPUs, of which at most 8 count. 3
 * ms are for 8 of them.
 */
#define DEFAULT_CPU_SLICE_PS (3 * PS_PER_MS)

// A party has got the CPU that it waited for: if it is in an exit, the exit took longer by that.
static void book_cpu_wait(void *local, uint64_t waited_ps)
{
	struct party *party = local;

	if (party && party->open_exit)
		party->open_exit->part_ps[EXIT_PART_CPU_WAIT] += waited_ps;
}

static int limit_cpus(struct machine *m, const struct machine_config *config)
{
	if (!config->cpu_count)
		return 0;
	return executor_limit_cpus(
		m->ex, config->cpu_count,
		config->cpu_slice_ps ? config->cpu_slice_ps : DEFAULT_CPU_SLICE_PS, book_cpu_wait);
}

int machine_create(struct machine **out, const struct machine_config *config)
{
	uint64_t memory_bytes = config->memory_bytes ? config->memory_bytes : DEFAULT_MEMORY_BYTES;
	struct machine *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return -ENOMEM;
	m->trace.sink = config->trace;
	m->seed = config->seed;
	rng_seed(&m->rng, config->seed);
	if (config->costs)
		m->costs = *config->costs;
	ret = executor_create(&m->ex);
	if (ret)
		goto fail;
	ret = limit_cpus(m, config);
	if (ret)
		goto fail;
	ret = physmem_create(&m->pm, memory_bytes);
	if (ret)
		goto fail;
	ret = bus_create(&m->host_bus, m->ex, NULL);
	if (ret)
		goto fail;
	ret = ledger_create(&m->ledger);
	if (ret)
		goto fail;
	*out = m;
	return 0;
fail:
	machine_destroy(m);
	return ret;
}

void machine_destroy(struct machine *m)
{
	struct host_thread *thread;

	if (!m)
		return;
	// Contexts first: nothing may run any more when what they use goes.
	executor_destroy(m->ex);
	while (m->vm_count > 0)
		vm_destroy(m->vms[--m->vm_count]);
	while ((thread = m->threads)) {
		m->threads = thread->next;
		free(thread);
	}
	bus_destroy(m->host_bus);
	ledger_destroy(m->ledger);
	physmem_destroy(m->pm);
	free(m);
}

int machine_spawn_thread(struct machine *m, const char *name, uint64_t start_ps,
			 exec_entry_fn entry, void *arg, struct exec_context **out)
{
	struct host_thread *thread = calloc(1, sizeof(*thread));
	struct exec_context *context;
	int ret;

	if (!thread)
		return -ENOMEM;
	ret = executor_spawn(m->ex, name, start_ps, entry, arg, &context);
	if (ret) {
		free(thread);
		return ret;
	}
	thread->party.kind = PARTY_HOST_THREAD;
	thread->origin = (struct work_origin){ .vm_id = -1, .op = GUEST_OP_NONE };
	thread->context = context;
	thread->next = m->threads;
	m->threads = thread;
	exec_context_set_local(context, &thread->party);
	exec_context_use_cpu(context, EXEC_CPU_THREAD);
	if (out)
		*out = context;
	return 0;
}
