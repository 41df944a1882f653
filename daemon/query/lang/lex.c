/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/lang/lex.h"

#include <string.h>

#include "query/lang/ast.h"

/* The byte at `i`, or a blank outside the text. */
static char byte_at(const struct lex *lx, size_t i)
{
	return i < lx->query.len ? lx->query.ptr[i] : ' ';
}

/* Length of the blank at `i`: ASCII blanks and controls, U+00A0, U+3000; 0 if
 * there is none. */
static size_t blank_len(const struct lex *lx, size_t i)
{
	struct bq_span rest = bq_span_from(lx->query, i);
	unsigned char first = rest.len == 0 ? 'x' : (unsigned char)rest.ptr[0];

	if (first <= ' ')
		return 1;
	if (first < 0x80)
		return 0;
	if (bq_span_starts(rest, BQ_SPAN("\xc2\xa0")))
		return 2;
	return bq_span_starts(rest, BQ_SPAN("\xe3\x80\x80")) ? 3 : 0;
}

static bool ends_here(const struct lex *lx, size_t i)
{
	return i >= lx->query.len || blank_len(lx, i) != 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ascii_letter(char c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* A byte that can be part of a word; for bytes above ASCII a guess that is
 * good enough to tell an operator from punctuation. */
static bool is_wordly(char c)
{
	return is_digit(c) || is_ascii_letter(c) || (unsigned char)c >= 0x80;
}

static int refuse(struct bq_error *err, size_t at, const char *form)
{
	return bq_error_set(err, BQ_EQUERY, at, "%s not supported yet", form);
}

/* Behind a closing quote or parenthesis: forms we do not have. */
static int check_suffix(const struct lex *lx, size_t i, struct bq_error *err)
{
	char c = byte_at(lx, i), after = byte_at(lx, i + 1);

	if (c == '~' && is_digit(after))
		return refuse(err, i, "sloppy groups (~n) are");
	if (c == '*')
		return refuse(err, i, "prefixes (*) of this are");
	if (c == '^' && is_digit(after))
		return refuse(err, i, "weights (^n) are");
	return BQ_OK;
}

/* The number at lx->at, which `form` says distance by; moves behind it. */
static int read_distance(struct lex *lx, const char *form, struct lex_token *out, struct bq_error *err)
{
	while (is_digit(byte_at(lx, lx->at))) {
		uint32_t digit = (uint32_t)(byte_at(lx, lx->at++) - '0');
		out->distance = out->distance > AST_MAX_DISTANCE ? out->distance : 10 * out->distance + digit;
	}
	if (out->distance > AST_MAX_DISTANCE)
		return bq_error_set(err, BQ_EQUERY, out->at, "the distance of %s is at most %u", form, AST_MAX_DISTANCE);
	return BQ_OK;
}

/* Behind a closing quote. */
static int read_suffix(struct lex *lx, struct lex_token *out, struct bq_error *err)
{
	uint64_t at = out->at;
	int rc = BQ_OK;

	if (byte_at(lx, lx->at) == '~' && is_digit(byte_at(lx, lx->at + 1))) {
		out->at = lx->at++;
		rc = read_distance(lx, "\"..\"~n", out, err);
		out->at = at;
	} else if (byte_at(lx, lx->at) == '*') {
		out->is_prefix = true;
		lx->at++;
	}
	return rc == BQ_OK ? check_suffix(lx, lx->at, err) : rc;
}

/* All of s[from..] is digits, or digits and dots. */
static bool rest_is_number(struct bq_span s, size_t from, bool dots)
{
	for (size_t i = from; i < s.len; i++)
		if (!is_digit(s.ptr[i]) && !(dots && s.ptr[i] == '.'))
			return false;
	return from < s.len && is_digit(s.ptr[from]);
}

static bool is_operator(char c)
{
	return c == '*' || c == '?' || c == '~' || c == '^';
}

/* A byte inside a bare word that would be an operator of the language. */
static int check_operator(struct bq_span w, size_t i, uint64_t at, struct bq_error *err)
{
	bool before = i > 0 && is_wordly(w.ptr[i - 1]);
	bool after = i + 1 < w.len && is_wordly(w.ptr[i + 1]);

	if (w.ptr[i] == '*' && (after || (before && i + 1 < w.len)))
		return refuse(err, at + i, "wildcards (*) are");
	if (w.ptr[i] == '?' && after)
		return refuse(err, at + i, "wildcards (?) are");
	if (w.ptr[i] == '~' && before && rest_is_number(w, i + 1, false))
		return refuse(err, at + i, "words within some edits (~n) are");
	if (w.ptr[i] == '^' && before && rest_is_number(w, i + 1, true))
		return refuse(err, at + i, "weights (^n) are");
	return BQ_OK;
}

static int check_word(const struct lex *lx, struct bq_span w, uint64_t at, struct bq_error *err)
{
	char behind = w.len > 1 ? w.ptr[1] : byte_at(lx, lx->at);

	if (w.ptr[0] == '=' && (is_wordly(behind) || (w.len == 1 && behind == '"')))
		return refuse(err, at, "forms as written (=) are");
	for (size_t i = 0; i < w.len; i++) {
		int rc = is_operator(w.ptr[i]) ? check_operator(w, i, at, err) : BQ_OK;
		if (rc != BQ_OK)
			return rc;
	}
	return BQ_OK;
}

/* Length of `name` in `name:` at `i`, when something follows the colon. */
static size_t field_len(const struct lex *lx, size_t i)
{
	struct bq_span rest = bq_span_from(lx->query, i);
	size_t n = 0;

	if (!is_ascii_letter(byte_at(lx, i)))
		return 0;
	while (n < rest.len &&
		(is_ascii_letter(rest.ptr[n]) || is_digit(rest.ptr[n]) || rest.ptr[n] == '_' || rest.ptr[n] == '-'))
		n++;
	return n < rest.len && rest.ptr[n] == ':' && !ends_here(lx, i + n + 1) ? n : 0;
}

/* `title:` is taken, the fields of the language that are not built are
 * refused, others are text: worth a warning unless they look like `a::b` or
 * `http://`. */
static int read_field(struct lex *lx, struct lex_token *out, struct bq_error *err)
{
	static const char *const later[] = { "path", "ext", "type", "date", "after", "before" };
	size_t n = field_len(lx, lx->at);
	struct bq_span name = bq_span_first(bq_span_from(lx->query, lx->at), n);
	char behind = byte_at(lx, lx->at + n + 1);

	if (n == 0 || behind == ':' || behind == '/' || behind == ')')
		return BQ_OK;
	if (bq_span_eq(name, BQ_SPAN("title"))) {
		out->is_title = true;
		lx->at += n + 1;
		return BQ_OK;
	}
	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if (bq_span_eq(name, bq_span_of(later[i])))
			return bq_error_set(err, BQ_EQUERY, lx->at, "%s: is not supported yet", later[i]);
	out->field = name;
	return BQ_OK;
}

static int read_quoted(struct lex *lx, struct lex_token *out, struct bq_error *err)
{
	struct bq_span rest = bq_span_from(lx->query, lx->at + 1);
	const char *close = rest.len == 0 ? NULL : memchr(rest.ptr, '"', rest.len);

	out->kind = LEX_QUOTED;
	if (close == NULL && !lx->is_partial)
		return bq_error_set(err, BQ_EQUERY, lx->at, "unbalanced quote");
	if (close == NULL) {
		out->is_open = true;
		out->text = rest;
		lx->at = lx->query.len;
		return BQ_OK;
	}
	out->text = bq_span_first(rest, (size_t)(close - rest.ptr));
	lx->at += out->text.len + 2;
	return read_suffix(lx, out, err);
}

/* AND, OR, NOT; NEAR/n, ADJ/n: which the word `w` is. */
static enum lex_kind kind_of(struct bq_span w)
{
	if (bq_span_eq(w, BQ_SPAN("AND")))
		return LEX_AND;
	if (bq_span_eq(w, BQ_SPAN("OR")))
		return LEX_OR;
	if (bq_span_eq(w, BQ_SPAN("NOT")))
		return LEX_NOT;
	if (bq_span_starts(w, BQ_SPAN("NEAR/")) && rest_is_number(w, 5, false))
		return LEX_NEAR;
	if (bq_span_starts(w, BQ_SPAN("ADJ/")) && rest_is_number(w, 4, false))
		return LEX_ADJ;
	return LEX_WORD;
}

/* NEAR/n or ADJ/n, which starts at byte `from`. */
static int read_near(struct lex *lx, size_t from, struct lex_token *out, struct bq_error *err)
{
	const char *form = out->kind == LEX_NEAR ? "NEAR/n" : "ADJ/n";
	int rc;

	lx->at = from + (out->kind == LEX_NEAR ? 5 : 4);
	rc = read_distance(lx, form, out, err);
	if (rc == BQ_OK && out->distance == 0)
		return bq_error_set(err, BQ_EQUERY, from, "the distance of %s is at least 1", form);
	return rc;
}

/* What begins a token of its own also inside a word. */
static bool is_bracket(char c)
{
	return c == '"' || c == '(' || c == ')';
}

/* A byte of ASCII that no token ends at. */
static bool is_inside(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x80 && !is_bracket(c);
}

static int read_word(struct lex *lx, struct lex_token *out, struct bq_error *err)
{
	size_t from = lx->at;
	struct bq_span w;

	while (lx->at < lx->query.len && (is_inside(lx->query.ptr[lx->at]) ||
		(!ends_here(lx, lx->at) && !is_bracket(lx->query.ptr[lx->at]))))
		lx->at++;
	w = bq_span_first(bq_span_from(lx->query, from), lx->at - from);
	out->kind = LEX_WORD;
	out->text = w;
	if (out->sign == 0 && !out->is_title)
		out->kind = kind_of(w);
	if (out->kind == LEX_NEAR || out->kind == LEX_ADJ)
		return read_near(lx, from, out, err);
	if (w.len > 1 && w.ptr[w.len - 1] == '*' && is_wordly(w.ptr[w.len - 2])) {
		out->is_prefix = true;
		out->text.len--;
	}
	return check_word(lx, w, from, err);
}

/* A sign stands at the start of a word and directly before something: `a-b`,
 * `--amend` and `a - b` hold none. */
static bool is_sign(const struct lex *lx, size_t i)
{
	char c = byte_at(lx, i), after = byte_at(lx, i + 1);
	bool at_start = i == 0 || lx->query.ptr[i - 1] == '(' || (unsigned char)lx->query.ptr[i - 1] <= ' ' ||
		(i >= 2 && blank_len(lx, i - 2) == 2) || (i >= 3 && blank_len(lx, i - 3) == 3);

	return (c == '+' || c == '-') && at_start && !ends_here(lx, i + 1) && after != '+' && after != '-' &&
		after != ')';
}

int lex_next(struct lex *lx, struct lex_token *out, struct bq_error *err)
{
	int rc;

	memset(out, 0, sizeof *out);
	for (size_t n; (n = blank_len(lx, lx->at)) != 0;)
		lx->at += n;
	out->at = lx->at;
	out->kind = LEX_END;
	if (lx->at >= lx->query.len)
		return BQ_OK;
	if (is_sign(lx, lx->at))
		out->sign = lx->query.ptr[lx->at++];
	rc = read_field(lx, out, err);
	if (rc != BQ_OK)
		return rc;
	switch (byte_at(lx, lx->at)) {
	case '(':
		out->kind = LEX_OPEN;
		lx->at++;
		return BQ_OK;
	case ')':
		out->kind = LEX_CLOSE;
		lx->at++;
		return check_suffix(lx, lx->at, err);
	case '"':
		return read_quoted(lx, out, err);
	default:
		return read_word(lx, out, err);
	}
}
