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

/* A hit on its way.  Order: key descending, then path ascending, then place
 * ascending; so no two are equal. */
struct topk_item {
	uint64_t key;     /* points; modification time; 0 when sorted by path */
	uint64_t place;   /* topk_place() */
	const char *path; /* when sorted by path; **borrowed** from the leaf */
	uint32_t path_len, points;
};

/* Index, leaf of it and document, in this order. */
static inline uint64_t topk_place(uint32_t index, uint32_t leaf, uint32_t doc)
{
	return (uint64_t)index << 48 | (uint64_t)leaf << 32 | doc;
}

static inline uint32_t topk_index(const struct topk_item *i) { return (uint32_t)(i->place >> 48); }
static inline uint32_t topk_leaf(const struct topk_item *i) { return (uint32_t)(i->place >> 32) & 0xffff; }
static inline uint32_t topk_doc(const struct topk_item *i) { return (uint32_t)i->place; }

struct topk {
	struct topk_item *items; /* [cap]; as many more are room for sorting */
	uint32_t n, cap;
};

/* Room for `k` items in `mem`; false when it is full. */
bool topk_init(struct topk *t, uint32_t k, struct bq_arena *mem);

/* Whether `a` ranks before `b`. */
bool topk_before(const struct topk_item *a, const struct topk_item *b);

/* Keep an item of these members if it is among the best so far. */
void topk_push(struct topk *t, uint64_t key, uint64_t place, uint32_t points, struct bq_span path);

/* Put the items, however they stand, in rank order; no push after that. */
void topk_finish(struct topk *t);

#endif
