/* SPDX-License-Identifier: MIT */
/*
 * Gen9 command encodings and the rules to step through a command stream.
 *
 * Shared by the guest, who writes commands, the mediator, who audits them, and the hardware model,
 * who executes them. Each has its own table of what to do; this is only the encoding.
 *
 * Source: intel media-driver mhw_mi_hwcmd_g9_X.h, IGT intel_reg.h, Linux 4.19
 * intel_gpu_commands.h and gvt/cmd_parser.c (lengths).
 */
#ifndef PVMMIO_HW_MODEL_REGS_GEN9_COMMANDS_H
#define PVMMIO_HW_MODEL_REGS_GEN9_COMMANDS_H

#include <stdint.h>

/* Header bits 31:29. */
#define CMD_CLIENT(header) ((header) >> 29)
#define CMD_CLIENT_MI      0u
#define CMD_CLIENT_BLT     2u
#define CMD_CLIENT_RENDER  3u
#define MI_OPCODE(header)  (((header) >> 23) & 0x3fu)
#define BLT_OPCODE(header) (((header) >> 22) & 0x7fu)

/* MI headers, with the length field. */
#define MI_NOOP                 0x00000000u
#define MI_NOOP_WRITE_ID        (1u << 22)
#define MI_USER_INTERRUPT       0x01000000u
#define MI_ARB_CHECK            0x02800000u
#define MI_ARB_ON_OFF           0x04000000u
#define MI_ARB_ENABLE           (1u << 0)
#define MI_BATCH_BUFFER_END     0x05000000u
#define MI_SEMAPHORE_SIGNAL     0x0d800000u
#define MI_SEMAPHORE_WAIT       0x0e000002u
#define MI_STORE_DATA_IMM       0x10000002u /* 4 dwords: address low, high, data */
#define MI_STORE_DATA_IMM_QWORD 0x10200003u /* 5 dwords */
#define MI_STORE_DATA_INDEX     0x10800001u
#define MI_LOAD_REGISTER_IMM(n) (0x11000000u | (2u * (n)-1u))
#define MI_UPDATE_GTT           0x11800001u /* 3 dwords; privileged */
#define MI_STORE_REGISTER_MEM   0x12000002u
#define MI_FLUSH_DW             0x13000002u /* 4 dwords */
#define MI_LOAD_REGISTER_MEM    0x14800002u
#define MI_LOAD_REGISTER_REG    0x15000001u
#define MI_COPY_MEM_MEM         0x17000003u
#define MI_ATOMIC               0x17800001u /* 3 dwords: operation 15:8, address low, high */
#define MI_ATOMIC_INLINE_DWORDS 8u          /* added to the header for the form of 11 dwords */
#define MI_ATOMIC_RETURN        (1u << 16)
#define MI_ATOMIC_INLINE        (1u << 18)
#define MI_ATOMIC_QWORD         (1u << 19)
#define MI_BATCH_BUFFER_START   0x18800001u /* 3 dwords: address low, high */
#define MI_BATCH_PPGTT          (1u << 8)
#define MI_BATCH_SECOND_LEVEL   (1u << 22)
#define MI_USE_GGTT             (1u << 22) /* stores and register/memory moves */

#define MI_FLUSH_DW_NOTIFY      (1u << 8)
#define MI_FLUSH_DW_POST_SYNC   (3u << 14)
#define MI_FLUSH_DW_STORE_DWORD (1u << 14)
#define MI_FLUSH_DW_TIMESTAMP   (3u << 14)
#define MI_FLUSH_DW_TLB         (1u << 18)
#define MI_FLUSH_DW_INDEX       (1u << 21)
#define MI_FLUSH_DW_GGTT        (1u << 2) /* in the address dword */

#define PIPE_CONTROL                 0x7a000004u /* 6 dwords */
#define PIPE_CONTROL_DC_FLUSH        (1u << 5)
#define PIPE_CONTROL_FLUSH_ENABLE    (1u << 7)
#define PIPE_CONTROL_NOTIFY          (1u << 8)
#define PIPE_CONTROL_RT_FLUSH        (1u << 12)
#define PIPE_CONTROL_POST_SYNC       (3u << 14)
#define PIPE_CONTROL_WRITE_QWORD     (1u << 14)
#define PIPE_CONTROL_WRITE_TIMESTAMP (3u << 14)
#define PIPE_CONTROL_TLB_INVALIDATE  (1u << 18)
#define PIPE_CONTROL_CS_STALL        (1u << 20)
#define PIPE_CONTROL_STORE_INDEX     (1u << 21)
#define PIPE_CONTROL_GGTT            (1u << 24)

#define XY_COLOR_BLT            0x54000005u /* 7 dwords */
#define XY_SRC_COPY_BLT         0x54c00008u /* 10 dwords */
#define XY_FAST_COPY_BLT        0x50800008u /* 10 dwords */
#define XY_BLT_WRITE_RGBA       (3u << 20)
#define XY_BLT_DEPTH_32         (3u << 24)
#define XY_BLT_ROP_PATTERN_COPY (0xf0u << 16)
#define XY_BLT_ROP_SOURCE_COPY  (0xccu << 16)
#define XY_FAST_BLT_DEPTH_32    (3u << 24)

#define GPGPU_WALKER       0x7105000du /* 15 dwords; dw7, dw10, dw12: thread groups in x, y, z */
#define MFD_AVC_BSD_OBJECT 0x71280004u /* 6 dwords; dw1: bytes of bitstream, 31:0 */
#define VEB_DI_IECP        0x74030012u /* 20 dwords; dw1: first column 29:16, last column 13:0 */
#define VEB_COLUMN_MASK    0x3fffu
#define VEB_FIRST_SHIFT    16
#define CMD_3DPRIMITIVE    0x7b000005u /* 7 dwords; dw2 vertices per instance, dw4 instances */

/*
 * Length in dwords of the command with this header, from its encoding alone; 0 when the client is
 * unknown or the opcode has no known length rule. It does not say that an engine knows the command.
 */
unsigned gen9_cmd_dwords(uint32_t header);

#endif
