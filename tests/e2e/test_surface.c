// SPDX-License-Identifier: MIT
/* What the workload's verification sees: that it can fail is what makes bytes_verified mean
 * anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/simulation/surface.h"

#define KEY 42u

struct canvas {
	struct surface surface;
	uint32_t *words;
};

static struct canvas canvas_create(uint32_t width, uint32_t height)
{
	struct canvas canvas;

	surface_layout(&canvas.surface, width, height);
	canvas.words = malloc(surface_size_bytes(&canvas.surface));
	assert_non_null(canvas.words);
	return canvas;
}

/* What a GPU does: write the rectangle, leave the margin alone. */
static void write_rectangle(struct canvas *canvas, uint64_t key, bool flat)
{
	const struct surface *s = &canvas->surface;

	for (uint32_t y = 0; y < s->height; y++) {
		for (uint32_t x = 0; x < s->width; x++)
			canvas->words[(s->y + y) * s->pitch_words + s->x + x] =
				surface_word(key, flat ? 0 : y * s->width + x);
	}
}

static void assert_verdict(const struct canvas *canvas, bool flat, uint64_t right, uint64_t wrong)
{
	struct surface_verdict verdict = surface_verify(&canvas->surface, canvas->words, KEY, flat);

	assert_int_equal(verdict.bytes_right, right);
	assert_int_equal(verdict.bytes_wrong, wrong);
}

static void test_right(void **state)
{
	struct canvas canvas = canvas_create(7, 5);

	for (int flat = 0; flat <= 1; flat++) {
		surface_poison(&canvas.surface, canvas.words, KEY, flat);
		write_rectangle(&canvas, KEY, flat);
		assert_verdict(&canvas, flat, 7 * 5 * 4, 0);
	}
	free(canvas.words);
}

/* Nothing written: not one byte is right by accident. */
static void test_untouched(void **state)
{
	struct canvas canvas = canvas_create(7, 5);

	for (int flat = 0; flat <= 1; flat++) {
		surface_poison(&canvas.surface, canvas.words, KEY, flat);
		assert_verdict(&canvas, flat, 0, 7 * 5 * 4);
	}
	free(canvas.words);
}

/* What an earlier use left behind does not count. */
static void test_stale(void **state)
{
	struct canvas canvas = canvas_create(16, 16);
	struct surface_verdict verdict;

	surface_poison(&canvas.surface, canvas.words, KEY - 1, false);
	write_rectangle(&canvas, KEY - 1, false);
	verdict = surface_verify(&canvas.surface, canvas.words, KEY, false);
	/* Single bytes of different words can be equal, whole words hardly. */
	assert_in_range(verdict.bytes_wrong, 16 * 16 * 3, 16 * 16 * 4);
	free(canvas.words);
}

static void test_single_byte(void **state)
{
	struct canvas canvas = canvas_create(7, 5);
	const struct surface *s = &canvas.surface;

	surface_poison(s, canvas.words, KEY, false);
	write_rectangle(&canvas, KEY, false);
	canvas.words[(s->y + 4) * s->pitch_words + s->x + 6] ^= 0x00010000;
	assert_verdict(&canvas, false, 7 * 5 * 4 - 1, 1);
	free(canvas.words);
}

/* A write beside the rectangle, on each of its four sides. */
static void test_margin(void **state)
{
	struct canvas canvas = canvas_create(7, 5);
	const struct surface *s = &canvas.surface;
	const size_t beside[] = {
		(size_t)(s->y - 1) * s->pitch_words + s->x,
		(size_t)(s->y + s->height) * s->pitch_words + s->x,
		(size_t)s->y * s->pitch_words + s->x - 1,
		(size_t)s->y * s->pitch_words + s->x + s->width,
	};

	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		surface_poison(s, canvas.words, KEY, false);
		write_rectangle(&canvas, KEY, false);
		canvas.words[beside[i]] = ~canvas.words[beside[i]];
		assert_verdict(&canvas, false, 7 * 5 * 4, 4);
	}
	free(canvas.words);
}

/* A source is drawn as its target is to become. */
static void test_source(void **state)
{
	struct canvas canvas = canvas_create(7, 5);

	surface_draw(&canvas.surface, canvas.words, KEY);
	assert_verdict(&canvas, false, 7 * 5 * 4, 0);
	free(canvas.words);
}

static void test_layout(void **state)
{
	for (uint32_t width = 1; width <= 8191; width++) {
		struct surface s;

		surface_layout(&s, width, 3);
		assert_in_range(s.pitch_words * 4, width * 4, SURFACE_PITCH_LIMIT_BYTES);
		assert_in_range(s.x + s.width, 1, s.pitch_words);
		assert_int_equal(s.y + s.height + 1, s.lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),  cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_stale),  cmocka_unit_test(test_single_byte),
		cmocka_unit_test(test_margin), cmocka_unit_test(test_source),
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
