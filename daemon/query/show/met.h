/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which words of a list stand in which hits of the page: `s*` is a thousand words,
 * and each one's list is opened once for some hits, not for every hit.
 *
 *   sad     3 . 17        docs[]   3  7  17      hits of one leaf, ascending
 *   said    3 7  .        of[]     |  |  sad, sail
 *   sail    . 7 17                 |  said, sail
 *                                  sad, said
 */
#ifndef QUERY_MET_H
#define QUERY_MET_H

#include "query/plan.h"

enum { MET_DOCS = 16 }; /* met at once */

/* Begins as zeros.  Lives in the searcher's walk_mem, spots included. */
struct met {
	uint32_t docs[MET_DOCS], n_docs;
	struct met_doc {
		struct bq_spot *spots; /* of the words that stand there, as bq_cursor_meet() leaves them */
		uint32_t n, cap;
	} of[MET_DOCS];
};

/* Whom to meet: hits of the page of q, from `hit` on, that are in its
 * leaf; `hit` alone if it is not on the page. */
void met_begin(struct met *m, const struct bq_query *q, const struct bq_hit *hit);

/* Meet them with one word: its cursor, which this moves.  False when `mem`, the
 * arena of the spots, is full. */
bool met_add(struct met *m, struct bq_cursor *c, struct bq_arena *mem);

/* What was met of a document; NULL if it was not asked for. */
const struct met_doc *met_find(const struct met *m, uint32_t doc);

#endif
