/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/slow_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_NEAR = 6, MAX_SPAN = 16 }; /* words of a clause near each other; between its first and its last */

void slow_marks_read(struct bq_text *t, struct bq_span s, unsigned flags, size_t title_bytes, struct words *out)
{
	struct bq_tokens it;
	struct bq_token tok;

	out->n = out->n_title = 0;
	for (bq_tokens_init(&it, t, s, flags); bq_tokens_next(&it, &tok);) {
		struct word *w = &out->w[out->n++];
		assert_true(out->n < SLOW_MARKS_WORDS);
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

static void put_range(struct ranges *out, uint32_t from, uint32_t to, uint32_t ord)
{
	assert_true(out->n < SLOW_MARKS_RANGES);
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

void slow_marks_find(const struct clause *clauses, uint32_t n, struct words *text, struct ranges *out)
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

void slow_marks_join(const struct ranges *in, struct ranges *out)
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

void slow_marks_send(struct bq_span s, struct bq_buf *out, uint32_t *map)
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
