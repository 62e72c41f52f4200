/* SPDX-License-Identifier: MIT */
/*
 * The files that ship: PVMMIO_SIM_ROOT is the source tree.
 */
#ifndef PVMMIO_TESTS_SCENARIO_SHIPPED_H
#define PVMMIO_TESTS_SCENARIO_SHIPPED_H

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#define SHIPPED_FOLDER    PVMMIO_SIM_ROOT "/scenarios"
#define SHIPPED_COSTS     PVMMIO_SIM_ROOT "/scenarios/profiles/costs"
#define SHIPPED_HARDWARE  PVMMIO_SIM_ROOT "/scenarios/profiles/hardware"
#define SHIPPED_WORKLOADS PVMMIO_SIM_ROOT "/scenarios/workloads"

static inline int shipped_is_yaml(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && !strcmp(entry->d_name + len - 5, ".yaml");
}

#endif
