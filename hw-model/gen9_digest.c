// SPDX-License-Identifier: MIT
/*
 * Eight bytes at a time: xor, multiply by an odd number, rotate, so that every step can be undone
 * and no two runs of the same length differ in one word only and come out alike. Words are put
 * together in little-endian order, so that the value is the same on any machine.
 */
#include <string.h>

#include "hw-model/gen9_display.h"

#define SEED       UINT64_C(0x243f6a8885a308d3) /* the fraction of pi */
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio, odd */
#define WORD_BYTES 8u

static uint64_t step(uint64_t state, uint64_t word)
{
	uint64_t mixed = (state ^ word) * MULTIPLIER;

	return mixed << 29 | mixed >> 35;
}

static uint64_t load_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

void gen9_digest_init(struct gen9_digest *digest)
{
	*digest = (struct gen9_digest){ .state = SEED };
}

static void add_byte(struct gen9_digest *digest, uint8_t byte)
{
	unsigned at = (unsigned)(digest->bytes++ % WORD_BYTES);

	digest->partial |= (uint64_t)byte << 8u * at;
	if (at < WORD_BYTES - 1u)
		return;
	digest->state = step(digest->state, digest->partial);
	digest->partial = 0;
}

void gen9_digest_add(struct gen9_digest *digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t state;

	while (len && digest->bytes % WORD_BYTES) {
		add_byte(digest, *at++);
		len--;
	}
	state = digest->state;
	for (; len >= WORD_BYTES; at += WORD_BYTES, len -= WORD_BYTES, digest->bytes += WORD_BYTES)
		state = step(state, load_word(at));
	digest->state = state;
	while (len) {
		add_byte(digest, *at++);
		len--;
	}
}

/* The number of bytes goes in last: zeros at the end are not nothing. */
uint64_t gen9_digest_value(const struct gen9_digest *digest)
{
	uint64_t value = step(step(digest->state, digest->partial), digest->bytes);

	value ^= value >> 32;
	return value * MULTIPLIER;
}
