/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The evaluator that skips documents must answer as the one that looks at all
 * of them: documents, scores, order, ties, tiers, pages, cursors, on every CPU
 * path, over several indexes and segments, with tombstones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/query.h>

#include "lib/docgen.h"
#include "lib/mem_index.h"
#include "lib/native_index.h"
#include "lib/rng.h"
#include "query/eval/cands.h"
#include "query/phrase/lookup.h"
#include "query/phrase/starts.h"

enum { MAX_DOCS = 9000, MAX_INDEXES = 2 };

static struct rng rng;
static bool has_prefixes; /* runs of Chinese characters, and queries for phrases with a prefix */
static bool has_chains;   /* queries are phrases of 3 to 5 words, and nothing else */

/* ---- documents --------------------------------------------------------- */

/* What the documents of a corpus are like. */
struct shape {
	uint32_t n_docs, max_words, vocabulary;
	uint32_t n_texts;  /* so many different ones, the rest repeat them; 0: all differ */
	uint32_t one_dead; /* one document of so many is dead; 0: none */
	bool many_segments;
};

struct corpus {
	struct mem_doc docs[MAX_DOCS];
	struct bq_buf bytes[MAX_DOCS][2]; /* title, text */
	struct mem_opts opts;
	uint32_t n;
};

static const char *const characters[] = { "東", "京", "都", "大", "学" };

/* A run of one character to four. */
static void put_characters(struct bq_buf *out)
{
	for (uint32_t n = (uint32_t)rng_between(&rng, 1, 4); n > 0; n--)
		bq_buf_printf(out, "%s", characters[rng_skewed(&rng, 5) % 5]);
}

static void make_text(struct bq_buf *out, const struct shape *s)
{
	uint32_t n = 1 + (uint32_t)rng_skewed(&rng, s->max_words), some;

	if (has_prefixes && rng_one_in(&rng, 100))
		n *= 50;
	for (; has_prefixes && n > 1; n -= some) {
		some = 1 + (uint32_t)rng_below(&rng, n - 1);
		docgen_text(&rng, some, s->vocabulary, out);
		bq_buf_printf(out, " ");
		put_characters(out);
		bq_buf_printf(out, " ");
	}
	docgen_text(&rng, n, s->vocabulary, out);
}

static void make_corpus(struct corpus *c, const struct shape *s)
{
	memset(c, 0, sizeof *c);
	c->n = s->n_docs;
	lookup_many = rng_one_in(&rng, 3) ? 24 : 1;
	c->opts = (struct mem_opts){ .text.lang = "en", .k1 = 0.9f, .b = 0.4f,
		.block_docs = (uint32_t)rng_between(&rng, 1, 9),
		.leaf_docs = rng_one_in(&rng, 2) ? 0 : (uint32_t)rng_between(&rng, c->n / 5 + 1, c->n),
		.pairs_min = rng_one_in(&rng, 3) ? 0 : 1 + (uint32_t)rng_skewed(&rng, c->n) };
	if (rng_one_in(&rng, 2))
		memcpy(c->opts.text.lang, "none", 5);
	for (uint32_t i = 0; i < c->n; i++) {
		struct bq_buf *b = c->bytes[s->n_texts == 0 || i < s->n_texts ? i : rng_below(&rng, s->n_texts)];
		if (b[1].len == 0) {
			docgen_text(&rng, (uint32_t)rng_below(&rng, 4), s->vocabulary, &b[0]);
			make_text(&b[1], s);
		}
		c->docs[i] = (struct mem_doc){ .title = bq_buf_span(&b[0]), .text = bq_buf_span(&b[1]),
			.path = BQ_SPAN("x"), .is_dead = s->one_dead != 0 && rng_one_in(&rng, s->one_dead) };
	}
}

static void free_corpus(struct corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		for (int k = 0; k < 2; k++)
			bq_buf_release(&c->bytes[i][k]);
}

/* ---- queries ----------------------------------------------------------- */

static void put_words(struct bq_buf *out, uint32_t n, uint32_t vocabulary)
{
	docgen_query(&rng, n, vocabulary, out);
}

/* Words that belong together, in every form. */
static void put_phrase(struct bq_buf *out, uint32_t vocabulary)
{
	if (rng_one_in(&rng, 6)) {
		put_words(out, 1, vocabulary);
		bq_buf_printf(out, " %s/%u ", rng_one_in(&rng, 2) ? "NEAR" : "ADJ", 1 + (unsigned)rng_skewed(&rng, 9));
		put_words(out, 1, vocabulary);
		return;
	}
	bq_buf_printf(out, "\"");
	put_words(out, 1 + (uint32_t)rng_skewed(&rng, 6), vocabulary);
	if (rng_one_in(&rng, 6) && out->len > 2)
		out->len -= 1 + rng_below(&rng, 2); /* or not all of the last word */
	bq_buf_printf(out, "\"");
	if (rng_one_in(&rng, 5))
		bq_buf_printf(out, "~%u", (unsigned)rng_skewed(&rng, 9));
	else if (rng_one_in(&rng, 6))
		bq_buf_printf(out, "*");
}

/* A phrase of which one word is a prefix: the last one, cut short, or a Chinese
 * character anywhere. */
static void put_prefix_phrase(struct bq_buf *out, uint32_t vocabulary)
{
	uint32_t n = 1 + (uint32_t)rng_skewed(&rng, 4), at = (uint32_t)rng_below(&rng, 2 * n);
	char word[DOCGEN_WORD_MAX];

	bq_buf_printf(out, "\"");
	for (uint32_t i = 0; i < n; i++) {
		if (i == at)
			bq_buf_printf(out, "%s ", characters[rng_skewed(&rng, 5) % 5]);
		if (rng_one_in(&rng, 6))
			put_characters(out);
		else
			put_words(out, 1, vocabulary);
		bq_buf_printf(out, " ");
	}
	docgen_word((uint32_t)rng_skewed(&rng, vocabulary), word);
	if (at >= n)
		bq_buf_printf(out, "%.*s\"*", 1 + (int)rng_below(&rng, 2), word);
	else
		bq_buf_printf(out, "\"");
}

static void put_clause(struct bq_buf *out, uint32_t vocabulary, unsigned depth)
{
	static const char *const signs[] = { "", "", "", "+", "+", "-" };

	bq_buf_printf(out, "%s", signs[rng_below(&rng, 6)]);
	if (rng_one_in(&rng, 12))
		bq_buf_printf(out, "title:");
	if (rng_one_in(&rng, 4)) {
		put_phrase(out, vocabulary);
	} else if (depth == 0 && rng_one_in(&rng, 12)) {
		bq_buf_printf(out, "(");
		put_words(out, 1, vocabulary);
		bq_buf_printf(out, rng_one_in(&rng, 2) ? " OR " : " ");
		put_words(out, 1, vocabulary);
		bq_buf_printf(out, " ");
		put_clause(out, vocabulary, 1);
		bq_buf_printf(out, ")");
	} else {
		put_words(out, 1, vocabulary);
	}
}

/* Words and phrases of which any will do. */
static void put_any(struct bq_buf *out, uint32_t vocabulary)
{
	uint32_t n = (uint32_t)rng_between(&rng, 1, 3), at = (uint32_t)rng_below(&rng, n + 1);

	for (uint32_t i = 0; i <= n; i++) {
		bool is_phrase = i == at || rng_one_in(&rng, 6);
		bq_buf_printf(out, "%s", is_phrase ? " \"" : " ");
		put_words(out, is_phrase ? (uint32_t)rng_between(&rng, 2, 3) : 1, vocabulary);
		bq_buf_printf(out, "%s", is_phrase ? "\"" : "");
	}
}

/* Something positive first, so that the query is none of negations alone; now
 * and then many words of which any will do. */
static void make_query(struct bq_buf *out, uint32_t vocabulary)
{
	uint32_t n = (uint32_t)rng_skewed(&rng, 6);

	bq_buf_clear(out);
	if (has_chains) {
		bq_buf_printf(out, "\"");
		put_words(out, (uint32_t)rng_between(&rng, 3, 5), vocabulary);
		bq_buf_printf(out, "\"");
		return;
	}
	if (rng_one_in(&rng, 10)) {
		put_words(out, (uint32_t)rng_between(&rng, 5, 30), vocabulary);
		return;
	}
	if (rng_one_in(&rng, 6)) {
		put_any(out, vocabulary);
		return;
	}
	if (rng_one_in(&rng, 4)) {
		bq_buf_printf(out, "%s", rng_one_in(&rng, 3) ? "+" : "");
		put_phrase(out, vocabulary);
	} else {
		bq_buf_printf(out, "%s", rng_one_in(&rng, 3) ? "+" : "");
		put_words(out, 1, vocabulary);
	}
	for (uint32_t i = 0; i < n; i++) {
		bq_buf_printf(out, " ");
		put_clause(out, vocabulary, 0);
	}
}

/* ---- both sides -------------------------------------------------------- */

struct side {
	struct bq_index *indexes[MAX_INDEXES];
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_hits hits;
};

static struct bq_buf text = BQ_BUF_INIT;
static unsigned n_asked, n_cut; /* pages, and those where documents were skipped */
static unsigned n_known;        /* pages with a score known before */
static unsigned n_found;        /* phrases with a prefix that are somewhere */

static void side_init(struct side *s, uint32_t n)
{
	s->view = (struct bq_view){ s->indexes, n };
	s->searcher = bq_searcher_new();
	bq_arena_init(&s->mem, 64 << 20);
}

static void side_release(struct side *s)
{
	bq_searcher_free(s->searcher);
	bq_arena_release(&s->mem);
}

static void ask(struct side *s, const struct bq_query_opts *opts)
{
	struct bq_error err;
	struct bq_query *q;

	if (bq_query_parse(s->searcher, &s->view, bq_buf_span(&text), opts, &s->mem, &q, &err) != BQ_OK ||
		bq_query_search(q, &s->hits, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.ptr, err.msg);
}

/* How many match, when nobody asks which. */
static uint64_t count(struct side *s, const struct bq_query_opts *opts)
{
	struct bq_error err;
	struct bq_query *q;
	uint64_t n = 0;

	if (bq_query_parse(s->searcher, &s->view, bq_buf_span(&text), opts, &s->mem, &q, &err) != BQ_OK ||
		bq_query_count(q, &n, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.ptr, err.msg);
	return n;
}

static void compare_totals(const struct bq_hits *w, const struct bq_hits *h, enum bq_total how)
{
	if (how == BQ_TOTAL_ESTIMATE && !h->exact)
		assert_true(h->total >= h->n);
	else if (h->exact ? h->total != w->total : h->total > w->total || h->total < h->n)
		fail_msg("%.*s: total %u, exact %d, of %u", (int)text.len, (const char *)text.ptr, (unsigned)h->total,
			h->exact, (unsigned)w->total);
	if (h->has_any)
		assert_int_equal(h->any, w->any);
}

static void compare(const struct bq_hits *w, const struct bq_hits *h, const struct bq_query_opts *opts)
{
	if (h->n != w->n)
		fail_msg("%.*s: %u hits, not %u", (int)text.len, (const char *)text.ptr, h->n, w->n);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct bq_hit *a = &h->hits[i], *b = &w->hits[i];
		if (a->index != b->index || a->leaf != b->leaf || a->doc != b->doc || a->score != b->score ||
			a->all != b->all)
			fail_msg("%.*s (match %d, limit %u, offset %u): hit %u is %u.%u.%u %.9f all %d, not "
				"%u.%u.%u %.9f all %d", (int)text.len, (const char *)text.ptr, opts->match, opts->limit,
				opts->offset, i, a->index, a->leaf, a->doc, a->score, a->all, b->index, b->leaf, b->doc,
				b->score, b->all);
	}
	assert_true(bq_span_eq(h->next, w->next));
	compare_totals(w, h, opts->total);
	assert_true(w->exact);
	if (opts->total == BQ_TOTAL_EXACT)
		assert_true(h->exact);
}

/* One page from both: `slow` looks at every document, `fast` need not. */
static void ask_both(struct side *slow, struct side *fast, struct bq_query_opts *opts)
{
	struct bq_query_opts all = *opts;

	all.exhaustive = true;
	all.total = BQ_TOTAL_EXACT;
	ask(slow, &all);
	ask(fast, opts);
	compare(&slow->hits, &fast->hits, opts);
	n_asked++;
	n_cut += !fast->hits.exact;
}

/* What the last hit of the page and the one behind it score at least, if there is
 * one; else 0. */
static double known_score(struct side *slow, const struct bq_query_opts *opts)
{
	struct bq_query_opts more = *opts;

	more.exhaustive = true;
	more.limit++;
	if (more.limit > BQ_QUERY_MAX_LIMIT)
		return 0;
	ask(slow, &more);
	return slow->hits.n == more.limit ? slow->hits.hits[more.limit - 1].score : 0;
}

/* Nobody asks which documents: only how many. */
static void count_both(struct side *slow, struct side *fast, const struct bq_query_opts *opts)
{
	struct bq_query_opts all = *opts;
	uint64_t n, want;

	all.exhaustive = true;
	want = count(slow, &all);
	n = count(fast, opts);
	if (n != want)
		fail_msg("%.*s: %llu counted, not %llu", (int)text.len, (const char *)text.ptr, (unsigned long long)n,
			(unsigned long long)want);
}

static void check_query(struct side *slow, struct side *fast, uint32_t vocabulary)
{
	struct bq_query_opts opts = { .match = (enum bq_match)rng_below(&rng, 3),
		.total = (enum bq_total)rng_below(&rng, 4), .keep_stopwords = rng_one_in(&rng, 2),
		.partial = rng_one_in(&rng, 10),
		.limit = (uint32_t)rng_between(&rng, 1, rng_one_in(&rng, 20) ? 1000 : rng_one_in(&rng, 4) ? 40 : 6),
		.offset = rng_one_in(&rng, 3) ? (uint32_t)rng_skewed(&rng, 30) : 0 };

	remainder_enough = rng_one_in(&rng, 3) ? 512 : (uint32_t)rng_between(&rng, 1, 40);
	remainder_few = rng_one_in(&rng, 3) ? 8 : 1;
	make_query(&text, vocabulary);
	if (opts.partial && rng_one_in(&rng, 2)) {
		bq_buf_printf(&text, " %s\"", rng_one_in(&rng, 2) ? "+" : "");
		put_words(&text, (uint32_t)rng_between(&rng, 2, 3), vocabulary);
	}
	ask_both(slow, fast, &opts);
	if (rng_one_in(&rng, 2))
		count_both(slow, fast, &opts);
	if (rng_one_in(&rng, 2)) {
		opts.known_score = known_score(slow, &opts);
		n_known += opts.known_score > 0;
		ask_both(slow, fast, &opts);
		opts.known_score = 0;
	}
	for (int pages = (int)rng_skewed(&rng, 5); pages > 0 && slow->hits.next.len != 0; pages--) {
		opts.offset = 0;
		opts.after = slow->hits.next;
		ask_both(slow, fast, &opts);
	}
	bq_arena_reset(&slow->mem);
	bq_arena_reset(&fast->mem);
}

static void check_prefix_phrase(struct side *slow, struct side *fast, uint32_t vocabulary)
{
	static const uint32_t rooms[] = { 16, 300, 4000, 4 << 20 };
	struct bq_query_opts opts = { .limit = (uint32_t)rng_between(&rng, 1, rng_one_in(&rng, 4) ? 1000 : 6) };

	starts_room = rooms[rng_below(&rng, 4)];
	bq_buf_clear(&text);
	put_prefix_phrase(&text, vocabulary);
	if (rng_one_in(&rng, 4)) {
		bq_buf_printf(&text, " ");
		put_clause(&text, vocabulary, 0);
	}
	ask_both(slow, fast, &opts);
	n_found += slow->hits.n != 0;
	count_both(slow, fast, &opts);
	bq_arena_reset(&slow->mem);
	bq_arena_reset(&fast->mem);
}

/* ---- the tests --------------------------------------------------------- */

static struct corpus corpora[MAX_INDEXES];

/* Real indexes: all documents on the scalar path against windows on the best
 * one, and the other way round. */
static void try_native(const struct shape *shapes, uint32_t n, uint32_t queries)
{
	struct native_index native[MAX_INDEXES];
	struct side slow, fast;
	struct bq_error err;

	setenv("BQ_CPU", "scalar", 1);
	for (uint32_t i = 0; i < n; i++) {
		make_corpus(&corpora[i], &shapes[i]);
		memcpy(&corpora[i].opts.text, &corpora[0].opts.text, sizeof corpora[i].opts.text);
		native_index_init(&native[i], corpora[i].docs, corpora[i].n, &corpora[i].opts, shapes[i].many_segments);
		slow.indexes[i] = native[i].index;
	}
	unsetenv("BQ_CPU");
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(bq_index_open(native[i].dir.path, &fast.indexes[i], &err), BQ_OK);
	side_init(&slow, n);
	side_init(&fast, n);
	for (uint32_t i = 0; i < queries; i++)
		(has_prefixes ? check_prefix_phrase : check_query)(i % 2 == 0 ? &slow : &fast,
			i % 2 == 0 ? &fast : &slow, shapes[0].vocabulary);
	for (uint32_t i = 0; i < n; i++) {
		bq_index_unref(fast.indexes[i]);
		native_index_release(&native[i]);
		free_corpus(&corpora[i]);
	}
	side_release(&slow);
	side_release(&fast);
}

/* Blocks of a few documents, and leaves whose impacts were made under another
 * average length than the index's. */
static void try_memory(const struct shape *shapes, uint32_t n, uint32_t queries)
{
	struct side slow, fast;

	for (uint32_t i = 0; i < n; i++) {
		make_corpus(&corpora[i], &shapes[i]);
		slow.indexes[i] = fast.indexes[i] = mem_index_new(corpora[i].docs, corpora[i].n, &corpora[i].opts);
	}
	side_init(&slow, n);
	side_init(&fast, n);
	for (uint32_t i = 0; i < queries; i++)
		(has_prefixes ? check_prefix_phrase : check_query)(&slow, &fast, shapes[0].vocabulary);
	for (uint32_t i = 0; i < n; i++) {
		mem_index_free(slow.indexes[i]);
		free_corpus(&corpora[i]);
	}
	side_release(&slow);
	side_release(&fast);
}

static void test_memory(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		struct shape s[MAX_INDEXES];
		for (int k = 0; k < MAX_INDEXES; k++)
			s[k] = (struct shape){
				.n_docs = 1 + (uint32_t)rng_below(&rng, 150),
				.max_words = 1 + (uint32_t)rng_below(&rng, 25),
				.vocabulary = 20,
				.n_texts = rng_one_in(&rng, 3) ? 1 + (uint32_t)rng_below(&rng, 4) : 0,
				.one_dead = (uint32_t)rng_below(&rng, 6),
			};
		try_memory(s, (uint32_t)rng_between(&rng, 1, MAX_INDEXES), 80);
	}
}

static void test_native(void **state)
{
	static const struct shape shapes[][MAX_INDEXES] = {
		{ { 300, 12, 30, 0, 7, true }, { 300, 12, 30, 5, 7, false } },
		{ { 2500, 20, 60, 0, 0, false }, { 900, 20, 60, 0, 9, true } },
		{ { 3000, 9, 200, 0, 5, false }, { 2000, 12, 30, 0, 2, false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		try_native(shapes[i], MAX_INDEXES, 300);
}

/* Several windows of 4,096 documents, dense and sparse words. */
static void test_windows(void **state)
{
	static const struct shape shapes[] = {
		{ 9000, 8, 900, 0, 0, false },
		{ 9000, 5, 60, 0, 11, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		try_native(&shapes[i], 1, 400);
}

/* Phrases all of whose neighbours have pair lists, in many documents. */
static void test_chains(void **state)
{
	static const struct shape shapes[][MAX_INDEXES] = {
		{ { 700, 30, 4, 0, 0, false }, { 300, 9, 4, 5, 3, true } },
		{ { 2500, 12, 7, 0, 7, false }, { 900, 50, 7, 0, 0, false } },
	};

	(void)state;
	has_chains = true;
	for (uint32_t i = 0; i < 4; i++)
		try_native(shapes[i % 2], MAX_INDEXES, 150);
	has_chains = false;
}

/* The same few documents over and over: ties everywhere. */
static void test_ties(void **state)
{
	static const struct shape shapes[][MAX_INDEXES] = {
		{ { 5000, 6, 12, 1, 0, false }, { 700, 6, 12, 3, 3, false } },
		{ { 4500, 9, 25, 12, 4, false }, { 1, 6, 12, 0, 0, false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		try_native(shapes[i], MAX_INDEXES, 300);
}

/* Words that pair lists cover and others, bits for some documents at a time, one
 * document with more than there is room for. */
static void test_prefixes(void **state)
{
	static const struct shape shapes[][MAX_INDEXES] = {
		{ { 700, 30, 60, 0, 7, true }, { 300, 30, 60, 5, 0, false } },
		{ { 4500, 12, 300, 0, 0, false }, { 900, 20, 300, 0, 9, true } },
		{ { 1500, 20, 30, 0, 0, false }, { 100, 20, 30, 0, 2, false } },
	};

	(void)state;
	has_prefixes = true;
	for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		try_native(shapes[i], MAX_INDEXES, 250);
		try_memory(&shapes[0][1], 1, 50);
	}
	printf("%u phrases with a prefix found\n", n_found);
	assert_true(n_found > 300);
}

/* All this says nothing unless documents were skipped. */
static void test_skipped(void **state)
{
	(void)state;
	printf("%u pages, %u with documents left out, %u with a score known before\n", n_asked, n_cut, n_known);
	assert_true(n_cut > n_asked / 10);
	assert_true(n_known > n_asked / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_skipped),
	};

	rng = rng_start("prop_pruned");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	bq_buf_release(&text);
	return failed;
}
