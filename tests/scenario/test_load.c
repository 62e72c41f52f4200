// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <errno.h>

#include "sim/abi/pvmmio.h"

#define MIB (UINT64_C(1) << 20)

static int param(const char *name)
{
	int index = cost_param_find(name);

	assert_true(index >= 0);
	return index;
}

static const char everything[] =
	"scenario: everything\n"
	"title: All keys at once\n"
	"seed: 0x10\n"
	"platform:\n"
	"  hardware: skylake-gt2\n"
	"  costs: zero\n"
	"  oos_pool: 2048\n"
	"  set: {exit.transition: 1.5us, costs.interrupt.posted: true, context.load: 3ns, "
	"display.symbol_clock: 0.54GHz}\n"
	"vms:\n"
	"  - name: left\n"
	"    mode: gvt\n"
	"    memory: 32MiB\n"
	"    vcpus: 2\n"
	"    pvmmio: [elsp_submit]\n"
	"    aperture: 32MiB\n"
	"    hidden: 128 MiB\n"
	"    fences: 3\n"
	"    shadow: oos\n"
	"    ppgtt: 32bit\n"
	"    huge_pages: true\n"
	"    work_arounds: true\n"
	"    irq_handler: 5.0\n"
	"    doorbell: deferred\n"
	"    misbehave: [never_reads_pvinfo]\n"
	"    workload:\n"
	"      repeat: 7\n"
	"      timeout: 5ms\n"
	"      steps:\n"
	"        - fill: {context: a, width: 10, height: 20}\n"
	"        - copy: {engine: BCS0, context: b, misuse: ring_tail}\n"
	"        - fast_copy: {context: a}\n"
	"        - store: {engine: VECS0, count: 9, misuse: batch_address}\n"
	"        - together:\n"
	"            - draw: {duration: 1ms}\n"
	"            - dispatch: {context: b, misuse: descriptor_invalid}\n"
	"        - sleep: 10us\n"
	"        - wait: all\n"
	"        - bind: {object: big, size: 6MiB, context: c, align: 2MiB}\n"
	"        - bind: {object: many, pages: 2, count: 3, space: ggtt}\n"
	"        - store: {engine: RCS0, object: big, context: c, count: 10}\n"
	"        - unbind: {object: big}\n"
	"        - bind: {object: small, read_only: true}\n"
	"        - unbind: {object: small}\n"
	"        - unbind: {object: many}\n"
	"  - name: right\n"
	"expect:\n"
	"  - default.left.submit.count == 3\n";

static void check_left(const struct vm_config *vm)
{
	assert_string_equal(vm->name, "left");
	assert_int_equal(vm->mode, VM_MODE_GVT);
	assert_int_equal(vm->memory_bytes, 32 * MIB);
	assert_int_equal(vm->vcpus, 2);
	assert_int_equal(vm->pvmmio_levels, PVMMIO_ELSP_SUBMIT);
	assert_int_equal(vm->shadow, VM_SHADOW_OOS);
	assert_int_equal(vm->doorbell, VM_DOORBELL_DEFERRED);
	assert_int_equal(vm->ppgtt, VM_PPGTT_32BIT);
	assert_true(vm->huge_pages);
	assert_true(vm->work_arounds);
	assert_int_equal(vm->irq_handler, VM_IRQ_5_0);
	assert_int_equal(vm->aperture_bytes, 32 * MIB);
	assert_int_equal(vm->hidden_bytes, 128 * MIB);
	assert_int_equal(vm->fences, 3);
	assert_true(vm->skip_pvinfo);
	assert_int_equal(vm->workload.repeat, 7);
	assert_int_equal(vm->workload.timeout_ps, 5000000000);
	assert_int_equal(vm->workload.context_count, 4);
	assert_string_equal(vm->workload.contexts[0], "a");
	assert_string_equal(vm->workload.contexts[1], "b");
	assert_string_equal(vm->workload.contexts[2], "main");
	assert_string_equal(vm->workload.contexts[3], "c");
	assert_int_equal(vm->workload.step_count, 14);
}

static void check_objects(const struct workload_config *workload)
{
	const struct object_config *object = workload->objects;
	const struct step_config *step = workload->steps + 7;

	assert_int_equal(workload->object_count, 3);
	assert_string_equal(object[0].name, "big");
	assert_int_equal(object[0].space, BIND_SPACE_PPGTT);
	assert_int_equal(object[0].context, 3);
	assert_int_equal(object[0].pages, 1536);
	assert_int_equal(object[0].count, 1);
	assert_int_equal(object[0].align_bytes, 2 * MIB);
	assert_false(object[0].read_only);
	assert_string_equal(object[1].name, "many");
	assert_int_equal(object[1].space, BIND_SPACE_GGTT);
	assert_int_equal(object[1].pages, 2);
	assert_int_equal(object[1].count, 3);
	assert_int_equal(object[1].align_bytes, 4096);
	assert_string_equal(object[2].name, "small");
	assert_string_equal(workload->contexts[object[2].context], "main");
	assert_int_equal(object[2].pages, 1);
	assert_true(object[2].read_only);
	assert_int_equal(step[0].kind, STEP_BIND);
	assert_int_equal(step[0].object, 0);
	assert_int_equal(step[1].kind, STEP_BIND);
	assert_int_equal(step[1].object, 1);
	assert_int_equal(step[2].kind, STEP_STORE);
	assert_int_equal(step[2].object, 0);
	assert_int_equal(step[3].kind, STEP_UNBIND);
	assert_int_equal(step[3].object, 0);
	assert_int_equal(step[4].object, 2);
	assert_int_equal(step[5].object, 2);
	assert_int_equal(step[6].kind, STEP_UNBIND);
	assert_int_equal(step[6].object, 1);
	assert_int_equal(workload->steps[3].object, CONFIG_NO_OBJECT);
}

static void check_steps(const struct step_config *step)
{
	assert_int_equal(step[0].kind, STEP_FILL);
	assert_int_equal(step[0].line, 29);
	assert_int_equal(step[0].engine, GEN9_BCS0);
	assert_int_equal(step[0].context, 0);
	assert_int_equal(step[0].width, 10);
	assert_int_equal(step[0].height, 20);
	assert_int_equal(step[0].misuse, MISUSE_NONE);
	assert_int_equal(step[1].kind, STEP_COPY);
	assert_int_equal(step[1].context, 1);
	assert_int_equal(step[1].width, 64);
	assert_int_equal(step[1].height, 64);
	assert_int_equal(step[1].misuse, MISUSE_RING_TAIL);
	assert_int_equal(step[2].kind, STEP_FAST_COPY);
	assert_int_equal(step[2].engine, GEN9_BCS0);
	assert_int_equal(step[3].kind, STEP_STORE);
	assert_int_equal(step[3].engine, GEN9_VECS0);
	assert_int_equal(step[3].context, 2);
	assert_int_equal(step[3].count, 9);
	assert_int_equal(step[3].misuse, MISUSE_BATCH_ADDRESS);
	assert_int_equal(step[4].kind, STEP_TOGETHER);
	assert_int_equal(step[4].step_count, 2);
	assert_int_equal(step[4].steps[0].kind, STEP_DRAW);
	assert_int_equal(step[4].steps[0].engine, GEN9_RCS0);
	assert_int_equal(step[4].steps[0].duration_ps, 1000000000);
	assert_int_equal(step[4].steps[1].kind, STEP_DISPATCH);
	assert_int_equal(step[4].steps[1].duration_ps, 10000000);
	assert_int_equal(step[4].steps[1].misuse, MISUSE_DESCRIPTOR_INVALID);
	assert_int_equal(step[5].kind, STEP_SLEEP);
	assert_int_equal(step[5].duration_ps, 10000000);
	assert_int_equal(step[6].kind, STEP_WAIT);
}

static void reads_every_key(void **state)
{
	struct scenario *s = fixture_load_good(*state, everything, NULL);
	const struct sim_config *config = &s->variants[0].config;

	assert_string_equal(s->name, "everything");
	assert_string_equal(s->title, "All keys at once");
	assert_int_equal(s->seed, 16);
	assert_int_equal(s->variant_count, 1);
	assert_string_equal(s->variants[0].name, "default");
	assert_int_equal(config->seed, 16);
	assert_string_equal(config->hardware_name, "skylake-gt2");
	assert_string_equal(config->costs_name, "zero");
	assert_int_equal(config->costs.value[COST_EXIT_TRANSITION], 1500000);
	assert_int_equal(config->costs.value[COST_EXIT_REENTRY], 0);
	assert_int_equal(config->costs.value[param("interrupt.posted")], 1);
	assert_int_equal(config->hardware.value[HW_CONTEXT_LOAD], 3000);
	assert_int_equal(config->hardware.value[HW_SYMBOL_CLOCK], 540000000);
	assert_true(config->hardware.value[HW_MMIO_READ] > 0);
	assert_int_equal(config->vm_count, 2);
	check_left(&config->vms[0]);
	check_steps(config->vms[0].workload.steps);
	check_objects(&config->vms[0].workload);
	assert_int_equal(config->oos_pool_pages, 2048);
	assert_int_equal(s->expect_count, 1);
	scenario_free(s);
}

static void fills_in_defaults(void **state)
{
	struct scenario *s = fixture_load_good(*state, "vms: [{name: only}]\n", NULL);
	const struct sim_config *config = &s->variants[0].config;
	const struct vm_config *vm = &config->vms[0];

	assert_string_equal(s->name, "good"); /* the file's name */
	assert_string_equal(s->title, "");
	assert_int_equal(s->seed, 1);
	assert_string_equal(config->hardware_name, "skylake-gt2");
	assert_string_equal(config->costs_name, "kvm-userspace");
	assert_true(config->costs.value[COST_EXIT_TRANSITION] > 0);
	assert_int_equal(config->vm_count, 1);
	assert_int_equal(vm->mode, VM_MODE_GVT);
	assert_int_equal(vm->memory_bytes, 64 * MIB);
	assert_int_equal(vm->vcpus, 1);
	assert_int_equal(vm->pvmmio_levels, 0);
	assert_int_equal(vm->aperture_bytes, 64 * MIB);
	assert_int_equal(vm->hidden_bytes, 384 * MIB);
	assert_int_equal(vm->fences, 4);
	assert_int_equal(vm->shadow, VM_SHADOW_STRICT);
	assert_int_equal(vm->doorbell, VM_DOORBELL_SYNCHRONOUS);
	assert_int_equal(vm->ppgtt, VM_PPGTT_48BIT);
	assert_false(vm->huge_pages);
	assert_false(vm->work_arounds);
	assert_int_equal(vm->irq_handler, VM_IRQ_4_19);
	assert_int_equal(config->oos_pool_pages, 8192);
	assert_false(vm->skip_pvinfo);
	assert_int_equal(vm->workload.object_count, 0);
	assert_int_equal(vm->workload.repeat, 1);
	assert_int_equal(vm->workload.timeout_ps, 1000000000000);
	assert_int_equal(vm->workload.step_count, 0);
	assert_int_equal(s->expect_count, 0);
	scenario_free(s);
}

static void reads_levels_in_every_form(void **state)
{
	static const struct {
		const char *text;
		uint32_t levels;
	} forms[] = {
		{"none",                        0				      },
		{ "all",                        0x7f				   },
		{ "0x31",                       0x31				   },
		{ "[ppgtt_update]",             PVMMIO_PPGTT_UPDATE                    },
		{ "[ggtt_update, elsp_submit]", PVMMIO_ELSP_SUBMIT | PVMMIO_GGTT_UPDATE},
		{ "0",			  0				      },
		{ "[pv_submission]",            PVMMIO_PV_SUBMISSION                   },
		{ "0x1",                        PVMMIO_ELSP_SUBMIT                     },
		{ "1",			  1				      },
		{ "[]",			 0				      },
		{ "[elsp_submit]",              1				      },
		{ "[elsp_submit, elsp_submit]", 1                                      },
	};
	char text[128];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct scenario *s;

		snprintf(text, sizeof(text), "vms: [{name: a, pvmmio: %s}]\n", forms[i].text);
		s = fixture_load_good(*state, text, NULL);
		assert_int_equal(s->variants[0].config.vms[0].pvmmio_levels, forms[i].levels);
		scenario_free(s);
	}
}

static void repeats_what_an_alias_names(void **state)
{
	struct scenario *s = fixture_load_good(
		*state,
		"vms:\n"
		"  - {name: a, workload: &w {repeat: 3, steps: [{fill: {}}, {wait: all}]}}\n"
		"  - {name: b, workload: *w}\n",
		NULL);
	const struct vm_config *vms = s->variants[0].config.vms;

	assert_int_equal(vms[1].workload.repeat, 3);
	assert_int_equal(vms[1].workload.step_count, 2);
	assert_ptr_not_equal(vms[0].workload.steps, vms[1].workload.steps);
	scenario_free(s);
}

/* ---- variants and overrides ---- */

static const char with_variants[] =
	"seed: 5\n"
	"platform: {costs: zero, set: {exit.reentry: 2ns}}\n"
	"vms:\n"
	"  - name: vm0\n"
	"    workload:\n"
	"      steps:\n"
	"        - fill: {}\n"
	"        - wait: all\n"
	"  - name: vm1\n"
	"variants:\n"
	"  - name: base\n"
	"  - name: keys\n"
	"    set:\n"
	"      seed: 6\n"
	"      platform.set.exit.transition: 7ns\n"
	"      platform.costs.exit.reentry: 8ns\n"
	"      platform.hardware.context.load: 9ns\n"
	"      vms.vm0.memory: 16MiB\n"
	"      vms.1.pvmmio: all\n"
	"      vms.vm0.workload.repeat: 4\n"
	"      vms.vm0.workload.steps.0.fill.width: 33\n"
	"      vms.vm0.workload.steps.1: {sleep: 1us}\n"
	"      vms.vm1.workload: {steps: [{store: {engine: VCS1}}]}\n"
	"  - name: whole\n"
	"    set: {vms: [{name: other, mode: native}], platform.costs: kvm-userspace}\n";

static void variants_change_any_key(void **state)
{
	struct scenario *s = fixture_load_good(*state, with_variants, NULL);
	const struct sim_config *base = &s->variants[0].config;
	const struct sim_config *keys = &s->variants[1].config;
	const struct sim_config *whole = &s->variants[2].config;

	assert_int_equal(s->variant_count, 3);
	assert_string_equal(s->variants[1].name, "keys");
	assert_int_equal(s->seed, 5);
	assert_int_equal(base->seed, 5);
	assert_int_equal(keys->seed, 6);
	assert_int_equal(base->costs.value[COST_EXIT_TRANSITION], 0);
	assert_int_equal(base->costs.value[COST_EXIT_REENTRY], 2000);
	assert_int_equal(keys->costs.value[COST_EXIT_TRANSITION], 7000);
	assert_int_equal(keys->costs.value[COST_EXIT_REENTRY], 8000);
	assert_int_equal(keys->hardware.value[HW_CONTEXT_LOAD], 9000);
	assert_int_equal(base->vms[0].memory_bytes, 64 * MIB);
	assert_int_equal(keys->vms[0].memory_bytes, 16 * MIB);
	assert_int_equal(base->vms[1].pvmmio_levels, 0);
	assert_int_equal(keys->vms[1].pvmmio_levels, 0x7f);
	assert_int_equal(keys->vms[0].workload.repeat, 4);
	assert_int_equal(keys->vms[0].workload.steps[0].width, 33);
	assert_int_equal(base->vms[0].workload.steps[0].width, 64);
	assert_int_equal(keys->vms[0].workload.steps[1].kind, STEP_SLEEP);
	assert_int_equal(base->vms[0].workload.steps[1].kind, STEP_WAIT);
	assert_int_equal(keys->vms[1].workload.steps[0].engine, GEN9_VCS1);
	assert_int_equal(whole->vm_count, 1);
	assert_string_equal(whole->vms[0].name, "other");
	assert_int_equal(whole->vms[0].mode, VM_MODE_NATIVE);
	assert_string_equal(whole->costs_name, "kvm-userspace");
	assert_int_equal(whole->costs.value[COST_EXIT_REENTRY], 2000); /* `set` stays */
	scenario_free(s);
}

static void overrides_come_last(void **state)
{
	static const char *const overrides[] = { "seed=9", "vms.vm0.memory=128MiB",
						 "platform.costs.exit.reentry=1us",
						 "vms.vm0.pvmmio=[elsp_submit]", NULL };
	struct scenario *s = fixture_load_good(*state,
					       FIXTURE_VMS
					       "variants:\n"
					       "  - {name: a, set: {vms.vm0.memory: 16MiB}}\n"
					       "  - {name: b, set: {vms.vm0.pvmmio: none}}\n",
					       overrides);

	assert_int_equal(s->seed, 9);
	for (size_t i = 0; i < 2; i++) {
		const struct sim_config *config = &s->variants[i].config;

		assert_int_equal(config->seed, 9);
		assert_int_equal(config->vms[0].memory_bytes, 128 * MIB);
		assert_int_equal(config->vms[0].pvmmio_levels, 1);
		assert_int_equal(config->costs.value[COST_EXIT_REENTRY], 1000000);
	}
	scenario_free(s);
}

static void cycles_count_the_profiles_clock(void **state)
{
	static const char *const overrides[] = { "platform.costs.exit.transition=3400cycles",
						 NULL };
	struct scenario *s = fixture_load_good(*state, FIXTURE_VMS, overrides);

	assert_int_equal(s->variants[0].config.costs.value[COST_EXIT_TRANSITION], 1000000);
	scenario_free(s);
}

/* ---- the effective configuration ---- */

static void step_equal(const struct step_config *a, const struct step_config *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->engine, b->engine);
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->duration_ps, b->duration_ps);
	assert_int_equal(a->misuse, b->misuse);
	assert_int_equal(a->object, b->object);
	assert_int_equal(a->step_count, b->step_count);
	for (size_t i = 0; i < a->step_count; i++)
		step_equal(&a->steps[i], &b->steps[i]);
}

static void object_equal(const struct object_config *a, const struct object_config *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->space, b->space);
	assert_int_equal(a->context, b->context);
	assert_int_equal(a->pages, b->pages);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->align_bytes, b->align_bytes);
	assert_int_equal(a->read_only, b->read_only);
}

static void vm_equal(const struct vm_config *a, const struct vm_config *b)
{
	const struct workload_config *wa = &a->workload, *wb = &b->workload;

	assert_string_equal(a->name, b->name);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->memory_bytes, b->memory_bytes);
	assert_int_equal(a->vcpus, b->vcpus);
	assert_int_equal(a->pvmmio_levels, b->pvmmio_levels);
	assert_int_equal(a->aperture_bytes, b->aperture_bytes);
	assert_int_equal(a->hidden_bytes, b->hidden_bytes);
	assert_int_equal(a->fences, b->fences);
	assert_int_equal(a->shadow, b->shadow);
	assert_int_equal(a->doorbell, b->doorbell);
	assert_int_equal(a->ppgtt, b->ppgtt);
	assert_int_equal(a->huge_pages, b->huge_pages);
	assert_int_equal(a->work_arounds, b->work_arounds);
	assert_int_equal(a->irq_handler, b->irq_handler);
	assert_int_equal(a->skip_pvinfo, b->skip_pvinfo);
	assert_int_equal(wa->object_count, wb->object_count);
	for (size_t i = 0; i < wa->object_count; i++)
		object_equal(&wa->objects[i], &wb->objects[i]);
	assert_int_equal(wa->repeat, wb->repeat);
	assert_int_equal(wa->timeout_ps, wb->timeout_ps);
	assert_int_equal(wa->context_count, wb->context_count);
	assert_memory_equal(wa->contexts, wb->contexts, sizeof(wa->contexts));
	assert_int_equal(wa->step_count, wb->step_count);
	for (size_t i = 0; i < wa->step_count; i++)
		step_equal(&wa->steps[i], &wb->steps[i]);
}

static void configuration_is_a_scenario(void **state)
{
	struct scenario *s = fixture_load_good(*state, everything, NULL);
	const struct sim_config *a = &s->variants[0].config, *b;
	json_t *json = scenario_config_json(a);
	struct scenario *again;
	char *text, *text_again;

	assert_non_null(json);
	text = json_dumps(json, JSON_INDENT(2));
	json_decref(json);
	again = fixture_load_good(*state, text, NULL);
	b = &again->variants[0].config;
	assert_int_equal(a->seed, b->seed);
	assert_int_equal(a->oos_pool_pages, b->oos_pool_pages);
	assert_memory_equal(&a->costs, &b->costs, sizeof(a->costs));
	assert_memory_equal(&a->hardware, &b->hardware, sizeof(a->hardware));
	assert_int_equal(a->vm_count, b->vm_count);
	for (size_t i = 0; i < a->vm_count; i++)
		vm_equal(&a->vms[i], &b->vms[i]);
	json = scenario_config_json(b);
	text_again = json_dumps(json, JSON_INDENT(2));
	assert_string_equal(text, text_again);
	json_decref(json);
	free(text);
	free(text_again);
	scenario_free(s);
	scenario_free(again);
}

static void configuration_names_every_parameter(void **state)
{
	struct scenario *s = fixture_load_good(*state, FIXTURE_VMS, NULL);
	json_t *json = scenario_config_json(&s->variants[0].config);
	json_t *set = json_object_get(json_object_get(json, "platform"), "set");
	char key[128];

	for (int i = 0; i < COST_PARAM_COUNT; i++) {
		snprintf(key, sizeof(key), "costs.%s", cost_params[i].name);
		assert_non_null(json_object_get(set, key));
	}
	for (int i = 0; i < HW_PARAM_COUNT; i++) {
		snprintf(key, sizeof(key), "hardware.%s", hw_params[i].name);
		assert_non_null(json_object_get(set, key));
	}
	assert_int_equal(json_object_size(set), (int)COST_PARAM_COUNT + (int)HW_PARAM_COUNT);
	json_decref(json);
	scenario_free(s);
}

/* ---- the rest ---- */

static void says_when_it_cannot_open(void **state)
{
	struct scenario *s = (void *)1;
	char *messages;

	assert_int_equal(fixture_load(*state, "absent.yaml", NULL, &s, &messages), -ENOENT);
	assert_null(s);
	assert_string_equal(messages, "");
	free(messages);
	assert_int_equal(fixture_load(*state, ".", NULL, &s, NULL), -EISDIR);
	assert_null(s);
}

static void works_without_a_place_for_messages(void **state)
{
	char path[FIXTURE_PATH_BYTES];
	struct scenario *s;

	fixture_write(*state, "bad.yaml", "nothing: right\n");
	fixture_path(*state, "bad.yaml", path);
	assert_int_equal(scenario_load(&s, path, &(struct scenario_options){ 0 }), -EINVAL);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(reads_levels_in_every_form),
		cmocka_unit_test(repeats_what_an_alias_names),
		cmocka_unit_test(variants_change_any_key),
		cmocka_unit_test(overrides_come_last),
		cmocka_unit_test(cycles_count_the_profiles_clock),
		cmocka_unit_test(configuration_is_a_scenario),
		cmocka_unit_test(configuration_names_every_parameter),
		cmocka_unit_test(says_when_it_cannot_open),
		cmocka_unit_test(works_without_a_place_for_messages),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
