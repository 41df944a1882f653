/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The best k, kept while items come, against all items sorted: in order and out
 * of it, with many ties, with points that keep rising or lie far apart, one by
 * one and documents of a leaf at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "query/eval/topk.h"

enum { ROUNDS = 1500, MAX_ITEMS = 6000, MAX_K = 400 };

static struct rng rng;

/* How a round's points are made. */
struct shape {
	uint32_t base, spread; /* base + [0, spread) */
	uint32_t rise;         /* and so many more for each item */
	uint32_t n_outliers;   /* one in so many has any points; 0: none */
	bool is_ordered;       /* places ascend */
};

static struct shape any_shape(void)
{
	return (struct shape){
		.base = (uint32_t)rng_below(&rng, UINT64_C(1) << rng_between(&rng, 1, 29)),
		.spread = (uint32_t)1 << rng_between(&rng, 0, 29),
		.rise = rng_one_in(&rng, 4) ? (uint32_t)rng_below(&rng, 100000) : 0,
		.n_outliers = rng_one_in(&rng, 3) ? (uint32_t)rng_between(&rng, 2, 300) : 0,
		.is_ordered = rng_one_in(&rng, 2),
	};
}

static void make_items(const struct shape *s, struct topk_item *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t points = s->base + (uint32_t)rng_below(&rng, s->spread) + s->rise * i;
		if (s->n_outliers != 0 && rng_one_in(&rng, s->n_outliers))
			points = (uint32_t)rng_below(&rng, UINT64_C(1) << 31);
		points &= INT32_MAX;
		items[i] = (struct topk_item){ .key = points, .points = points,
			.place = topk_place(i >> 12, i >> 10 & 3, i),
			.words = rng_below(&rng, 3) };
	}
	for (uint32_t i = n; !s->is_ordered && i-- > 1;) {
		uint32_t j = (uint32_t)rng_below(&rng, i + 1);
		struct topk_item swap = items[i];
		items[i] = items[j];
		items[j] = swap;
	}
}

static int compare(const void *a, const void *b)
{
	return topk_before(a, b) ? -1 : topk_before(b, a);
}

/* No item that is needed may be said not to rank. */
static void check_need(const struct topk *t, const struct shape *s, const struct topk_item *seen, uint32_t n)
{
	uint32_t need = topk_need(t, s->is_ordered), at_least = 0;

	for (uint32_t i = 0; i < n; i++)
		at_least += seen[i].points >= need - (need != 0 && s->is_ordered);
	assert_true(need == 0 || at_least >= t->cap);
}

/* One by one; who knows the need pushes no others, some push all. */
static void push_each(struct topk *t, const struct shape *s, const struct topk_item *items, uint32_t n, bool knows_need)
{
	for (uint32_t i = 0; i < n; i++) {
		if (items[i].points < topk_need(t, s->is_ordered) && knows_need)
			continue;
		topk_push(t, &items[i]);
		if (rng_one_in(&rng, 40))
			check_need(t, s, items, i + 1);
	}
}

/* Items of one leaf that follow each other at once, at most MAX_RUN. */
static void push_runs(struct topk *t, const struct shape *s, const struct topk_item *items, uint32_t n)
{
	enum { MAX_RUN = 256 };
	uint32_t docs[MAX_RUN], points[MAX_RUN];
	uint8_t words[MAX_RUN];

	for (uint32_t i = 0; i < n;) {
		uint32_t most = (uint32_t)rng_between(&rng, 1, MAX_RUN);
		struct topk_docs d = { .leaf = items[i].place >> 32 << 32, .docs = docs, .points = points,
			.words = words, .in_order = s->is_ordered };
		for (; i < n && d.n < most && items[i].place >> 32 << 32 == d.leaf; i++, d.n++) {
			docs[d.n] = topk_doc(&items[i]);
			points[d.n] = items[i].points;
			words[d.n] = (uint8_t)items[i].words;
		}
		topk_push_docs(t, &d);
		check_need(t, s, items, i);
	}
}

static void test_best(void **state)
{
	static struct topk_item items[MAX_ITEMS], want[MAX_ITEMS];
	struct bq_arena mem;

	(void)state;
	bq_arena_init(&mem, (size_t)1 << 24);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct shape shape = any_shape();
		uint32_t n = (uint32_t)rng_below(&rng, rng_one_in(&rng, 4) ? MAX_ITEMS : 600);
		uint32_t k = (uint32_t)rng_between(&rng, 1, MAX_K), n_want = n < k ? n : k;
		struct topk t;
		bq_arena_reset(&mem);
		assert_true(topk_init(&t, k, rng_below(&rng, 8) != 0, &mem));
		make_items(&shape, items, n);
		if (rng_one_in(&rng, 2))
			push_runs(&t, &shape, items, n);
		else
			push_each(&t, &shape, items, n, rng_one_in(&rng, 2));
		topk_finish(&t);
		memcpy(want, items, n * sizeof *items);
		qsort(want, n, sizeof *want, compare);
		assert_int_equal(t.n, n_want);
		for (uint32_t i = 0; i < n_want; i++)
			assert_true(t.items[i].place == want[i].place && t.items[i].points == want[i].points &&
				t.items[i].words == want[i].words);
	}
	bq_arena_release(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_best) };

	rng = rng_start("prop_topk");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
