/* SPDX-License-Identifier: MIT */
/*
 * What the files of the hardware model share. Not for other folders.
 *
 *   gen9_gpu.c            life cycle, profile parameters, PCI configuration
 *   gen9_mmio.c           register file: storage, access classes, hooks
 *   gen9_interrupt.c      interrupt groups, master register, MSI
 *   gen9_address_space.c  GGTT window, memory accesses of engines, faults
 *   gen9_walk.c           page walks
 *   gen9_tlb.h, .c        what walks found
 *   gen9_engine.c         an engine's main loop and its waits
 *   gen9_execlists.c      ELSP, execlist queue, status buffer
 *   gen9_context.c        context image: load, save, lite restore
 *   gen9_reset.c          engine reset, hang, stop
 *   gen9_pipe.h   and the files it names: display pipes and planes
 *   gen9_command.c        fetch and decode: tables of commands
 *   gen9_mi.c, gen9_atomic.c, gen9_blt.c, gen9_render.c   what commands do
 *
 * Code of an engine runs on the engine's own executor context. Whatever can let others in returns 0
 * or:
 *   -ECANCELED   the engine was reset meanwhile: unwind to the main loop at once
 *   -EIO         the engine hung; gen9_engine_hang() has said so: unwind and wait for a reset
 * A memory-visible effect or a register change happens right after such a point, never between.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_PRIVATE_H
#define PVMMIO_HW_MODEL_GEN9_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/gen9_gpu.h"
#include "hw-model/gen9_pipe.h"
#include "hw-model/gen9_tlb.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/executor.h"

#define GEN9_MMIO_DWORDS    (GEN9_MMIO_SIZE_BYTES / 4u)
#define GEN9_COMMAND_DWORDS 260u /* the longest that is executed: MI_LOAD_REGISTER_IMM */

/* One execlist: what four ELSP writes submit. */
struct gen9_execlist {
	uint64_t element[2]; /* context descriptors; [1] is not valid when there is only one */
	uint64_t ready_ps;   /* when the engine acts on it */
	bool valid;
};

/* Where the command streamer is: in the ring, or in up to two levels of batches. */
struct gen9_stream {
	unsigned level;    /* 0 ring: position is RING_HEAD; 1 batch; 2 second level */
	uint64_t batch[2]; /* next command of the first and second level */
	enum gen9_space space[2];
};

struct gen9_engine {
	struct gen9_gpu *gpu;
	const struct gen9_engine_info *info;
	enum gen9_engine_id id;
	struct exec_context *context;
	struct exec_waitq wake; /* the engine, when it waits for anything at all */

	uint64_t reset_count;
	uint64_t seen_reset_count; /* when the main loop last started over */

	/* ELSP and the two execlists */
	uint32_t elsp_latch[4];
	unsigned elsp_latched;
	struct gen9_execlist lists[2];
	unsigned running_list; /* the one that runs, or ran last */
	unsigned write_list;   /* the one that the next submission takes */
	uint32_t last_reason;

	/* the running context */
	bool active;         /* from idle-to-active to active-to-idle */
	bool halted;         /* at a command boundary, by STOP_RING or a reset request */
	unsigned element;    /* of the running list */
	uint64_t descriptor; /* of the context that is loaded */
	bool arbitration;
	bool semaphore_poll;       /* its last semaphore wait was in poll mode */
	uint64_t retry_ps;         /* when to repeat a command that returned -EAGAIN */
	uint64_t repeats_since_ps; /* when a jump to itself was executed first; or EXEC_NEVER */
	uint64_t loaded_ps;        /* when the context was loaded */
	struct gen9_stream stream;

	struct gen9_tlb tlb;
	uint64_t busy_since_ps; /* EXEC_NEVER: not busy */
	struct gen9_engine_stats stats;

	uint32_t command[GEN9_COMMAND_DWORDS]; /* being executed */
	unsigned command_dwords;
	uint64_t command_address;
	uint8_t *blt_row; /* BCS0: one row of pixels on its way */
};

struct gen9_gpu {
	struct machine *m;
	struct hw_profile profile;
	struct dma_domain dma;
	struct msi_target msi;
	uint32_t *regs;      /* GEN9_MMIO_DWORDS */
	uint16_t *reg_rules; /* as many: what an access to each does; see gen9_mmio.c */
	uint64_t *ggtt;      /* GEN9_GGTT_ENTRIES */
	uint32_t irq_second[GEN9_IRQ_GROUP_COUNT]; /* second buffer of each group's IIR */
	bool irq_output;                           /* level of the line that sends MSIs */
	struct gen9_engine engines[GEN9_ENGINE_COUNT];
	struct gen9_pipe pipes[GEN9_PIPE_COUNT];
	gen9_latch_fn latch_fn; /* NULL: nobody listens */
	void *latch_opaque;
};

static inline uint32_t *gen9_reg(struct gen9_gpu *gpu, uint32_t offset)
{
	return &gpu->regs[offset / 4u];
}

static inline uint32_t *gen9_engine_reg(struct gen9_engine *engine, uint32_t offset)
{
	return gen9_reg(engine->gpu, engine->info->mmio_base + offset);
}

static inline struct executor *gen9_executor(const struct gen9_gpu *gpu)
{
	return gpu->m->ex;
}

static inline uint64_t gen9_now(const struct gen9_engine *engine)
{
	return exec_now(gen9_executor(engine->gpu));
}

static inline uint64_t gen9_param(const struct gen9_engine *engine, enum hw_param param)
{
	return engine->gpu->profile.value[param];
}

static inline uint32_t gen9_context_id(uint64_t descriptor)
{
	return (uint32_t)(descriptor >> 32);
}

/* Interleaving point of an engine: 0, or -ECANCELED. */
int gen9_engine_sync(struct gen9_engine *engine);

/*
 * Execute the batch at a GGTT address, to its end or, when end is not 0, up to there; nothing
 * preempts it. For the batches that a context names for its own restore.
 */
int gen9_engine_run_batch(struct gen9_engine *engine, uint64_t start, uint64_t end);

/* Wait for a wake-up (submission, signal, stop, reset) or until deadline_ps. 0 or -ECANCELED. */
int gen9_engine_wait(struct gen9_engine *engine, uint64_t deadline_ps);

/*
 * Let the engine work for ps. A short time only moves its clock, a long one can be cut off by a
 * reset. 0 or -ECANCELED.
 */
int gen9_engine_spend(struct gen9_engine *engine, uint64_t ps);

/* ---- gen9_mmio.c ---- */

extern const struct bus_region_ops gen9_register_ops;

void gen9_mmio_init(struct gen9_gpu *gpu);
uint32_t gen9_mmio_read32(struct gen9_gpu *gpu, uint32_t offset);
void gen9_mmio_write32(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* value as a masked register takes it on top of old. */
static inline uint32_t gen9_masked(uint32_t old, uint32_t value)
{
	uint32_t mask = value >> 16;

	return (old & ~mask) | (value & mask);
}

/* A duration in ticks of the command streamer's timestamp: 12 MHz. */
static inline uint64_t gen9_ticks(uint64_t ps)
{
	return ps / 250000u * 3u + ps % 250000u * 3u / 250000u;
}

/* The timestamp now: 36 bits. */
uint64_t gen9_timestamp(const struct gen9_gpu *gpu);

/* ---- gen9_interrupt.c ---- */

/* bits of the GT_* interrupts, unshifted. */
void gen9_engine_interrupt(struct gen9_engine *engine, uint32_t bits);
uint32_t gen9_master_read(struct gen9_gpu *gpu, uint32_t offset);
void gen9_master_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
void gen9_irq_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* Events of a group, as their ISR has them. */
void gen9_irq_raise(struct gen9_gpu *gpu, unsigned group, uint32_t bits);

/* Would the group's registers be any different after these events? */
bool gen9_irq_takes(struct gen9_gpu *gpu, unsigned group, uint32_t bits);

/* ISR offset of group n, or 0 past the last. */
uint32_t gen9_irq_group_isr(unsigned n);

/* ---- gen9_address_space.c ---- */

extern const struct bus_region_ops gen9_gtt_window_ops;

/*
 * Copy between buf and memory at gma, as the engine's TLB or its page tables say. A walk takes time
 * and is followed by an interleaving point; without one neither happens. What is copied page by
 * page stays copied when a later page fails. 0, -ECANCELED, or a fault's -EIO.
 */
int gen9_engine_read(struct gen9_engine *engine, enum gen9_space space, uint64_t gma, void *buf,
		     size_t len);
int gen9_engine_write(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      const void *buf, size_t len);

/*
 * A write that a command makes, counted as such. keep: bit n leaves the bytes n, n + 4, n + 8, ...
 * of memory as they are.
 */
int gen9_command_write(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		       const void *buf, size_t len, unsigned keep);

/* One store of 4 or 8 bytes by a command, with its time. 0, -ECANCELED, -EIO. */
int gen9_engine_store(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      uint64_t value, unsigned size_bytes);

/*
 * For the engine's own stores to its status page: *at is good to the end of the page, or NULL when
 * it is not mapped, which is noted as a fault and does not hang the engine. 0 or -ECANCELED.
 */
int gen9_status_page_at(struct gen9_engine *engine, uint64_t gma, void **at);

void gen9_tlb_ctl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
void gen9_flsh_cntl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* ---- gen9_walk.c ---- */

/* gen9_root.levels */
#define GEN9_LEVELS_48BIT 4u
#define GEN9_LEVELS_32BIT 2u

struct gen9_walk {
	struct gen9_mapping mapping;
	unsigned reads;       /* entries read, of a walk that faults as well */
	unsigned fault_level; /* of the entry that is not valid: 0 PTE to 3 PML4E */
};

/* Read the page tables. 0, or -EFAULT without a mapping. Takes no time. */
int gen9_walk(struct gen9_gpu *gpu, const struct gen9_root *root, uint64_t gma,
	      struct gen9_walk *walk);

/* Number of the 4 KiB of a mapping that gma is in. */
static inline uint64_t gen9_mapping_frame(const struct gen9_mapping *mapping, uint64_t gma)
{
	uint64_t pages = UINT64_C(1) << (gen9_page_shift(mapping->size) - PAGE_SHIFT);

	return mapping->frame + (gma >> PAGE_SHIFT) % pages;
}

/* ---- gen9_execlists.c ---- */

void gen9_engine_main(void *arg);
void gen9_elsp_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
uint32_t gen9_execlist_status_read(struct gen9_gpu *gpu, uint32_t offset);
void gen9_execlists_reset(struct gen9_engine *engine);

/* ---- gen9_context.c ---- */

int gen9_context_load(struct gen9_engine *engine);
int gen9_context_save(struct gen9_engine *engine);

/* with_roots: the page directory roots, too. */
int gen9_context_lite_restore(struct gen9_engine *engine, bool with_roots);

/* ---- gen9_reset.c ---- */

/* Stop for ever: an error of the submitted work at address. Returns -EIO. */
int gen9_engine_hang(struct gen9_engine *engine, uint64_t address);

/* Is the engine kept from running by STOP_RING or a reset request? */
bool gen9_engine_blocked(struct gen9_engine *engine);
void gen9_engine_set_busy(struct gen9_engine *engine, bool busy);
void gen9_gdrst_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
void gen9_reset_ctl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);
uint32_t gen9_mi_mode_read(struct gen9_gpu *gpu, uint32_t offset);
void gen9_mi_mode_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* ---- gen9_command.c ---- */

/* Has the ring been executed up to its tail? */
bool gen9_stream_at_end(struct gen9_engine *engine);

/*
 * Fetch, decode and execute one command. 0, -ECANCELED, -EIO, or -EAGAIN: not done yet, repeat it
 * at retry_ps.
 */
int gen9_command_step(struct gen9_engine *engine);

/*
 * Row of the tables of commands. A command without a function is known and stepped over; what it
 * would do is not modelled.
 */
struct gen9_command_info {
	const char *name;
	uint8_t engines;                 /* bit per enum gen9_engine_id */
	uint16_t dwords_min, dwords_max; /* checked, and fetched, only with a function */
	int (*execute)(struct gen9_engine *engine, const uint32_t *dw);
};

#define ON_RCS   (1u << GEN9_RCS0)
#define ON_BCS   (1u << GEN9_BCS0)
#define ON_VCS   (1u << GEN9_VCS0 | 1u << GEN9_VCS1)
#define ON_VECS  (1u << GEN9_VECS0)
#define ON_EVERY (ON_RCS | ON_BCS | ON_VCS | ON_VECS)

/*
 * Address space of a command's operand. A command in a batch uses the batch's, one in the ring the
 * GGTT; use_ggtt asks for the GGTT explicitly. false: a PPGTT batch is not privileged to, and the
 * hardware makes the command a no-op.
 */
bool gen9_operand_space(const struct gen9_engine *engine, bool use_ggtt, enum gen9_space *space);

/* The address in two dwords, canonical form cut to 48 bits, aligned down. */
static inline uint64_t gen9_address(uint32_t low, uint32_t high, uint32_t align)
{
	return ((uint64_t)(high & 0xffffu) << 32) | (low & ~(align - 1u));
}

/* gen9_atomic.c: a command of that table */
int gen9_mi_atomic(struct gen9_engine *engine, const uint32_t *dw);

extern const struct gen9_command_info gen9_mi_commands[64];
extern const struct gen9_command_info gen9_blt_commands[128];

/* Row of client 3's table, which goes by more than one opcode field. First match wins. */
struct gen9_render_command {
	uint32_t mask, value;
	struct gen9_command_info info;
};

extern const struct gen9_render_command gen9_render_commands[];
extern const size_t gen9_render_command_count;

/* Post-sync operations of MI_FLUSH_DW and PIPE_CONTROL, in bits 15:14 of both. */
#define POST_SYNC_OP(flags) (((flags) >> 14) & 3u)
enum { POST_SYNC_NONE, POST_SYNC_IMMEDIATE, POST_SYNC_DEPTH_COUNT, POST_SYNC_TIMESTAMP };

/* An address in a status page: the global one, or the context's own for a PPGTT operand. */
uint64_t gen9_status_page_address(struct gen9_engine *engine, bool global, uint32_t byte);

#endif
