// SPDX-License-Identifier: MIT
#include "sim/scenario/units.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define FRACTION_DIGITS 18u /* 10^18 fits 64 bits */
#define PS_PER_S        UINT64_C(1000000000000)

struct unit {
	const char *name;
	uint64_t factor; /* in base units */
};

/* Units from the smallest, which is the base, on. */
struct quantity_info {
	const char *what;
	const char *example;
	const char *base; /* plural, for "a whole number of" */
	const char *list;
	struct unit units[5];
	size_t unit_count;
};

static const struct quantity_info quantities[] = {
	[QUANTITY_TIME] = {
		"a time", "10us", "picoseconds", "ps, ns, us, ms, s",
		{ { "ps", 1 }, { "ns", 1000 }, { "us", 1000000 }, { "ms", 1000000000 },
		  { "s", PS_PER_S } },
		5,
	},
	[QUANTITY_BYTES] = {
		"a size", "64MiB", "bytes", "B, KiB, MiB, GiB",
		{ { "B", 1 }, { "KiB", 1u << 10 }, { "MiB", 1u << 20 }, { "GiB", 1u << 30 } },
		4,
	},
	[QUANTITY_FREQUENCY] = {
		"a frequency", "3.4GHz", "Hz", "Hz, kHz, MHz, GHz",
		{ { "Hz", 1 }, { "kHz", 1000 }, { "MHz", 1000000 }, { "GHz", 1000000000 } },
		4,
	},
};

/* WHOLE.FRACTION UNIT, taken apart. */
struct number {
	uint64_t whole;
	uint64_t fraction; /* of 10^digits */
	unsigned digits;
	bool negative;
	bool too_large; /* whole does not fit */
	bool too_fine;  /* more than FRACTION_DIGITS digits */
	const char *unit;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *scan_whole(const char *p, struct number *n)
{
	for (; is_digit(*p); p++) {
		if (__builtin_mul_overflow(n->whole, 10, &n->whole) ||
		    __builtin_add_overflow(n->whole, (uint64_t)(*p - '0'), &n->whole))
			n->too_large = true;
	}
	return p;
}

static const char *scan_fraction(const char *p, struct number *n)
{
	unsigned zeros = 0; /* only count when another digit follows */

	for (; is_digit(*p); p++) {
		if (*p == '0') {
			zeros++;
			continue;
		}
		if (n->digits + zeros + 1 > FRACTION_DIGITS) {
			n->too_fine = true;
			continue;
		}
		for (; zeros > 0; zeros--, n->digits++)
			n->fraction *= 10;
		n->fraction = n->fraction * 10 + (uint64_t)(*p - '0');
		n->digits++;
	}
	return p;
}

/* false when text does not start as a number does. */
static bool scan_number(const char *text, struct number *n)
{
	const char *p = text;

	*n = (struct number){ 0 };
	if (*p == '-') {
		n->negative = true;
		p++;
	}
	if (!is_digit(*p))
		return false;
	p = scan_whole(p, n);
	if (*p == '.') {
		if (!is_digit(p[1]))
			return false;
		p = scan_fraction(p + 1, n);
	}
	if (*p == ' ' && p[1])
		p++;
	n->unit = p;
	return true;
}

static u128 power_of_ten(unsigned exponent)
{
	u128 power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

static int scale(const struct number *n, uint64_t factor, uint64_t *out)
{
	u128 divisor = power_of_ten(n->digits);
	u128 fraction = (u128)n->fraction * factor;
	u128 value;

	if (n->too_fine || fraction % divisor)
		return -EDOM;
	value = (u128)n->whole * factor + fraction / divisor;
	if (n->too_large || value > UINT64_MAX)
		return -ERANGE;
	*out = (uint64_t)value;
	return 0;
}

static const struct unit *find_unit(const struct quantity_info *info, const char *name)
{
	for (size_t i = 0; i < info->unit_count; i++) {
		if (!strcmp(info->units[i].name, name))
			return &info->units[i];
	}
	return NULL;
}

/* The part that all quantities share; cpu_hz != 0 or cycles: the unit "cycles" is known, too. */
static int parse_number(const char *text, const struct quantity_info *info, struct number *n,
			char *why)
{
	if (!scan_number(text, n)) {
		snprintf(why, UNITS_WHY_BYTES,
			 "'%.40s' is not %s; expected a number and a unit, such as %s", text,
			 info->what, info->example);
		return -EINVAL;
	}
	if (n->negative) {
		snprintf(why, UNITS_WHY_BYTES, "'%.40s' is negative; expected %s such as %s", text,
			 info->what, info->example);
		return -EINVAL;
	}
	if (!*n->unit) {
		snprintf(why, UNITS_WHY_BYTES, "'%.40s' has no unit; expected one of %s", text,
			 info->list);
		return -EINVAL;
	}
	return 0;
}

static int explain(int err, const char *text, const struct quantity_info *info, char *why)
{
	if (err == -EDOM)
		snprintf(why, UNITS_WHY_BYTES, "'%.40s' is not a whole number of %s", text,
			 info->base);
	else if (err == -ERANGE)
		snprintf(why, UNITS_WHY_BYTES, "'%.40s' is too large", text);
	return err ? -EINVAL : 0;
}

int units_parse(const char *text, enum quantity quantity, uint64_t *out, char *why)
{
	const struct quantity_info *info = &quantities[quantity];
	const struct unit *unit;
	struct number n;
	int err = parse_number(text, info, &n, why);

	if (err)
		return err;
	unit = find_unit(info, n.unit);
	if (!unit) {
		snprintf(why, UNITS_WHY_BYTES,
			 "'%.40s' has the unknown unit '%.20s'; expected one of %s", text, n.unit,
			 info->list);
		return -EINVAL;
	}
	return explain(scale(&n, unit->factor, out), text, info, why);
}

static int cycles_to_ps(const struct number *n, uint64_t cpu_hz, uint64_t *out_ps)
{
	u128 ps;

	if (n->digits || n->too_fine)
		return -EDOM;
	ps = ((u128)n->whole * PS_PER_S + cpu_hz / 2) / cpu_hz;
	if (n->too_large || ps > UINT64_MAX)
		return -ERANGE;
	*out_ps = (uint64_t)ps;
	return 0;
}

int units_parse_cycles(const char *text, uint64_t cpu_hz, uint64_t *out_ps, char *why)
{
	const struct quantity_info *info = &quantities[QUANTITY_TIME];
	static const struct quantity_info cycles = { .base = "cycles" };
	struct number n;
	int err = parse_number(text, info, &n, why);

	if (err || strcmp(n.unit, "cycles"))
		return err ? err : units_parse(text, QUANTITY_TIME, out_ps, why);
	if (cpu_hz == 0) {
		snprintf(why, UNITS_WHY_BYTES,
			 "'%.40s' is in cycles of an unknown clock; expected one of %s", text,
			 info->list);
		return -EINVAL;
	}
	return explain(cycles_to_ps(&n, cpu_hz, out_ps), text, &cycles, why);
}

int units_looks_like(const char *text, enum quantity quantity)
{
	struct number n;

	return scan_number(text, &n) && find_unit(&quantities[quantity], n.unit) != NULL;
}

const char *units_format(uint64_t value, enum quantity quantity, char *buf)
{
	const struct quantity_info *info = &quantities[quantity];
	size_t unit = value ? info->unit_count - 1 : 0;

	while (value % info->units[unit].factor)
		unit--;
	snprintf(buf, UNITS_TEXT_BYTES, "%" PRIu64 "%s", value / info->units[unit].factor,
		 info->units[unit].name);
	return buf;
}

const char *units_list(enum quantity quantity)
{
	return quantities[quantity].list;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_hex(const char *digits, uint64_t *out)
{
	uint64_t value = 0;
	int err = 0;

	if (!*digits)
		return -EINVAL;
	for (; *digits; digits++) {
		int digit = hex_digit(*digits);

		if (digit < 0)
			return -EINVAL;
		if (value >> 60)
			err = -ERANGE;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return err;
}

int units_parse_integer(const char *text, uint64_t *out)
{
	struct number n;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hex(text + 2, out);
	if (!scan_number(text, &n) || *n.unit || strchr(text, '.') || strchr(text, ' '))
		return -EINVAL;
	if (n.too_large || (n.negative && n.whole))
		return -ERANGE;
	*out = n.whole;
	return 0;
}
