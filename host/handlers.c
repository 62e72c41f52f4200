// SPDX-License-Identifier: MIT
//
// The tables of tracked registers and the small handlers. Larger ones live with their subject:
// pvinfo.c, interrupt.c, execlist.c, display.c.
//
// Source: gvt/handlers.c of Linux 5.0, without what goes to a monitor (AUX, GMBUS, DDI): storage.

#include <errno.h>

#include "host/display.h"
#include "host/execlist.h"
#include "host/gtt.h"
#include "host/interrupt.h"
#include "host/mmio.h"
#include "host/pvinfo.h"
#include "host/reset.h"
#include "host/scheduler.h"
#include "host/vgpu.h"
#include "sim/abi/pvinfo.h"

#define FORCEWAKE_RENDER     0xa278u
#define FORCEWAKE_RENDER_ACK 0x0d84u
#define FORCEWAKE_GT         0xa188u
#define FORCEWAKE_GT_ACK     0x130044u
#define FORCEWAKE_MEDIA      0xa270u
#define FORCEWAKE_MEDIA_ACK  0x0d88u

#define CSB_PTR_READ_MASK  0x0700u
#define RESET_CTL_REQUEST  (1u << 0)
#define RESET_CTL_READY    (1u << 1)
#define RING_MODE_LEGACY   (1u << 0) /* unknown to this generation of guests: fails them */
#define RING_CSFE_CHICKEN1 0xd4u
#define CSFE_PREEMPTION    0x18u /* nested and fine-grained preemption: not emulated */
#define GDRST_FULL         (1u << 0)

#define FENCE_VALID        (1ull << 0)
#define FENCE_START(fence) ((fence)&0xfffff000ull)
#define FENCE_LAST_PAGE(f) ((f) >> 32 & 0xfffff000ull)
#define FENCE_OF(offset)   (((offset)-FENCE_LO(0)) / 8)

// Is any of bits switched on by this write to a masked register?
static bool masked_enables(uint32_t value, uint32_t bits)
{
	return value >> 16 & value & bits;
}

static enum gen9_engine_id engine_of(uint32_t offset)
{
	return (enum gen9_engine_id)gen9_engine_at(offset);
}

static int zero_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	*value = 0;
	return 0;
}

/* ---- engines ---- */

// Live only while this vGPU has the engine: what others do there is none of its business.
static int engine_state_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	if (vgpu->gvt->sched.engines[engine_of(offset)].owner == vgpu)
		*value = hw_read32(&vgpu->gvt->hw, offset);
	else
		*value = vreg_read(vgpu, offset);
	return 0;
}

static int timestamp_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	*value = hw_read32(&vgpu->gvt->hw, offset);
	return 0;
}

static int hws_pga_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint64_t gma = value & ~PAGE_MASK;

	if (!gtt_in_share(vgpu, gma, PAGE_SIZE)) {
		vgpu_incident(vgpu, GVT_INCIDENT_HWS_PGA_RANGE, value);
		return -EINVAL;
	}
	vgpu->engines[engine_of(offset)].hws_pga = gma;
	vreg_write(vgpu, offset, value);
	return 0;
}

static int reset_ctl_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint32_t stored;

	vreg_write_masked(vgpu, offset, value & (RESET_CTL_REQUEST << 16 | RESET_CTL_REQUEST));
	stored = vreg_read(vgpu, offset) & ~RESET_CTL_READY;
	vreg_write(vgpu, offset, stored & RESET_CTL_REQUEST ? stored | RESET_CTL_READY : stored);
	return 0;
}

static int csfe_chicken_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write_masked(vgpu, offset, value);
	if (masked_enables(value, CSFE_PREEMPTION)) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_PREEMPTION);
	}
	return 0;
}

static int elsp_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	return execlist_elsp_write(vgpu, engine_of(offset), value);
}

static int csb_ptr_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write_masked(vgpu, offset, value & (CSB_PTR_READ_MASK << 16 | CSB_PTR_READ_MASK));
	return 0;
}

/*
 * Run list enable is where a vGPU starts to take part in scheduling. Only guests that know where
 * they are may do that: those have read PVINFO.
 */
static int ring_mode_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	if (masked_enables(value, RING_MODE_LEGACY)) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_LEGACY_MODE);
		return 0;
	}
	vreg_write_masked(vgpu, offset, value);
	if (!masked_enables(value, RING_MODE_RUN_LIST | RING_MODE_PPGTT))
		return 0;
	if (!vgpu->pv_notified) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVINFO_UNREAD, offset);
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_UNAWARE);
		return 0;
	}
	if (masked_enables(value, RING_MODE_RUN_LIST)) {
		execlist_reset(vgpu, engine_of(offset));
		sched_start(vgpu);
	}
	return 0;
}

/* ---- global ---- */

static int gdrst_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint32_t mask = 0;

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (value & GDRST_FULL || value >> gen9_engines[id].gdrst_bit & 1)
			mask |= 1u << id;
	if (mask)
		vgpu_reset(vgpu, value & GDRST_FULL ? RESET_FULL : RESET_ENGINES, mask);
	vreg_write(vgpu, offset, 0);
	return 0;
}

// The acknowledge is there within the same trap.
static int forcewake_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint32_t ack = FORCEWAKE_RENDER_ACK;

	if (offset == FORCEWAKE_GT)
		ack = FORCEWAKE_GT_ACK;
	else if (offset == FORCEWAKE_MEDIA)
		ack = FORCEWAKE_MEDIA_ACK;
	vreg_write_masked(vgpu, offset, value);
	vreg_write(vgpu, ack, vreg_read(vgpu, offset) & 0xffff);
	return 0;
}

static int w1c_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write(vgpu, offset, vreg_read(vgpu, offset) & ~value);
	return 0;
}

static int fence_refuse(struct vgpu *vgpu, uint32_t offset)
{
	vgpu_incident(vgpu, GVT_INCIDENT_FENCE_RANGE, offset);
	if (!vgpu->pv_notified) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVINFO_UNREAD, offset);
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_FENCE);
	}
	return -EINVAL;
}

static int fence_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	*value = 0;
	if (FENCE_OF(offset) >= vgpu->fence_count)
		return fence_refuse(vgpu, offset);
	*value = vreg_read(vgpu, offset);
	return 0;
}

/*
 * Each half rewrites the host's fence, as upstream does. A valid fence must lie in the guest's part
 * of the aperture, which upstream does not check.
 */
static int fence_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	struct hw *hw = &vgpu->gvt->hw;
	unsigned index = FENCE_OF(offset);
	unsigned host = vgpu->fence_base + index;
	uint64_t fence;
	uint64_t start;

	if (index >= vgpu->fence_count)
		return fence_refuse(vgpu, offset);
	vreg_write(vgpu, offset, value);
	fence = (uint64_t)vreg_read(vgpu, FENCE_HI(index)) << 32 | vreg_read(vgpu, FENCE_LO(index));
	start = FENCE_START(fence);
	vgpu->fences_written = true;
	hw_write32(hw, FENCE_LO(host), 0);
	if (!(fence & FENCE_VALID))
		return 0;
	if (FENCE_LAST_PAGE(fence) < start ||
	    start + PAGE_SIZE > vgpu->ggtt.low.base + vgpu->ggtt.low.bytes ||
	    !gtt_in_share(vgpu, start, FENCE_LAST_PAGE(fence) + PAGE_SIZE - start)) {
		vgpu_incident(vgpu, GVT_INCIDENT_FENCE_RANGE, offset);
		return -EINVAL;
	}
	hw_write32(hw, FENCE_HI(host), (uint32_t)(fence >> 32));
	hw_write32(hw, FENCE_LO(host), (uint32_t)fence);
	return 0;
}

// clang-format off
const struct mmio_row mmio_engine_rows[] = {
	{ RING_ACTHD_UDW,          1,  MMIO_RO,                        engine_state_read, NULL              },
	{ RING_INSTDONE,           1,  MMIO_RO,                        engine_state_read, NULL              },
	{ RING_ACTHD,              1,  MMIO_RO,                        engine_state_read, NULL              },
	{ RING_HWS_PGA,            1,  0,                              NULL,              hws_pga_write     },
	{ RING_EXCC,               1,  MMIO_MASKED,                    NULL,              NULL              },
	{ RING_NOPID,              1,  MMIO_CMD_READ | MMIO_CMD_WRITE, NULL,              NULL              },
	{ RING_MI_MODE,            1,  MMIO_MASKED,                    NULL,              NULL              },
	{ RING_IMR,                1,  0,                              NULL,              interrupt_imr_write },
	{ RING_INSTPM,             1,  MMIO_MASKED | MMIO_CMD_READ | MMIO_CMD_WRITE, NULL, NULL             },
	{ RING_RESET_CTL,          1,  MMIO_MASKED,                    NULL,              reset_ctl_write   },
	{ RING_CSFE_CHICKEN1,      1,  MMIO_MASKED,                    NULL,              csfe_chicken_write },
	{ RING_ELSP,               1,  MMIO_WHOLE,                     zero_read,         elsp_write        },
	{ RING_EXECLIST_STATUS_LO, 2,  MMIO_RO,                        NULL,              NULL              },
	{ RING_CONTEXT_CONTROL,    1,  MMIO_MASKED,                    NULL,              NULL              },
	{ RING_MODE,               1,  MMIO_MASKED,                    NULL,              ring_mode_write   },
	{ RING_TIMESTAMP,          2,  MMIO_RO | MMIO_CMD_READ,        timestamp_read,    NULL              },
	{ RING_CSB_LO(0),          2 * GEN9_CSB_ENTRIES, MMIO_RO,      NULL,              NULL              },
	{ RING_CSB_PTR,            1,  MMIO_MASKED,                    NULL,              csb_ptr_write     },
};

// ISR is not modelled: events are pulses.
#define IRQ_BANK(base)                                         \
	{ (base),      1, MMIO_RO,  NULL,      NULL                }, \
	{ (base) + 4,  1, 0,        NULL,      interrupt_imr_write }, \
	{ (base) + 8,  1, MMIO_W1C, NULL,      interrupt_iir_write }, \
	{ (base) + 12, 1, 0,        NULL,      interrupt_ier_write }

#define DISPLAY_PLANE(pipe, plane)                                               \
	{ PLANE_SURF(pipe, plane),         1, MMIO_WHOLE, NULL, vgpu_display_surf_write }, \
	{ PLANE_SURFLIVE(pipe, plane),     1, MMIO_RO,    NULL, NULL               }, \
	{ PLANE_NV12_BUF_CFG(pipe, plane), 1, MMIO_WHOLE, NULL, vgpu_display_nv12_buf_cfg_write }

#define DISPLAY_PIPE(pipe)                                                                \
	{ PIPEDSL(pipe),         1, MMIO_RO, vgpu_display_scan_line_read, NULL                   }, \
	{ PIPECONF(pipe),        1, 0,       NULL,                   vgpu_display_pipeconf_write }, \
	{ PIPE_FRMCOUNT(pipe),   2, MMIO_RO, NULL,                   NULL                   }, \
	{ CURBASE(pipe),         1, 0,       NULL,                   vgpu_display_curbase_write  }, \
	{ CURSURFLIVE(pipe),     1, MMIO_RO, NULL,                   NULL                   }, \
	{ PS_CTRL(pipe, 0u),     1, 0,       NULL,                   vgpu_display_ps_ctrl_write  }, \
	DISPLAY_PLANE(pipe, 1u),                                                          \
	DISPLAY_PLANE(pipe, 2u),                                                          \
	DISPLAY_PLANE(pipe, 3u)

const struct mmio_row mmio_global_rows[] = {
	{ FORCEWAKE_RENDER_ACK, 1,  MMIO_RO,     NULL,        NULL            },
	{ FORCEWAKE_MEDIA_ACK,  1,  MMIO_RO,     NULL,        NULL            },
	{ R_PWR_CLK_STATE,      1,  MMIO_CMD_READ | MMIO_CMD_WRITE, NULL, NULL },
	{ 0x020e0,              1,  MMIO_MASKED, NULL,        NULL            }, // FF_SLICE_CS_CHICKEN1
	{ 0x020e4,              1,  MMIO_MASKED, NULL,        NULL            }, // FF_SLICE_CS_CHICKEN2
	{ 0x020ec,              1,  MMIO_MASKED, NULL,        NULL            }, // CS_DEBUG_MODE1
	{ 0x04260,              5,  MMIO_RO,     NULL,        NULL            }, // TLB invalidation
	{ GDRST,                1,  MMIO_WHOLE,  NULL,        gdrst_write     },
	{ FORCEWAKE_GT,         1,  MMIO_MASKED, NULL,        forcewake_write },
	{ FORCEWAKE_MEDIA,      1,  MMIO_MASKED, NULL,        forcewake_write },
	{ FORCEWAKE_RENDER,     1,  MMIO_MASKED, NULL,        forcewake_write },
	{ 0x0b118,              1,  MMIO_CMD_READ | MMIO_CMD_WRITE, NULL, NULL }, // L3SQCREG4
	{ 0x0b020,              32, MMIO_CMD_VREG, NULL,      NULL            }, // L3 MOCS
	{ 0x0c800,              64, MMIO_CMD_VREG, NULL,      NULL            }, // MOCS: RCS
	{ 0x0c900,              64, MMIO_CMD_VREG, NULL,      NULL            }, // VCS
	{ 0x0ca00,              64, MMIO_CMD_VREG, NULL,      NULL            }, // VCS2
	{ 0x0cb00,              64, MMIO_CMD_VREG, NULL,      NULL            }, // VECS
	{ 0x0cc00,              64, MMIO_CMD_VREG, NULL,      NULL            }, // BCS
	{ 0x42300,              1,  MMIO_W1C,    NULL,        w1c_write       }, // FPGA_DBG
	{ MASTER_IRQ,           1,  0,           NULL,        interrupt_master_write },
	IRQ_BANK(GT_ISR(0)),
	IRQ_BANK(GT_ISR(1)),
	IRQ_BANK(GT_ISR(2)),
	IRQ_BANK(GT_ISR(3)),
	IRQ_BANK(DE_PIPE_ISR(0u)),
	IRQ_BANK(DE_PIPE_ISR(1u)),
	IRQ_BANK(DE_PIPE_ISR(2u)),
	IRQ_BANK(DE_PORT_ISR),
	IRQ_BANK(DE_MISC_ISR),
	IRQ_BANK(PCU_ISR),
	{ 0x45008,              1,  0,           NULL,        vgpu_display_request_write }, // DBUF_CTL
	{ 0x45404,              1,  0,           NULL,        vgpu_display_power_well_write }, // PWR_WELL_CTL2
	{ 0x46010,              2,  0,           NULL,        vgpu_display_request_write }, // LCPLL1, 2
	{ 0x64834,              2,  MMIO_RO,     NULL,        NULL            }, // EDP_PSR_IMR, IIR
	{ 0x6c060,              1,  MMIO_RO,     vgpu_display_dpll_status_read, NULL }, // DPLL_STATUS
	DISPLAY_PIPE(0u),
	DISPLAY_PIPE(1u),
	DISPLAY_PIPE(2u),
	{ PS_CTRL(0u, 1u),      1,  0,           NULL,        vgpu_display_ps_ctrl_write },
	{ PS_CTRL(1u, 1u),      1,  0,           NULL,        vgpu_display_ps_ctrl_write },
	{ PVINFO_BASE,          PVINFO_SIZE_BYTES / 4, MMIO_WHOLE, pvinfo_read, pvinfo_write },
	IRQ_BANK(SDE_ISR),
	{ FENCE_LO(0),          2 * GEN9_FENCE_COUNT, 0, fence_read, fence_write },
	{ FORCEWAKE_GT_ACK,     1,  MMIO_RO,     NULL,        NULL            },
};
// clang-format on

const size_t mmio_engine_row_count = sizeof(mmio_engine_rows) / sizeof(mmio_engine_rows[0]);
const size_t mmio_global_row_count = sizeof(mmio_global_rows) / sizeof(mmio_global_rows[0]);
