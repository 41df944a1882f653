/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine over Xapian databases against the twin in memory: the same
 * documents in the same shards, the same random queries, the same answers to
 * the last bit; and every place and snippet the same.  prop_native.c does so
 * with the native engine, so the two engines answer alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bq/query.h>

#include "lib/rng.h"
#include "lib/sides.h"
#include "lib/xapian_index.h"

static struct rng rng;

static void compare(struct side *a, struct side *b, const struct bq_buf *text)
{
	if (a->hits.n != b->hits.n || a->hits.total != b->hits.total || a->hits.any != b->hits.any)
		fail_msg("%.*s: %u hits of %u, the twin has %u of %u", (int)text->len, (const char *)text->ptr,
			a->hits.n, (unsigned)a->hits.total, b->hits.n, (unsigned)b->hits.total);
	for (uint32_t i = 0; i < a->hits.n; i++) {
		const struct bq_hit *ha = &a->hits.hits[i], *hb = &b->hits.hits[i];
		if (ha->leaf != hb->leaf || ha->doc != hb->doc || ha->score != hb->score || ha->all != hb->all)
			fail_msg("%.*s: hit %u is %u.%u (%.9f), the twin's %u.%u (%.9f)", (int)text->len,
				(const char *)text->ptr, i, ha->leaf, ha->doc, ha->score, hb->leaf, hb->doc, hb->score);
		if (i < 3)
			side_compare_places(a, ha, b, hb);
	}
}

/* `n_docs` is a multiple of `shards`: then the twin's leaves are the shards. */
static void run(uint32_t n_docs, uint32_t shards, uint32_t queries)
{
	static struct corpus c;
	static struct mem_doc dealt[CORPUS_MAX_DOCS];
	struct bq_buf text = BQ_BUF_INIT;
	struct xapian_index x;
	struct side a, b;

	corpus_make(&c, &rng, n_docs, false);
	for (uint32_t i = 0; i < n_docs; i++)
		dealt[i % shards * (n_docs / shards) + i / shards] = c.docs[i];
	c.opts.leaf_docs = n_docs / shards;
	c.opts.block_docs = BQ_BLOCK_DOCS;
	xapian_index_init(&x, c.docs, n_docs, &c.opts, shards);
	side_init(&a, x.index);
	side_init(&b, mem_index_new(dealt, n_docs, &c.opts));
	assert_int_equal(x.index->n_leaves, shards);
	assert_true(x.index->avg_len == b.index->avg_len);
	for (uint32_t i = 0; i < queries; i++) {
		struct bq_query_opts opts = { .match = (enum bq_match)rng_below(&rng, 3), .total = BQ_TOTAL_EXACT,
			.limit = (uint32_t)rng_between(&rng, 1, 30), .offset = (uint32_t)rng_skewed(&rng, 30),
			.sort = rng_one_in(&rng, 5) ? BQ_SORT_DATE : BQ_SORT_SCORE };
		side_make_query(&rng, &text);
		side_ask(&a, &text, &opts);
		side_ask(&b, &text, &opts);
		compare(&a, &b, &text);
	}
	mem_index_free(b.index);
	side_release(&a);
	side_release(&b);
	xapian_index_release(&x);
	bq_buf_release(&text);
	corpus_release(&c);
}

static void test_small(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t shards = 1 + i % 3;
		run(shards * (1 + (uint32_t)rng_below(&rng, 15)), shards, 40);
	}
}

static void test_frequent_words(void **state)
{
	(void)state;
	run(CORPUS_MAX_DOCS, 1, 150);
}

static void test_shards(void **state)
{
	(void)state;
	run(CORPUS_MAX_DOCS, 3, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_frequent_words),
		cmocka_unit_test(test_shards),
	};

	rng = rng_start("prop_xapian_engine");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
