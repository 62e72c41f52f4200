/* SPDX-License-Identifier: MIT */
/*
 * Gen9 display registers: interrupt groups, pipes, transcoders, universal planes, cursor, scalers,
 * watermarks. Offsets in BAR0, fields. Their names and access classes are rows of the table of
 * gen9_regs.h.
 *
 * pipe is 0 to 2 for A to C; plane is 1 to 3, as the hardware counts universal planes; scaler is 0
 * or 1 (pipe C has only the first). Header-only, for every party.
 *
 * Source: Linux 4.19 i915_reg.h, intel_sprite.c, intel_pm.c.
 */
#ifndef PVMMIO_HW_MODEL_REGS_GEN9_DISPLAY_H
#define PVMMIO_HW_MODEL_REGS_GEN9_DISPLAY_H

#include <stdint.h>

#define GEN9_PIPE_COUNT   3u
#define GEN9_PLANE_COUNT  3u /* universal planes of a pipe */
#define GEN9_SCALER_COUNT 2u /* of pipes A and B */
#define GEN9_DDB_BLOCKS   896u
#define GEN9_WM_LEVELS    8u

#define GEN9_PIPE_STRIDE        0x1000u
#define GEN9_PLANE_STRIDE       0x100u
#define GEN9_PIPE(pipe, offset) ((offset) + GEN9_PIPE_STRIDE * (pipe))

/* ---- interrupts: bits of MASTER_IRQ, and the groups behind them ---- */
#define MASTER_DE_PIPE(pipe) (1u << (16u + (pipe)))
#define MASTER_DE_PORT       (1u << 20)
#define MASTER_DE_MISC       (1u << 22)
#define MASTER_PCH           (1u << 23)
#define MASTER_PCU           (1u << 30)
#define MASTER_DISPLAY       0x40d70000u /* any of the above */

/* From the ISR of a group to its other registers. */
#define IRQ_IMR 0x4u
#define IRQ_IIR 0x8u
#define IRQ_IER 0xcu

#define DE_PIPE_ISR(pipe) (0x44400u + 0x10u * (pipe))
#define DE_PIPE_IMR(pipe) (0x44404u + 0x10u * (pipe))
#define DE_PIPE_IIR(pipe) (0x44408u + 0x10u * (pipe))
#define DE_PIPE_IER(pipe) (0x4440cu + 0x10u * (pipe))
#define DE_PORT_ISR       0x44440u
#define DE_PORT_IMR       0x44444u
#define DE_PORT_IIR       0x44448u
#define DE_PORT_IER       0x4444cu
#define DE_MISC_ISR       0x44460u
#define DE_MISC_IMR       0x44464u
#define DE_MISC_IIR       0x44468u
#define DE_MISC_IER       0x4446cu
#define PCU_ISR           0x444e0u
#define PCU_IMR           0x444e4u
#define PCU_IIR           0x444e8u
#define PCU_IER           0x444ecu
#define SDE_ISR           0xc4000u
#define SDE_IMR           0xc4004u
#define SDE_IIR           0xc4008u
#define SDE_IER           0xc400cu
#define EDP_PSR_IMR       0x64834u
#define EDP_PSR_IIR       0x64838u

#define DE_PIPE_VBLANK             (1u << 0)
#define DE_PIPE_VSYNC              (1u << 1)
#define DE_PIPE_SCAN_LINE          (1u << 2)
#define DE_PIPE_FLIP_DONE(plane)   (1u << (2u + (plane)))
#define DE_PIPE_PLANE_FAULT(plane) (1u << (6u + (plane)))
#define DE_PIPE_CURSOR_FAULT       (1u << 11)
#define DE_PIPE_CDCLK_CRC_DONE     (1u << 28)
#define DE_PIPE_CDCLK_CRC_ERROR    (1u << 29)
#define DE_PIPE_FIFO_UNDERRUN      (1u << 31)
#define DE_PORT_AUX_A              (1u << 0)
#define DE_PORT_AUX_B              (1u << 25)
#define DE_PORT_AUX_C              (1u << 26)
#define DE_PORT_AUX_D              (1u << 27)
#define DE_MISC_EDP_PSR            (1u << 19)
#define DE_MISC_GSE                (1u << 27)
#define PCU_THERMAL                (1u << 24)
#define PCU_PCODE                  (1u << 25)
#define SDE_GMBUS                  (1u << 17)
#define SDE_HOTPLUG_B              (1u << 21)
#define SDE_HOTPLUG_C              (1u << 22)
#define SDE_HOTPLUG_D              (1u << 23)

/* ---- transcoder of a pipe ---- */

/* Bits 12:0 active, or start; bits 28:16 total, or end; each minus 1. */
#define TRANS_HTOTAL(pipe)       GEN9_PIPE(pipe, 0x60000u)
#define TRANS_HBLANK(pipe)       GEN9_PIPE(pipe, 0x60004u)
#define TRANS_HSYNC(pipe)        GEN9_PIPE(pipe, 0x60008u)
#define TRANS_VTOTAL(pipe)       GEN9_PIPE(pipe, 0x6000cu)
#define TRANS_VBLANK(pipe)       GEN9_PIPE(pipe, 0x60010u)
#define TRANS_VSYNC(pipe)        GEN9_PIPE(pipe, 0x60014u)
#define TRANS_VSYNCSHIFT(pipe)   GEN9_PIPE(pipe, 0x60028u)
#define TRANS_TIMING(low, high)  (((uint32_t)(high)-1u) << 16 | ((uint32_t)(low)-1u))
#define TRANS_TIMING_LOW(value)  (((value)&0x1fffu) + 1u)
#define TRANS_TIMING_HIGH(value) (((value) >> 16 & 0x1fffu) + 1u)
#define PIPESRC(pipe)            GEN9_PIPE(pipe, 0x6001cu) /* (width - 1) << 16 | (height - 1) */
#define TRANS_DDI_FUNC_CTL(pipe) GEN9_PIPE(pipe, 0x60400u)
#define TRANS_DDI_FUNC_ENABLE    (1u << 31)

/* Pixel clock = link symbol clock * M / N; 24 bits each. DATA: also bits 30:25 TU size - 1. */
#define PIPE_DATA_M1(pipe) GEN9_PIPE(pipe, 0x60030u)
#define PIPE_DATA_N1(pipe) GEN9_PIPE(pipe, 0x60034u)
#define PIPE_LINK_M1(pipe) GEN9_PIPE(pipe, 0x60040u)
#define PIPE_LINK_N1(pipe) GEN9_PIPE(pipe, 0x60044u)
#define PIPE_LINK_MASK     0xffffffu

/* ---- pipe ---- */
#define PIPEDSL(pipe)        GEN9_PIPE(pipe, 0x70000u) /* scan line, one behind: see docs */
#define PIPEDSL_LINE_MASK    0x1fffu
#define PIPECONF(pipe)       GEN9_PIPE(pipe, 0x70008u)
#define PIPECONF_ENABLE      (1u << 31)
#define PIPECONF_ACTIVE      (1u << 30) /* read-only: the pipe runs */
#define PIPEMISC(pipe)       GEN9_PIPE(pipe, 0x70030u)
#define PIPE_FRMCOUNT(pipe)  GEN9_PIPE(pipe, 0x70040u)
#define PIPE_FLIPCOUNT(pipe) GEN9_PIPE(pipe, 0x70044u)
#define WM_LINETIME(pipe)    (0x45270u + 4u * (pipe))

/* ---- universal plane ---- */
#define GEN9_PLANE(pipe, plane, offset) (GEN9_PIPE(pipe, offset) + GEN9_PLANE_STRIDE * ((plane)-1u))

#define PLANE_CTL(pipe, plane)          GEN9_PLANE(pipe, plane, 0x70180u)
#define PLANE_STRIDE(pipe, plane)       GEN9_PLANE(pipe, plane, 0x70188u) /* 64 bytes or tiles */
#define PLANE_POS(pipe, plane)          GEN9_PLANE(pipe, plane, 0x7018cu) /* y << 16 | x */
#define PLANE_SIZE(pipe, plane)         GEN9_PLANE(pipe, plane, 0x70190u) /* (h-1) << 16 | (w-1) */
#define PLANE_KEYVAL(pipe, plane)       GEN9_PLANE(pipe, plane, 0x70194u)
#define PLANE_KEYMSK(pipe, plane)       GEN9_PLANE(pipe, plane, 0x70198u)
#define PLANE_SURF(pipe, plane)         GEN9_PLANE(pipe, plane, 0x7019cu) /* arms the update */
#define PLANE_KEYMAX(pipe, plane)       GEN9_PLANE(pipe, plane, 0x701a0u)
#define PLANE_OFFSET(pipe, plane)       GEN9_PLANE(pipe, plane, 0x701a4u) /* y << 16 | x */
#define PLANE_SURFLIVE(pipe, plane)     GEN9_PLANE(pipe, plane, 0x701acu)
#define PLANE_AUX_DIST(pipe, plane)     GEN9_PLANE(pipe, plane, 0x701c0u)
#define PLANE_AUX_OFFSET(pipe, plane)   GEN9_PLANE(pipe, plane, 0x701c4u)
#define PLANE_COLOR_CTL(pipe, plane)    GEN9_PLANE(pipe, plane, 0x701ccu) /* Gen10 on */
#define PLANE_WM(pipe, plane, level)    (GEN9_PLANE(pipe, plane, 0x70240u) + 4u * (level))
#define PLANE_WM_TRANS(pipe, plane)     GEN9_PLANE(pipe, plane, 0x70268u)
#define PLANE_NV12_BUF_CFG(pipe, plane) GEN9_PLANE(pipe, plane, 0x70278u)
#define PLANE_BUF_CFG(pipe, plane)      GEN9_PLANE(pipe, plane, 0x7027cu) /* (end-1) << 16 | start */

#define PLANE_CTL_ENABLE          (1u << 31)
#define PLANE_CTL_PIPE_GAMMA      (1u << 30)
#define PLANE_CTL_FORMAT_MASK     (0xfu << 24)
#define PLANE_CTL_FORMAT_YUV422   (0u << 24)
#define PLANE_CTL_FORMAT_NV12     (1u << 24)
#define PLANE_CTL_FORMAT_2101010  (2u << 24)
#define PLANE_CTL_FORMAT_8888     (4u << 24)
#define PLANE_CTL_FORMAT_16F      (6u << 24)
#define PLANE_CTL_FORMAT_AYUV     (8u << 24)
#define PLANE_CTL_FORMAT_INDEXED  (12u << 24)
#define PLANE_CTL_FORMAT_565      (14u << 24)
#define PLANE_CTL_KEY_SOURCE      (1u << 21)
#define PLANE_CTL_KEY_DESTINATION (2u << 21)
#define PLANE_CTL_ORDER_RGBX      (1u << 20)
#define PLANE_CTL_DECOMPRESS      (1u << 15)
#define PLANE_CTL_NO_PLANE_GAMMA  (1u << 13)
#define PLANE_CTL_TILED_MASK      (7u << 10)
#define PLANE_CTL_TILED_LINEAR    (0u << 10)
#define PLANE_CTL_TILED_X         (1u << 10)
#define PLANE_CTL_TILED_Y         (4u << 10)
#define PLANE_CTL_TILED_YF        (5u << 10)
#define PLANE_CTL_ASYNC_FLIP      (1u << 9)
#define PLANE_CTL_ALPHA_SW        (2u << 4)
#define PLANE_CTL_ALPHA_HW        (3u << 4)
#define PLANE_CTL_ROTATE_MASK     3u
#define PLANE_SURF_MASK           0xfffff000u

#define PLANE_WM_ENABLE      (1u << 31)
#define PLANE_WM_LINES_SHIFT 14 /* bits 18:14 */
#define PLANE_WM_LINES_MASK  0x1fu
#define PLANE_WM_BLOCKS_MASK 0x3ffu

/* ---- cursor ---- */
#define CURCNTR(pipe)       GEN9_PIPE(pipe, 0x70080u)
#define CURBASE(pipe)       GEN9_PIPE(pipe, 0x70084u) /* arms the update */
#define CURPOS(pipe)        GEN9_PIPE(pipe, 0x70088u) /* y << 16 | x; bit 15 of each: sign */
#define CUR_FBC_CTL(pipe)   GEN9_PIPE(pipe, 0x700a0u)
#define CURSURFLIVE(pipe)   GEN9_PIPE(pipe, 0x700acu)
#define CUR_WM(pipe, level) (GEN9_PIPE(pipe, 0x70140u) + 4u * (level))
#define CUR_WM_TRANS(pipe)  GEN9_PIPE(pipe, 0x70168u)
#define CUR_BUF_CFG(pipe)   GEN9_PIPE(pipe, 0x7017cu)
#define CUR_MODE_MASK       0x27u /* 0: off */
#define CUR_MODE_128_ARGB   0x22u
#define CUR_MODE_256_ARGB   0x23u
#define CUR_MODE_64_ARGB    0x27u

/* ---- scalers ---- */
#define GEN9_PS(pipe, scaler, offset) ((offset) + 0x800u * (pipe) + 0x100u * (scaler))

#define PS_PWR_GATE(pipe, scaler) GEN9_PS(pipe, scaler, 0x68160u)
#define PS_WIN_POS(pipe, scaler)  GEN9_PS(pipe, scaler, 0x68170u) /* x << 16 | y */
#define PS_WIN_SZ(pipe, scaler)   GEN9_PS(pipe, scaler, 0x68174u) /* w << 16 | h; arms */
#define PS_CTRL(pipe, scaler)     GEN9_PS(pipe, scaler, 0x68180u)
#define PS_VSCALE(pipe, scaler)   GEN9_PS(pipe, scaler, 0x68184u)
#define PS_VPHASE(pipe, scaler)   GEN9_PS(pipe, scaler, 0x68188u)
#define PS_HSCALE(pipe, scaler)   GEN9_PS(pipe, scaler, 0x68190u)
#define PS_HPHASE(pipe, scaler)   GEN9_PS(pipe, scaler, 0x68194u)

#define PS_CTRL_ENABLE       (1u << 31)
#define PS_CTRL_PLANE(plane) ((uint32_t)(plane) << 25) /* 0: the pipe's output */
#define PS_CTRL_PLANE_MASK   (7u << 25)

/* Scalers that a pipe has. */
static inline unsigned gen9_pipe_scalers(unsigned pipe)
{
	return pipe == 2u ? 1u : GEN9_SCALER_COUNT;
}

#endif
