// SPDX-License-Identifier: MIT

#include "host/dma_map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/vgpu.h"

// Where a count comes back from the list: far below the limit, so that it does not go to and fro.
#define PINS_FEW (DMA_PINS_MANY / 2)

struct dma_many {
	struct dma_many *next;
	uint64_t gfn;
	uint64_t pins;
};

static uint64_t gfn_count(const struct vgpu *vgpu)
{
	return guest_ram_size_bytes(vgpu->vm->ram) >> PAGE_SHIFT;
}

int dma_map_init(struct vgpu *vgpu)
{
	vgpu->dma = (struct dma_map){ 0 };
	vgpu->dma.pins = calloc(gfn_count(vgpu), sizeof(*vgpu->dma.pins));
	return vgpu->dma.pins ? 0 : -ENOMEM;
}

void dma_map_fini(struct vgpu *vgpu)
{
	assert(!vgpu->dma.pinned_pages && "a vGPU goes while the GPU can reach its pages");
	assert(!vgpu->dma.many);
	free(vgpu->dma.pins);
	vgpu->dma.pins = NULL;
}

// The element of a page whose count is in the list, moved to the front.
static struct dma_many *many_of(struct dma_map *map, uint64_t gfn)
{
	struct dma_many **link = &map->many;
	struct dma_many *many;

	while ((*link)->gfn != gfn)
		link = &(*link)->next;
	many = *link;
	*link = many->next;
	many->next = map->many;
	map->many = many;
	return many;
}

static int begin_many(struct dma_map *map, uint64_t gfn)
{
	struct dma_many *many = malloc(sizeof(*many));

	if (!many)
		return -ENOMEM;
	*many = (struct dma_many){ .next = map->many, .gfn = gfn, .pins = DMA_PINS_MANY };
	map->many = many;
	map->pins[gfn] = DMA_PINS_MANY;
	return 0;
}

static int pin(struct dma_map *map, uint64_t gfn)
{
	if (map->pins[gfn] == DMA_PINS_MANY) {
		many_of(map, gfn)->pins++;
		return 0;
	}
	if (map->pins[gfn] == DMA_PINS_MANY - 1)
		return begin_many(map, gfn);
	if (!map->pins[gfn]++)
		map->pinned_pages++;
	return 0;
}

int dma_map_gfn(struct vgpu *vgpu, uint64_t gfn, uint64_t *mfn)
{
	int ret = guest_ram_translate(vgpu->vm->ram, gfn, mfn);

	return ret ? ret : pin(&vgpu->dma, gfn);
}

static void unpin_many(struct dma_map *map, uint64_t gfn)
{
	struct dma_many *many = many_of(map, gfn);

	if (--many->pins > PINS_FEW)
		return;
	map->pins[gfn] = (uint16_t)many->pins;
	map->many = many->next;
	free(many);
}

void dma_unmap_gfn(struct vgpu *vgpu, uint64_t gfn)
{
	struct dma_map *map = &vgpu->dma;

	assert(gfn < gfn_count(vgpu) && map->pins[gfn] && "a pin is given back that nobody took");
	if (map->pins[gfn] == DMA_PINS_MANY)
		unpin_many(map, gfn);
	else if (!--map->pins[gfn])
		map->pinned_pages--;
}

void dma_unmap_mfn(struct vgpu *vgpu, uint64_t mfn)
{
	uint64_t gfn;
	int ret = guest_ram_gfn_of(vgpu->vm->ram, mfn, &gfn);

	assert(!ret && "an entry names a frame that is not its guest's");
	dma_unmap_gfn(vgpu, gfn);
}

uint64_t dma_pinned_pages(const struct vgpu *vgpu)
{
	return vgpu->dma.pinned_pages;
}

uint64_t dma_pins_of(const struct vgpu *vgpu, uint64_t gfn)
{
	if (gfn >= gfn_count(vgpu))
		return 0;
	if (vgpu->dma.pins[gfn] != DMA_PINS_MANY)
		return vgpu->dma.pins[gfn];
	for (const struct dma_many *many = vgpu->dma.many; many; many = many->next)
		if (many->gfn == gfn)
			return many->pins;
	return 0;
}
