/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The native engine against its twin in memory: the same documents, the same
 * random queries, the same answers to the last bit; and every place and
 * snippet the same.  The twin itself is compared with brute force in
 * prop_search.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/query.h>

#include "lib/native_index.h"
#include "lib/rng.h"
#include "lib/sides.h"
#include "query/phrase/lookup.h"

static struct rng rng;

static void compare(const struct native_index *n, struct side *a, struct side *b, const struct bq_buf *text)
{
	if (a->hits.n != b->hits.n || a->hits.total != b->hits.total || a->hits.any != b->hits.any)
		fail_msg("%.*s: %u hits of %u, the twin has %u of %u", (int)text->len, (const char *)text->ptr,
			a->hits.n, (unsigned)a->hits.total, b->hits.n, (unsigned)b->hits.total);
	for (uint32_t i = 0; i < a->hits.n; i++) {
		const struct bq_hit *ha = &a->hits.hits[i], *hb = &b->hits.hits[i];
		uint32_t doc = n->bases[ha->leaf] + ha->doc;
		if (doc != hb->doc || ha->score != hb->score || ha->all != hb->all)
			fail_msg("%.*s: hit %u is %u (%.9f), the twin's %u (%.9f)", (int)text->len,
				(const char *)text->ptr, i, doc, ha->score, hb->doc, hb->score);
		if (i < 3)
			side_compare_places(a, ha, b, hb);
	}
}

/* Counting alone takes other ways than finding the best. */
static void check_count(struct side *a, const struct bq_buf *text)
{
	struct bq_error err;
	uint64_t n;

	assert_int_equal(bq_query_count(a->query, &n, &err), BQ_OK);
	if (n != a->hits.total)
		fail_msg("%.*s: counted %u, found %u", (int)text->len, (const char *)text->ptr, (unsigned)n,
			(unsigned)a->hits.total);
}

static void run(uint32_t n_docs, bool many_segments, uint32_t queries)
{
	static struct corpus c;
	struct native_index native;
	struct bq_buf text = BQ_BUF_INIT;
	struct side a, b;

	corpus_make(&c, &rng, n_docs, !rng_one_in(&rng, 3));
	c.opts.pairs_min = (uint32_t)rng_skewed(&rng, 60);
	lookup_many = rng_one_in(&rng, 3) ? 24 : 1;
	native_index_init(&native, c.docs, c.n, &c.opts, many_segments);
	side_init(&a, native.index);
	side_init(&b, mem_index_new(c.docs, c.n, &c.opts));
	b.index->avg_len = native.index->avg_len; /* the native one keeps its first segment's */
	for (uint32_t i = 0; i < queries; i++) {
		struct bq_query_opts opts = { .match = (enum bq_match)rng_below(&rng, 3), .total = BQ_TOTAL_EXACT,
			.limit = (uint32_t)rng_between(&rng, 1, 30), .offset = (uint32_t)rng_skewed(&rng, 30),
			.sort = rng_one_in(&rng, 5) ? BQ_SORT_DATE : BQ_SORT_SCORE };
		side_make_query(&rng, &text);
		side_ask(&a, &text, &opts);
		side_ask(&b, &text, &opts);
		compare(&native, &a, &b, &text);
		check_count(&a, &text);
	}
	mem_index_free(b.index);
	side_release(&a);
	side_release(&b);
	native_index_release(&native);
	bq_buf_release(&text);
	corpus_release(&c);
}

static void test_small(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		run(1 + (uint32_t)rng_below(&rng, 40), i % 2 == 0, 40);
}

static void test_frequent_words(void **state)
{
	(void)state;
	run(CORPUS_MAX_DOCS, false, 150);
}

static void test_many_segments(void **state)
{
	(void)state;
	run(CORPUS_MAX_DOCS, true, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_frequent_words),
		cmocka_unit_test(test_many_segments),
	};

	rng = rng_start("prop_native");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
