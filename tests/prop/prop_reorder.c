/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random documents in their order and in the one that is found by their words:
 * every query has the same hits with the same scores, to the last bit.  The
 * bytes do not depend on threads, nor on whether a build or an optimize did it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/query.h>

#include "lib/native_index.h"
#include "lib/rng.h"
#include "lib/sides.h"
#include "segment/segment.h"

enum { TOPICS = 6, MANY = 1000 };

/* One hit: which document, how well. */
struct answer {
	char path[16];
	double score;
	bool all;
};

static struct rng rng;
static struct corpus corpus;
static struct bq_buf paths[CORPUS_MAX_DOCS];
static struct bq_error err;

/* ---- documents --------------------------------------------------------- */

/* Documents that differ in more than words' chances, each under a name of its own. */
static void make_corpus(uint32_t n, bool with_dead)
{
	corpus_make(&corpus, &rng, n, with_dead);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t topic = (uint32_t)rng_below(&rng, TOPICS);
		for (uint32_t w = 0; w < 20; w++)
			bq_buf_printf(&corpus.text[i], " topic%cword%u\n", (char)('a' + topic),
				(unsigned)rng_below(&rng, 9));
		corpus.docs[i].text = bq_buf_span(&corpus.text[i]);
		bq_buf_clear(&paths[i]);
		bq_buf_printf(&paths[i], "%u", i);
		corpus.docs[i].path = bq_buf_span(&paths[i]);
		corpus.docs[i].mtime_us = i;
	}
	corpus.opts.pairs_min = (uint32_t)rng_between(&rng, 1, 60);
	corpus.opts.no_store = false;
}

static void build(const char *dir, struct bq_build_opts o)
{
	struct bq_build_report report;
	struct bq_build *b;

	o.text = corpus.opts.text;
	o.k1 = 0.9f;
	o.b = 0.4f;
	o.pairs_min = corpus.opts.pairs_min;
	o.pairs_percent = 1000;
	o.n_sources = 1;
	o.sources = &BQ_SPAN("/src");
	if (bq_build_open(dir, &o, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < corpus.n; i++) {
		const struct mem_doc *d = &corpus.docs[i];
		struct bq_doc_in in = { .path = d->path, .title = d->title, .text = d->text, .mtime_us = d->mtime_us,
			.file_bytes = -1 };
		if (bq_build_add(b, &in, &err) != BQ_OK)
			fail_msg("%s", err.msg);
	}
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(report.documents, corpus.n);
	assert_int_equal(report.reordered, o.reorder && corpus.n > 32);
}

/* Returns how many words had no part. */
static uint32_t optimize(const char *dir, struct bq_optimize_opts opts)
{
	struct bq_build_report report;
	bool is_new;

	if (bq_build_optimize(dir, &opts, &report, &is_new, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	if (bq_index_verify(dir, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	uint32_t left_out = report.left_out;
	/* once is enough */
	assert_int_equal(bq_build_optimize(dir, &opts, &report, &is_new, &err), BQ_OK);
	assert_false(is_new);
	return left_out;
}

/* ---- comparing answers ------------------------------------------------- */

static int compare_answers(const void *pa, const void *pb)
{
	return strcmp(((const struct answer *)pa)->path, ((const struct answer *)pb)->path);
}

static void collect(struct side *s, struct answer *out)
{
	struct bq_read rd = { .mem = &s->mem };
	struct bq_doc_head h;

	for (uint32_t i = 0; i < s->hits.n; i++) {
		const struct bq_hit *hit = &s->hits.hits[i];
		assert_int_equal(bq_leaf_head(s->index->leaves[hit->leaf], hit->doc, &h, &rd), BQ_OK);
		memset(&out[i], 0, sizeof out[i]);
		(void)snprintf(out[i].path, sizeof out[i].path, "%.*s", (int)h.path.len, h.path.ptr);
		out[i].score = hit->score;
		out[i].all = hit->all;
	}
}

/* All hits, by name; places of a few. */
static void compare_sets(struct side *a, struct side *b, const struct bq_buf *text)
{
	static struct answer from_a[CORPUS_MAX_DOCS], from_b[CORPUS_MAX_DOCS];

	if (a->hits.n != b->hits.n || a->hits.total != b->hits.total || a->hits.any != b->hits.any)
		fail_msg("%.*s: %u hits, reordered %u", (int)text->len, (const char *)text->ptr, a->hits.n, b->hits.n);
	collect(a, from_a);
	collect(b, from_b);
	for (uint32_t i = 0; i < a->hits.n && i < 3; i++)
		for (uint32_t j = 0; j < b->hits.n; j++)
			if (strcmp(from_a[i].path, from_b[j].path) == 0)
				side_compare_places(a, &a->hits.hits[i], b, &b->hits.hits[j]);
	qsort(from_a, a->hits.n, sizeof *from_a, compare_answers);
	qsort(from_b, a->hits.n, sizeof *from_b, compare_answers);
	for (uint32_t i = 0; i < a->hits.n; i++)
		if (memcmp(&from_a[i], &from_b[i], sizeof from_a[i]) != 0)
			fail_msg("%.*s: %s with %.9f, reordered %s with %.9f", (int)text->len, (const char *)text->ptr,
				from_a[i].path, from_a[i].score, from_b[i].path, from_b[i].score);
}

/* A page of few: the same scores, whichever of equal ones they belong to. */
static void compare_pages(const struct side *a, const struct side *b, const struct bq_buf *text)
{
	assert_int_equal(a->hits.n, b->hits.n);
	for (uint32_t i = 0; i < a->hits.n; i++)
		if (a->hits.hits[i].score != b->hits.hits[i].score)
			fail_msg("%.*s: hit %u has %.9f, reordered %.9f", (int)text->len, (const char *)text->ptr, i,
				a->hits.hits[i].score, b->hits.hits[i].score);
}

static void make_query(struct bq_buf *text)
{
	static const char *const forms[] = { "word%u", "topicbword%u topiccword3", "topic*",
		"\"topicaword%u topicaword1\"~4", "topicdword%u NEAR/5 topicdword2", "+topicaword%u topicaword2" };

	if (rng_one_in(&rng, 2)) {
		side_make_query(&rng, text);
		return;
	}
	bq_buf_clear(text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	bq_buf_printf(text, forms[rng_below(&rng, sizeof forms / sizeof forms[0])], (unsigned)rng_below(&rng, 9));
#pragma GCC diagnostic pop
}

static void compare_queries(const char *plain, const char *reordered, uint32_t n)
{
	struct bq_index *from_a, *from_b;
	struct bq_buf text = BQ_BUF_INIT;
	struct side a, b;

	assert_int_equal(bq_index_open(plain, &from_a, &err), BQ_OK);
	assert_int_equal(bq_index_open(reordered, &from_b, &err), BQ_OK);
	side_init(&a, from_a);
	side_init(&b, from_b);
	while (n-- > 0) {
		struct bq_query_opts opts = { .match = (enum bq_match)rng_below(&rng, 3), .total = BQ_TOTAL_EXACT,
			.limit = rng_one_in(&rng, 2) ? MANY : (uint32_t)rng_between(&rng, 1, 20) };
		make_query(&text);
		side_ask(&a, &text, &opts);
		side_ask(&b, &text, &opts);
		if (opts.limit == MANY)
			compare_sets(&a, &b, &text);
		else
			compare_pages(&a, &b, &text);
	}
	side_release(&a);
	side_release(&b);
	bq_index_unref(from_a);
	bq_index_unref(from_b);
	bq_buf_release(&text);
}

/* ---- comparing bytes --------------------------------------------------- */

static void compare_bytes(const char *dir_a, const char *dir_b)
{
	struct bq_index *a, *b;

	assert_int_equal(bq_index_open(dir_a, &a, &err), BQ_OK);
	assert_int_equal(bq_index_open(dir_b, &b, &err), BQ_OK);
	assert_int_equal(a->n_leaves, 1);
	assert_int_equal(b->n_leaves, 1);
	assert_int_equal(a->pairs, b->pairs);
	for (unsigned k = 1; k < SECTION_KINDS; k++) {
		struct bq_span sa = segment_of(a->leaves[0])->file.section[k];
		struct bq_span sb = segment_of(b->leaves[0])->file.section[k];
		if (!bq_span_eq(sa, sb))
			fail_msg("%s differs: %zu and %zu bytes", section_name(k), sa.len, sb.len);
	}
	bq_index_unref(a);
	bq_index_unref(b);
}

/* ---- tests ------------------------------------------------------------- */

/* Segments with dead documents, merged as they are and reordered. */
static void run_optimize(uint32_t n, uint64_t memory)
{
	struct native_index plain, other;

	make_corpus(n, true);
	native_index_init(&plain, corpus.docs, corpus.n, &corpus.opts, rng_one_in(&rng, 2));
	native_index_init(&other, corpus.docs, corpus.n, &corpus.opts, rng_one_in(&rng, 2));
	(void)optimize(plain.dir.path, (struct bq_optimize_opts){ .threads = 1 });
	uint32_t left_out = optimize(other.dir.path, (struct bq_optimize_opts){ .threads = (uint32_t)rng_below(&rng, 4),
		.reorder = true, .memory_bytes = memory });
	assert_int_equal(left_out != 0, memory != 0);
	compare_queries(plain.dir.path, other.dir.path, 60);
	native_index_release(&plain);
	native_index_release(&other);
	corpus_release(&corpus);
}

static void test_optimize(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		run_optimize((uint32_t)rng_below(&rng, 150), 0);
	run_optimize(MANY, 0);
}

/* So little memory that words are left out, and lists come in windows. */
static void test_little_memory(void **state)
{
	(void)state;
	run_optimize(MANY, 1);
	run_optimize(MANY, 100000);
}

static void test_build(void **state)
{
	struct tmpdir plain, built, one, many;

	(void)state;
	for (int i = 0; i < 3; i++) {
		make_corpus(i == 0 ? MANY : (uint32_t)rng_below(&rng, 200), false);
		tmpdir_init(&plain);
		tmpdir_init(&built);
		tmpdir_init(&one);
		tmpdir_init(&many);
		build(plain.path, (struct bq_build_opts){ .memory_bytes = 1 << 30 });
		build(built.path, (struct bq_build_opts){ .memory_bytes = 1 << 30, .reorder = true,
			.threads = (uint32_t)rng_below(&rng, 4), .segment_docs = i == 1 ? 40 : 0 });
		build(one.path, (struct bq_build_opts){ .memory_bytes = 1 << 30 });
		build(many.path, (struct bq_build_opts){ .memory_bytes = 1 << 30, .segment_docs = corpus.n / 7 + 1 });
		(void)optimize(one.path, (struct bq_optimize_opts){ .threads = 1, .reorder = true });
		(void)optimize(many.path, (struct bq_optimize_opts){ .threads = 3, .reorder = true });
		if (bq_index_verify(built.path, &err) != BQ_OK)
			fail_msg("%s", err.msg);
		if (corpus.n != 0) {
			compare_bytes(one.path, built.path);
			compare_bytes(one.path, many.path);
		}
		compare_queries(plain.path, built.path, 60);
		tmpdir_release(&plain);
		tmpdir_release(&built);
		tmpdir_release(&one);
		tmpdir_release(&many);
		corpus_release(&corpus);
	}
}

/* An optimize may have other pairs than the build before it. */
static void test_pairs_of_optimize(void **state)
{
	struct tmpdir a, b;

	(void)state;
	make_corpus(300, false);
	tmpdir_init(&a);
	tmpdir_init(&b);
	build(a.path, (struct bq_build_opts){ .memory_bytes = 1 << 30 });
	build(b.path, (struct bq_build_opts){ .memory_bytes = 1 << 30 });
	(void)optimize(a.path, (struct bq_optimize_opts){ .pairs_percent = BQ_PAIRS_OFF });
	compare_queries(b.path, a.path, 30);
	(void)optimize(a.path, (struct bq_optimize_opts){ .pairs_percent = 1000 });
	compare_queries(b.path, a.path, 30);
	tmpdir_release(&a);
	tmpdir_release(&b);
	corpus_release(&corpus);
}

static int free_paths(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CORPUS_MAX_DOCS; i++)
		bq_buf_release(&paths[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_optimize),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_pairs_of_optimize),
	};

	rng = rng_start("prop_reorder");
	return cmocka_run_group_tests(tests, NULL, free_paths);
}
