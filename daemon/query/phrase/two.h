/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phrases of two different words that no pair list answers, in many documents:
 * what lookup.h does for any phrase, with nothing that only longer ones need.
 *
 *   documents     12  40  77  90    both words, tfs, bounds
 *   data   3 9      one position of a word in nearly all documents: from the
 *   sharing 4       other's first one to it is a distance, looked for among
 *                   four at once (lanes.h)
 */
#ifndef QUERY_TWO_H
#define QUERY_TWO_H

#include "query/phrase/lookup.h"

/* Spots of both words, readable: [i] of document i. */
struct two_spots {
	const struct bq_spot *first, *second;
	uint32_t gap; /* from the first word to the second */
};

/* Set tfs[i] to how many starts there are in document i < n <= LOOKUP_DOCS;
 * those that take a walk are left to the caller: rest[0 .. *n_rest).  false if a
 * position is out of range [F24]. */
bool two_starts(const struct two_spots *s, uint32_t n, uint32_t *tfs, uint16_t *rest, uint32_t *n_rest);

struct two;

/* Whether a phrase of lists that nobody merged is one of two words. */
bool two_is_enough(const struct node *phrase);

/* As lookup_new(). */
struct two *two_new(struct node *phrase, const struct node *lead);

/* As lookup_run(). */
void two_run(struct two *t, struct lookup_batch *b);

#endif
