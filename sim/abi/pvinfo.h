/* SPDX-License-Identifier: MIT */
/*
 * PVINFO: the register page through which a GVT-g guest and the mediator know each other.
 *
 * 4 KiB of MMIO at BAR0 + 0x78000. Every access traps. The first half is read by the guest, the
 * second half written.
 *
 * Source: Linux i915_pvinfo.h (4.19 to 5.3), struct vgt_if. The words from 0x860 on are those of
 * the pvmmio lineage: the level register as in ACRN's kernel; the page address where the 2019 PV
 * series put it; the re-check doorbell as in the 4.14 product kernel; behind it the redirected read
 * port, which ACRN has at 0x864.
 */
#ifndef PVMMIO_SIM_ABI_PVINFO_H
#define PVMMIO_SIM_ABI_PVINFO_H

#define PVINFO_BASE       0x78000u /* in BAR0 */
#define PVINFO_SIZE_BYTES 0x1000u

/* Offsets from PVINFO_BASE. */
#define PVINFO_MAGIC              0x000u /* 64 bits */
#define PVINFO_VERSION_MAJOR      0x008u /* 16 bits */
#define PVINFO_VERSION_MINOR      0x00au /* 16 bits */
#define PVINFO_VGT_ID             0x00cu
#define PVINFO_VGT_CAPS           0x010u
#define PVINFO_LOW_GM_BASE        0x040u /* mappable part of the GGTT */
#define PVINFO_LOW_GM_SIZE        0x044u
#define PVINFO_HIGH_GM_BASE       0x048u /* hidden part */
#define PVINFO_HIGH_GM_SIZE       0x04cu
#define PVINFO_FENCE_NUM          0x050u
#define PVINFO_DISPLAY_READY      0x804u
#define PVINFO_RSV5               0x808u /* four dwords; a write puts the vGPU in failsafe mode */
#define PVINFO_G2V_NOTIFY         0x818u
#define PVINFO_CURSOR_X_HOT       0x830u
#define PVINFO_CURSOR_Y_HOT       0x834u
#define PVINFO_PDP_LO(i)          (0x838u + 8u * (i)) /* i = 0..3 */
#define PVINFO_PDP_HI(i)          (0x83cu + 8u * (i))
#define PVINFO_CONTEXT_DESC_LO    0x858u
#define PVINFO_CONTEXT_DESC_HI    0x85cu
#define PVINFO_ENABLE_PVMMIO      0x860u /* level bits: pvmmio.h */
#define PVINFO_SHARED_PAGE_GPA_LO 0x864u /* not 8-byte aligned: written as two dwords */
#define PVINFO_SHARED_PAGE_GPA_HI 0x868u
#define PVINFO_CHECK_PENDING_IRQ  0x86cu
#define PVINFO_PV_MMIO            0x870u /* reads as the register that the page's reg_addr names */

#define PVINFO_MAGIC_VALUE       0x4776544776544776ull /* "vGTvGTvG" */
#define PVINFO_VERSION_MAJOR_NOW 1u
#define PVINFO_VERSION_MINOR_NOW 0u

/* PVINFO_VGT_CAPS */
#define VGT_CAPS_FULL_48BIT_PPGTT (1u << 2)
#define VGT_CAPS_HWSP_EMULATION   (1u << 3)
#define VGT_CAPS_HUGE_GTT         (1u << 4)

/* PVINFO_G2V_NOTIFY */
enum g2v_code {
	G2V_PPGTT_L3_CREATE = 2,
	G2V_PPGTT_L3_DESTROY = 3,
	G2V_PPGTT_L4_CREATE = 4,
	G2V_PPGTT_L4_DESTROY = 5,
	G2V_CONTEXT_CREATE = 6,
	G2V_CONTEXT_DESTROY = 7,
	/* pvmmio levels ppgtt_update and ggtt_update; numbers of ACRN's 4.19 kernel */
	G2V_PPGTT_L4_ALLOC = 8,
	G2V_PPGTT_L4_CLEAR = 9,
	G2V_PPGTT_L4_INSERT = 10,
	G2V_GGTT_INSERT = 11,
	G2V_GGTT_CLEAR = 12,
};

#endif
