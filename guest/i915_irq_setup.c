// SPDX-License-Identifier: MIT
/*
 * Interrupts: reset and installation of all groups.
 *
 * Reset is 47 writes and 34 reads, installation 24 and 25. Both write the master register also with
 * level master_irq.
 *
 * Source: Linux 4.19 i915_irq.c, gen8_irq_reset() and gen8_irq_postinstall(). The south display's
 * and the hot-plug registers' values are from there as well, as far as a virtual monitor has them.
 */
#include "guest/i915_internal.h"

struct irq_group {
	uint32_t base;     /* of its ISR */
	uint32_t enabled;  /* in IER */
	uint32_t unmasked; /* in IMR */
};

#define EVENTS (GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT)

static const struct irq_group gt_groups[] = {
	{GT_ISR(0),  EVENTS | EVENTS << 16, EVENTS | EVENTS << 16}, /* RCS, BCS */
	{ GT_ISR(1), EVENTS | EVENTS << 16, EVENTS | EVENTS << 16}, /* VCS0, VCS1 */
	{ GT_ISR(2), 0,                     0                    }, /* PM, GuC */
	{ GT_ISR(3), EVENTS,                EVENTS               }, /* VECS */
};

#define PIPE_ENABLED (I915_PIPE_IRQ_ALWAYS | DE_PIPE_VBLANK | DE_PIPE_FIFO_UNDERRUN)
#define PORT_EVENTS  (DE_PORT_AUX_A | DE_PORT_AUX_B | DE_PORT_AUX_C | DE_PORT_AUX_D)
#define MISC_EVENTS  (DE_MISC_GSE | DE_MISC_EDP_PSR)

static const struct irq_group display_groups[] = {
	{DE_PIPE_ISR(0u),  PIPE_ENABLED, I915_PIPE_IRQ_ALWAYS},
	{ DE_PIPE_ISR(1u), PIPE_ENABLED, I915_PIPE_IRQ_ALWAYS},
	{ DE_PIPE_ISR(2u), PIPE_ENABLED, I915_PIPE_IRQ_ALWAYS},
	{ DE_PORT_ISR,     PORT_EVENTS,  PORT_EVENTS         },
	{ DE_MISC_ISR,     MISC_EVENTS,  MISC_EVENTS         },
};

/* Reset only: nothing of them is ever enabled, or elsewhere. */
static const struct irq_group other_groups[] = {
	{PCU_ISR,  0, 0},
	{ SDE_ISR, 0, 0},
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* Errors of the self refresh, for each transcoder. */
#define PSR_ERRORS 0x04040404u

#define PCH_PORT_HOTPLUG   0xc4030u
#define PCH_PORT_HOTPLUG2  0xc403cu
#define HOTPLUG_PORTS_ABCD 0x10101010u
#define HOTPLUG_PORT_E     0x10u

/* IIR is double buffered: a second event may wait behind the first, so it is cleared twice. */
static void clear_iir(struct i915 *i915, uint32_t iir_offset)
{
	for (unsigned i = 0; i < 2; i++) {
		i915_write(i915, iir_offset, ~0u);
		i915_read(i915, iir_offset);
	}
}

static void expect_zero_iir(struct i915 *i915, uint32_t iir_offset)
{
	uint32_t iir = i915_read(i915, iir_offset);

	if (!iir)
		return;
	plat_log(i915->plat, "i915: interrupt identity not zero after reset", iir);
	clear_iir(i915, iir_offset);
}

static void reset_groups(struct i915 *i915, const struct irq_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t base = groups[i].base;

		i915_write(i915, base + IRQ_IMR, ~0u);
		i915_read(i915, base + IRQ_IMR);
		i915_write(i915, base + IRQ_IER, 0);
		clear_iir(i915, base + IRQ_IIR);
	}
}

static void install_groups(struct i915 *i915, const struct irq_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t base = groups[i].base;

		expect_zero_iir(i915, base + IRQ_IIR);
		i915_write(i915, base + IRQ_IER, groups[i].enabled);
		i915_write(i915, base + IRQ_IMR, ~groups[i].unmasked);
		i915_read(i915, base + IRQ_IMR);
	}
}

static bool has_flag(const struct i915 *i915)
{
	return i915->pvmmio_levels & PVMMIO_MASTER_IRQ;
}

static void reset_all(struct i915 *i915)
{
	if (has_flag(i915))
		plat_store32(i915->plat, &i915->shared.page->disable_irq, 1);
	i915_write(i915, MASTER_IRQ, 0);
	i915_read(i915, MASTER_IRQ);
	reset_groups(i915, gt_groups, COUNT_OF(gt_groups));
	i915_write(i915, EDP_PSR_IMR, ~0u);
	i915_write(i915, EDP_PSR_IIR, ~0u);
	reset_groups(i915, display_groups, COUNT_OF(display_groups));
	reset_groups(i915, other_groups, COUNT_OF(other_groups));
}

/* Its IER stays set for good; what is wanted is said in IMR, once the rest is installed. */
static void enable_south(struct i915 *i915)
{
	uint32_t ier = i915_read(i915, SDE_IER);

	if (ier)
		plat_log(i915->plat, "i915: south interrupts enabled after reset", ier);
	i915_write(i915, SDE_IER, ~0u);
	i915_read(i915, SDE_IER);
}

static void set_bits(struct i915 *i915, uint32_t offset, uint32_t bits)
{
	i915_write(i915, offset, i915_read(i915, offset) | bits);
}

static void install_south(struct i915 *i915)
{
	expect_zero_iir(i915, SDE_IIR);
	i915_write(i915, SDE_IMR, ~(uint32_t)SDE_GMBUS);
	set_bits(i915, PCH_PORT_HOTPLUG, HOTPLUG_PORTS_ABCD);
	set_bits(i915, PCH_PORT_HOTPLUG2, HOTPLUG_PORT_E);
}

void i915_irq_install(struct i915 *i915)
{
	reset_all(i915);
	plat_irq_register(i915->plat, i915_irq_handler, i915);
	i915->irq_installed = true;
	enable_south(i915);
	install_groups(i915, gt_groups, COUNT_OF(gt_groups));
	expect_zero_iir(i915, EDP_PSR_IIR);
	i915_write(i915, EDP_PSR_IMR, ~PSR_ERRORS);
	install_groups(i915, display_groups, COUNT_OF(display_groups));
	install_south(i915);
	/* The host looks again at every write of the master register. */
	if (has_flag(i915)) {
		plat_store32(i915->plat, &i915->shared.page->disable_irq, 0);
		plat_mb(i915->plat);
	}
	i915_write(i915, MASTER_IRQ, MASTER_IRQ_ENABLE);
	i915_read(i915, MASTER_IRQ); /* posting read */
}

void i915_irq_uninstall(struct i915 *i915)
{
	if (!i915->irq_installed)
		return;
	reset_all(i915);
	plat_irq_register(i915->plat, NULL, NULL);
	i915->irq_installed = false;
}
