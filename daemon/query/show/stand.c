/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/stand.h"

#include <string.h>

#include <bq/index.h>

enum { AT_ONCE = 64 }; /* positions; more would hardly be cheaper a position */

static void sift_down(struct stand *s, uint32_t at)
{
	struct bq_spot_walk w = s->walks[at];

	for (uint32_t kid; (kid = 2 * at + 1) < s->n_walks; at = kid) {
		if (kid + 1 < s->n_walks && s->walks[kid + 1].pos < s->walks[kid].pos)
			kid++;
		if (s->walks[kid].pos >= w.pos)
			break;
		s->walks[at] = s->walks[kid];
	}
	s->walks[at] = w;
}

struct stand *stand_new(struct bq_arena *mem, const struct bq_spot *spots, uint32_t n)
{
	struct stand *s = BQ_ARENA_NEW(mem, struct stand, 1);
	struct bq_spot_walk *walks = bq_arena_alloc(mem, n * sizeof *walks);

	if (s == NULL || walks == NULL)
		return NULL;
	s->mem = mem;
	s->walks = walks;
	for (uint32_t i = 0; i < n; i++) {
		s->most += spots[i].tf;
		s->walks[s->n_walks++] = bq_spot_start(&spots[i]);
	}
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(s, i);
	return s;
}

/* Room for AT_ONCE more. */
static bool make_room(struct stand *s)
{
	uint32_t cap = s->cap == 0 ? AT_ONCE : 2 * s->cap;
	uint32_t *pos;

	if (s->n + AT_ONCE <= s->cap)
		return true;
	pos = bq_arena_alloc(s->mem, (size_t)cap * sizeof *pos);
	if (pos == NULL)
		return false;
	if (s->n != 0)
		memcpy(pos, s->pos, s->n * sizeof *pos);
	s->pos = pos;
	s->cap = cap;
	return true;
}

/* One word: straight on. */
static void read_one(struct stand *s)
{
	struct bq_spot_walk w = s->walks[0];
	uint32_t *to = s->pos + s->n, n = 0;
	bool more;

	do {
		to[n++] = (uint32_t)w.pos;
		s->is_damaged |= w.pos >= BQ_MAX_POS;
		more = bq_spot_next(&w);
	} while (more && n < AT_ONCE);
	s->n += n;
	s->n_walks = more;
	s->walks[0] = w;
}

/* Several: whoever is first. */
static void read_several(struct stand *s)
{
	for (uint32_t n = 0; n < AT_ONCE && s->n_walks != 0; n++) {
		struct bq_spot_walk *first = &s->walks[0];
		s->pos[s->n++] = (uint32_t)first->pos;
		s->is_damaged |= first->pos >= BQ_MAX_POS;
		if (!bq_spot_next(first))
			*first = s->walks[--s->n_walks];
		sift_down(s, 0);
	}
}

bool stand_more(struct stand *s)
{
	uint32_t n = s->n;

	if (s->n_walks == 0 || s->is_damaged || !make_room(s))
		return false;
	if (s->n_walks == 1)
		read_one(s);
	else
		read_several(s);
	if (s->is_damaged)
		s->n = n;
	return !s->is_damaged;
}
