// SPDX-License-Identifier: MIT

#include "host/pvmmio.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "host/interrupt.h"
#include "host/mmio.h"
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

/* ---- read pass-through ---- */

// The pages of registers, except for the one of PVINFO: the memory behind them is what they read
// as.
static int set_register_pages(struct vgpu *vgpu, enum bus_attr attr)
{
	uint64_t first_pfn = vgpu->registers.base >> PAGE_SHIFT;
	uint64_t pvinfo_pfn = first_pfn + (PVINFO_BASE >> PAGE_SHIFT);
	uint64_t end_pfn = first_pfn + (GEN9_MMIO_SIZE_BYTES >> PAGE_SHIFT);
	struct bus *bus = vgpu->vm->bus;
	int ret = bus_set_attr(bus, first_pfn, pvinfo_pfn - first_pfn, attr, NULL);

	return ret ? ret : bus_set_attr(bus, pvinfo_pfn + 1, end_pfn - pvinfo_pfn - 1, attr, NULL);
}

void pvmmio_stop_direct_reads(struct vgpu *vgpu)
{
	int ret = set_register_pages(vgpu, BUS_TRAP);

	assert(!ret && "the vGPU's own pages");
	(void)ret;
}

/* ---- negotiation ---- */

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
	if (accepted & PVMMIO_READ_PASSTHROUGH && set_register_pages(vgpu, BUS_READ_DIRECT))
		accepted &= ~PVMMIO_READ_PASSTHROUGH;
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
	if (vgpu->pvmmio_levels & PVMMIO_READ_PASSTHROUGH)
		pvmmio_stop_direct_reads(vgpu);
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

uint32_t pvmmio_read_port(struct vgpu *vgpu)
{
	const struct pvmmio_page *page;
	uint32_t offset;
	uint32_t value;

	if (!(vgpu->pvmmio_levels & PVMMIO_READ_PASSTHROUGH))
		return 0;
	page = access_page(vgpu, WORK_GUEST_READ);
	offset = __atomic_load_n(&page->reg_addr, __ATOMIC_ACQUIRE);
	if (offset % 4 || offset >= GEN9_MMIO_SIZE_BYTES ||
	    offset - PVINFO_BASE < PVINFO_SIZE_BYTES) {
		vgpu_incident(vgpu, GVT_INCIDENT_READ_PORT, offset);
		return 0;
	}
	work_spend(vgpu->m, WORK_HANDLER, 1);
	return mmio_read_locked(vgpu, offset, &value) ? 0 : value;
}

/* ---- records of the display ---- */

// clang-format off
static const struct {
	uint16_t offset; // in the page
	uint16_t words;
	uint16_t status_offset;
} records[] = {
	[PVMMIO_RECORD_PLANE] = { offsetof(struct pvmmio_page, plane),
				  sizeof(struct pvmmio_plane_record) / 4,
				  offsetof(struct pvmmio_page, plane_status) },
	[PVMMIO_RECORD_WATERMARK] = { offsetof(struct pvmmio_page, watermark),
				      sizeof(struct pvmmio_watermark_record) / 4,
				      offsetof(struct pvmmio_page, watermark_status) },
};
// clang-format on

static uint32_t *word_at(struct pvmmio_page *page, unsigned offset)
{
	return (uint32_t *)((uint8_t *)page + offset);
}

void pvmmio_take(struct vgpu *vgpu, enum pvmmio_record which, uint32_t words[])
{
	struct pvmmio_page *page = access_page(vgpu, WORK_GUEST_READ);
	uint32_t *record = word_at(page, records[which].offset);

	words[0] = __atomic_exchange_n(&record[0], 0, __ATOMIC_ACQ_REL);
	for (unsigned i = 1; i < records[which].words; i++)
		words[i] = __atomic_load_n(&record[i], __ATOMIC_ACQUIRE);
}

void pvmmio_answer(struct vgpu *vgpu, enum pvmmio_record which, enum pvmmio_status status)
{
	struct pvmmio_page *page = access_page(vgpu, WORK_GUEST_WRITE);

	__atomic_store_n(word_at(page, records[which].status_offset), (uint32_t)status,
			 __ATOMIC_RELEASE);
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
