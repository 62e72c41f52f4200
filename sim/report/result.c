// SPDX-License-Identifier: MIT
#include "sim/report/result.h"

#include <stdlib.h>

void sim_result_free(struct sim_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < result->vm_count; i++) {
		free(result->vms[i].registers);
		free(result->vms[i].vcpus);
		free(result->vms[i].objects);
		free(result->vms[i].contents);
		free(result->vms[i].frames.ps);
		for (size_t c = 0; c < result->vms[i].client_count; c++)
			free(result->vms[i].clients[c].frames.ps);
		free(result->vms[i].clients);
	}
	free(result->vms);
	free(result->threads);
	free(result);
}
