// SPDX-License-Identifier: MIT
#include "tests/report/fixture.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw-model/regs/gen9_regs.h"

#define ELSP_OFFSET 0x22230u

/* count exits of 1000 ps each: 400 transition, 100 dispatch, 300 emulation, 200 re-entry. */
static struct ledger_sum sum_of(uint64_t count)
{
	return (struct ledger_sum){
		.count = count,
		.time_ps = count * 1000,
		.part_ps = {[EXIT_PART_TRANSITION] = count * 400,
                            [EXIT_PART_DISPATCH] = count * 100,
                            [EXIT_PART_EMULATION] = count * 300,
                            [EXIT_PART_REENTRY] = count * 200},
		.min_ps = count ? 1000 : 0,
		.max_ps = count ? 1000 : 0,
	};
}

static void add_exits(struct vm_result *vm, enum guest_op op, enum exit_reason reason,
		      const char *name, uint64_t offset, uint64_t count)
{
	struct register_result *reg = &vm->registers[vm->register_count++];

	*reg = (struct register_result){ .offset = offset, .reason = reason, .sum = sum_of(count) };
	snprintf(reg->name, sizeof(reg->name), "%s", name);
	reg->op_count[op] = count;
	reg->op_time_ps[op] = count * 1000;
	vm->ops[op].exits = sum_of(count);
	vm->ops[op].by_reason[reason] = sum_of(count);
	vm->op_exit_p50_ps[op] = 1000;
	vm->op_exit_p99_ps[op] = 1000;
	vm->exits = sum_of(vm->exits.count + count);
	vm->by_reason[reason] = sum_of(count);
}

static struct sim_result *make_result(uint64_t elsp_exits)
{
	struct sim_result *result = calloc(1, sizeof(*result));
	struct vm_result *vm;

	assert(result);
	result->virtual_time_ps = 5000000;
	result->vm_count = 1;
	result->vms = calloc(1, sizeof(*result->vms));
	result->incident_names[0] = "ring_range";
	result->incident_names[1] = "failsafe";
	vm = &result->vms[0];
	vm->registers = calloc(4, sizeof(*vm->registers));
	assert(vm->registers);
	vm->ops[GUEST_OP_SUBMIT].count = 3;
	vm->ops[GUEST_OP_SUBMIT].self_ps = 1500 + elsp_exits * 1000;
	if (elsp_exits)
		add_exits(vm, GUEST_OP_SUBMIT, EXIT_MMIO_WRITE, "BCS0_ELSP", ELSP_OFFSET,
			  elsp_exits);
	vm->workload.requests = 3;
	vm->workload.completed = 3;
	vm->workload.bytes_verified = 3 * 16384;
	vm->workload.duration_ps = 4000000;
	vm->contents = calloc(1, sizeof(*vm->contents));
	assert(vm->contents);
	vm->content_count = 1;
	vm->contents[0] = (struct contents_result){ 3, UINT64_C(0xfedcba9876543210) };
	vm->user_interrupts = 3;
	return result;
}

/* Object "tile", bound twice: count exits of 1000 ps each. */
static void add_object(struct vm_result *vm, enum exit_reason reason, uint64_t count)
{
	struct object_sum *bind;

	vm->objects = calloc(1, sizeof(*vm->objects));
	assert(vm->objects);
	vm->object_count = 1;
	bind = &vm->objects[0].bind;
	bind->count = 2;
	bind->time_ps = count * 1000 + 500;
	bind->by_reason[reason] = (struct object_exits){ count, count * 1000 };
	vm->objects[0].unbind.count = 2;
	vm->objects[0].unbind.time_ps = 200;
}

static void set_variant(struct fixture *f, unsigned i, const char *name, enum vm_mode mode)
{
	snprintf(f->variants[i].name, sizeof(f->variants[i].name), "%s", name);
	snprintf(f->vms[i].name, sizeof(f->vms[i].name), "vm0");
	f->vms[i].mode = mode;
	snprintf(f->vms[i].workload.objects[0].name, CONFIG_NAME_BYTES, "tile");
	f->vms[i].workload.objects[0].pages = 3;
	f->variants[i].config.vms = &f->vms[i];
	f->variants[i].config.vm_count = 1;
	snprintf(f->variants[i].config.hardware_name, CONFIG_NAME_BYTES, "some-hardware");
	snprintf(f->variants[i].config.costs_name, CONFIG_NAME_BYTES, "%s",
		 mode == VM_MODE_NATIVE ? "no-costs" : "some-costs");
}

static void make_baseline(struct sim_result *result)
{
	struct vm_result *vm = &result->vms[0];

	vm->ops[GUEST_OP_INIT].count = 1;
	vm->ops[GUEST_OP_INIT].self_ps = 7000;
	add_exits(vm, GUEST_OP_INIT, EXIT_MMIO_READ, "MASTER_IRQ", MASTER_IRQ, 1);
	vm->ops[GUEST_OP_SUBMIT].work_count[WORK_SCAN_DWORD] = 30;
	vm->ops[GUEST_OP_SUBMIT].work_kind_ps[WORK_SCAN_DWORD] = 600;
	vm->ops[GUEST_OP_SUBMIT].work_ps = 600;
	add_object(vm, EXIT_WRITE_PROTECT, 7);
	vm->ops[GUEST_OP_PPGTT_INSERT].count = 2;
	vm->ops[GUEST_OP_PPGTT_INSERT].self_ps = 7500;
	vm->ops[GUEST_OP_PPGTT_INSERT].exit_work[WORK_PTE_READ] = (struct work_sum){ 7, 1400 };
	vm->interrupts_taken = 3;
	vm->interrupts_merged = 1;
	result->engines[GEN9_BCS0].elsp_submissions = 3;
	result->engines[GEN9_BCS0].bytes_written = 3 * 16384;
}

static void make_pvmmio(struct sim_result *result)
{
	struct vm_result *vm = &result->vms[0];

	vm->pvmmio_levels = 0x1;
	add_object(vm, EXIT_MMIO_WRITE, 4);
	vm->objects[0].bind_errors = 1;
	vm->workload.bind_errors = 1;
	vm->workload.bind_error = -ENOSPC;
	vm->workload.completed = 2;
	vm->workload.lost = 1;
	vm->workload.bytes_verified = 2 * 16384 - 8;
	vm->workload.bytes_wrong = 8;
	incident_note(&vm->incidents, "ring_range", "submission dropped", 1234, UINT64_MAX);
}

struct fixture *fixture_create(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert(f);
	f->scenario = (struct scenario){ .path = (char *)"hand.yaml",
					 .name = (char *)"hand",
					 .title = (char *)"Made by hand",
					 .seed = 7,
					 .variants = f->variants,
					 .variant_count = 3,
					 .expects = f->expects };
	set_variant(f, FIXTURE_NATIVE, "native", VM_MODE_NATIVE);
	set_variant(f, FIXTURE_BASELINE, "baseline", VM_MODE_GVT);
	set_variant(f, FIXTURE_PVMMIO, "pvmmio", VM_MODE_GVT);
	f->results[FIXTURE_NATIVE] = make_result(0);
	f->results[FIXTURE_BASELINE] = make_result(12);
	make_baseline(f->results[FIXTURE_BASELINE]);
	f->results[FIXTURE_PVMMIO] = make_result(4);
	make_pvmmio(f->results[FIXTURE_PVMMIO]);
	return f;
}

void fixture_destroy(struct fixture *f)
{
	for (unsigned i = 0; i < FIXTURE_VARIANTS; i++)
		sim_result_free(f->results[i]);
	free(f);
}

void fixture_add_variant(struct fixture *f, const char *name)
{
	size_t i = f->scenario.variant_count++;

	assert(i < FIXTURE_VARIANTS);
	set_variant(f, (unsigned)i, name, VM_MODE_GVT);
	f->results[i] = make_result(12);
	make_baseline(f->results[i]);
}

struct scenario_expect *fixture_expect(struct fixture *f, const char *left, enum expect_op op,
				       int64_t right)
{
	struct scenario_expect *expect = &f->expects[f->scenario.expect_count++];

	assert(f->scenario.expect_count <= FIXTURE_EXPECTS);
	*expect = (struct scenario_expect){ .text = (char *)left,
					    .line = 40,
					    .left = (char *)left,
					    .op = op,
					    .right_kind = EXPECT_RIGHT_INTEGER,
					    .integer = right };
	return expect;
}
