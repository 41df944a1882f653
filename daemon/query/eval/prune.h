/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flat queries by windows of 4,096 documents (window MAXSCORE; Turtle & Flood
 * 1995, and the ranges of Mallia & others 2021): look at a document only while
 * its points can still reach those of the k-th best.
 *
 *            from           to
 *   city     |-- <= 310 ----|          non-essential: 310 + 420 < need, so a
 *   of       |-- <= 420 ----|          document with these alone cannot rank
 *   reykja.. |-- <= 9,050 --|          essential: candidates are its documents
 *   need     7,412: points of the k-th best so far, plus 1
 *
 *   1. bound every clause over the window; all together < need: next window
 *   2. candidates, some 256 at a time: documents of the one essential list,
 *      or of several added up in sums[4096]; with `must`, of the rarest list
 *   3. clause by clause: drop who cannot reach `need` with all that is left,
 *      look the others up
 *   4. offer who is left, if it is neither dead nor excluded
 *
 * Documents, leaves and indexes come in ascending order, so a document that
 * ties with the k-th best ranks behind it: `need` is one more than its points.
 */
#ifndef QUERY_PRUNE_H
#define QUERY_PRUNE_H

#include "query/eval/flat.h"
#include "query/eval/pass.h"

enum { PRUNE_BATCH = BQ_BLOCK_DOCS + 64 }; /* room for a block, or for what a word of `marks` adds to one */

/* Documents that may rank, ascending. */
struct prune_batch {
	uint32_t n;
	uint32_t docs[PRUNE_BATCH], points[PRUNE_BATCH];
	uint16_t at[PRUNE_BATCH]; /* place in the block of the list they are from, if `from` */
	struct node *from;          /* a TERM, a UNION or NULL */
	uint32_t first;             /* the place in the UNION that `at` counts from */
};

struct prune {
	struct pass *pass;
	struct eval *ev;
	struct node *strict;       /* excluded if not NULL */
	uint32_t index;
	struct flat flat;
	uint32_t from, to;         /* the window */
	uint32_t next;             /* first document of it that is still to come */
	uint32_t rest;             /* points that clauses not yet looked up may add */
	uint32_t floor;            /* fewer points never rank: so many documents have more */
	uint64_t n;                /* documents counted */
	bool is_cut;               /* some were not */
	bool skips_none;           /* all that match are looked at, to be counted */
	uint32_t *sums;            /* [BQ_RANGE_DOCS], zero between windows; NULL with `must` */

	/* from here on not cleared at first */
	struct prune_batch batch;
	uint64_t marks[BQ_RANGE_DOCS / 64]; /* which of them are candidates; zero between windows */
};

/* Answer one leaf.  false if this tree or this search does not prune: then
 * nothing has been done.  `strict`: what is left out, or NULL. */
bool prune_leaf(struct pass *pass, struct eval *ev, struct node *root, struct node *strict, uint32_t index);

/* The fewest points with which the next document ranks. */
static inline uint32_t prune_need(const struct prune *p)
{
	uint32_t need;

	if (p->skips_none)
		return 0;
	need = topk_need(p->pass->top, true);
	return need > p->floor ? need : p->floor;
}

/* batch.c: the next documents of `list`, of clause `c`, that may rank, from
 * p->next on, to the batch with their points (0 for a phrase).  false when the
 * window has no more.  p->rest includes c->most, and does so afterwards only
 * for a phrase. */
bool batch_fill(struct prune *p, struct flat_clause *c, struct node *list);

/* batch.c: take candidates out of p->sums, from p->next on. */
bool batch_fill_sums(struct prune *p);

/* batch.c: look clause `c` up in each document of the batch. */
void batch_look_up(struct prune *p, struct flat_clause *c, bool is_must);

/* batch.c: give the batch to the best k. */
void batch_offer(struct prune *p);

#endif
