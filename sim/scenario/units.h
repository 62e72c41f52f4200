/* SPDX-License-Identifier: MIT */
/*
 * Quantities with units, exact in integers: "1.2us" is 1200000 ps. What is not a whole number of
 * the base unit is refused, never rounded; only cycles are rounded, to the nearest picosecond.
 */
#ifndef PVMMIO_SIM_SCENARIO_UNITS_H
#define PVMMIO_SIM_SCENARIO_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum quantity {
	QUANTITY_TIME,      /* ps ns us ms s; base unit ps */
	QUANTITY_BYTES,     /* B KiB MiB GiB; base unit B */
	QUANTITY_FREQUENCY, /* Hz kHz MHz GHz; base unit Hz */
};

#define UNITS_WHY_BYTES  256
#define UNITS_TEXT_BYTES 32

/*
 * Read text ("64MiB", "1.2 us") as quantity. 0, or -EINVAL with a sentence about what is wrong and
 * what was expected in why, of UNITS_WHY_BYTES.
 */
int units_parse(const char *text, enum quantity quantity, uint64_t *out, char *why);

/* As QUANTITY_TIME, and whole cycles ("1529cycles") of a clock of cpu_hz; 0: no clock is known. */
int units_parse_cycles(const char *text, uint64_t cpu_hz, uint64_t *out_ps, char *why);

/* Does text end in a unit of quantity, after a digit? Tells quantities from plain numbers. */
int units_looks_like(const char *text, enum quantity quantity);

/* The shortest text without a fraction: 1200000 ps is "1200ns". Returns buf. */
const char *units_format(uint64_t value, enum quantity quantity, char *buf);

/* "ps, ns, us, ms, s" */
const char *units_list(enum quantity quantity);

/* Read a whole number, decimal or 0x hexadecimal. 0, -EINVAL, -ERANGE (negative or too large). */
int units_parse_integer(const char *text, uint64_t *out);

#endif
