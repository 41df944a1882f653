/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the index's pair lists say of a phrase in one leaf.
 *
 *   "to be or not to be"     to be | be or | or not | not to    said once each
 *                            LIST    LIST    LIST     LIST      rarest first
 *   any of them ABSENT: the leaf does not have the phrase
 *   two words, LIST: that list is the phrase, tf and bounds included
 *   more: a document must be in all these lists; its words are verified then
 */
#ifndef QUERY_COVER_H
#define QUERY_COVER_H

#include "query/eval/node.h"

enum { COVER_PAIRS = 8 }; /* more lists would hardly leave out more documents */

struct cover {
	bool is_absent;
	bool is_whole;   /* the first list is the phrase */
	struct bq_term pairs[COVER_PAIRS]; /* rarest first */
	uint32_t at[COVER_PAIRS];          /* of each, the word of the phrase that it begins with */
	uint32_t n;
};

/* No pair is known.  Room for them is not cleared: many ask. */
static inline void cover_none(struct cover *out)
{
	out->is_absent = out->is_whole = false;
	out->n = 0;
}

/* Ask the leaf about the neighbours in phrase `a`, whose words are all there. */
void cover_find(struct eval *ev, const struct ast *a, struct cover *out);

#endif
