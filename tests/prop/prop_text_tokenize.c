/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tokenizer against a slow twin that decodes the whole text first, knows
 * no ASCII, no windows and no streams, and folds whole words with
 * utf8proc_map(): on random mixtures of scripts, marks, invisible characters
 * and broken bytes, and on every code point there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>
#include <xxhash.h>

#include <bq/text.h>

#include "lib/rng.h"
#include "text/short.h"

enum { TEXT_MAX = 4096, ENTRIES_MAX = TEXT_MAX + 1 };

/* ---- the twin: characters --------------------------------------------------- */

struct ch {
	int32_t cp; /* -1: a byte that is not UTF-8 */
	size_t off, len;
};

static struct ch chars[TEXT_MAX + 2];
static size_t n_chars;

static void decode_all(struct bq_span text)
{
	size_t at = 0;

	for (n_chars = 0; at < text.len; n_chars++) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t n = utf8proc_iterate(
			(const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at), &cp);
		chars[n_chars] = (struct ch){ n < 0 ? -1 : cp, at, n < 0 ? 1 : (size_t)n };
		at += chars[n_chars].len;
	}
	chars[n_chars] = (struct ch){ -1, at, 0 };
}

static bool in(int32_t cp, int32_t first, int32_t last) { return cp >= first && cp <= last; }

static char category(int32_t cp) { return cp < 0 ? 'C' : utf8proc_category_string(cp)[0]; }

static bool is_ignored(int32_t cp, bool plain)
{
	return cp >= 0 && !plain && cp != 0x200b && utf8proc_get_property(cp)->ignorable;
}

static bool is_mark(int32_t cp) { return category(cp) == 'M' || cp == 0xff9e || cp == 0xff9f; }

static bool is_cjk(int32_t cp)
{
	bool is_kana = in(cp, 0x3031, 0x3035) || in(cp, 0x3040, 0x30ff) || in(cp, 0x31f0, 0x31ff) ||
		       in(cp, 0xff66, 0xff9f) || in(cp, 0x1aff0, 0x1b16f);
	bool is_hangul = in(cp, 0x1100, 0x11ff) || in(cp, 0x3130, 0x318f) || in(cp, 0xa960, 0xa97f) ||
			 in(cp, 0xac00, 0xd7ff) || in(cp, 0xffa0, 0xffdc);
	bool is_bopomofo = in(cp, 0x3100, 0x312f) || in(cp, 0x31a0, 0x31bf);
	bool is_han = in(cp, 0x3005, 0x3007) || in(cp, 0x3021, 0x3029) || in(cp, 0x3038, 0x303c) ||
		      in(cp, 0x3190, 0x319f) || in(cp, 0x3400, 0x4dbf) || in(cp, 0x4e00, 0x9fff) ||
		      in(cp, 0xf900, 0xfaff) || cp == 0x16fe3 || in(cp, 0x20000, 0x323af);

	return (category(cp) == 'L' || category(cp) == 'N') && !is_mark(cp) &&
	       (is_kana || is_hangul || is_bopomofo || is_han);
}

/* '.' separates, 'w' letter, 'm' mark, 'c' CJK, 'i' ignored */
static char class_of(int32_t cp, bool plain)
{
	if (is_ignored(cp, plain))
		return 'i';
	if (!plain && cp == 0x200b)
		return '.';
	if (is_mark(cp))
		return 'm';
	if (is_cjk(cp))
		return 'c';
	return category(cp) == 'L' || category(cp) == 'N' ? 'w' : '.';
}

/* ---- the twin: folding ------------------------------------------------------ */

static bool sheds(int32_t cp)
{
	bool is_latin = in(cp, 'a', 'z') || in(cp, 0xc0, 0x2af) || (in(cp, 0x1d00, 0x1dbf) && cp != 0x1d2b) ||
			in(cp, 0x1e00, 0x1eff) || in(cp, 0x2c60, 0x2c7f) || in(cp, 0xa722, 0xa787) ||
			in(cp, 0xa78b, 0xa7ff) || in(cp, 0xab30, 0xab6f) || cp == 0x2184 || in(cp, 0x10780, 0x107ba) ||
			in(cp, 0x1df00, 0x1dfff);
	bool is_greek = (in(cp, 0x370, 0x3ff) && !in(cp, 0x3e2, 0x3ef)) || in(cp, 0x1f00, 0x1fff);

	return category(cp) == 'L' && (is_latin || is_greek);
}

static bool is_point(int32_t cp)
{
	bool is_hebrew = in(cp, 0x591, 0x5c7) || cp == 0xfb1e;
	bool is_arabic = in(cp, 0x610, 0x61a) || in(cp, 0x64b, 0x65f) || cp == 0x670 || in(cp, 0x6d6, 0x6ed) ||
			 in(cp, 0x898, 0x8ff);

	return category(cp) == 'M' && (is_hebrew || (is_arabic && !in(cp, 0x653, 0x655)));
}

/* Decompose and fold `in`, drop what is not of words and, if `shed`, the marks
 * that are shed, compose what is left. */
static char *map_word(const char *word, size_t n, bool shed)
{
	utf8proc_uint8_t *parts, *out;
	char *left = calloc(1, n * 64 + 16);
	size_t n_left = 0;
	int32_t base = -1;
	utf8proc_ssize_t n_parts = utf8proc_map((const utf8proc_uint8_t *)word, (utf8proc_ssize_t)n, &parts,
		(utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
				    UTF8PROC_DECOMPOSE));

	assert_true(n_parts >= 0);
	for (utf8proc_ssize_t i = 0; i < n_parts;) {
		utf8proc_int32_t cp;
		i += utf8proc_iterate(parts + i, n_parts - i, &cp);
		bool keep = strchr("LMN", category(cp)) != NULL;
		if (keep && category(cp) != 'M')
			base = cp;
		if (keep && shed && category(cp) == 'M')
			keep = !sheds(base) && !is_point(cp);
		if (keep)
			n_left += (size_t)utf8proc_encode_char(cp, (utf8proc_uint8_t *)left + n_left);
	}
	free(parts);
	assert_true(utf8proc_map((utf8proc_uint8_t *)left, (utf8proc_ssize_t)n_left, &out,
			    (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE)) >= 0);
	free(left);
	return (char *)out;
}

static char *lower_word(const char *word, size_t n)
{
	char *out = calloc(1, n * 4 + 1);
	size_t len = 0;

	for (size_t i = 0; i < n;) {
		utf8proc_int32_t cp;
		i += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)word + i, (utf8proc_ssize_t)(n - i), &cp);
		len += (size_t)utf8proc_encode_char(utf8proc_tolower(cp), (utf8proc_uint8_t *)out + len);
	}
	return out;
}

struct entry {
	char word[BQ_WORD_MAX + 1], marked[BQ_WORD_MAX + 1];
	uint64_t off;
	uint32_t len, ord;
	int kind;
};

/* Cut `s` (owned) into an entry's form. */
static void cut_into(char *s, char out[BQ_WORD_MAX + 1])
{
	size_t n = strlen(s), keep = BQ_WORD_CUT;

	memset(out, 0, BQ_WORD_MAX + 1);
	if (n <= BQ_WORD_CUT) {
		memcpy(out, s, n);
	} else {
		while (((unsigned char)s[keep] & 0xc0) == 0x80)
			keep--;
		(void)snprintf(
			out, BQ_WORD_MAX + 1, "%.*s\x01%016llx", (int)keep, s, (unsigned long long)XXH3_64bits(s, n));
	}
	free(s);
}

/* The two folded forms of characters [from, to), each piece of its own: up to
 * `mid` and from there on. */
static void fold_into(struct entry *e, const char *text, const size_t at[3], bool plain)
{
	char *word = calloc(1, 1), *marked = calloc(1, 1);

	for (int i = 0; i < 2; i++) {
		const char *p = text + chars[at[i]].off;
		size_t n = chars[at[i + 1]].off - chars[at[i]].off;
		char *w = plain ? lower_word(p, n) : map_word(p, n, true);
		char *m = plain ? lower_word(p, n) : map_word(p, n, false);
		word = realloc(word, strlen(word) + strlen(w) + 1);
		marked = realloc(marked, strlen(marked) + strlen(m) + 1);
		strcat(word, w);
		strcat(marked, m);
		free(w);
		free(m);
	}
	if (strcmp(word, marked) == 0)
		marked[0] = '\0';
	cut_into(word, e->word);
	cut_into(marked, e->marked);
}

/* ---- the twin: entries ------------------------------------------------------- */

static struct entry expected[ENTRIES_MAX];

/* Behind the last character that is not ignored of [from, to). */
static size_t trim(size_t from, size_t to, bool plain)
{
	while (to > from && is_ignored(chars[to - 1].cp, plain))
		to--;
	return to;
}

/* The end of the CJK character at `i`, what is ignored behind it included. */
static size_t cjk_end(size_t i, bool plain)
{
	int32_t jamo = chars[i].cp;

	for (i++; i < n_chars; i++) {
		int32_t cp = chars[i].cp;
		char class = class_of(cp, plain);
		bool is_l = in(jamo, 0x1100, 0x1112), is_v = in(jamo, 0x1161, 0x1175);
		bool is_lv = in(jamo, 0xac00, 0xd7a3) && (jamo - 0xac00) % 28 == 0;
		bool joins = (is_l && in(cp, 0x1161, 0x1175)) || ((is_v || is_lv) && in(cp, 0x11a8, 0x11c2));
		if (class != 'm' && class != 'i' && !joins)
			break;
		if (class != 'i')
			jamo = joins ? cp : -1;
	}
	return i;
}

static size_t add_entry(size_t n, const char *text, const size_t at[3], int kind, bool plain)
{
	struct entry *e = &expected[n];

	fold_into(e, text, at, plain);
	if (e->word[0] == '\0')
		return n;
	e->off = chars[at[0]].off;
	e->len = (uint32_t)(chars[at[2]].off - e->off);
	e->kind = kind;
	return n + 1;
}

/* All entries of a text; `ord` too. */
static size_t expect_all(struct bq_span text, bool plain, bool query)
{
	size_t n = 0, i = 0, before;
	uint32_t ord = 0;

	decode_all(text);
	while (i < n_chars) {
		char class = class_of(chars[i].cp, plain);
		if (class == 'w' || class == 'm') {
			size_t end = i;
			while (end < n_chars && strchr("wmi", class_of(chars[end].cp, plain)) != NULL)
				end++;
			size_t to = trim(i, end, plain);
			before = n;
			n = add_entry(n, text.ptr, (size_t[3]){ i, to, to }, BQ_TOKEN_WORD, plain);
			if (n > before)
				expected[before].ord = ord++;
			i = end;
			continue;
		}
		if (class != 'c') {
			i++;
			continue;
		}
		for (bool is_first = true; i < n_chars && class_of(chars[i].cp, plain) == 'c'; is_first = false) {
			size_t mid = cjk_end(i, plain), end = mid;
			bool is_last = mid == n_chars || class_of(chars[mid].cp, plain) != 'c';
			if (!is_last)
				end = cjk_end(mid, plain);
			size_t at[3] = { i, is_last ? trim(i, mid, plain) : mid, trim(i, end, plain) };
			if (!is_last || !query || is_first) {
				before = n;
				n = add_entry(n, text.ptr, at, is_last ? BQ_TOKEN_SINGLE : BQ_TOKEN_BIGRAM, plain);
				assert_int_equal(n, before + 1);
				expected[before].ord = ord;
			}
			ord++;
			i = mid;
		}
	}
	return n;
}

/* ---- comparing ----------------------------------------------------------------- */

static struct bq_text *analysers[2]; /* en, none */
static struct rng rng;

static void print_text(struct bq_span text)
{
	for (size_t i = 0; i < text.len; i++)
		print_error("\\x%02x", (unsigned char)text.ptr[i]);
	print_error("\n");
}

static bool is_entry(const struct bq_token *t, const struct entry *e)
{
	return bq_span_eq(t->word, bq_span_of(e->word)) && bq_span_eq(t->marked, bq_span_of(e->marked)) &&
	       t->off == e->off && t->len == e->len && t->ord == e->ord && (int)t->kind == e->kind;
}

static void fail_at(struct bq_span text, const struct entry *e, const struct bq_token *t)
{
	print_text(text);
	if (e != NULL)
		print_error("expected [%s] [%s] off %llu len %u ord %u kind %d\n", e->word, e->marked,
			(unsigned long long)e->off, e->len, e->ord, e->kind);
	if (t != NULL)
		print_error("got      [%.*s] [%.*s] off %llu len %u ord %u kind %d\n", (int)t->word.len, t->word.ptr,
			(int)t->marked.len, t->marked.ptr, (unsigned long long)t->off, t->len, t->ord, (int)t->kind);
	fail_msg("the tokenizer and its twin differ");
}

/* Tokens one by one, or by short_words() where that gives any. */
struct reader {
	struct bq_tokens it;
	bool takes_short;
	struct short_word words[SHORT_WORDS];
	size_t n, at; /* of `words` */
	uint32_t ord; /* of the first */
};

static bool read_next(struct reader *r, struct bq_token *out)
{
	if (r->takes_short && r->at == r->n) {
		r->ord = r->it.ord;
		r->n = short_words(&r->it, r->words);
		r->at = 0;
		assert_int_equal(r->it.ord, r->ord + r->n);
	}
	if (r->at == r->n)
		return bq_tokens_next(&r->it, out);
	const struct short_word *w = &r->words[r->at];
	const char *key = (const char *)w->key;
	for (size_t i = w->len; i < SHORT_MAX; i++)
		assert_int_equal(key[i], 0);
	*out = (struct bq_token){ .word = bq_span_make(key, w->len), .off = w->off, .len = w->len,
		.ord = r->ord + (uint32_t)r->at++,
		.kind = (key[0] & 0x80) == 0 ? BQ_TOKEN_WORD : w->len == 6 ? BQ_TOKEN_BIGRAM : BQ_TOKEN_SINGLE };
	return true;
}

/* The tokens of text[from..] must be the expected entries from `first` on. */
static void compare_read(struct reader *r, struct bq_span text, size_t n, size_t first, unsigned flags)
{
	uint64_t from = first < n && first > 0 ? expected[first].off : 0;
	uint32_t ord = from > 0 ? expected[first].ord : 0;
	struct bq_token t;

	bq_tokens_init(&r->it, r->it.text, bq_span_from(text, (size_t)from), flags);
	for (size_t i = first; i < n; i++) {
		struct entry e = expected[i];
		e.off -= from;
		e.ord -= ord;
		if (!read_next(r, &t))
			fail_at(text, &e, NULL);
		if (!is_entry(&t, &e))
			fail_at(text, &e, &t);
	}
	if (read_next(r, &t))
		fail_at(text, NULL, &t);
}

static void compare_tail(struct bq_span text, size_t n, size_t first, bool plain, unsigned flags)
{
	struct reader all = { .it.text = analysers[plain] }, by_many = { .it.text = analysers[plain],
		.takes_short = true };

	compare_read(&all, text, n, first, flags);
	compare_read(&by_many, text, n, first, flags);
}

/* What holds for every token whatever the text. */
static void check_shape(struct bq_span text, size_t n)
{
	uint64_t last = 0, last_end = 0;

	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &expected[i];
		assert_true(e->off + e->len <= text.len);
		assert_true(e->len > 0);
		assert_true(i == 0 || e->off > last);
		assert_true(e->off >= last_end || (i > 0 && expected[i - 1].kind == BQ_TOKEN_BIGRAM));
		assert_true((unsigned char)e->word[0] >= 0x20);
		assert_true(e->marked[0] == '\0' || (unsigned char)e->marked[0] >= 0x20);
		last = e->off;
		last_end = e->off + e->len;
	}
}

static void compare(struct bq_span text, bool plain, bool query)
{
	unsigned flags = query ? BQ_TOKENS_QUERY : 0;
	size_t n = expect_all(text, plain, query);

	compare_tail(text, n, 0, plain, flags);
	check_shape(text, n);
	for (int i = 0; n > 1 && i < 4; i++)
		compare_tail(text, n, rng_between(&rng, 1, n - 1), plain, flags);
}

/* ---- random texts -------------------------------------------------------------- */

struct range {
	int32_t first, last;
};

static const struct range pools[] = {
	{ 'a', 'z' },
	{ 'A', 'z' },
	{ ' ', '~' },
	{ 0, 0x7f },
	{ 0xa0, 0x17f },
	{ 0x180, 0x24f },
	{ 0x250, 0x36f },
	{ 0x300, 0x345 },
	{ 0x370, 0x3ff },
	{ 0x400, 0x52f },
	{ 0x531, 0x5ff },
	{ 0x591, 0x5c7 },
	{ 0x600, 0x6ff },
	{ 0x64b, 0x65f },
	{ 0x8a0, 0x9ff },
	{ 0xa00, 0xdff },
	{ 0xe00, 0xeff },
	{ 0x1000, 0x109f },
	{ 0x1100, 0x11ff },
	{ 0x1160, 0x1180 },
	{ 0x11a5, 0x11c5 },
	{ 0x1b00, 0x1b4f },
	{ 0x1d00, 0x1dff },
	{ 0x1e00, 0x1fff },
	{ 0x2000, 0x20ff },
	{ 0x200b, 0x200f },
	{ 0x2100, 0x218f },
	{ 0x2460, 0x24ff },
	{ 0x3000, 0x30ff },
	{ 0x3041, 0x309f },
	{ 0x3099, 0x309a },
	{ 0x3100, 0x33ff },
	{ 0x4e00, 0x4e40 },
	{ 0xac00, 0xac60 },
	{ 0xf900, 0xfb4f },
	{ 0xfb50, 0xfeff },
	{ 0xfe00, 0xfe0f },
	{ 0xff00, 0xffef },
	{ 0xff65, 0xffa0 },
	{ 0xad, 0xad },
	{ 0x110, 0x1ffff },
	{ 0x20000, 0x20010 },
	{ 0xe0000, 0xe01ef },
	{ 0, 0x10ffff },
};
enum { N_POOLS = sizeof pools / sizeof pools[0], N_LATIN = 5 };

/* A text of up to `max` bytes, made of stretches, each from one pool or two of the
 * first `n_pools`, broken bytes between. */
static struct bq_span random_text(uint8_t *out, size_t max, size_t n_pools)
{
	size_t n = 0;

	while (n + 4 <= max) {
		const struct range *a = &pools[rng_below(&rng, n_pools)], *b = &pools[rng_below(&rng, n_pools)];
		uint64_t left = rng_below(&rng, rng_one_in(&rng, 8) ? 200 : 12);
		uint64_t broken = rng_one_in(&rng, 20) ? 4 : 100;
		for (; left > 0 && n + 4 <= max; left--) {
			const struct range *r = rng_one_in(&rng, 3) ? b : a;
			if (rng_one_in(&rng, broken))
				out[n++] = (uint8_t)rng_next(&rng);
			else
				n += (size_t)utf8proc_encode_char(
					r->first + (int32_t)rng_below(&rng, (uint64_t)(r->last - r->first) + 1),
					out + n);
		}
		if (n < max && rng_one_in(&rng, 2))
			out[n++] = ' ';
	}
	return bq_span_make(out, n);
}

static void test_random_texts(void **state)
{
	(void)state;
	for (int i = 0; i < 1200; i++) {
		size_t max = 4 + rng_below(&rng, i % 10 == 0 ? TEXT_MAX - 8 : 200);
		uint8_t *bytes = malloc(max);
		struct bq_span text = random_text(bytes, max, i % 4 == 0 ? N_LATIN : N_POOLS);
		/* Nothing behind the text may be looked at. */
		char *exact = malloc(text.len + (text.len == 0));
		memcpy(exact, text.ptr, text.len);
		for (int mode = 0; mode < 4; mode++)
			compare(bq_span_make(exact, text.len), (mode & 1) != 0, (mode & 2) != 0);
		free(exact);
		free(bytes);
	}
}

/* Big blocks of letters that are all alike, and what is not assigned: a part
 * of them is enough. */
static bool is_dull(int32_t cp)
{
	bool is_alike = in(cp, 0x3400, 0x9fff) || in(cp, 0xa000, 0xa48f) || in(cp, 0xac00, 0xd7a3) ||
			in(cp, 0x12000, 0x18cff) || in(cp, 0x1b170, 0x1b2ff) || in(cp, 0x20000, 0x3ffff);

	return (is_alike || category(cp) == 'C') && cp % 61 != 0;
}

/* Each code point between letters and before a mark. */
static void test_every_code_point(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (int32_t cp = 0; cp <= 0x10ffff; cp++) {
		if (is_dull(cp))
			continue;
		size_t n = 0;
		bytes[n++] = 'x';
		n += (size_t)utf8proc_encode_char(cp, bytes + n);
		n += (size_t)utf8proc_encode_char(0x301, bytes + n);
		n += (size_t)utf8proc_encode_char(cp, bytes + n);
		bytes[n++] = 'Y';
		compare(bq_span_make(bytes, n), false, false);
		compare(bq_span_make(bytes, n), true, false);
	}
}

/* A folded word is its own folded form, and a form with marks folds to both. */
static void check_settled(const struct bq_text *t, struct bq_span form, const struct entry *e)
{
	struct bq_tokens it;
	struct bq_token token;

	bq_tokens_init(&it, t, form, 0);
	assert_true(bq_tokens_next(&it, &token));
	if (!bq_span_eq(token.word, bq_span_of(e->word)) || (token.marked.len > 0 && !bq_span_eq(token.marked, form)))
		fail_at(form, e, &token);
	assert_false(bq_tokens_next(&it, &token));
}

static bool holds_cjk(const char *word)
{
	decode_all(bq_span_of(word));
	for (size_t i = 0; i < n_chars; i++)
		if (is_cjk(chars[i].cp))
			return true;
	return false;
}

static void test_folding_settles(void **state)
{
	uint8_t bytes[200];

	(void)state;
	for (int i = 0; i < 1500; i++) {
		struct bq_span text = random_text(bytes, sizeof bytes, N_POOLS);
		size_t n = expect_all(text, false, false);
		for (size_t k = 0; k < n; k++) {
			const struct entry *e = &expected[k];
			if (e->kind != BQ_TOKEN_WORD || strlen(e->word) > BQ_WORD_CUT ||
				strlen(e->marked) > BQ_WORD_CUT || holds_cjk(e->word))
				continue;
			check_settled(analysers[0], bq_span_of(e->word), e);
			if (e->marked[0] != '\0')
				check_settled(analysers[0], bq_span_of(e->marked), e);
		}
	}
}

static int make_analysers(void **state)
{
	struct bq_text_config en = { .lang = "en" }, none = { .lang = "none" };

	(void)state;
	rng = rng_start("prop_text_tokenize");
	return bq_text_new(&en, &analysers[0], NULL) | bq_text_new(&none, &analysers[1], NULL);
}

static int free_analysers(void **state)
{
	(void)state;
	bq_text_free(analysers[0]);
	bq_text_free(analysers[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_folding_settles),
	};

	return cmocka_run_group_tests(tests, make_analysers, free_analysers);
}
