/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/topk.h"

#include <string.h>

enum { RUN = 8 }; /* items sorted by insertion before runs are merged */

enum { NARROWER = 3 }; /* buckets become narrower by so many bits */

bool topk_init(struct topk *t, uint32_t k, bool by_points, struct bq_arena *mem)
{
	bool is_counted = by_points && k >= TOPK_MANY;
	size_t room = (is_counted ? 4 : 2) * (size_t)k; /* half of it is for sorting */

	*t = (struct topk){ .cap = k };
	t->items = bq_arena_alloc(mem, room * sizeof *t->items);
	if (is_counted)
		t->counts = bq_arena_alloc(mem, sizeof *t->counts);
	return !mem->oom;
}

/* No jumps but for paths: who is before whom nobody predicts. */
static inline bool before(const struct topk_item *a, const struct topk_item *b)
{
	if (__builtin_expect((a->path_len | b->path_len) != 0 && a->key == b->key, 0)) {
		int c = bq_span_cmp(bq_span_make(a->path, a->path_len), bq_span_make(b->path, b->path_len));
		if (c != 0)
			return c < 0;
	}
	return ((unsigned)(a->key > b->key) | ((unsigned)(a->key == b->key) & (unsigned)(a->place < b->place))) != 0;
}

bool topk_before(const struct topk_item *a, const struct topk_item *b)
{
	return before(a, b);
}

/* Member by member, out of registers: a copy by wide loads would wait for the
 * narrow stores that made the item. */
static inline void put(struct topk_item *to, const struct topk_item *item)
{
	to->key = item->key;
	to->place = item->place;
	to->path = item->path;
	to->path_len = item->path_len;
	to->points = item->points;
}

/* Put the item at the end, or above as far as it ranks behind. */
static inline void sift_up(struct topk *t, uint32_t at, const struct topk_item *item)
{
	for (uint32_t up; at != 0 && before(&t->items[up = (at - 1) / 2], item); at = up)
		t->items[at] = t->items[up];
	put(&t->items[at], item);
}

/* Put the item on top, or below as far as it ranks before: most rank little
 * before the worst, so from above. */
static inline void sift_down(struct topk *t, const struct topk_item *item)
{
	uint32_t at = 0;

	for (uint32_t kid; (kid = 2 * at + 1) < t->n; at = kid) {
		kid += kid + 1 < t->n && before(&t->items[kid], &t->items[kid + 1]);
		if (before(&t->items[kid], item))
			break;
		t->items[at] = t->items[kid];
	}
	put(&t->items[at], item);
}

/* ---- in rank order ----------------------------------------------------- */

static void sort_run(struct topk_item *items, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		if (!before(&items[i], &items[i - 1]))
			continue;
		struct topk_item item = items[i];
		uint32_t at = i;
		for (; at > 0 && before(&item, &items[at - 1]); at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

/* Merge from[0 .. half) and from[half .. n) into to[0 .. n). */
static void merge(const struct topk_item *from, uint32_t half, uint32_t n, struct topk_item *to)
{
	uint32_t a = 0, b = half;

	for (uint32_t i = 0; i < n; i++) {
		bool takes_b = a == half || (b != n && before(&from[b], &from[a]));
		to[i] = from[takes_b ? b : a];
		b += takes_b;
		a += !takes_b;
	}
}

/* Sort from[0 .. n), which is either there or in `to` then. */
static struct topk_item *sort_items(struct topk_item *from, uint32_t n, struct topk_item *to)
{
	for (uint32_t i = 0; i < n; i += RUN)
		sort_run(from + i, n - i < RUN ? n - i : RUN);
	for (uint32_t width = RUN; width < n; width *= 2) {
		for (uint32_t i = 0; i < n; i += 2 * width) {
			uint32_t left = n - i;
			merge(from + i, left < width ? left : width, left < 2 * width ? left : 2 * width, to + i);
		}
		struct topk_item *swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* ---- counted ----------------------------------------------------------- */

static uint32_t bucket_of(const struct topk_counts *c, uint32_t points)
{
	uint32_t b = (points - c->base) >> c->shift;

	return b < TOPK_BUCKETS ? b : TOPK_BUCKETS - 1;
}

/* Move the bar as far right as `cap` items allow. */
static void move_bar(struct topk *t)
{
	struct topk_counts *c = t->counts;

	if (c->n_right - c->n[c->bar] < t->cap)
		return;
	while (c->n_right - c->n[c->bar] >= t->cap)
		c->n_right -= c->n[c->bar++];
	t->low = c->base + (c->bar << c->shift);
	c->worst = UINT64_MAX;
}

/* Count the items, `cap` at least of at least `base` points each. */
static void count_items(struct topk *t, uint32_t base, uint32_t shift)
{
	struct topk_counts *c = t->counts;

	*c = (struct topk_counts){ .base = base, .shift = shift, .n_right = t->n, .worst = UINT64_MAX };
	for (uint32_t i = 0; i < t->n; i++)
		c->n[bucket_of(c, t->items[i].points)]++;
	t->low = base;
	move_bar(t);
}

/* Make buckets for what points the items have, and some more. */
static void spread_items(struct topk *t)
{
	uint32_t least = UINT32_MAX, most = 0, shift = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		least = t->items[i].points < least ? t->items[i].points : least;
		most = t->items[i].points > most ? t->items[i].points : most;
	}
	while ((most - least) >> shift >= TOPK_BUCKETS / 4 * 3)
		shift++;
	count_items(t, least, shift);
}

/* Drop the items left of the bar. */
static void drop_low(struct topk *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		put(&t->items[n], &t->items[i]);
		n += t->items[i].points >= t->low;
	}
	t->n = n;
}

/* So many are in the bar's bucket that `low` is low: make narrower ones. */
static void narrow(struct topk *t)
{
	struct topk_counts *c = t->counts;

	drop_low(t);
	if (c->bar == TOPK_BUCKETS - 1)
		spread_items(t);
	else
		count_items(t, t->low, c->shift < NARROWER ? 0 : c->shift - NARROWER);
}

static void make_room(struct topk *t)
{
	struct topk_item *sorted;

	drop_low(t);
	if (t->n <= t->cap + t->cap / 2)
		return;
	sorted = sort_items(t->items, t->n, t->items + 2 * (size_t)t->cap);
	t->n = t->cap;
	if (sorted != t->items)
		memcpy(t->items, sorted, t->n * sizeof *sorted);
	spread_items(t);
	t->counts->worst = t->items[t->n - 1].place;
}

/* Whether an item is not among those that `cap` items are known to rank before. */
static bool may_rank(const struct topk *t, const struct topk_item *item)
{
	return item->points > t->low || (item->points == t->low && item->place <= t->counts->worst);
}

/* `cap` items are right of the bar, or so many that buckets should be narrower. */
static __attribute__((noinline)) void settle(struct topk *t)
{
	struct topk_counts *c = t->counts;

	move_bar(t);
	if (c->n_right > t->cap + t->cap / 4 && c->shift != 0)
		narrow(t);
}

/* There is room for it. */
static inline void add_counted(struct topk *t, const struct topk_item *item)
{
	struct topk_counts *c = t->counts;

	put(&t->items[t->n++], item);
	c->n[bucket_of(c, item->points)]++;
	c->n_right++;
	if (c->n_right - c->n[c->bar] >= t->cap || c->n_right > t->cap + t->cap / 4)
		settle(t);
}

static inline void push_counted(struct topk *t, const struct topk_item *item)
{
	if (t->n < t->cap) {
		put(&t->items[t->n++], item);
		if (t->n == t->cap)
			spread_items(t);
		return;
	}
	if (!may_rank(t, item))
		return;
	if (t->n == 2 * t->cap) {
		make_room(t);
		if (!may_rank(t, item))
			return;
	}
	add_counted(t, item);
}

/* Sort by the buckets, the last one first; then nearly all is in place.  Items
 * left of the bar are left behind. */
static void sort_counted(struct topk *t)
{
	struct topk_counts *c = t->counts;
	struct topk_item *to = t->items + 2 * (size_t)t->cap;
	uint32_t at = 0, most = 0;

	for (uint32_t b = TOPK_BUCKETS; b-- > c->bar;) {
		uint32_t n = c->n[b];
		c->n[b] = (uint16_t)at;
		at += n;
		most = n > most ? n : most;
	}
	if (most > 2 * RUN) {
		drop_low(t);
		t->items = sort_items(t->items, t->n, to);
		return;
	}
	for (uint32_t i = 0; i < t->n; i++)
		if (t->items[i].points >= t->low)
			put(&to[c->n[bucket_of(c, t->items[i].points)]++], &t->items[i]);
	sort_run(to, at);
	t->items = to;
}

/* ---- the calls --------------------------------------------------------- */

static inline void push(struct topk *t, const struct topk_item *item)
{
	if (t->counts != NULL) {
		push_counted(t, item);
		return;
	}
	if (t->n < t->cap)
		sift_up(t, t->n++, item);
	else if (t->cap != 0 && before(item, &t->items[0]))
		sift_down(t, item);
	if (t->n == t->cap && t->cap != 0)
		t->low = t->items[0].points;
}

void topk_push(struct topk *t, const struct topk_item *item)
{
	push(t, item);
}

static inline struct topk_item item_of(const struct topk_docs *d, uint32_t i)
{
	return (struct topk_item){ .key = d->points[i], .points = d->points[i], .place = d->leaf | d->docs[i],
		.words = d->words == NULL ? (uint64_t)TOPK_UNKNOWN : d->words[i] };
}

/* From number `i` on: `cap` items are there, and counted. */
static void push_more(struct topk *t, const struct topk_docs *d, uint32_t i)
{
	for (; i < d->n; i++) {
		if (d->points[i] < t->low + d->in_order)
			continue;
		struct topk_item item = item_of(d, i);
		if (t->n == 2 * t->cap)
			make_room(t);
		if (may_rank(t, &item))
			add_counted(t, &item);
	}
}

void topk_push_docs(struct topk *t, const struct topk_docs *d)
{
	for (uint32_t i = 0; i < d->n; i++) {
		if (t->counts != NULL && t->n >= t->cap) {
			push_more(t, d, i);
			return;
		}
		if (d->points[i] < topk_need(t, d->in_order))
			continue;
		struct topk_item item = item_of(d, i);
		push(t, &item);
	}
}

void topk_finish(struct topk *t)
{
	if (t->counts == NULL || t->n < t->cap) {
		t->items = sort_items(t->items, t->n, t->items + t->cap);
		return;
	}
	sort_counted(t);
	t->n = t->cap;
}
