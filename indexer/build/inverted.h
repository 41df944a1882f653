/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The terms of one inverter or several as a vocabulary.  Several have shared the
 * documents of a run: each has some of a word's documents, and their numbers
 * ascend in each.
 *
 *   word       0          1     2
 *   starts     0          2     3     4
 *   refs       a,0  a,1   b,1   c,0         term, inverter
 */
#ifndef BUILD_INVERTED_H
#define BUILD_INVERTED_H

#include "base/pool.h"
#include "build/inverter.h"
#include "build/vocabulary.h"

struct inverted_ref {
	const struct term *term;
	const struct inverter *inverter;
};

struct inverted {
	struct vocabulary v; /* first */
	struct inverted_ref *refs;
	uint32_t *starts;    /* v.n + 1 */
	uint32_t *spare;     /* room for positions, of a walk that has stopped; may be NULL */
	uint32_t max_spare;
	struct bq_buf unwanted; /* positions that nobody has asked for */
	bool oom;
};

/* Sort the terms of `from[n]`, which are **borrowed** and must not grow meanwhile,
 * with the threads of `pool` (may be NULL).  False when malloc fails. */
bool inverted_init(struct inverted *in, const struct inverter *const *from, uint32_t n, struct pool *pool);

/* Free what inverted_init() made, also where it failed; the inverters stay. */
void inverted_release(struct inverted *in);

#endif
