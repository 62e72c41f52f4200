/* SPDX-License-Identifier: MIT */
/*
 * The guest's half of pvmmio: the shared page, its negotiation, and the records of page table
 * updates. Submission has its own place, i915_submit.c.
 *
 * A record is one for the whole device; its lock is held from the first store into it until its
 * status is read, so that two vCPUs that bind at once do not mix up what they say.
 *
 *   function                                exits
 *   i915_pvmmio_negotiate                   6
 *   i915_pvmmio_ppgtt, i915_pvmmio_ggtt     1: the notification
 *   i915_pvmmio_plane, _watermarks          1: the register that stands for all of them
 */
#ifndef PVMMIO_GUEST_I915_PVMMIO_H
#define PVMMIO_GUEST_I915_PVMMIO_H

#include <stdint.h>

#include "sim/abi/pvinfo.h"
#include "sim/abi/pvmmio.h"
#include "sim/platform.h"

struct i915;

struct i915_shared {
	struct pvmmio_page *page; /* NULL: nothing negotiated */
	uint64_t gpa;
	struct plat_lock lock; /* elsp_data */
	struct plat_lock ppgtt_lock;
	struct plat_lock ggtt_lock;
	struct plat_lock plane_lock; /* plane and watermark records */
	struct plat_lock reg_lock;   /* reg_addr, until the port is read */
};

/*
 * Negotiate levels. 0, with i915->pvmmio_levels set or without any; -ENOMEM; -EIO when the host has
 * enabled what this driver cannot use and does not take it back: from then on the four-write
 * submission would be misread as four doorbells.
 */
int i915_pvmmio_negotiate(struct i915 *i915, uint32_t wanted);
void i915_pvmmio_free_page(struct i915 *i915);

/*
 * Tell the host of an operation on [start, start + length). Only with the level. The error that the
 * host answered, as -EIO, -EINVAL or -ENOMEM: then it has done nothing.
 */
int i915_pvmmio_ppgtt(struct i915 *i915, enum g2v_code code, uint64_t root, uint64_t start,
		      uint64_t length_bytes);
int i915_pvmmio_ggtt(struct i915 *i915, enum g2v_code code, uint64_t start, uint64_t length_bytes);

/*
 * Hand over a record of display registers, without PVMMIO_RECORD_FILLED, and write the register
 * that makes the host take it. 0 or -EIO. May be called with interrupts disabled.
 */
int i915_pvmmio_plane(struct i915 *i915, const struct pvmmio_plane_record *record,
		      uint32_t doorbell, uint32_t value);
int i915_pvmmio_watermarks(struct i915 *i915, const struct pvmmio_watermark_record *record,
			   uint32_t doorbell, uint32_t value);

#endif
