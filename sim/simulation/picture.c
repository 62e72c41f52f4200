// SPDX-License-Identifier: MIT
#include "sim/simulation/picture.h"

#include "hw-model/gen9_display.h"
#include "sim/simulation/surface.h"

#define BANDS     32u
#define RUN_WORDS 64u

static uint32_t band_height(const struct picture *picture)
{
	return (picture->height + BANDS - 1) / BANDS;
}

/* Pixels in the left part of a band. */
static uint32_t left_width(const struct picture *picture, uint32_t band)
{
	return picture->width * (band + 1) / (BANDS + 1);
}

static uint32_t word(const struct picture *picture, uint32_t band, bool right)
{
	return surface_word(picture->key, 2 * band + right);
}

int picture_emit(const struct picture *picture, struct batch *batch, uint64_t gma)
{
	struct blt_surface target = { .gma = gma, .pitch_bytes = picture->stride_bytes };
	uint32_t height = band_height(picture);
	int ret = 0;

	for (uint32_t y = 0; y < picture->height && ret == 0; y += height) {
		uint32_t lines = picture->height - y < height ? picture->height - y : height;
		uint32_t left = left_width(picture, y / height);

		target.y = (uint16_t)y;
		target.x = 0;
		if (left)
			ret = batch_fill(batch, &target, (uint16_t)left, (uint16_t)lines,
					 word(picture, y / height, false));
		target.x = (uint16_t)left;
		if (ret == 0)
			ret = batch_fill(batch, &target, (uint16_t)(picture->width - left),
					 (uint16_t)lines, word(picture, y / height, true));
	}
	return ret;
}

static void add_run(struct gen9_digest *digest, uint32_t value, uint32_t count)
{
	uint32_t words[RUN_WORDS];

	for (uint32_t i = 0; i < RUN_WORDS; i++)
		words[i] = value;
	for (; count > RUN_WORDS; count -= RUN_WORDS)
		gen9_digest_add(digest, words, sizeof(words));
	gen9_digest_add(digest, words, count * sizeof(words[0]));
}

uint64_t picture_digest(const struct picture *picture, uint32_t width, uint32_t height)
{
	struct gen9_digest digest;

	gen9_digest_init(&digest);
	for (uint32_t y = 0; y < height; y++) {
		uint32_t band = y / band_height(picture);
		uint32_t left = left_width(picture, band);

		if (left > width)
			left = width;
		add_run(&digest, word(picture, band, false), left);
		add_run(&digest, word(picture, band, true), width - left);
	}
	return gen9_digest_value(&digest);
}
