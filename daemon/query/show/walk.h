/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lists of a query over one leaf, asked for one document after the other:
 * hits come in any order.
 */
#ifndef QUERY_WALK_H
#define QUERY_WALK_H

#include "query/plan.h"
#include "query/show/met.h"
#include "query/show/stand.h"

/* Kept from hit to hit. */
struct walk {
	struct walk *next;
	uint32_t index, leaf;        /* of the view */
	const struct bq_leaf *of;
	const struct plan_group *group;
	uint32_t leaf_no;            /* among those of the group */
	const struct bq_query *q;
	struct plan_terms *forms;    /* [n_lists] of a stem: its written words; terms NULL: not looked up yet */
	struct met *met;             /* [n_lists]: what some hits hold of it */
	struct bq_read read;         /* mem: the searcher's match_mem, what failed */
};

/* The walk over the leaf of `hit`; **borrowed** until the next call.  NULL when
 * the arena is full. */
struct walk *walk_over(struct bq_query *q, const struct bq_hit *hit);

/* Forget all walks: what was met on one is no matter of the next. */
void walk_drop(struct bq_query *q);

/* Whether `list` holds the document.  Costs likewise. */
bool walk_holds(struct walk *w, uint32_t list, uint32_t doc);

/* Where the words of `list` stand in the document: NULL if nowhere, or if
 * w->read says why not.  Costs a look into the list of each of its words, for the
 * next hits of the page at once. */
struct stand *walk_stand(struct walk *w, uint32_t list, uint32_t doc);

#endif
