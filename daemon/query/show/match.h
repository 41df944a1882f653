/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where one document matches, in positions.  What is found here is what is
 * shown and marked: the positions come from the lists that made it a hit.
 */
#ifndef QUERY_MATCH_H
#define QUERY_MATCH_H

#include "query/eval/pass.h"

/* One match: positions pos .. pos + span - 1. */
struct match {
	uint32_t pos, span;
	uint32_t clause; /* id of its leaf of the tree */
	bool is_char;    /* of the last word only its first character */
	uint64_t line;   /* of its first byte, 0 while unknown */
	uint64_t off;
};

/* The matches of a hit, by position, the longer first.  Lives in the
 * searcher's match_mem until the next match_collect() of another hit. */
struct matches {
	struct match *m;
	uint32_t n, cap;
	uint32_t max_span;
	const struct ast **clauses; /* the leaves that match */
	uint32_t n_clauses;
	struct bq_range *title;     /* byte ranges of head->title, ascending, disjoint */
	uint32_t n_title;
};

/* Find them; the last hit's are remembered.  BQ_EFORMAT, BQ_ENOMEM. */
int match_collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches **out, struct bq_error *err);

/* Append one match.  False when the arena is full. */
bool match_add(struct matches *all, const struct match *m, struct bq_arena *mem);

/* title.c: mark the title: fills all->title, and adds the matches of `title:`
 * clauses to all->m where the title is part of the text. */
bool title_match(struct matches *all, struct bq_text *text, const struct bq_doc_head *head, struct bq_arena *mem);

/* Sort ranges and join those that overlap; returns how many are left. */
uint32_t match_join(struct bq_range *ranges, uint32_t n);

#endif
