// SPDX-License-Identifier: MIT
/*
 * Scan-out: which bytes of memory a plane shows.
 *
 * Planes read through the GGTT, each entry as it is at that moment: the display engine's own
 * translations are not modelled, and no page of it is looked up twice in a row.
 *
 * Source: Linux 4.19 i915_reg.h, intel_display.c (formats, stride units, tile sizes).
 */
#include "hw-model/gen9_private.h"

#define TILE_BYTES          4096u
#define LINEAR_STRIDE_BYTES 64u
#define FORMAT(ctl)         (((ctl)&PLANE_CTL_FORMAT_MASK) >> 24)
#define NO_PAGE             UINT64_MAX

/* Bytes of a pixel by PLANE_CTL's format; 0: there is no such format. */
static const uint8_t pixel_bytes[16] = {
	[0] = 2,  /* YUV 4:2:2 */
	[1] = 1,  /* NV12: of luma */
	[2] = 4,  /* XRGB 2:10:10:10 */
	[4] = 4,  /* XRGB 8:8:8:8 */
	[6] = 8,  /* XRGB 16:16:16:16, floating point */
	[8] = 4,  /* AYUV */
	[12] = 1, /* indexed */
	[14] = 2, /* RGB 5:6:5 */
};

struct fetch {
	struct gen9_gpu *gpu;
	struct gen9_digest digest;
	uint64_t unmapped_pages;
	uint64_t page; /* number of the last page looked up, or NO_PAGE */
	const uint8_t *at;
};

static void look_up(struct fetch *fetch, uint64_t gma)
{
	static const struct gen9_root ggtt = { 0 };
	struct gen9_walk walk;

	if (fetch->page == gma >> PAGE_SHIFT)
		return;
	fetch->page = gma >> PAGE_SHIFT;
	fetch->at = NULL;
	if (gen9_walk(fetch->gpu, &ggtt, gma, &walk))
		fetch->unmapped_pages++;
	else
		fetch->at = dma_page(&fetch->gpu->dma, gen9_mapping_frame(&walk.mapping, gma));
}

static void fetch_bytes(struct fetch *fetch, uint64_t gma, uint64_t len)
{
	while (len) {
		uint64_t to_page_end = PAGE_SIZE - (gma & PAGE_MASK);
		uint64_t bytes = len < to_page_end ? len : to_page_end;

		look_up(fetch, gma);
		if (fetch->at)
			gen9_digest_add(&fetch->digest, fetch->at + (gma & PAGE_MASK), bytes);
		gma += bytes;
		len -= bytes;
	}
}

static unsigned tile_rows(uint32_t ctl, unsigned bytes)
{
	switch (ctl & PLANE_CTL_TILED_MASK) {
	case PLANE_CTL_TILED_X:
		return 8;
	case PLANE_CTL_TILED_YF:
		return bytes == 1 ? 64 : bytes == 8 ? 16 : 32;
	default:
		return 32;
	}
}

static void fetch_plane(struct fetch *fetch, const struct gen9_latch *latch)
{
	unsigned bytes = pixel_bytes[FORMAT(latch->ctl)];
	uint32_t x = latch->offset & 0x1fffu, y = latch->offset >> 16 & 0x1fffu;
	uint32_t width = (latch->size & 0x1fffu) + 1u, height = (latch->size >> 16 & 0x1fffu) + 1u;
	uint64_t stride = latch->stride & 0x3ffu;

	if ((latch->ctl & PLANE_CTL_TILED_MASK) == PLANE_CTL_TILED_LINEAR) {
		stride *= LINEAR_STRIDE_BYTES;
		for (uint64_t row = y; row < y + height && bytes; row++)
			fetch_bytes(fetch, latch->surface + row * stride + x * bytes,
				    (uint64_t)width * bytes);
	} else if (bytes) {
		unsigned rows = tile_rows(latch->ctl, bytes);
		uint64_t first = y / rows, last = (y + height - 1u) / rows;

		stride *= TILE_BYTES;
		fetch_bytes(fetch, latch->surface + first * stride, (last - first + 1u) * stride);
	}
}

/* Sizes of the cursor: ARGB, 32 bits a pixel. */
static uint32_t cursor_pixels(uint32_t control)
{
	switch (control & CUR_MODE_MASK) {
	case CUR_MODE_64_ARGB:
		return 64;
	case CUR_MODE_128_ARGB:
		return 128;
	case CUR_MODE_256_ARGB:
		return 256;
	default:
		return 0;
	}
}

void gen9_surface_fetch(struct gen9_gpu *gpu, struct gen9_latch *latch)
{
	uint32_t pixels = cursor_pixels(latch->ctl);
	struct fetch fetch = { .gpu = gpu, .page = NO_PAGE };

	gen9_digest_init(&fetch.digest);
	if (latch->plane == GEN9_CURSOR) {
		latch->window_width = latch->window_height = pixels;
		fetch_bytes(&fetch, latch->surface, (uint64_t)pixels * pixels * 4u);
	} else {
		fetch_plane(&fetch, latch);
	}
	latch->bytes = fetch.digest.bytes;
	latch->digest = gen9_digest_value(&fetch.digest);
	latch->unmapped_pages = fetch.unmapped_pages;
}
