/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How often a phrase stands in one document, straight from packed positions.
 *
 *   "data sharing data"   members  data +0, sharing +1, data +2
 *   data     3 9 11       each member walks its list towards where a phrase
 *   sharing  4 10         from `start` on needs it; who steps over that place
 *                         says which start can be the next:
 *   start 3: sharing 4, data 9 but 5 needed: next start 7; data 9, so 9:
 *   sharing 10, data 11: found
 *
 * Nothing is decoded that no start needs, and nothing into memory.
 */
#ifndef QUERY_VERIFY_H
#define QUERY_VERIFY_H

#include <bq/index.h>

/* One word of a phrase. */
struct verify_member {
	uint32_t list; /* of the phrase's lists */
	uint32_t at;   /* places behind the phrase's first word */
};

struct verify {
	const struct verify_member *members; /* those of the rarest list first */
	uint32_t n_members;
	uint32_t span;               /* places from the first word to the last, plus 1 */
	struct bq_spot_walk *walks;  /* [n_members] */
};

/* Where a phrase may stand: [from, to). */
struct verify_zone {
	uint64_t from, to;
};

static const struct verify_zone verify_anywhere = { 0, UINT64_MAX };

#define VERIFY_DAMAGED UINT32_MAX

/* How many starts the phrase has in the document whose positions are in
 * spots[], one for each list, all readable; 1 is enough if `any`.
 * VERIFY_DAMAGED if a position is out of range [F24]. */
uint32_t verify_starts(struct verify *v, const struct bq_spot *spots, struct verify_zone zone, bool any);

#endif
