/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words near one another: `"a b c"~n`, `a NEAR/n b`, `a ADJ/n b`.
 *
 * Word i may stand at any of its positions d with  m + at <= d <= m + at + slack
 * for one m that is the same for all:
 *
 *              at         slack         so that
 *   "a b c"~n  0 1 2      n             max(d - at) - min(d - at) <= n
 *   NEAR/n     0 0        n             |d_b - d_a| <= n
 *   ADJ/n      0 1        0, n - 1      1 <= d_b - d_a <= n
 *
 * No position serves two words.  A match ends at the first position up to
 * which one is complete; the next one lies wholly behind it.  So tf, how many
 * there are, is never more than any word's.
 *
 *   "data sharing"~2     sharing data x data x sharing
 *                        ~~~~~~~~~~~~   ~~~~~~~~~~~~~~   2: at cost 2 and 1
 */
#ifndef QUERY_NEAR_H
#define QUERY_NEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "query/lang/ast.h"

struct near_slot {
	const uint32_t *list; /* positions, ascending; **borrowed** */
	uint32_t n;
	uint32_t at, slack;
	uint32_t before;      /* the slot before this one with the same list; UINT32_MAX if none */
	uint32_t read;        /* positions that no later match can use */
	uint32_t place;       /* the position taken */
};

/* Ready slots[0 .. a->n_words) for phrase `a`: all but `list` and `n`, which
 * the caller sets for each document.  lists[i]: which list word i has. */
void near_init(struct near_slot *slots, const struct ast *a, const uint32_t *lists);

/* How many matches lie in [from, to); 1 is enough if `any`.  Writes where each
 * begins and which position is its last, unless `starts` is NULL. */
uint32_t near_matches(struct near_slot *slots, uint32_t n_slots, const uint64_t range[2], bool any,
	uint32_t *starts, uint32_t *ends);

#endif
