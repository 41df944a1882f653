/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One pass over all leaves of a view: by windows (prune.h) where the query is
 * flat and hits are sorted by score, else a document at a time (node.h).
 */
#ifndef QUERY_PASS_H
#define QUERY_PASS_H

#include "query/eval/node.h"
#include "query/eval/topk.h"

/* A pass: which tree, what to keep, what came out. */
struct pass {
	struct bq_query *q;
	struct watch *watch;
	enum ast_mode mode;
	bool without_strict;           /* leave out what the STRICT reading matches */
	struct topk *top;              /* NULL: only count */
	const struct topk_item *after; /* keep only what ranks behind; NULL: all */
	bool wants_count;              /* look at every document that matches */
	uint32_t n_strict;             /* of without_strict: how many there are, at most */
	uint64_t n;                    /* out: live documents that match */
	bool is_cut;                   /* out: `n` is only a lower bound */
};

/* Run it.  BQ_EFORMAT, BQ_ENOMEM; a stop by the watch is no error here: look
 * at watch->status. */
int pass_run(struct pass *pass, struct bq_error *err);

/* The points of opts.known_score, where documents below it need not be kept; else 0. */
uint32_t pass_known(const struct pass *pass);

/* Keep one live document that matches if it ranks; sorted by score. */
void pass_keep(struct pass *pass, struct eval *ev, uint32_t index, uint32_t doc, uint32_t points);

/* Keep those that rank of `docs`, live documents of ev's leaf that match; sorted
 * by score, pass->top is not NULL.  Fills in docs->leaf. */
void pass_keep_docs(struct pass *pass, struct eval *ev, uint32_t index, struct topk_docs *docs);

/* The order of one document: its key, and its path when sorted by that.
 * Errors are left in ev->read. */
struct topk_item pass_item(struct eval *ev, uint32_t index, uint32_t doc, uint32_t points);

/* Begin the evaluation of leaf `leaf` of index `index`: empties the searcher's
 * leaf_mem. */
struct eval pass_eval(struct bq_query *q, uint32_t index, uint32_t leaf, struct watch *watch);

/* Why ev's tree could not be made or walked: its damage, or its memory. */
int pass_failure(const struct eval *ev, struct bq_error *err);

#endif
