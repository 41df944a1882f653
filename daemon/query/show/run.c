/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/run.h"

#include <string.h>

/* Positions for the slots of a near walk. */
static bool read_on(struct near_slot *s)
{
	struct stand *from = s->source;

	if (from->n <= s->n && !stand_more(from))
		return false;
	s->list = from->pos;
	s->n = from->n;
	return true;
}

static bool begin_near(struct run *r)
{
	const struct ast *a = r->clause;
	struct near_slot *slots = BQ_ARENA_NEW(r->mem, struct near_slot, a->n_words);
	const struct near_slot *last = &slots[a->n_words - 1];

	if (slots == NULL)
		return false;
	near_init(slots, a, a->lists);
	for (uint32_t i = 0; i < a->n_words; i++) {
		slots[i].more = read_on;
		slots[i].source = r->stands[i];
	}
	r->kind = RUN_NEAR;
	r->span = last->at + last->slack + 1;
	near_begin(&r->near, slots, a->n_words, r->from);
	return true;
}

static bool begin_exact(struct run *r)
{
	const struct ast *a = r->clause;

	r->kind = RUN_EXACT;
	r->reads = BQ_ARENA_NEW(r->mem, uint32_t, a->n_words);
	for (uint32_t i = 1; i < a->n_words; i++)
		if (r->stands[i]->most < r->stands[r->lead]->most)
			r->lead = i;
	return r->reads != NULL;
}

struct run *run_given(struct bq_arena *mem, const struct ast *clause)
{
	const struct ast_word *last = &clause->words[clause->n_words - 1];
	struct run *r = BQ_ARENA_NEW(mem, struct run, 1);

	if (r == NULL)
		return NULL;
	r->kind = RUN_GIVEN;
	r->clause = clause;
	r->mem = mem;
	r->is_char = last->is_char && clause->near == AST_EXACT;
	r->span = clause->kind == AST_WORD ? 1 : last->at + 1;
	r->floor = UINT64_MAX;
	return r;
}

struct run *run_new(struct bq_arena *mem, const struct ast *clause, struct stand **stands, const uint64_t range[2])
{
	struct run *r = run_given(mem, clause);
	bool ok = r != NULL;

	if (!ok)
		return NULL;
	r->stands = stands;
	r->from = r->floor = range[0];
	r->to = range[1];
	if (clause->n_words == 1)
		r->kind = RUN_WORD;
	else
		ok = clause->near == AST_EXACT ? begin_exact(r) : begin_near(r);
	return ok ? r : NULL;
}

/* Twice the room. */
static bool grow(struct bq_arena *mem, uint32_t **list, uint32_t n, uint32_t cap)
{
	uint32_t *p = bq_arena_alloc(mem, (size_t)cap * sizeof *p);

	if (p == NULL)
		return false;
	if (n != 0)
		memcpy(p, *list, n * sizeof *p);
	*list = p;
	return true;
}

bool run_put(struct run *r, uint32_t start, uint32_t end)
{
	uint32_t cap = r->cap == 0 ? 16 : 2 * r->cap;

	if (r->n == r->cap) {
		if (!grow(r->mem, &r->pos, r->n, cap) || !grow(r->mem, &r->ends, r->n, cap))
			return false;
		r->cap = cap;
	}
	r->pos[r->n] = start;
	r->ends[r->n++] = end;
	if (end - start >= r->span)
		r->span = end - start + 1;
	return true;
}

/* There are no more. */
static bool end_run(struct run *r)
{
	r->floor = UINT64_MAX;
	return false;
}

static bool more_words(struct run *r)
{
	struct stand *s = r->stands[0];

	if (s->n == r->n && !stand_more(s))
		return end_run(r);
	r->pos = s->pos;
	r->n = s->n;
	r->floor = (uint64_t)r->pos[r->n - 1] + 1;
	return true;
}

/* What came of trying one start. */
enum tried { TRIED_NONE, TRIED_MATCH, TRIED_END };

/* Whether every word but the lead stands where a phrase from `start` on needs
 * it. */
static enum tried try_start(struct run *r, uint64_t start)
{
	const struct ast *a = r->clause;

	for (uint32_t i = 0; i < a->n_words; i++) {
		struct stand *s = r->stands[i];
		uint32_t read = r->reads[i];
		if (i == r->lead)
			continue;
		while (stand_reach(s, read) && s->pos[read] < start + a->words[i].at)
			read++;
		r->reads[i] = read;
		if (read == s->n)
			return TRIED_END;
		if (s->pos[read] != start + a->words[i].at)
			return TRIED_NONE;
	}
	return TRIED_MATCH;
}

static bool more_exact(struct run *r, uint64_t limit)
{
	struct stand *lead = r->stands[r->lead];
	uint32_t at = r->clause->words[r->lead].at, *read = &r->reads[r->lead];

	for (; stand_reach(lead, *read); ++*read) {
		uint64_t pos = lead->pos[*read], start = pos - at;
		if (pos < at + r->from)
			continue;
		if (start + r->span > r->to)
			break;
		if (start >= limit) {
			r->floor = limit;
			return false;
		}
		enum tried tried = try_start(r, start);
		if (tried == TRIED_END)
			break;
		if (tried == TRIED_NONE)
			continue;
		++*read;
		r->floor = start + 1;
		return run_put(r, (uint32_t)start, (uint32_t)start + r->span - 1);
	}
	return end_run(r);
}

static bool more_near(struct run *r, uint64_t limit)
{
	uint32_t place[2];
	enum near_found found = near_next(&r->near, limit, place);

	if (found == NEAR_LATER) {
		r->floor = limit;
		return false;
	}
	if (found == NEAR_OVER || place[1] >= r->to)
		return end_run(r);
	r->floor = (uint64_t)place[0] + 1;
	return run_put(r, place[0], place[1]);
}

bool run_more(struct run *r, uint64_t limit)
{
	if (r->floor == UINT64_MAX)
		return false;
	switch (r->kind) {
	case RUN_WORD:
		return more_words(r);
	case RUN_EXACT:
		return more_exact(r, limit);
	case RUN_NEAR:
		return more_near(r, limit);
	case RUN_GIVEN:
		break;
	}
	return false;
}

uint32_t run_at(const struct run *r, uint64_t pos)
{
	uint32_t from = 0, to = r->n;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		if (r->pos[mid] < pos)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

bool run_seek(struct run *r, uint32_t *at, uint64_t pos)
{
	while (r->n == 0 || r->pos[r->n - 1] < pos) {
		*at = r->n;
		if (!run_more(r, UINT64_MAX))
			return false;
	}
	if (r->pos[*at] < pos)
		*at = run_at(r, pos);
	return true;
}
