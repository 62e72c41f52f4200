// SPDX-License-Identifier: MIT
// Level pv_submission: slots, answers, ends; both doorbells; what guests may get wrong. E and R
// number the rows and races of the published forms.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/pv_submission.h"
#include "host/reset.h"
#include "host/workload.h"
#include "rig.h"
#include "tables.h"

#include <string.h>

#define ENGINE GEN9_BCS0
#define LEVEL  PVMMIO_PV_SUBMISSION
#define VERTEX 0x7b000005u // 3DPRIMITIVE

static struct rig rig;
static struct rig_guest *guest;
static struct pvmmio_page *page;
static uint64_t page_gpa;

static void start(uint32_t levels, bool deferred)
{
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL | LEVEL,
						.vertex_ps = PS_PER_US,
						.deferred_doorbell = deferred });
	guest = &rig.guests[0];
	rig_boot(guest);
	page_gpa = rig_alloc(guest, 1);
	page = rig_at(guest, page_gpa);
	assert_int_equal(rig_negotiate(guest, page_gpa, levels), levels);
}

static int setup(void **state)
{
	start(LEVEL, false);
	return 0;
}

static int setup_deferred(void **state)
{
	start(LEVEL, true);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static struct pvmmio_submission *slot_of(enum gen9_engine_id engine)
{
	return &page->submission[gen9_engines[engine].hw_id];
}

struct job {
	struct rig_context context;
	uint32_t *word;
	uint64_t gma;
};

static void job_create(struct job *job, enum gen9_engine_id engine, uint32_t id)
{
	uint64_t gpa = rig_alloc(guest, 1);

	rig_context_create(&job->context, guest, engine, id);
	job->word = rig_at(guest, gpa);
	job->gma = rig_bind(guest, gpa, 1);
}

static void job_store(struct job *job, uint32_t value)
{
	static const uint32_t notify[] = { MI_USER_INTERRUPT, MI_NOOP };

	rig_emit_store(&job->context, job->gma, value);
	rig_emit(&job->context, notify, 2);
}

static void fill(enum gen9_engine_id engine, uint64_t element0, uint64_t element1)
{
	struct pvmmio_submission *slot = slot_of(engine);

	slot->descriptor[0] = element0;
	slot->descriptor[1] = element1;
	slot->status = UINT32_MAX;
	__atomic_store_n(&slot->submitted, 1, __ATOMIC_RELEASE);
}

static void ring(enum gen9_engine_id engine)
{
	rig_write32(guest, rig_reg(engine, RING_ELSP), PVMMIO_SUBMISSION_DOORBELL);
}

static uint32_t submit(enum gen9_engine_id engine, uint64_t element0, uint64_t element1)
{
	fill(engine, element0, element1);
	ring(engine);
	assert_int_equal(slot_of(engine)->submitted, 0);
	return slot_of(engine)->status;
}

static uint64_t noted(enum gvt_incident incident)
{
	return rig_incidents(guest, incident);
}

static uint64_t exits(void)
{
	return tables_exits(guest, EXIT_MMIO_WRITE) + tables_exits(guest, EXIT_MMIO_READ);
}

/* ---- what it does ---- */

static void no_execlist_is_to_be_seen(enum gen9_engine_id engine)
{
	assert_int_equal(rig_read32(guest, rig_reg(engine, RING_CSB_PTR)) & 7, GEN9_CSB_PTR_RESET);
	assert_int_equal(rig_read32(guest, rig_reg(engine, RING_CSB_LO(0))), 0);
	assert_int_equal(rig_read32(guest, rig_reg(engine, RING_EXECLIST_STATUS_LO)), 0);
}

static uint32_t identity(enum gen9_engine_id engine)
{
	const struct gen9_engine_info *info = &gen9_engines[engine];

	return rig_read32(guest, GT_IIR(info->gt_group)) >> info->gt_shift & 0xffff;
}

static void one_context_runs(void **state)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		struct job job;

		job_create(&job, engine, 0x40 + engine);
		job_store(&job, 0x600dcafe);
		assert_int_equal(submit(engine, rig_descriptor(&job.context), 0), PVMMIO_STATUS_OK);
		assert_int_equal(*job.word, 0x600dcafe);
		assert_int_equal(slot_of(engine)->ended, 1);
		assert_int_equal(slot_of(engine)->failed, 0);
		assert_int_equal(rig_context_state(&job.context)[CTX_RING_HEAD + 1],
				 job.context.tail);
		// The breadcrumb's interrupt and no other.
		assert_int_equal(identity(engine), GT_USER_INTERRUPT);
		no_execlist_is_to_be_seen(engine);
	}
	assert_int_equal(rig_stats(guest).workloads_completed, GEN9_ENGINE_COUNT);
}

static void both_contexts_run_in_order(void **state)
{
	struct job a, b;

	job_create(&a, ENGINE, 1);
	job_create(&b, ENGINE, 2);
	rig_emit_store(&a.context, a.gma, 10);
	rig_emit_store(&b.context, a.gma, 20);
	assert_int_equal(submit(ENGINE, rig_descriptor(&a.context), rig_descriptor(&b.context)),
			 PVMMIO_STATUS_OK);
	assert_int_equal(*a.word, 20);
	assert_int_equal(slot_of(ENGINE)->ended, 2);
	// Neither asked for an interrupt, and the host has no other to raise.
	assert_int_equal(identity(ENGINE), 0);
	no_execlist_is_to_be_seen(ENGINE);
}

struct seen {
	uint32_t submitted;
	uint32_t status;
	uint32_t ended;
};

// On the vCPU: what the slot says when the doorbell's store returns.
static void ring_and_look(struct rig_guest *g, void *arg)
{
	const struct pvmmio_submission *slot = slot_of(ENGINE);
	struct seen *seen = arg;

	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, PVMMIO_SUBMISSION_DOORBELL);
	*seen = (struct seen){ slot->submitted, slot->status, slot->ended };
}

// Section 8.1: the exit is the rendezvous. Seven writes less than two native submissions have.
static void answered_within_the_exit(void **state)
{
	struct job job;
	struct seen seen;
	uint64_t before;

	job_create(&job, ENGINE, 1);
	job_store(&job, 7);
	fill(ENGINE, rig_descriptor(&job.context), 0);
	before = exits();
	rig_run(guest, ring_and_look, &seen);
	assert_int_equal(exits() - before, 1);
	assert_int_equal(seen.submitted, 0);
	assert_int_equal(seen.status, PVMMIO_STATUS_OK);
	assert_int_equal(seen.ended, 0);
	assert_int_equal(*job.word, 7);
}

// The head of a context that is queued already is the tail of the one before.
static void the_same_context_again_while_it_runs(void **state)
{
	struct job job;

	job_create(&job, GEN9_RCS0, 1);
	for (unsigned i = 1; i <= 3; i++) {
		const uint32_t draw[] = { VERTEX, 0, 100, 0, 1, 0, 0, MI_NOOP };

		rig_emit(&job.context, draw, 8);
		rig_emit_store(&job.context, job.gma + 4 * i, i);
		assert_int_equal(submit(GEN9_RCS0, rig_descriptor(&job.context), 0),
				 PVMMIO_STATUS_OK);
	}
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(job.word[i], i);
	assert_int_equal(slot_of(GEN9_RCS0)->ended, 3);
}

/* ---- negotiation ---- */

static void one_way_of_submission_only(void **state)
{
	const uint32_t wanted = PVMMIO_ALL | LEVEL;
	uint32_t got;

	assert_int_equal(PVMMIO_ALL & LEVEL, 0);
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = wanted });
	guest = &rig.guests[0];
	got = rig_negotiate(guest, rig_alloc(guest, 1), wanted);
	assert_int_equal(got & (LEVEL | PVMMIO_ELSP_SUBMIT), LEVEL);
	rig_destroy(&rig);

	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = wanted });
	guest = &rig.guests[0];
	got = rig_negotiate(guest, rig_alloc(guest, 1), PVMMIO_ALL);
	assert_int_equal(got & (LEVEL | PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
	rig_destroy(&rig);
}

// What a page says that had another use before.
static void slots_are_cleared_at_negotiation(void **state)
{
	uint64_t gpa;

	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = LEVEL });
	guest = &rig.guests[0];
	gpa = rig_alloc(guest, 1);
	page = rig_at(guest, gpa);
	memset(page, 0xff, sizeof(*page));
	assert_int_equal(rig_negotiate(guest, gpa, LEVEL), LEVEL);
	for (unsigned i = 0; i < PVMMIO_SUBMISSION_SLOTS; i++) {
		assert_int_equal(page->submission[i].submitted, 0);
		assert_int_equal(page->submission[i].ended, 0);
		assert_int_equal(page->submission[i].failed, 0);
	}
	rig_destroy(&rig);
}

/* ---- misuse ---- */

// E1, E2: no other value rings, and nothing rings without the level.
static void only_the_doorbell_value_rings(void **state)
{
	static const uint32_t values[] = { 0, 1, 3, 5, 12, 0x1119, UINT32_MAX };
	struct job job;

	job_create(&job, ENGINE, 1);
	job_store(&job, 1);
	fill(ENGINE, rig_descriptor(&job.context), 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		rig_write32(guest, rig_reg(ENGINE, RING_ELSP), values[i]);
	assert_int_equal(noted(GVT_INCIDENT_PVMMIO_SUBMISSION), sizeof(values) / sizeof(values[0]));
	assert_int_equal(slot_of(ENGINE)->submitted, 1);
	assert_int_equal(*job.word, 0);
	ring(ENGINE);
	assert_int_equal(*job.word, 1);
}

static void the_value_is_data_without_the_level(void **state)
{
	struct job job;

	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = LEVEL });
	guest = &rig.guests[0];
	rig_boot(guest);
	job_create(&job, ENGINE, PVMMIO_SUBMISSION_DOORBELL); // the upper dword
	rig_emit_store(&job.context, job.gma, 5);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(*job.word, 5);
	rig_destroy(&rig);
}

// D4's like: what was taken once is not taken again.
static void a_doorbell_without_submission(void **state)
{
	struct job job;

	job_create(&job, ENGINE, 1);
	rig_emit_store(&job.context, job.gma, 1);
	assert_int_equal(submit(ENGINE, rig_descriptor(&job.context), 0), PVMMIO_STATUS_OK);
	ring(ENGINE);
	assert_int_equal(slot_of(ENGINE)->status, PVMMIO_STATUS_EMPTY);
	slot_of(ENGINE)->submitted = 2;
	ring(ENGINE);
	assert_int_equal(slot_of(ENGINE)->status, PVMMIO_STATUS_EMPTY);
	assert_int_equal(slot_of(ENGINE)->submitted, 0);
	assert_int_equal(noted(GVT_INCIDENT_PVMMIO_SUBMISSION), 2);
	assert_int_equal(rig_stats(guest).workloads_accepted, 1);
}

// E4, E7: refused with a reason, nothing queued, the engine takes the next one.
static void refused_with_a_reason(void **state)
{
	struct job a, b;
	uint64_t good, other;

	job_create(&a, ENGINE, 1);
	job_create(&b, ENGINE, 2);
	job_store(&a, 1);
	job_store(&b, 2);
	good = rig_descriptor(&a.context);
	other = rig_descriptor(&b.context);
	assert_int_equal(submit(ENGINE, 0, 0), PVMMIO_STATUS_VALUE);
	assert_int_equal(submit(ENGINE, 0, good), PVMMIO_STATUS_VALUE);
	assert_int_equal(submit(ENGINE, good & ~(uint64_t)CTX_DESC_VALID, 0), PVMMIO_STATUS_VALUE);
	assert_int_equal(submit(ENGINE, good & ~(uint64_t)CTX_DESC_PRIVILEGE, 0),
			 PVMMIO_STATUS_VALUE);
	assert_int_equal(submit(ENGINE, good, good), PVMMIO_STATUS_VALUE);
	assert_int_equal(submit(ENGINE, good & ~(uint64_t)CTX_DESC_LRCA_MASK, 0),
			 PVMMIO_STATUS_WORKLOAD);
	// Element 1 is bad: element 0 does not run either.
	rig_context_state(&b.context)[CTX_RING_TAIL + 1] = 0x2000;
	assert_int_equal(submit(ENGINE, good, other), PVMMIO_STATUS_WORKLOAD);
	assert_int_equal(*a.word, 0);
	assert_int_equal(slot_of(ENGINE)->ended, 0);
	assert_false(rig_stats(guest).failsafe);
	assert_int_equal(submit(ENGINE, good, 0), PVMMIO_STATUS_OK);
	assert_int_equal(*a.word, 1);
	assert_int_equal(slot_of(ENGINE)->ended, 1);
	// None of those was raised that only a deferred doorbell has.
	assert_int_equal(identity(ENGINE), GT_USER_INTERRUPT);
}

// A violation of the audit: answered all the same, failsafe mode all the same.
static void a_violation_is_answered(void **state)
{
	static const uint32_t forbidden[] = { 0x11800000, 0 }; // MI_UPDATE_GTT
	struct job job;

	job_create(&job, ENGINE, 1);
	rig_emit(&job.context, forbidden, 2);
	assert_int_equal(submit(ENGINE, rig_descriptor(&job.context), 0), PVMMIO_STATUS_WORKLOAD);
	assert_true(rig_stats(guest).failsafe);
	assert_int_equal(noted(GVT_INCIDENT_COMMAND_UNKNOWN), 1);
}

static void flood(struct rig_guest *g, void *arg)
{
	struct job *job = arg;
	unsigned taken = 0;

	do {
		const uint32_t draw[] = { VERTEX, 0, 1000, 0, 1, 0, 0, MI_NOOP };

		rig_emit(&job->context, draw, 8);
		fill(GEN9_RCS0, rig_descriptor(&job->context), 0);
		guest_store(g, rig_reg(GEN9_RCS0, RING_ELSP), 4, PVMMIO_SUBMISSION_DOORBELL);
	} while (slot_of(GEN9_RCS0)->status == PVMMIO_STATUS_OK && ++taken < 1000);
	assert_int_equal(slot_of(GEN9_RCS0)->status, PVMMIO_STATUS_FULL);
	assert_in_range(taken, 1, WORKLOAD_QUEUE_LIMIT);
	job->word[1] = taken;
}

static void queues_are_bounded(void **state)
{
	struct job job;

	job_create(&job, GEN9_RCS0, 1);
	rig_run(guest, flood, &job);
	assert_int_equal(slot_of(GEN9_RCS0)->ended, job.word[1]);
	assert_int_equal(noted(GVT_INCIDENT_WORKLOAD_FLOOD), 1);
}

// E10: the guest is told of a hang, of its own and of what the host dropped behind it.
static void told_of_a_hang(void **state)
{
	struct job bad, next;
	// A batch of zeroes in the context's own space, where nothing is mapped.
	const uint32_t lost[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, 0x123000, 0, MI_NOOP };

	job_create(&bad, ENGINE, 1);
	job_create(&next, ENGINE, 2);
	rig_emit(&bad.context, lost, 4);
	job_store(&next, 3);
	assert_int_equal(
		submit(ENGINE, rig_descriptor(&bad.context), rig_descriptor(&next.context)),
		PVMMIO_STATUS_OK);
	assert_int_equal(noted(GVT_INCIDENT_WORKLOAD_HANG), 1);
	assert_int_equal(slot_of(ENGINE)->ended, 2);
	assert_int_equal(slot_of(ENGINE)->failed, 2);
	assert_int_equal(identity(ENGINE), GT_USER_INTERRUPT);
	assert_int_equal(*next.word, 0);
	assert_int_equal(submit(ENGINE, rig_descriptor(&next.context), 0), PVMMIO_STATUS_OK);
	assert_int_equal(*next.word, 3);
	assert_int_equal(slot_of(ENGINE)->ended, 3);
	assert_int_equal(slot_of(ENGINE)->failed, 2);
}

// The counters are the host's: what a guest makes of its copy changes nothing.
static void counters_are_the_hosts(void **state)
{
	struct job job;

	job_create(&job, ENGINE, 1);
	slot_of(ENGINE)->ended = 1000;
	slot_of(ENGINE)->failed = 1000;
	rig_emit_store(&job.context, job.gma, 1);
	assert_int_equal(submit(ENGINE, rig_descriptor(&job.context), 0), PVMMIO_STATUS_OK);
	assert_int_equal(slot_of(ENGINE)->ended, 1);
	assert_int_equal(slot_of(ENGINE)->failed, 0);
}

/* ---- the deferred doorbell ---- */

// R12: still pending is not refused; it runs.
static void deferred_is_answered_later(void **state)
{
	struct job job;
	struct seen seen;

	job_create(&job, ENGINE, 1);
	job_store(&job, 7);
	fill(ENGINE, rig_descriptor(&job.context), 0);
	rig_run(guest, ring_and_look, &seen);
	assert_int_equal(seen.submitted, 1);
	assert_int_equal(seen.status, UINT32_MAX);
	assert_int_equal(slot_of(ENGINE)->submitted, 0);
	assert_int_equal(slot_of(ENGINE)->status, PVMMIO_STATUS_OK);
	assert_int_equal(slot_of(ENGINE)->ended, 1);
	assert_int_equal(*job.word, 7);
}

static void ring_all(struct rig_guest *g, void *arg)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++)
		guest_store(g, rig_reg(engine, RING_ELSP), 4, PVMMIO_SUBMISSION_DOORBELL);
}

static void deferred_on_all_engines(void **state)
{
	struct job jobs[GEN9_ENGINE_COUNT];

	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		job_create(&jobs[engine], engine, 1 + engine);
		job_store(&jobs[engine], 1 + engine);
		fill(engine, rig_descriptor(&jobs[engine].context), 0);
	}
	rig_run(guest, ring_all, NULL);
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		assert_int_equal(*jobs[engine].word, 1 + engine);
		assert_int_equal(slot_of(engine)->ended, 1);
	}
}

// The guest does not poll: refusal comes with an interrupt.
static void deferred_refusal_interrupts(void **state)
{
	struct job job;

	job_create(&job, ENGINE, 1);
	assert_int_equal(submit(ENGINE, rig_descriptor(&job.context) & ~1ull, 0),
			 PVMMIO_STATUS_VALUE);
	assert_int_equal(identity(ENGINE), GT_USER_INTERRUPT);
}

// R9: a guest that does not wait loses its own first submission; the slot is taken once and whole.
static void overwrite(struct rig_guest *g, void *arg)
{
	const uint64_t *descriptors = arg;

	// While the lock is held the host's thread does not get to look.
	sim_mutex_lock(rig.m, &g->vgpu->lock);
	for (unsigned i = 0; i < 2; i++) {
		fill(ENGINE, descriptors[i], 0);
		pv_submission_doorbell(g->vgpu, ENGINE, PVMMIO_SUBMISSION_DOORBELL);
	}
	sim_mutex_unlock(rig.m, &g->vgpu->lock);
}

static void overwritten_before_it_was_taken(void **state)
{
	uint64_t descriptors[2];
	struct job a, b;

	job_create(&a, ENGINE, 1);
	job_create(&b, ENGINE, 2);
	job_store(&a, 1);
	job_store(&b, 2);
	descriptors[0] = rig_descriptor(&a.context);
	descriptors[1] = rig_descriptor(&b.context);
	rig_run(guest, overwrite, descriptors);
	assert_int_equal(*b.word, 2);
	assert_int_equal(*a.word, 0);
	assert_int_equal(slot_of(ENGINE)->ended, 1);
	assert_int_equal(slot_of(ENGINE)->submitted, 0);
	assert_int_equal(slot_of(ENGINE)->failed, 0);
}

// R17: a reset answers what nobody has looked at.
static void ring_and_reset(struct rig_guest *g, void *arg)
{
	sim_mutex_lock(rig.m, &g->vgpu->lock);
	pv_submission_doorbell(g->vgpu, ENGINE, PVMMIO_SUBMISSION_DOORBELL);
	vgpu_reset(g->vgpu, RESET_ENGINES, 1u << ENGINE);
	*(uint32_t *)arg = slot_of(ENGINE)->submitted;
	sim_mutex_unlock(rig.m, &g->vgpu->lock);
}

static void reset_answers_what_is_pending(void **state)
{
	uint32_t submitted = 1;
	struct job job;

	job_create(&job, ENGINE, 1);
	job_store(&job, 1);
	fill(ENGINE, rig_descriptor(&job.context), 0);
	rig_run(guest, ring_and_reset, &submitted);
	assert_int_equal(submitted, 0);
	assert_int_equal(slot_of(ENGINE)->status, PVMMIO_STATUS_REFUSED);
	assert_int_equal(*job.word, 0);
	rig_write32(guest, rig_reg(ENGINE, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(submit(ENGINE, rig_descriptor(&job.context), 0), PVMMIO_STATUS_OK);
	assert_int_equal(*job.word, 1);
}

static void ring_and_fail(struct rig_guest *g, void *arg)
{
	sim_mutex_lock(rig.m, &g->vgpu->lock);
	pv_submission_doorbell(g->vgpu, ENGINE, PVMMIO_SUBMISSION_DOORBELL);
	vgpu_enter_failsafe(g->vgpu, GVT_FAILSAFE_WORKLOAD);
	sim_mutex_unlock(rig.m, &g->vgpu->lock);
}

// Failsafe mode takes nothing more, and answers all the same.
static void failsafe_answers_what_is_pending(void **state)
{
	struct job job;

	job_create(&job, ENGINE, 1);
	job_store(&job, 1);
	fill(ENGINE, rig_descriptor(&job.context), 0);
	rig_run(guest, ring_and_fail, NULL);
	assert_int_equal(slot_of(ENGINE)->submitted, 0);
	assert_int_equal(slot_of(ENGINE)->status, PVMMIO_STATUS_REFUSED);
	assert_int_equal(rig_stats(guest).workloads_accepted, 0);
	assert_int_equal(*job.word, 0);
}

#define TEST(f)     cmocka_unit_test_setup_teardown(f, setup, teardown)
#define DEFERRED(f) cmocka_unit_test_setup_teardown(f, setup_deferred, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_context_runs),
		TEST(both_contexts_run_in_order),
		TEST(answered_within_the_exit),
		TEST(the_same_context_again_while_it_runs),
		cmocka_unit_test(one_way_of_submission_only),
		cmocka_unit_test(slots_are_cleared_at_negotiation),
		TEST(only_the_doorbell_value_rings),
		cmocka_unit_test(the_value_is_data_without_the_level),
		TEST(a_doorbell_without_submission),
		TEST(refused_with_a_reason),
		TEST(a_violation_is_answered),
		TEST(queues_are_bounded),
		TEST(told_of_a_hang),
		TEST(counters_are_the_hosts),
		DEFERRED(deferred_is_answered_later),
		DEFERRED(deferred_on_all_engines),
		DEFERRED(deferred_refusal_interrupts),
		DEFERRED(overwritten_before_it_was_taken),
		DEFERRED(reset_answers_what_is_pending),
		DEFERRED(failsafe_answers_what_is_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
