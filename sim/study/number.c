// SPDX-License-Identifier: MIT
#include "sim/study/number.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define CYCLES "cycles"

const char *study_unit_name(enum study_unit unit)
{
	static const char *const names[] = {
		[STUDY_UNIT_COUNT] = "", [STUDY_UNIT_PS] = "ps",         [STUDY_UNIT_BYTES] = "B",
		[STUDY_UNIT_HZ] = "Hz",  [STUDY_UNIT_CYCLES] = "cycles", [STUDY_UNIT_TEXT] = "",
	};

	return names[unit];
}

/* Quantities of the units that have one. */
static const struct {
	enum study_unit unit;
	enum quantity quantity;
} quantities[] = {
	{STUDY_UNIT_PS,     QUANTITY_TIME     },
	{ STUDY_UNIT_BYTES, QUANTITY_BYTES    },
	{ STUDY_UNIT_HZ,    QUANTITY_FREQUENCY},
};

#define QUANTITY_COUNT (sizeof(quantities) / sizeof(quantities[0]))

/* "1529cycles": whole ones, since what a cycle is only a profile knows. */
static int read_cycles(const char *text, uint64_t *out, char *why)
{
	char digits[32];
	size_t len = strlen(text), unit = strlen(CYCLES);

	if (len <= unit || strcmp(text + len - unit, CYCLES) != 0 || text[0] < '0' || text[0] > '9')
		return -ENOENT;
	len -= unit;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len < sizeof(digits)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (units_parse_integer(digits, out) == 0)
			return 0;
	}
	snprintf(why, STUDY_WHY_BYTES, "'%.40s' is no whole number of cycles", text);
	return -EINVAL;
}

static int read_number(const char *text, enum study_unit *unit, uint64_t *out, char *why)
{
	int ret;

	for (size_t i = 0; i < QUANTITY_COUNT; i++) {
		if (!units_looks_like(text, quantities[i].quantity))
			continue;
		*unit = quantities[i].unit;
		return units_parse(text, quantities[i].quantity, out, why);
	}
	*unit = STUDY_UNIT_CYCLES;
	ret = read_cycles(text, out, why);
	if (ret != -ENOENT)
		return ret;
	*unit = STUDY_UNIT_COUNT;
	ret = units_parse_integer(text, out);
	if (ret == -ERANGE && text[0] != '-')
		snprintf(why, STUDY_WHY_BYTES, "'%.40s' is too large", text);
	else if (ret)
		return -ENOENT;
	return ret ? -EINVAL : 0;
}

int study_number_read(const char *text, enum study_unit *unit, uint64_t *out, char *why)
{
	int ret = read_number(text, unit, out, why);

	if (ret == 0 && *out > STUDY_NUMBER_MAX) {
		snprintf(why, STUDY_WHY_BYTES, "'%.40s' is too large", text);
		return -EINVAL;
	}
	return ret;
}

/* "1.2345us": times in the largest unit that leaves something before the point, exact. */
static void format_time(uint64_t ps, char *buf)
{
	static const char *const units[] = { "ps", "ns", "us", "ms", "s" };
	unsigned unit = 0, digits = 0;
	uint64_t factor = 1;
	int len;

	while (unit < 4 && ps / factor >= 1000) {
		factor *= 1000;
		digits += 3;
		unit++;
	}
	len = snprintf(buf, STUDY_NUMBER_TEXT_BYTES, "%" PRIu64, ps / factor);
	if (ps % factor) {
		len += snprintf(buf + len, STUDY_NUMBER_TEXT_BYTES - (size_t)len, ".%0*" PRIu64,
				(int)digits, ps % factor);
		while (buf[len - 1] == '0')
			len--;
	}
	snprintf(buf + len, STUDY_NUMBER_TEXT_BYTES - (size_t)len, "%s", units[unit]);
}

const char *study_number_format(enum study_unit unit, uint64_t value, char *buf)
{
	if (unit == STUDY_UNIT_PS) {
		format_time(value, buf);
		return buf;
	}
	for (size_t i = 0; i < QUANTITY_COUNT; i++) {
		if (quantities[i].unit == unit)
			return units_format(value, quantities[i].quantity, buf);
	}
	assert(unit == STUDY_UNIT_COUNT || unit == STUDY_UNIT_CYCLES);
	snprintf(buf, STUDY_NUMBER_TEXT_BYTES, "%" PRIu64 "%s", value,
		 unit == STUDY_UNIT_CYCLES ? CYCLES : "");
	return buf;
}

uint64_t study_linear(uint64_t first, uint64_t last, uint64_t i, uint64_t count)
{
	u128 steps = count - 1;

	assert(count > 1 && i < count);
	/* The weighted mean of both ends: no sign to care about. */
	return (uint64_t)(((u128)first * (steps - i) + (u128)last * i + steps / 2) / steps);
}

/* ---- logarithms to base 2, as fixed-point numbers of FRACTION_BITS ---- */

#define FRACTION_BITS 56
#define ONE           (UINT64_C(1) << 63) /* of mantissas in [1, 2) */

static uint64_t log2_fixed(uint64_t value)
{
	unsigned exponent = 63 - (unsigned)__builtin_clzll(value);
	uint64_t mantissa = value << (63 - exponent);
	uint64_t result = exponent;

	for (unsigned bit = 0; bit < FRACTION_BITS; bit++) {
		u128 square = ((u128)mantissa * mantissa) >> 63;

		result <<= 1;
		if (square >> 64) {
			result |= 1;
			square >>= 1;
		}
		mantissa = (uint64_t)square;
	}
	return result;
}

/* The square root of a mantissa in [1, 2), rounded down, digit by digit. */
static uint64_t root_of_mantissa(uint64_t mantissa)
{
	u128 radicand = (u128)mantissa << 63;
	uint64_t root = 0;

	for (uint64_t bit = ONE; bit; bit >>= 1) {
		uint64_t tried = root | bit;

		if ((u128)tried * tried <= radicand)
			root = tried;
	}
	return root;
}

/* 2 to the power of fixed, rounded to the nearest integer; fixed is below 63. */
static uint64_t exp2_fixed(uint64_t fixed)
{
	unsigned exponent = (unsigned)(fixed >> FRACTION_BITS);
	uint64_t mantissa = ONE;
	uint64_t factor = ONE; /* 2 to the power of the bit looked at */
	u128 rounded;

	/* 2 itself does not fit a mantissa: the first factor is the root of it. */
	for (unsigned bit = FRACTION_BITS; bit-- > 0;) {
		factor = bit == FRACTION_BITS - 1 ? UINT64_C(0xb504f333f9de6484)
						  : root_of_mantissa(factor);
		if (fixed >> bit & 1)
			mantissa = (uint64_t)(((u128)mantissa * factor) >> 63);
	}
	rounded = mantissa;
	if (exponent < 63)
		rounded += UINT64_C(1) << (62 - exponent);
	return (uint64_t)(rounded >> (63 - exponent));
}

uint64_t study_geometric(uint64_t first, uint64_t last, uint64_t i, uint64_t count)
{
	u128 steps = count - 1;
	u128 fixed;

	assert(first > 0 && last > 0 && count > 1 && i < count);
	if (i == 0)
		return first;
	if (i == steps)
		return last;
	fixed = ((u128)log2_fixed(first) * (steps - i) + (u128)log2_fixed(last) * i + steps / 2) /
		steps;
	return exp2_fixed((uint64_t)fixed);
}

uint64_t study_round_decimal(uint64_t value)
{
	uint64_t unit = 1;

	while (value / unit >= 10000)
		unit *= 10;
	return (value / unit + (value % unit >= unit - unit / 2 ? unit > 1 : 0)) * unit;
}
