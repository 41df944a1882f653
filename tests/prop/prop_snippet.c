/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Places, snippets and marks of random queries in random documents, against a
 * highlighter that reads every document whole: line, column and length of each
 * place, the text sent and every marked byte; and which documents have one.
 * Now and then the index is a real one, with marks and frames of text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <bq/buf.h>
#include <bq/proto.h>
#include <bq/query.h>

#include "lib/native_index.h"
#include "lib/rng.h"
#include "lib/slow_marks.h"

enum { MAX_DOCS = 12, ROUNDS = 50, QUERIES = 12, MAX_CLAUSES = 4, MAX_DISTANCE = 5, WINDOW = 64, LOOKED_AT = 128,
	MAX_TITLE = BQP_MAX_TITLE };

static const char *const vocabulary[] = { "data", "sharing", "share", "city", "café", "Petro's", "東京", "京都",
	"東", "東京都", "x", "data-sharing", "naïve", "ÅNGSTRÖM", "walks", "cafe\xcc\x81",
	"か\xe3\x82\x99京", "か\xe3\x82\x99" };
static const char *const between[] = { " ", " ", " ", "\n", "\r\n", ", ", " \xff ", "\n\n", "\xe2\x82 ", "\r",
	" – ", "\xf0\x9f\x98\x80" };
enum { N_VOCABULARY = sizeof vocabulary / sizeof vocabulary[0], N_BETWEEN = sizeof between / sizeof between[0] };

/* ---- documents --------------------------------------------------------- */

struct corpus {
	struct mem_doc docs[MAX_DOCS];
	struct bq_buf bytes[MAX_DOCS][2];
	uint32_t n;
};

/* `n_vocabulary`: words of the vocabulary used, others are rare. */
static void make_words(struct rng *r, uint32_t n, bool long_lines, uint64_t n_vocabulary, struct bq_buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		const char *sep = between[rng_below(r, N_BETWEEN)];
		uint64_t most = rng_one_in(r, 500) ? N_VOCABULARY : n_vocabulary;
		if (long_lines && strchr(sep, '\n') != NULL && !rng_one_in(r, 300))
			sep = " ";
		bq_buf_printf(out, "%s%s", i == 0 ? "" : sep, vocabulary[rng_skewed(r, most)]);
		if (rng_one_in(r, 400))
			for (int k = (int)rng_below(r, 9000); k > 0; k--)
				bq_buf_put_u8(out, rng_one_in(r, 200) ? '.' : 'z');
	}
}

static void make_corpus(struct rng *r, struct corpus *c)
{
	static const char *const names[MAX_DOCS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };

	memset(c, 0, sizeof *c);
	c->n = (uint32_t)rng_between(r, 1, MAX_DOCS);
	for (uint32_t i = 0; i < c->n; i++) {
		struct bq_buf *b = c->bytes[i];
		struct mem_doc *d = &c->docs[i];
		bool is_long = rng_one_in(r, 4);
		uint64_t n_vocabulary = is_long && rng_one_in(r, 2) ? 4 : N_VOCABULARY; /* frequent phrases, or all */
		make_words(r, (uint32_t)rng_below(r, 5), true, N_VOCABULARY, &b[0]);
		if (b[0].len > MAX_TITLE)
			bq_buf_clear(&b[0]);
		d->title_in_text = b[0].len != 0 && rng_one_in(r, 2);
		if (d->title_in_text) {
			bq_buf_put_span(&b[1], bq_buf_span(&b[0]));
			bq_buf_printf(&b[1], "\n");
		}
		make_words(r, (uint32_t)rng_below(r, is_long ? 3000 : 40), is_long, n_vocabulary, &b[1]);
		d->id = d->path = bq_span_of(names[i]);
		d->title = bq_buf_span(&b[0]);
		d->text = bq_buf_span(&b[1]);
	}
}

static void free_corpus(struct corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		bq_buf_release(&c->bytes[i][0]);
		bq_buf_release(&c->bytes[i][1]);
	}
}

/* ---- checks ------------------------------------------------------------ */

/* One hit: what the slow highlighter says. */
struct page {
	struct bq_span raw;
	struct words words;
	struct ranges all, joined;
	struct bq_buf sent;
	uint32_t *map;
};

/* How many clauses begin within WINDOW words of match `i`, from there on; on its
 * line only if `one_line`. */
static uint32_t count_clauses(const struct page *p, uint32_t i, bool one_line)
{
	const struct range *r = p->all.r, first = r[i];
	bool seen[MAX_CLAUSES] = { false };
	uint32_t n = 0;

	while (i > 0 && r[i - 1].ord == first.ord)
		i--;
	for (; i < p->all.n && r[i].ord - first.ord < WINDOW; i++) {
		if (one_line && r[i].line != first.line)
			break;
		n += !seen[r[i].clause];
		seen[r[i].clause] = true;
	}
	return n;
}

/* The match that should be shown first: of those with the most clauses near
 * them, as far as they are looked at, the first with the most on its line. */
static const struct range *find_best(const struct page *p)
{
	const struct range *best = NULL;
	uint32_t most = 0, most_on_line = 0, looked_at = 0;

	for (uint32_t i = 0; i < p->all.n; i++) {
		uint32_t n = count_clauses(p, i, false);
		most = n > most ? n : most;
	}
	for (uint32_t i = 0, last = UINT32_MAX; i < p->all.n && looked_at < LOOKED_AT; i++) {
		const struct range *r = &p->all.r[i];
		if (r->ord == last || count_clauses(p, i, false) < most)
			continue;
		last = r->ord;
		looked_at++;
		uint32_t n = count_clauses(p, i, true);
		if (n <= most_on_line)
			continue;
		most_on_line = n;
		best = r;
	}
	return best;
}

/* The best place first, then those of other lines in order. */
static void check_order(const struct page *p, const struct bq_places *got)
{
	const struct range *best = find_best(p);
	uint64_t line = 0;
	uint32_t n = 1;

	assert_int_equal(got->places[0].off, best->from);
	for (uint32_t i = 0; i < p->all.n && n < got->n; i++) {
		const struct range *r = &p->all.r[i];
		if (r->line == line || r->line == best->line)
			continue;
		line = r->line;
		assert_int_equal(got->places[n++].off, r->from);
	}
}

static void check_place(const struct page *p, const struct bq_place *place)
{
	uint64_t line = 1, start = 0;
	bool is_match = false;

	for (uint64_t i = 0; i < place->off; i++) {
		if (p->raw.ptr[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	assert_int_equal(place->line, line);
	assert_int_equal(place->col, place->off - start + 1);
	for (uint32_t i = 0; i < p->all.n; i++)
		is_match |= p->all.r[i].from == place->off && p->all.r[i].to - p->all.r[i].from == place->len;
	assert_true(is_match);
}

/* Whether the snippet is the part of the whole that starts at sent byte `at`:
 * its text and its marks. */
static bool is_part(const struct page *p, const struct bq_snip *s, uint32_t at)
{
	uint32_t n = 0, end = at + (uint32_t)s->text.len;

	if (end > p->sent.len || memcmp(p->sent.ptr + at, s->text.ptr, s->text.len) != 0)
		return false;
	for (uint32_t i = 0; i < p->joined.n; i++) {
		uint32_t from = p->map[p->joined.r[i].from], to = p->map[p->joined.r[i].to];
		from = from < at ? at : from;
		to = to > end ? end : to;
		if (from >= to)
			continue;
		if (n == s->n_marks || s->marks[n].from != from - at || s->marks[n].to != to - at)
			return false;
		n++;
	}
	return n == s->n_marks;
}

static void check_snip(const struct page *p, const struct bq_place *place, const struct bq_snip *s, uint32_t ctx)
{
	size_t from = place->off, to = place->off + place->len;
	uint64_t tline = place->line;

	assert_true(s->text.len <= BQP_MAX_SNIP);
	for (uint32_t lines = 0; from > 0 && (p->raw.ptr[from - 1] != '\n' || lines++ < ctx); from--)
		tline -= p->raw.ptr[from - 1] == '\n';
	for (uint32_t lines = 0; to < p->raw.len && (p->raw.ptr[to] != '\n' || lines++ < ctx);)
		to++;
	uint32_t whole = p->map[to] - p->map[from];
	if (!s->is_cut) {
		assert_int_equal(s->text.len, whole);
		assert_int_equal(s->tline, tline);
		if (!is_part(p, s, p->map[from]))
			fail_msg("snippet differs: %.*s", (int)s->text.len, s->text.ptr);
		return;
	}
	assert_true(to - from > BQP_MAX_SNIP || whole > BQP_MAX_SNIP);
	assert_true(s->text.len > BQP_MAX_SNIP / 2);
	uint32_t match = p->map[place->off], at = p->map[from];
	while (at <= match && !is_part(p, s, at))
		at++;
	if (at > match)
		fail_msg("cut snippet is no part of the document: %.*s", (int)s->text.len, s->text.ptr);
}

/* Set them, from 1; returns how many lines have a match. */
static uint32_t set_lines(struct page *p)
{
	uint32_t n = 0, line = 1, last = 0;
	size_t seen = 0;

	for (uint32_t i = 0; i < p->all.n; i++) {
		for (; seen < p->all.r[i].from; seen++)
			line += p->raw.ptr[seen] == '\n';
		n += line != last;
		last = p->all.r[i].line = line;
	}
	return n;
}

/* A query under test. */
struct trial {
	struct bq_index *index;
	struct bq_text *text;
	struct bq_query *q;
	struct clause clauses[MAX_CLAUSES];
	uint32_t n;
	bool says_twice; /* two clauses may be one, said twice */
	uint32_t leaf_docs;
	const struct native_index *native; /* NULL: in memory */
};

static void check_title(const struct trial *t, const struct mem_doc *d, const struct bq_places *got)
{
	static struct words words;
	static struct ranges all, joined;

	slow_marks_read(t->text, d->title, 0, d->title.len, &words);
	slow_marks_find(t->clauses, t->n, &words, &all);
	slow_marks_join(&all, &joined);
	assert_int_equal(got->n_title_marks, joined.n);
	for (uint32_t i = 0; i < joined.n; i++) {
		assert_int_equal(got->title_marks[i].from, joined.r[i].from);
		assert_int_equal(got->title_marks[i].to, joined.r[i].to);
	}
}

static void check_hit(struct rng *r, const struct trial *t, const struct bq_hit *h, const struct mem_doc *d)
{
	static struct page p;
	struct bq_doc_head head;
	struct bq_read rd = { 0 };
	struct bq_places places;
	struct bq_error err = { 0 };
	uint32_t max = (uint32_t)rng_between(r, 1, 20), ctx = (uint32_t)rng_below(r, 4);

	p.raw = d->text;
	slow_marks_read(t->text, d->text, 0, d->title_in_text ? d->title.len : 0, &p.words);
	slow_marks_find(t->clauses, t->n, &p.words, &p.all);
	slow_marks_join(&p.all, &p.joined);
	p.sent = (struct bq_buf)BQ_BUF_INIT;
	p.map = malloc((d->text.len + 1) * sizeof *p.map);
	slow_marks_send(d->text, &p.sent, p.map);

	assert_int_equal(bq_leaf_head(t->index->leaves[h->leaf], h->doc, &head, &rd), BQ_OK);
	if (bq_query_places(t->q, h, &head, max, &places, &err) != BQ_OK)
		fail_msg("places: %s", err.msg);
	check_title(t, d, &places);
	uint32_t want = set_lines(&p);
	if (want == 0) {
		assert_int_equal(places.n, d->title_in_text ? 0 : 1);
		assert_true(places.n == 0 || places.places[0].in_title);
	} else {
		assert_int_equal(places.n, want < max ? want : max);
		if (!t->says_twice)
			check_order(&p, &places);
	}
	for (uint32_t i = 0; i < places.n && !places.places[i].in_title; i++) {
		struct bq_snip s;
		check_place(&p, &places.places[i]);
		assert_true(i < 2 || places.places[i].line > places.places[i - 1].line);
		if (bq_query_snip(t->q, h, &head, &places.places[i], ctx, &s, &err) != BQ_OK)
			fail_msg("snip: %s", err.msg);
		check_snip(&p, &places.places[i], &s, ctx);
	}
	bq_buf_release(&p.sent);
	free(p.map);
}

/* ---- a round ----------------------------------------------------------- */

/* A clause that is words in their places, as it stands in the query. */
static void make_exact(struct rng *r, struct clause *c, struct bq_buf *out)
{
	const char *a = vocabulary[rng_skewed(r, N_VOCABULARY)], *b = vocabulary[rng_skewed(r, N_VOCABULARY)];

	c->is_quoted = rng_one_in(r, 2);
	snprintf(c->source, sizeof c->source, c->is_quoted && rng_one_in(r, 2) ? "%s %s" : "%s", a, b);
	bq_buf_printf(out, c->is_quoted ? "\"%s\"" : "%s", c->source);
}

static void make_prefix(struct rng *r, struct clause *c, struct bq_buf *out)
{
	static const char *const prefixes[] = { "sha", "s", "Cit", "c", "caf\xc3\xa9", "dat", "data", "walk", "x" };
	const char *a = vocabulary[rng_skewed(r, N_VOCABULARY)];
	const char *b = prefixes[rng_below(r, sizeof prefixes / sizeof prefixes[0])];

	c->is_prefix = true;
	c->is_quoted = rng_one_in(r, 2);
	snprintf(c->source, sizeof c->source, c->is_quoted ? "%s %s" : "%.0s%s", a, b);
	bq_buf_printf(out, c->is_quoted ? "\"%s\"*" : "%s*", c->source);
}

static const char *any_word(struct rng *r)
{
	return vocabulary[rng_skewed(r, N_VOCABULARY)];
}

/* Words that need not stand in their places; NEAR and ADJ take single ones. */
static void make_near(struct rng *r, struct clause *c, struct bq_buf *out)
{
	static const char *const single[] = { "data", "sharing", "share", "caf\xc3\xa9", "\xe6\x9d\xb1\xe4\xba\xac",
		"x" };
	enum { N_SINGLE = sizeof single / sizeof single[0] };
	const char *a = single[rng_skewed(r, N_SINGLE)], *b = single[rng_skewed(r, N_SINGLE)];

	c->is_quoted = true; /* as written */
	c->distance = (uint32_t)rng_between(r, 2, MAX_DISTANCE);
	c->near = "~~NA"[rng_below(r, 4)];
	if (c->near != '~') {
		snprintf(c->source, sizeof c->source, "%s %s", a, b);
		bq_buf_printf(out, "%s %s/%u %s", a, c->near == 'N' ? "NEAR" : "ADJ", c->distance, b);
		return;
	}
	snprintf(c->source, sizeof c->source, "%s %s %s", a, any_word(r), rng_one_in(r, 3) ? any_word(r) : "");
	bq_buf_printf(out, "\"%s\"~%u", c->source, c->distance);
}

static bool may_be_one(const struct words *a, const struct words *b)
{
	bool same = a->n == b->n;

	for (uint32_t i = 0; same && i < a->n; i++)
		same = strcmp(a->w[i].stem, b->w[i].stem) == 0;
	return same;
}

static void make_query(struct rng *r, struct trial *t, struct bq_buf *out)
{
	bq_buf_clear(out);
	t->says_twice = false;
	t->n = (uint32_t)rng_between(r, 1, MAX_CLAUSES);
	for (uint32_t i = 0; i < t->n; i++) {
		struct clause *c = &t->clauses[i];
		uint32_t form = (uint32_t)rng_below(r, 4);
		c->near = 0;
		c->is_prefix = false;
		c->is_negated = i != 0 && rng_one_in(r, 6);
		c->is_title = rng_one_in(r, 6);
		bq_buf_printf(out, "%s%s%s", i == 0 ? "" : " ", c->is_negated ? "-" : "", c->is_title ? "title:" : "");
		if (form == 0)
			make_near(r, c, out);
		else if (form == 1)
			make_prefix(r, c, out);
		else
			make_exact(r, c, out);
		slow_marks_read(t->text, bq_span_of(c->source), BQ_TOKENS_QUERY, 0, &c->words);
		for (uint32_t k = 0; k < i; k++)
			t->says_twice |= may_be_one(&t->clauses[k].words, &c->words);
	}
}

/* Which of the corpus a hit is. */
static uint32_t number_of(const struct trial *t, const struct bq_hit *h)
{
	return t->native == NULL ? h->leaf * t->leaf_docs + h->doc : t->native->bases[h->leaf] + h->doc;
}

/* The query of one clause finds the documents that have it, and no other. */
static void check_found(const struct trial *t, const struct corpus *c, const struct bq_hits *hits)
{
	static struct words words;
	static struct ranges ranges;
	bool is_hit[MAX_DOCS] = { false };

	for (uint32_t h = 0; h < hits->n; h++)
		is_hit[number_of(t, &hits->hits[h])] = true;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct mem_doc *d = &c->docs[i];
		slow_marks_read(t->text, d->text, 0, d->title_in_text ? d->title.len : 0, &words);
		slow_marks_find(t->clauses, t->n, &words, &ranges);
		bool has = ranges.n != 0;
		slow_marks_read(t->text, d->title, 0, d->title.len, &words);
		slow_marks_find(t->clauses, t->n, &words, &ranges);
		if (is_hit[i] != (has || ranges.n != 0))
			fail_msg("%s (%c%u): document %u is %sfound", t->clauses[0].source, t->clauses[0].near,
				t->clauses[0].distance, i, is_hit[i] ? "" : "not ");
	}
}

static void ask(struct rng *r, struct trial *t, const struct corpus *c, struct bq_searcher *s, struct bq_arena *mem)
{
	struct bq_query_opts how = { .match = (enum bq_match)rng_below(r, 3), .keep_stopwords = true, .limit = 100 };
	struct bq_view view = { &t->index, 1 };
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_hits hits;
	struct bq_error err;

	make_query(r, t, &text);
	if (bq_query_parse(s, &view, bq_buf_span(&text), &how, mem, &t->q, &err) != BQ_OK ||
		bq_query_search(t->q, &hits, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.ptr, err.msg);
	if (t->n == 1)
		check_found(t, c, &hits);
	for (uint32_t h = 0; h < hits.n; h++)
		check_hit(r, t, &hits.hits[h], &c->docs[number_of(t, &hits.hits[h])]);
	bq_buf_release(&text);
}

static void run_round(struct rng *r, bool is_native)
{
	static struct corpus c;
	static struct trial t;
	struct mem_opts opts = { .text.lang = "en", .block_docs = 2, .mark_words = (uint32_t)rng_between(r, 1, 127) };
	struct native_index native;
	struct bq_searcher *s = bq_searcher_new();
	struct bq_arena mem;
	struct bq_error err;

	bq_arena_init(&mem, 256 << 20);
	assert_int_equal(bq_text_new(&opts.text, &t.text, &err), BQ_OK);
	make_corpus(r, &c);
	t.leaf_docs = opts.leaf_docs = (uint32_t)rng_between(r, 1, c.n);
	t.native = is_native ? &native : NULL;
	if (is_native)
		native_index_init(&native, c.docs, c.n, &opts, rng_one_in(r, 2));
	t.index = is_native ? native.index : mem_index_new(c.docs, c.n, &opts);
	for (int i = 0; i < QUERIES; i++) {
		ask(r, &t, &c, s, &mem);
		bq_arena_reset(&mem);
	}
	if (is_native)
		native_index_release(&native);
	else
		mem_index_free(t.index);
	free_corpus(&c);
	bq_text_free(t.text);
	bq_arena_release(&mem);
	bq_searcher_free(s);
}

static void marks_are_exact(void **state)
{
	struct rng r = rng_start("prop_snippet");

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		run_round(&r, i % 4 == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(marks_are_exact) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
