/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The best k of many: a heap with the worst of them on top.
 */
#ifndef QUERY_TOPK_H
#define QUERY_TOPK_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/span.h>

/* A hit on its way.  Order: key descending, then path ascending, then index,
 * leaf, doc ascending; so no two are equal. */
struct topk_item {
	uint64_t key;        /* points; modification time; 0 when sorted by path */
	struct bq_span path; /* when sorted by path; **borrowed** from the leaf */
	uint32_t index, leaf, doc;
	uint32_t points;
};

struct topk {
	struct topk_item *items; /* [cap] */
	uint32_t n, cap;
};

/* Room for `k` items in `mem`; false when it is full. */
bool topk_init(struct topk *t, uint32_t k, struct bq_arena *mem);

/* Whether `a` ranks before `b`. */
bool topk_before(const struct topk_item *a, const struct topk_item *b);

/* Keep `item` if it is among the best so far. */
void topk_push(struct topk *t, const struct topk_item *item);

/* Put the items in rank order; no push after that. */
void topk_finish(struct topk *t);

#endif
