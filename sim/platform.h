/* SPDX-License-Identifier: MIT */
/*
 * Platform: the only door from the guest driver to the machine it runs on.
 *
 * The driver behind it is freestanding: it sees memory, registers, time and one interrupt line, as
 * it would on a real machine, where each of these functions is a few instructions. Nothing here
 * tells the driver that it is simulated.
 *
 *   function                  exits?                                    waits?
 *   plat_read / plat_write    yes, when the page traps                  no
 *   plat_load / plat_store    only stores to write-protected pages      no
 *   plat_pci_read32           no (configuration is cached)              no
 *   plat_halt, plat_wait      no (a wake-up has a cost)                 yes
 *   everything else           no                                        no
 *
 * All functions act on the vCPU that calls them.
 */
#ifndef PVMMIO_SIM_PLATFORM_H
#define PVMMIO_SIM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAT_PAGE_SIZE 4096u
#define PLAT_NEVER     UINT64_MAX

struct platform;

/* ---- registers: bus addresses, little endian, aligned to their size ---- */
uint8_t plat_read8(struct platform *plat, uint64_t addr);
uint16_t plat_read16(struct platform *plat, uint64_t addr);
uint32_t plat_read32(struct platform *plat, uint64_t addr);
uint64_t plat_read64(struct platform *plat, uint64_t addr);
void plat_write8(struct platform *plat, uint64_t addr, uint8_t value);
void plat_write16(struct platform *plat, uint64_t addr, uint16_t value);
void plat_write32(struct platform *plat, uint64_t addr, uint32_t value);
void plat_write64(struct platform *plat, uint64_t addr, uint64_t value);

/* The GPU's PCI configuration space, offset aligned to 4. */
uint32_t plat_pci_read32(struct platform *plat, unsigned offset);

/* ---- memory ---- */

/*
 * page_count contiguous zeroed pages of the guest's own memory; *gpa_out is where devices and the
 * host see them. NULL when memory is short. Plain loads and stores through the pointer are right
 * for memory nobody else reads at the time; shared words go through the accessors below.
 */
void *plat_alloc_pages(struct platform *plat, size_t page_count, uint64_t *gpa_out);
void plat_free_pages(struct platform *plat, void *pages, size_t page_count);

/*
 * Words that somebody else reads or writes meanwhile: interleaving points, with the stated order.
 * Stores to write-protected pages exit. p is aligned to the size.
 */
uint32_t plat_load32(struct platform *plat, const void *p); /* relaxed */
uint32_t plat_load_acquire32(struct platform *plat, const void *p);
uint64_t plat_load64(struct platform *plat, const void *p);        /* relaxed */
void plat_store32(struct platform *plat, void *p, uint32_t value); /* relaxed */
void plat_store_release32(struct platform *plat, void *p, uint32_t value);
void plat_store64(struct platform *plat, void *p, uint64_t value); /* relaxed */

/* Full barrier; write barrier before a doorbell or a tail. */
void plat_mb(struct platform *plat);
void plat_wmb(struct platform *plat);

/* ---- interrupts ---- */

/* handler(opaque) runs on the vCPU that takes the interrupt, with interrupts disabled. */
void plat_irq_register(struct platform *plat, void (*handler)(void *opaque), void *opaque);

/* Disable / restore this vCPU's interrupts. Disabling returns what to restore. */
bool plat_irq_save(struct platform *plat);
void plat_irq_restore(struct platform *plat, bool enabled);

/*
 * With interrupts disabled: enable them, sleep until one was taken or somebody called plat_wake(),
 * or until the deadline (time of plat_time_ns()), disable them again. No wake-up between the
 * caller's test and the sleep is lost. false at the deadline.
 */
bool plat_halt(struct platform *plat, uint64_t deadline_ns);

/* Wake every vCPU that sleeps in plat_halt(). */
void plat_wake(struct platform *plat);

/* ---- locks between vCPUs ---- */

/* Spin lock that also disables interrupts on this vCPU. Zero-initialise. Not recursive. */
struct plat_lock {
	uint32_t word;
};
bool plat_lock(struct platform *plat, struct plat_lock *lock);
void plat_unlock(struct platform *plat, struct plat_lock *lock, bool irq_state);

/* ---- time ---- */
uint64_t plat_time_ns(struct platform *plat);

/* Do nothing for a while; interrupts are taken meanwhile. */
void plat_delay_ns(struct platform *plat, uint64_t ns);

/*
 * CPU time of the driver's own code, which a simulator cannot see otherwise. Nothing on a real
 * machine.
 */
enum plat_work {
	PLAT_WORK_REQUEST,   /* build one request */
	PLAT_WORK_SUBMIT,    /* choose requests for the ports and update their context images */
	PLAT_WORK_INTERRUPT, /* interrupt handler and bottom half, without register accesses */
};
void plat_work(struct platform *plat, enum plat_work work);

/* ---- marks and messages ---- */

/* Marks of what the driver is doing, for accounting. Free of cost; they nest. */
enum plat_op {
	PLAT_OP_INIT,
	PLAT_OP_SUBMIT,
	PLAT_OP_PPGTT_ALLOC,
	PLAT_OP_PPGTT_INSERT,
	PLAT_OP_PPGTT_CLEAR,
	PLAT_OP_GGTT_INSERT,
	PLAT_OP_GGTT_CLEAR,
	PLAT_OP_FLIP,
	PLAT_OP_WATERMARK,
	PLAT_OP_RESET,
};
void plat_op_begin(struct platform *plat, enum plat_op op);
void plat_op_end(struct platform *plat, enum plat_op op);

/* A constant message with one number: "render hang, head" 0x1230. */
void plat_log(struct platform *plat, const char *message, uint64_t value);

#endif
