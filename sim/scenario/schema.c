// SPDX-License-Identifier: MIT
#include "sim/scenario/schema.h"

#include <inttypes.h>
#include <string.h>

#include "sim/abi/pvmmio.h"
#include "sim/machine/physmem.h"
#include "sim/machine/vm.h"
#include "sim/scenario/params.h"
#include "sim/scenario/units.h"

#define KIB          (UINT64_C(1) << 10)
#define MIB          (UINT64_C(1) << 20)
#define GIB          (UINT64_C(1) << 30)
#define NS           UINT64_C(1000)
#define SECOND       UINT64_C(1000000000000)
#define BLT_SIZE_MAX 8191u /* 32-bit pixels: the pitch is at most 32767 bytes */
#define FIELD(s, f)  offsetof(struct s, f), sizeof(((struct s *)0)->f)
#define NO_FIELD     0, 0
#define ALL_ENGINES  ((1u << GEN9_ENGINE_COUNT) - 1)
#define ONLY(engine) (1u << (engine))

const char *vm_mode_name(unsigned mode)
{
	static const char *const names[] = {
		[VM_MODE_NATIVE] = "native", [VM_MODE_GVT] = "gvt", [VM_MODE_HOST] = "host"
	};

	return mode < sizeof(names) / sizeof(names[0]) ? names[mode] : NULL;
}

const char *misuse_name(unsigned misuse)
{
	static const char *const names[MISUSE_COUNT] = {
		[MISUSE_NONE] = "none",
		[MISUSE_BATCH_ADDRESS] = "batch_address",
		[MISUSE_DESCRIPTOR_INVALID] = "descriptor_invalid",
		[MISUSE_RING_TAIL] = "ring_tail",
		[MISUSE_COMMAND] = "command",
		[MISUSE_REGISTER] = "register",
		[MISUSE_STORE_ADDRESS] = "store_address",
		[MISUSE_HANG] = "hang",
	};

	return misuse < MISUSE_COUNT ? names[misuse] : NULL;
}

const char *engine_name(unsigned engine)
{
	return engine < GEN9_ENGINE_COUNT ? gen9_engines[engine].name : NULL;
}

/*
 * The types of gvt/vgpu.c (Linux 5.1), named after how many of them share a GPU, whose weight is
 * 16 over that.
 */
static const struct vgpu_type vgpu_types[] = {
	{"V5_8",  64 * MIB,  384 * MIB,  4, 2 },
	{ "V5_4", 128 * MIB, 512 * MIB,  4, 4 },
	{ "V5_2", 256 * MIB, 1024 * MIB, 4, 8 },
	{ "V5_1", 512 * MIB, 2048 * MIB, 4, 16},
};

const struct vgpu_type *vgpu_type(unsigned type)
{
	return type < sizeof(vgpu_types) / sizeof(vgpu_types[0]) ? &vgpu_types[type] : NULL;
}

const char *vgpu_type_name(unsigned type)
{
	return vgpu_type(type) ? vgpu_type(type)->name : NULL;
}

static const char *shadow_name(unsigned shadow)
{
	static const char *const names[] = {
		[VM_SHADOW_STRICT] = "strict", [VM_SHADOW_OOS] = "oos"
	};

	return shadow < sizeof(names) / sizeof(names[0]) ? names[shadow] : NULL;
}

static const char *vblank_name(unsigned vblank)
{
	static const char *const names[] = { [VBLANK_FROM_MODE] = "mode", [VBLANK_16MS] = "16ms" };

	return vblank < sizeof(names) / sizeof(names[0]) ? names[vblank] : NULL;
}

static const char *doorbell_name(unsigned doorbell)
{
	static const char *const names[] = {
		[VM_DOORBELL_SYNCHRONOUS] = "synchronous", [VM_DOORBELL_DEFERRED] = "deferred"
	};

	return doorbell < sizeof(names) / sizeof(names[0]) ? names[doorbell] : NULL;
}

static const char *ppgtt_name(unsigned ppgtt)
{
	static const char *const names[] = {
		[VM_PPGTT_48BIT] = "48bit", [VM_PPGTT_32BIT] = "32bit", [VM_PPGTT_NONE] = "none"
	};

	return ppgtt < sizeof(names) / sizeof(names[0]) ? names[ppgtt] : NULL;
}

static const char *irq_handler_name(unsigned form)
{
	static const char *const names[] = {
		[VM_IRQ_4_14] = "4.14", [VM_IRQ_4_19] = "4.19", [VM_IRQ_5_0] = "5.0"
	};

	return form < sizeof(names) / sizeof(names[0]) ? names[form] : NULL;
}

static const char *pipe_name(unsigned pipe)
{
	static const char *const names[] = {
		[DISPLAY_PIPE_A] = "A", [DISPLAY_PIPE_B] = "B", [DISPLAY_PIPE_C] = "C"
	};

	return pipe < sizeof(names) / sizeof(names[0]) ? names[pipe] : NULL;
}

static const char *space_name(unsigned space)
{
	static const char *const names[] = {
		[BIND_SPACE_PPGTT] = "ppgtt", [BIND_SPACE_GGTT] = "ggtt"
	};

	return space < sizeof(names) / sizeof(names[0]) ? names[space] : NULL;
}

static const char *profile_kind_choice(unsigned kind)
{
	return kind < PROFILE_KIND_COUNT ? param_kind_name(kind) : NULL;
}

const char *schema_level_name(unsigned bit)
{
	static const char *const names[] = {
		"elsp_submit",  "plane_update", "plane_wm_update",       "master_irq",
		"ppgtt_update", "ggtt_update",  "mmio_read_passthrough", "pv_submission",
	};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

uint32_t schema_levels_implemented(void)
{
	return PVMMIO_ALL | PVMMIO_PV_SUBMISSION;
}

const char *schema_list_levels(char *buf, size_t len)
{
	const char *name;
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned bit = 0; (name = schema_level_name(bit)) && used < len; bit++) {
		if (schema_levels_implemented() >> bit & 1)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
						 name);
	}
	return buf;
}

const struct misbehaviour *schema_misbehaviour(unsigned index)
{
	static const struct misbehaviour table[] = {
		{"never_reads_pvinfo", offsetof(struct vm_config, skip_pvinfo),
                 "the driver enables execlists without having read PVINFO"           },
		{ "irq_no_check",      offsetof(struct vm_config, irq_no_check),
                 "master_irq: interrupts are enabled without asking for a check"     },
		{ "irq_check_first",   offsetof(struct vm_config, irq_check_first),
                 "master_irq: the check is asked for before interrupts are enabled"  },
		{ "reg_addr_unlocked", offsetof(struct vm_config, reg_addr_unlocked),
                 "mmio_read_passthrough: vCPUs overwrite each other's reg_addr"      },
		{ "plane_unlocked",    offsetof(struct vm_config, plane_unlocked),
                 "plane_update, plane_wm_update: vCPUs overwrite each other's record"},
	};

	return index < sizeof(table) / sizeof(table[0]) ? &table[index] : NULL;
}

// clang-format off
const struct schema_row schema_rows[] = {
	{ SECTION_SCENARIO, "scenario", VALUE_NAME, .form = "name",
	  .doc = "name of the scenario in reports; without it, the file's name",
	  FIELD(scenario_head, name) },
	{ SECTION_SCENARIO, "title", VALUE_TEXT, .default_text = "",
	  .doc = "one line for the report's heading", FIELD(scenario_head, title) },
	{ SECTION_SCENARIO, "seed", VALUE_INTEGER, .max = INT64_MAX, .default_text = "1",
	  .doc = "of the random generator: same seed, same run", FIELD(scenario_head, seed) },
	{ SECTION_SCENARIO, "platform", VALUE_OTHER, .form = "mapping",
	  .doc = "the machine", NO_FIELD },
	{ SECTION_SCENARIO, "vms", VALUE_OTHER, .required = true, .form = "list of VMs",
	  .doc = "one native VM, or up to 64 with `mode: gvt`", NO_FIELD },
	{ SECTION_SCENARIO, "variants", VALUE_OTHER, .form = "list of variants",
	  .doc = "what is run, one after the other; without it, one variant `default`", NO_FIELD },
	{ SECTION_SCENARIO, "expect", VALUE_OTHER, .form = "list of expectations",
	  .doc = "what must hold in the report", NO_FIELD },

	{ SECTION_PLATFORM, "hardware", VALUE_TEXT, .default_text = "skylake-gt2",
	  .form = "profile", .doc = "hardware profile: a name, or a path that ends in .yaml",
	  FIELD(platform_head, hardware) },
	{ SECTION_PLATFORM, "costs", VALUE_TEXT, .default_text = "kvm-userspace",
	  .form = "profile", .doc = "cost profile: a name, or a path that ends in .yaml",
	  FIELD(platform_head, costs) },
	{ SECTION_PLATFORM, "oos_pool", VALUE_INTEGER, .min = 1, .max = 1u << 20, .default_text = "8192",
	  .doc = "tables that may be out of sync at once, of all VMs with `shadow: oos`",
	  FIELD(platform_head, oos_pool_pages) },
	{ SECTION_PLATFORM, "vblank", VALUE_CHOICE, .choice = vblank_name, .default_text = "mode",
	  .doc = "period of virtual pipes: their mode's, or 16ms for all as before Linux 5.13",
	  FIELD(platform_head, vblank) },
	{ SECTION_PLATFORM, "hang_period", VALUE_TIME, .min = 1000 * NS, .max = 1000 * SECOND,
	  .default_text = "1500ms", .doc = "from look to look of the host's hang check at an engine",
	  FIELD(platform_head, hang.period_ps) },
	{ SECTION_PLATFORM, "hang_engine_dead", VALUE_TIME, .min = 1000 * NS, .max = 1000 * SECOND,
	  .default_text = "4s", .doc = "how long an engine may stand still before the host resets it",
	  FIELD(platform_head, hang.engine_dead_ps) },
	{ SECTION_PLATFORM, "hang_request_dead", VALUE_TIME, .min = 1000 * NS,
	  .max = 1000 * SECOND, .default_text = "12s",
	  .doc = "how long one request may keep an engine", FIELD(platform_head, hang.request_dead_ps) },
	{ SECTION_PLATFORM, "cpus", VALUE_INTEGER, .max = 1024, .default_text = "0",
	  .doc = "physical CPUs that vCPUs and host threads share; 0: one for each",
	  FIELD(platform_head, host.cpus) },
	{ SECTION_PLATFORM, "cpu_slice", VALUE_TIME, .min = 1000 * NS, .max = SECOND,
	  .default_text = "3ms", .doc = "how long one of them runs while others wait for a CPU",
	  FIELD(platform_head, host.cpu_slice_ps) },
	{ SECTION_PLATFORM, "sched_tick", VALUE_TIME, .min = 1000 * NS, .max = SECOND,
	  .default_text = "1ms", .doc = "period of the mediator's scheduler",
	  FIELD(platform_head, host.sched_tick_ps) },
	{ SECTION_PLATFORM, "sched_period", VALUE_TIME, .min = 1000 * NS, .max = 10 * SECOND,
	  .default_text = "100ms", .doc = "of which each vGPU is allotted its weight's share",
	  FIELD(platform_head, host.sched_period_ps) },
	{ SECTION_PLATFORM, "sched_boost", VALUE_TIME, .max = 10 * SECOND, .default_text = "0s",
	  .doc = "how long a vGPU goes before others when it starts; GVT-g has 2s",
	  FIELD(platform_head, host.sched_boost_ps) },
	{ SECTION_PLATFORM, "set", VALUE_OTHER, .form = "mapping",
	  .doc = "single parameters of the profiles: `exit.transition: 1us`", NO_FIELD },

	{ SECTION_VM, "name", VALUE_NAME, .required = true, .doc = "name of the VM",
	  FIELD(vm_config, name) },
	{ SECTION_VM, "mode", VALUE_CHOICE, .choice = vm_mode_name, .default_text = "gvt",
	  .doc = "`native`: alone on the hardware; `gvt`: through the mediator; `host`: no VM",
	  FIELD(vm_config, mode) },
	{ SECTION_VM, "type", VALUE_CHOICE, .choice = vgpu_type_name, .default_text = "V5_8",
	  .doc = "GVT-g's type: defaults of `aperture`, `hidden`, `fences` and `weight`",
	  FIELD(vm_config, type) },
	{ SECTION_VM, "memory", VALUE_BYTES, .min = 16 * MIB, .max = 16 * GIB,
	  .multiple = GUEST_RAM_GRANULE, .default_text = "64MiB", .doc = "guest RAM",
	  FIELD(vm_config, memory_bytes) },
	{ SECTION_VM, "vcpus", VALUE_INTEGER, .min = 1, .max = VM_VCPU_LIMIT, .default_text = "1",
	  .doc = "virtual CPUs; the workload runs on the first", FIELD(vm_config, vcpus) },
	{ SECTION_VM, "pvmmio", VALUE_LEVELS, .default_text = "none",
	  .form = "`none`, `all`, list of levels, or number",
	  .doc = "levels that the guest wants and the host allows; no effect on a native VM",
	  FIELD(vm_config, pvmmio_levels) },
	{ SECTION_VM, "doorbell", VALUE_CHOICE, .choice = doorbell_name,
	  .default_text = "synchronous",
	  .doc = "of level pv_submission: served in the exit, or later by a host thread",
	  FIELD(vm_config, doorbell) },
	{ SECTION_VM, "aperture", VALUE_BYTES, .min = MIB, .max = GEN9_APERTURE_BYTES,
	  .multiple = 4 * KIB, .default_text = "64MiB",
	  .doc = "share of the mappable GGTT; a native VM has all of it",
	  FIELD(vm_config, aperture_bytes) },
	{ SECTION_VM, "hidden", VALUE_BYTES, .min = MIB, .max = 4 * GIB - GEN9_APERTURE_BYTES,
	  .multiple = 4 * KIB, .default_text = "384MiB",
	  .doc = "share of the rest of the GGTT; a native VM has all of it",
	  FIELD(vm_config, hidden_bytes) },
	{ SECTION_VM, "fences", VALUE_INTEGER, .max = 16, .default_text = "4",
	  .doc = "fence registers; a native VM has all of them", FIELD(vm_config, fences) },
	{ SECTION_VM, "weight", VALUE_INTEGER, .min = 1, .max = 256, .default_text = "2",
	  .doc = "share of the GPU's time, as a part of all VMs' weights", FIELD(vm_config, weight) },
	{ SECTION_VM, "shadow", VALUE_CHOICE, .choice = shadow_name, .default_text = "strict",
	  .doc = "page tables: every store faults, or leaf tables may be out of sync",
	  FIELD(vm_config, shadow) },
	{ SECTION_VM, "ppgtt", VALUE_CHOICE, .choice = ppgtt_name, .default_text = "48bit",
	  .doc = "address spaces of contexts: four levels, three, or the GGTT for all",
	  FIELD(vm_config, ppgtt) },
	{ SECTION_VM, "huge_pages", VALUE_BOOL, .default_text = "false",
	  .doc = "the driver uses pages of 64 KiB and 2 MiB where they fit",
	  FIELD(vm_config, huge_pages) },
	{ SECTION_VM, "work_arounds", VALUE_BOOL, .default_text = "false",
	  .doc = "contexts of RCS0 come with a batch that runs at each load, as in Linux",
	  FIELD(vm_config, work_arounds) },
	{ SECTION_VM, "irq_handler", VALUE_CHOICE, .choice = irq_handler_name,
	  .default_text = "4.19",
	  .doc = "form of the driver's interrupt handler, by Linux version",
	  FIELD(vm_config, irq_handler) },
	{ SECTION_VM, "display", VALUE_OTHER, .form = "mapping",
	  .doc = "the display that the driver turns on; without it, none", NO_FIELD },
	{ SECTION_VM, "hangcheck", VALUE_TIME, .max = 1000 * SECOND, .multiple = NS,
	  .default_text = "0s",
	  .doc = "period of the driver's hang check, 0 for none; Linux has 1500ms",
	  FIELD(vm_config, hangcheck_ps) },
	{ SECTION_VM, "misbehave", VALUE_FLAGS, .default_text = "[]",
	  .doc = "what the driver does wrong all the time", NO_FIELD },
	{ SECTION_VM, "workload", VALUE_OTHER, .form = "mapping",
	  .doc = "what the guest does; without it the driver only starts", NO_FIELD },

	{ SECTION_WORKLOAD, "use", VALUE_OTHER, .form = "workload",
	  .doc = "a workload file: a name or a .yaml path; keys given here replace its own",
	  NO_FIELD },
	{ SECTION_WORKLOAD, "repeat", VALUE_INTEGER, .min = 1, .max = 1000000, .default_text = "1",
	  .doc = "how often the steps are done", FIELD(workload_config, repeat) },
	{ SECTION_WORKLOAD, "duration", VALUE_TIME, .max = 1000 * SECOND, .default_text = "0s",
	  .doc = "no repetition begins later than this after the first; 0s: no limit",
	  FIELD(workload_config, duration_ps) },
	{ SECTION_WORKLOAD, "period", VALUE_TIME, .max = 1000 * SECOND, .multiple = NS,
	  .default_text = "0ns",
	  .doc = "repetitions begin so far apart; 0ns: each when the last has ended",
	  FIELD(workload_config, period_ps) },
	{ SECTION_WORKLOAD, "depth", VALUE_INTEGER, .min = 1, .max = 16, .default_text = "1",
	  .doc = "repetitions whose submissions may be in flight",
	  FIELD(workload_config, depth) },
	{ SECTION_WORKLOAD, "timeout", VALUE_TIME, .min = NS, .max = 1000 * SECOND, .multiple = NS,
	  .default_text = "1s",
	  .doc = "of one `wait`; what has not completed then counts as lost",
	  FIELD(workload_config, timeout_ps) },
	{ SECTION_WORKLOAD, "steps", VALUE_OTHER, .form = "list of steps",
	  .doc = "what is done, in order; or a workload of gem_wsim instead:", NO_FIELD },
	{ SECTION_WORKLOAD, "wsim", VALUE_OTHER, .form = "path",
	  .doc = "its descriptor, beside the scenario", NO_FIELD },
	{ SECTION_WORKLOAD, "wsim_text", VALUE_OTHER, .form = "steps, by commas or lines",
	  .doc = "its descriptor itself", NO_FIELD },
	{ SECTION_WORKLOAD, "clients", VALUE_INTEGER, .min = 1, .max = VM_VCPU_LIMIT,
	  .default_text = "1", .doc = "how many run it at once, each on a vCPU of its own",
	  FIELD(workload_config, clients) },

	{ SECTION_WORKLOAD_FILE, "workload", VALUE_NAME, .required = true,
	  .doc = "name of the workload: that of its file, without .yaml",
	  FIELD(workload_head, name) },
	{ SECTION_WORKLOAD_FILE, "title", VALUE_TEXT, .default_text = "", .doc = "one line about it",
	  FIELD(workload_head, title) },
	{ SECTION_WORKLOAD_FILE, "sources", VALUE_OTHER, .form = "mapping",
	  .doc = "of each figure, by path: a publication, or `illustrative`", NO_FIELD },

	{ SECTION_SUBMISSION, "engine", VALUE_CHOICE, .choice = engine_name,
	  .doc = "the engine; needed where several can do it", FIELD(step_config, engine) },
	{ SECTION_SUBMISSION, "context", VALUE_NAME, .default_text = "main",
	  .doc = "logical context; made on first use, at most 32 in a VM", NO_FIELD },
	{ SECTION_SUBMISSION, "width", VALUE_INTEGER, .min = 1, .max = BLT_SIZE_MAX,
	  .default_text = "64", .doc = "pixels of 32 bits", FIELD(step_config, width) },
	{ SECTION_SUBMISSION, "height", VALUE_INTEGER, .min = 1, .max = BLT_SIZE_MAX,
	  .default_text = "64", .doc = "lines", FIELD(step_config, height) },
	{ SECTION_SUBMISSION, "count", VALUE_INTEGER, .min = 1, .max = 4096, .default_text = "1",
	  .doc = "dwords, one command each", FIELD(step_config, count) },
	{ SECTION_SUBMISSION, "object", VALUE_NAME, .form = "name of a bound object",
	  .doc = "where the dwords go, spread over all of it; else to a buffer of the step's",
	  NO_FIELD },
	{ SECTION_SUBMISSION, "duration", VALUE_TIME, .min = NS, .max = SECOND,
	  .default_text = "10us", .doc = "how long the engine works",
	  FIELD(step_config, duration_ps) },
	{ SECTION_SUBMISSION, "misuse", VALUE_CHOICE, .choice = misuse_name, .default_text = "none",
	  .doc = "what the driver does wrong in this submission", FIELD(step_config, misuse) },

	{ SECTION_BIND, "object", VALUE_NAME, .required = true,
	  .doc = "name, bound by one step only; at most 64 in a VM",
	  FIELD(object_config, name) },
	{ SECTION_BIND, "pages", VALUE_INTEGER, .min = 1, .max = 1u << 20, .default_text = "1",
	  .doc = "how large the object is", FIELD(object_config, pages) },
	{ SECTION_BIND, "size", VALUE_OTHER, .form = "size, 4KiB to 4GiB, a multiple of 4KiB",
	  .doc = "the same in bytes", NO_FIELD },
	{ SECTION_BIND, "count", VALUE_INTEGER, .min = 1, .max = 65536, .default_text = "1",
	  .doc = "how many objects of that size, bound one after the other",
	  FIELD(object_config, count) },
	{ SECTION_BIND, "space", VALUE_CHOICE, .choice = space_name, .default_text = "ppgtt",
	  .doc = "the context's address space, or the global GTT",
	  FIELD(object_config, space) },
	{ SECTION_BIND, "context", VALUE_NAME, .default_text = "main",
	  .doc = "whose address space", NO_FIELD },
	{ SECTION_BIND, "align", VALUE_BYTES, .min = 4 * KIB, .max = GIB, .multiple = 4 * KIB,
	  .default_text = "4KiB", .form = "size, 4KiB to 1GiB, a power of two",
	  .doc = "of each object's address; the lowest free one is taken",
	  FIELD(object_config, align_bytes) },
	{ SECTION_BIND, "read_only", VALUE_BOOL, .default_text = "false",
	  .doc = "the GPU may not write to it", FIELD(object_config, read_only) },

	{ SECTION_DISPLAY, "mode", VALUE_MODE, .default_text = "1920x1080@60Hz", .form = mode_form,
	  .doc = "what is shown, how often; with reduced blanking",
	  FIELD(display_config, mode) },
	{ SECTION_DISPLAY, "pipe", VALUE_CHOICE, .choice = pipe_name, .default_text = "A",
	  .doc = "A and B have two scalers, C has one", FIELD(display_config, pipe) },

	{ SECTION_SCREEN, "planes", VALUE_INTEGER, .min = 1, .max = CONFIG_PLANE_LIMIT,
	  .default_text = "1", .doc = "how many: the pipe's first ones",
	  FIELD(step_config, planes) },
	{ SECTION_SCREEN, "scaler", VALUE_BOOL, .default_text = "false",
	  .doc = "the first plane is shown at twice its size", FIELD(step_config, scaler) },
	{ SECTION_SCREEN, "key", VALUE_BOOL, .default_text = "false",
	  .doc = "each plane has a colour key", FIELD(step_config, key) },
	{ SECTION_SCREEN, "drawn", VALUE_BOOL, .default_text = "false",
	  .doc = "the blitter draws the surfaces first; what is shown then is verified",
	  FIELD(step_config, drawn) },
	{ SECTION_SCREEN, "wait", VALUE_BOOL, .default_text = "true",
	  .doc = "until it is shown; else the next flip waits for it",
	  FIELD(step_config, wait) },
	{ SECTION_SCREEN, "count", VALUE_INTEGER, .min = 1, .max = 100000, .default_text = "1",
	  .doc = "vblanks", FIELD(step_config, count) },

	{ SECTION_VARIANT, "name", VALUE_NAME, .required = true, .doc = "name of the variant",
	  FIELD(variant_head, name) },
	{ SECTION_VARIANT, "set", VALUE_OTHER, .form = "mapping",
	  .doc = "keys of the scenario and their values: `vms.vm0.mode: native`", NO_FIELD },

	{ SECTION_PROFILE, "profile", VALUE_NAME, .required = true,
	  .doc = "name of the profile: that of its file, without .yaml",
	  FIELD(profile_head, name) },
	{ SECTION_PROFILE, "kind", VALUE_CHOICE, .required = true, .choice = profile_kind_choice,
	  .doc = "what it describes", FIELD(profile_head, kind) },
	{ SECTION_PROFILE, "title", VALUE_TEXT, .default_text = "", .doc = "one line about it",
	  FIELD(profile_head, title) },
	{ SECTION_PROFILE, "cpu_frequency", VALUE_OTHER, .form = "value and source",
	  .doc = "clock that `cycles` count; needed only where they are used", NO_FIELD },
	{ SECTION_PROFILE, "parameters", VALUE_OTHER, .required = true, .form = "mapping",
	  .doc = "every parameter of its kind, by name", NO_FIELD },

	{ SECTION_PARAMETER, "value", VALUE_OTHER, .required = true,
	  .form = "time, number or truth value", .doc = "what a simulation uses", NO_FIELD },
	{ SECTION_PARAMETER, "range", VALUE_OTHER, .form = "`[lowest, highest]`",
	  .doc = "what sources or caution allow for; contains the value", NO_FIELD },
	{ SECTION_PARAMETER, "source", VALUE_OTHER, .required = true, .form = "text",
	  .doc = "publication that the value comes from, or `assumed`", NO_FIELD },
};

const struct step_info step_infos[STEP_KIND_COUNT] = {
	[STEP_FILL] = { "fill", STEP_FILL, STEP_FORM_SUBMISSION, ONLY(GEN9_BCS0), "BCS0",
		"fill a rectangle (XY_COLOR_BLT)",
		{ "engine", "context", "width", "height", "misuse" } },
	[STEP_COPY] = { "copy", STEP_COPY, STEP_FORM_SUBMISSION, ONLY(GEN9_BCS0), "BCS0",
		"copy a rectangle (XY_SRC_COPY_BLT)",
		{ "engine", "context", "width", "height", "misuse" } },
	[STEP_FAST_COPY] = { "fast_copy", STEP_FAST_COPY, STEP_FORM_SUBMISSION, ONLY(GEN9_BCS0),
		"BCS0", "copy a rectangle (XY_FAST_COPY_BLT)",
		{ "engine", "context", "width", "height", "misuse" } },
	[STEP_STORE] = { "store", STEP_STORE, STEP_FORM_SUBMISSION, ALL_ENGINES, NULL,
		"store dwords (MI_STORE_DATA_IMM)",
		{ "engine", "context", "count", "object", "misuse" } },
	[STEP_DRAW] = { "draw", STEP_DRAW, STEP_FORM_SUBMISSION, ONLY(GEN9_RCS0), "RCS0",
		"render for a while (3DPRIMITIVE)",
		{ "engine", "context", "duration", "misuse" } },
	[STEP_DISPATCH] = { "dispatch", STEP_DISPATCH, STEP_FORM_SUBMISSION, ONLY(GEN9_RCS0),
		"RCS0", "compute for a while (GPGPU_WALKER)",
		{ "engine", "context", "duration", "misuse" } },
	[STEP_DECODE] = { "decode", STEP_DECODE, STEP_FORM_SUBMISSION,
		ONLY(GEN9_VCS0) | ONLY(GEN9_VCS1), "VCS0",
		"decode video for a while (MFD_AVC_BSD_OBJECT)",
		{ "engine", "context", "duration", "misuse" } },
	[STEP_ENHANCE] = { "enhance", STEP_ENHANCE, STEP_FORM_SUBMISSION, ONLY(GEN9_VECS0),
		"VECS0", "enhance video for a while (VEB_DI_IECP)",
		{ "engine", "context", "duration", "misuse" } },
	[STEP_TOGETHER] = { "together", STEP_TOGETHER, STEP_FORM_LIST, 0, NULL,
		"hand the submissions of a list to the ports at once", { NULL } },
	[STEP_WAIT] = { "wait", STEP_WAIT, STEP_FORM_ALL, 0, "all",
		"for all submissions so far, then verify what they wrote", { NULL } },
	[STEP_SLEEP] = { "sleep", STEP_SLEEP, STEP_FORM_TIME, 0, NULL,
		"do nothing for a while", { NULL } },
	[STEP_COMPUTE] = { "compute", STEP_COMPUTE, STEP_FORM_TIME, 0, NULL,
		"the guest's CPU works for a while; interrupts are taken", { NULL } },
	[STEP_BIND] = { "bind", STEP_BIND, STEP_FORM_BIND, 0, NULL,
		"make objects and bind them for the GPU",
		{ "object", "pages", "size", "count", "space", "context", "align", "read_only" } },
	[STEP_UNBIND] = { "unbind", STEP_UNBIND, STEP_FORM_UNBIND, 0, NULL,
		"unbind all objects of a name and drop them", { "object" } },
	[STEP_FLIP] = { "flip", STEP_FLIP, STEP_FORM_SCREEN, 0, NULL,
		"show other surfaces on planes of the display, in one frame",
		{ "planes", "scaler", "key", "drawn", "wait" } },
	[STEP_WATERMARK] = { "watermark", STEP_WATERMARK, STEP_FORM_SCREEN, 0, NULL,
		"change the watermarks of planes", { "planes" } },
	[STEP_VBLANK] = { "vblank", STEP_VBLANK, STEP_FORM_SCREEN, 0, NULL,
		"wait for vblanks", { "count" } },
	[STEP_RESET] = { "reset", STEP_RESET, STEP_FORM_ALL, 0, "gpu",
		"the driver resets all engines", { NULL } },
	[STEP_REBOOT] = { "reboot", STEP_REBOOT, STEP_FORM_ALL, 0, "vm",
		"reset the VM and its vGPU; it boots anew, without objects",
		{ NULL } },
};
// clang-format on

const size_t schema_row_count = sizeof(schema_rows) / sizeof(schema_rows[0]);

const char *schema_section_name(enum schema_section section)
{
	static const char *const names[SECTION_COUNT] = {
		[SECTION_SCENARIO] = "a scenario",
		[SECTION_PLATFORM] = "'platform'",
		[SECTION_VM] = "a VM",
		[SECTION_WORKLOAD] = "a workload",
		[SECTION_WORKLOAD_FILE] = "a workload file",
		[SECTION_SUBMISSION] = "a submission",
		[SECTION_BIND] = "'bind'",
		[SECTION_DISPLAY] = "'display'",
		[SECTION_SCREEN] = "a step of the display",
		[SECTION_VARIANT] = "a variant",
		[SECTION_PROFILE] = "a profile",
		[SECTION_PARAMETER] = "a parameter",
	};

	return names[section];
}

const struct schema_row *schema_find(enum schema_section section, const char *key)
{
	for (size_t i = 0; i < schema_row_count; i++) {
		if (schema_rows[i].section == section && !strcmp(schema_rows[i].key, key))
			return &schema_rows[i];
	}
	return NULL;
}

void schema_offer(struct nearest *nearest, enum schema_section section)
{
	for (size_t i = 0; i < schema_row_count; i++) {
		if (schema_rows[i].section == section)
			nearest_offer(nearest, schema_rows[i].key);
	}
}

const struct step_info *step_info_find(const char *name)
{
	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		if (!strcmp(step_infos[i].name, name))
			return &step_infos[i];
	}
	return NULL;
}

enum schema_section step_info_section(const struct step_info *info)
{
	switch (info->form) {
	case STEP_FORM_SUBMISSION:
		return SECTION_SUBMISSION;
	case STEP_FORM_BIND:
	case STEP_FORM_UNBIND:
		return SECTION_BIND;
	case STEP_FORM_SCREEN:
		return SECTION_SCREEN;
	default:
		return SECTION_COUNT;
	}
}

bool step_info_takes(const struct step_info *info, const char *key)
{
	for (size_t i = 0; i < STEP_KEY_LIMIT && info->keys[i]; i++) {
		if (!strcmp(info->keys[i], key))
			return true;
	}
	return false;
}
