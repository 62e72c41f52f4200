/* SPDX-License-Identifier: MIT */
/*
 * Batch building: the GPU client's half of the guest, what a userspace driver does.
 *
 * A builder writes commands into the CPU view of a bound object; addresses in them are of the
 * address space that it is bound in. All emit functions return -ENOSPC when the
 * batch object is full and leave it unchanged; room for batch_end(), with which a batch ends, is
 * kept. The blits return -EINVAL for a pitch or coordinates (at most 32767) out of range. Nothing
 * here exits.
 */
#ifndef PVMMIO_GUEST_I915_BATCH_H
#define PVMMIO_GUEST_I915_BATCH_H

#include <stdint.h>

#include "guest/i915.h"

struct batch {
	uint32_t *dwords;
	size_t used;
	size_t limit;
	bool ggtt;
};

void batch_begin(struct batch *batch, const struct i915_vma *vma);
int batch_end(struct batch *batch);

/* Store one dword; copy one; poll one until it is not 0. Any engine. */
int batch_store_dword(struct batch *batch, uint64_t gma, uint32_t value);
int batch_copy_dword(struct batch *batch, uint64_t to_gma, uint64_t from_gma);
int batch_await_dword(struct batch *batch, uint64_t gma);

/* A point at which the engine may change to another context. Any engine. */
int batch_arbitrate(struct batch *batch);

/* A rectangle of 32-bit pixels: where it lies and its pitch. */
struct blt_surface {
	uint64_t gma;
	uint32_t pitch_bytes; /* multiple of 4, at most 32764 */
	uint16_t x, y;
};

/* Fill / copy width x height pixels. BCS0 only. */
int batch_fill(struct batch *batch, const struct blt_surface *dst, uint16_t width, uint16_t height,
	       uint32_t colour);
int batch_copy(struct batch *batch, const struct blt_surface *dst, const struct blt_surface *src,
	       uint16_t width, uint16_t height);

/* The same with XY_FAST_COPY_BLT, which the 4.19 mediator's parser does not know. */
int batch_fast_copy(struct batch *batch, const struct blt_surface *dst,
		    const struct blt_surface *src, uint16_t width, uint16_t height);

/* Render and compute work of stated size. RCS0 only. */
int batch_draw(struct batch *batch, uint32_t vertices, uint32_t instances);
int batch_dispatch(struct batch *batch, uint32_t groups_x, uint32_t groups_y, uint32_t groups_z);

/* Decode one slice of a video, of bitstream_bytes. VCS0 and VCS1 only. */
int batch_decode(struct batch *batch, uint32_t bitstream_bytes);

/* Enhance 1 to BATCH_ENHANCE_COLUMNS columns of a picture. VECS0 only. -EINVAL: none, or more. */
#define BATCH_ENHANCE_COLUMNS 16384u
int batch_enhance(struct batch *batch, uint32_t columns);

#endif
