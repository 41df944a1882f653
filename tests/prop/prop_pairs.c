/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pair lists against positions: of every two words of random documents, what
 * bq_leaf_pair() says is what a scan of all positions says: unknown exactly if
 * a word is rarer than T, absent exactly if no document has them side by side,
 * else the same documents with the same tf, under bounds that hold.  T at every
 * edge; through builds in one pass and in many, by one thread and several, through tombstones, merges and
 * optimize.
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
#include <bq/index.h>

#include "lib/docgen.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { MAX_DOCS = 700, MAX_WORDS = 160, NO_BUDGET = 1000 };

/* Memory: a run for each few words, some passes over many documents, one pass. */
enum { TIGHT = 1, SMALL = 30000, ROOMY = 1 << 30, FEW_DOCS = 40, MAX_EDGES = 1 << 16 };

struct doc {
	struct bq_buf text, title, path;
	int64_t mtime;
	bool exists;
};

/* One leaf's words, and which stands where: what brute force starts from. */
struct truth {
	const struct bq_leaf *leaf;
	struct bq_arena mem;
	struct bq_read read;
	uint32_t n;
	struct bq_term terms[MAX_WORDS];
	uint32_t *words;  /* [n_slots] of every position of every document: word + 1; 0: none */
	uint64_t *starts; /* [n_docs + 1] */
	uint32_t *tfs;    /* [n_docs] of the pair at hand */
	float k[256];
};

static struct rng rng;
static struct doc docs[MAX_DOCS];
static uint32_t n_docs, vocabulary;
static bool is_edge[MAX_EDGES]; /* of T: a word is as frequent, or one less */
static struct tmpdir dir;
static struct bq_error err;

/* ---- documents --------------------------------------------------------- */

static void put_special(struct bq_buf *b)
{
	static const char *const words[] = { "a a a a", "to be or not to be", "Caf\xc3\xa9 cafe",
		"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad", "\xe4\xb8\xad\xe6\x96\x87",
		"share shares share", "\xd0\x9c\xd0\xb8\xd1\x80 a", "a\n\na" };

	bq_buf_printf(b, " %s ", words[rng_below(&rng, sizeof words / sizeof words[0])]);
}

static void make_doc(struct doc *d, uint32_t i)
{
	static int64_t now;

	bq_buf_clear(&d->text);
	bq_buf_clear(&d->title);
	bq_buf_clear(&d->path);
	bq_buf_printf(&d->path, "%u.txt", i);
	if (!rng_one_in(&rng, 15))
		docgen_text(&rng, (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 60) ? 3000 : 40), vocabulary, &d->text);
	for (uint64_t n = rng_below(&rng, 3); n > 0; n--)
		put_special(&d->text);
	if (rng_one_in(&rng, 3))
		docgen_query(&rng, (uint32_t)rng_between(&rng, 1, 4), vocabulary, &d->title);
	d->mtime = ++now;
	d->exists = true;
}

static void make_docs(uint32_t n)
{
	n_docs = n;
	vocabulary = (uint32_t)rng_between(&rng, 1, 60);
	for (uint32_t i = 0; i < n; i++)
		make_doc(&docs[i], i);
}

static struct bq_build_opts options(uint32_t t)
{
	static const struct bq_span root = BQ_SPAN_INIT("/src");

	return (struct bq_build_opts){ .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .pairs_min = t,
		.pairs_percent = NO_BUDGET, .memory_bytes = rng_one_in(&rng, 2) ? ROOMY : n_docs > FEW_DOCS ? SMALL :
		TIGHT, .threads = (uint32_t)rng_between(&rng, 1, 4), .n_sources = 1, .sources = &root };
}

static void make_index(struct bq_build_opts opts)
{
	struct bq_build_report report;
	struct bq_build *b;

	if (bq_build_open(dir.path, &opts, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < n_docs; i++) {
		const struct doc *d = &docs[i];
		struct bq_doc_in in = { .path = bq_buf_span(&d->path), .text = bq_buf_span(&d->text),
			.title = bq_buf_span(&d->title), .mtime_us = d->mtime, .file_bytes = 1 };
		if (!d->exists || (opts.update && bq_build_keep(b, 0, in.path, d->mtime, 1)))
			continue;
		if (bq_build_add(b, &in, &err) != BQ_OK)
			fail_msg("%s", err.msg);
	}
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

/* ---- what is true ------------------------------------------------------ */

static void *need(void *p)
{
	assert_non_null(p);
	return p;
}

static void place_documents(struct truth *t)
{
	t->starts = need(calloc(t->leaf->n_docs + 1ull, sizeof *t->starts));
	for (uint32_t d = 0; d < t->leaf->n_docs; d++) {
		struct bq_doc_head h;
		assert_int_equal(bq_leaf_head(t->leaf, d, &h, &t->read), BQ_OK);
		t->starts[d + 1] = t->starts[d] + h.body_pos + h.words + h.title_words + 2;
	}
	t->words = need(calloc(t->starts[t->leaf->n_docs] + 1, sizeof *t->words));
	t->tfs = need(calloc(t->leaf->n_docs + 1ull, sizeof *t->tfs));
}

static void place_word(struct truth *t, uint32_t word)
{
	struct bq_cursor *c = need(bq_cursor_open(t->leaf, &t->terms[word], &t->read));

	while (bq_cursor_next(c) != BQ_DOC_END) {
		uint32_t n;
		const uint32_t *p = need((void *)(uintptr_t)bq_cursor_positions(c, &n));
		for (uint32_t i = 0; i < n; i++) {
			uint32_t *to = &t->words[t->starts[c->doc] + p[i]];
			assert_int_equal(*to, 0); /* one word a position */
			*to = word + 1;
		}
	}
}

static void truth_init(struct truth *t, const struct bq_leaf *leaf)
{
	struct bq_terms it;

	memset(t, 0, sizeof *t);
	t->leaf = leaf;
	bq_arena_init(&t->mem, SIZE_MAX);
	t->read.mem = &t->mem;
	bq_length_norms(leaf->k1, leaf->b, leaf->avg_len, t->k);
	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN(""), &t->read);
	while (bq_terms_next(&it)) {
		assert_true(t->n < MAX_WORDS);
		t->terms[t->n++] = it.term;
	}
	place_documents(t);
	for (uint32_t i = 0; i < t->n; i++)
		place_word(t, i);
}

static void truth_release(struct truth *t)
{
	assert_int_equal(t->read.error.status, BQ_OK);
	bq_arena_release(&t->mem);
	free(t->words);
	free(t->starts);
	free(t->tfs);
}

/* tf of `a b` in every document; the count of documents with one. */
static uint32_t count_starts(struct truth *t, uint32_t a, uint32_t b)
{
	uint32_t df = 0;

	for (uint32_t d = 0; d < t->leaf->n_docs; d++) {
		t->tfs[d] = 0;
		for (uint64_t i = t->starts[d]; i + 1 < t->starts[d + 1]; i++)
			t->tfs[d] += t->words[i] == a + 1 && t->words[i + 1] == b + 1;
		df += t->tfs[d] != 0;
	}
	return df;
}

/* ---- comparing --------------------------------------------------------- */

static uint8_t true_impact(const struct truth *t, uint32_t doc)
{
	return t->tfs[doc] == 0 ? 0 : postings_impact(t->tfs[doc], t->k[t->leaf->norms[doc]]);
}

/* No document in [from, to) is better than `bound`. */
static void expect_bound(const struct truth *t, uint32_t from, uint32_t to, uint8_t bound)
{
	for (uint32_t d = from; d < to && d < t->leaf->n_docs; d++)
		assert_true(true_impact(t, d) <= bound);
}

static void compare_bounds(struct truth *t, const struct bq_term *pair)
{
	struct bq_cursor *c = need(bq_cursor_open(t->leaf, pair, &t->read));
	uint32_t step = 1 + (uint32_t)rng_below(&rng, t->leaf->n_docs), last;

	for (uint32_t from = 0; from < t->leaf->n_docs; from += step)
		expect_bound(t, from, from + step, bq_cursor_range_impact(c, from, from + step));
	c = need(bq_cursor_open(t->leaf, pair, &t->read));
	for (uint32_t from = 0; from < t->leaf->n_docs; from = last + 1) {
		uint8_t bound = bq_cursor_block_impact(c, from, &last);
		expect_bound(t, from, last == BQ_DOC_END ? t->leaf->n_docs : last + 1, bound);
		if (last == BQ_DOC_END)
			break;
	}
	expect_bound(t, 0, t->leaf->n_docs, pair->impact);
}

static void compare_list(struct truth *t, const struct bq_term *pair, uint32_t df)
{
	struct bq_cursor *c = need(bq_cursor_open(t->leaf, pair, &t->read));
	uint64_t ttf = 0;
	uint32_t n, target;

	assert_int_equal(pair->kind, BQ_TERM_PAIR);
	assert_int_equal(pair->df, df);
	for (uint32_t d = 0; d < t->leaf->n_docs; d++) {
		if (t->tfs[d] == 0)
			continue;
		assert_int_equal(bq_cursor_next(c), d);
		assert_int_equal(bq_cursor_tf(c), t->tfs[d]);
		assert_null(bq_cursor_positions(c, &n));
		assert_int_equal(n, 0);
		ttf += t->tfs[d];
	}
	assert_int_equal(bq_cursor_next(c), BQ_DOC_END);
	assert_int_equal(pair->ttf, ttf);
	c = need(bq_cursor_open(t->leaf, pair, &t->read));
	target = (uint32_t)rng_below(&rng, t->leaf->n_docs);
	uint32_t found = bq_cursor_seek(c, target);
	for (uint32_t d = target; d < t->leaf->n_docs && d < found; d++)
		assert_int_equal(t->tfs[d], 0);
	assert_true(found == BQ_DOC_END || t->tfs[found] != 0);
	compare_bounds(t, pair);
}

/* FORMAT.md section 7: what T is a bound on. */
static uint64_t weight(const struct bq_term *t)
{
	return t->df + (t->ttf - t->df) / 32;
}

static void compare_pair(struct truth *t, uint32_t a, uint32_t b, uint32_t min_weight)
{
	const struct bq_term *ta = &t->terms[a], *tb = &t->terms[b];
	struct bq_term pair;
	enum bq_pair found = bq_leaf_pair(t->leaf, ta, tb, &pair, &t->read);

	if (weight(ta) < min_weight || weight(tb) < min_weight) {
		assert_int_equal(found, BQ_PAIR_UNKNOWN);
		return;
	}
	uint32_t df = count_starts(t, a, b);
	assert_int_equal(found, df == 0 ? BQ_PAIR_ABSENT : BQ_PAIR_LIST);
	if (df != 0)
		compare_list(t, &pair, df);
}

/* All pairs of all leaves, or some of them; returns the largest weight. */
static uint32_t compare_all(uint32_t min_weight, unsigned one_in)
{
	struct bq_index *ix = NULL;
	uint32_t most = 0;

	if (bq_index_verify(dir.path, &err) != BQ_OK || bq_index_open(dir.path, &ix, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		static struct truth t;
		truth_init(&t, ix->leaves[i]);
		assert_int_equal(segment_of(t.leaf)->pairs.t, min_weight);
		for (uint32_t a = 0; a < t.n; a++) {
			uint32_t w = (uint32_t)weight(&t.terms[a]);
			most = w > most ? w : most;
			if (w < MAX_EDGES - 1)
				is_edge[w] = is_edge[w + 1] = true;
			for (uint32_t b = 0; b < t.n; b++)
				if (rng_one_in(&rng, one_in))
					compare_pair(&t, a, b, min_weight);
		}
		truth_release(&t);
	}
	bq_index_unref(ix);
	return most;
}

/* ---- tests ------------------------------------------------------------- */

/* T from 1 to one above the most frequent word; of those that part the words alike,
 * the first. */
static void test_edges(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		memset(is_edge, 0, sizeof is_edge);
		make_docs((uint32_t)rng_between(&rng, 1, i == 0 ? 60 : 24));
		for (uint32_t t = 1, most = 1; t <= most + 1; t++) {
			if (t > 1 && !is_edge[t])
				continue;
			tmpdir_init(&dir);
			make_index(options(t));
			most = compare_all(t, 1);
			tmpdir_release(&dir);
		}
	}
}

/* Lists of several blocks. */
static void test_frequent_pairs(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		uint32_t t = (uint32_t)rng_skewed(&rng, MAX_DOCS);
		/* of words in all of them the last block is full, or one short, or has one */
		make_docs(i == 0 ? MAX_DOCS : (uint32_t)rng_between(&rng, 2 * BQ_BLOCK_DOCS - 1,
			2 * BQ_BLOCK_DOCS + 1));
		tmpdir_init(&dir);
		make_index(options(t + 1));
		(void)compare_all(t + 1, 12);
		tmpdir_release(&dir);
	}
}

/* Tombstones, segments that updates add, merges, one segment at the end. */
static void test_updates(void **state)
{
	struct bq_build_report report;
	bool is_new;

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint32_t t = (uint32_t)rng_between(&rng, 1, 12);
		make_docs((uint32_t)rng_between(&rng, 20, 150));
		struct bq_build_opts opts = options(t);
		tmpdir_init(&dir);
		opts.segment_docs = n_docs / 4 + 1;
		make_index(opts);
		for (int round = 0; round < 10; round++) {
			for (uint64_t n = rng_below(&rng, 12); n > 0; n--) {
				uint32_t d = (uint32_t)rng_below(&rng, n_docs);
				make_doc(&docs[d], d);
				docs[d].exists = !rng_one_in(&rng, 3);
			}
			opts = options(t);
			opts.update = true;
			opts.pairs_percent = rng_one_in(&rng, 2) ? 0 : NO_BUDGET;
			make_index(opts);
			(void)compare_all(t, 6);
		}
		if (bq_build_optimize(dir.path, NULL, &report, &is_new, &err) != BQ_OK)
			fail_msg("%s", err.msg);
		(void)compare_all(t, 2);
		tmpdir_release(&dir);
	}
}

/* The same bytes whatever memory there is, and in how many passes. */
static void test_memory(void **state)
{
	static const uint64_t memory[] = { TIGHT, 2000, 20000, ROOMY };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct bq_build_opts opts = options((uint32_t)rng_between(&rng, 1, 20));
		uint64_t sums[4];
		opts.pairs_percent = (uint32_t)rng_between(&rng, 1, 100);
		make_docs((uint32_t)rng_between(&rng, 1, 120));
		for (size_t m = 0; m < 4; m++) {
			struct bq_index *ix;
			tmpdir_init(&dir);
			opts.memory_bytes = memory[m];
			make_index(opts);
			assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
			sums[m] = ix->n_leaves == 0 ? 0 : segment_of(ix->leaves[0])->file.head.checksum;
			bq_index_unref(ix);
			tmpdir_release(&dir);
			assert_int_equal(sums[m], sums[0]);
		}
	}
}

/* T is chosen so that pairs keep their budget. */
static void test_budget(void **state)
{
	(void)state;
	for (uint32_t percent = 1; percent < 200; percent = percent * 3 / 2 + 1) {
		make_docs((uint32_t)rng_between(&rng, 100, 400));
		struct bq_build_opts opts = options(1);
		struct bq_index *ix;
		uint64_t others = 0, pairs;

		tmpdir_init(&dir);
		opts.pairs_percent = percent;
		make_index(opts);
		assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
		const struct segment *s = segment_of(ix->leaves[0]);
		for (unsigned k = 1; k < SECTION_SUMS; k++)
			others += k == SECTION_DOCS || k == SECTION_PAIRS || k == SECTION_PPOST ? 0
				: s->file.section[k].len;
		pairs = s->file.section[SECTION_PAIRS].len + s->file.section[SECTION_PPOST].len;
		assert_true(s->pairs.n_words == 0 || pairs * 100 <= others * percent);
		(void)compare_all(s->pairs.t, 8);
		bq_index_unref(ix);
		tmpdir_release(&dir);
	}
}

/* More words than a dictionary of pairs has: T rises above the rare ones. */
static void test_too_many_words(void **state)
{
	struct bq_build_opts opts = options(1);
	struct bq_index *ix;

	(void)state;
	make_docs(2);
	for (uint32_t i = 0; i < n_docs; i++) {
		bq_buf_clear(&docs[i].title);
		bq_buf_clear(&docs[i].text);
		bq_buf_printf(&docs[i].text, "ping pong ");
	}
	for (uint32_t i = 0; i <= PAIRS_MAX_WORDS; i++)
		bq_buf_printf(&docs[0].text, "w%u ", i);
	tmpdir_init(&dir);
	make_index(opts);
	if (bq_index_verify(dir.path, &err) != BQ_OK || bq_index_open(dir.path, &ix, &err) != BQ_OK) {
		fail_msg("%s", err.msg);
		return;
	}
	const struct pairs_reader *p = &segment_of(ix->leaves[0])->pairs;
	assert_int_equal(p->t, 2);
	assert_int_equal(p->n_words, 2);
	assert_int_equal(p->n_pairs, 1);
	assert_int_equal(ix->pairs, 2);
	bq_index_unref(ix);
	tmpdir_release(&dir);
}

static int free_docs(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX_DOCS; i++) {
		bq_buf_release(&docs[i].text);
		bq_buf_release(&docs[i].title);
		bq_buf_release(&docs[i].path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_frequent_pairs),
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_too_many_words),
	};

	rng = rng_start("prop_pairs");
	return cmocka_run_group_tests(tests, NULL, free_docs);
}
