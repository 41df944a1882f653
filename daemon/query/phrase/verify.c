/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/verify.h"

/* Two words, `gap` places apart: two walks side by side. */
static uint32_t count_two(const struct bq_spot *first, const struct bq_spot *second, uint32_t gap, bool any)
{
	uint64_t x = bq_spot_first(first) + gap, y = bq_spot_first(second);
	uint32_t n = 0;

	if (first->tf == 1 && second->tf == 1)
		return x - gap >= BQ_MAX_POS || y >= BQ_MAX_POS ? VERIFY_DAMAGED : x == y;
	struct bq_spot_walk a = bq_spot_walk_from(first, x), b = bq_spot_walk_from(second, y);
	for (;;) {
		bool more = true;
		while (a.pos < b.pos && more)
			more = bq_spot_next(&a);
		while (b.pos < a.pos && more)
			more = bq_spot_next(&b);
		if (!more)
			break;
		if (a.pos != b.pos)
			continue;
		n++;
		if (any || !bq_spot_next(&a))
			break;
	}
	return a.pos - gap >= BQ_MAX_POS || b.pos >= BQ_MAX_POS ? VERIFY_DAMAGED : n;
}

/* The member with the fewest positions here. */
static uint32_t find_lead(const struct verify *v, const struct bq_spot *spots)
{
	uint32_t lead = 0;

	for (uint32_t i = 1; i < v->n_members; i++)
		if (spots[v->members[i].list].tf < spots[v->members[lead].list].tf)
			lead = i;
	return lead;
}

/* What came of trying one start. */
enum found { FOUND_NONE, FOUND_ALL, FOUND_END };

/* Whether every member but the lead stands where `start` needs it; if one
 * stands behind, *next is the first start that fits it. */
static enum found try_start(struct verify *v, uint32_t lead, uint64_t start, uint64_t *next)
{
	for (uint32_t i = 0; i < v->n_members; i++) {
		struct bq_spot_walk *w = &v->walks[i];
		uint64_t target = start + v->members[i].at;
		if (i == lead)
			continue;
		while (w->pos < target)
			if (!bq_spot_next(w))
				return FOUND_END;
		if (w->pos != target) {
			*next = w->pos - v->members[i].at;
			return FOUND_NONE;
		}
	}
	*next = start + 1;
	return FOUND_ALL;
}

static bool is_damaged(const struct verify *v)
{
	for (uint32_t i = 0; i < v->n_members; i++)
		if (v->walks[i].pos >= BQ_MAX_POS)
			return true;
	return false;
}

uint32_t verify_starts(struct verify *v, const struct bq_spot *spots, struct verify_zone zone, bool any)
{
	uint32_t lead, n = 0;
	uint64_t least = zone.from;

	if (v->n_members == 2 && zone.to == UINT64_MAX) {
		const struct verify_member *a = &v->members[0], *b = &v->members[1];
		return a->at < b->at ? count_two(&spots[a->list], &spots[b->list], b->at - a->at, any)
			: count_two(&spots[b->list], &spots[a->list], a->at - b->at, any);
	}
	lead = find_lead(v, spots);
	for (uint32_t i = 0; i < v->n_members; i++)
		v->walks[i] = bq_spot_start(&spots[v->members[i].list]);
	struct bq_spot_walk *w = &v->walks[lead];
	uint32_t at = v->members[lead].at;
	for (;;) {
		bool more = true;
		while (w->pos < least + at && more)
			more = bq_spot_next(w);
		if (!more || w->pos - at + v->span > zone.to)
			break;
		enum found found = try_start(v, lead, w->pos - at, &least);
		n += found == FOUND_ALL;
		if (found == FOUND_END || (found == FOUND_ALL && any))
			break;
	}
	return is_damaged(v) ? VERIFY_DAMAGED : n;
}
