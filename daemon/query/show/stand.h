/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the words of one postings list stand in one document: positions,
 * ascending, read as far as somebody has looked.
 *
 *   share     7 19 | 40 ..       pos   7 8 19 23 | ..
 *   sharing   8 23 | 31 ..             read: n     ^ more, when asked for
 */
#ifndef QUERY_STAND_H
#define QUERY_STAND_H

#include <bq/arena.h>
#include <bq/spot.h>

/* Lives in `mem`, as long as the leaf does. */
struct stand {
	struct bq_arena *mem;
	uint32_t *pos;              /* those read; an older array keeps what it has */
	uint32_t n, cap;
	uint64_t most;              /* how many there are in all */
	struct bq_spot_walk *walks; /* over the words', a heap: who is first on top */
	uint32_t n_walks;
	bool is_damaged;            /* a position was out of range [F24]: there are no more */
};

/* Make it of `n` spots, all readable and of one leaf; the array is **borrowed**
 * until the call returns.  NULL when the arena is full. */
struct stand *stand_new(struct bq_arena *mem, const struct bq_spot *spots, uint32_t n);

/* Read on; false if there was nothing left, or the arena is full. */
bool stand_more(struct stand *s);

/* Whether there is a position `i`; it is then s->pos[i]. */
static inline bool stand_reach(struct stand *s, uint32_t i)
{
	while (i >= s->n)
		if (!stand_more(s))
			return false;
	return true;
}

#endif
