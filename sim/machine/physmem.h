/* SPDX-License-Identifier: MIT */
/*
 * Host physical memory, and the guest RAM carved out of it.
 *
 * Physical memory is one sparse memfd, mapped once for the host and for devices ("host view",
 * linear in the machine physical address, mpa). A VM's RAM is a set of pieces of it, mapped a
 * second time, elsewhere, linear in the guest physical address, gpa ("guest view"). Both views are
 * the same bytes: a store through one is a store through the other.
 *
 * Pieces are placed so that gfn != mfn for every page of every VM, in shuffled order, and every
 * fourth 2 MiB of the last 256 MiB of guest RAM is made of 64 KiB fragments, so that no code can
 * get away with treating guest memory as contiguous in the host. (Not of all of it: each piece is a
 * mapping, and a process has some 65000.)
 *
 * Ownership of frames is tracked by piece: physmem_owner() answers whose frame it is. Frame 0 is
 * never handed out: a zero mfn is always a mistake.
 */
#ifndef PVMMIO_SIM_MACHINE_PHYSMEM_H
#define PVMMIO_SIM_MACHINE_PHYSMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/machine/rng.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  UINT64_C(4096)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define GUEST_RAM_GRANULE (UINT64_C(2) << 20) /* size and placement unit of guest RAM */

enum {
	PHYSMEM_OWNER_NONE = 0,
	PHYSMEM_OWNER_HOST = 1,
	PHYSMEM_OWNER_VM0 = 2, /* VM with id n owns as PHYSMEM_OWNER_VM0 + n */
};

struct physmem;
struct guest_ram;

/* Create size_bytes (a multiple of 2 MiB) of physical memory. 0, -EINVAL, -ENOMEM, or memfd's
 * error. */
int physmem_create(struct physmem **out, uint64_t size_bytes);

/* NULL is allowed. All guest_ram of it must be gone. */
void physmem_destroy(struct physmem *pm);

uint64_t physmem_size_bytes(const struct physmem *pm);

/*
 * Host view of [mpa, mpa + len), or NULL when any of it lies outside of memory. Contiguous only
 * within what the caller knows to be one allocation.
 */
void *physmem_at(const struct physmem *pm, uint64_t mpa, uint64_t len);

/* Who owns the frame: PHYSMEM_OWNER_*; NONE outside of memory. */
unsigned physmem_owner(const struct physmem *pm, uint64_t mfn);

/*
 * Allocate page_count contiguous, zeroed frames for the host. *mfn_out is the first. 0 or -ENOMEM.
 * physmem_free_pages() takes back exactly what one call gave. physmem_host_pages() counts what is
 * allocated now: a leak check.
 */
int physmem_alloc_pages(struct physmem *pm, uint64_t page_count, uint64_t *mfn_out);
void physmem_free_pages(struct physmem *pm, uint64_t mfn, uint64_t page_count);
uint64_t physmem_host_pages(const struct physmem *pm);

/*
 * Give owner (>= PHYSMEM_OWNER_VM0) size_bytes of zeroed RAM, a multiple of GUEST_RAM_GRANULE. rng
 * shuffles the pieces. 0, -EINVAL, -ENOMEM, or mmap's error.
 */
int guest_ram_create(struct guest_ram **out, struct physmem *pm, unsigned owner,
		     uint64_t size_bytes, struct rng *rng);
void guest_ram_destroy(struct guest_ram *ram);

uint64_t guest_ram_size_bytes(const struct guest_ram *ram);

/* The guest view: size_bytes bytes, linear in the gpa. For the guest's own loads and stores. */
void *guest_ram_guest_view(const struct guest_ram *ram);

/* gfn -> mfn. 0, or -EFAULT when the gfn is not RAM. */
int guest_ram_translate(const struct guest_ram *ram, uint64_t gfn, uint64_t *mfn_out);

/* The other way round, for whoever holds only the frame: mfn -> gfn. 0, or -EFAULT when the frame
 * is not in this RAM. */
int guest_ram_gfn_of(const struct guest_ram *ram, uint64_t mfn, uint64_t *gfn_out);

/*
 * Copy between the host and guest physical memory, through the host view, page by page. All or
 * nothing: -EFAULT, and nothing copied, when any byte of the range is not RAM. Aligned accesses of
 * 4 and 8 bytes are single copies.
 */
int guest_ram_read(const struct guest_ram *ram, uint64_t gpa, void *buf, size_t len);
int guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *buf, size_t len);

/* Host view of one whole guest page, for atomics on shared pages; NULL when gfn is not RAM. */
void *guest_ram_page(const struct guest_ram *ram, uint64_t gfn);

#endif
