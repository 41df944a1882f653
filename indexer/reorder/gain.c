/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/gain.h"

enum { FRACTION = 16, LOG2_E = 94548 }; /* log2(e) in GAIN_BIT */

/* The digits of the fraction by squaring: x in [1, 2) is below the root of 2 if
 * its square is below 2. */
static int64_t fine_log2(uint64_t x, unsigned digits)
{
	unsigned whole = 63u - (unsigned)__builtin_clzll(x);
	uint64_t m = x << (31 - whole); /* in [1, 2), 31 digits */
	int64_t log = whole;

	for (unsigned i = 0; i < digits; i++) {
		m = m * m >> 31;
		log = 2 * log + (int64_t)(m >> 32);
		m >>= m >> 32;
	}
	return log;
}

int32_t gain_log2(uint32_t x)
{
	return (int32_t)fine_log2(x, FRACTION);
}

int32_t gain_far_step(uint32_t x)
{
	return gain_log2(x) + LOG2_E;
}

void gain_init(struct gain *g)
{
	enum { MORE = 8 }; /* digits that products leave right */

	for (uint32_t x = 0; x < GAIN_EXACT; x++) {
		int64_t after = (x + 1) * fine_log2(x + 2, FRACTION + MORE),
			before = x * fine_log2(x + 1, FRACTION + MORE);
		g->steps[x] = (int32_t)((after - before) >> MORE);
	}
}
