// SPDX-License-Identifier: MIT

#include "host/pvmmio.h"

#include <assert.h>
#include <errno.h>

#include "host/interrupt.h"
#include "host/vgpu.h"
#include "sim/abi/pvinfo.h"
#include "sim/abi/pvmmio.h"

#define LEVELS_REG (PVINFO_BASE + PVINFO_ENABLE_PVMMIO)
#define GPA_LO_REG (PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO)
#define GPA_HI_REG (PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_HI)

// Plain RAM of the guest: neither a device nor a page somebody watches.
static struct pvmmio_page *usable_page(const struct vgpu *vgpu, uint64_t gpa)
{
	uint64_t gfn = gpa >> PAGE_SHIFT;

	if (gpa == 0 || gpa & PAGE_MASK)
		return NULL;
	if (bus_attr_of(vgpu->vm->bus, gfn) != BUS_RAM)
		return NULL;
	return guest_ram_page(vgpu->vm->ram, gfn);
}

// Say what the page's layout is: the version last, so that whoever sees it sees the size.
static void publish_layout(struct vgpu *vgpu, struct pvmmio_page *page)
{
	work_spend(vgpu->m, WORK_GUEST_WRITE, 2);
	exec_sync(vgpu->m->ex);
	__atomic_store_n(&page->size_bytes, (uint32_t)sizeof(*page), __ATOMIC_RELAXED);
	__atomic_store_n(&page->version, PVMMIO_PAGE_VERSION, __ATOMIC_RELEASE);
}

static int refuse_levels(struct vgpu *vgpu, uint32_t wanted)
{
	vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_LEVELS, wanted);
	return -EINVAL;
}

static int negotiate(struct vgpu *vgpu, uint32_t wanted)
{
	uint64_t gpa = (uint64_t)vreg_read(vgpu, GPA_HI_REG) << 32 | vreg_read(vgpu, GPA_LO_REG);
	uint32_t accepted = wanted & vgpu->pvmmio_offered;
	struct pvmmio_page *page;
	int ret = 0;

	if (vgpu->pvmmio_levels)
		return refuse_levels(vgpu, wanted);
	if (wanted & ~vgpu->pvmmio_offered)
		ret = refuse_levels(vgpu, wanted);
	vreg_write(vgpu, LEVELS_REG, 0);
	if (!accepted)
		return ret;
	page = usable_page(vgpu, gpa);
	if (!page) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_PAGE, gpa);
		return -EINVAL;
	}
	publish_layout(vgpu, page);
	vgpu->pvmmio_gfn = gpa >> PAGE_SHIFT;
	vgpu->pvmmio_levels = accepted;
	vreg_write(vgpu, LEVELS_REG, accepted);
	return ret;
}

// The page cannot be moved while it is in use.
static int set_address(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	if (vgpu->pvmmio_levels) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_PAGE, value);
		return -EINVAL;
	}
	vreg_write(vgpu, offset, value);
	return 0;
}

int pvmmio_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case LEVELS_REG:
		return negotiate(vgpu, value);
	case GPA_LO_REG:
	case GPA_HI_REG:
		return set_address(vgpu, offset, value);
	default:
		// PVINFO_CHECK_PENDING_IRQ: the level it belongs to is not served, the check is
		// harmless.
		interrupt_check_pending(vgpu);
		return 0;
	}
}

int pvmmio_read_elsp(struct vgpu *vgpu, uint32_t dwords[3])
{
	const struct pvmmio_page *page;

	assert(vgpu->pvmmio_levels & PVMMIO_ELSP_SUBMIT);
	work_spend(vgpu->m, WORK_GUEST_READ, 1);
	exec_sync(vgpu->m->ex);
	page = guest_ram_page(vgpu->vm->ram, vgpu->pvmmio_gfn);
	if (!page)
		return -EFAULT;
	for (unsigned i = 0; i < 3; i++)
		dwords[i] = __atomic_load_n(&page->elsp_data[i], __ATOMIC_ACQUIRE);
	return 0;
}
