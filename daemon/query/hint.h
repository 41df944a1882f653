/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A phrase without a hit: what a looser query would find.
 */
#ifndef QUERY_HINT_H
#define QUERY_HINT_H

#include "query/plan.h"

/* If q is one phrase of several words and nothing else, set the hint members
 * of `out`.  Counts that need more than HINT_MAX_STEPS documents stay
 * UINT64_MAX, as do those that fail. */
void hint_find(struct bq_query *q, struct bq_hits *out);

#define HINT_MAX_STEPS 40000u /* about 2 ms */
#define HINT_NEAR 5u          /* how near is near */

#endif
