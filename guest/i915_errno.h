/* SPDX-License-Identifier: MIT */
/* The error numbers of Linux that the driver returns (negated): a freestanding build has none. */
#ifndef PVMMIO_GUEST_I915_ERRNO_H
#define PVMMIO_GUEST_I915_ERRNO_H

#define I915_EIO         5
#define I915_ENOMEM      12
#define I915_EBUSY       16
#define I915_ENODEV      19
#define I915_EINVAL      22
#define I915_ENOSPC      28
#define I915_ETIME       62
#define I915_EINPROGRESS 115

#endif
