// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include <cmocka.h>

#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"
#include "tests/guest/fake.h"

const struct gen9_engine_info fake_engine_info[GEN9_ENGINE_COUNT] = GEN9_ENGINE_TABLE;

/* ---- life cycle ---- */

#define REGS_BYTES   ((size_t)GEN9_MMIO_SIZE_BYTES)
#define GGTT_BYTES   ((size_t)GEN9_GGTT_ENTRIES * sizeof(uint64_t))
#define LOG_BYTES    ((size_t)FAKE_LOG_LIMIT * sizeof(struct fake_access))
#define STORES_BYTES ((size_t)FAKE_STORE_LIMIT * sizeof(struct fake_store))
#define RAM_BYTES    ((size_t)FAKE_RAM_PAGES * PLAT_PAGE_SIZE)

/* Zeroed, and sparse: some tests make hundreds of machines, each touching little. */
static void *map_bytes(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

struct platform *fake_create(void)
{
	struct platform *plat = calloc(1, sizeof(*plat));

	plat->regs = map_bytes(REGS_BYTES);
	plat->ggtt = map_bytes(GGTT_BYTES);
	plat->log = map_bytes(LOG_BYTES);
	plat->stores = map_bytes(STORES_BYTES);
	plat->ram = map_bytes(RAM_BYTES);
	plat->pci[GEN9_PCI_ID / 4] = GEN9_PCI_DEVICE;
	plat->pci[GEN9_PCI_BAR0 / 4] = (uint32_t)FAKE_BAR0 | 0x4; /* 64 bits */
	plat->pci[GEN9_PCI_BAR0 / 4 + 1] = (uint32_t)(FAKE_BAR0 >> 32);
	plat->pci[GEN9_PCI_GMCH / 4] = 3u << 6;
	plat->irq_enabled = true;
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		plat->gpu.engines[i].csb_write = GEN9_CSB_PTR_RESET;
	return plat;
}

void fake_set_pvinfo(struct platform *plat, uint32_t offset, uint32_t value)
{
	plat->regs[(PVINFO_BASE + offset) / 4] = value;
}

struct platform *fake_create_vgpu(void)
{
	struct platform *plat = fake_create();

	fake_set_pvinfo(plat, PVINFO_MAGIC, (uint32_t)PVINFO_MAGIC_VALUE);
	fake_set_pvinfo(plat, PVINFO_MAGIC + 4, (uint32_t)(PVINFO_MAGIC_VALUE >> 32));
	fake_set_pvinfo(plat, PVINFO_VERSION_MAJOR, 1);
	fake_set_pvinfo(plat, PVINFO_VGT_CAPS, VGT_CAPS_FULL_48BIT_PPGTT | VGT_CAPS_HWSP_EMULATION);
	fake_set_pvinfo(plat, PVINFO_LOW_GM_BASE, FAKE_LOW_BASE);
	fake_set_pvinfo(plat, PVINFO_LOW_GM_SIZE, FAKE_LOW_BYTES);
	fake_set_pvinfo(plat, PVINFO_HIGH_GM_BASE, FAKE_HIGH_BASE);
	fake_set_pvinfo(plat, PVINFO_HIGH_GM_SIZE, FAKE_HIGH_BYTES);
	fake_set_pvinfo(plat, PVINFO_FENCE_NUM, FAKE_FENCES);
	plat->host.offered = PVMMIO_ALL;
	plat->host.page_version = PVMMIO_PAGE_VERSION;
	plat->host.page_size_bytes = sizeof(struct pvmmio_page);
	return plat;
}

void fake_destroy(struct platform *plat)
{
	munmap(plat->regs, REGS_BYTES);
	munmap(plat->ggtt, GGTT_BYTES);
	munmap(plat->log, LOG_BYTES);
	munmap(plat->stores, STORES_BYTES);
	munmap(plat->ram, RAM_BYTES);
	free(plat);
}

/* ---- interleaving points and interrupts ---- */

void fake_poll_interrupts(struct platform *plat)
{
	while (plat->irq_enabled && plat->irq_pending && !plat->irq_in_handler &&
	       plat->irq_handler) {
		plat->irq_pending = false;
		plat->irq_enabled = false;
		plat->irq_in_handler = true;
		plat->interrupts_taken++;
		plat->irq_handler(plat->irq_opaque);
		assert_int_equal(plat->locks_held, 0);
		plat->irq_in_handler = false;
		plat->irq_enabled = true;
	}
}

static void point(struct platform *plat)
{
	plat->points++;
	if (plat->hook && !plat->in_hook) {
		plat->in_hook = true;
		plat->hook(plat, plat->hook_arg);
		plat->in_hook = false;
	}
	fake_poll_interrupts(plat);
}

void fake_on_other_vcpu(struct platform *plat, void (*fn)(void *arg), void *arg)
{
	bool enabled = plat->irq_enabled;

	assert_int_equal(plat->locks_held, 0);
	plat->irq_enabled = false;
	plat->on_other_vcpu = true;
	fn(arg);
	plat->on_other_vcpu = false;
	plat->irq_enabled = enabled;
}

void plat_irq_register(struct platform *plat, void (*handler)(void *opaque), void *opaque)
{
	plat->irq_handler = handler;
	plat->irq_opaque = opaque;
}

bool plat_irq_save(struct platform *plat)
{
	bool enabled = plat->irq_enabled;

	plat->irq_enabled = false;
	return enabled;
}

void plat_irq_restore(struct platform *plat, bool enabled)
{
	plat->irq_enabled = enabled;
	point(plat);
}

static bool wake_reason(struct platform *plat)
{
	unsigned taken = plat->interrupts_taken;

	fake_poll_interrupts(plat);
	if (plat->woken || (!plat->on_other_vcpu && plat->interrupts_taken != taken)) {
		plat->woken = false;
		return true;
	}
	return false;
}

#define FRAME_NS 16666667u

bool plat_halt(struct platform *plat, uint64_t deadline_ns)
{
	bool was_enabled = plat->irq_enabled;
	bool woken;

	assert_false(was_enabled); /* the contract of plat_halt() */
	assert_int_equal(plat->locks_held, 0);
	plat->halts++;
	plat->last_deadline_ns = deadline_ns;
	plat->irq_enabled = true;
	woken = wake_reason(plat);
	while (!woken && plat->gpu.automatic && fake_gpu_step_all(plat))
		woken = wake_reason(plat);
	while (!woken && plat->display.automatic && plat->time_ns + FRAME_NS < deadline_ns) {
		plat->time_ns += FRAME_NS;
		for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
			fake_vblank(plat, i);
		woken = wake_reason(plat);
	}
	plat->irq_enabled = was_enabled;
	if (woken)
		return true;
	assert_true(deadline_ns != PLAT_NEVER); /* nothing would ever wake it */
	plat->time_ns = deadline_ns;
	if (plat->gpu.step_at_deadline)
		fake_gpu_step_all(plat);
	return false;
}

void plat_wake(struct platform *plat)
{
	plat->woken = true;
}

bool plat_lock(struct platform *plat, struct plat_lock *lock)
{
	bool enabled;

	point(plat);
	enabled = plat_irq_save(plat);
	assert_int_equal(lock->word, 0);
	lock->word = 1;
	plat->locks_held++;
	return enabled;
}

void plat_unlock(struct platform *plat, struct plat_lock *lock, bool irq_state)
{
	assert_int_equal(lock->word, 1);
	lock->word = 0;
	plat->locks_held--;
	plat_irq_restore(plat, irq_state);
}

/* ---- memory ---- */

void *plat_alloc_pages(struct platform *plat, size_t page_count, uint64_t *gpa_out)
{
	size_t run = 0;

	if (++plat->allocation_count == plat->fail_allocation)
		return NULL;
	for (size_t i = 0; i < FAKE_RAM_PAGES; i++) {
		run = plat->page_used[i] ? 0 : run + 1;
		if (run < page_count)
			continue;
		i -= page_count - 1;
		memset(plat->page_used + i, 1, page_count);
		memset(plat->ram + i * PLAT_PAGE_SIZE, 0, page_count * PLAT_PAGE_SIZE);
		plat->allocation_pages[i] = page_count;
		plat->pages_in_use += page_count;
		*gpa_out = FAKE_RAM_GPA + i * PLAT_PAGE_SIZE;
		return plat->ram + i * PLAT_PAGE_SIZE;
	}
	return NULL;
}

void plat_free_pages(struct platform *plat, void *pages, size_t page_count)
{
	size_t i = (size_t)((uint8_t *)pages - plat->ram) / PLAT_PAGE_SIZE;

	assert_true(i < FAKE_RAM_PAGES);
	assert_int_equal(plat->allocation_pages[i], page_count);
	assert_false(plat->irq_in_handler);
	assert_int_equal(plat->locks_held, 0);
	plat->allocation_pages[i] = 0;
	memset(plat->page_used + i, 0, page_count);
	memset(pages, 0xdd, page_count * PLAT_PAGE_SIZE);
	plat->pages_in_use -= page_count;
}

uint32_t plat_load32(struct platform *plat, const void *p)
{
	point(plat);
	return *(const uint32_t *)p;
}

uint32_t plat_load_acquire32(struct platform *plat, const void *p)
{
	return plat_load32(plat, p);
}

uint64_t plat_load64(struct platform *plat, const void *p)
{
	point(plat);
	return *(const uint64_t *)p;
}

void plat_store32(struct platform *plat, void *p, uint32_t value)
{
	point(plat);
	*(uint32_t *)p = value;
}

void plat_store_release32(struct platform *plat, void *p, uint32_t value)
{
	plat_store32(plat, p, value);
}

struct pvmmio_page *fake_shared_page(const struct platform *plat)
{
	uint64_t gpa = plat->regs[(PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO) / 4] |
		       (uint64_t)plat->regs[(PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_HI) / 4] << 32;

	return gpa ? fake_cpu(plat, gpa) : NULL;
}

static uint64_t gpa_of(const struct platform *plat, const void *p)
{
	size_t offset = (size_t)((const uint8_t *)p - plat->ram);

	assert_true(offset < RAM_BYTES);
	assert_true(plat->page_used[offset / PLAT_PAGE_SIZE]);
	return FAKE_RAM_GPA + offset;
}

void plat_store64(struct platform *plat, void *p, uint64_t value)
{
	uint64_t gpa = gpa_of(plat, p);
	const struct pvmmio_page *page = fake_shared_page(plat);

	point(plat);
	*(uint64_t *)p = value;
	if (page && (uint64_t)((uint8_t *)p - (const uint8_t *)page) < PLAT_PAGE_SIZE)
		return;
	assert_true(plat->store_count < FAKE_STORE_LIMIT);
	assert_true(plat->op_depth > 0);
	plat->stores[plat->store_count++] =
		(struct fake_store){ gpa, value, plat->ops[plat->op_depth - 1] };
	if (plat->store_hook)
		plat->store_hook(&plat->stores[plat->store_count - 1], plat->store_hook_arg);
}

void plat_mb(struct platform *plat)
{
}

void plat_wmb(struct platform *plat)
{
}

void *fake_cpu(const struct platform *plat, uint64_t gpa)
{
	uint64_t page = (gpa - FAKE_RAM_GPA) / PLAT_PAGE_SIZE;

	if (page >= FAKE_RAM_PAGES || !plat->page_used[page])
		return NULL;
	return plat->ram + (gpa - FAKE_RAM_GPA);
}

void *fake_ggtt_cpu(const struct platform *plat, uint64_t gma)
{
	uint64_t pte;

	if (gma / PLAT_PAGE_SIZE >= GEN9_GGTT_ENTRIES)
		return NULL;
	pte = plat->ggtt[gma / PLAT_PAGE_SIZE];
	if (!(pte & GEN8_PTE_PRESENT))
		return NULL;
	return fake_cpu(plat, (pte & GEN8_PTE_ADDR_MASK) + gma % PLAT_PAGE_SIZE);
}

/* What the entry of a page directory says of the pages below it. */
static uint64_t page_bytes_of(uint64_t pde)
{
	if (pde & 1u << 7)
		return 0x200000;
	return pde & 1u << 11 ? 0x10000 : PLAT_PAGE_SIZE;
}

struct fake_mapping fake_ppgtt_walk(const struct platform *plat, const uint64_t roots[4],
				    unsigned levels, uint64_t gma)
{
	uint64_t table = levels == 4 ? roots[0] : roots[gma >> 30 & 3];
	struct fake_mapping m = { .page_bytes = PLAT_PAGE_SIZE };

	if (gma >> (levels == 4 ? 48 : 32))
		return (struct fake_mapping){ 0 };
	for (int level = levels == 4 ? 3 : 1; level >= 0; level--) {
		const uint64_t *entries = fake_cpu(plat, table);
		unsigned index = gma >> (12 + 9 * level) & 511;

		if (level == 0 && m.page_bytes == 0x10000)
			index &= ~15u;
		if (!entries || !(entries[index] & GEN8_PTE_PRESENT))
			return (struct fake_mapping){ 0 };
		m.entry = entries[index];
		table = m.entry & GEN8_PTE_ADDR_MASK;
		if (level == 1)
			m.page_bytes = page_bytes_of(m.entry);
		if (m.page_bytes == 0x200000)
			break;
	}
	m.gpa = (table & ~(m.page_bytes - 1)) + (gma & (m.page_bytes - 1));
	return fake_cpu(plat, m.gpa) ? m : (struct fake_mapping){ 0 };
}

/* ---- registers ---- */

static void log_access(struct platform *plat, bool write, unsigned size, uint32_t offset,
		       uint64_t value)
{
	assert_true(plat->log_count < FAKE_LOG_LIMIT);
	plat->log[plat->log_count++] = (struct fake_access){ write, size, offset, value };
	if (plat->op_depth)
		plat->op_accesses[plat->ops[plat->op_depth - 1]]++;
}

void fake_log_clear(struct platform *plat)
{
	plat->log_start = plat->log_count;
}

size_t fake_log_length(const struct platform *plat)
{
	return plat->log_count - plat->log_start;
}

size_t fake_log_count(const struct platform *plat, bool write, uint32_t offset)
{
	size_t count = 0;

	for (size_t i = plat->log_start; i < plat->log_count; i++)
		count += plat->log[i].write == write && plat->log[i].offset == offset;
	return count;
}

struct fake_cursor fake_cursor(const struct platform *plat)
{
	return (struct fake_cursor){ plat, plat->log_start };
}

static void next(struct fake_cursor *cursor, bool write, uint32_t offset, uint64_t value)
{
	const struct fake_access *access;

	if (cursor->at >= cursor->plat->log_count)
		fail_msg("no access left, expected %s %#x", write ? "W" : "R", offset);
	access = &cursor->plat->log[cursor->at++];
	if (access->write != write || access->offset != offset || (write && access->value != value))
		fail_msg("access %zu is %s %#x %#llx, expected %s %#x %#llx",
			 cursor->at - 1 - cursor->plat->log_start, access->write ? "W" : "R",
			 access->offset, (unsigned long long)access->value, write ? "W" : "R",
			 offset, (unsigned long long)value);
}

void next_write(struct fake_cursor *cursor, uint32_t offset, uint64_t value)
{
	next(cursor, true, offset, value);
}

void next_read(struct fake_cursor *cursor, uint32_t offset)
{
	next(cursor, false, offset, 0);
}

void next_end(const struct fake_cursor *cursor)
{
	if (cursor->at != cursor->plat->log_count)
		fail_msg("%zu accesses more than expected, the first is %#x",
			 cursor->plat->log_count - cursor->at,
			 cursor->plat->log[cursor->at].offset);
}

/* Master register: bits of its own two engines for each GT group that has something enabled. */
static uint32_t master_sources(const struct platform *plat)
{
	uint32_t sources = 0;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		const struct gen9_engine_info *info = &fake_engine_info[i];
		uint32_t active = plat->regs[GT_IIR(info->gt_group) / 4] &
				  plat->regs[GT_IER(info->gt_group) / 4];

		if (active >> info->gt_shift & 0xffff)
			sources |= 1u << info->master_bit;
	}
	return sources | fake_display_sources(plat);
}

/* Level master_irq: a word of the shared page instead of the master's enable bit. */
static bool interrupts_enabled(const struct platform *plat)
{
	if (plat->host.levels & PVMMIO_MASTER_IRQ)
		return !fake_shared_page(plat)->disable_irq;
	return plat->regs[MASTER_IRQ / 4] & MASTER_IRQ_ENABLE;
}

void fake_update_interrupt(struct platform *plat)
{
	if (interrupts_enabled(plat) && master_sources(plat))
		plat->irq_pending = true;
}

void fake_gpu_event(struct platform *plat, enum gen9_engine_id engine, uint32_t bits)
{
	const struct gen9_engine_info *info = &fake_engine_info[engine];
	uint32_t shifted = bits << info->gt_shift;

	shifted &= ~plat->regs[(info->mmio_base + RING_IMR) / 4];
	shifted &= ~plat->regs[GT_IMR(info->gt_group) / 4];
	plat->regs[GT_IIR(info->gt_group) / 4] |= shifted;
	fake_update_interrupt(plat);
}

static bool is_gt_iir(uint32_t offset)
{
	return offset >= GT_IIR(0) && offset <= GT_IIR(3) && (offset & 0xf) == 0x8;
}

static uint32_t reg_read(struct platform *plat, uint32_t offset)
{
	uint32_t value;

	if (fake_display_read(plat, offset, &value) || fake_gpu_read(plat, offset, &value))
		return value;
	if (offset == MASTER_IRQ)
		return plat->regs[offset / 4] | master_sources(plat);
	return plat->regs[offset / 4];
}

/* The host's half of the negotiation. */
static void write_levels(struct platform *plat, uint32_t wanted)
{
	struct pvmmio_page *page = fake_shared_page(plat);

	if (plat->host.levels && plat->host.frozen)
		return;
	plat->host.levels = wanted ? (wanted & plat->host.offered) | plat->host.extra : 0;
	if (plat->host.levels) {
		page->version = plat->host.page_version;
		page->size_bytes = plat->host.page_size_bytes;
	}
	plat->regs[(PVINFO_BASE + PVINFO_ENABLE_PVMMIO) / 4] = plat->host.levels;
}

/* The host acts in the notification's exit and answers before it returns. */
static void notify(struct platform *plat, uint32_t code)
{
	struct fake_notice *notice = &plat->host.notices[plat->host.notice_count++];
	struct pvmmio_page *page = plat->host.levels ? fake_shared_page(plat) : NULL;

	assert_true(plat->host.notice_count < FAKE_NOTICE_LIMIT);
	assert_true(code < 16);
	notice->code = code;
	notice->store_count = plat->store_count;
	notice->locked = plat->locks_held > 0;
	for (unsigned i = 0; i < 4; i++)
		notice->roots[i] = plat->regs[(PVINFO_BASE + PVINFO_PDP_LO(i)) / 4] |
				   (uint64_t)plat->regs[(PVINFO_BASE + PVINFO_PDP_HI(i)) / 4] << 32;
	if (!page)
		return;
	notice->ppgtt = page->ppgtt;
	notice->ggtt = page->ggtt;
	if (plat->host.silent)
		return;
	if (code >= G2V_PPGTT_L4_ALLOC && code <= G2V_PPGTT_L4_INSERT)
		page->ppgtt.status = plat->host.answers[code];
	if (code == G2V_GGTT_INSERT || code == G2V_GGTT_CLEAR)
		page->ggtt.status = plat->host.answers[code];
}

static void reg_write(struct platform *plat, uint32_t offset, uint32_t value)
{
	if (fake_display_write(plat, offset, value) || fake_gpu_write(plat, offset, value))
		return;
	switch (offset) {
	case PVINFO_BASE + PVINFO_G2V_NOTIFY:
		notify(plat, value);
		return;
	case MASTER_IRQ:
		plat->regs[offset / 4] = value & MASTER_IRQ_ENABLE;
		fake_update_interrupt(plat);
		return;
	case PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ:
		if (!plat->host.ignores_check)
			fake_update_interrupt(plat);
		return;
	case PVINFO_BASE + PVINFO_ENABLE_PVMMIO:
		write_levels(plat, value);
		return;
	case PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO:
		plat->regs[offset / 4] = plat->host.refuses_page_lo ? 0 : value;
		return;
	case PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_HI:
		plat->regs[offset / 4] = plat->host.refuses_page_hi ? ~value : value;
		return;
	default:
		break;
	}
	if (is_gt_iir(offset))
		plat->regs[offset / 4] &= ~value;
	else
		plat->regs[offset / 4] = value;
}

static uint32_t bar0_offset(uint64_t addr, unsigned size)
{
	assert_in_range(addr, FAKE_BAR0, FAKE_BAR0 + GEN9_BAR0_SIZE_BYTES - size);
	assert_int_equal(addr % size, 0);
	return (uint32_t)(addr - FAKE_BAR0);
}

static uint32_t *reg_at(struct platform *plat, uint32_t offset)
{
	assert_true(offset < GEN9_MMIO_SIZE_BYTES);
	return &plat->regs[offset / 4];
}

uint8_t plat_read8(struct platform *plat, uint64_t addr)
{
	fail_msg("the driver reads no bytes, yet %#llx", (unsigned long long)addr);
	return 0;
}

uint16_t plat_read16(struct platform *plat, uint64_t addr)
{
	uint32_t offset = bar0_offset(addr, 2);
	uint16_t value;

	point(plat);
	value = (uint16_t)(*reg_at(plat, offset) >> (offset & 2) * 8);
	log_access(plat, false, 2, offset, value);
	return value;
}

uint32_t plat_read32(struct platform *plat, uint64_t addr)
{
	uint32_t offset = bar0_offset(addr, 4);
	uint32_t value;

	point(plat);
	reg_at(plat, offset);
	value = reg_read(plat, offset);
	log_access(plat, false, 4, offset, value);
	return value;
}

uint64_t plat_read64(struct platform *plat, uint64_t addr)
{
	uint32_t offset = bar0_offset(addr, 8);
	uint64_t value;

	point(plat);
	value = *reg_at(plat, offset) | (uint64_t)*reg_at(plat, offset + 4) << 32;
	log_access(plat, false, 8, offset, value);
	return value;
}

void plat_write8(struct platform *plat, uint64_t addr, uint8_t value)
{
	fail_msg("the driver writes no bytes, yet %#llx", (unsigned long long)addr);
}

void plat_write16(struct platform *plat, uint64_t addr, uint16_t value)
{
	fail_msg("the driver writes no words, yet %#llx", (unsigned long long)addr);
}

void plat_write32(struct platform *plat, uint64_t addr, uint32_t value)
{
	uint32_t offset = bar0_offset(addr, 4);

	point(plat);
	reg_at(plat, offset);
	log_access(plat, true, 4, offset, value);
	reg_write(plat, offset, value);
}

void plat_write64(struct platform *plat, uint64_t addr, uint64_t value)
{
	uint32_t offset = bar0_offset(addr, 8);

	point(plat);
	assert_true(offset >= GEN9_GTT_WINDOW);
	log_access(plat, true, 8, offset, value);
	plat->ggtt[(offset - GEN9_GTT_WINDOW) / 8] = value;
}

uint32_t plat_pci_read32(struct platform *plat, unsigned offset)
{
	assert_int_equal(offset % 4, 0);
	return plat->pci[offset / 4];
}

/* ---- time, marks ---- */

uint64_t plat_time_ns(struct platform *plat)
{
	return plat->time_ns;
}

void plat_delay_ns(struct platform *plat, uint64_t ns)
{
	plat->time_ns += ns;
}

void plat_work(struct platform *plat, enum plat_work work)
{
	plat->work_count[work]++;
	if (work == PLAT_WORK_SUBMIT) {
		assert_true(plat->op_depth > 0);
		assert_int_equal(plat->ops[plat->op_depth - 1], PLAT_OP_SUBMIT);
	}
}

void plat_op_begin(struct platform *plat, enum plat_op op)
{
	assert_true(plat->op_depth < FAKE_OP_DEPTH);
	plat->ops[plat->op_depth++] = op;
	plat->op_count[op]++;
}

void plat_op_end(struct platform *plat, enum plat_op op)
{
	assert_true(plat->op_depth > 0);
	assert_int_equal(plat->ops[--plat->op_depth], op);
}

void plat_log(struct platform *plat, const char *message, uint64_t value)
{
	plat->log_messages++;
}
