/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A histogram of times with a fixed relative error, after HdrHistogram
 * (Tene): counts in buckets that are linear below 256 and then double in
 * width every 128.
 *
 *   value   0 1 2 .. 255 | 256 258 .. 510 | 512 516 .. 1020 | ...
 *   bucket  one each     | 128 of width 2 | 128 of width 4  | ...
 *
 * so a value is known to less than 1/128, whatever its size, and adding one
 * costs a shift and an increment.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

enum { HIST_SUB_BITS = 7, HIST_BUCKETS = (64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS };

/* Starts all zero. */
struct hist {
	uint64_t counts[HIST_BUCKETS];
	uint64_t n, max;
	double sum;
};

/* The bucket of a value. */
uint32_t hist_bucket(uint64_t value);

/* The largest value of a bucket. */
uint64_t hist_bucket_top(uint32_t bucket);

/* Count one value more. */
void hist_add(struct hist *h, uint64_t value);

/* The value below or at which `percent` of all lie, rounded up to its bucket's
 * top but never above the largest; 0 of an empty one. */
uint64_t hist_percentile(const struct hist *h, double percent);

/* The mean of all values as they were added; 0 of none. */
double hist_mean(const struct hist *h);

#endif
