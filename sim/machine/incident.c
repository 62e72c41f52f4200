// SPDX-License-Identifier: MIT

#include <assert.h>
#include <string.h>

#include "sim/machine/incident.h"

static struct incident *find(struct incident_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

// The slot for a name that is not in the list yet; the last slot is everybody's.
static struct incident *add(struct incident_list *list, const char *name, const char *effect,
			    uint64_t time_ps, uint64_t value)
{
	struct incident *item;

	if (list->count == INCIDENT_LIMIT)
		return &list->items[INCIDENT_LIMIT - 1];
	if (list->count == INCIDENT_LIMIT - 1) {
		name = "other";
		effect = "various";
	}
	item = &list->items[list->count++];
	*item = (struct incident){
		.name = name,
		.effect = effect,
		.first_ps = time_ps,
		.first_value = value,
	};
	return item;
}

void incident_note(struct incident_list *list, const char *name, const char *effect,
		   uint64_t time_ps, uint64_t value)
{
	struct incident *item;

	assert(name && effect);
	item = find(list, name);
	if (!item)
		item = add(list, name, effect, time_ps, value);
	item->count++;
}

const struct incident *incident_find(const struct incident_list *list, const char *name)
{
	return find((struct incident_list *)list, name);
}
