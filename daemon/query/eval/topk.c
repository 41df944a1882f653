/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/topk.h"

#include <stdlib.h>

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

static void swap(struct topk_item *a, struct topk_item *b)
{
	struct topk_item t = *a;

	*a = *b;
	*b = t;
}

static void sift_up(struct topk *t, uint32_t at)
{
	for (uint32_t up; at != 0 && topk_before(&t->items[up = (at - 1) / 2], &t->items[at]); at = up)
		swap(&t->items[up], &t->items[at]);
}

static void sift_down(struct topk *t)
{
	for (uint32_t at = 0, kid; (kid = 2 * at + 1) < t->n; at = kid) {
		if (kid + 1 < t->n && topk_before(&t->items[kid], &t->items[kid + 1]))
			kid++;
		if (topk_before(&t->items[kid], &t->items[at]))
			return;
		swap(&t->items[kid], &t->items[at]);
	}
}

void topk_push(struct topk *t, const struct topk_item *item)
{
	if (t->n < t->cap) {
		t->items[t->n++] = *item;
		sift_up(t, t->n - 1);
	} else if (t->cap != 0 && topk_before(item, &t->items[0])) {
		t->items[0] = *item;
		sift_down(t);
	}
}

static int compare(const void *a, const void *b)
{
	return topk_before(a, b) ? -1 : topk_before(b, a);
}

void topk_finish(struct topk *t)
{
	if (t->n != 0)
		qsort(t->items, t->n, sizeof *t->items, compare);
}
