/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words near one another: `"a b c"~n`, `a NEAR/n b`, `a ADJ/n b`.
 *
 * Word i may stand at any of its positions d with  m + at <= d <= m + at + slack
 * for one m that is the same for all:
 *
 *              at         slack         so that
 *   "a b c"~n  0 1 2      n             max(d - at) - min(d - at) <= n
 *   NEAR/n     0 0        n             |d_b - d_a| <= n
 *   ADJ/n      0 1        0, n - 1      1 <= d_b - d_a <= n
 *
 * No position serves two words, of one list or of several: in `"東 東京"~n` the
 * first word stands wherever the second does.  A match ends at the first
 * position up to which one is complete; the next one lies wholly behind it.  So
 * tf, how many there are, is never more than any word's.
 *
 *   "data sharing"~2     sharing data x data x sharing
 *                        ~~~~~~~~~~~~   ~~~~~~~~~~~~~~   2: at cost 2 and 1
 */
#ifndef QUERY_NEAR_H
#define QUERY_NEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "query/lang/ast.h"

struct near_slot {
	const uint32_t *list; /* positions, ascending; **borrowed** */
	uint32_t n;
	bool (*more)(struct near_slot *s); /* makes the list longer; false: that was all, as with NULL */
	void *source;         /* of `more` */
	uint32_t at, slack;
	uint32_t before;      /* the slot before this one with the same list; UINT32_MAX if none */
	bool is_crossed;      /* another slot's list has positions of this one's, and is not the same */
	uint32_t read;        /* positions that no later match can use */
	uint32_t place;       /* the position taken; NEAR_FREE while there is none */
	uint32_t next;        /* positions looked at around one m */
	bool is_asked;        /* whether it can give up its place */
};

#define NEAR_FREE UINT32_MAX

/* Gives one match after the other. */
struct near_walk {
	struct near_slot *slots;
	uint32_t n_slots;
	bool is_crossed, is_wide; /* is_wide: how far words stand apart is no matter */
	int64_t from;         /* no match to come begins before it */
	int64_t m;            /* or stands around one before this */
};

/* What near_next() came upon. */
enum near_found {
	NEAR_OVER,  /* there are no more matches */
	NEAR_LATER, /* if there are, they begin at the limit or behind */
	NEAR_MATCH,
};

/* Words of a phrase in which one stands for what another does: seating them costs
 * about the cube of their number. */
#define NEAR_MAX_CROSSED 16u

/* Whether `a` is such a phrase. */
bool near_crosses(const struct ast *a);

/* Ready slots[0 .. a->n_words) for phrase `a`: all but `list` and `n`, and
 * `more` if it shall be called, which the caller sets for each document.
 * lists[i]: which list word i has. */
void near_init(struct near_slot *slots, const struct ast *a, const uint32_t *lists);

/* Walk over the matches that begin at `from` or behind; `slots` are
 * **borrowed**. */
void near_begin(struct near_walk *w, struct near_slot *slots, uint32_t n_slots, uint64_t from);

/* The next match: where it begins and which position is its last.  Reads lists
 * little farther than to what it finds, or to `limit`. */
enum near_found near_next(struct near_walk *w, uint64_t limit, uint32_t range[2]);

/* How many matches lie in [from, to); 1 is enough if `any`.  Writes where each
 * begins and which position is its last, unless `starts` is NULL. */
uint32_t near_matches(struct near_slot *slots, uint32_t n_slots, const uint64_t range[2], bool any,
	uint32_t *starts, uint32_t *ends);

#endif
