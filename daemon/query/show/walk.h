/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree of a query over one leaf, kept from hit to hit: hits come in any
 * order of documents, and a list that is open goes back faster than it is
 * found and opened again.
 */
#ifndef QUERY_WALK_H
#define QUERY_WALK_H

#include "query/eval/pass.h"

/* The written forms of a clause that is one list. */
struct walk_forms {
	struct bq_cursor **cursors; /* NULL: not opened yet */
	uint32_t n_cursors;
	uint32_t at;                /* document they were last asked for */
	struct bq_spot *spots;      /* [n_cursors], n of them: of those that stand in it, readable */
	uint32_t n;
};

struct walk {
	struct walk *next;
	uint32_t index, leaf;
	struct eval ev;            /* read.mem: the searcher's walk_mem */
	struct watch unhurried;
	struct node *roots[2];     /* of AST_STRICT and AST_LOOSE; NULL: not made yet */
	uint32_t at[2];            /* document each was last asked for */
	struct walk_forms *forms;  /* [n_clauses] */
};

/* The walk over the leaf of `hit`; **borrowed** until the next call.  NULL when
 * the arena is full. */
struct walk *walk_over(struct bq_query *q, const struct bq_hit *hit);

/* Forget all walks: what was met on one is no matter of the next. */
void walk_drop(struct bq_query *q);

/* The tree at the hit's document, in the reading that made it one; NULL if
 * neither matches there, or w->ev.read says why not. */
struct node *walk_to(struct walk *w, const struct bq_hit *hit);

/* Where the forms of `clause`, a NODE_TERM that matches in clause->doc, stand
 * there.  Decodes no positions.  NULL: w->ev.read says why. */
const struct walk_forms *walk_forms(struct walk *w, const struct node *clause);

#endif
