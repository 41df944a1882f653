/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/verify.h"

#include <string.h>

#include "query/phrase/lanes.h"

/* ---- walking ----------------------------------------------------------- */

/* Distances narrow enough that four of them lie in one load. */
enum { FOUR_BITS = 14 };

static inline uint64_t sum_four(uint64_t v, unsigned width)
{
	uint64_t lane = (UINT64_C(1) << width) - 1, even = lane | lane << 2 * width;

	v = (v & even) + (v >> width & even);
	return (v & ((UINT64_C(1) << 2 * width) - 1)) + (v >> 2 * width);
}

/* Leave positions below `target` behind, `n` at a time while that many do not
 * reach it. */
static inline struct bq_spot_walk stride(struct bq_spot_walk w, uint64_t target, uint32_t n,
	uint64_t (*sum)(uint64_t v, unsigned width))
{
	while (w.left >= n) {
		uint64_t bits = bq_get_u64(w.rest + (w.bit >> 3)) >> (w.bit & 7);
		uint64_t pos = w.pos + n + sum(bits, w.width);
		if (pos >= target)
			break;
		w.pos = pos;
		w.left -= n;
		w.bit += (uint64_t)n * w.width;
	}
	return w;
}

/* Go on to the first position that is not below `target`; false if all are. */
static inline bool walk_to(struct bq_spot_walk *walk, uint64_t target)
{
	struct bq_spot_walk w = *walk; /* a copy stays in registers */
	bool more = true;

	if (w.pos >= target)
		return true;
	if (w.width <= LANES_EIGHT && w.left >= 8)
		w = stride(w, target, 8, lanes_sum_eight);
	else if (w.width <= FOUR_BITS && w.left >= 4)
		w = stride(w, target, 4, sum_four);
	while (w.pos < target && more)
		more = bq_spot_next(&w);
	*walk = w;
	return more;
}

/* ---- two words --------------------------------------------------------- */

/* Two words, `gap` places apart: two walks side by side. */
static uint32_t count_two(const struct bq_spot *first, const struct bq_spot *second, uint32_t gap, uint32_t most)
{
	uint64_t x = bq_spot_first(first) + gap, y = bq_spot_first(second);
	uint32_t n = 0;

	if (first->tf == 1 && second->tf == 1)
		return x - gap >= BQ_MAX_POS || y >= BQ_MAX_POS ? VERIFY_DAMAGED : x == y;
	struct bq_spot_walk a = bq_spot_walk_from(first, x), b = bq_spot_walk_from(second, y);
	while (walk_to(&a, b.pos) && walk_to(&b, a.pos)) {
		if (a.pos != b.pos)
			continue;
		n++;
		if (n == most || !bq_spot_next(&a))
			break;
	}
	return a.pos - gap >= BQ_MAX_POS || b.pos >= BQ_MAX_POS ? VERIFY_DAMAGED : n;
}

/* ---- several words ----------------------------------------------------- */

static uint32_t tf_of(const struct verify *v, const struct bq_spot *const *spots, uint32_t member)
{
	return spots[v->members[member].list]->tf;
}

/* The member with the fewest positions here, but for `other`. */
static uint32_t find_lead(const struct verify *v, const struct bq_spot *const *spots, uint32_t other)
{
	uint32_t lead = other == 0;

	for (uint32_t i = lead + 1; i < v->n_members; i++)
		if (i != other && tf_of(v, spots, i) < tf_of(v, spots, lead))
			lead = i;
	return lead;
}

/* What came of trying one start. */
enum found { FOUND_NONE, FOUND_ALL, FOUND_END };

/* Whether every member but the lead and `sure` stands where `start` needs it;
 * if one stands behind, *next is the first start that fits it. */
static enum found try_start(struct verify *v, uint32_t lead, uint32_t sure, uint64_t start, uint64_t *next)
{
	for (uint32_t i = 0; i < v->n_members; i++) {
		struct bq_spot_walk *w = &v->walks[i];
		uint64_t target = start + v->members[i].at;
		if (i == lead || i == sure)
			continue;
		if (!walk_to(w, target))
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

static void start_walks(struct verify *v, const struct bq_spot *const *spots)
{
	for (uint32_t i = 0; i < v->n_members; i++)
		v->walks[i] = bq_spot_start(spots[v->members[i].list]);
}

/* ---- by a map ---------------------------------------------------------- */

/* Fewer steps are cheaper than the map, and so are few steps in a long list. */
enum { MAP_STEPS = 3, MAP_TIMES = 16 };

static bool wants_map(const struct verify *v, uint32_t lead_tf, uint32_t second_tf)
{
	return v->map != NULL && lead_tf >= MAP_STEPS && lead_tf <= VERIFY_STARTS && second_tf <= lead_tf * MAP_TIMES;
}

static uint8_t next_stamp(struct verify_map *m)
{
	if (++m->stamp == 0) {
		memset(m->places, 0, sizeof m->places);
		m->stamp = 1;
	}
	return m->stamp;
}

/* Put down where word `second` is; *last is its last position. */
static uint8_t put_down(struct verify_map *m, const struct bq_spot *second, uint64_t *last)
{
	struct bq_spot_walk w = bq_spot_start(second);
	uint8_t stamp = next_stamp(m);

	do
		m->places[w.pos % VERIFY_PLACES] = stamp;
	while (bq_spot_next(&w));
	*last = w.pos;
	return stamp;
}

/* Starts that fit the lead and, by the low bits of its positions, the second
 * member; if none of those is above the map, they fit it: *is_sure.
 * VERIFY_DAMAGED. */
static uint32_t find_starts(const struct verify *v, const struct bq_spot *const *spots,
	const struct verify_member *lead, const struct verify_member *second, bool *is_sure)
{
	struct bq_spot_walk w = bq_spot_start(spots[lead->list]);
	uint64_t last, most;
	uint8_t stamp = put_down(v->map, spots[second->list], &last);
	uint32_t n = 0;

	*is_sure = last < VERIFY_PLACES;
	most = *is_sure ? VERIFY_PLACES : UINT64_MAX;
	do {
		uint64_t start = w.pos - lead->at, at = start + second->at;
		v->map->starts[n] = (uint32_t)start;
		n += (w.pos >= lead->at) & (at < most) & (v->map->places[at % VERIFY_PLACES] == stamp);
	} while (bq_spot_next(&w));
	return w.pos >= BQ_MAX_POS || last >= BQ_MAX_POS ? VERIFY_DAMAGED : n;
}

static uint32_t count_by_map(struct verify *v, const struct bq_spot *const *spots, const uint32_t pair[2],
	uint32_t most)
{
	bool is_sure;
	uint32_t n = 0, n_starts = find_starts(v, spots, &v->members[pair[0]], &v->members[pair[1]], &is_sure);
	uint64_t next = 0;

	if (n_starts == 0 || n_starts == VERIFY_DAMAGED)
		return n_starts;
	start_walks(v, spots);
	for (uint32_t i = 0; i < n_starts && n != most; i++) {
		enum found found = v->map->starts[i] < next ? FOUND_NONE
			: try_start(v, pair[0], is_sure ? pair[1] : pair[0], v->map->starts[i], &next);
		if (found == FOUND_END)
			break;
		n += found == FOUND_ALL;
	}
	return is_damaged(v) ? VERIFY_DAMAGED : n;
}

/* ---- near one another -------------------------------------------------- */

/* Have all walks go on until they go together: from the one that is farthest
 * ahead, less its slack, all must be.  Who is not goes with nothing that the
 * others still come to.  false when one is at its end. */
static bool walk_together(const struct verify_word *words, uint32_t n_words, struct bq_spot_walk *walks)
{
	for (;;) {
		uint64_t least = 0, first = UINT64_MAX;
		for (uint32_t i = 0; i < n_words; i++) {
			uint64_t pos = walks[i].pos, from = pos > words[i].slack ? pos - words[i].slack : 0;
			least = from > least ? from : least;
			first = pos < first ? pos : first;
		}
		if (first >= least)
			return true;
		for (uint32_t i = 0; i < n_words; i++)
			if (!walk_to(&walks[i], least))
				return false;
	}
}

/* The same for two, without a loop over them. */
static uint32_t near_two(const struct verify_word words[2], const struct bq_spot *const *spots, uint32_t most)
{
	const struct bq_spot *first = spots[words[0].list], *second = spots[words[1].list];
	struct bq_spot_walk a = bq_spot_walk_from(first, bq_spot_first(first) + words[0].off);
	struct bq_spot_walk b = bq_spot_walk_from(second, bq_spot_first(second) + words[1].off);
	uint32_t n = 0;
	bool more = true;

	while (more) {
		if (b.pos > a.pos + words[1].slack) {
			more = walk_to(&a, b.pos - words[1].slack);
		} else if (a.pos > b.pos + words[0].slack) {
			more = walk_to(&b, a.pos - words[0].slack);
		} else {
			uint64_t x = a.pos - words[0].off, y = b.pos - words[1].off, next = (x > y ? x : y) + 1;
			more = ++n < most && walk_to(&a, next + words[0].off) && walk_to(&b, next + words[1].off);
		}
	}
	return a.pos - words[0].off >= BQ_MAX_POS || b.pos - words[1].off >= BQ_MAX_POS ? VERIFY_DAMAGED : n;
}

/* The first that go together end sooner than any others. */
uint32_t verify_near(const struct verify_word *words, uint32_t n_words, const struct bq_spot *const *spots,
	struct bq_spot_walk *walks, uint32_t most)
{
	uint32_t n = 0;
	bool more = true;

	if (n_words == 2)
		return near_two(words, spots, most);
	for (uint32_t i = 0; i < n_words; i++) {
		const struct bq_spot *spot = spots[words[i].list];
		walks[i] = bq_spot_walk_from(spot, bq_spot_first(spot) + words[i].off);
	}
	while (more && walk_together(words, n_words, walks)) {
		uint64_t end = 0;
		more = ++n < most;
		for (uint32_t i = 0; i < n_words; i++)
			end = walks[i].pos - words[i].off > end ? walks[i].pos - words[i].off : end;
		for (uint32_t i = 0; i < n_words && more; i++)
			more = walk_to(&walks[i], end + 1 + words[i].off);
	}
	for (uint32_t i = 0; i < n_words; i++)
		if (walks[i].pos - words[i].off >= BQ_MAX_POS)
			return VERIFY_DAMAGED;
	return n;
}

/* ---- either way -------------------------------------------------------- */

uint32_t verify_starts(struct verify *v, const struct bq_spot *const *spots, struct verify_zone zone, bool any)
{
	uint32_t pair[2], n = 0, most = any ? 1 : v->most;
	uint64_t least = zone.from;

	pair[0] = find_lead(v, spots, UINT32_MAX);
	pair[1] = find_lead(v, spots, pair[0]);
	if (zone.to == UINT64_MAX && wants_map(v, tf_of(v, spots, pair[0]), tf_of(v, spots, pair[1])))
		return count_by_map(v, spots, pair, most);
	if (v->n_members == 2 && zone.to == UINT64_MAX) {
		const struct verify_member *a = &v->members[0], *b = &v->members[1];
		return a->at < b->at ? count_two(spots[a->list], spots[b->list], b->at - a->at, most)
			: count_two(spots[b->list], spots[a->list], a->at - b->at, most);
	}
	start_walks(v, spots);
	struct bq_spot_walk *w = &v->walks[pair[0]];
	uint32_t at = v->members[pair[0]].at;
	while (walk_to(w, least + at) && w->pos - at + v->span <= zone.to) {
		enum found found = try_start(v, pair[0], pair[0], w->pos - at, &least);
		if (found == FOUND_END)
			break;
		n += found == FOUND_ALL;
		if (n == most)
			break;
	}
	return is_damaged(v) ? VERIFY_DAMAGED : n;
}
