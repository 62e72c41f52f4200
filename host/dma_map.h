/* SPDX-License-Identifier: MIT */
/*
 * Pins: which pages of a guest's RAM the GPU can reach, and how often.
 *
 * Everybody who puts a guest's frame into a table that the hardware reads maps it here first and
 * unmaps it when the entry is gone: trapped GGTT writes, shadow tables, paravirtual updates. A
 * frame with a pin stays where it is. Here frames never move, so a pin only counts; that every pin
 * taken is given back is what the count proves.
 *
 * Two bytes for each page of guest RAM. A page that is mapped more often than fits, as a guest's
 * scratch page can be, has its count in a list beside: that takes 65535 entries of tables for each
 * element of the list, so a guest pays for its length with memory.
 *
 * All functions need vgpu->lock or a vGPU that nobody runs.
 */
#ifndef PVMMIO_HOST_DMA_MAP_H
#define PVMMIO_HOST_DMA_MAP_H

#include <stdint.h>

struct vgpu;
struct dma_many;

/* In struct vgpu. */
struct dma_map {
	uint16_t *pins;        /* by gfn; DMA_PINS_MANY: in the list */
	struct dma_many *many; /* the one used last first */
	uint64_t pinned_pages;
};

#define DMA_PINS_MANY UINT16_MAX

/* 0, -ENOMEM. The vGPU's VM is set. */
int dma_map_init(struct vgpu *vgpu);

/* Asserts that nothing is pinned. Nothing for a map that was never there. */
void dma_map_fini(struct vgpu *vgpu);

/*
 * Pin the guest's page gfn for the GPU. *mfn is what to put into an entry. 0, -EFAULT when it is
 * not RAM of this guest, -ENOMEM. Costs no time: the kinds of work that map entries include it.
 */
int dma_map_gfn(struct vgpu *vgpu, uint64_t gfn, uint64_t *mfn);

/* Give back one pin of gfn; asserts that there is one. */
void dma_unmap_gfn(struct vgpu *vgpu, uint64_t gfn);

/* The same for whoever has only what stands in the hardware's entry. */
void dma_unmap_mfn(struct vgpu *vgpu, uint64_t mfn);

/* Pages with at least one pin; pins of one page. For leak checks. */
uint64_t dma_pinned_pages(const struct vgpu *vgpu);
uint64_t dma_pins_of(const struct vgpu *vgpu, uint64_t gfn);

#endif
