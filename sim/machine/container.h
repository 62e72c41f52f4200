/* SPDX-License-Identifier: MIT */
/* container_of(): the object around an embedded member. */
#ifndef PVMMIO_SIM_MACHINE_CONTAINER_H
#define PVMMIO_SIM_MACHINE_CONTAINER_H

#include <stddef.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
