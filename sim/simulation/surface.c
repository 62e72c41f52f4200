// SPDX-License-Identifier: MIT
#include "sim/simulation/surface.h"

#define SURFACE_MARGIN_WORDS 8u /* left and right */
#define MARGIN_LINES         1u /* above and below */

void surface_layout(struct surface *surface, uint32_t width, uint32_t height)
{
	uint32_t room = SURFACE_PITCH_LIMIT_BYTES / sizeof(uint32_t) - width;
	uint32_t margin = room / 2 < SURFACE_MARGIN_WORDS ? room / 2 : SURFACE_MARGIN_WORDS;

	*surface = (struct surface){
		.width = width,
		.height = height,
		.x = margin,
		.y = MARGIN_LINES,
		.pitch_words = width + 2 * margin,
		.lines = height + 2 * MARGIN_LINES,
	};
}

size_t surface_size_bytes(const struct surface *surface)
{
	return (size_t)surface->pitch_words * surface->lines * sizeof(uint32_t);
}

/* The finalizer of MurmurHash3 (public domain): every bit of key and i reaches every bit. */
uint32_t surface_word(uint64_t key, uint32_t i)
{
	uint64_t h = key + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h ^ h >> 33);
}

static bool in_rectangle(const struct surface *s, uint32_t x, uint32_t y)
{
	return x >= s->x && x - s->x < s->width && y >= s->y && y - s->y < s->height;
}

/* What belongs at (x, y) of the rectangle. */
static uint32_t wanted(const struct surface *s, uint32_t x, uint32_t y, uint64_t key, bool flat)
{
	return surface_word(key, flat ? 0 : (y - s->y) * s->width + (x - s->x));
}

static void paint(const struct surface *s, uint32_t *words, uint64_t key, bool flat, uint32_t flip)
{
	for (uint32_t y = 0; y < s->lines; y++) {
		for (uint32_t x = 0; x < s->pitch_words; x++) {
			uint32_t *word = &words[(size_t)y * s->pitch_words + x];

			*word = in_rectangle(s, x, y) ? wanted(s, x, y, key, flat) ^ flip
						      : SURFACE_MARGIN_WORD;
		}
	}
}

void surface_draw(const struct surface *surface, uint32_t *words, uint64_t key)
{
	paint(surface, words, key, false, 0);
}

void surface_poison(const struct surface *surface, uint32_t *words, uint64_t key, bool flat)
{
	/* Every byte differs from what it is to become. */
	paint(surface, words, key, flat, UINT32_MAX);
}

/* How many of the four bytes differ. */
static unsigned differing_bytes(uint32_t a, uint32_t b)
{
	unsigned count = 0;

	for (uint32_t d = a ^ b; d; d >>= 8)
		count += (d & 0xff) != 0;
	return count;
}

void surface_judge(struct surface_verdict *verdict, uint32_t word, uint32_t want, bool inside)
{
	unsigned wrong = differing_bytes(word, want);

	verdict->bytes_wrong += wrong;
	if (inside)
		verdict->bytes_right += sizeof(word) - wrong;
}

struct surface_verdict surface_verify(const struct surface *surface, const uint32_t *words,
				      uint64_t key, bool flat)
{
	struct surface_verdict verdict = { 0 };

	for (uint32_t y = 0; y < surface->lines; y++) {
		for (uint32_t x = 0; x < surface->pitch_words; x++) {
			uint32_t word = words[(size_t)y * surface->pitch_words + x];
			bool inside = in_rectangle(surface, x, y);
			uint32_t want = inside ? wanted(surface, x, y, key, flat)
					       : SURFACE_MARGIN_WORD;

			surface_judge(&verdict, word, want, inside);
		}
	}
	return verdict;
}
