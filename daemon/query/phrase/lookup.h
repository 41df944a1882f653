/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One phrase looked up in many documents.
 *
 *   asked        12   19   40   41   77   90         ascending
 *   "data"       12   19        41   77              list after list, rarest first; pairs before
 *   "sharing"         19        41   77              words, which a pair may spare (joints.h)
 *   bound             19             77              41: even tf 2 is not enough
 *   ready        headers of all their positions, then the positions themselves,
 *                are fetched while the others' are asked for
 *   verify            tf 1           none
 */
#ifndef QUERY_LOOKUP_H
#define QUERY_LOOKUP_H

#include "query/eval/node.h"
#include "query/phrase/verify.h"

enum { LOOKUP_DOCS = 128 }; /* documents of one question */

/* With fewer documents, each in a block of its own, inner words of a chain
 * (joints.h) are not counted before others; tests lower it. */
extern uint32_t lookup_many;

/* Documents of one question and its answer. */
struct lookup_batch {
	const uint32_t *docs;  /* ascending, none behind those of the question before */
	uint32_t n;            /* at most LOOKUP_DOCS */
	const uint32_t *least; /* points below which nobody wants to know: 0 for `tf` is fine; NULL: all 0 */
	const uint32_t *lead_tfs; /* of the list they come from, if that is one of the phrase's */
	const uint8_t *lead_at;   /* and their places in its block at hand */
	uint32_t exact_from;   /* points from which tf must be right; below any tf > 0 will do */
	uint32_t *tfs;         /* out: starts in docs[i] */
	bool is_cut;           /* out: set when `least` left one out */
};

struct lookup;

/* Ready to look up `phrase`, a NODE_PHRASE that nobody walks; lives in its
 * eval's read.mem.  Documents that are asked for come from the list `lead`, if
 * it is one of the phrase's: it is met last, for its spots alone.  NULL if the
 * phrase cannot be asked so (a list is a UNION), or when the arena is full. */
struct lookup *lookup_new(struct node *phrase, const struct node *lead);

/* Answer one question.  Damage ends in the eval's read.error. */
void lookup_run(struct lookup *l, struct lookup_batch *b);

/* Positions of a document are out of range [F24]: make that the eval's error,
 * unless it has one. */
void lookup_damaged(struct eval *ev);

#endif
