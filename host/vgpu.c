// SPDX-License-Identifier: MIT

#include "host/vgpu.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/display.h"
#include "host/execlist.h"
#include "host/gtt.h"
#include "host/pv_ggtt.h"
#include "host/pv_submission.h"
#include "host/pvinfo.h"
#include "host/pvmmio.h"
#include "host/reset.h"
#include "host/scheduler.h"
#include "host/transport.h"
#include "host/workload.h"
#include "sim/abi/pvinfo.h"

#define PCI_CAPABILITY 0x34u
#define PCI_MSI        0xacu

void vgpu_incident(struct vgpu *vgpu, enum gvt_incident incident, uint64_t value)
{
	const struct gvt_incident_info *info = &gvt_incidents[incident];

	incident_note(&vgpu->vm->incidents, info->name, info->effect, exec_now(vgpu->m->ex), value);
}

static void write_reset_value(struct vgpu *vgpu, uint32_t begin, uint32_t end, uint32_t offset,
			      uint32_t value)
{
	if (offset >= begin && offset < end)
		vreg_write(vgpu, offset, value);
}

// Upstream starts from a snapshot of an idle device; here from the register table's reset values.
void vgpu_reset_registers(struct vgpu *vgpu, uint32_t begin, uint32_t end)
{
	for (uint32_t offset = begin; offset < end; offset += 4)
		if (offset - PVINFO_BASE >= PVINFO_SIZE_BYTES)
			vreg_write(vgpu, offset, 0);
	for (size_t i = 0; i < gen9_global_reg_count; i++)
		write_reset_value(vgpu, begin, end, gen9_global_regs[i].offset,
				  gen9_global_regs[i].reset);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		for (size_t i = 0; i < gen9_engine_reg_count; i++)
			write_reset_value(vgpu, begin, end,
					  engine_reg(id, gen9_engine_regs[i].offset),
					  gen9_engine_regs[i].reset);
		write_reset_value(vgpu, begin, end, engine_reg(id, RING_MI_MODE), MI_MODE_IDLE);
	}
}

/* ---- shares ---- */

static bool overlaps(const struct ggtt_slice *slice, uint64_t base, uint64_t bytes)
{
	return base < slice->base + slice->bytes && slice->base < base + bytes;
}

// First fit for a slice in [base, end): low slices or high ones, they never meet. What vgpu has now
// is free.
static int place_slice(const struct vgpu *vgpu, uint64_t base, uint64_t end, struct ggtt_slice *out)
{
	bool moved;

	do {
		moved = false;
		for (unsigned id = 1; id <= GVT_VGPU_LIMIT; id++) {
			const struct vgpu *other = vgpu->gvt->vgpus[id];

			if (!other || other == vgpu)
				continue;
			if (overlaps(&other->ggtt.low, base, out->bytes)) {
				base = other->ggtt.low.base + other->ggtt.low.bytes;
				moved = true;
			}
			if (overlaps(&other->ggtt.high, base, out->bytes)) {
				base = other->ggtt.high.base + other->ggtt.high.bytes;
				moved = true;
			}
		}
	} while (moved);
	if (base > end || out->bytes > end - base)
		return -ENOSPC;
	out->base = base;
	return 0;
}

static int place_fences(const struct vgpu *vgpu, unsigned count, unsigned *base_out)
{
	uint64_t used = (UINT64_C(1) << HOST_FENCE_COUNT) - 1;
	uint64_t wanted = (UINT64_C(1) << count) - 1;

	for (unsigned id = 1; id <= GVT_VGPU_LIMIT; id++) {
		const struct vgpu *other = vgpu->gvt->vgpus[id];

		if (other && other != vgpu)
			used |= ((UINT64_C(1) << other->fence_count) - 1) << other->fence_base;
	}
	for (unsigned base = 0; base + count <= GEN9_FENCE_COUNT; base++) {
		if (used & wanted << base)
			continue;
		*base_out = base;
		return 0;
	}
	return -ENOSPC;
}

// Take a share, in place of the one that the vGPU may have. Interleaves with nobody.
static int place(struct vgpu *vgpu, const struct vgpu_share *share)
{
	struct ggtt_slice low = { .bytes = share->aperture_bytes };
	struct ggtt_slice high = { .bytes = share->hidden_bytes };
	unsigned fence_base;
	int ret = place_slice(vgpu, GGTT_HOST_LOW_BYTES, GGTT_MAPPABLE_BYTES, &low);

	if (!ret)
		ret = place_slice(vgpu, GGTT_HOST_HIGH_BASE + GGTT_HOST_HIGH_BYTES, GGTT_BYTES,
				  &high);
	if (!ret)
		ret = place_fences(vgpu, share->fence_count, &fence_base);
	if (ret)
		return ret;
	vgpu->ggtt.low = low;
	vgpu->ggtt.high = high;
	vgpu->fence_base = fence_base;
	vgpu->fence_count = share->fence_count;
	vgpu->sched_weight = share->weight ? share->weight : GVT_WEIGHT_DEFAULT;
	return 0;
}

static int find_id(struct vgpu *vgpu)
{
	for (vgpu->id = 1; vgpu->id <= GVT_VGPU_LIMIT && vgpu->gvt->vgpus[vgpu->id];)
		vgpu->id++;
	return vgpu->id > GVT_VGPU_LIMIT ? -ENOSPC : 0;
}

/* ---- PCI ---- */

static void pci_write32(struct vgpu *vgpu, unsigned offset, uint32_t value)
{
	memcpy(&vgpu->vm->pci_config[offset], &value, sizeof(value));
}

/*
 * Memory decoding and MSI are on from the start, as the VM's firmware and PCI core leave them: the
 * guest driver here has no way to write configuration space. No stolen memory, no VGA.
 */
void vgpu_reset_pci(struct vgpu *vgpu)
{
	uint64_t bar0 = vgpu->bar0;

	memset(vgpu->vm->pci_config, 0, sizeof(vgpu->vm->pci_config));
	pci_write32(vgpu, GEN9_PCI_ID, GEN9_PCI_DEVICE);
	pci_write32(vgpu, 0x04, 0x00100006); // capability list; memory, bus master
	pci_write32(vgpu, 0x08, 0x03808006); // display controller, other; revision
	pci_write32(vgpu, GEN9_PCI_BAR0, (uint32_t)bar0 | 0x4); // 64-bit memory
	pci_write32(vgpu, GEN9_PCI_BAR0 + 4, (uint32_t)(bar0 >> 32));
	pci_write32(vgpu, GEN9_PCI_BAR2, 0xc); // 64-bit, prefetchable: not assigned
	pci_write32(vgpu, PCI_CAPABILITY, PCI_MSI);
	pci_write32(vgpu, GEN9_PCI_GMCH, 3u << 6); // 8 MiB of GGTT entries
	pci_write32(vgpu, PCI_MSI, 0x00010005);    // capability MSI, last; enabled
}

/* ---- life ---- */

static int map_regions(struct vgpu *vgpu)
{
	struct bus *bus = vgpu->vm->bus;
	int ret;

	transport_regions(vgpu, vgpu->bar0);
	ret = bus_map(bus, &vgpu->registers, BUS_TRAP);
	if (ret)
		return ret;
	ret = bus_map(bus, &vgpu->hole, BUS_TRAP);
	if (ret)
		goto unmap_registers;
	ret = bus_map(bus, &vgpu->gtt_window, BUS_TRAP);
	if (!ret)
		return 0;
	bus_unmap(bus, &vgpu->hole);
unmap_registers:
	bus_unmap(bus, &vgpu->registers);
	return ret;
}

static bool share_is_valid(const struct vgpu_share *share)
{
	return share->aperture_bytes && !(share->aperture_bytes & PAGE_MASK) &&
	       share->hidden_bytes && !(share->hidden_bytes & PAGE_MASK) &&
	       share->aperture_bytes <= GGTT_BYTES && share->hidden_bytes <= GGTT_BYTES &&
	       share->fence_count <= GEN9_FENCE_COUNT && share->weight <= GVT_WEIGHT_LIMIT;
}

int vgpu_create(struct vgpu **out, struct gvt *gvt, const struct vgpu_config *config)
{
	const struct vgpu_share share = {
		.aperture_bytes = config->aperture_bytes,
		.hidden_bytes = config->hidden_bytes,
		.fence_count = config->fence_count,
		.weight = config->weight,
	};
	struct vgpu *vgpu;
	int ret;

	if (!config->vm || config->bar0 & (GEN9_BAR0_SIZE_BYTES - 1) || !share_is_valid(&share))
		return -EINVAL;
	vgpu = calloc(1, sizeof(*vgpu));
	if (!vgpu)
		return -ENOMEM;
	vgpu->gvt = gvt;
	vgpu->m = gvt->m;
	vgpu->vm = config->vm;
	vgpu->bar0 = config->bar0;
	vgpu->sched_left_ps = INT64_MAX;
	sim_mutex_init(&vgpu->lock, "vgpu_lock");
	vgpu->pvmmio_offered = gvt->pvmmio_offered & config->pvmmio_allowed & PVMMIO_IMPLEMENTED;
	vgpu->deferred_doorbell = config->deferred_doorbell;
	ret = find_id(vgpu);
	if (!ret)
		ret = place(vgpu, &share);
	if (!ret && vgpu->deferred_doorbell)
		ret = pv_submission_start_thread(gvt);
	if (ret)
		goto free_vgpu;
	ret = -ENOMEM;
	vgpu->vreg = calloc(1, GEN9_MMIO_SIZE_BYTES);
	if (!vgpu->vreg)
		goto free_vgpu;
	ret = dma_map_init(vgpu);
	if (ret)
		goto free_vreg;
	ret = gtt_init(vgpu);
	if (ret)
		goto fini_dma;
	vgpu->shadow_mode = config->shadow;
	ret = ppgtt_init(vgpu);
	if (ret)
		goto fini_gtt;
	ret = shadow_context_init(vgpu);
	if (ret)
		goto fini_ppgtt;
	ret = map_regions(vgpu);
	if (ret)
		goto fini_context;
	vgpu_reset_registers(vgpu, 0, GEN9_MMIO_SIZE_BYTES);
	pvinfo_populate(vgpu);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		execlist_reset(vgpu, id);
	vgpu_reset_pci(vgpu);
	gvt->vgpus[vgpu->id] = vgpu;
	*out = vgpu;
	return 0;
fini_context:
	shadow_context_fini(vgpu);
fini_ppgtt:
	ppgtt_fini(vgpu);
fini_gtt:
	gtt_fini(vgpu);
fini_dma:
	dma_map_fini(vgpu);
free_vreg:
	free(vgpu->vreg);
free_vgpu:
	free(vgpu);
	return ret;
}

/*
 * Outside of contexts, a lock that is held is held by a context that was discarded: in the middle
 * of something, so that references, lists and counts need not agree.
 */
static bool was_cut_short(const struct vgpu *vgpu)
{
	return !vgpu->m->ex->current && vgpu->lock.owner;
}

static void drop_workloads(struct vgpu *vgpu)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct workload *workload;

		while ((workload = vgpu->engines[id].first)) {
			gvt_workload_remove(workload);
			gvt_workload_end(workload, GVT_WORKLOAD_DESTROYED);
		}
	}
}

void vgpu_clear_fences(struct vgpu *vgpu)
{
	for (unsigned i = 0; vgpu->fences_written && i < vgpu->fence_count; i++)
		hw_write32(&vgpu->gvt->hw, FENCE_LO(vgpu->fence_base + i), 0);
	vgpu->fences_written = false;
}

void vgpu_destroy(struct vgpu *vgpu)
{
	struct bus *bus;
	bool in_context;

	if (!vgpu)
		return;
	bus = vgpu->vm->bus;
	bus_unmap(bus, &vgpu->registers);
	bus_unmap(bus, &vgpu->hole);
	bus_unmap(bus, &vgpu->gtt_window);
	pv_ggtt_fini(vgpu);
	in_context = vgpu->m->ex->current;
	vgpu_display_stop(vgpu);
	pv_submission_stop(vgpu);
	sched_stop(vgpu);
	// Whoever completed the last workload may still hold the lock. Others may want it only to
	// take page tables away, and do not wait for it.
	if (in_context) {
		sched_wait_idle(vgpu);
		sim_mutex_lock(vgpu->m, &vgpu->lock);
	}
	if (was_cut_short(vgpu)) {
		ppgtt_abandon(vgpu);
		gvt_workloads_abandon(vgpu);
	}
	drop_workloads(vgpu);
	ppgtt_fini(vgpu);
	if (in_context)
		sim_mutex_unlock(vgpu->m, &vgpu->lock);
	engines_release(vgpu);
	vgpu_clear_fences(vgpu);
	shadow_context_fini(vgpu);
	gtt_fini(vgpu);
	dma_map_fini(vgpu);
	vgpu->gvt->vgpus[vgpu->id] = NULL;
	free(vgpu->vreg);
	free(vgpu);
}

/*
 * The device has been reset: no entry of the old share is present, nothing is pinned by it, its
 * fences are free.
 */
static int change_share(struct vgpu *vgpu, const struct vgpu_share *share)
{
	const unsigned fence_base = vgpu->fence_base;
	const unsigned fence_count = vgpu->fence_count;
	const unsigned weight = vgpu->sched_weight;
	const struct vgpu_ggtt old = vgpu->ggtt;
	struct vgpu_ggtt taken;
	int ret = place(vgpu, share);

	if (ret)
		return ret;
	ret = gtt_init(vgpu);
	taken = vgpu->ggtt;
	vgpu->ggtt = old;
	if (ret) {
		vgpu->fence_base = fence_base;
		vgpu->fence_count = fence_count;
		vgpu->sched_weight = weight;
		return ret;
	}
	gtt_fini(vgpu);
	vgpu->ggtt = taken;
	return 0;
}

int vgpu_resize(struct vgpu *vgpu, const struct vgpu_share *share)
{
	int ret = -EBUSY;

	if (!share_is_valid(share))
		return -EINVAL;
	sim_mutex_lock(vgpu->m, &vgpu->lock);
	if (!vgpu->scheduled && !vgpu->workloads) {
		vgpu_reset(vgpu, RESET_DEVICE, 0);
		ret = change_share(vgpu, share);
		pvinfo_populate(vgpu);
	}
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
	return ret;
}

void vgpu_get_stats(const struct vgpu *vgpu, struct vgpu_stats *out)
{
	*out = vgpu->stats;
	out->pvmmio_levels = vgpu->pvmmio_levels;
	out->failsafe = vgpu->failsafe != GVT_FAILSAFE_NONE;
	out->failsafe_cause = vgpu->failsafe;
}
