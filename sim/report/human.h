/* SPDX-License-Identifier: MIT */
/*
 * Numbers as people read them, by integer arithmetic only: the same text on every machine.
 *
 * buf is always terminated; HUMAN_TEXT_BYTES is enough for every value.
 */
#ifndef PVMMIO_SIM_REPORT_HUMAN_H
#define PVMMIO_SIM_REPORT_HUMAN_H

#include <stddef.h>
#include <stdint.h>

#define HUMAN_TEXT_BYTES 32

/* A duration in the largest unit that leaves at least one before the point: "1.23 us", "0". */
void human_time(char *buf, size_t len, uint64_t ps);

/* A number of millionths, to at most two decimals, none when they are zero: "4", "1.33". */
void human_millionths(char *buf, size_t len, uint64_t millionths);

/* numerator / denominator to the nearest integer, halves up. denominator must not be 0. */
uint64_t human_divide(uint64_t numerator, uint64_t denominator);

/* numerator / denominator in millionths, rounded as above. denominator is below 10^13. */
uint64_t human_ratio_millionths(uint64_t numerator, uint64_t denominator);

#endif
