/* SPDX-License-Identifier: MIT */
/*
 * Gen9 registers: offsets in BAR0, fields, and the table that names them.
 *
 * One source for the hardware model, the mediator's handlers, the guest driver and the names in
 * reports. Header-only apart from the table (gen9_regs.c); the guest includes only this header.
 *
 * Source: Linux 4.19 i915_reg.h, intel_lrc.h, gvt/reg.h, gvt/handlers.c (offsets and fields).
 */
#ifndef PVMMIO_HW_MODEL_REGS_GEN9_REGS_H
#define PVMMIO_HW_MODEL_REGS_GEN9_REGS_H

#include <stddef.h>
#include <stdint.h>

/* ---- BAR0 ---- */
#define GEN9_BAR0_SIZE_BYTES  0x1000000u /* 16 MiB */
#define GEN9_MMIO_SIZE_BYTES  0x200000u  /* registers: the first 2 MiB */
#define GEN9_GTT_WINDOW       0x800000u  /* 8-byte PTEs from here */
#define GEN9_GTT_WINDOW_BYTES 0x800000u  /* 1 Mi entries: 4 GiB of GGTT */
#define GEN9_GGTT_ENTRIES     (GEN9_GTT_WINDOW_BYTES / 8u)

/* PCI configuration. */
#define GEN9_PCI_ID         0x00u
#define GEN9_PCI_BAR0       0x10u
#define GEN9_PCI_BAR2       0x18u
#define GEN9_PCI_GMCH       0x50u       /* bits 7:6 GGMS: 3 = 8 MiB of PTEs */
#define GEN9_PCI_DEVICE     0x19128086u /* Skylake GT2 desktop */
#define GEN9_APERTURE_BYTES 0x10000000u /* mappable part of the GGTT: 256 MiB */

/* ---- engines ---- */
enum gen9_engine_id {
	GEN9_RCS0,
	GEN9_BCS0,
	GEN9_VCS0,
	GEN9_VCS1,
	GEN9_VECS0,
	GEN9_ENGINE_COUNT,
};

/* Row of the engine table. */
struct gen9_engine_info {
	const char *name; /* "RCS0" */
	uint32_t mmio_base;
	uint8_t hw_id;    /* as MI_SEMAPHORE_SIGNAL numbers them */
	uint8_t gt_group; /* GTn interrupt registers */
	uint8_t gt_shift; /* 0 or 16: its half of the group */
	uint8_t gdrst_bit;
	uint8_t master_bit;    /* in MASTER_IRQ */
	uint8_t context_pages; /* PPHWSP, register state, engine state */
	uint8_t fault_id;      /* as FAULT_REG numbers them (IGT intel_error_decode.c) */
	uint16_t tlb_ctl;      /* TLB control register; bit 0 invalidates */
};

/* clang-format off */
#define GEN9_ENGINE_TABLE                                                     \
	{                                                                     \
		[GEN9_RCS0]  = { "RCS0",  0x02000, 0, 0, 0,  1, 0, 22, 0, 0x4260 }, \
		[GEN9_BCS0]  = { "BCS0",  0x22000, 2, 0, 16, 3, 1, 2, 4, 0x426c }, \
		[GEN9_VCS0]  = { "VCS0",  0x12000, 1, 1, 0,  2, 2, 2, 1, 0x4264 }, \
		[GEN9_VCS1]  = { "VCS1",  0x1c000, 4, 1, 16, 7, 3, 2, 2, 0x4268 }, \
		[GEN9_VECS0] = { "VECS0", 0x1a000, 3, 3, 0,  4, 6, 2, 3, 0x4270 }, \
	}
/* clang-format on */

/* Per-engine registers: offsets from the engine's mmio_base. */
#define RING_EXCC                0x28u /* masked */
#define RING_TAIL                0x30u /* byte offset, bits 20:3 */
#define RING_HEAD                0x34u /* byte offset bits 20:2; wrap count bits 31:21 */
#define RING_START               0x38u
#define RING_CTL                 0x3cu /* (size - 4096) in bits 20:12; bit 0 valid */
#define RING_SYNC_0              0x40u
#define RING_MAX_IDLE            0x54u
#define RING_ACTHD_UDW           0x5cu
#define RING_DMA_FADD_UDW        0x60u
#define RING_IPEIR               0x64u
#define RING_IPEHR               0x68u
#define RING_INSTDONE            0x6cu
#define RING_INSTPS              0x70u
#define RING_ACTHD               0x74u
#define RING_DMA_FADD            0x78u
#define RING_HWS_PGA             0x80u
#define RING_NOPID               0x94u
#define RING_HWSTAM              0x98u
#define RING_MI_MODE             0x9cu /* masked; bit 8 stop, bit 9 idle */
#define RING_IMR                 0xa8u
#define RING_INSTPM              0xc0u  /* masked */
#define RING_RESET_CTL           0xd0u  /* masked; bit 0 request, bit 1 ready */
#define RING_BB_STATE            0x110u /* bit 5 PPGTT */
#define RING_SBB_ADDR            0x114u
#define RING_SBB_STATE           0x118u
#define RING_SBB_ADDR_UDW        0x11cu
#define RING_BB_ADDR             0x140u
#define RING_BB_ADDR_UDW         0x168u
#define RING_BB_PER_CTX_PTR      0x1c0u
#define RING_INDIRECT_CTX        0x1c4u
#define RING_INDIRECT_OFFSET     0x1c8u
#define RING_ELSP                0x230u /* write only, four dwords */
#define RING_EXECLIST_STATUS_LO  0x234u
#define RING_EXECLIST_STATUS_HI  0x238u
#define RING_CONTEXT_CONTROL     0x244u
#define RING_SEMA_WAIT_POLL      0x24cu
#define RING_PDP_LDW(n)          (0x270u + 8u * (n))
#define RING_PDP_UDW(n)          (0x274u + 8u * (n))
#define RING_MODE                0x29cu /* masked; bit 15 run list enable, bit 9 PPGTT enable */
#define RING_TIMESTAMP           0x358u
#define RING_TIMESTAMP_UDW       0x35cu
#define RING_CSB_LO(i)           (0x370u + 8u * (i)) /* i = 0..5 */
#define RING_CSB_HI(i)           (0x374u + 8u * (i))
#define RING_CSB_PTR             0x3a0u /* masked; write pointer 2:0, read pointer 10:8 */
#define RING_CTX_TIMESTAMP       0x3a8u
#define RING_FORCE_TO_NONPRIV(i) (0x4d0u + 4u * (i)) /* i = 0..11 */
#define R_PWR_CLK_STATE          0x20c8u             /* in BAR0: RCS0 only */

#define RING_TAIL_MASK       0x1ffff8u
#define RING_HEAD_MASK       0x1ffffcu
#define RING_CTL_SIZE_MASK   0x1ff000u
#define RING_CTL_VALID       0x1u
#define RING_MODE_RUN_LIST   (1u << 15)
#define RING_MODE_PPGTT      (1u << 9)
#define RING_BB_PPGTT        (1u << 5) /* BB_STATE, SBB_STATE */
#define RESET_CTL_REQUEST    (1u << 0)
#define RESET_CTL_READY      (1u << 1)
#define MI_MODE_STOP_RING    (1u << 8)
#define MI_MODE_IDLE         (1u << 9)
#define MASKED_ENABLE(bits)  (((uint32_t)(bits) << 16) | (bits))
#define MASKED_DISABLE(bits) ((uint32_t)(bits) << 16)

/* ---- interrupts ---- */
#define MASTER_IRQ        0x44200u
#define MASTER_IRQ_ENABLE (1u << 31)
#define GT_ISR(n)         (0x44300u + 0x10u * (n)) /* n = 0..3 */
#define GT_IMR(n)         (0x44304u + 0x10u * (n))
#define GT_IIR(n)         (0x44308u + 0x10u * (n))
#define GT_IER(n)         (0x4430cu + 0x10u * (n))

/* Bits in an engine's half word of a GT group. */
#define GT_USER_INTERRUPT           (1u << 0)
#define GT_CS_ERROR_INTERRUPT       (1u << 3)
#define GT_FLUSH_NOTIFY_INTERRUPT   (1u << 4)
#define GT_CONTEXT_SWITCH_INTERRUPT (1u << 8)

/* ---- others ---- */
#define GFX_FLSH_CNTL      0x101008u /* bit 0: invalidate the GGTT's translations */
#define GFX_FLSH_CNTL_EN   1u
#define GDRST              0x941cu
#define GDRST_FULL         (1u << 0)
#define TLB_CTL_INVALIDATE 1u      /* in each engine's tlb_ctl; reads as 0 */
#define GAMW_ECO_DEV_RW_IA 0x4080u /* bits 3:0 all set: pages of 64 KiB (IPS) are on */
#define GAMW_ECO_64K_IPS   0xfu

/*
 * Source ids (bits 10:3) are not published for Gen9. The type is the level of the entry that is not
 * valid (IGT intel_error_decode.c).
 */
#define FAULT_REG          0x4094u /* bit 0 valid, 2:1 type, 11 GGTT, 14:12 engine's fault_id */
#define FAULT_VALID        (1u << 0)
#define FAULT_TYPE(level)  ((uint32_t)(level) << 1)
#define FAULT_PTE          FAULT_TYPE(0)
#define FAULT_PDE          FAULT_TYPE(1)
#define FAULT_PDPE         FAULT_TYPE(2)
#define FAULT_PML4E        FAULT_TYPE(3)
#define FAULT_GGTT         (1u << 11)
#define FAULT_ENGINE_SHIFT 12
#define FAULT_TLB_DATA0    0x4b10u /* faulting address bits 43:12 */
#define FAULT_TLB_DATA1    0x4b14u /* bits 3:0: address bits 47:44; bit 4: GGTT */
#define PAT_LO             0x40e0u
#define PAT_HI             0x40e4u
#define FENCE_LO(i)        (0x100000u + 8u * (i))
#define FENCE_HI(i)        (0x100004u + 8u * (i))
#define GEN9_FENCE_COUNT   32u

/* ---- context status buffer ---- */
#define GEN9_CSB_ENTRIES          6u
#define GEN9_CSB_PTR_RESET        7u
#define GEN9_HWSP_CSB_DWORD       0x10u /* six entries of two dwords in the status page */
#define GEN9_HWSP_CSB_WRITE_DWORD 0x1fu

#define CSB_IDLE_TO_ACTIVE   (1u << 0)
#define CSB_PREEMPTED        (1u << 1)
#define CSB_ELEMENT_SWITCH   (1u << 2)
#define CSB_ACTIVE_TO_IDLE   (1u << 3)
#define CSB_CONTEXT_COMPLETE (1u << 4)
#define CSB_SEMAPHORE_POLL   (1u << 11)
#define CSB_LITE_RESTORE     (1u << 15)

/*
 * ---- EXECLIST_STATUS, lower dword ----
 *
 * EL0 and EL1 are the two execlists that the engine has room for (gvt/execlist.h); each submission
 * takes the one that the write pointer names.
 */
#define EL_STATUS_CURRENT_POINTER (1u << 0)
#define EL_STATUS_WRITE_POINTER   (1u << 1)
#define EL_STATUS_QUEUE_FULL      (1u << 2)
#define EL_STATUS_EL1_VALID       (1u << 3)
#define EL_STATUS_EL0_VALID       (1u << 4)
#define EL_STATUS_REASON_SHIFT    5  /* bits 13:5, last context switch reason */
#define EL_STATUS_ELEMENT_SHIFT   14 /* bits 15:14: 0 idle, 1 element 0, 2 element 1 runs */
#define EL_STATUS_ARB_ENABLE      (1u << 16)
#define EL_STATUS_EL1_ACTIVE      (1u << 17)
#define EL_STATUS_EL0_ACTIVE      (1u << 18)

/* ---- the register table ---- */

enum gen9_reg_access {
	GEN9_REG_RW,     /* plain storage */
	GEN9_REG_RO,     /* writes ignored */
	GEN9_REG_WO,     /* reads as 0 */
	GEN9_REG_MASKED, /* upper half of a written value selects the bits of the lower half */
	GEN9_REG_W1C,    /* writing 1 clears */
};

/* Row: a global register (offset in BAR0), or one per engine (offset from its base). */
struct gen9_reg_info {
	uint32_t offset;
	const char *name; /* without the engine's: "ELSP" is RCS0_ELSP in reports */
	uint32_t reset;
	enum gen9_reg_access access;
};

/* Both register tables are in ascending order of offset. */
extern const struct gen9_engine_info gen9_engines[GEN9_ENGINE_COUNT];
extern const struct gen9_reg_info gen9_engine_regs[];
extern const size_t gen9_engine_reg_count;
extern const struct gen9_reg_info gen9_global_regs[];
extern const size_t gen9_global_reg_count;

/* The engine whose register block of 0x1000 bytes contains offset, or -1. */
int gen9_engine_at(uint32_t offset);

/* Name of the register at a BAR0 offset into buf, "" for none. buf is always terminated. */
void gen9_reg_name(uint32_t offset, char *buf, size_t len);

#endif
