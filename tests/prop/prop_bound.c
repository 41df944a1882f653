/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * No posting may have more than its bounds say: impacts of the index against
 * every posting, and points against impacts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/mem_index.h"
#include "lib/native_index.h"
#include "lib/rng.h"
#include "query/eval/bound.h"
#include "segment/postings.h"

enum { N_DOCS = 36000, N_WINDOWS = (N_DOCS + BQ_RANGE_DOCS - 1) / BQ_RANGE_DOCS, POINTS = 200000 };

static struct rng rng;

/* ---- the index --------------------------------------------------------- */

/* `dense` is in every second document, `some` in one of 40, `here` in one of 8
 * of the third window and nowhere else, `ends` in the first and last ones.
 * A few stretches of documents are rich in them, so that bounds differ. */
static void put_word(struct bq_buf *out, const char *word, uint32_t doc, bool is_there)
{
	bool is_rich = doc > 10000 && doc / 700 % 13 == 12;

	for (uint64_t n = !is_there ? 0 : is_rich ? rng_between(&rng, 1, 9) : 1; n > 0; n--)
		bq_buf_printf(out, " %s", word);
}

static void make_text(struct bq_buf *out, uint32_t doc)
{
	put_word(out, "dense", doc, rng_one_in(&rng, 2));
	put_word(out, "some", doc, rng_one_in(&rng, 40));
	put_word(out, "here", doc, doc / BQ_RANGE_DOCS == 2 && rng_one_in(&rng, 8));
	put_word(out, "ends", doc, doc < 300 || doc >= N_DOCS - 300);
	put_word(out, "rare", doc, rng_one_in(&rng, 900));
	put_word(out, "x", doc, true);
	for (uint64_t n = rng_between(&rng, 5, 20); n > 0; n--)
		bq_buf_printf(out, " filler");
}

struct postings {
	uint32_t n;
	uint32_t docs[N_DOCS];
	uint8_t impacts[N_DOCS];
};

static struct bq_cursor *open_list(const struct bq_leaf *l, const char *word, struct bq_read *rd)
{
	struct bq_cursor *c;
	struct bq_term t;

	assert_int_equal(bq_leaf_find(l, BQ_TERM_WORD, bq_span_of(word), &t, rd), BQ_OK);
	c = bq_cursor_open(l, &t, rd);
	assert_non_null(c);
	return c;
}

static void read_list(struct bq_cursor *c, const float k[256], struct postings *out)
{
	out->n = 0;
	for (uint32_t doc = bq_cursor_next(c); doc != BQ_DOC_END; doc = bq_cursor_next(c)) {
		out->impacts[out->n] = postings_impact(bq_cursor_tf(c), k[c->leaf->norms[doc]]);
		out->docs[out->n++] = doc;
	}
}

static uint8_t largest_in(const struct postings *p, uint32_t from, uint32_t to)
{
	uint8_t most = 0;

	for (uint32_t i = 0; i < p->n; i++)
		if (p->docs[i] >= from && p->docs[i] < to && p->impacts[i] > most)
			most = p->impacts[i];
	return most;
}

/* Ranges of all sizes, aligned and not, ascending. */
static void check_ranges(struct bq_cursor *c, const struct postings *p)
{
	for (uint32_t from = 0, to; from < N_DOCS; from = rng_one_in(&rng, 4) ? from : to) {
		to = from + 1 + (uint32_t)rng_below(&rng, 3 * BQ_RANGE_DOCS);
		assert_true(bq_cursor_range_impact(c, from, to) >= largest_in(p, from, to));
	}
}

static void check_windows(struct bq_cursor *c, const struct postings *p, bool is_exact)
{
	for (uint32_t from = 0; from < N_DOCS; from += BQ_RANGE_DOCS) {
		uint8_t impact = bq_cursor_range_impact(c, from, from + BQ_RANGE_DOCS);
		uint8_t most = largest_in(p, from, from + BQ_RANGE_DOCS);
		if (is_exact)
			assert_int_equal(impact, most);
		assert_true(impact >= most);
	}
}

static void check_blocks(struct bq_cursor *c, const struct postings *p)
{
	uint32_t from = 0, last;

	for (uint8_t impact; (impact = bq_cursor_block_impact(c, from, &last)) != 0; from = last + 1) {
		assert_true(last >= from && last < N_DOCS);
		assert_true(impact >= largest_in(p, from, last + 1));
	}
	assert_int_equal(last, BQ_DOC_END);
	assert_int_equal(largest_in(p, from, N_DOCS), 0);
}

static void check_nth(const struct bq_cursor *c, const struct postings *p)
{
	for (uint32_t n = 1; n <= p->n + 1; n += 1 + n / 3) {
		uint8_t impact = bq_cursor_nth_impact(c, n);
		uint32_t reached = 0;
		for (uint32_t i = 0; i < p->n; i++)
			reached += p->impacts[i] >= impact;
		assert_true(impact == 0 || reached >= n);
	}
}

static void check_list(const struct bq_leaf *l, const char *word, struct bq_read *rd)
{
	static struct postings p;
	float k[256];

	bq_length_norms(l->k1, l->b, l->avg_len, k);
	read_list(open_list(l, word, rd), k, &p);
	for (int i = 0; i < 10; i++)
		check_ranges(open_list(l, word, rd), &p);
	check_windows(open_list(l, word, rd), &p, p.n >= N_DOCS / 32);
	check_blocks(open_list(l, word, rd), &p);
	check_nth(open_list(l, word, rd), &p);
}

static void impacts_bound_postings(void **state)
{
	static const char *const words[] = { "dense", "some", "here", "ends", "rare", "x" };
	static struct mem_doc docs[N_DOCS];
	static struct bq_buf texts[N_DOCS];
	struct mem_opts opts = { .text.lang = "none", .k1 = 0.9f, .b = 0.4f };
	struct native_index native;
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };

	(void)state;
	for (uint32_t i = 0; i < N_DOCS; i++) {
		make_text(&texts[i], i);
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("x"), .text = bq_buf_span(&texts[i]) };
	}
	native_index_init(&native, docs, N_DOCS, &opts, false);
	assert_int_equal(native.index->n_leaves, 1);
	bq_arena_init(&mem, 4 << 20);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		check_list(native.index->leaves[0], words[i], &rd);
	assert_int_equal(rd.error.status, BQ_OK);
	bq_arena_release(&mem);
	native_index_release(&native);
	for (uint32_t i = 0; i < N_DOCS; i++)
		bq_buf_release(&texts[i]);
}

/* ---- points ------------------------------------------------------------ */

static float any_between(double from, double to)
{
	return (float)(from + (to - from) * (double)rng_below(&rng, 1 << 30) / (double)(1 << 30));
}

static uint32_t any_tf(void)
{
	return 1 + (uint32_t)rng_below(&rng, UINT64_C(1) << rng_below(&rng, 32));
}

/* Impacts under one average length, points under another. */
static void points_stay_within_bounds(void **state)
{
	(void)state;
	for (int i = 0; i < POINTS; i++) {
		float k1 = any_between(0, rng_one_in(&rng, 4) ? 100 : 2), b = any_between(0, 1);
		float weight = ldexpf(any_between(0.5, 1), (int)rng_below(&rng, 40) - 9);
		struct bq_leaf leaf = { .k1 = k1, .b = b, .avg_len = any_between(1, 1000) };
		struct bq_index ix = { .k1 = k1, .b = b, .avg_len = leaf.avg_len * any_between(0.3, 3) };
		uint32_t tf = any_tf(), less = 1 + (uint32_t)rng_below(&rng, tf);
		uint8_t code = (uint8_t)rng_between(&rng, 1, 200);
		struct bound bound;
		float then[256];

		ix.avg_len = rng_one_in(&rng, 3) ? leaf.avg_len : ix.avg_len;
		bound = bound_of(weight, &ix, &leaf);
		struct bm25 now = bm25_of(k1, b, ix.avg_len);
		bq_length_norms(k1, b, leaf.avg_len, then);
		uint32_t points = bm25_points(weight, tf, bm25_k(&now, code));
		uint8_t impact = postings_impact(tf, then[code]);
		assert_true(points <= bound_points(&bound, impact));
		assert_true(points >= bound_points_least(&bound, impact));
		assert_true(bm25_points(weight, less, bm25_k(&now, code)) <= bound_points_tf(weight, tf, bm25_k(&now, code)));
		assert_true(bound_points(&bound, impact) <= bound_points(&bound, 255));
	}
}

/* An impact is the least one whose share is not below the document's; shares
 * grow, and the finest steps are at the top. */
static void impacts_are_the_least_that_bound(void **state)
{
	const double slack = 1e-12;

	(void)state;
	for (int i = 0; i < POINTS; i++) {
		float k = rng_one_in(&rng, 100) ? 0 : any_between(0, rng_one_in(&rng, 2) ? 3 : 300);
		uint32_t tf = any_tf();
		double share = (double)tf / ((double)tf + (double)k);
		uint8_t impact = postings_impact(tf, k);
		assert_true(impact >= 1 && bq_impact_share(impact) >= share - slack);
		assert_true(impact == 1 || bq_impact_share((uint8_t)(impact - 1)) < share + slack);
	}
	for (unsigned q = 2; q <= 255; q++)
		assert_true(bq_impact_share((uint8_t)q) - bq_impact_share((uint8_t)(q - 1)) <
			bq_impact_share((uint8_t)(q - 1)) - bq_impact_share((uint8_t)(q - 2)));
	assert_true(bq_impact_share(0) == 0 && bq_impact_share(255) == 1);
	assert_int_equal(postings_impact(1, HUGE_VALF), 1);
}

/* Bounds of other constants are no bounds. */
static void other_constants_bound_nothing(void **state)
{
	struct bq_leaf leaf = { .k1 = 0.9f, .b = 0.4f, .avg_len = 10 };
	struct bq_index ix = { .k1 = 1.2f, .b = 0.4f, .avg_len = 10 };
	struct bound bound = bound_of(1000, &ix, &leaf);

	(void)state;
	assert_int_equal(bound_points(&bound, 1), 1000);
	assert_int_equal(bound_points_least(&bound, 255), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impacts_bound_postings),
		cmocka_unit_test(points_stay_within_bounds),
		cmocka_unit_test(impacts_are_the_least_that_bound),
		cmocka_unit_test(other_constants_bound_nothing),
	};

	rng = rng_start("prop_bound");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
