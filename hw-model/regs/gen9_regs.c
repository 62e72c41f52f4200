// SPDX-License-Identifier: MIT
/*
 * The register tables: every register the model knows, once.
 *
 * Offsets and names: Linux 4.19 i915_reg.h, intel_lrc.h, intel_mocs.c. Reset values are zero unless
 * a driver depends on something else: interrupts masked, one slice fused in (Skylake GT2), a
 * 12 MHz command streamer timestamp, display fuses and clock ready.
 */
#include "hw-model/regs/gen9_regs.h"
#include "hw-model/regs/gen9_display.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

const struct gen9_engine_info gen9_engines[GEN9_ENGINE_COUNT] = GEN9_ENGINE_TABLE;

/* clang-format off */

#define RW(offset, name)            { (offset), (name), 0, GEN9_REG_RW }
#define RW_AT(offset, name, reset)  { (offset), (name), (reset), GEN9_REG_RW }
#define RO(offset, name)            { (offset), (name), 0, GEN9_REG_RO }
#define RO_AT(offset, name, reset)  { (offset), (name), (reset), GEN9_REG_RO }
#define WO(offset, name)            { (offset), (name), 0, GEN9_REG_WO }
#define MASKED(offset, name)        { (offset), (name), 0, GEN9_REG_MASKED }
#define W1C(offset, name)           { (offset), (name), 0, GEN9_REG_W1C }

const struct gen9_reg_info gen9_engine_regs[] = {
	MASKED(RING_EXCC, "EXCC"),
	RW(RING_TAIL, "TAIL"),
	RW(RING_HEAD, "HEAD"),
	RW(RING_START, "START"),
	RW(RING_CTL, "CTL"),
	RW(RING_SYNC_0, "SYNC_0"),
	RW(RING_MAX_IDLE, "MAX_IDLE"),
	RO(RING_ACTHD_UDW, "ACTHD_UDW"),
	RO(RING_DMA_FADD_UDW, "DMA_FADD_UDW"),
	RO(RING_IPEIR, "IPEIR"),
	RO(RING_IPEHR, "IPEHR"),
	RO(RING_INSTDONE, "INSTDONE"),
	RO(RING_INSTPS, "INSTPS"),
	RO(RING_ACTHD, "ACTHD"),
	RO(RING_DMA_FADD, "DMA_FADD"),
	RW(RING_HWS_PGA, "HWS_PGA"),
	RW(RING_NOPID, "NOPID"),
	RW_AT(RING_HWSTAM, "HWSTAM", 0xffffffff),
	MASKED(RING_MI_MODE, "MI_MODE"),
	RW_AT(RING_IMR, "IMR", 0xffffffff),
	MASKED(RING_INSTPM, "INSTPM"),
	MASKED(RING_RESET_CTL, "RESET_CTL"),
	RW(RING_BB_STATE, "BB_STATE"),
	RW(RING_SBB_ADDR, "SBB_ADDR"),
	RW(RING_SBB_STATE, "SBB_STATE"),
	RW(RING_SBB_ADDR_UDW, "SBB_ADDR_UDW"),
	RW(RING_BB_ADDR, "BB_ADDR"),
	RW(RING_BB_ADDR_UDW, "BB_ADDR_UDW"),
	RW(RING_BB_PER_CTX_PTR, "BB_PER_CTX_PTR"),
	RW(RING_INDIRECT_CTX, "INDIRECT_CTX"),
	RW(RING_INDIRECT_OFFSET, "INDIRECT_CTX_OFFSET"),
	WO(RING_ELSP, "ELSP"),
	RO(RING_EXECLIST_STATUS_LO, "EXECLIST_STATUS_LO"),
	RO(RING_EXECLIST_STATUS_HI, "EXECLIST_STATUS_HI"),
	MASKED(RING_CONTEXT_CONTROL, "CONTEXT_CONTROL"),
	RW(RING_SEMA_WAIT_POLL, "SEMA_WAIT_POLL"),
	RW(RING_PDP_LDW(0), "PDP0_LDW"), RW(RING_PDP_UDW(0), "PDP0_UDW"),
	RW(RING_PDP_LDW(1), "PDP1_LDW"), RW(RING_PDP_UDW(1), "PDP1_UDW"),
	RW(RING_PDP_LDW(2), "PDP2_LDW"), RW(RING_PDP_UDW(2), "PDP2_UDW"),
	RW(RING_PDP_LDW(3), "PDP3_LDW"), RW(RING_PDP_UDW(3), "PDP3_UDW"),
	MASKED(RING_MODE, "MODE"),
	RO(RING_TIMESTAMP, "TIMESTAMP"),
	RO(RING_TIMESTAMP_UDW, "TIMESTAMP_UDW"),
	RO(RING_CSB_LO(0), "CSB_LO_0"), RO(RING_CSB_HI(0), "CSB_HI_0"),
	RO(RING_CSB_LO(1), "CSB_LO_1"), RO(RING_CSB_HI(1), "CSB_HI_1"),
	RO(RING_CSB_LO(2), "CSB_LO_2"), RO(RING_CSB_HI(2), "CSB_HI_2"),
	RO(RING_CSB_LO(3), "CSB_LO_3"), RO(RING_CSB_HI(3), "CSB_HI_3"),
	RO(RING_CSB_LO(4), "CSB_LO_4"), RO(RING_CSB_HI(4), "CSB_HI_4"),
	RO(RING_CSB_LO(5), "CSB_LO_5"), RO(RING_CSB_HI(5), "CSB_HI_5"),
	{ RING_CSB_PTR, "CSB_PTR", GEN9_CSB_PTR_RESET, GEN9_REG_MASKED },
	RW(RING_CTX_TIMESTAMP, "CTX_TIMESTAMP"),
#define NONPRIV(i) RW(RING_FORCE_TO_NONPRIV(i), "FORCE_TO_NONPRIV_" #i)
	NONPRIV(0), NONPRIV(1), NONPRIV(2), NONPRIV(3), NONPRIV(4), NONPRIV(5),
	NONPRIV(6), NONPRIV(7), NONPRIV(8), NONPRIV(9), NONPRIV(10), NONPRIV(11),
};

/* Four registers of one interrupt group, in the order the hardware has them. */
#define IRQ_GROUP(base, name)                           \
	RO((base), name "_ISR"),                        \
	RW_AT((base) + 4u, name "_IMR", 0xffffffff),    \
	W1C((base) + 8u, name "_IIR"),                  \
	RW((base) + 0xcu, name "_IER")

/* ROW(a, i) for i from 0; MOCS has 62 entries of an engine, LNCF 31, fences 32. */
#define TIMES_8(ROW, a)  ROW(a, 0), ROW(a, 1), ROW(a, 2), ROW(a, 3), \
			 ROW(a, 4), ROW(a, 5), ROW(a, 6), ROW(a, 7)
#define TIMES_31(ROW, a) TIMES_8(ROW, a), \
	ROW(a, 8), ROW(a, 9), ROW(a, 10), ROW(a, 11), ROW(a, 12), ROW(a, 13), ROW(a, 14), \
	ROW(a, 15), ROW(a, 16), ROW(a, 17), ROW(a, 18), ROW(a, 19), ROW(a, 20), ROW(a, 21), \
	ROW(a, 22), ROW(a, 23), ROW(a, 24), ROW(a, 25), ROW(a, 26), ROW(a, 27), ROW(a, 28), \
	ROW(a, 29), ROW(a, 30)
#define TIMES_32(ROW, a) TIMES_31(ROW, a), ROW(a, 31)
#define TIMES_62(ROW, a) TIMES_32(ROW, a), \
	ROW(a, 32), ROW(a, 33), ROW(a, 34), ROW(a, 35), ROW(a, 36), ROW(a, 37), ROW(a, 38), \
	ROW(a, 39), ROW(a, 40), ROW(a, 41), ROW(a, 42), ROW(a, 43), ROW(a, 44), ROW(a, 45), \
	ROW(a, 46), ROW(a, 47), ROW(a, 48), ROW(a, 49), ROW(a, 50), ROW(a, 51), ROW(a, 52), \
	ROW(a, 53), ROW(a, 54), ROW(a, 55), ROW(a, 56), ROW(a, 57), ROW(a, 58), ROW(a, 59), \
	ROW(a, 60), ROW(a, 61)

#define LNCF(base, i)      RW((base) + 4u * (i), "LNCFCMOCS_" #i)
#define RCS_MOCS(base, i)  RW((base) + 4u * (i), "RCS0_MOCS_" #i)
#define VCS0_MOCS(base, i) RW((base) + 4u * (i), "VCS0_MOCS_" #i)
#define VCS1_MOCS(base, i) RW((base) + 4u * (i), "VCS1_MOCS_" #i)
#define VECS_MOCS(base, i) RW((base) + 4u * (i), "VECS0_MOCS_" #i)
#define BCS_MOCS(base, i)  RW((base) + 4u * (i), "BCS0_MOCS_" #i)
#define FENCE(base, i)     RW(FENCE_LO(i), "FENCE_LO_" #i), RW(FENCE_HI(i), "FENCE_HI_" #i)

#define TRANSCODER(base, t)                     \
	RW((base) + 0x00u, "HTOTAL_" t),        \
	RW((base) + 0x04u, "HBLANK_" t),        \
	RW((base) + 0x08u, "HSYNC_" t),         \
	RW((base) + 0x0cu, "VTOTAL_" t),        \
	RW((base) + 0x10u, "VBLANK_" t),        \
	RW((base) + 0x14u, "VSYNC_" t),         \
	RW((base) + 0x1cu, "PIPESRC_" t),       \
	RW((base) + 0x28u, "VSYNCSHIFT_" t),    \
	RW((base) + 0x30u, "PIPE_DATA_M1_" t),  \
	RW((base) + 0x34u, "PIPE_DATA_N1_" t),  \
	RW((base) + 0x40u, "PIPE_LINK_M1_" t),  \
	RW((base) + 0x44u, "PIPE_LINK_N1_" t),  \
	RW((base) + 0x400u, "TRANS_DDI_FUNC_CTL_" t)

#define SCALER(base, s)                         \
	RW((base) + 0x60u, "PS_PWR_GATE_" s),   \
	RW((base) + 0x70u, "PS_WIN_POS_" s),    \
	RW((base) + 0x74u, "PS_WIN_SZ_" s),     \
	RW((base) + 0x80u, "PS_CTRL_" s),       \
	RW((base) + 0x84u, "PS_VSCALE_" s),     \
	RW((base) + 0x88u, "PS_VPHASE_" s),     \
	RW((base) + 0x90u, "PS_HSCALE_" s),     \
	RW((base) + 0x94u, "PS_HPHASE_" s)

#define WATERMARKS(base, prefix, p)                                                           \
	RW((base) + 0x00u, prefix "WM_" p "_0"), RW((base) + 0x04u, prefix "WM_" p "_1"),     \
	RW((base) + 0x08u, prefix "WM_" p "_2"), RW((base) + 0x0cu, prefix "WM_" p "_3"),     \
	RW((base) + 0x10u, prefix "WM_" p "_4"), RW((base) + 0x14u, prefix "WM_" p "_5"),     \
	RW((base) + 0x18u, prefix "WM_" p "_6"), RW((base) + 0x1cu, prefix "WM_" p "_7"),     \
	RW((base) + 0x28u, prefix "WM_TRANS_" p)

#define PLANE(base, p)                                  \
	RW((base) + 0x00u, "PLANE_CTL_" p),             \
	RW((base) + 0x08u, "PLANE_STRIDE_" p),          \
	RW((base) + 0x0cu, "PLANE_POS_" p),             \
	RW((base) + 0x10u, "PLANE_SIZE_" p),            \
	RW((base) + 0x14u, "PLANE_KEYVAL_" p),          \
	RW((base) + 0x18u, "PLANE_KEYMSK_" p),          \
	RW((base) + 0x1cu, "PLANE_SURF_" p),            \
	RW((base) + 0x20u, "PLANE_KEYMAX_" p),          \
	RW((base) + 0x24u, "PLANE_OFFSET_" p),          \
	RO((base) + 0x2cu, "PLANE_SURFLIVE_" p),        \
	RW((base) + 0x40u, "PLANE_AUX_DIST_" p),        \
	RW((base) + 0x44u, "PLANE_AUX_OFFSET_" p),      \
	WATERMARKS((base) + 0xc0u, "PLANE_", p),        \
	RW((base) + 0xf8u, "PLANE_NV12_BUF_CFG_" p),    \
	RW((base) + 0xfcu, "PLANE_BUF_CFG_" p)

#define PIPE(base, p)                                   \
	RO((base) + 0x00u, "PIPEDSL_" p),               \
	RW((base) + 0x08u, "PIPECONF_" p),              \
	RW((base) + 0x30u, "PIPEMISC_" p),              \
	RO((base) + 0x40u, "FRMCOUNT_" p),              \
	RO((base) + 0x44u, "FLIPCOUNT_" p),             \
	RW((base) + 0x80u, "CURCNTR_" p),               \
	RW((base) + 0x84u, "CURBASE_" p),               \
	RW((base) + 0x88u, "CURPOS_" p),                \
	RW((base) + 0xa0u, "CUR_FBC_CTL_" p),           \
	RO((base) + 0xacu, "CURSURFLIVE_" p),           \
	WATERMARKS((base) + 0x140u, "CUR_", p),         \
	RW((base) + 0x17cu, "CUR_BUF_CFG_" p),          \
	PLANE((base) + 0x180u, "1_" p),                 \
	PLANE((base) + 0x280u, "2_" p),                 \
	PLANE((base) + 0x380u, "3_" p)

const struct gen9_reg_info gen9_global_regs[] = {
	RO(0x00d84, "FORCEWAKE_ACK_RENDER"),
	RO(0x00d88, "FORCEWAKE_ACK_MEDIA"),
	RW(0x020a0, "RCS0_FF_THREAD_MODE"),
	RW(R_PWR_CLK_STATE, "RCS0_R_PWR_CLK_STATE"),
	MASKED(0x020d4, "RCS0_CSFE_CHICKEN1"),
	MASKED(0x020e0, "RCS0_FF_SLICE_CS_CHICKEN1"),
	MASKED(0x020e4, "RCS0_FF_SLICE_CS_CHICKEN2"),
	MASKED(0x020ec, "RCS0_CS_DEBUG_MODE1"),
	RW(0x02248, "RCS0_CTX_PREEMPT"),
	RW(GAMW_ECO_DEV_RW_IA, "GAMW_ECO_DEV_RW_IA"),
	RW(0x04090, "GAM_ECOCHK"),
	RW(FAULT_REG, "FAULT_REG"),
	RW(PAT_LO, "PAT_LO"),
	RW(PAT_HI, "PAT_HI"),
	WO(0x04260, "RCS0_TLB_CTL"),
	WO(0x04264, "VCS0_TLB_CTL"),
	WO(0x04268, "VCS1_TLB_CTL"),
	WO(0x0426c, "BCS0_TLB_CTL"),
	WO(0x04270, "VECS0_TLB_CTL"),
	WO(0x04274, "GTCR"),
	RW(0x04ab0, "GAMT_ECO_REG_RW_IA"),
	RW(0x04ab8, "GAMT_CHKN_BIT"),
	RW(FAULT_TLB_DATA0, "FAULT_TLB_DATA0"),
	RW(FAULT_TLB_DATA1, "FAULT_TLB_DATA1"),
	RW(0x04dd4, "L3_LRA_1_GPGPU"),
	RW(0x04ddc, "MMCD_MISC_CTRL"),
	RO_AT(0x09120, "FUSE2", 1u << 25),
	RO(0x09134, "EU_DISABLE_0"),
	RO(0x09138, "EU_DISABLE_1"),
	RO(0x0913c, "EU_DISABLE_2"),
	RW(0x0940c, "UCGCTL4"),
	RW(GDRST, "GDRST"),
	RW(0x09424, "MISCCPCTL"),
	MASKED(0x0a188, "FORCEWAKE_BLITTER"),
	RO_AT(0x0a26c, "RPM_CONFIG0", 2u << 1),
	MASKED(0x0a270, "FORCEWAKE_MEDIA"),
	MASKED(0x0a278, "FORCEWAKE_RENDER"),
	RW(0x0b004, "GARBCNTL"),
	TIMES_31(LNCF, 0x0b020u),
	RW(0x0b118, "L3SQCREG4"),
	RW(0x0b11c, "SCRATCH1"),
	TIMES_62(RCS_MOCS, 0x0c800u),
	TIMES_62(VCS0_MOCS, 0x0c900u),
	TIMES_62(VCS1_MOCS, 0x0ca00u),
	TIMES_62(VECS_MOCS, 0x0cb00u),
	TIMES_62(BCS_MOCS, 0x0cc00u),
	RW(0x41000, "VGACNTRL"),
	RO_AT(0x42000, "FUSE_STATUS", 0x8e000000u),
	RW(0x42080, "CHICKEN_PAR1_1"),
	RW(0x42300, "FPGA_DBG"),
	RW(0x43224, "DPFC_CHICKEN"),
	RW(MASTER_IRQ, "MASTER_IRQ"),
	IRQ_GROUP(GT_ISR(0), "GT0"),
	IRQ_GROUP(GT_ISR(1), "GT1"),
	IRQ_GROUP(GT_ISR(2), "GT2"),
	IRQ_GROUP(GT_ISR(3), "GT3"),
	IRQ_GROUP(DE_PIPE_ISR(0u), "DE_PIPE_A"),
	IRQ_GROUP(DE_PIPE_ISR(1u), "DE_PIPE_B"),
	IRQ_GROUP(DE_PIPE_ISR(2u), "DE_PIPE_C"),
	IRQ_GROUP(DE_PORT_ISR, "DE_PORT"),
	IRQ_GROUP(DE_MISC_ISR, "DE_MISC"),
	IRQ_GROUP(PCU_ISR, "PCU"),
	RW(0x45000, "DISP_ARB_CTL"),
	RW(0x45008, "DBUF_CTL"),
	RW(WM_LINETIME(0u), "WM_LINETIME_A"),
	RW(WM_LINETIME(1u), "WM_LINETIME_B"),
	RW(WM_LINETIME(2u), "WM_LINETIME_C"),
	RW(0x45400, "PWR_WELL_CTL1"),
	RW(0x45404, "PWR_WELL_CTL2"),
	RW(0x45504, "DC_STATE_EN"),
	RW(0x46000, "CDCLK_CTL"),
	RW_AT(0x46010, "LCPLL1_CTL", 0xc0000000u),
	RW(0x46014, "LCPLL2_CTL"),
	RW(0x46408, "RSTWRN_OPT"),
	RW(0x46430, "CHICKEN_DCPR_1"),
	RO(0x51000, "DFSM"),
	TRANSCODER(0x60000u, "A"),
	TRANSCODER(0x61000u, "B"),
	TRANSCODER(0x62000u, "C"),
	RW(0x64000, "DDI_BUF_CTL_A"),
	RW(0x64010, "DPA_AUX_CH_CTL"),
	RW_AT(EDP_PSR_IMR, "EDP_PSR_IMR", 0xffffffff),
	W1C(EDP_PSR_IIR, "EDP_PSR_IIR"),
	SCALER(0x68100u, "1_A"),
	SCALER(0x68200u, "2_A"),
	SCALER(0x68900u, "1_B"),
	SCALER(0x68a00u, "2_B"),
	SCALER(0x69100u, "1_C"),
	TRANSCODER(0x6f000u, "EDP"),
	PIPE(0x70000u, "A"),
	PIPE(0x71000u, "B"),
	PIPE(0x72000u, "C"),
	RO(0xc2014, "SFUSE_STRAP"),
	IRQ_GROUP(SDE_ISR, "SDE"),
	RW(0xc4030, "PCH_PORT_HOTPLUG"),
	RW(0xc403c, "PCH_PORT_HOTPLUG2"),
	RW(0xc5100, "GMBUS0"),
	RW(0xc5104, "GMBUS1"),
	RW(0xc5108, "GMBUS2"),
	RW(0xc510c, "GMBUS3"),
	RW(0xc5110, "GMBUS4"),
	RW(0xc5120, "GMBUS5"),
	TIMES_32(FENCE, 0),
	WO(GFX_FLSH_CNTL, "GFX_FLSH_CNTL"),
	RO(0x120010, "EDRAM_CAP"),
	RO(0x130044, "FORCEWAKE_ACK_BLITTER"),
	RO(0x13805c, "GT_CORE_STATUS"),
	RO(0x138060, "GT_THREAD_STATUS"),
	RW(0x138124, "PCODE_MAILBOX"),
	RW(0x138128, "PCODE_DATA"),
	RW(0x13812c, "PCODE_DATA1"),
	RO(0x145998, "RP_STATE_CAP"),
};

/* clang-format on */

const size_t gen9_engine_reg_count = COUNT_OF(gen9_engine_regs);
const size_t gen9_global_reg_count = COUNT_OF(gen9_global_regs);

#define ENGINE_BLOCK_BYTES 0x1000u

int gen9_engine_at(uint32_t offset)
{
	uint32_t block = offset & ~(ENGINE_BLOCK_BYTES - 1u);

	for (int i = 0; i < GEN9_ENGINE_COUNT; i++)
		if (gen9_engines[i].mmio_base == block)
			return i;
	return -1;
}

static const struct gen9_reg_info *find(const struct gen9_reg_info *table, size_t count,
					uint32_t offset)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && table[low].offset == offset ? &table[low] : NULL;
}

/* Append text at *used, always leaving buf terminated. */
static void append(char *buf, size_t len, size_t *used, const char *text)
{
	while (*text && *used + 1 < len)
		buf[(*used)++] = *text++;
	buf[*used] = '\0';
}

void gen9_reg_name(uint32_t offset, char *buf, size_t len)
{
	const struct gen9_reg_info *reg = find(gen9_global_regs, gen9_global_reg_count, offset);
	int engine = gen9_engine_at(offset);
	size_t used = 0;

	if (len == 0)
		return;
	buf[0] = '\0';
	if (!reg && engine >= 0) {
		reg = find(gen9_engine_regs, gen9_engine_reg_count,
			   offset - gen9_engines[engine].mmio_base);
		if (reg) {
			append(buf, len, &used, gen9_engines[engine].name);
			append(buf, len, &used, "_");
		}
	}
	if (reg)
		append(buf, len, &used, reg->name);
}
