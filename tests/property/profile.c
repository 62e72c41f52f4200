// SPDX-License-Identifier: MIT
#include "tests/property/profile.h"

#include "sim/abi/pvmmio.h"
#include "tests/property/actor.h"

/* Where nothing is ever short; the number of VMs, and of vCPUs in each. */
#define AMPLE(vm_count, vcpu_count)                                                                \
	.is_ample = true, .vms = (vm_count), .vcpus = (vcpu_count), .flight_limit = FLIGHT_LIMIT,  \
	.memory_mib = 64, .aperture_pages = 3072, .hidden_pages = 2048

#define PV_PPGTT (PVMMIO_PPGTT_UPDATE)
#define PV_GGTT  (PVMMIO_GGTT_UPDATE)
#define PV_ALL   (PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE | PVMMIO_ELSP_SUBMIT)
/* Everything that goes together, with either way of submission; nobody has a screen here. */
#define PV_EVERY  PVMMIO_ALL
#define PV_SUBMIT ((PVMMIO_ALL & ~PVMMIO_ELSP_SUBMIT) | PVMMIO_PV_SUBMISSION)

/* clang-format off */
const struct profile profiles[] = {
	{ .name = "four-levels", AMPLE(1, 1), .ops = 150, .seeds = 3 },
	{ .name = "three-levels", AMPLE(1, 1), .ops = 150, .seeds = 2, .ppgtt = VM_PPGTT_32BIT },
	{ .name = "global-gtt", AMPLE(1, 1), .ops = 120, .seeds = 1, .ppgtt = VM_PPGTT_NONE },
	{ .name = "huge-pages", AMPLE(1, 1), .ops = 120, .seeds = 2, .huge_pages = true },
	{ .name = "two-vms", AMPLE(2, 1), .ops = 100, .seeds = 2 },
	{ .name = "two-vcpus", AMPLE(1, 2), .ops = 100, .seeds = 2 },
	{
		.name = "small-ggtt", .ops = 150, .seeds = 2,
		.vms = 1, .vcpus = 1, .flight_limit = FLIGHT_LIMIT, .memory_mib = 32,
		.aperture_pages = 48, .hidden_pages = 64,
	},
	{
		.name = "small-memory", .ops = 150, .seeds = 2, .squeezes = true,
		.vms = 1, .vcpus = 1, .flight_limit = FLIGHT_LIMIT, .memory_mib = 8,
		.aperture_pages = 2048, .hidden_pages = 2048,
	},
	{
		.name = "small-host", .ops = 250, .seeds = 2, .host_spare_pages = 70,
		.vms = 2, .vcpus = 1, .flight_limit = 1, .memory_mib = 32,
		.aperture_pages = 2048, .hidden_pages = 2048,
	},
};

const size_t profile_count = sizeof(profiles) / sizeof(profiles[0]);

#define BOTH(...) { { __VA_ARGS__ }, { __VA_ARGS__ } }

const struct mode modes[] = {
	{ .name = "native", .is_native = true },
	{ .name = "native-4k", .is_native = true, .no_huge_pages = true },
	{ .name = "strict" },
	{ .name = "oos", .vm = BOTH(.shadow = VM_SHADOW_OOS) },
	{ .name = "oos-thrash", .vm = BOTH(.shadow = VM_SHADOW_OOS), .oos_pool_pages = 2 },
	{ .name = "pv-ggtt", .vm = BOTH(.levels = PV_GGTT) },
	{ .name = "pv-ppgtt", .vm = BOTH(.levels = PV_PPGTT) },
	{ .name = "pv-all", .vm = BOTH(.levels = PV_ALL) },
	{ .name = "pv-every", .vm = BOTH(.levels = PV_EVERY) },
	{ .name = "pv-submission", .vm = BOTH(.levels = PV_SUBMIT) },
	{
		.name = "mixed", .oos_pool_pages = 3,
		.vm = { { .shadow = VM_SHADOW_OOS }, { .levels = PV_ALL } },
	},
};
/* clang-format on */

const size_t mode_count = sizeof(modes) / sizeof(modes[0]);

static bool gives_up_huge_pages(const struct profile *profile)
{
	return profile->huge_pages && profile->ppgtt == VM_PPGTT_48BIT;
}

bool mode_applies(const struct mode *mode, const struct profile *profile)
{
	if (mode->no_huge_pages)
		return gives_up_huge_pages(profile);
	if (mode->vm[0].shadow != mode->vm[1].shadow)
		return profile->vms > 1;
	return true;
}

uint32_t mode_levels(const struct mode *mode, const struct profile *profile, unsigned vm)
{
	uint32_t levels = mode->vm[vm].levels;

	return profile->ppgtt == VM_PPGTT_48BIT ? levels : levels & ~PVMMIO_PPGTT_UPDATE;
}

bool mode_uses_huge_pages(const struct mode *mode, const struct profile *profile, unsigned vm)
{
	return gives_up_huge_pages(profile) && !mode->no_huge_pages &&
	       !(mode_levels(mode, profile, vm) & PVMMIO_PPGTT_UPDATE);
}
