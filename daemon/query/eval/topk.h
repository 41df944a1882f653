/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The best k of many.
 *
 * By points and with k >= TOPK_MANY: items lie as they came.  From the k-th on
 * they are counted in buckets of points:
 *
 *   counts   3 0 2 | 0 1 4 0 .. 2   k items are right of the bar: with fewer
 *                  low              points nobody ranks any more
 *
 * When 2 k are there those below `low` go; where these are few, all but the best
 * k, and the buckets become narrower.  Otherwise: a heap, the worst of k on top.
 */
#ifndef QUERY_TOPK_H
#define QUERY_TOPK_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/span.h>

/* Which of the words that one may do without a document has, if that is known. */
enum topk_words { TOPK_UNKNOWN, TOPK_SOME, TOPK_ALL };

/* A hit on its way.  Order: key descending, then path ascending, then place
 * ascending; so no two are equal. */
struct topk_item {
	uint64_t key;     /* points; modification time; 0 when sorted by path */
	uint64_t place;   /* topk_place() */
	union {
		const char *path; /* when sorted by path; **borrowed** from the leaf */
		uint64_t words;   /* when sorted by score: enum topk_words */
	};
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

enum { TOPK_MANY = 32, TOPK_BUCKETS = 512 };

/* How many items have which points, from `base` on; more than a bucket is for
 * are in the last one. */
struct topk_counts {
	uint32_t base, shift;
	uint32_t bar, n_right;  /* n_right items are in buckets from `bar` on */
	uint64_t worst;         /* an item of `low` points behind this place does not rank */
	uint16_t n[TOPK_BUCKETS];
};

struct topk {
	struct topk_item *items; /* of topk_finish(): those kept, in rank order */
	uint32_t n, cap;         /* n > cap while items are counted */
	uint32_t low;            /* points that `cap` items have at least; 0 while there are fewer */
	struct topk_counts *counts; /* NULL: a heap */
};

/* Room for `k` items in `mem`, at most 30,000; false when it is full.
 * `by_points`: the key of an item is its points, and it has no path. */
bool topk_init(struct topk *t, uint32_t k, bool by_points, struct bq_arena *mem);

/* Whether `a` ranks before `b`. */
bool topk_before(const struct topk_item *a, const struct topk_item *b);

/* Keep an item if it is among the best so far. */
void topk_push(struct topk *t, const struct topk_item *item);

/* Documents of one leaf that are sorted by score. */
struct topk_docs {
	uint64_t leaf;         /* place of its document 0 */
	uint32_t n;
	const uint32_t *docs, *points; /* **borrowed** */
	const uint8_t *words;  /* enum topk_words of each; NULL: of none is known more than TOPK_UNKNOWN */
	bool in_order;         /* they ascend, and are behind all that were pushed */
};

/* The same as topk_push() for each of them, in turn. */
void topk_push_docs(struct topk *t, const struct topk_docs *d);

/* The fewest points with which a document behind all that were pushed ranks, if
 * sorted by score; `in_order` is false if it may be before some. */
static inline uint32_t topk_need(const struct topk *t, bool in_order)
{
	return t->n >= t->cap ? t->low + in_order : 0;
}

/* Put the items in rank order; no push after that. */
void topk_finish(struct topk *t);

#endif
