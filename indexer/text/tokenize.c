/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 *   bytes -> pieces: ASCII word | word with other characters | CJK character
 *
 * An ASCII word is lower-cased as it is read.  The first byte above 0x7f that
 * may belong to the word sends it, from its start, through chars.h and fold.h.
 * Nothing is remembered of what lies before `it->p` but whether a query's CJK
 * run has given a bigram, so that reading may start at any token.
 */
#include <bq/text.h>

#include "base/utf8.h"
#include "text/cjk.h"
#include "text/text.h"

/* ---- ASCII --------------------------------------------------------------- */

enum { ASCII_SEPARATES = 0, ASCII_NOT = 1 };

/* The lower-case byte of a letter or digit; ASCII_NOT above 0x7f. */
#define ROW16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
static const uint8_t ascii[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
	['8'] = '8', ['9'] = '9', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
	['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
	['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v',
	['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
	['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l',
	['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
	['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
	[0x80] = ROW16(ASCII_NOT), ROW16(ASCII_NOT), ROW16(ASCII_NOT), ROW16(ASCII_NOT),
	ROW16(ASCII_NOT), ROW16(ASCII_NOT), ROW16(ASCII_NOT), ROW16(ASCII_NOT),
};

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
	h.next = p + utf8_decode(p, it->end, &h.cp);
	if (h.cp >= 0 && h.cp < 0x80)
		h.class = ascii[h.cp] == ASCII_SEPARATES ? CHARS_SEPARATES : CHARS_LETTER;
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

/* The word at it->p, any length, any script but CJK. */
static bool next_word(struct bq_tokens *it, struct bq_token *out)
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

/* A CJK character, its marks and the jamo that compose with it, from `h` on,
 * which is of class CJK; folded if `fold` is not NULL.  Returns what comes
 * behind it and what is ignored; *to is its end. */
static struct here pass_cjk(const struct bq_tokens *it, struct here h, struct fold *fold, const uint8_t **to)
{
	int32_t before = -1;

	for (;;) {
		bool is_joined = before >= 0 && h.class == CHARS_CJK;
		if (fold != NULL)
			fold_add(fold, h.cp, is_joined ? CHARS_MARK : h.class);
		if (h.class != CHARS_IGNORED)
			*to = h.next;
		if (h.class != CHARS_IGNORED)
			before = h.class == CHARS_CJK ? h.cp : -1;
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
	struct fold *fold = it->text->fold;
	const uint8_t *to;

	fold_start(fold, it->word, it->marked);
	struct here second = pass_cjk(it, h, fold, &to);
	bool is_last = second.class != CHARS_CJK, is_given = it->cjk_is_given;
	it->p = second.p;
	it->cjk_is_given = !is_last;
	if (is_last && is_given && (it->flags & BQ_TOKENS_QUERY) != 0) {
		it->ord++;
		return false;
	}
	if (!is_last)
		(void)pass_cjk(it, second, fold, &to);
	if (!give_folded(it, out, h.p, to))
		return false;
	out->kind = is_last ? BQ_TOKEN_SINGLE : BQ_TOKEN_BIGRAM;
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
static bool next_other(struct bq_tokens *it, struct bq_token *out)
{
	struct here h = look(it, it->p);

	if (h.class == CHARS_CJK)
		return next_cjk(it, h, out);
	it->cjk_is_given = false;
	if (h.class == CHARS_LETTER || h.class == CHARS_MARK)
		return next_word(it, out);
	it->p = h.next;
	return false;
}

/* Whether the word that ends in front of `p` goes on there. */
static bool goes_on(const struct bq_tokens *it, const uint8_t *p)
{
	enum chars_class class = look(it, p).class;

	return class != CHARS_SEPARATES && class != CHARS_CJK;
}

bool bq_tokens_next(struct bq_tokens *it, struct bq_token *out)
{
	const uint8_t *p = it->p, *end = it->end;

	for (;;) {
		while (p < end && ascii[*p] == ASCII_SEPARATES)
			p++;
		if (p == end) {
			it->p = p;
			return false;
		}
		if (ascii[*p] != ASCII_NOT)
			break;
		it->p = p;
		if (next_other(it, out))
			return true;
		p = it->p;
	}
	it->cjk_is_given = false;
	it->p = p;

	size_t n = 0;
	for (; p < end && ascii[*p] > ASCII_NOT && n < BQ_WORD_CUT; p++)
		it->word[n++] = (char)ascii[*p];
	if (p < end && (ascii[*p] > ASCII_NOT || (ascii[*p] == ASCII_NOT && goes_on(it, p))))
		return next_word(it, out); /* too long, or not ASCII only: never empty */
	give(it, out, it->p, p, n);
	it->p = p;
	return true;
}
