// SPDX-License-Identifier: MIT
/*
 * Logical contexts: images and rings, descriptors, life cycle.
 *
 * A context lives until its owner and the last of its requests have let go; a request lets go when
 * no port holds it any more, that is when the engine has saved the context. The last reference may
 * go in the interrupt handler, so memory is returned later, by i915_contexts_reap().
 *
 * Each context has an address space of its own, which it closes when it goes.
 *
 * Source of the image: Linux 4.19 intel_lrc.c, execlists_init_reg_state().
 */
#include "guest/i915_internal.h"

#include <string.h>

#define CONTEXT_ID_LIMIT (1u << 21)

#define BB_STATE_PPGTT 0x20u

/* Dword indices of the root registers' offsets: the highest register comes first. */
#define CTX_PDP_UDW(n) (CTX_PDP3_UDW + 4u * (3u - (n)))
#define CTX_PDP_LDW(n) (CTX_PDP_UDW(n) + 2u)

/* A register of the state page: dword index, offset from the engine's base. */
struct state_reg {
	uint8_t index;
	uint16_t offset;
};

/* Source: Linux 4.19 intel_lrc_reg.h. */
static const struct state_reg state_regs[] = {
	{CTX_CONTEXT_CONTROL, RING_CONTEXT_CONTROL},
	{ CTX_RING_HEAD,      RING_HEAD           },
	{ CTX_RING_TAIL,      RING_TAIL           },
	{ CTX_RING_START,     RING_START          },
	{ CTX_RING_CTL,       RING_CTL            },
	{ CTX_BB_ADDR_UDW,    RING_BB_ADDR_UDW    },
	{ CTX_BB_ADDR_LDW,    RING_BB_ADDR        },
	{ CTX_BB_STATE,       RING_BB_STATE       },
	{ CTX_SBB_ADDR_UDW,   0x11c               },
	{ CTX_SBB_ADDR_LDW,   0x114               },
	{ CTX_SBB_STATE,      0x118               },
	{ CTX_TIMESTAMP,      RING_CTX_TIMESTAMP  },
	{ CTX_PDP3_UDW,       RING_PDP_UDW(3)     },
	{ CTX_PDP3_UDW + 2,   RING_PDP_LDW(3)     },
	{ CTX_PDP3_UDW + 4,   RING_PDP_UDW(2)     },
	{ CTX_PDP3_UDW + 6,   RING_PDP_LDW(2)     },
	{ CTX_PDP3_UDW + 8,   RING_PDP_UDW(1)     },
	{ CTX_PDP3_UDW + 10,  RING_PDP_LDW(1)     },
	{ CTX_PDP0_UDW,       RING_PDP_UDW(0)     },
	{ CTX_PDP0_LDW,       RING_PDP_LDW(0)     },
};

static const struct state_reg state_regs_rcs[] = {
	{CTX_BB_PER_CTX_PTR,       0x1c0},
	{ CTX_INDIRECT_CTX,        0x1c4},
	{ CTX_INDIRECT_CTX_OFFSET, 0x1c8},
	{ CTX_R_PWR_CLK_STATE,     0x0c8},
};

uint32_t *i915_context_state(const struct i915_context *ctx, enum gen9_engine_id engine)
{
	char *image = ctx->on[engine].image.cpu;

	return (uint32_t *)(void *)(image + LRC_STATE_PAGE * PLAT_PAGE_SIZE);
}

static void name_registers(uint32_t *state, const struct gen9_engine_info *info,
			   const struct state_reg *regs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		state[regs[i].index] = info->mmio_base + regs[i].offset;
}

/* The page is zero so far: head, tail, batch registers and page directory roots start there. */
static void init_state(uint32_t *state, const struct gen9_engine_info *info, bool rcs,
		       const struct i915_ring *ring)
{
	name_registers(state, info, state_regs, sizeof(state_regs) / sizeof(state_regs[0]));
	state[CTX_LRI_HEADER_0] = rcs ? CTX_LRI_HEADER_0_RCS : CTX_LRI_HEADER_0_OTHER;
	state[CTX_LRI_HEADER_1] = CTX_LRI_HEADER_1_VALUE;
	if (rcs) {
		name_registers(state, info, state_regs_rcs,
			       sizeof(state_regs_rcs) / sizeof(state_regs_rcs[0]));
		state[CTX_LRI_HEADER_2] = CTX_LRI_HEADER_2_VALUE;
	}
	state[CTX_CONTEXT_CONTROL + 1] = CTX_CTRL_FIRST_USE;
	state[CTX_RING_START + 1] = (uint32_t)ring->gma;
	state[CTX_RING_CTL + 1] = (ring->size_bytes - PLAT_PAGE_SIZE) | RING_CTL_VALID;
	state[CTX_BB_STATE + 1] = BB_STATE_PPGTT;
}

static void init_roots(const struct i915_context *ctx, uint32_t *state)
{
	uint64_t roots[I915_PPGTT_ROOTS];
	unsigned count = ctx->vm->is_ggtt ? 0 : i915_ppgtt_roots(ctx->vm, roots);

	for (unsigned i = 0; i < count; i++) {
		state[CTX_PDP_UDW(i) + 1] = (uint32_t)(roots[i] >> 32);
		state[CTX_PDP_LDW(i) + 1] = (uint32_t)roots[i];
	}
}

static void init_image(const struct i915_context *ctx, enum gen9_engine_id engine)
{
	uint32_t *state = i915_context_state(ctx, engine);

	init_state(state, &i915_engine_info[engine], engine == GEN9_RCS0, &ctx->on[engine].ring);
	init_roots(ctx, state);
	if (engine == GEN9_RCS0)
		i915_work_arounds_apply(ctx->i915, state);
}

void i915_context_restore_image(struct i915_context *ctx, enum gen9_engine_id engine)
{
	memset(i915_context_state(ctx, engine), 0, PLAT_PAGE_SIZE);
	init_image(ctx, engine);
}

/* With four roots Linux 4.19 does so (execlists_update_context_pdps); a single one never changes.
 */
void i915_context_update_roots(const struct i915_context *ctx, enum gen9_engine_id engine)
{
	uint32_t *state = i915_context_state(ctx, engine);
	struct platform *plat = ctx->i915->plat;
	uint64_t roots[I915_PPGTT_ROOTS];

	if (ctx->vm->is_ggtt || i915_ppgtt_roots(ctx->vm, roots) == 1)
		return;
	for (unsigned i = I915_PPGTT_ROOTS; i--;) {
		plat_store32(plat, &state[CTX_PDP_UDW(i) + 1], (uint32_t)(roots[i] >> 32));
		plat_store32(plat, &state[CTX_PDP_LDW(i) + 1], (uint32_t)roots[i]);
	}
}

/* Image and ring on engine, both pinned. */
static int create_on(struct i915_context *ctx, const struct i915_engine *engine)
{
	struct i915_engine_context *on = &ctx->on[engine->id];
	struct i915 *i915 = ctx->i915;
	int err = i915_buffer_init(i915, &on->ring_buffer, I915_RING_PAGES);

	if (err)
		return err;
	on->ring.dwords = on->ring_buffer.cpu;
	on->ring.size_bytes = I915_RING_PAGES * PLAT_PAGE_SIZE;
	on->ring.gma = i915_buffer_gma(&on->ring_buffer);
	err = i915_buffer_init(i915, &on->image, engine->info->context_pages);
	if (err) {
		i915_buffer_fini(&on->ring_buffer);
		return err;
	}
	init_image(ctx, engine->id);
	return 0;
}

int i915_context_pin(struct i915_context *ctx, const struct i915_engine *engine)
{
	struct i915_engine_context *on = &ctx->on[engine->id];
	int err;

	if (!on->image.cpu)
		return create_on(ctx, engine);
	err = i915_vma_pin(on->ring_buffer.vma);
	if (err)
		return err == -I915_ENOSPC ? -I915_ENOMEM : err;
	err = i915_vma_pin(on->image.vma);
	if (err) {
		i915_vma_unpin(on->ring_buffer.vma);
		return err == -I915_ENOSPC ? -I915_ENOMEM : err;
	}
	/* After an eviction, and then no request is left that could use the old place. */
	if (on->ring.gma != i915_buffer_gma(&on->ring_buffer)) {
		on->ring.gma = i915_buffer_gma(&on->ring_buffer);
		i915_context_state(ctx, engine->id)[CTX_RING_START + 1] = (uint32_t)on->ring.gma;
	}
	return 0;
}

void i915_context_unpin(struct i915_context *ctx, const struct i915_engine *engine)
{
	i915_vma_unpin(ctx->on[engine->id].image.vma);
	i915_vma_unpin(ctx->on[engine->id].ring_buffer.vma);
}

uint64_t i915_context_descriptor(const struct i915_context *ctx, enum gen9_engine_id engine)
{
	uint32_t lrca = (uint32_t)i915_buffer_gma(&ctx->on[engine].image) & CTX_DESC_LRCA_MASK;
	uint32_t mode = ctx->i915->ppgtt_mode == I915_PPGTT_32BIT ? CTX_DESC_MODE_LEGACY_32B
								  : CTX_DESC_MODE_LEGACY_64B;

	return (uint64_t)ctx->id << CTX_DESC_ID_SHIFT | lrca | CTX_DESC_PRIVILEGE |
	       mode << CTX_DESC_MODE_SHIFT | CTX_DESC_VALID;
}

/* i915->lock held. The smallest free id; the list is in their order. */
static bool insert_by_id(struct i915_context *ctx)
{
	struct i915_list *head = &ctx->i915->contexts;
	struct i915_list *at = head;

	ctx->id = 1; /* the status buffer uses 0 where no context is meant */
	while (at->next != head &&
	       container_of(at->next, struct i915_context, link)->id == ctx->id) {
		ctx->id++;
		at = at->next;
	}
	if (ctx->id >= CONTEXT_ID_LIMIT)
		return false;
	i915_list_insert_after(&ctx->link, at);
	return true;
}

static void close_vm(struct i915_context *ctx)
{
	if (!ctx->vm->is_ggtt)
		i915_vm_close(ctx->vm);
}

struct i915_context *i915_context_create(struct i915 *i915)
{
	struct i915_context *ctx;
	bool ok, irq;

	static_assert(sizeof(*ctx) <= I915_HEAP_MAX_BYTES, "fits a heap block");
	i915_contexts_reap(i915);
	ctx = i915_heap_alloc(&i915->heap, sizeof(*ctx));
	if (!ctx)
		return NULL;
	ctx->i915 = i915;
	ctx->refs = 1;
	ctx->vm = i915->ppgtt_mode == I915_PPGTT_NONE ? &i915->ggtt.vm : i915_ppgtt_create(i915);
	if (!ctx->vm)
		goto out_free;
	irq = plat_lock(i915->plat, &i915->lock);
	ok = insert_by_id(ctx);
	plat_unlock(i915->plat, &i915->lock, irq);
	if (ok)
		return ctx;
	close_vm(ctx);
out_free:
	i915_heap_free(&i915->heap, ctx, sizeof(*ctx));
	return NULL;
}

void i915_context_ref(struct i915_context *ctx)
{
	struct i915 *i915 = ctx->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	ctx->refs++;
	plat_unlock(i915->plat, &i915->lock, irq);
}

void i915_context_unref(struct i915_context *ctx)
{
	struct i915 *i915 = ctx->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	if (--ctx->refs == 0) {
		i915_list_remove(&ctx->link);
		i915_list_append(&ctx->link, &i915->dead_contexts);
	}
	plat_unlock(i915->plat, &i915->lock, irq);
}

static void context_free(struct i915_context *ctx)
{
	struct i915 *i915 = ctx->i915;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		i915_buffer_fini(&ctx->on[i].image);
		i915_buffer_fini(&ctx->on[i].ring_buffer);
	}
	close_vm(ctx);
	i915_heap_free(&i915->heap, ctx, sizeof(*ctx));
}

static struct i915_context *pop(struct i915 *i915, struct i915_list *head)
{
	struct i915_context *ctx = NULL;
	bool irq = plat_lock(i915->plat, &i915->lock);

	if (!i915_list_empty(head)) {
		ctx = container_of(head->next, struct i915_context, link);
		i915_list_remove(&ctx->link);
	}
	plat_unlock(i915->plat, &i915->lock, irq);
	return ctx;
}

bool i915_contexts_reap(struct i915 *i915)
{
	struct i915_context *ctx;
	bool any = false;

	while ((ctx = pop(i915, &i915->dead_contexts))) {
		context_free(ctx);
		any = true;
	}
	return any;
}

void i915_contexts_free(struct i915 *i915)
{
	struct i915_context *ctx;

	i915_contexts_reap(i915);
	while ((ctx = pop(i915, &i915->contexts)))
		context_free(ctx);
}

void i915_context_set_priority(struct i915_context *ctx, int priority)
{
	ctx->priority = priority;
}

bool i915_context_banned(const struct i915_context *ctx)
{
	return ctx->banned;
}

void i915_context_destroy(struct i915_context *ctx)
{
	struct i915 *i915;

	if (!ctx)
		return;
	i915 = ctx->i915;
	i915_context_unref(ctx);
	i915_contexts_reap(i915);
}
