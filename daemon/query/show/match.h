/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where one document matches, in positions.  What is found here is what is
 * shown and marked: the positions come from the lists that made it a hit.
 */
#ifndef QUERY_MATCH_H
#define QUERY_MATCH_H

#include "query/show/run.h"
#include "query/show/walk.h"

/* One match: positions pos .. pos + span - 1. */
struct match {
	uint32_t pos, span;
	uint32_t clause; /* id of its leaf of the tree */
	bool is_char;    /* of the last word only its first character */
};

/* The matches of a hit.  A word stands ten thousand times in a long document,
 * and what is shown needs a few: each clause's are found as far as somebody has
 * looked, and put in order where somebody looks.
 *
 *   runs   city      7 19 23 | ..          list   of [9, 20), say:
 *          "of the"  9 | ..                       9 "of the", 19 city
 *
 * Lives in the searcher's match_mem until the next match_collect() of another
 * hit. */
struct matches {
	struct run **runs;          /* of the text, or of titles that are part of it */
	uint32_t n_runs;
	const struct ast **clauses; /* the leaves that match, in titles too */
	uint32_t n_clauses;
	uint32_t n_ids;             /* of all leaves: a clause's id is below it */
	uint32_t max_span;
	struct stand **stands;      /* of each list of the group, once asked for; NULL: nowhere */
	bool *is_asked;
	uint32_t n_lists;
	struct match *list;         /* match_between() */
	uint32_t n, cap;
	struct bq_arena *mem;
	struct bq_range *title;     /* byte ranges of head->title, ascending, disjoint */
	uint32_t n_title;
};

/* Find what matches; the last hit's are remembered.  BQ_EFORMAT, BQ_ENOMEM. */
int match_collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches **out, struct bq_error *err);

/* The matches that begin at positions [from, to), by position, the longer
 * first: all->list, all->n, until the next call.  False after a failure: see
 * match_status(). */
bool match_between(struct matches *all, uint64_t from, uint64_t to);

/* BQ_OK, or why there are no more matches: BQ_ENOMEM, BQ_EFORMAT. */
int match_status(const struct matches *all, struct bq_error *err);

/* For who collects: one match of clause `a` in a title that is part of the
 * text, behind those of `a` before.  False when the arena is full. */
bool match_add(struct matches *all, const struct ast *a, uint32_t start, uint32_t end);

/* title.c: mark the title: fills all->title, and adds the matches of `title:`
 * clauses where the title is part of the text. */
bool title_match(struct matches *all, struct bq_text *text, const struct bq_doc_head *head);

/* Sort ranges and join those that overlap; returns how many are left. */
uint32_t match_join(struct bq_range *ranges, uint32_t n);

#endif
