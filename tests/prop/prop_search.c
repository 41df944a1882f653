/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random queries over random documents: the engine must answer as brute force
 * does, to the last bit of every score, on every page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/mem_index.h"
#include "lib/naive_search.h"
#include "lib/rng.h"

enum { MAX_DOCS = 60, MAX_INDEXES = 3, ROUNDS = 40, QUERIES = 60 };

static const char *const vocabulary[] = { "data", "the", "sharing", "share", "city", "of", "open", "shared", "a",
	"cities", "town", "is", "rare", "walk", "walking", "x1" };
enum { N_WORDS = sizeof vocabulary / sizeof vocabulary[0] };

static const char *any_word(struct rng *r)
{
	return vocabulary[rng_skewed(r, N_WORDS)];
}

/* ---- documents --------------------------------------------------------- */

static const char *any_prefix(struct rng *r)
{
	static const char *const prefixes[] = { "sha", "s", "cit", "wal", "walk", "t", "o", "zz", "data" };

	return prefixes[rng_below(r, sizeof prefixes / sizeof prefixes[0])];
}

struct corpus {
	struct mem_doc docs[MAX_DOCS];
	uint32_t n;
	struct bq_buf bytes[MAX_DOCS][3]; /* title, text, path */
	struct mem_opts opts;
};

static void make_words(struct rng *r, uint32_t n, struct bq_buf *out)
{
	static const char *const between[] = { " ", " ", " ", "\n", ", ", "-", ". ", "\r\n" };

	for (uint32_t i = 0; i < n; i++)
		bq_buf_printf(out, "%s%s", i == 0 ? "" : between[rng_below(r, 8)], any_word(r));
}

static void make_doc(struct rng *r, struct corpus *c, uint32_t i)
{
	struct bq_buf *b = c->bytes[i];
	struct mem_doc *d = &c->docs[i];

	make_words(r, (uint32_t)rng_below(r, 4), &b[0]);
	d->title_in_text = b[0].len != 0 && rng_one_in(r, 2);
	if (d->title_in_text) {
		make_words(r, (uint32_t)rng_below(r, 3), &b[1]);
		if (b[1].len != 0)
			bq_buf_printf(&b[1], "\n");
		d->title_off = b[1].len;
		bq_buf_put_span(&b[1], bq_buf_span(&b[0]));
		bq_buf_printf(&b[1], "\n");
	}
	make_words(r, (uint32_t)rng_skewed(r, 30), &b[1]);
	bq_buf_printf(&b[2], "%c/%u", 'a' + (int)rng_below(r, 3), (unsigned)rng_below(r, 20));
	d->title = bq_buf_span(&b[0]);
	d->text = bq_buf_span(&b[1]);
	d->path = bq_buf_span(&b[2]);
	d->mtime_us = rng_one_in(r, 5) ? INT64_MIN : (int64_t)rng_below(r, 5) - 2;
	d->is_dead = rng_one_in(r, 8);
}

static void make_corpus(struct rng *r, struct corpus *c)
{
	memset(c, 0, sizeof *c);
	c->n = (uint32_t)rng_between(r, 1, MAX_DOCS);
	for (uint32_t i = 0; i < c->n; i++)
		make_doc(r, c, i);
	c->opts = (struct mem_opts){ .text.lang = "en", .k1 = 0.9f, .b = 0.4f,
		.leaf_docs = (uint32_t)rng_below(r, c->n + 1), .block_docs = (uint32_t)rng_between(r, 1, 7),
		.mark_words = (uint32_t)rng_between(r, 1, 9), .gen = rng_below(r, 100) };
	if (rng_one_in(r, 4))
		memcpy(c->opts.text.lang, "none", 5);
	if (rng_one_in(r, 4))
		c->opts.k1 = 1.2f;
}

static void free_corpus(struct corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		for (int k = 0; k < 3; k++)
			bq_buf_release(&c->bytes[i][k]);
}

/* The index of a corpus: the place where another engine would stand. */
static struct bq_index *make_index(const struct corpus *c)
{
	return mem_index_new(c->docs, c->n, &c->opts);
}

/* ---- queries ----------------------------------------------------------- */

struct nodes {
	struct naive_node n[64];
	unsigned used;
};

/* Some phrases are not of words in their places. */
static void loosen(struct rng *r, struct naive_node *n)
{
	if (n->n_words > 1 && n->n_words <= 3 && rng_one_in(r, 3)) {
		n->near = n->n_words == 2 ? "~NA"[rng_below(r, 3)] : '~';
		n->distance = 2 + (uint32_t)rng_skewed(r, 8); /* ADJ/1 is the phrase */
	} else if (rng_one_in(r, 6)) {
		n->is_prefix = true;
		n->words[n->n_words - 1] = any_prefix(r);
	}
}

static struct naive_node *make_leaf(struct rng *r, struct nodes *all)
{
	struct naive_node *n = &all->n[all->used++];

	*n = (struct naive_node){ .kind = rng_one_in(r, 3) ? NAIVE_PHRASE : NAIVE_WORD, .n_words = 1 };
	if (n->kind == NAIVE_PHRASE)
		n->n_words = (unsigned)rng_between(r, 1, rng_one_in(r, 4) ? NAIVE_WORDS : 2);
	n->is_title = rng_one_in(r, 8);
	for (unsigned i = 0; i < n->n_words; i++)
		n->words[i] = any_word(r);
	if (n->kind == NAIVE_PHRASE)
		loosen(r, n);
	return n;
}

static struct naive_node *make_node(struct rng *r, struct nodes *all, unsigned depth)
{
	static const char signs[] = { 0, 0, 0, 0, '+', '-' };

	if (all->used > 40 || depth == 3 || (depth > 0 && rng_one_in(r, 2)))
		return make_leaf(r, all);
	struct naive_node *n = &all->n[all->used++];
	*n = (struct naive_node){ .kind = rng_one_in(r, 3) ? NAIVE_OR : NAIVE_GROUP };
	n->n_kids = (unsigned)rng_between(r, 1, 4);
	for (unsigned i = 0; i < n->n_kids; i++) {
		n->kids[i] = make_node(r, all, depth + 1);
		if (n->kind == NAIVE_GROUP && i != 0)
			n->kids[i]->sign = signs[rng_below(r, sizeof signs)];
		else if (n->kind == NAIVE_GROUP)
			n->kids[i]->sign = rng_one_in(r, 5) ? '+' : 0;
	}
	return n;
}

/* ---- one query --------------------------------------------------------- */

struct trial {
	struct bq_searcher *searcher;
	struct bq_view view;
	struct bq_arena mem;
	struct bq_query_opts opts;
	struct bq_buf text;
	struct naive_answer want;
};

static void get(struct trial *t, struct bq_hits *out)
{
	struct bq_error err = { 0 };
	struct bq_query *q;

	if (bq_query_parse(t->searcher, &t->view, bq_buf_span(&t->text), &t->opts, &t->mem, &q, &err) != BQ_OK ||
		bq_query_search(q, out, &err) != BQ_OK)
		fail_msg("%.*s: %s at %u", (int)t->text.len, (const char *)t->text.ptr, err.msg, (unsigned)err.at);
}

static void check_hit(const struct trial *t, const struct bq_hit *h, uint32_t rank)
{
	const struct naive_hit *w = &t->want.hits[rank];

	if (h->index != w->index || h->leaf != w->leaf || h->doc != w->doc || h->all != w->all ||
		h->score != ldexp(w->points, -t->want.shift))
		fail_msg("%.*s (match %d, sort %d): hit %u is %u.%u.%u %.9f all %d, not %u.%u.%u %.9f all %d",
			(int)t->text.len, (const char *)t->text.ptr, t->opts.match, t->opts.sort, rank,
			h->index, h->leaf, h->doc, h->score, h->all, w->index, w->leaf, w->doc,
			ldexp(w->points, -t->want.shift), w->all);
}

/* The page that starts at `rank`, which is `out`. */
static void check_page(const struct trial *t, const struct bq_hits *out, uint32_t rank)
{
	uint32_t left = t->want.n > rank ? t->want.n - rank : 0;
	uint32_t n = left < t->opts.limit ? left : t->opts.limit;

	if (out->n != n || out->total != t->want.total || !out->exact)
		fail_msg("%.*s (match %d): %u hits of %u, total %u of %u", (int)t->text.len,
			(const char *)t->text.ptr, t->opts.match, out->n, n, (unsigned)out->total,
			(unsigned)t->want.total);
	for (uint32_t i = 0; i < n; i++)
		check_hit(t, &out->hits[i], rank + i);
	if (out->has_any)
		assert_int_equal(out->any, t->want.any);
	bool in_first = n != 0 && t->opts.match == BQ_MATCH_AUTO && out->hits[n - 1].all;
	if (n == t->opts.limit && n != 0 && rank + n < t->want.n)
		assert_true(out->next.len != 0);
	else if (n != t->opts.limit || !in_first) /* a second tier may follow that is empty */
		assert_true(out->next.len == 0);
	assert_false(out->is_partial);
}

static void check_count(struct trial *t)
{
	struct bq_error err;
	struct bq_query *q;
	uint64_t n;

	assert_int_equal(bq_query_parse(t->searcher, &t->view, bq_buf_span(&t->text), &t->opts, &t->mem, &q, &err),
		BQ_OK);
	assert_int_equal(bq_query_count(q, &n, &err), BQ_OK);
	assert_int_equal(n, t->want.total);
}

/* All hits page by page, by offset and by cursor. */
static void check_paging(struct trial *t, struct rng *r)
{
	struct bq_hits out;

	t->opts.limit = (uint32_t)rng_between(r, 1, 9);
	for (t->opts.offset = 0; t->opts.offset <= t->want.n; t->opts.offset += t->opts.limit) {
		get(t, &out);
		check_page(t, &out, t->opts.offset);
	}
	t->opts.offset = 0;
	for (uint32_t rank = 0;; rank += t->opts.limit) {
		get(t, &out);
		check_page(t, &out, rank);
		if (out.next.len == 0)
			break;
		t->opts.after = out.next;
	}
}

static void run_query(struct rng *r, struct trial *t, struct naive_corpus *truth)
{
	struct nodes nodes = { .used = 0 };
	struct naive_node *root = make_node(r, &nodes, 0);
	struct bq_hits out;

	t->opts = (struct bq_query_opts){ .match = (enum bq_match)rng_below(r, 3), .limit = 1000,
		.keep_stopwords = rng_one_in(r, 3), .sort = rng_one_in(r, 4) ? (enum bq_sort)rng_below(r, 3) :
		BQ_SORT_SCORE };
	bq_buf_clear(&t->text);
	naive_format(root, &t->text);
	t->want = naive_search(truth, root, &t->opts);
	get(t, &out);
	check_page(t, &out, 0);
	check_count(t);
	if (rng_one_in(r, 5))
		check_paging(t, r);
	free(t->want.hits);
	bq_arena_reset(&t->mem);
}

static void run_round(struct rng *r)
{
	static struct corpus corpora[MAX_INDEXES];
	struct bq_index *indexes[MAX_INDEXES];
	struct naive_index naive[MAX_INDEXES];
	uint32_t n = (uint32_t)rng_between(r, 1, MAX_INDEXES);
	struct trial t = { .searcher = bq_searcher_new(), .view = { indexes, n } };

	bq_arena_init(&t.mem, 256 << 20);
	for (uint32_t i = 0; i < n; i++) {
		struct corpus *c = &corpora[i];
		make_corpus(r, c);
		indexes[i] = make_index(c);
		naive[i] = (struct naive_index){ c->docs, c->n, c->opts.leaf_docs, c->opts.text, c->opts.k1,
			c->opts.b };
	}
	struct naive_corpus *truth = naive_new(naive, n);
	for (int i = 0; i < QUERIES; i++)
		run_query(r, &t, truth);
	naive_free(truth);
	for (uint32_t i = 0; i < n; i++) {
		mem_index_free(indexes[i]);
		free_corpus(&corpora[i]);
	}
	bq_buf_release(&t.text);
	bq_arena_release(&t.mem);
	bq_searcher_free(t.searcher);
}

static void engine_answers_as_brute_force(void **state)
{
	struct rng r = rng_start("prop_search");

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		run_round(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(engine_answers_as_brute_force) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
