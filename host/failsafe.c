// SPDX-License-Identifier: MIT

#include <errno.h>

#include "host/vgpu.h"

// clang-format off
const struct gvt_failsafe_info gvt_failsafe_causes[GVT_FAILSAFE_CAUSE_COUNT] = {
	[GVT_FAILSAFE_NONE] = { "none", "none" },
	[GVT_FAILSAFE_FENCE] = { "fence", "unsupported guest" },
	[GVT_FAILSAFE_LEGACY_MODE] = { "legacy_mode", "unsupported guest" },
	[GVT_FAILSAFE_UNAWARE] = { "unaware", "unsupported guest" },
	[GVT_FAILSAFE_PREEMPTION] = { "preemption", "unsupported guest" },
	[GVT_FAILSAFE_RESOURCE] = { "resource", "insufficient resource" },
	[GVT_FAILSAFE_WORKLOAD] = { "workload", "guest error" },
};
// clang-format on

void vgpu_enter_failsafe(struct vgpu *vgpu, enum gvt_failsafe_cause cause)
{
	if (vgpu->failsafe)
		return;
	vgpu->failsafe = cause;
	vgpu_incident(vgpu, GVT_INCIDENT_FAILSAFE, cause);
	trace_emit(vgpu->m, TRACE_FAILSAFE, vgpu->vm->id, cause);
}

bool vgpu_error_is_fatal(int error)
{
	return error == -EBADRQC || error == -EFAULT;
}
