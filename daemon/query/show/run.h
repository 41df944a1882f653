/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The matches of one clause in one document, ascending, found as far as
 * somebody has looked.
 *
 *   "of the"   of    7 19 | ..      pos   7    | ..   begins before `floor`: all known
 *              the   8 23 | ..      n: 1       ^ floor
 */
#ifndef QUERY_RUN_H
#define QUERY_RUN_H

#include "query/phrase/near.h"
#include "query/show/stand.h"

enum run_kind {
	RUN_WORD,  /* every position of a stand */
	RUN_EXACT, /* words in their places */
	RUN_NEAR,
	RUN_GIVEN, /* those that were put in */
};

/* Lives in `mem`. */
struct run {
	enum run_kind kind;
	const struct ast *clause;
	bool is_char;          /* of the last word only its first character is meant */
	uint32_t span;         /* positions of a match, at most; exactly unless ends is used */
	uint32_t *pos;         /* [n] where they begin; an older array keeps what it has */
	uint32_t *ends;        /* [n] their last positions; NULL: span says it */
	uint32_t n, cap;
	uint64_t floor;        /* those that begin before it are known */
	uint64_t from, to;     /* they lie in [from, to) */
	struct bq_arena *mem;
	struct stand **stands; /* of the clause's words */
	uint32_t *reads;       /* EXACT: positions of each that lie behind us */
	uint32_t lead;         /* EXACT: the word that stands the least often */
	struct near_walk near;
};

/* The matches in [range[0], range[1]) of `clause`, whose word i stands at
 * stands[i], which is **borrowed**.  NULL when the arena is full. */
struct run *run_new(struct bq_arena *mem, const struct ast *clause, struct stand **stands, const uint64_t range[2]);

/* A run that is to be filled.  NULL when the arena is full. */
struct run *run_given(struct bq_arena *mem, const struct ast *clause);

/* Put in a match behind all others; false when the arena is full. */
bool run_put(struct run *r, uint32_t start, uint32_t end);

/* Find one more match, or some, if one begins before `limit`; false if none
 * does, the arena is full or a position is damaged. */
bool run_more(struct run *r, uint64_t limit);

/* Know all matches that begin before `limit`. */
static inline void run_reach(struct run *r, uint64_t limit)
{
	while (r->floor < limit && run_more(r, limit))
		;
}

/* The number of the first known match at `pos` or behind; r->n if there is none. */
uint32_t run_at(const struct run *r, uint64_t pos);

/* Go on from match *at to the first at `pos` or behind; false if there is none. */
bool run_seek(struct run *r, uint32_t *at, uint64_t pos);

/* Its last position. */
static inline uint32_t run_end(const struct run *r, uint32_t i)
{
	return r->ends != NULL ? r->ends[i] : r->pos[i] + r->span - 1;
}

#endif
