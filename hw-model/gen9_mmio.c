// SPDX-License-Identifier: MIT
/*
 * The register file.
 *
 * What an access does follows from the register's access class, unless a hook takes its place. A
 * register that no table lists is plain storage: real hardware reports such accesses in FPGA_DBG,
 * which no driver's behaviour depends on.
 *
 * An 8-byte access is two 4-byte ones, lower half first. Accesses of 1 and 2 bytes act on the
 * storage alone, and only where it can be written plainly.
 */
#include <errno.h>
#include <string.h>

#include "hw-model/gen9_private.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

#define TIMESTAMP_MASK ((UINT64_C(1) << 36) - 1u)

#define PCODE_MAILBOX      0x138124u
#define PCODE_BUSY         (1u << 31)
#define FORCEWAKE_BLITTER  0xa188u
#define FORCEWAKE_MEDIA    0xa270u
#define FORCEWAKE_RENDER   0xa278u
#define FORCEWAKE_ACK_BITS 0xffffu

/* A register whose accesses are more than storage. NULL: as its class says. */
struct reg_hook {
	uint32_t offset; /* in BAR0, or from the engine's base */
	uint32_t (*read)(struct gen9_gpu *gpu, uint32_t offset);
	void (*write)(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
};

uint64_t gen9_timestamp(const struct gen9_gpu *gpu)
{
	return gen9_ticks(exec_now(gen9_executor(gpu))) & TIMESTAMP_MASK;
}

static uint32_t timestamp_low(struct gen9_gpu *gpu, uint32_t offset)
{
	return (uint32_t)gen9_timestamp(gpu);
}

static uint32_t timestamp_high(struct gen9_gpu *gpu, uint32_t offset)
{
	return (uint32_t)(gen9_timestamp(gpu) >> 32);
}

/* The power controller answers at once: it is never found busy. */
static void pcode_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	*gen9_reg(gpu, offset) = value & ~PCODE_BUSY;
}

/* A domain is awake as soon as it is asked for. */
static void forcewake_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	uint32_t ack = offset == FORCEWAKE_RENDER  ? 0x0d84u
		       : offset == FORCEWAKE_MEDIA ? 0x0d88u
						   : 0x130044u;

	*gen9_reg(gpu, offset) = gen9_masked(*gen9_reg(gpu, offset), value);
	*gen9_reg(gpu, ack) = *gen9_reg(gpu, offset) & FORCEWAKE_ACK_BITS;
}

static const struct reg_hook engine_hooks[] = {
	{RING_MI_MODE,             gen9_mi_mode_read,         gen9_mi_mode_write  },
	{ RING_RESET_CTL,          NULL,                      gen9_reset_ctl_write},
	{ RING_ELSP,               NULL,                      gen9_elsp_write     },
	{ RING_EXECLIST_STATUS_LO, gen9_execlist_status_read, NULL                },
	{ RING_EXECLIST_STATUS_HI, gen9_execlist_status_read, NULL                },
	{ RING_TIMESTAMP,          timestamp_low,             NULL                },
	{ RING_TIMESTAMP_UDW,      timestamp_high,            NULL                },
};

static const struct reg_hook global_hooks[] = {
	{GDRST,              NULL,             gen9_gdrst_write    },
	{ MASTER_IRQ,        gen9_master_read, gen9_master_write   },
	{ FORCEWAKE_BLITTER, NULL,             forcewake_write     },
	{ FORCEWAKE_MEDIA,   NULL,             forcewake_write     },
	{ FORCEWAKE_RENDER,  NULL,             forcewake_write     },
	{ PCODE_MAILBOX,     NULL,             pcode_write         },
	{ GFX_FLSH_CNTL,     NULL,             gen9_flsh_cntl_write},
	{ DE_PIPE_ISR(0u),   gen9_pipe_read,   NULL                },
	{ DE_PIPE_ISR(1u),   gen9_pipe_read,   NULL                },
	{ DE_PIPE_ISR(2u),   gen9_pipe_read,   NULL                },
	{ PIPEDSL(0u),       gen9_pipe_read,   NULL                },
	{ PIPEDSL(1u),       gen9_pipe_read,   NULL                },
	{ PIPEDSL(2u),       gen9_pipe_read,   NULL                },
	{ PIPE_FRMCOUNT(0u), gen9_pipe_read,   NULL                },
	{ PIPE_FRMCOUNT(1u), gen9_pipe_read,   NULL                },
	{ PIPE_FRMCOUNT(2u), gen9_pipe_read,   NULL                },
	{ PIPECONF(0u),      gen9_pipe_read,   gen9_pipeconf_write },
	{ PIPECONF(1u),      gen9_pipe_read,   gen9_pipeconf_write },
	{ PIPECONF(2u),      gen9_pipe_read,   gen9_pipeconf_write },
};

static const struct reg_hook irq_hook = { 0, NULL, gen9_irq_write };
static const struct reg_hook tlb_ctl_hook = { 0, NULL, gen9_tlb_ctl_write };
static const struct reg_hook plane_hook = { 0, NULL, gen9_plane_write };

/*
 * A rule is the access class and the number of the hook: 0 for none, then engine_hooks,
 * global_hooks, irq_hook, tlb_ctl_hook, plane_hook.
 */
#define RULE_CLASS(rule)        ((enum gen9_reg_access)((rule)&7u))
#define RULE_HOOK(rule)         ((rule) >> 3)
#define RULE(access, hook)      ((uint16_t)((access) | (hook) << 3))
#define HOOK_OF_ENGINE(i)       (1u + (unsigned)(i))
#define HOOK_OF_GLOBAL(i)       (1u + (unsigned)COUNT_OF(engine_hooks) + (unsigned)(i))
#define HOOK_OF_IRQ             HOOK_OF_GLOBAL(COUNT_OF(global_hooks))
#define HOOK_OF_TLB_CTL         (HOOK_OF_IRQ + 1u)
#define HOOK_OF_PLANE           (HOOK_OF_IRQ + 2u)
#define RULE_AT(gpu, offset)    ((gpu)->reg_rules[(offset) / 4u])
#define SET_HOOK(gpu, off, num) (RULE_AT(gpu, off) = RULE(RULE_CLASS(RULE_AT(gpu, off)), num))

static const struct reg_hook *hook_of(uint16_t rule)
{
	unsigned hook = RULE_HOOK(rule);

	if (hook == 0)
		return NULL;
	if (hook < HOOK_OF_GLOBAL(0))
		return &engine_hooks[hook - HOOK_OF_ENGINE(0)];
	if (hook < HOOK_OF_IRQ)
		return &global_hooks[hook - HOOK_OF_GLOBAL(0)];
	if (hook == HOOK_OF_PLANE)
		return &plane_hook;
	return hook == HOOK_OF_IRQ ? &irq_hook : &tlb_ctl_hook;
}

static void add_register(struct gen9_gpu *gpu, const struct gen9_reg_info *info, uint32_t base)
{
	*gen9_reg(gpu, base + info->offset) = info->reset;
	RULE_AT(gpu, base + info->offset) = RULE(info->access, 0);
}

static void add_engine_registers(struct gen9_gpu *gpu, uint32_t base)
{
	for (size_t i = 0; i < gen9_engine_reg_count; i++)
		add_register(gpu, &gen9_engine_regs[i], base);
	for (size_t i = 0; i < COUNT_OF(engine_hooks); i++)
		SET_HOOK(gpu, base + engine_hooks[i].offset, HOOK_OF_ENGINE(i));
}

void gen9_mmio_init(struct gen9_gpu *gpu)
{
	uint32_t isr;

	for (size_t i = 0; i < gen9_global_reg_count; i++)
		add_register(gpu, &gen9_global_regs[i], 0);
	for (size_t i = 0; i < COUNT_OF(global_hooks); i++)
		SET_HOOK(gpu, global_hooks[i].offset, HOOK_OF_GLOBAL(i));
	for (size_t i = 0; i < gen9_global_reg_count; i++)
		if (gen9_global_regs[i].access == GEN9_REG_RW &&
		    gen9_plane_has(gen9_global_regs[i].offset))
			SET_HOOK(gpu, gen9_global_regs[i].offset, HOOK_OF_PLANE);
	for (unsigned n = 0; (isr = gen9_irq_group_isr(n)) != 0; n++)
		for (uint32_t offset = isr + 4u; offset <= isr + 0xcu; offset += 4u)
			SET_HOOK(gpu, offset, HOOK_OF_IRQ);
	for (size_t i = 0; i < GEN9_ENGINE_COUNT; i++) {
		add_engine_registers(gpu, gen9_engines[i].mmio_base);
		SET_HOOK(gpu, gen9_engines[i].tlb_ctl, HOOK_OF_TLB_CTL);
	}
}

uint32_t gen9_mmio_read32(struct gen9_gpu *gpu, uint32_t offset)
{
	uint16_t rule = RULE_AT(gpu, offset);
	const struct reg_hook *hook = hook_of(rule);

	if (hook && hook->read)
		return hook->read(gpu, offset);
	return *gen9_reg(gpu, offset); /* write-only ones never leave 0 */
}

void gen9_mmio_write32(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	uint16_t rule = RULE_AT(gpu, offset);
	const struct reg_hook *hook = hook_of(rule);
	uint32_t *reg = gen9_reg(gpu, offset);

	if (hook && hook->write) {
		hook->write(gpu, offset, value);
		return;
	}
	switch (RULE_CLASS(rule)) {
	case GEN9_REG_RW:
		*reg = value;
		break;
	case GEN9_REG_MASKED:
		*reg = gen9_masked(*reg, value);
		break;
	case GEN9_REG_W1C:
		*reg &= ~value;
		break;
	case GEN9_REG_RO:
	case GEN9_REG_WO:
		break;
	}
}

static int check_access(uint64_t offset, unsigned size_bytes)
{
	if (offset % size_bytes || offset + size_bytes > GEN9_MMIO_SIZE_BYTES)
		return -EINVAL;
	return 0;
}

static int register_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	struct gen9_gpu *gpu = opaque;
	uint32_t aligned = (uint32_t)offset & ~3u;
	int rc = check_access(offset, size_bytes);

	if (rc)
		return rc;
	*value = gen9_mmio_read32(gpu, aligned);
	if (size_bytes == 8)
		*value |= (uint64_t)gen9_mmio_read32(gpu, aligned + 4u) << 32;
	else if (size_bytes < 4)
		*value = *value >> (offset % 4u * 8u) & ((1u << size_bytes * 8u) - 1u);
	return 0;
}

static int register_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	struct gen9_gpu *gpu = opaque;
	uint32_t at = (uint32_t)offset;
	int rc = check_access(offset, size_bytes);

	if (rc)
		return rc;
	if (size_bytes < 4) {
		if (RULE_AT(gpu, at) == RULE(GEN9_REG_RW, 0))
			memcpy((uint8_t *)gpu->regs + at, &value, size_bytes);
		return 0;
	}
	gen9_mmio_write32(gpu, at, (uint32_t)value);
	if (size_bytes == 8)
		gen9_mmio_write32(gpu, at + 4u, (uint32_t)(value >> 32));
	return 0;
}

static void register_name(void *opaque, uint64_t offset, char *buf, size_t len)
{
	gen9_reg_name((uint32_t)offset, buf, len);
}

const struct bus_region_ops gen9_register_ops = {
	.read = register_read,
	.write = register_write,
	.register_name = register_name,
};
