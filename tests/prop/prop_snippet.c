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

enum { MAX_DOCS = 12, ROUNDS = 50, QUERIES = 12, MAX_WORDS = 6000, MAX_CLAUSES = 4, MAX_RANGES = 20000,
	MAX_NEAR = 6, MAX_DISTANCE = 5, MAX_SPAN = 16, WINDOW = 64, LOOKED_AT = 128,
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

/* ---- the slow highlighter ---------------------------------------------- */

struct word {
	char text[BQ_WORD_MAX], stem[BQ_WORD_MAX];
	size_t from, to, char_to;
	uint32_t ord;
	bool is_single;
};

struct words {
	struct word w[MAX_WORDS];
	uint32_t n;
	uint32_t n_title; /* those that are the title's too, the first ones */
};

struct clause {
	char source[64];
	bool is_quoted, is_negated, is_title;
	bool is_prefix;    /* the last word is one */
	char near;         /* 0, '~' sloppy, 'N' NEAR, 'A' ADJ */
	uint32_t distance; /* of near */
	struct words words;
};

/* `title_bytes`: of `s`, at its start. */
static void read_words(struct bq_text *t, struct bq_span s, unsigned flags, size_t title_bytes, struct words *out)
{
	struct bq_tokens it;
	struct bq_token tok;

	out->n = out->n_title = 0;
	for (bq_tokens_init(&it, t, s, flags); bq_tokens_next(&it, &tok);) {
		struct word *w = &out->w[out->n++];
		assert_true(out->n < MAX_WORDS);
		memset(w, 0, sizeof *w);
		memcpy(w->text, tok.word.ptr, tok.word.len);
		struct bq_span stem = bq_text_stem(t, bq_span_of(w->text));
		memcpy(w->stem, stem.ptr, stem.len);
		w->from = (size_t)tok.off;
		w->to = w->char_to = (size_t)tok.off + tok.len;
		w->ord = tok.ord;
		w->is_single = tok.kind == BQ_TOKEN_SINGLE;
		out->n_title += w->to <= title_bytes;
		if (tok.kind == BQ_TOKEN_BIGRAM)
			w->char_to = w->from + (strncmp(s.ptr + w->from, "か\xe3\x82\x99", 6) == 0 ? 6 : 3);
	}
}

/* A match: its bytes, its first word, which clause it is of; the line it begins
 * on. */
struct range {
	uint32_t from, to, ord, clause, line;
};

/* Whether word `k` of the clause is `w`. */
static bool word_fits(const struct clause *c, uint32_t k, const struct word *w)
{
	const struct word *v = &c->words.w[k];

	if (v->is_single || (c->is_prefix && k + 1 == c->words.n))
		return strncmp(w->text, v->text, strlen(v->text)) == 0;
	return c->words.n == 1 && !c->is_quoted ? strcmp(w->stem, v->stem) == 0 : strcmp(w->text, v->text) == 0;
}

/* Whether `c` matches from word `i` of `text` on; sets the bytes. */
static bool fits(const struct clause *c, const struct words *text, uint32_t i, struct range *out)
{
	const struct words *q = &c->words;
	uint32_t at = 0;

	for (uint32_t k = 0; k < q->n; k++) {
		at = i + q->w[k].ord - q->w[0].ord;
		if (at >= text->n || !word_fits(c, k, &text->w[at]))
			return false;
	}
	out->from = (uint32_t)text->w[i].from;
	out->to = (uint32_t)(q->w[q->n - 1].is_single ? text->w[at].char_to : text->w[at].to);
	return q->n != 0;
}

struct ranges {
	struct range r[MAX_RANGES];
	uint32_t n;
};

static void put_range(struct ranges *out, uint32_t from, uint32_t to, uint32_t ord)
{
	assert_true(out->n < MAX_RANGES);
	out->r[out->n++] = (struct range){ from, to, ord, 0, 0 };
}

/* Whether places at[] of the text are near enough, and none serves twice. */
static bool are_near(const struct clause *c, const uint32_t *at)
{
	const struct words *q = &c->words;
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (uint32_t k = 0; k < q->n; k++) {
		int64_t x = (int64_t)at[k] - (c->near == '~' ? (int64_t)(q->w[k].ord - q->w[0].ord) : 0);
		least = x < least ? x : least;
		most = x > most ? x : most;
		for (uint32_t i = 0; i < k; i++)
			if (at[i] == at[k])
				return false;
	}
	return most - least <= (int64_t)c->distance && (c->near != 'A' || at[1] > at[0]);
}

/* The first word of the earliest match within words range[0] .. range[1],
 * every choice of words `k` and up tried; UINT32_MAX if there is none. */
static uint32_t first_near(const struct clause *c, const struct words *text, const uint32_t range[2], uint32_t k,
	uint32_t at[MAX_NEAR])
{
	uint32_t best = UINT32_MAX;

	if (k == c->words.n) {
		for (uint32_t i = 0; i < k; i++)
			best = at[i] < best ? at[i] : best;
		return are_near(c, at) ? best : UINT32_MAX;
	}
	for (at[k] = range[0]; at[k] <= range[1]; at[k]++) {
		uint32_t start = word_fits(c, k, &text->w[at[k]]) ? first_near(c, text, range, k + 1, at) : UINT32_MAX;
		best = start < best ? start : best;
	}
	return best;
}

/* Each match ends as early as it can, and the next one lies behind it. */
static void find_near(const struct clause *c, const struct words *text, struct ranges *out)
{
	uint32_t behind = 0, at[MAX_NEAR];

	assert_true(c->words.n <= MAX_NEAR);
	for (uint32_t end = 0; end < text->n; end++) {
		uint32_t reach = end < MAX_SPAN ? 0 : end - MAX_SPAN;
		const uint32_t range[2] = { reach > behind ? reach : behind, end };
		uint32_t start = first_near(c, text, range, 0, at);
		if (start == UINT32_MAX)
			continue;
		put_range(out, (uint32_t)text->w[start].from, (uint32_t)text->w[end].to, start);
		behind = end + 1;
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->from != y->from ? (x->from > y->from ? 1 : -1) : (x->to > y->to) - (x->to < y->to);
}

/* Every match of every clause, ascending. */
static void find_ranges(const struct clause *clauses, uint32_t n, struct words *text, struct ranges *out)
{
	const uint32_t n_words = text->n;

	out->n = 0;
	for (uint32_t k = 0; k < n; k++) {
		const struct clause *c = &clauses[k];
		text->n = c->is_title ? text->n_title : n_words;
		uint32_t before = out->n;
		struct range r;
		if (c->is_negated)
			continue;
		if (c->near != 0)
			find_near(c, text, out);
		for (uint32_t i = 0; c->near == 0 && i < text->n; i++)
			if (fits(c, text, i, &r))
				put_range(out, r.from, r.to, i);
		for (; before < out->n; before++)
			out->r[before].clause = k;
	}
	text->n = n_words;
	qsort(out->r, out->n, sizeof out->r[0], compare_ranges);
}

/* Joined: bytes covered by some match, cut where no match crosses. */
static void join(const struct ranges *in, struct ranges *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < in->n; i++) { /* ascending by from */
		struct range r = in->r[i];
		if (out->n != 0 && r.from < out->r[out->n - 1].to) {
			if (r.to > out->r[out->n - 1].to)
				out->r[out->n - 1].to = r.to;
		} else {
			out->r[out->n++] = r;
		}
	}
}

/* The document as it would be sent whole; map[i]: where byte i went. */
static void convert(struct bq_span s, struct bq_buf *out, uint32_t *map)
{
	struct bq_buf json = BQ_BUF_INIT;

	for (size_t i = 0; i < s.len;) {
		size_t n = 1;
		map[i] = (uint32_t)out->len;
		unsigned char c = (unsigned char)s.ptr[i];
		size_t most = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		for (n = most; n > 1; n--) { /* let the JSON writer judge */
			bq_buf_clear(&json);
			if (i + n > s.len)
				continue;
			bq_buf_put_json(&json, bq_span_make(s.ptr + i, n));
			if (n == most && json.len == n + 2 && memcmp(json.ptr + 1, s.ptr + i, n) == 0)
				break;
			if (json.len == 5 && memcmp(json.ptr + 1, "\xef\xbf\xbd", 3) == 0)
				break; /* one maximal ill-formed part */
		}
		bq_buf_clear(&json);
		bq_buf_put_json(&json, bq_span_make(s.ptr + i, n));
		for (size_t k = 1; k < n; k++)
			map[i + k] = (uint32_t)out->len;
		if ((unsigned char)s.ptr[i] < 0x80) {
			if (s.ptr[i] != '\r' || i + 1 == s.len || s.ptr[i + 1] != '\n')
				bq_buf_put(out, s.ptr + i, 1);
		} else {
			bq_buf_put(out, json.ptr + 1, json.len - 2);
		}
		i += n;
	}
	map[s.len] = (uint32_t)out->len;
	bq_buf_release(&json);
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

	read_words(t->text, d->title, 0, d->title.len, &words);
	find_ranges(t->clauses, t->n, &words, &all);
	join(&all, &joined);
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
	read_words(t->text, d->text, 0, d->title_in_text ? d->title.len : 0, &p.words);
	find_ranges(t->clauses, t->n, &p.words, &p.all);
	join(&p.all, &p.joined);
	p.sent = (struct bq_buf)BQ_BUF_INIT;
	p.map = malloc((d->text.len + 1) * sizeof *p.map);
	convert(d->text, &p.sent, p.map);

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
	static const char *const single[] = { "data", "sharing", "share", "caf\xc3\xa9", "\xe6\x9d\xb1\xe4\xba\xac", "x" };
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
		read_words(t->text, bq_span_of(c->source), BQ_TOKENS_QUERY, 0, &c->words);
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
		read_words(t->text, d->text, 0, d->title_in_text ? d->title.len : 0, &words);
		find_ranges(t->clauses, t->n, &words, &ranges);
		bool has = ranges.n != 0;
		read_words(t->text, d->title, 0, d->title.len, &words);
		find_ranges(t->clauses, t->n, &words, &ranges);
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
