/* SPDX-License-Identifier: MIT */
/*
 * The mediator's register framework: a const table of tracked registers, expanded once into an
 * array indexed by dword, shared by all vGPUs and never changed afterwards.
 *
 * A register without a row is storage: it reads back what was written, and never reaches the
 * hardware. So do rows without handlers.
 *
 * Handlers see whole dwords. Accesses of one and two bytes are made into such:
 *
 *   read                   the dword is read, its bytes are taken
 *   write, plain           merged into what the register holds
 *   write, MASKED or W1C   the other bytes are written as zero, that is: not at all
 *   write, WHOLE           refused
 *
 * Upstream looks a register up by the exact offset and ignores the length, so that a byte store at
 * its first byte runs the handler on whatever lies behind the byte, and one at its second byte
 * bypasses the handler.
 */
#ifndef PVMMIO_HOST_MMIO_H
#define PVMMIO_HOST_MMIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct vgpu;

enum mmio_flags {
	MMIO_RO = 1u << 0,        /* writes change nothing */
	MMIO_MASKED = 1u << 1,    /* upper half selects the bits of the lower half */
	MMIO_W1C = 1u << 2,       /* a written one clears or triggers, a zero does nothing */
	MMIO_WHOLE = 1u << 3,     /* written as a whole dword or not at all: doorbells */
	MMIO_CMD_READ = 1u << 4,  /* commands may read it */
	MMIO_CMD_WRITE = 1u << 5, /* commands may write it */
	MMIO_CMD_VREG = 1u << 6,  /* what a command writes goes to the virtual register only */
};

struct mmio_row {
	uint32_t offset; /* in BAR0, or from an engine's base */
	uint16_t count;  /* consecutive dwords */
	uint16_t flags;
	int (*read)(struct vgpu *vgpu, uint32_t offset, uint32_t *value);
	/* Stores what it wants stored. MASKED registers: value as written. */
	int (*write)(struct vgpu *vgpu, uint32_t offset, uint32_t value);
};

extern const struct mmio_row mmio_engine_rows[];
extern const size_t mmio_engine_row_count;
extern const struct mmio_row mmio_global_rows[];
extern const size_t mmio_global_row_count;

struct mmio_table {
	uint16_t *row_of; /* by dword: 0 for none, else 1 + row (engine rows first) */
};

/* 0, -ENOMEM. Two rows for one register fail an assertion. */
int mmio_table_init(struct mmio_table *table);
void mmio_table_fini(struct mmio_table *table);

/* Row of the dword at offset, a multiple of 4 below the register space's size; NULL for none. */
const struct mmio_row *mmio_row_at(const struct mmio_table *table, uint32_t offset);

/*
 * One access as the transport hands it on: at offset in BAR0, of 1, 2, 4 or 8 bytes. Takes
 * vgpu->lock, charges WORK_HANDLER. 0; -EINVAL or what the handler says: for traces and tests, the
 * guest never learns of it. A failed read gives 0.
 */
int mmio_read(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t *value);
int mmio_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value);

/* One dword as a trapped access of the guest has it, with vgpu->lock held; charges nothing. */
int mmio_read_locked(struct vgpu *vgpu, uint32_t offset, uint32_t *value);
int mmio_write_locked(struct vgpu *vgpu, uint32_t offset, uint32_t value);

#endif
