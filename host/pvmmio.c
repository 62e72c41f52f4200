// SPDX-License-Identifier: MIT

#include "host/pvmmio.h"

#include <assert.h>
#include <errno.h>

#include "host/interrupt.h"
#include "host/pv_ggtt.h"
#include "host/pv_ppgtt.h"
#include "host/pv_submission.h"
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
	// One way of submission only.
	if (accepted & PVMMIO_PV_SUBMISSION)
		accepted &= ~PVMMIO_ELSP_SUBMIT;
	// Where the window cannot be mapped only that level stays off.
	if (accepted & PVMMIO_GGTT_UPDATE && pv_ggtt_enable(vgpu))
		accepted &= ~PVMMIO_GGTT_UPDATE;
	if (!accepted)
		return -ENOMEM;
	if (accepted & PVMMIO_PV_SUBMISSION)
		pv_submission_enable(vgpu, page);
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
		// PVINFO_CHECK_PENDING_IRQ; without its level the check is harmless.
		interrupt_check_pending(vgpu);
		return 0;
	}
}

void pvmmio_reset(struct vgpu *vgpu)
{
	assert(!vgpu->spaces && "a space is left that a level owns");
	pv_ggtt_disable(vgpu);
	vgpu->pvmmio_levels = 0;
	vgpu->pvmmio_gfn = 0;
	vreg_write(vgpu, LEVELS_REG, 0);
	vreg_write(vgpu, GPA_LO_REG, 0);
	vreg_write(vgpu, GPA_HI_REG, 0);
}

// Before a record is read or answered: others may have to go first.
static struct pvmmio_page *access_page(struct vgpu *vgpu, enum work_kind kind)
{
	work_spend(vgpu->m, kind, 1);
	exec_sync(vgpu->m->ex);
	return guest_ram_page(vgpu->vm->ram, vgpu->pvmmio_gfn);
}

int pvmmio_read_elsp(struct vgpu *vgpu, uint32_t dwords[3])
{
	const struct pvmmio_page *page;

	assert(vgpu->pvmmio_levels & PVMMIO_ELSP_SUBMIT);
	page = access_page(vgpu, WORK_GUEST_READ);
	if (!page)
		return -EFAULT;
	for (unsigned i = 0; i < 3; i++)
		dwords[i] = __atomic_load_n(&page->elsp_data[i], __ATOMIC_ACQUIRE);
	return 0;
}

bool pvmmio_irq_disabled(struct vgpu *vgpu)
{
	const struct pvmmio_page *page;

	assert(vgpu->pvmmio_levels & PVMMIO_MASTER_IRQ);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	page = access_page(vgpu, WORK_GUEST_READ);
	return page && __atomic_load_n(&page->disable_irq, __ATOMIC_ACQUIRE);
}

/* ---- table updates ---- */

static bool is_ggtt_code(uint32_t code)
{
	return code == G2V_GGTT_INSERT || code == G2V_GGTT_CLEAR;
}

static void answer(struct vgpu *vgpu, uint32_t code, enum pvmmio_status status)
{
	struct pvmmio_page *page = access_page(vgpu, WORK_GUEST_WRITE);
	uint32_t *word = is_ggtt_code(code) ? &page->ggtt.status : &page->ppgtt.status;

	__atomic_store_n(word, (uint32_t)status, __ATOMIC_RELEASE);
}

// value: what of the record the report shows.
static enum pvmmio_status update_ppgtt(struct vgpu *vgpu, uint32_t code, uint64_t *value)
{
	const struct pvmmio_page *page = access_page(vgpu, WORK_GUEST_READ);
	const struct pvmmio_ppgtt_record record = {
		.pdp = __atomic_load_n(&page->ppgtt.pdp, __ATOMIC_ACQUIRE),
		.start = __atomic_load_n(&page->ppgtt.start, __ATOMIC_ACQUIRE),
		.length_bytes = __atomic_load_n(&page->ppgtt.length_bytes, __ATOMIC_ACQUIRE),
		.cache_level = __atomic_load_n(&page->ppgtt.cache_level, __ATOMIC_ACQUIRE),
	};
	enum pvmmio_status status = pv_ppgtt_update(vgpu, code, &record);

	*value = status == PVMMIO_STATUS_UNKNOWN_ROOT ? record.pdp : record.start;
	return status;
}

static enum pvmmio_status update_ggtt(struct vgpu *vgpu, uint32_t code, uint64_t *value)
{
	const struct pvmmio_page *page = access_page(vgpu, WORK_GUEST_READ);
	const struct pvmmio_ggtt_record record = {
		.start = __atomic_load_n(&page->ggtt.start, __ATOMIC_ACQUIRE),
		.length_bytes = __atomic_load_n(&page->ggtt.length_bytes, __ATOMIC_ACQUIRE),
		.cache_level = __atomic_load_n(&page->ggtt.cache_level, __ATOMIC_ACQUIRE),
	};

	*value = record.start;
	return pv_ggtt_update(vgpu, code, &record);
}

static enum gvt_incident incident_of(uint32_t code, enum pvmmio_status status)
{
	if (status == PVMMIO_STATUS_REFUSED)
		return GVT_INCIDENT_PVMMIO_NOTIFY;
	if (status == PVMMIO_STATUS_UNKNOWN_ROOT)
		return GVT_INCIDENT_PPGTT_UNKNOWN_ROOT;
	return is_ggtt_code(code) ? GVT_INCIDENT_GGTT_RECORD : GVT_INCIDENT_PPGTT_RECORD;
}

int pvmmio_notify(struct vgpu *vgpu, uint32_t code)
{
	uint32_t level = is_ggtt_code(code) ? PVMMIO_GGTT_UPDATE : PVMMIO_PPGTT_UPDATE;
	enum pvmmio_status status = PVMMIO_STATUS_REFUSED;
	uint64_t value = code;

	if (vgpu->pvmmio_levels & level)
		status = is_ggtt_code(code) ? update_ggtt(vgpu, code, &value)
					    : update_ppgtt(vgpu, code, &value);
	if (status)
		vgpu_incident(vgpu, incident_of(code, status), value);
	// Without any level there is no page to answer in.
	if (vgpu->pvmmio_levels)
		answer(vgpu, code, status);
	return status ? -EINVAL : 0;
}
