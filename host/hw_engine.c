// SPDX-License-Identifier: MIT
//
// Engines and interrupts of the real device, as host i915 drives them.

#include <assert.h>
#include <errno.h>

#include "host/hw.h"
#include "hw-model/regs/gen9_context.h"

#define ENGINE_INTERRUPTS (GT_CONTEXT_SWITCH_INTERRUPT | GT_CS_ERROR_INTERRUPT)
#define GT_GROUP_COUNT    4u

// RESET_CTL and GDRST are polled; both handshakes take microseconds (Linux 4.19 intel_uncore.c).
#define RESET_POLLS        700u
#define RESET_POLL_STEP_PS PS_PER_US
#define RESET_CTL_REQUEST  (1u << 0)
#define RESET_CTL_READY    (1u << 1)

static uint32_t hw_reg(const struct hw_engine *engine, uint32_t reg)
{
	return engine->info->mmio_base + reg;
}

static uint32_t engine_read(struct hw_engine *engine, uint32_t reg)
{
	return hw_read32(engine->hw, hw_reg(engine, reg));
}

static void engine_write(struct hw_engine *engine, uint32_t reg, uint32_t value)
{
	hw_write32(engine->hw, hw_reg(engine, reg), value);
}

static uint32_t *hwsp_dword(const struct hw_engine *engine, unsigned index)
{
	return (uint32_t *)engine->hwsp.cpu + index;
}

/*
 * Linux 4.19 enable_execlists(). The driver's own index starts at the last entry, the hardware's
 * pointer at 7: the first event lands in entry 0 for both.
 */
static void engine_start(struct hw_engine *engine)
{
	engine->csb_head = GEN9_CSB_ENTRIES - 1;
	__atomic_store_n(hwsp_dword(engine, GEN9_HWSP_CSB_WRITE_DWORD), engine->csb_head,
			 __ATOMIC_RELEASE);
	engine_write(engine, RING_IMR, ~(ENGINE_INTERRUPTS << engine->info->gt_shift));
	engine_write(engine, RING_HWSTAM, ~0u);
	engine_write(engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	engine_write(engine, RING_MI_MODE, MASKED_DISABLE(MI_MODE_STOP_RING));
	engine_write(engine, RING_HWS_PGA, (uint32_t)engine->hwsp.gma);
	engine_read(engine, RING_HWS_PGA); // posting
}

static uint32_t group_interrupts(const struct hw *hw, unsigned group)
{
	uint32_t bits = 0;

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (hw->engines[id].info->gt_group == group)
			bits |= ENGINE_INTERRUPTS << hw->engines[id].info->gt_shift;
	return bits;
}

// Linux 4.19 gen8_irq_reset() and gen8_gt_irq_postinstall(), without display.
static void install_interrupts(struct hw *hw)
{
	hw_write32(hw, MASTER_IRQ, 0);
	hw_read32(hw, MASTER_IRQ);
	for (unsigned group = 0; group < GT_GROUP_COUNT; group++) {
		uint32_t bits = group_interrupts(hw, group);

		hw_write32(hw, GT_IMR(group), ~0u);
		hw_write32(hw, GT_IER(group), 0);
		// Twice: the register holds back a second event until the first is cleared.
		hw_write32(hw, GT_IIR(group), ~0u);
		hw_write32(hw, GT_IIR(group), ~0u);
		hw_write32(hw, GT_IER(group), bits);
		hw_write32(hw, GT_IMR(group), ~bits);
	}
	hw_write32(hw, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

static void device_start(struct hw *hw)
{
	install_interrupts(hw);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		hw_pages_bind(hw, &hw->engines[id].hwsp);
		engine_start(&hw->engines[id]);
	}
	hw->ready = true;
	exec_wake_all(hw->m->ex, &hw->ready_waiters, exec_now(hw->m->ex));
}

static void deliver(void *opaque, uint64_t at_ps)
{
	struct hw *hw = opaque;

	trace_emit(hw->m, TRACE_MSI, (uint64_t)-1, 0, at_ps);
	if (at_ps < hw->irq_at_ps)
		hw->irq_at_ps = at_ps;
	exec_wake_all(hw->m->ex, &hw->irq_waiters, at_ps);
}

struct msi_target hw_msi_target(struct hw *hw)
{
	return (struct msi_target){ .deliver = deliver, .opaque = hw };
}

static void engine_wake(struct hw_engine *engine)
{
	struct executor *ex = engine->hw->m->ex;

	exec_wake_all(ex, &engine->waiters, exec_now(ex));
}

// Read new status entries from the status page; the submission is over when its context completes.
static void process_csb(struct hw_engine *engine)
{
	unsigned write =
		__atomic_load_n(hwsp_dword(engine, GEN9_HWSP_CSB_WRITE_DWORD), __ATOMIC_ACQUIRE);

	if (write >= GEN9_CSB_ENTRIES)
		return;
	while (engine->csb_head != write) {
		const uint32_t *entry;

		engine->csb_head = (engine->csb_head + 1) % GEN9_CSB_ENTRIES;
		entry = hwsp_dword(engine, GEN9_HWSP_CSB_DWORD + 2 * engine->csb_head);
		if (!(entry[0] & CSB_CONTEXT_COMPLETE))
			continue;
		if (!engine->running || entry[1] != engine->running_id)
			continue;
		engine->completed = true;
		engine_wake(engine);
	}
}

static void engine_interrupt(struct hw_engine *engine, uint32_t bits)
{
	if (bits & GT_CONTEXT_SWITCH_INTERRUPT)
		process_csb(engine);
	if (bits & GT_CS_ERROR_INTERRUPT && engine->running) {
		engine->failed = true;
		engine_wake(engine);
	}
}

// Whose time the handler spends: the first signalling engine's last submitter.
static struct work_origin interrupt_origin(const struct hw *hw, uint32_t master)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (master >> hw->engines[id].info->master_bit & 1)
			return hw->engines[id].origin;
	return (struct work_origin){ .vm_id = -1 };
}

// Linux 4.19 gen8_irq_handler() and gen8_gt_irq_ack(): RCS and BCS share a group, and so on.
static void serve_interrupt(struct hw *hw)
{
	uint32_t master = hw_read32(hw, MASTER_IRQ) & ~MASTER_IRQ_ENABLE;
	uint32_t iir[GT_GROUP_COUNT] = { 0 };
	bool indicated[GT_GROUP_COUNT] = { false };

	if (!master)
		return;
	hw_write32(hw, MASTER_IRQ, 0);
	work_set_origin(hw->m, interrupt_origin(hw, master));
	work_spend(hw->m, WORK_HOST_INTERRUPT, 1);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (master >> hw->engines[id].info->master_bit & 1)
			indicated[hw->engines[id].info->gt_group] = true;
	for (unsigned group = 0; group < GT_GROUP_COUNT; group++) {
		if (!indicated[group])
			continue;
		iir[group] = hw_read32(hw, GT_IIR(group));
		if (iir[group])
			hw_write32(hw, GT_IIR(group), iir[group]);
	}
	hw_write32(hw, MASTER_IRQ, MASTER_IRQ_ENABLE);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		const struct gen9_engine_info *info = hw->engines[id].info;

		engine_interrupt(&hw->engines[id], iir[info->gt_group] >> info->gt_shift & 0xffff);
	}
}

void hw_interrupt_thread(void *arg)
{
	struct hw *hw = arg;
	struct executor *ex = hw->m->ex;

	device_start(hw);
	for (;;) {
		while (hw->irq_at_ps > exec_now(ex)) {
			if (hw->irq_at_ps == EXEC_NEVER)
				exec_wait(ex, &hw->irq_waiters, EXEC_NEVER);
			else
				exec_idle_until(ex, hw->irq_at_ps);
		}
		trace_emit(hw->m, TRACE_HOST_INTERRUPT_BEGIN, hw->irq_at_ps);
		hw->irq_at_ps = EXEC_NEVER;
		serve_interrupt(hw);
		trace_emit(hw->m, TRACE_HOST_INTERRUPT, hw->irq_at_ps);
	}
}

bool hw_engine_try_acquire(struct hw_engine *engine)
{
	struct executor *ex = engine->hw->m->ex;

	exec_sync(ex);
	if (engine->taker)
		return false;
	engine->taker = ex->current;
	return true;
}

void hw_engine_acquire(struct hw_engine *engine)
{
	struct executor *ex = engine->hw->m->ex;

	if (hw_engine_try_acquire(engine))
		return;
	exec_wait(ex, &engine->takers, EXEC_NEVER);
	assert(engine->taker == ex->current);
}

// Handed over: nobody who comes later overtakes.
void hw_engine_release(struct hw_engine *engine)
{
	struct executor *ex = engine->hw->m->ex;

	assert(engine->taker == ex->current);
	exec_sync(ex);
	engine->taker = engine->takers.first;
	exec_wake_one(ex, &engine->takers, exec_now(ex));
}

void hw_engine_submit(struct hw_engine *engine, uint64_t descriptor)
{
	assert(!engine->running);
	engine->running = true;
	engine->completed = false;
	engine->failed = false;
	engine->running_id = (uint32_t)(descriptor >> CTX_DESC_ID_SHIFT);
	engine->origin = work_origin(engine->hw->m);
	engine_write(engine, RING_ELSP, 0);
	engine_write(engine, RING_ELSP, 0);
	engine_write(engine, RING_ELSP, (uint32_t)(descriptor >> 32));
	engine_write(engine, RING_ELSP, (uint32_t)descriptor);
}

// One sample of the host's hang check: where the engine is.
static uint64_t engine_position(struct hw_engine *engine)
{
	uint64_t acthd = engine_read(engine, RING_ACTHD_UDW);

	return acthd << 32 | engine_read(engine, RING_ACTHD);
}

int hw_engine_wait(struct hw_engine *engine)
{
	struct executor *ex = engine->hw->m->ex;
	uint64_t start_ps = exec_now(ex);
	uint64_t moved_ps = start_ps;
	uint64_t position = UINT64_MAX;
	const struct hw_hang *hang = &engine->hw->hang;

	assert(engine->running);
	while (!engine->completed && !engine->failed) {
		uint64_t now_ps;
		uint64_t sample;

		if (!exec_wait(ex, &engine->waiters, exec_now(ex) + hang->period_ps))
			continue;
		sample = engine_position(engine);
		now_ps = exec_now(ex);
		if (sample != position)
			moved_ps = now_ps;
		position = sample;
		if (now_ps - moved_ps >= hang->engine_dead_ps ||
		    now_ps - start_ps >= hang->request_dead_ps)
			engine->failed = true;
	}
	if (!engine->completed)
		return -EIO;
	engine->running = false;
	return 0;
}

static void poll_bits(struct hw *hw, uint32_t offset, uint32_t mask, uint32_t wanted)
{
	for (unsigned i = 0; i < RESET_POLLS; i++) {
		if ((hw_read32(hw, offset) & mask) == wanted)
			return;
		exec_sleep_until(hw->m->ex, exec_now(hw->m->ex) + RESET_POLL_STEP_PS);
	}
}

// Linux 4.19 gen8_reset_engines(), then the engine's start-up again.
void hw_engine_reset(struct hw_engine *engine)
{
	struct hw *hw = engine->hw;
	uint32_t gdrst = 1u << engine->info->gdrst_bit;
	uint32_t fault = hw_read32(hw, FAULT_REG);

	engine_write(engine, RING_RESET_CTL, MASKED_ENABLE(RESET_CTL_REQUEST));
	poll_bits(hw, hw_reg(engine, RING_RESET_CTL), RESET_CTL_READY, RESET_CTL_READY);
	hw_write32(hw, GDRST, gdrst);
	poll_bits(hw, GDRST, gdrst, 0);
	engine_write(engine, RING_RESET_CTL, MASKED_DISABLE(RESET_CTL_REQUEST));
	if (fault & 1)
		hw_write32(hw, FAULT_REG, fault & ~1u);
	engine->running = false;
	engine->completed = false;
	engine->failed = false;
	engine_start(engine);
}
