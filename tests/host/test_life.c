// SPDX-License-Identifier: MIT
//
// Many vGPUs at once, each with a guest that submits, hangs its engines, resets them, is reset,
// reboots, and is destroyed and made again, at random: every workload that was accepted ends once,
// nothing runs that was not submitted, nothing is left in the end, and the same seed gives the same
// run.
//
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "rig.h"

#include <string.h>

#include "host/check.h"
#include "host/dma_map.h"
#include "host/workload.h"
#include "sim/machine/rng.h"

#define VM_COUNT    6u
#define STEPS       220u
#define WORD_COUNT  1024u
#define RING_DWORDS ((uint32_t)(PAGE_SIZE / 4))
#define FLIGHT      24u /* requests of one context at most, so that no ring is overrun */

// Memory of an engine's context, and of the guest.
struct context {
	uint64_t image_gpa;
	uint64_t ring_gpa;
	uint64_t image_gma;
	uint64_t ring_gma;
	uint32_t tail;
	unsigned in_flight; /* since the ring was last known to be empty */
};

struct totals {
	uint64_t accepted;
	uint64_t refused;
	uint64_t ended[GVT_WORKLOAD_END_COUNT];
	uint64_t open_at_end; /* when their vGPU was destroyed */
};

struct actor {
	struct rig_guest *guest;
	struct vgpu_config config;
	struct rng rng;
	struct context contexts[GEN9_ENGINE_COUNT];
	uint64_t status_gpa;
	uint64_t status_gma;
	uint64_t words_gpa;
	uint64_t words_gma;
	uint64_t root_gpa;
	unsigned word_count; /* words that requests were to set so far */
	unsigned acts[16];
	struct totals totals; /* of vGPUs that are gone */
};

static struct rig rig;
static struct actor actors[VM_COUNT];

/* ---- a small driver, on the vCPU ---- */

static void bind(struct actor *actor, uint64_t *gma, uint64_t gpa, unsigned page_count,
		 uint64_t *out)
{
	*out = *gma;
	for (unsigned i = 0; i < page_count; i++)
		guest_store(actor->guest,
			    (uint32_t)(GEN9_GTT_WINDOW + 8 * ((*gma >> PAGE_SHIFT) + i)), 8,
			    (gpa + i * PAGE_SIZE) | GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE);
	*gma += page_count * PAGE_SIZE;
}

static uint32_t *state_of(struct actor *actor, enum gen9_engine_id id)
{
	return rig_at(actor->guest, actor->contexts[id].image_gpa + LRC_STATE_PAGE * PAGE_SIZE);
}

// What was in the ring is not submitted again.
static void restart_context(struct actor *actor, enum gen9_engine_id id)
{
	struct context *context = &actor->contexts[id];
	uint32_t *state = state_of(actor, id);

	state[CTX_CONTEXT_CONTROL + 1] = CTX_CTRL_ORDINARY;
	state[CTX_RING_HEAD + 1] = context->tail;
	state[CTX_RING_TAIL + 1] = context->tail;
	state[CTX_RING_START + 1] = (uint32_t)context->ring_gma;
	state[CTX_RING_CTL + 1] = RING_CTL_VALID;
	state[CTX_PDP0_LDW + 1] = id % 2 ? (uint32_t)actor->root_gpa : 0;
	context->in_flight = 0;
}

static void enable(struct actor *actor)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		guest_store(actor->guest, rig_reg(id, RING_MODE), 4,
			    MASKED_ENABLE(RING_MODE_RUN_LIST));
		guest_store(actor->guest, rig_reg(id, RING_HWS_PGA), 4,
			    actor->status_gma + id * PAGE_SIZE);
	}
}

static void boot(struct actor *actor)
{
	uint64_t gma = actor->guest->vgpu->ggtt.high.base;

	guest_load(actor->guest, PVINFO_BASE + PVINFO_MAGIC, 8);
	bind(actor, &gma, actor->status_gpa, GEN9_ENGINE_COUNT, &actor->status_gma);
	bind(actor, &gma, actor->words_gpa, 1, &actor->words_gma);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct context *context = &actor->contexts[id];

		bind(actor, &gma, context->image_gpa, gen9_engines[id].context_pages,
		     &context->image_gma);
		bind(actor, &gma, context->ring_gpa, 1, &context->ring_gma);
		restart_context(actor, id);
	}
	enable(actor);
	guest_store(actor->guest, MASTER_IRQ, 4, MASTER_IRQ_ENABLE);
}

static void emit(struct actor *actor, enum gen9_engine_id id, const uint32_t *dwords,
		 unsigned count)
{
	struct context *context = &actor->contexts[id];
	uint32_t *ring = rig_at(actor->guest, context->ring_gpa);

	for (unsigned i = 0; i < count; i++) {
		ring[context->tail / 4] = dwords[i];
		context->tail = (context->tail + 4) % (4 * RING_DWORDS);
	}
	state_of(actor, id)[CTX_RING_TAIL + 1] = context->tail;
}

static void emit_word(struct actor *actor, enum gen9_engine_id id)
{
	uint64_t gma = actor->words_gma + 4 * (actor->word_count % WORD_COUNT);
	const uint32_t store[] = { MI_STORE_DATA_IMM | MI_USE_GGTT, (uint32_t)gma,
				   (uint32_t)(gma >> 32), ++actor->word_count };

	emit(actor, id, store, 4);
}

static void ring_doorbell(struct actor *actor, enum gen9_engine_id id)
{
	const struct context *context = &actor->contexts[id];
	const uint64_t descriptor = (uint64_t)(id + 1) << CTX_DESC_ID_SHIFT | context->image_gma |
				    CTX_DESC_MODE_LEGACY_64B << CTX_DESC_MODE_SHIFT |
				    CTX_DESC_PRIVILEGE | CTX_DESC_VALID;
	const uint32_t writes[] = { 0, 0, (uint32_t)(descriptor >> 32), (uint32_t)descriptor };

	for (unsigned i = 0; i < 4; i++)
		guest_store(actor->guest, rig_reg(id, RING_ELSP), 4, writes[i]);
}

/* ---- what guests do ---- */

static enum gen9_engine_id any_engine(struct actor *actor)
{
	return (enum gen9_engine_id)rng_below(&actor->rng, GEN9_ENGINE_COUNT);
}

static void submit(struct actor *actor)
{
	enum gen9_engine_id id = any_engine(actor);

	if (actor->contexts[id].in_flight++ == FLIGHT)
		return;
	emit_word(actor, id);
	ring_doorbell(actor, id);
}

// An unprivileged batch where nothing is mapped: the audit lets it pass, the engine hangs on it.
static void hang(struct actor *actor)
{
	const uint32_t start[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, 0x1000, 0, MI_NOOP };
	enum gen9_engine_id id = any_engine(actor);

	emit_word(actor, id);
	emit(actor, id, start, 4);
	ring_doorbell(actor, id);
}

static void submit_forbidden(struct actor *actor)
{
	const uint32_t unknown[] = { 0x7fu << 23, MI_NOOP };
	enum gen9_engine_id id = any_engine(actor);

	emit(actor, id, unknown, 2);
	ring_doorbell(actor, id);
}

static void reset_engine(struct actor *actor)
{
	enum gen9_engine_id id = any_engine(actor);

	guest_store(actor->guest, GDRST, 4, 1u << gen9_engines[id].gdrst_bit);
	restart_context(actor, id);
	enable(actor);
}

static void reset_fully(struct actor *actor)
{
	guest_store(actor->guest, GDRST, 4, 1);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		restart_context(actor, id);
	enable(actor);
}

static void reboot(struct actor *actor)
{
	vgpu_device_reset(actor->guest->vgpu, rng_below(&actor->rng, 4) == 0);
	assert_false(rig_stats(actor->guest).failsafe);
	boot(actor);
}

static void add_totals(struct totals *totals, const struct vgpu *vgpu)
{
	struct vgpu_stats stats;
	uint64_t ended = 0;

	vgpu_get_stats(vgpu, &stats);
	totals->accepted += stats.workloads_accepted;
	totals->refused += stats.workloads_refused;
	for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++) {
		totals->ended[how] += stats.workloads_ended[how];
		ended += stats.workloads_ended[how];
	}
	totals->open_at_end += stats.workloads_accepted - ended;
}

static void make_again(struct actor *actor)
{
	add_totals(&actor->totals, actor->guest->vgpu);
	vgpu_destroy(actor->guest->vgpu);
	assert_int_equal(vgpu_create(&actor->guest->vgpu, rig.gvt, &actor->config), 0);
	boot(actor);
}

static void announce(struct actor *actor)
{
	uint32_t code = rng_below(&actor->rng, 2) ? G2V_PPGTT_L4_CREATE : G2V_PPGTT_L4_DESTROY;

	guest_store(actor->guest, PVINFO_BASE + PVINFO_PDP_LO(0), 4, actor->root_gpa);
	guest_store(actor->guest, PVINFO_BASE + PVINFO_PDP_HI(0), 4, 0);
	guest_store(actor->guest, PVINFO_BASE + PVINFO_G2V_NOTIFY, 4, code);
}

static void wait(struct actor *actor)
{
	struct executor *ex = rig.m->ex;

	exec_sleep_until(ex, exec_now(ex) + rng_below(&actor->rng, 200) * PS_PER_US);
}

static const struct {
	void (*act)(struct actor *actor);
	unsigned share; /* of the sum of all */
} mix[] = {
	{submit,            60},
        { wait,             20},
        { announce,         8 },
        { hang,             4 },
	{ reset_engine,     6 },
        { reset_fully,      3 },
        { submit_forbidden, 1 },
        { reboot,           3 },
	{ make_again,       2 },
};

#define MIX_COUNT (sizeof(mix) / sizeof(mix[0]))

static void live(struct rig_guest *guest, void *arg)
{
	struct actor *actor = arg;
	unsigned sum = 0;

	for (size_t i = 0; i < MIX_COUNT; i++)
		sum += mix[i].share;
	boot(actor);
	for (unsigned step = 0; step < STEPS; step++) {
		uint64_t n = rng_below(&actor->rng, sum);
		size_t i = 0;

		for (; n >= mix[i].share; i++)
			n -= mix[i].share;
		actor->acts[i]++;
		mix[i].act(actor);
	}
}

/* ---- the whole ---- */

static void actor_init(struct actor *actor, struct rig_guest *guest, uint64_t seed)
{
	const struct vgpu_config config = {
		.vm = guest->vm,
		.bar0 = RIG_GUEST_BAR0,
		.aperture_bytes = 16 * MIB,
		.hidden_bytes = 32 * MIB,
		.fence_count = 2,
		.pvmmio_allowed = PVMMIO_ALL,
	};
	uint64_t table;

	memset(actor, 0, sizeof(*actor));
	actor->guest = guest;
	actor->config = config;
	rng_seed(&actor->rng, seed);
	actor->status_gpa = rig_alloc(guest, GEN9_ENGINE_COUNT);
	actor->words_gpa = rig_alloc(guest, 1);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		actor->contexts[id].image_gpa = rig_alloc(guest, gen9_engines[id].context_pages);
		actor->contexts[id].ring_gpa = rig_alloc(guest, 1);
	}
	// One page is mapped at 2 MiB; nothing at 0x1000, where hanging batches are.
	actor->root_gpa = table = rig_alloc(guest, 1);
	for (unsigned level = 3; level > 0; level--) {
		uint64_t next = rig_alloc(guest, 1);

		((uint64_t *)rig_at(guest, table))[level == 1] = next | 3;
		table = next;
	}
	*(uint64_t *)rig_at(guest, table) = actor->words_gpa | 3;
}

static void start_all(uint64_t seed)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = VM_COUNT,
						.aperture_bytes = 16 * MIB,
						.hidden_bytes = 32 * MIB,
						.fence_count = 2 });
	for (unsigned i = 0; i < VM_COUNT; i++) {
		actor_init(&actors[i], &rig.guests[i], VM_COUNT * seed + i);
		rig.guests[i].program = live;
		rig.guests[i].arg = &actors[i];
		exec_wake_all(rig.m->ex, &rig.guests[i].waiting, executor_time_ps(rig.m->ex));
	}
	rig_settle(&rig);
	for (unsigned i = 0; i < VM_COUNT; i++)
		assert_null(rig.guests[i].program);
}

// What is queued where nobody schedules any more is ended by a reset.
static void end_rest(struct rig_guest *guest, void *arg)
{
	vgpu_device_reset(guest->vgpu, false);
}

static unsigned words_set(const struct actor *actor)
{
	const uint32_t *words = rig_at(actor->guest, actor->words_gpa);
	unsigned count = 0;

	for (unsigned i = 0; i < WORD_COUNT; i++) {
		assert_true(words[i] == 0 || words[i] == i + 1);
		count += words[i] != 0;
	}
	return count;
}

static void check_actor(struct actor *actor)
{
	const uint64_t *ended = actor->totals.ended;
	uint64_t sum = actor->totals.open_at_end;
	unsigned words;

	rig_run(actor->guest, end_rest, NULL);
	add_totals(&actor->totals, actor->guest->vgpu);
	assert_int_equal(actor->totals.open_at_end, sum); // none is open now
	for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++)
		sum += ended[how];
	assert_int_equal(actor->totals.accepted, sum);
	assert_null(actor->guest->vgpu->workloads);
	assert_int_equal(dma_pinned_pages(actor->guest->vgpu), 0);
	// A request has set its word once it ran: completed, or hung behind it, or cut off.
	words = words_set(actor);
	assert_true(actor->word_count < WORD_COUNT);
	assert_true(words >= ended[GVT_WORKLOAD_COMPLETED]);
	assert_true(words <= ended[GVT_WORKLOAD_COMPLETED] + ended[GVT_WORKLOAD_HANG] +
				     ended[GVT_WORKLOAD_RESET] + actor->totals.open_at_end);
}

static uint64_t mix_in(uint64_t digest, uint64_t value)
{
	return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digest_of_run(void)
{
	uint64_t digest = mix_in(UINT64_C(0xcbf29ce484222325), executor_time_ps(rig.m->ex));

	for (unsigned i = 0; i < VM_COUNT; i++) {
		digest = mix_in(digest, actors[i].totals.accepted);
		digest = mix_in(digest, actors[i].guest->interrupts);
		digest = mix_in(digest, words_set(&actors[i]));
		for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++)
			digest = mix_in(digest, actors[i].totals.ended[how]);
	}
	return digest;
}

static uint64_t run_once(uint64_t seed, uint64_t ended[GVT_WORKLOAD_END_COUNT])
{
	uint64_t digest;
	char why[256];

	start_all(seed);
	if (gvt_check(rig.gvt, why, sizeof(why)))
		fail_msg("%s", why);
	for (unsigned i = 0; i < VM_COUNT; i++) {
		check_actor(&actors[i]);
		for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++)
			ended[how] += actors[i].totals.ended[how];
	}
	if (gvt_check(rig.gvt, why, sizeof(why)))
		fail_msg("%s", why);
	digest = digest_of_run();
	rig_destroy(&rig);
	return digest;
}

static void every_workload_ends_once(void **state)
{
	uint64_t ended[GVT_WORKLOAD_END_COUNT] = { 0 };
	uint64_t digest = 0;

	for (uint64_t seed = 1; seed <= 8; seed++)
		digest = run_once(seed, ended);
	// The mix is one: everything that can be the end of a workload here was.
	for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++)
		if (how != GVT_WORKLOAD_NO_MEMORY && how != GVT_WORKLOAD_DESTROYED)
			assert_true(ended[how] > 10);
	assert_true(run_once(8, ended) == digest);
}

// The machine stops while all of this goes on, and is taken apart as it stands.
static void stop(void *arg)
{
	executor_stop(rig.m->ex);
}

static void stopped_anywhere(void **state)
{
	for (unsigned n = 1; n <= 24; n++) {
		rig_create(&rig, &(struct rig_options){ .vm_count = VM_COUNT,
							.aperture_bytes = 16 * MIB,
							.hidden_bytes = 32 * MIB,
							.fence_count = 2 });
		assert_int_equal(
			executor_spawn(rig.m->ex, "stop", n * 311 * PS_PER_US, stop, NULL, NULL),
			0);
		for (unsigned i = 0; i < VM_COUNT; i++) {
			actor_init(&actors[i], &rig.guests[i], 100 * n + i);
			rig.guests[i].program = live;
			rig.guests[i].arg = &actors[i];
			exec_wake_all(rig.m->ex, &rig.guests[i].waiting,
				      executor_time_ps(rig.m->ex));
		}
		assert_int_equal(executor_run(rig.m->ex), 1);
		rig_destroy(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_workload_ends_once),
		cmocka_unit_test(stopped_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
