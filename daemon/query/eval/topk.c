/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/topk.h"

bool topk_init(struct topk *t, uint32_t k, struct bq_arena *mem)
{
	t->n = 0;
	t->cap = k;
	t->items = BQ_ARENA_NEW(mem, struct topk_item, k);
	return t->items != NULL;
}

bool topk_before(const struct topk_item *a, const struct topk_item *b)
{
	if (a->key != b->key)
		return a->key > b->key;
	int c = bq_span_cmp(a->path, b->path);
	if (c != 0)
		return c < 0;
	if (a->index != b->index)
		return a->index < b->index;
	if (a->leaf != b->leaf)
		return a->leaf < b->leaf;
	return a->doc < b->doc;
}

/* topk_before() for most pairs, which differ in their keys. */
static inline bool before(const struct topk_item *a, const struct topk_item *b)
{
	return a->key != b->key ? a->key > b->key : topk_before(a, b);
}

/* Put `item` at the end, or above as far as it ranks behind. */
static void sift_up(struct topk *t, uint32_t at, const struct topk_item *item)
{
	for (uint32_t up; at != 0 && before(&t->items[up = (at - 1) / 2], item); at = up)
		t->items[at] = t->items[up];
	t->items[at] = *item;
}

/* Put `item` on top, or below as far as it ranks before. */
static void sift_down(struct topk *t, const struct topk_item *item)
{
	uint32_t at = 0;

	for (uint32_t kid; (kid = 2 * at + 1) < t->n; at = kid) {
		if (kid + 1 < t->n && before(&t->items[kid], &t->items[kid + 1]))
			kid++;
		if (before(&t->items[kid], item))
			break;
		t->items[at] = t->items[kid];
	}
	t->items[at] = *item;
}

void topk_push(struct topk *t, const struct topk_item *item)
{
	if (t->n < t->cap)
		sift_up(t, t->n++, item);
	else if (t->cap != 0 && before(item, &t->items[0]))
		sift_down(t, item);
}

/* Move the worst to the end, again and again. */
void topk_finish(struct topk *t)
{
	uint32_t n = t->n;

	for (; t->n > 1;) {
		struct topk_item worst = t->items[0], last = t->items[--t->n];
		sift_down(t, &last);
		t->items[t->n] = worst;
	}
	t->n = n;
}
