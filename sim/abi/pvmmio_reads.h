/* SPDX-License-Identifier: MIT */
/*
 * pvmmio, read pass-through: the registers that memory cannot answer for.
 *
 * With PVMMIO_READ_PASSTHROUGH a register is read from the memory that the host keeps it in. That
 * is wrong where reading has an effect, or where the value is made at the moment it is read. Those
 * registers are read through PVINFO_PV_MMIO instead, which costs what a trapped read costs.
 *
 * Source: the guest side list of the product kernels (ACRN, 4.14 and 4.19): GMBUS, timestamps,
 * SBI_DATA, 0x6c060, 0x206c; from February 2019 the scan lines. ACTHD and the INSTDONE of the other
 * engines are not on it: there a hang check reads where the engine was when its last workload
 * ended. Here they are.
 */
#ifndef PVMMIO_SIM_ABI_PVMMIO_READS_H
#define PVMMIO_SIM_ABI_PVMMIO_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pvmmio_trapped_read {
	uint32_t offset; /* in BAR0 */
	uint32_t dwords;
	const char *reason;
};

/* clang-format off */
#define PVMMIO_TRAPPED_READS_OF_ENGINE(base)                                     \
	{ (base) + 0x05cu, 1, "ACTHD_UDW: live while the engine runs the guest's work" }, \
	{ (base) + 0x06cu, 1, "INSTDONE: live while the engine runs the guest's work" },  \
	{ (base) + 0x074u, 1, "ACTHD: live while the engine runs the guest's work" },     \
	{ (base) + 0x358u, 2, "TIMESTAMP: counts in hardware" }

#define PVMMIO_TRAPPED_READS                                                     \
	PVMMIO_TRAPPED_READS_OF_ENGINE(0x02000u), /* RCS */                      \
	PVMMIO_TRAPPED_READS_OF_ENGINE(0x12000u), /* VCS */                      \
	PVMMIO_TRAPPED_READS_OF_ENGINE(0x1a000u), /* VECS */                     \
	PVMMIO_TRAPPED_READS_OF_ENGINE(0x1c000u), /* VCS2 */                     \
	PVMMIO_TRAPPED_READS_OF_ENGINE(0x22000u), /* BCS */                      \
	{ 0x6c060u, 1, "DPLL_STATUS: made of four other registers" },            \
	{ 0x70000u, 1, "PIPEDSL_A: scan line, moves with time" },                \
	{ 0x71000u, 1, "PIPEDSL_B: scan line, moves with time" },                \
	{ 0x72000u, 1, "PIPEDSL_C: scan line, moves with time" },                \
	{ 0xc5100u, 5, "GMBUS0..4: reading moves a transfer on" },               \
	{ 0xc5120u, 1, "GMBUS5: with the others" },                              \
	{ 0xc6004u, 1, "SBI_DATA: answer of a sideband transaction" }
/* clang-format on */

/* Is the register at offset, a multiple of 4, one that must be read through PVINFO_PV_MMIO? */
static inline bool pvmmio_read_traps(uint32_t offset)
{
	static const struct pvmmio_trapped_read reads[] = { PVMMIO_TRAPPED_READS };

	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (offset - reads[i].offset < 4 * reads[i].dwords)
			return true;
	return false;
}

#endif
