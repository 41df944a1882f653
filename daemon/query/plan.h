/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A query over a view: one tree for each way of analysing text, the postings
 * lists its words need, and what each clause weighs.
 *
 *   view      index 0      index 1   index 2
 *             leaves 0 1 2  0 1       0
 *   group 0   ~~~~~~~~~~~~            ~        text_id X: leaf numbers 0 1 2, 3
 *   group 1                 ~~~~               text_id Y: leaf numbers 0 1
 *
 * N and df are summed over all leaves of a group, tombstoned documents
 * included.  Scores of different groups are compared as they are.
 */
#ifndef QUERY_PLAN_H
#define QUERY_PLAN_H

#include <bq/arena.h>
#include <bq/query.h>

#include "query/lang/ast.h"
#include "query/eval/kernel.h"
#include "query/eval/watch.h"

#define PLAN_MAX_EXPANSIONS 1000u /* words a prefix stands for in one leaf */

/* The terms of one list in one leaf: none, one, or a prefix's many. */
struct plan_terms {
	struct bq_term *terms;
	uint32_t n;
};

struct plan_list {
	enum bq_term_kind kind; /* STEM and TITLE_STEM: find_stem */
	struct bq_span word;
	bool is_self;           /* of a stem */
	bool is_prefix;
	bool is_char;           /* a prefix without the cap */
	struct plan_terms *in_leaf; /* [n_leaves of the group] */
	uint64_t df;            /* summed; of a prefix at most N */
};

struct plan_group {
	uint64_t text_id;
	struct bq_text *text; /* **borrowed** from the searcher */
	struct ast *root;
	uint32_t n_clauses;   /* leaves of the tree */
	double *weights;      /* [n_clauses]: times * idf */
	struct plan_list *lists;
	uint32_t n_lists;
	uint64_t n_docs;
	uint32_t n_leaves;
	bool has_tiers;       /* STRICT and LOOSE may differ */
};

/* Where an index of the view belongs. */
struct plan_index {
	uint32_t group;
	uint32_t first_leaf; /* group leaf number of its leaf 0 */
	struct bm25 bm25;    /* see plan_weigh() */
};

struct bq_query {
	struct bq_searcher *searcher;
	const struct bq_view *view;
	struct bq_span text;
	const struct bq_query_opts *opts;
	struct bq_arena *mem;
	struct plan_group *groups;
	uint32_t n_groups;
	struct plan_index *indexes; /* [view->n] */
	const char **warnings;
	uint32_t n_warnings, max_warnings;
	bool is_resolved;           /* lists are there */
	bool is_weighed;            /* weights, `shift` and the indexes' bm25 are there */
	int shift;                  /* s of the scores */
	struct matches *matches;    /* of the hit `matches_of`, while the searcher's */
	struct bq_hit matches_of;   /* match_serial is matches_serial */
	uint64_t matches_serial;
	struct walk *walks;         /* over the leaves of hits looked at, likewise: see walk.h */
	uint64_t walks_serial;
	const struct bq_hit *page;  /* [n_page] of the last search: who is likely to be shown */
	uint32_t n_page;
};

struct bq_searcher {
	struct searcher_text {
		uint64_t text_id;
		struct bq_text *text;
	} *texts;
	uint32_t n_texts;
	const struct kernel_ops *kernels; /* of this CPU */
	struct bq_arena leaf_mem; /* cursors and nodes of the leaf at hand */
	struct bq_arena list_mem; /* one cursor of many */
	uint32_t *sums;           /* [n_sums] a number for each document of a leaf; zero between uses */
	uint32_t n_sums;
	struct searcher_bits {    /* of phrases: see phrase/starts.h */
		uint8_t *bits[2]; /* [room]; zero but the first `used` */
		uint32_t room, used;
		uint32_t *places; /* [n_places] */
		uint32_t n_places;
	} starts;
	struct bq_arena text_mem; /* the text of `window` */
	struct bq_arena match_mem; /* matches of the last hit looked at */
	uint64_t match_serial;    /* grows with each */
	struct bq_arena walk_mem; /* walks of the last query that was shown */
	uint64_t walk_serial;     /* grows with each */
	struct searcher_window {
		uint64_t serial;  /* the match_serial of its document; another: not it */
		uint64_t off;
		struct bq_span text;
	} window;                 /* text around the last place: see locate_text() */
};

/* Look up every list in every leaf; once a query.  BQ_EFORMAT, BQ_ENOMEM. */
int plan_resolve(struct bq_query *q, struct watch *watch, struct bq_error *err);

/* Weigh the clauses of a resolved query; once.  What the dictionary alone can
 * answer needs no weights. */
void plan_weigh(struct bq_query *q);

/* A list number for these properties, made if it is new.  `word` must live as
 * long as the query.  UINT32_MAX when the arena is full. */
uint32_t plan_list_add(struct bq_query *q, struct plan_group *g, const struct plan_list *like);

/* Fill g->lists for every leaf of the group. */
int plan_lists_find(struct bq_query *q, struct plan_group *g, struct watch *watch, struct bq_error *err);

/* Tell the user once. */
void plan_warn(struct bq_query *q, const char *warning);

/* The group's analyser of an index: made at its first use.  BQ_EUSAGE,
 * BQ_ENOMEM. */
int searcher_text(struct bq_searcher *s, const struct bq_index *ix, struct bq_text **out, struct bq_error *err);

#endif
