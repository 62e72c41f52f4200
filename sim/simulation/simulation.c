// SPDX-License-Identifier: MIT
#include "sim/simulation/simulation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/simulation/assembly.h"
#include "sim/simulation/collect.h"
#include "sim/simulation/workload.h"

/* A guest's software, on its vCPU 0. */
struct guest {
	struct workload *workload;
	struct executor *ex;
	size_t *running; /* guests that have not ended */
	bool ended;
};

static void guest_main(void *arg)
{
	struct guest *guest = arg;

	workload_run(guest->workload);
	guest->ended = true;
	if (--*guest->running == 0)
		executor_stop(guest->ex);
}

static int start_guest(struct guest *guest, const struct assembly *assembly, size_t i,
		       struct vm_result *result, size_t *running)
{
	int ret = workload_create(&guest->workload, &assembly->vms[i], &assembly->config->hardware,
				  result);

	if (ret)
		return ret;
	guest->ex = assembly->m->ex;
	guest->running = running;
	return vcpu_start(assembly->vms[i].vm, 0, 0, guest_main, guest);
}

/* Until all guests have ended, or none of them can go on any more. */
static int run_guests(const struct assembly *assembly, struct guest *guests,
		      struct sim_result *result)
{
	size_t running = result->vm_count;
	int ret = 0;

	for (size_t i = 0; i < result->vm_count && ret == 0; i++)
		ret = start_guest(&guests[i], assembly, i, &result->vms[i], &running);
	if (ret)
		return ret;
	executor_run(assembly->m->ex);
	for (size_t i = 0; i < result->vm_count; i++)
		result->vms[i].hung = !guests[i].ended;
	return collect_result(assembly, result);
}

void simulation_incident_names(const char *names[RESULT_INCIDENT_NAME_LIMIT + 1])
{
	size_t count = 0;

	while (count < GVT_INCIDENT_COUNT && count < RESULT_INCIDENT_NAME_LIMIT) {
		names[count] = gvt_incidents[count].name;
		count++;
	}
	names[count] = NULL;
}

static struct sim_result *result_create(size_t vm_count)
{
	struct sim_result *result = calloc(1, sizeof(*result));

	if (!result)
		return NULL;
	result->vms = calloc(vm_count, sizeof(*result->vms));
	if (!result->vms) {
		free(result);
		return NULL;
	}
	result->vm_count = vm_count;
	simulation_incident_names(result->incident_names);
	for (unsigned i = 0; i < GVT_WORKLOAD_END_COUNT; i++)
		result->end_names[i] = gvt_workload_ends[i];
	return result;
}

int simulation_run(struct sim_result **out, const struct sim_config *config,
		   const struct simulation_options *options)
{
	struct sim_result *result = result_create(config->vm_count);
	struct guest *guests = calloc(config->vm_count + 1, sizeof(*guests));
	struct assembly assembly;
	int ret = assembly_create(&assembly, config, options ? options->trace : NULL);

	if (ret == 0)
		ret = result && guests ? run_guests(&assembly, guests, result) : -ENOMEM;
	assembly_destroy(&assembly);
	for (size_t i = 0; guests && i < config->vm_count; i++)
		workload_destroy(guests[i].workload);
	free(guests);
	if (ret) {
		sim_result_free(result);
		return ret;
	}
	*out = result;
	return 0;
}

int simulation_check(const struct sim_config *config, char *why, size_t len)
{
	struct assembly assembly;
	int ret = assembly_create(&assembly, config, NULL);

	snprintf(why, len, "%s", assembly.why);
	assembly_destroy(&assembly);
	return ret;
}

bool simulation_same_room(const struct sim_config *a, const struct sim_config *b)
{
	bool same = a->vm_count == b->vm_count;

	for (size_t i = 0; same && i < a->vm_count; i++) {
		const struct vm_config *x = &a->vms[i], *y = &b->vms[i];

		same = x->mode == y->mode && x->memory_bytes == y->memory_bytes &&
		       x->vcpus == y->vcpus && x->aperture_bytes == y->aperture_bytes &&
		       x->hidden_bytes == y->hidden_bytes && x->fences == y->fences;
	}
	return same;
}
