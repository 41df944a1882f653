/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Skipping documents where chance rarely gets to: scores one point apart,
 * hits of the first tier among the best of a word, totals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/query.h>

#include "lib/mem_index.h"

enum { MAX_DOCS = 400 };

struct fixture {
	struct mem_doc docs[MAX_DOCS];
	struct bq_buf texts[MAX_DOCS];
	uint32_t n;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_hits hits;
};

static struct fixture f;

static int set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof f);
	f.searcher = bq_searcher_new();
	bq_arena_init(&f.mem, 64 << 20);
	return 0;
}

static void drop_docs(void)
{
	while (f.n > 0)
		bq_buf_release(&f.texts[--f.n]);
}

static int tear_down(void **state)
{
	(void)state;
	drop_docs();
	bq_searcher_free(f.searcher);
	bq_arena_release(&f.mem);
	return 0;
}

/* A document of `text` and `n_more` times the word `filler`. */
static void add_doc(const char *text, uint32_t n_more)
{
	struct bq_buf *b = &f.texts[f.n];

	memset(b, 0, sizeof *b);
	bq_buf_printf(b, "%s", text);
	for (uint32_t i = 0; i < n_more; i++)
		bq_buf_printf(b, " filler");
	f.docs[f.n++] = (struct mem_doc){ .path = BQ_SPAN("x"), .text = bq_buf_span(b) };
}

static void search(const char *text, const struct bq_query_opts *opts)
{
	struct mem_opts o = { .text.lang = "none", .block_docs = 1 };
	struct bq_index *ix = mem_index_new(f.docs, f.n, &o);
	struct bq_view view = { &ix, 1 };
	struct bq_error err;
	struct bq_query *q;

	bq_arena_reset(&f.mem);
	if (bq_query_parse(f.searcher, &view, bq_span_of(text), opts, &f.mem, &q, &err) != BQ_OK ||
		bq_query_search(q, &f.hits, &err) != BQ_OK)
		fail_msg("%s: %s", text, err.msg);
	mem_index_free(ix);
}

/* `a a` weighs twice what `b` does: round(2x) and 2 round(x) differ by a point
 * at most.  The second document wins by one, or loses.  Words that are nowhere
 * take most of the weight, so that x has a fraction. */
static void a_point_more_ranks(void **state)
{
	struct bq_query_opts opts = { .match = BQ_MATCH_ANY, .limit = 1, .total = BQ_TOTAL_NONE };
	struct bq_buf text = BQ_BUF_INIT;
	unsigned n_won = 0;

	(void)state;
	bq_buf_printf(&text, "a a b c");
	for (uint32_t i = 0; i < 300; i++)
		bq_buf_printf(&text, " nowhere%u", i);
	bq_buf_put_u8(&text, 0);
	for (uint32_t more = 0; more < 100; more++) {
		drop_docs();
		add_doc("b c", more);
		add_doc("a", more + 1);
		opts.exhaustive = true;
		search((const char *)text.ptr, &opts);
		struct bq_hit want = f.hits.hits[0];
		opts.exhaustive = false;
		search((const char *)text.ptr, &opts);
		assert_int_equal(f.hits.hits[0].doc, want.doc);
		assert_true(f.hits.hits[0].score == want.score);
		n_won += want.doc == 1;
	}
	assert_true(n_won > 0 && n_won < 100);
	bq_buf_release(&text);
}

/* Two documents with both words have `x` most often, but they are not of the
 * second tier: its best are the others. */
static void first_tier_says_nothing_of_the_second(void **state)
{
	struct bq_query_opts opts = { .limit = 4, .total = BQ_TOTAL_NONE };

	(void)state;
	add_doc("x x x x x x x x x y", 0);
	add_doc("x x x x x x x x x y", 0);
	for (uint32_t i = 0; i < 50; i++)
		add_doc("x", 20 + i);
	search("x y", &opts);
	assert_int_equal(f.hits.n, 4);
	assert_true(f.hits.hits[1].all);
	assert_false(f.hits.hits[2].all);
	assert_int_equal(f.hits.hits[2].doc, 2);
	assert_int_equal(f.hits.total, 2);
	assert_true(f.hits.exact);
}

static void totals_say_what_they_are(void **state)
{
	static const struct {
		const char *text;
		enum bq_total total;
		bool exact;
	} cases[] = {
		{ "x", BQ_TOTAL_NONE, true }, /* the length of its list */
		{ "x z", BQ_TOTAL_NONE, false },
		{ "x z", BQ_TOTAL_ESTIMATE, false },
		{ "x z", BQ_TOTAL_EXACT, true },
		{ "x z", BQ_TOTAL_AUTO, true }, /* cheap */
		{ "\"x filler\"", BQ_TOTAL_EXACT, true },
	};

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		add_doc(i % 3 == 0 ? "x x z" : "x", 1 + i);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bq_query_opts opts = { .match = BQ_MATCH_ANY, .limit = 2, .total = cases[i].total };
		search(cases[i].text, &opts);
		assert_int_equal(f.hits.exact, cases[i].exact);
		if (cases[i].text[0] != '"')
			assert_int_equal(f.hits.total, 300); /* `x` alone is a lower bound */
	}
}

/* Where it is not exact, an estimate is about right, and no less than what was
 * found. */
static void estimates_are_about_right(void **state)
{
	static const struct {
		const char *text;
		uint64_t least, most;
	} cases[] = {
		{ "+x +z", 60, 200 },   /* truth 100 */
		{ "x z", 300, 390 },    /* 300 */
		{ "+x -z", 100, 250 },  /* 200 */
		{ "+z +nowhere", 0, 0 },
	};

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		add_doc(i % 3 == 0 ? "x x z" : "x", 1 + i);
	for (uint32_t i = 0; i < 90; i++)
		add_doc("other", i);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bq_query_opts opts = { .match = BQ_MATCH_ANY, .limit = 2, .total = BQ_TOTAL_ESTIMATE };
		search(cases[i].text, &opts);
		if (f.hits.total < cases[i].least || f.hits.total > cases[i].most)
			fail_msg("%s: %u", cases[i].text, (unsigned)f.hits.total);
		assert_true(f.hits.total >= f.hits.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_point_more_ranks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(first_tier_says_nothing_of_the_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(estimates_are_about_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(totals_say_what_they_are, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
