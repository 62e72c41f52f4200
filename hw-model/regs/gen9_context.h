/* SPDX-License-Identifier: MIT */
/*
 * Context descriptor, logical ring context image, page table entries: what Gen9 fixes in memory.
 *
 * Source: Linux 4.19 intel_lrc.c, intel_lrc_reg.h, i915_gem_gtt.h; gvt/scheduler.c for the offsets
 * that a mediator touches.
 */
#ifndef PVMMIO_HW_MODEL_REGS_GEN9_CONTEXT_H
#define PVMMIO_HW_MODEL_REGS_GEN9_CONTEXT_H

/* ---- context descriptor, 64 bits ---- */
#define CTX_DESC_VALID            (1u << 0)
#define CTX_DESC_FORCE_PD_RESTORE (1u << 1)
#define CTX_DESC_FORCE_RESTORE    (1u << 2)
#define CTX_DESC_MODE_SHIFT       3
#define CTX_DESC_MODE_MASK        (3u << 3)
#define CTX_DESC_MODE_LEGACY_32B  1u
#define CTX_DESC_MODE_LEGACY_64B  3u
#define CTX_DESC_PRIVILEGE        (1u << 8) /* per-process GTT enabled */
#define CTX_DESC_LRCA_MASK        0xfffff000u
#define CTX_DESC_ID_SHIFT         32

/* ---- image: pages from the LRCA on ---- */
#define LRC_PPHWSP_PAGE   0u
#define LRC_STATE_PAGE    1u
#define LRC_HEADER_DWORDS 52u /* what a mediator reads and rewrites one by one */

/* Dword index of each register's offset in the state page; its value is at index + 1. */
#define CTX_LRI_HEADER_0        0x01u /* 14 pairs on RCS, 11 elsewhere */
#define CTX_CONTEXT_CONTROL     0x02u
#define CTX_RING_HEAD           0x04u
#define CTX_RING_TAIL           0x06u
#define CTX_RING_START          0x08u
#define CTX_RING_CTL            0x0au
#define CTX_BB_ADDR_UDW         0x0cu
#define CTX_BB_ADDR_LDW         0x0eu
#define CTX_BB_STATE            0x10u
#define CTX_SBB_ADDR_UDW        0x12u
#define CTX_SBB_ADDR_LDW        0x14u
#define CTX_SBB_STATE           0x16u
#define CTX_BB_PER_CTX_PTR      0x18u /* RCS only, with the next two */
#define CTX_INDIRECT_CTX        0x1au
#define CTX_INDIRECT_CTX_OFFSET 0x1cu
#define CTX_LRI_HEADER_1        0x21u /* 9 pairs */
#define CTX_TIMESTAMP           0x22u
#define CTX_PDP3_UDW            0x24u
#define CTX_PDP0_UDW            0x30u /* 48-bit mode: the PML4's address */
#define CTX_PDP0_LDW            0x32u
#define CTX_LRI_HEADER_2        0x41u /* RCS only */
#define CTX_R_PWR_CLK_STATE     0x42u

#define CTX_LRI_HEADER_0_RCS   0x1100101bu
#define CTX_LRI_HEADER_0_OTHER 0x11001015u
#define CTX_LRI_HEADER_1_VALUE 0x11001011u
#define CTX_LRI_HEADER_2_VALUE 0x11000001u

/* INDIRECT_CTX: address, and how many cache lines of commands. BB_PER_CTX_PTR: page, and bit 0. */
#define CTX_INDIRECT_LINES_MASK 0x3fu
#define CTX_INDIRECT_LINE_BYTES 64u
#define CTX_INDIRECT_OFFSET     (0x26u << 6) /* Gen9's, when there is an indirect batch */
#define CTX_PER_CTX_VALID       (1u << 0)

/* CONTEXT_CONTROL, masked. */
#define CTX_CTRL_RESTORE_INHIBIT (1u << 0)
#define CTX_CTRL_FIRST_USE       0x000f000bu /* restore inhibited */
#define CTX_CTRL_ORDINARY        0x000f000au

/* ---- page table entries, GGTT and PPGTT ---- */
#define GEN8_PTE_PRESENT   (1ull << 0)
#define GEN8_PTE_WRITABLE  (1ull << 1)
#define GEN8_PTE_ADDR_MASK 0x00003ffffffff000ull /* bits 45:12 */

/* In an entry of a page directory, the table above the lowest. */
#define GEN8_PDE_PS_2M   (1ull << 7)  /* is a page of 2 MiB */
#define GEN8_PDE_IPS_64K (1ull << 11) /* its table holds 64 KiB pages: entries 0, 16, ... */

#endif
