/* SPDX-License-Identifier: MIT */
/*
 * Address spaces (VMs) and what is bound in them (VMAs).
 *
 * A VM hands out addresses and edits page table entries through an operations table that is chosen
 * once, at probe: native or paravirtual, GGTT or PPGTT. Its mutex is held from choosing an address
 * to the last entry, so binding in different VMs goes on at once and in one VM one after the other.
 *
 * Operations are marked for accounting around exactly the accesses that they make: allocate, insert
 * and clear of a PPGTT, insert and clear of the GGTT. What each costs in exits is said where it is
 * implemented: i915_ggtt.h, i915_ppgtt.h.
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_vma.c, i915_gem_evict.c.
 */
#ifndef PVMMIO_GUEST_I915_VM_H
#define PVMMIO_GUEST_I915_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915.h"
#include "guest/i915_list.h"
#include "guest/i915_mutex.h"
#include "guest/i915_pages.h"
#include "guest/i915_space.h"
#include "hw-model/regs/gen9_context.h"

/* For the driver's own: from the upper end of the space. */
#define I915_BIND_HIGH (1u << 31)

/* GGTT and PPGTT entries beside present and writable. PAT index 4: write back. */
#define I915_PTE_CACHED (UINT64_C(1) << 7)

/* vm->mutex is held in all of them but destroy. Ranges are pages, inside of the space. */
struct i915_vm_ops {
	/*
	 * Tables for the range. 0, -ENOMEM, -EIO, -EINVAL; on an error nothing has changed. NULL:
	 * always there.
	 */
	int (*allocate_range)(struct i915_vm *vm, uint64_t start, uint64_t length_bytes);

	/*
	 * Entries of a vma. 0, -ENOMEM, -EIO, -EINVAL; on an error nothing is mapped, and
	 * clear_range is called for what allocate_range did.
	 */
	int (*insert_entries)(struct i915_vm *vm, const struct i915_vma *vma);

	/*
	 * The range's entries lead to scratch memory again; tables that become empty are freed. On
	 * an error (the host refused) the GPU reaches what it did before.
	 */
	int (*clear_range)(struct i915_vm *vm, uint64_t start, uint64_t length_bytes);

	/* The last reference is gone; nothing is bound. */
	void (*destroy)(struct i915_vm *vm);
};

struct i915_vm {
	struct i915 *i915;
	const struct i915_vm_ops *ops;
	bool is_ggtt;
	bool large_pages;
	bool closed;           /* its owner is gone: entries are left as they are */
	uint32_t refs;         /* the owner's, and one for each VMA; i915->lock */
	struct i915_list link; /* i915->ppgtts */

	struct i915_mutex mutex; /* the fields below, and the VMAs' nodes */
	struct i915_space space;
	struct i915_list bound; /* least recently pinned first */
	struct i915_list lost;  /* the host would not clear them; until the VM ends */
	struct i915_pages scratch;
	uint64_t scratch_pte;
};

struct i915_vma {
	struct i915_vm *vm;
	struct i915_object *obj;
	struct i915_list obj_link; /* obj->vmas */
	struct i915_list vm_link;  /* vm->bound or vm->lost */
	struct i915_node node;     /* taken: it is bound there */
	struct i915_bind how;
	uint32_t pins; /* vm->mutex */
	uint32_t uses; /* by requests that have not ended; i915->lock, as the next */
	bool dead;     /* unbound by its owner; freed with its last use */
	bool lost;
};

/* ---- i915_vm.c ---- */

/* scratch_align_pages: as many scratch pages, aligned so. 0, -ENOMEM. */
int i915_vm_init(struct i915_vm *vm, struct i915 *i915, const struct i915_vm_ops *ops,
		 size_t scratch_align_pages);
void i915_vm_fini(struct i915_vm *vm);

void i915_vm_close(struct i915_vm *vm); /* the owner's reference goes with it */
void i915_vm_ref(struct i915_vm *vm);   /* i915->lock held */
void i915_vm_unref(struct i915_vm *vm); /* outside of handlers and locks */

/* The operations, marked for accounting. */
int i915_vm_allocate(struct i915_vm *vm, const struct i915_vma *vma);
int i915_vm_insert(struct i915_vm *vm, const struct i915_vma *vma);
int i915_vm_clear(struct i915_vm *vm, const struct i915_vma *vma);

static inline uint64_t i915_pte(uint64_t gpa, unsigned bind_flags)
{
	return gpa | GEN8_PTE_PRESENT | (bind_flags & I915_BIND_READ_ONLY ? 0 : GEN8_PTE_WRITABLE) |
	       I915_PTE_CACHED;
}

/* ---- i915_vma.c ---- */

/* vm->mutex held. -EIO and others of clear_range: it is still bound. */
int i915_vma_evict(struct i915_vma *vma);

/* i915->lock held. A request begins and ends to use a VMA. */
void i915_vma_use(struct i915 *i915, struct i915_vma *vma);
void i915_vma_end_use(struct i915 *i915, struct i915_vma *vma);

/* The bytes that the object needs from the node's start on; the node may be larger. */
uint64_t i915_vma_length(const struct i915_vma *vma);

/* ---- i915_evict.c; vm->mutex held ---- */

/* Make room in vm: one idle VMA, the least recently pinned. false: there is none. */
bool i915_evict_one(struct i915_vm *vm);

/* Make room at [start, end) of vm. false: something there is in use; nothing is evicted then. */
bool i915_evict_range(struct i915_vm *vm, uint64_t start, uint64_t end);

/* Free tables, first of vm, then of others. false: nothing idle is left. */
bool i915_evict_tables(struct i915_vm *vm);

#endif
