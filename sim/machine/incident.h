/* SPDX-License-Identifier: MIT */
/*
 * Incidents: what a guest did that it should not have, by name, with count and first time.
 *
 * The mediator and the hardware model name their incidents in tables of their own; this is only the
 * list that a VM carries and a report prints.
 */
#ifndef PVMMIO_SIM_MACHINE_INCIDENT_H
#define PVMMIO_SIM_MACHINE_INCIDENT_H

#include <stddef.h>
#include <stdint.h>

#define INCIDENT_LIMIT 64 /* slots per VM */

struct incident {
	const char *name;   /* static string: "elsp_descriptor_invalid" */
	const char *effect; /* static string: what the guest gets: "submission dropped" */
	uint64_t count;
	uint64_t first_ps;
	uint64_t first_value; /* offending value of the first one */
};

struct incident_list {
	struct incident items[INCIDENT_LIMIT];
	size_t count;
};

/*
 * Count one more of name at time_ps. The last slot is for "other": it counts every name beyond the
 * first INCIDENT_LIMIT - 1.
 */
void incident_note(struct incident_list *list, const char *name, const char *effect,
		   uint64_t time_ps, uint64_t value);

/* The incident called name, or NULL. */
const struct incident *incident_find(const struct incident_list *list, const char *name);

#endif
