/* SPDX-License-Identifier: MIT */
/*
 * What the GPU's pipes have shown: counts, the last thing that each plane took, and a way to hear
 * of all of them. For those who check a driver; a driver itself has the registers.
 *
 * A plane's registers are double-buffered: what software writes is taken ("latched") at the next
 * vertical blank after a write to PLANE_SURF or CURBASE has armed it. A latch reads the whole
 * surface through the GGTT, as the scan-out of the frame that follows would, and keeps a digest of
 * its bytes: so a test can tell which picture was shown, and a page that is not mapped is found.
 *
 * pipe is 0 to 2, plane 1 to 3, or 0 for the cursor. No call takes simulated time.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_DISPLAY_H
#define PVMMIO_HW_MODEL_GEN9_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEN9_CURSOR 0u /* as a plane's number */

struct gen9_gpu;

/* What a plane of a running pipe took. Registers as they were written. */
struct gen9_latch {
	uint64_t time_ps;
	unsigned pipe, plane;
	uint32_t frame; /* value of the frame counter from then on */
	bool async;     /* at once, not at a vertical blank */
	bool enabled;   /* false: it shows nothing from now on, and the rest is of no consequence */
	uint32_t surface;
	uint32_t ctl, stride, offset, size, buffer;
	uint32_t window_x, window_y, window_width, window_height; /* after scaling */
	int scaler;                                               /* 0 or 1; -1: none */
	uint64_t bytes;                                           /* that were fetched */
	uint64_t digest; /* gen9_digest_bytes() of them, in order; what is not mapped is left out */
	uint64_t unmapped_pages;
};

/* Counted where it happens, while the pipe runs. */
struct gen9_pipe_stats {
	uint64_t vblanks;
	uint64_t vblank_events;   /* that the interrupt registers took */
	uint64_t flips;           /* updates of universal planes that a vertical blank latched */
	uint64_t async_flips;     /* and those that were taken at once */
	uint64_t cursor_updates;  /* latched */
	uint64_t superseded;      /* armed again before the vertical blank: never shown */
	uint64_t cancelled;       /* by a write to another register of the armed plane */
	uint64_t unmapped_pages;  /* of surfaces, when they were latched */
	uint64_t buffer_overlaps; /* latched planes with display buffer that another one uses */
};

void gen9_gpu_pipe_stats(const struct gen9_gpu *gpu, unsigned pipe, struct gen9_pipe_stats *out);

/* The plane's last latch; all zero before the first. */
void gen9_gpu_last_latch(const struct gen9_gpu *gpu, unsigned pipe, unsigned plane,
			 struct gen9_latch *out);

/* fn is called for every latch from now on, where it happens. It must not wait. NULL: no more. */
typedef void (*gen9_latch_fn)(void *opaque, const struct gen9_latch *latch);
void gen9_gpu_watch_latches(struct gen9_gpu *gpu, gen9_latch_fn fn, void *opaque);

/*
 * Fetch what the latch describes as it is now: reads plane, surface, ctl, stride, offset and size,
 * fills in bytes, digest and unmapped_pages. A format that the hardware does not have fetches
 * nothing. Of planar formats the first plane is fetched; of tiled surfaces whole rows of tiles, in
 * the order of memory.
 */
void gen9_surface_fetch(struct gen9_gpu *gpu, struct gen9_latch *latch);

/*
 * Digest of a run of bytes, of any pieces that make it up: start with gen9_digest_init(), add, and
 * ask for the value at any time. It says that two pictures are alike; it is no protection against
 * somebody who wants them to seem so.
 */
struct gen9_digest {
	uint64_t state;
	uint64_t bytes;
	uint64_t partial; /* the bytes % 8 last ones */
};

void gen9_digest_init(struct gen9_digest *digest);
void gen9_digest_add(struct gen9_digest *digest, const void *bytes, size_t len);
uint64_t gen9_digest_value(const struct gen9_digest *digest);

static inline uint64_t gen9_digest_bytes(const void *bytes, size_t len)
{
	struct gen9_digest digest;

	gen9_digest_init(&digest);
	gen9_digest_add(&digest, bytes, len);
	return gen9_digest_value(&digest);
}

#endif
