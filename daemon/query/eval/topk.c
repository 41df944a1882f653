/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/topk.h"

enum { RUN = 8 }; /* items sorted by insertion before runs are merged */

bool topk_init(struct topk *t, uint32_t k, struct bq_arena *mem)
{
	t->n = 0;
	t->cap = k;
	t->items = bq_arena_alloc(mem, 2 * (size_t)k * sizeof *t->items);
	return t->items != NULL;
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

void topk_push(struct topk *t, uint64_t key, uint64_t place, uint32_t points, struct bq_span path)
{
	const struct topk_item item = { key, place, path.ptr, (uint32_t)path.len, points };

	if (t->n < t->cap)
		sift_up(t, t->n++, &item);
	else if (t->cap != 0 && before(&item, &t->items[0]))
		sift_down(t, &item);
}

/* ---- in rank order ----------------------------------------------------- */

static void sort_run(struct topk_item *items, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
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

void topk_finish(struct topk *t)
{
	struct topk_item *from = t->items, *to = t->items + t->cap;

	for (uint32_t i = 0; i < t->n; i += RUN)
		sort_run(from + i, t->n - i < RUN ? t->n - i : RUN);
	for (uint32_t width = RUN; width < t->n; width *= 2) {
		for (uint32_t i = 0; i < t->n; i += 2 * width) {
			uint32_t left = t->n - i;
			merge(from + i, left < width ? left : width, left < 2 * width ? left : 2 * width, to + i);
		}
		struct topk_item *swap = from;
		from = to;
		to = swap;
	}
	t->items = from;
}
