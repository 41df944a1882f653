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

/* Positions of one list of one clause in the document: matches to be. */
struct match_run {
	struct match next;
	bool is_over;
	const uint32_t *pos;      /* of those behind it, ascending; lives as long as the matches */
	uint32_t n;
	struct bq_spot_walk walk; /* or, if pos is NULL, where they are packed */
};

/* The matches of a hit, by position, the longer first.  A word stands ten
 * thousand times in a long document, and what is shown needs a few: matches are
 * put in order as far as somebody has looked.
 *
 *   runs   city   7 19 23 ..          m   7 city, 9 "of the", 19 city | 23 ..
 *          the    8 10 24 40 ..           given so far: n             ^ next
 *   odd    "of the" at 9, ..
 *
 * Lives in the searcher's match_mem until the next match_collect() of another
 * hit. */
struct matches {
	struct match *m;
	uint32_t n, cap;
	struct match_run *runs;
	uint32_t n_runs, max_runs;
	struct match *odd;     /* those of no run, in order */
	uint32_t n_odd, max_odd, at_odd;
	uint32_t max_span;
	bool is_damaged;       /* a position was out of range [F24]: there are no more */
	struct bq_arena *mem;
	const struct ast **clauses; /* the leaves that match */
	uint32_t n_clauses;
	struct bq_range *title;     /* byte ranges of head->title, ascending, disjoint */
	uint32_t n_title;
};

/* Find them; the last hit's are remembered.  BQ_EFORMAT, BQ_ENOMEM. */
int match_collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches **out, struct bq_error *err);

/* Whether there is a match `i`; it is then all->m[i], which may move when
 * another one is asked for.  Also false after a failure: see match_status(). */
bool match_reach(struct matches *all, uint32_t i);

/* BQ_OK, or why there are no more matches: BQ_ENOMEM, BQ_EFORMAT. */
int match_status(const struct matches *all, struct bq_error *err);

/* The first match at position `pos` or behind: its number, or how many there
 * are in all. */
uint32_t match_at(struct matches *all, uint32_t pos);

/* For who collects: one match, in any order.  False when the arena is full. */
bool match_add(struct matches *all, const struct match *m);

/* title.c: mark the title: fills all->title, and adds the matches of `title:`
 * clauses where the title is part of the text. */
bool title_match(struct matches *all, struct bq_text *text, const struct bq_doc_head *head);

/* Sort ranges and join those that overlap; returns how many are left. */
uint32_t match_join(struct bq_range *ranges, uint32_t n);

#endif
