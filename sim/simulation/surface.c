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
static inline uint32_t word_at(uint64_t key, uint32_t i)
{
	uint64_t h = key + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h ^ h >> 33);
}

uint32_t surface_word(uint64_t key, uint32_t i)
{
	return word_at(key, i);
}

static bool line_in_rectangle(const struct surface *s, uint32_t y)
{
	return y >= s->y && y - s->y < s->height;
}

static void paint_margin(uint32_t *words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		words[i] = SURFACE_MARGIN_WORD;
}

/* The words of a line of the rectangle that begins with word number first. */
static void paint_line(uint32_t *words, uint32_t count, uint64_t key, bool flat, uint32_t first,
		       uint32_t flip)
{
	uint32_t word = word_at(key, 0) ^ flip;

	if (flat) {
		for (uint32_t i = 0; i < count; i++)
			words[i] = word;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		words[i] = word_at(key, first + i) ^ flip;
}

static void paint(const struct surface *s, uint32_t *words, uint64_t key, bool flat, uint32_t flip)
{
	for (uint32_t y = 0; y < s->lines; y++, words += s->pitch_words) {
		if (!line_in_rectangle(s, y)) {
			paint_margin(words, s->pitch_words);
			continue;
		}
		paint_margin(words, s->x);
		paint_line(words + s->x, s->width, key, flat, (y - s->y) * s->width, flip);
		paint_margin(words + s->x + s->width, s->pitch_words - s->x - s->width);
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

static void judge_margin(struct surface_verdict *verdict, const uint32_t *words, uint32_t count)
{
	uint32_t differing = 0;

	for (uint32_t i = 0; i < count; i++)
		differing |= words[i] ^ SURFACE_MARGIN_WORD;
	for (uint32_t i = 0; i < count && differing; i++)
		surface_judge(verdict, words[i], SURFACE_MARGIN_WORD, false);
}

/* A line of the rectangle: nearly always right, which is told without looking at single bytes. */
static void judge_line(struct surface_verdict *verdict, const uint32_t *words, uint32_t count,
		       uint64_t key, bool flat, uint32_t first)
{
	uint32_t word = word_at(key, 0), differing = 0;

	for (uint32_t i = 0; i < count && flat; i++)
		differing |= words[i] ^ word;
	for (uint32_t i = 0; i < count && !flat; i++)
		differing |= words[i] ^ word_at(key, first + i);
	if (!differing) {
		verdict->bytes_right += (uint64_t)count * sizeof(word);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		surface_judge(verdict, words[i], flat ? word : word_at(key, first + i), true);
}

struct surface_verdict surface_verify(const struct surface *surface, const uint32_t *words,
				      uint64_t key, bool flat)
{
	const struct surface *s = surface;
	struct surface_verdict verdict = { 0 };

	for (uint32_t y = 0; y < s->lines; y++, words += s->pitch_words) {
		if (!line_in_rectangle(s, y)) {
			judge_margin(&verdict, words, s->pitch_words);
			continue;
		}
		judge_margin(&verdict, words, s->x);
		judge_line(&verdict, words + s->x, s->width, key, flat, (y - s->y) * s->width);
		judge_margin(&verdict, words + s->x + s->width, s->pitch_words - s->x - s->width);
	}
	return verdict;
}
