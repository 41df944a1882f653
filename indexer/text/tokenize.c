/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 *   short cut                        the long way, any text
 *   ASCII words: read_ascii          next_word: chars.h, fold.h
 *   letters of fold.h's table:       "
 *     next_ready_word
 *   common CJK: next_simple_cjk      next_cjk
 *
 * A short cut that meets what it does not know leaves everything as it was, and
 * the long way begins again at the word's start; what both can read, both read
 * alike.  Nothing is remembered of what lies before `it->p` but that a query's
 * CJK run has given a bigram, so that reading may start at any token.
 */
#include <bq/text.h>

#include <string.h>

#include <bq/bytes.h>
#include <bq/utf8.h>

#include "text/cjk.h"
#include "text/text.h"

/* ---- ASCII --------------------------------------------------------------- */

#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Lower-case the letters and digits at `p` into `out`; returns how many there
 * are, at most BQ_WORD_CUT.  Writes up to 7 bytes behind them.
 *
 * Eight bytes at a time: adding 0x80 - c to a byte below 0x80 sets its top bit
 * if it is c or more, and nothing carries into the next. */
static size_t read_ascii(const uint8_t *p, const uint8_t *end, char *out)
{
	size_t n = 0;

	for (; end - p >= 8 && n < BQ_WORD_CUT; n += 8, p += 8) {
		uint64_t x = bq_get_u64(p), low = x & ALL(0x7f), lower = low | ALL(0x20);
		uint64_t letters = (lower + ALL(0x80 - 'a')) & ~(lower + ALL(0x80 - 'z' - 1)) & ALL(0x80);
		uint64_t digits = (low + ALL(0x80 - '0')) & ~(low + ALL(0x80 - '9' - 1)) & ALL(0x80);
		uint64_t stops = ~(letters | digits) & ALL(0x80);

		stops |= x & ALL(0x80);
		bq_put_u64(out + n, low | (letters >> 2)); /* 0x80 >> 2 is the case bit */
		if (stops != 0)
			return n + (size_t)__builtin_ctzll(stops) / 8;
	}
	for (; p < end && chars_is_ascii_letter(*p) && n < BQ_WORD_CUT; p++)
		out[n++] = (char)(*p < 'A' ? *p : *p | 0x20);
	return n;
}

/* ---- characters ---------------------------------------------------------- */

/* A code point where it stands. */
struct here {
	const uint8_t *p, *next;
	int32_t cp;
	enum chars_class class;
};

/* The code point at `p`; at the end one that separates. */
static struct here look(const struct bq_tokens *it, const uint8_t *p)
{
	struct here h = { p, p, -1, CHARS_SEPARATES };

	if (p == it->end)
		return h;
	h.next = p + bq_utf8_decode(p, it->end, &h.cp);
	if (h.cp >= 0 && h.cp < 0x80)
		h.class = chars_is_ascii_letter((uint8_t)h.cp) ? CHARS_LETTER : CHARS_SEPARATES;
	else
		h.class = chars_class(h.cp, it->text->is_plain);
	return h;
}

static void give(struct bq_tokens *it, struct bq_token *out, const uint8_t *from, const uint8_t *to, size_t n_word)
{
	size_t len = (size_t)(to - from);

	out->word = bq_span_make(it->word, n_word);
	out->marked = bq_span_make(it->marked, 0);
	out->off = (uint64_t)(from - it->start);
	out->len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
	out->ord = it->ord++;
	out->kind = BQ_TOKEN_WORD;
}

/* End the word being folded and give it, unless nothing is left of it. */
static bool give_folded(struct bq_tokens *it, struct bq_token *out, const uint8_t *from, const uint8_t *to)
{
	size_t n_marked, n_word = fold_finish(it->text->fold, &n_marked);

	if (n_word == 0)
		return false;
	give(it, out, from, to, n_word);
	out->marked = bq_span_make(it->marked, n_marked);
	return true;
}

/* ---- words ---------------------------------------------------------------- */

/* Whether the word that ends in front of `p` goes on there. */
static __attribute__((noinline)) bool goes_on(const struct bq_tokens *it, const uint8_t *p)
{
	enum chars_class class = look(it, p).class;

	return class != CHARS_SEPARATES && class != CHARS_CJK;
}

/* The letter at `p` whose forms are ready, its bytes in *n; NULL: something
 * else is there. */
static const struct fold_ready *ready_at(
	const struct fold_ready *letters, const uint8_t *p, const uint8_t *end, size_t *n)
{
	int32_t cp = p[0];

	*n = 1;
	if (cp >= 0x80) {
		if (cp < 0xc2 || cp > 0xdf || end - p < 2 || (p[1] & 0xc0) != 0x80)
			return NULL;
		cp = (cp & 0x1f) << 6 | (p[1] & 0x3f);
		*n = 2;
	}
	return cp < FOLD_READY_END && letters[cp].n_word > 0 ? &letters[cp] : NULL;
}

/* The word at it->p, if all its letters have their forms ready and it is not
 * long; otherwise false, and it->p stays. */
static bool next_ready_word(struct bq_tokens *it, struct bq_token *out)
{
	const struct fold_ready *letters = fold_letters(it->text->fold), *r;
	const uint8_t *p = it->p;
	size_t n_word = 0, n_marked = 0, n;
	bool differs = false;

	for (; p < it->end && (r = ready_at(letters, p, it->end, &n)) != NULL; p += n) {
		if (n_word > BQ_WORD_CUT - sizeof r->word || n_marked > BQ_WORD_CUT - sizeof r->marked)
			return false;
		memcpy(it->word + n_word, r->word, sizeof r->word);
		memcpy(it->marked + n_marked, r->marked, sizeof r->marked);
		n_word += r->n_word;
		n_marked += r->n_marked;
		differs |= r->differs;
	}
	if (p == it->p || (p != it->end && *p >= 0x80 && goes_on(it, p)))
		return false;
	give(it, out, it->p, p, n_word);
	out->marked.len = differs ? n_marked : 0;
	it->p = p;
	return true;
}

/* The word at it->p, any length, any script but CJK; false if nothing is left
 * of it. */
static __attribute__((noinline)) bool next_word(struct bq_tokens *it, struct bq_token *out)
{
	const uint8_t *from = it->p, *to = from;
	struct here h = look(it, from);
	fold_start(it->text->fold, it->word, it->marked);
	while (h.class == CHARS_LETTER || h.class == CHARS_MARK || h.class == CHARS_IGNORED) {
		fold_add(it->text->fold, h.cp, h.class);
		if (h.class != CHARS_IGNORED)
			to = h.next;
		h = look(it, h.next);
	}
	it->p = h.p;
	return give_folded(it, out, from, to);
}

/* ---- CJK ------------------------------------------------------------------ */

/* Fold a CJK character, its marks and the jamo that compose with it, from `h`
 * on, which is of class CJK.  Returns what comes behind it and what is ignored;
 * *to is its end. */
static struct here fold_cjk(const struct bq_tokens *it, struct here h, const uint8_t **to)
{
	int32_t before = -1;

	for (;;) {
		bool is_joined = before >= 0 && h.class == CHARS_CJK;
		fold_add(it->text->fold, h.cp, is_joined ? CHARS_MARK : h.class);
		if (h.class != CHARS_IGNORED) {
			before = h.class == CHARS_CJK ? h.cp : -1;
			*to = h.next;
		}
		h = look(it, h.next);
		if (h.class == CHARS_CJK && !cjk_joins(before, h.cp))
			return h;
		if (h.class == CHARS_SEPARATES || h.class == CHARS_LETTER)
			return h;
	}
}

/* The entry at the CJK character `h`: it and the one behind it, or it alone. */
static bool next_cjk(struct bq_tokens *it, struct here h, struct bq_token *out)
{
	const uint8_t *to;

	fold_start(it->text->fold, it->word, it->marked);
	struct here second = fold_cjk(it, h, &to);
	bool is_last = second.class != CHARS_CJK, is_given = it->cjk_is_given;
	it->p = second.p;
	it->cjk_is_given = !is_last;
	if (is_last && is_given && (it->flags & BQ_TOKENS_QUERY) != 0) {
		it->ord++;
		return false;
	}
	if (!is_last)
		(void)fold_cjk(it, second, &to);
	if (!give_folded(it, out, h.p, to))
		return false;
	out->kind = is_last ? BQ_TOKEN_SINGLE : BQ_TOKEN_BIGRAM;
	return true;
}

/* Whether a simple CJK character stands at `p`. */
static bool is_simple_at(const struct bq_tokens *it, const uint8_t *p)
{
	return cjk_is_simple(cjk_decode(p, it->end));
}

/* The bulk of CJK text: two simple characters, and behind them what cannot
 * belong to the second.  Gives what next_cjk() gives, or false. */
static bool next_simple_cjk(struct bq_tokens *it, struct bq_token *out)
{
	const uint8_t *p = it->p;

	if (!is_simple_at(it, p) || !is_simple_at(it, p + 3))
		return false;
	if (p + 6 != it->end && p[6] >= 0x80 && !is_simple_at(it, p + 6))
		return false;
	memcpy(it->word, p, 6);
	give(it, out, p, p + 6, 6);
	out->kind = BQ_TOKEN_BIGRAM;
	it->p = p + 3;
	it->cjk_is_given = true;
	return true;
}

/* ---- the iterator ----------------------------------------------------------- */

void bq_tokens_init(struct bq_tokens *it, const struct bq_text *t, struct bq_span text, unsigned flags)
{
	it->text = t;
	it->start = it->p = (const uint8_t *)text.ptr;
	it->end = text.len == 0 ? it->start : it->start + text.len;
	it->ord = 0;
	it->flags = flags;
	it->cjk_is_given = false;
}

/* What stands at it->p, a byte above 0x7f: a word, or one character passed. */
static __attribute__((noinline)) bool next_other(struct bq_tokens *it, struct bq_token *out)
{
	if (next_simple_cjk(it, out) || next_ready_word(it, out))
		return true;

	struct here h = look(it, it->p);
	if (h.class == CHARS_CJK)
		return next_cjk(it, h, out);
	if (h.class == CHARS_LETTER || h.class == CHARS_MARK)
		return next_word(it, out);
	it->p = h.next;
	return false;
}

bool bq_tokens_next(struct bq_tokens *it, struct bq_token *out)
{
	const uint8_t *p = it->p, *end = it->end;

	for (;;) {
		while (p < end && chars_is_ascii_separator(*p))
			p++;
		if (p == end) {
			it->p = p;
			return false;
		}
		if (*p < 0x80)
			break;
		it->p = p;
		if (next_other(it, out))
			return true;
		p = it->p;
	}
	it->p = p;

	size_t n = read_ascii(p, end, it->word);
	p += n;
	if (p < end && *p >= 0xc2 && *p <= 0xdf) { /* of two bytes, as most of fold.h's table */
		if (next_ready_word(it, out))
			return true;
		(void)read_ascii(it->p, end, it->word); /* that one has written there, too */
	}
	if (p < end && !chars_is_ascii_separator(*p) && goes_on(it, p))
		return next_word(it, out); /* longer, or not ASCII only; never empty */
	give(it, out, it->p, p, n);
	it->p = p;
	return true;
}
