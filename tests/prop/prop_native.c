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

#include "lib/docgen.h"
#include "lib/native_index.h"
#include "lib/rng.h"

enum { MAX_DOCS = 1500 };

struct corpus {
	struct mem_doc docs[MAX_DOCS];
	struct bq_buf text[MAX_DOCS], title[MAX_DOCS];
	uint32_t n;
	struct mem_opts opts;
};

struct side {
	struct bq_index *index;
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_query *query;
	struct bq_hits hits;
};

static struct rng rng;

static void make_corpus(struct corpus *c, uint32_t n)
{
	memset(c, 0, sizeof *c);
	c->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct mem_doc *d = &c->docs[i];
		docgen_text(&rng, (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 40) ? 3000 : 40), 60, &c->text[i]);
		if (rng_one_in(&rng, 2))
			docgen_query(&rng, (uint32_t)rng_between(&rng, 1, 4), 60, &c->title[i]);
		d->text = bq_buf_span(&c->text[i]);
		d->title = bq_buf_span(&c->title[i]);
		d->path = BQ_SPAN("a.txt");
		d->mtime_us = (int64_t)rng_below(&rng, 50);
		d->is_dead = rng_one_in(&rng, 10);
	}
	c->opts = (struct mem_opts){ .text.lang = "en", .k1 = 0.9f, .b = 0.4f, .mark_words = BQ_MARK_WORDS,
		.pairs_min = (uint32_t)rng_skewed(&rng, 60) };
}

static void free_corpus(struct corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		bq_buf_release(&c->text[i]);
		bq_buf_release(&c->title[i]);
	}
}

static void side_init(struct side *s, struct bq_index *index)
{
	memset(s, 0, sizeof *s);
	s->index = index;
	s->view = (struct bq_view){ &s->index, 1 };
	s->searcher = bq_searcher_new();
	assert_non_null(s->searcher);
	bq_arena_init(&s->mem, 256 << 20);
}

static void side_release(struct side *s)
{
	bq_searcher_free(s->searcher);
	bq_arena_release(&s->mem);
}

/* A query of words, phrases, signs and parentheses that is right by making. */
static void make_query(struct bq_buf *out)
{
	static const char *const joins[] = { " ", " ", " ", " OR ", " +", " -", " AND " };
	uint32_t n = (uint32_t)rng_between(&rng, 1, 4);

	bq_buf_clear(out);
	for (uint32_t i = 0; i < n; i++) {
		bool is_phrase = rng_one_in(&rng, 3);
		bq_buf_printf(out, "%s%s%s", i == 0 ? "" : joins[rng_below(&rng, 7)],
			rng_one_in(&rng, 8) ? "title:" : "", is_phrase ? "\"" : "");
		docgen_query(&rng, is_phrase ? (uint32_t)rng_between(&rng, 1, 4) : 1, 60, out);
		bq_buf_printf(out, "%s", is_phrase ? "\"" : "");
	}
}

static void ask(struct side *s, const struct bq_buf *text, const struct bq_query_opts *opts)
{
	struct bq_error err;

	bq_arena_reset(&s->mem);
	if (bq_query_parse(s->searcher, &s->view, bq_buf_span(text), opts, &s->mem, &s->query, &err) != BQ_OK
		|| bq_query_search(s->query, &s->hits, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text->len, (const char *)text->ptr, err.msg);
}

/* Places and snippets of one hit on both sides. */
static void compare_places(struct side *a, const struct bq_hit *ha, struct side *b, const struct bq_hit *hb)
{
	struct bq_read ra = { .mem = &a->mem }, rb = { .mem = &b->mem };
	struct bq_doc_head da, db;
	struct bq_places pa, pb;
	struct bq_error err;

	assert_int_equal(bq_leaf_head(a->index->leaves[ha->leaf], ha->doc, &da, &ra), BQ_OK);
	assert_int_equal(bq_leaf_head(b->index->leaves[hb->leaf], hb->doc, &db, &rb), BQ_OK);
	if (bq_query_places(a->query, ha, &da, 5, &pa, &err) != BQ_OK
		|| bq_query_places(b->query, hb, &db, 5, &pb, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(pa.n, pb.n);
	assert_int_equal(pa.n_title_marks, pb.n_title_marks);
	for (uint32_t i = 0; i < pa.n; i++) {
		struct bq_snip sa, sb;
		assert_memory_equal(&pa.places[i].line, &pb.places[i].line, 4 * sizeof(uint64_t));
		if (pa.places[i].in_title)
			continue;
		assert_int_equal(bq_query_snip(a->query, ha, &da, &pa.places[i], 1, &sa, &err), BQ_OK);
		assert_int_equal(bq_query_snip(b->query, hb, &db, &pb.places[i], 1, &sb, &err), BQ_OK);
		assert_true(bq_span_eq(sa.text, sb.text));
		assert_int_equal(sa.n_marks, sb.n_marks);
		assert_true(sa.n_marks != 0);
		assert_memory_equal(sa.marks, sb.marks, sa.n_marks * sizeof *sa.marks);
	}
}

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
			compare_places(a, ha, b, hb);
	}
}

static void run(uint32_t n_docs, bool many_segments, uint32_t queries)
{
	static struct corpus c;
	struct native_index native;
	struct bq_buf text = BQ_BUF_INIT;
	struct side a, b;

	make_corpus(&c, n_docs);
	native_index_init(&native, c.docs, c.n, &c.opts, many_segments);
	side_init(&a, native.index);
	side_init(&b, mem_index_new(c.docs, c.n, &c.opts));
	b.index->avg_len = native.index->avg_len; /* the native one keeps its first segment's */
	for (uint32_t i = 0; i < queries; i++) {
		struct bq_query_opts opts = { .match = (enum bq_match)rng_below(&rng, 3), .total = BQ_TOTAL_EXACT,
			.limit = (uint32_t)rng_between(&rng, 1, 30), .offset = (uint32_t)rng_skewed(&rng, 30),
			.sort = rng_one_in(&rng, 5) ? BQ_SORT_DATE : BQ_SORT_SCORE };
		make_query(&text);
		ask(&a, &text, &opts);
		ask(&b, &text, &opts);
		compare(&native, &a, &b, &text);
	}
	mem_index_free(b.index);
	side_release(&a);
	side_release(&b);
	native_index_release(&native);
	bq_buf_release(&text);
	free_corpus(&c);
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
	run(MAX_DOCS, false, 150);
}

static void test_many_segments(void **state)
{
	(void)state;
	run(MAX_DOCS, true, 150);
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
