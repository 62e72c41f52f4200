// SPDX-License-Identifier: MIT
/* Dwords spread over pieces of memory: where they are, and that whatever is wrong shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/simulation/spread.h"

#define PIECES       3u
#define PIECE_DWORDS 2048u /* two pages */
#define KEY          UINT64_C(77)

static int setup(void **state)
{
	uint32_t **pieces = calloc(PIECES, sizeof(*pieces));

	for (unsigned i = 0; i < PIECES; i++)
		pieces[i] = calloc(PIECE_DWORDS, sizeof(uint32_t));
	*state = pieces;
	return 0;
}

static int teardown(void **state)
{
	uint32_t **pieces = *state;

	for (unsigned i = 0; i < PIECES; i++)
		free(pieces[i]);
	free(pieces);
	return 0;
}

static struct spread spread_of(void **state, uint32_t count)
{
	return (struct spread){ .pieces = *state,
				.piece_count = PIECES,
				.piece_dwords = PIECE_DWORDS,
				.count = count };
}

static uint32_t *dword(void **state, const struct spread *spread, uint32_t i)
{
	struct spread_place place = spread_place(spread, i);

	assert_true(place.piece < PIECES && place.index < PIECE_DWORDS);
	return &((uint32_t **)*state)[place.piece][place.index];
}

/* What the GPU would do. */
static void store_all(void **state, const struct spread *spread)
{
	for (uint32_t i = 0; i < spread->count; i++)
		*dword(state, spread, i) = surface_word(KEY, i);
}

static void test_places(void **state)
{
	struct spread spread = spread_of(state, 6);

	/* one at the beginning of each page */
	for (uint32_t i = 0; i < 6; i++) {
		struct spread_place place = spread_place(&spread, i);

		assert_int_equal(place.piece, i / 2);
		assert_int_equal(place.index, i % 2 * 1024);
	}
	/* all of them, each once */
	spread = spread_of(state, PIECES * PIECE_DWORDS);
	for (uint32_t i = 0; i < spread.count; i++)
		assert_int_equal((*dword(state, &spread, i))++, 0);
}

static void test_right(void **state)
{
	static const uint32_t counts[] = { 1, 2, 5, 6, 7, 100, PIECES * PIECE_DWORDS };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct spread spread = spread_of(state, counts[i]);
		struct surface_verdict verdict;

		spread_poison(&spread, KEY);
		verdict = spread_verify(&spread, KEY);
		assert_int_equal(verdict.bytes_right, 0); /* every byte is wrong at first */
		assert_int_equal(verdict.bytes_wrong, counts[i] * 4);
		store_all(state, &spread);
		verdict = spread_verify(&spread, KEY);
		assert_int_equal(verdict.bytes_right, counts[i] * 4);
		assert_int_equal(verdict.bytes_wrong, 0);
		verdict = spread_verify(&spread, KEY + 1);
		assert_true(verdict.bytes_wrong > 0);
	}
}

/* A dword beside the right place, in a page that has one: both are seen. */
static void test_wrong(void **state)
{
	struct spread spread = spread_of(state, 6);
	struct surface_verdict verdict;
	uint32_t *word;

	spread_poison(&spread, KEY);
	store_all(state, &spread);
	word = dword(state, &spread, 3);
	word[1] = word[0];
	word[0] ^= 0xff00;
	verdict = spread_verify(&spread, KEY);
	assert_int_equal(verdict.bytes_right, 6 * 4 - 1);
	assert_in_range(verdict.bytes_wrong, 2, 5);
	/* dwords of two pages exchanged */
	spread_poison(&spread, KEY);
	store_all(state, &spread);
	*dword(state, &spread, 0) = surface_word(KEY, 1);
	*dword(state, &spread, 1) = surface_word(KEY, 0);
	assert_true(spread_verify(&spread, KEY).bytes_wrong > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_right, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
