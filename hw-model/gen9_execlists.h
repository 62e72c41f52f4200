/* SPDX-License-Identifier: MIT */
/*
 * The queue of execlists, as the engine's main loop sees it. Not for other folders.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_EXECLISTS_H
#define PVMMIO_HW_MODEL_GEN9_EXECLISTS_H

#include <stdbool.h>
#include <stdint.h>

struct gen9_engine;
struct gen9_execlist;

/* The execlist after the running one, or NULL; and whether the engine acts on it by now. */
const struct gen9_execlist *gen9_execlist_pending(const struct gen9_engine *engine);
bool gen9_execlist_pending_ready(const struct gen9_engine *engine);

/* Drop the running execlist, if any, and make the pending one the running one, from element 0. */
void gen9_execlist_promote(struct gen9_engine *engine);

/* Drop the running execlist: its place is free for a submission. */
void gen9_execlist_retire(struct gen9_engine *engine);

/* Context descriptor of an element of the running execlist. */
uint64_t gen9_execlist_element(const struct gen9_engine *engine, unsigned element);

/* Write a status entry and interrupt. 0 or -ECANCELED. */
int gen9_csb_write(struct gen9_engine *engine, uint32_t status, uint32_t context_id);

#endif
