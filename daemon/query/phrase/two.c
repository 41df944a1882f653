/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/two.h"

#include "query/eval/bound.h"
#include "query/phrase/lanes.h"

/* ---- positions --------------------------------------------------------- */

/* Leave out distances by eights while what is left of `far` is more than they
 * are together. */
static inline void skip_eights(struct bq_spot_walk *w, uint64_t *far)
{
	while (w->left >= 8) {
		uint64_t sum = 8 + lanes_sum_eight(bq_get_u64(w->rest + (w->bit >> 3)) >> (w->bit & 7), w->width);
		if (*far <= sum)
			break;
		*far -= sum;
		w->left -= 8;
		w->bit += UINT64_C(8) * w->width;
	}
}

/* Whether a position is `far` on from the first one, in a list of distances that
 * fit lanes. */
static uint32_t is_there(const struct bq_spot *spot, uint64_t far)
{
	struct bq_spot_walk w = bq_spot_walk_from(spot, 0);

	if (far == 0)
		return 1;
	if (w.width <= LANES_EIGHT)
		skip_eights(&w, &far);
	for (;; w.left -= LANES_N, w.bit += (uint64_t)LANES_N * w.width) {
		uint64_t lanes = lanes_of(bq_get_u64(w.rest + (w.bit >> 3)) >> (w.bit & 7), w.width);
		if (w.left <= LANES_N || far <= lanes_last(lanes))
			return (lanes_same(lanes, far) & lanes_first(w.left)) != 0;
		far -= lanes_last(lanes);
	}
}

/* One of the words has one position: whether the other has one `far` on from its
 * first.  Returns that of a list of up to LANES_N more, no branch; *is_more: ask
 * is_there(). */
static inline uint32_t is_near(const struct bq_spot *spot, uint64_t far, bool *is_more)
{
	uint32_t left = spot->tf - 1, width = spot->w1 <= LANES_WIDTH ? spot->w1 : 0;
	const uint8_t *p = left == 0 ? spot->first : spot->rest; /* what no list has is not fetched */
	uint64_t lanes = lanes_of(bq_get_u64(p) >> spot->s1, width);

	*is_more = (left > LANES_N) & (far > lanes_last(lanes)) & (far <= UINT32_MAX);
	return (uint32_t)(far == 0) | ((lanes_same(lanes, far) & lanes_first(left)) != 0);
}

/* The words by how often they are there, and how far on from the first position
 * of the one that is more often the other's first is; below 0 as a number without
 * sign: nowhere. */
struct sides {
	const struct bq_spot *shorter, *longer;
	uint64_t far;
	bool is_bad; /* a first position is out of range [F24] */
};

static inline struct sides sides_of(const struct two_spots *s, uint32_t i)
{
	const struct bq_spot *a = &s->first[i], *b = &s->second[i];
	uint64_t x = bq_spot_first(a), y = bq_spot_first(b);
	bool is_second = b->tf < a->tf;

	return (struct sides){ is_second ? b : a, is_second ? a : b, is_second ? y - x - s->gap : x + s->gap - y,
		(x >= BQ_MAX_POS) | (y >= BQ_MAX_POS) };
}

/* One or two positions are looked for in the longer list. */
static uint32_t count_few(const struct sides *s)
{
	uint64_t second = s->far + 1 + bq_spot_bits(s->shorter->rest, s->shorter->s1, s->shorter->w1);
	uint32_t n = s->far <= UINT32_MAX ? is_there(s->longer, s->far) : 0;

	return s->shorter->tf == 1 || second > UINT32_MAX ? n : n + is_there(s->longer, second);
}

enum { FEW = 2 };

bool two_starts(const struct two_spots *s, uint32_t n, uint32_t *tfs, uint16_t *rest, uint32_t *n_rest)
{
	uint32_t n_more = 0, kept = 0;
	bool is_bad = false, is_more;

	for (uint32_t i = 0; i < n; i++) {
		struct sides d = sides_of(s, i);
		is_bad |= d.is_bad;
		tfs[i] = is_near(d.longer, d.far, &is_more);
		rest[n_more] = (uint16_t)i;
		n_more += is_more | (d.shorter->tf > 1) | ((d.longer->tf > 1) & (d.longer->w1 > LANES_WIDTH));
	}
	for (uint32_t k = 0; k < n_more; k++) {
		struct sides d = sides_of(s, rest[k]);
		if (d.longer->w1 > LANES_WIDTH || d.shorter->tf > FEW)
			rest[kept++] = rest[k];
		else
			tfs[rest[k]] = count_few(&d);
	}
	*n_rest = kept;
	return !is_bad;
}

/* ---- documents --------------------------------------------------------- */

/* One of the words. */
struct word {
	struct bq_cursor *cursor;
	struct bq_spot *spots; /* [LOOKUP_DOCS] */
	uint16_t kept[LOOKUP_DOCS];
};

struct two {
	struct node *phrase;
	struct word words[2];  /* the rarer one, unless it leads */
	bool is_swapped;       /* words[0] is the phrase's second */
	bool has_lead;         /* documents come from words[1] */
	struct verify verify;
	struct verify_member members[2];
	struct bq_spot_walk walks[2];
	struct verify_map map; /* not cleared at first, but for its stamp */
};

bool two_is_enough(const struct node *n)
{
	return n->n_must == 2 && n->n_lists == 2 && n->n_members == 2 && n->slots == NULL &&
		(n->ast == NULL || !n->ast->is_title) && n->must[0]->kind == NODE_TERM && n->must[1]->kind == NODE_TERM;
}

struct two *two_new(struct node *phrase, const struct node *lead)
{
	struct bq_arena *mem = phrase->ev->read.mem;
	struct two *t = bq_arena_alloc(mem, sizeof *t);
	struct bq_spot *spots = bq_arena_alloc(mem, 2 * LOOKUP_DOCS * sizeof *spots);
	uint32_t first = phrase->must[0] == lead; /* of the lists, the one met first */

	if (t == NULL || spots == NULL)
		return NULL;
	memset(t, 0, offsetof(struct two, map));
	t->phrase = phrase;
	t->has_lead = phrase->must[1 - first] == lead;
	for (uint32_t i = 0; i < 2; i++) {
		t->words[i].cursor = phrase->must[i == 0 ? first : 1 - first]->cursor;
		t->words[i].spots = spots + i * LOOKUP_DOCS;
		t->members[i] = (struct verify_member){ phrase->members[i].list != first, phrase->members[i].at };
	}
	t->is_swapped = t->members[0].list == 1;
	t->verify = (struct verify){ t->members, 2, t->members[1].at + 1, UINT32_MAX, t->walks, &t->map };
	t->map.stamp = UINT8_MAX;
	return t;
}

/* Meet words[1] with the `n` documents that words[0] has; returns how many are
 * left. */
static uint32_t meet_second(struct two *t, const struct lookup_batch *b, uint32_t n)
{
	struct word *w = t->words;
	uint32_t docs[LOOKUP_DOCS];

	for (uint32_t j = 0; j < n; j++)
		docs[j] = b->docs[w[0].kept[j]];
	n = n == 0 ? 0 : bq_cursor_meet(w[1].cursor, docs, n, w[1].kept, w[1].spots);
	for (uint32_t j = 0; j < n; j++) {
		uint32_t at = w[1].kept[j];
		if (at != j)
			w[0].spots[j] = w[0].spots[at];
		w[0].kept[j] = w[0].kept[at];
	}
	return n;
}

/* Where the lead has these documents it knows. */
static bool pick_second(struct two *t, const struct lookup_batch *b, uint32_t n)
{
	uint8_t places[LOOKUP_DOCS];

	for (uint32_t j = 0; j < n; j++)
		places[j] = b->lead_at[t->words[0].kept[j]];
	return bq_cursor_pick(t->words[1].cursor, places, n, t->words[1].spots);
}

/* No more points than these for document j, at place `at` of the question. */
static uint32_t most_points(const struct two *t, const struct lookup_batch *b, uint32_t j, uint32_t at)
{
	struct eval *ev = t->phrase->ev;
	uint32_t first = t->words[0].spots[j].tf, second = t->has_lead ? b->lead_tfs[at] : t->words[1].spots[j].tf;

	return bound_points_tf(t->phrase->weight, first < second ? first : second,
		node_k(ev, b->docs[at]));
}

/* Leave out documents that nobody wants to know of. */
static uint32_t drop_low(struct two *t, struct lookup_batch *b, uint32_t n)
{
	struct word *w = t->words;
	uint32_t left = 0;

	for (uint32_t j = 0; j < n; j++) {
		uint32_t at = w[0].kept[j], need = b->least[at];
		if (need != 0 && most_points(t, b, j, at) < need) {
			b->is_cut = true;
			continue;
		}
		if (left != j) {
			w[0].spots[left] = w[0].spots[j];
			w[0].kept[left] = (uint16_t)at;
			if (!t->has_lead)
				w[1].spots[left] = w[1].spots[j];
		}
		left++;
	}
	return left;
}

/* Whether one start in document j is as good as all. */
static bool is_any_fine(const struct two *t, const struct lookup_batch *b, uint32_t j)
{
	if (b->exact_from == UINT32_MAX || b->exact_from == 0)
		return b->exact_from != 0;
	return most_points(t, b, j, t->words[0].kept[j]) < b->exact_from;
}

/* Documents with several positions of both words. */
static bool walk(struct two *t, const struct lookup_batch *b, const uint16_t *rest, uint32_t n, uint32_t *tfs)
{
	for (uint32_t k = 0; k < n; k++) {
		uint32_t j = rest[k];
		const struct bq_spot *spots[2] = { &t->words[0].spots[j], &t->words[1].spots[j] };
		t->verify.most = spots[0]->tf < spots[1]->tf ? spots[0]->tf : spots[1]->tf;
		tfs[j] = verify_starts(&t->verify, spots, verify_anywhere, is_any_fine(t, b, j));
		if (tfs[j] == VERIFY_DAMAGED)
			return false;
	}
	return true;
}

void two_run(struct two *t, struct lookup_batch *b)
{
	struct word *w = t->words;
	struct eval *ev = t->phrase->ev;
	struct two_spots s = { w[t->is_swapped].spots, w[!t->is_swapped].spots, t->members[1].at };
	uint32_t tfs[LOOKUP_DOCS], n = bq_cursor_meet(w[0].cursor, b->docs, b->n, w[0].kept, w[0].spots), n_rest;
	uint16_t rest[LOOKUP_DOCS];

	memset(b->tfs, 0, b->n * sizeof *b->tfs);
	if (!t->has_lead)
		n = meet_second(t, b, n);
	if (b->least != NULL)
		n = drop_low(t, b, n);
	if (n == 0 || (t->has_lead && !pick_second(t, b, n)))
		return;
	if (!bq_leaf_ready(ev->leaf, w[0].spots, n, &ev->read) || !bq_leaf_ready(ev->leaf, w[1].spots, n, &ev->read))
		return;
	if (!two_starts(&s, n, tfs, rest, &n_rest) || !walk(t, b, rest, n_rest, tfs)) {
		lookup_damaged(ev);
		return;
	}
	for (uint32_t j = 0; j < n; j++)
		b->tfs[w[0].kept[j]] = tfs[j];
}
