/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a document that has a word costs in a half of the documents where others
 * have it, too, in bits of a list of gaps.
 *
 *   A list with x of n documents takes about x log2(n / (x + 1)) bits.  With as
 *   many documents in each half, only f(x) = x log2(x + 1) changes when one goes:
 *
 *       left    f(l)   -> f(l - 1)        gain = f(r + 1) - f(r) - (f(l) - f(l - 1))
 *       right   f(r)   -> f(r + 1)             = step(r)         - step(l - 1)
 *
 * (Dhulipala et al., "Compressing Graphs and Indexes with Recursive Graph
 * Bisection", KDD 2016, section 3.)
 */
#ifndef REORDER_GAIN_H
#define REORDER_GAIN_H

#include <stdint.h>

/* Gains are whole numbers, this many to a bit: sums do not depend on their
 * order, nor on a machine's logarithms. */
enum { GAIN_BIT = 1 << 16, GAIN_EXACT = 4096 };

/* step(x) for x < GAIN_EXACT. */
struct gain {
	int32_t steps[GAIN_EXACT];
};

/* Fill the table. */
void gain_init(struct gain *g);

/* log2(x) for x > 0, in GAIN_BIT of a bit, rounded down. */
int32_t gain_log2(uint32_t x);

/* f(x + 1) - f(x).  Above GAIN_EXACT it is log2(x) + log2(e), less than a
 * thousandth off. */
int32_t gain_far_step(uint32_t x);

static inline int32_t gain_step(const struct gain *g, uint32_t x)
{
	return x < GAIN_EXACT ? g->steps[x] : gain_far_step(x);
}

#endif
