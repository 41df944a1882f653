/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may have how much of the memory that a run may take.
 */
#ifndef BUILD_BUDGET_H
#define BUILD_BUDGET_H

#include <stdint.h>

enum { BUDGET_OTHERS = 24 << 20 }; /* what a run needs beside words */

/* Words: inverters; when they are written, pair lists; when their documents get
 * another order, what finds it. */
static inline uint64_t budget_words(uint64_t memory)
{
	return memory / 3 < BUDGET_OTHERS ? memory - memory / 3 : memory - BUDGET_OTHERS;
}

/* Pages of the files that a merge reads. */
static inline uint64_t budget_pages(uint64_t memory)
{
	return memory / 16;
}

#endif
