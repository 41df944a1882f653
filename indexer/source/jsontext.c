/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/jsontext.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include <bq/bytes.h>
#include <bq/span.h>
#include <bq/utf8.h>

enum { AT_ONCE = 32 }; /* bytes */

/* ---- one string -------------------------------------------------------- */

/* Whether nothing in s[0, AT_ONCE) is to be looked at more closely: no quote, no backslash,
 * nothing below ' ' and nothing above '~' + 1.  Such a loop becomes few instructions. */
static bool is_plain(const char *s)
{
	const int8_t *p = (const int8_t *)s;
	uint8_t bad = 0;

	for (size_t i = 0; i < AT_ONCE; i++)
		bad |= (uint8_t)((p[i] < ' ') | (p[i] == '"') | (p[i] == '\\'));
	return bad == 0;
}

/* Bytes at the start of s[0, n) of which that is so, or a few less. */
static size_t count_plain(const char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	size_t i = 0;

	while (i + AT_ONCE <= n && is_plain(s + i))
		i += AT_ONCE;
	/* Each test leaves the high bit of a byte that fails; the borrow of one that fails may
	 * mark those behind it too. */
	for (; i + 8 <= n; i += 8) {
		uint64_t v, quote, slash, bad;
		v = bq_get_u64(s + i);
		quote = v ^ '"' * ones;
		slash = v ^ '\\' * ones;
		bad = (v | (v - ' ' * ones) | (quote - ones) | (slash - ones)) & high;
		if (bad != 0)
			return i + (size_t)(__builtin_ctzll(bad) / 8);
	}
	return i;
}

/* Bytes of the characters of three bytes at the start of s[0, n), of those whose second byte may
 * be any that continues one: most of CJK text. */
static size_t count_triples(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t i = 0;

	while (i + 3 <= n && p[i] > 0xe0 && p[i] < 0xf0 && p[i] != 0xed && (p[i + 1] & 0xc0) == 0x80 &&
	       (p[i + 2] & 0xc0) == 0x80)
		i += 3;
	return i;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX at `s`, or -1. */
static int32_t parse_hex4(const char *s, size_t n)
{
	int32_t v = 0;

	if (n < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int digit = hex_value(s[i]);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

static bool is_high(int32_t unit)
{
	return (unit & 0xfc00) == 0xd800;
}

static bool is_low(int32_t unit)
{
	return (unit & 0xfc00) == 0xdc00;
}

/* Bytes of the escape at s[0] == '\\', with its character in *cp; 0 if it is
 * none, or half a pair. */
static size_t parse_escape(const char *s, size_t n, int32_t *cp)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *at = n < 2 || s[1] == '\0' ? NULL : strchr(letters, s[1]);
	int32_t low;

	if (at != NULL) {
		*cp = values[at - letters];
		return 2;
	}
	if (n < 6 || s[1] != 'u')
		return 0;
	*cp = parse_hex4(s + 2, n - 2);
	if (*cp < 0 || is_low(*cp))
		return 0;
	if (!is_high(*cp))
		return 6;
	low = n < 12 || s[6] != '\\' || s[7] != 'u' ? -1 : parse_hex4(s + 8, n - 8);
	if (low < 0 || !is_low(low))
		return 0;
	*cp = 0x10000 + ((*cp & 0x3ff) << 10) + (low & 0x3ff);
	return 12;
}

/* Bytes of the one character or escape at s[0]; 0: a quote, or not sound. */
static size_t measure_char(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	int32_t cp;
	size_t len;

	if (*p == '\\')
		return parse_escape(s, n, &cp);
	if (*p < ' ' || *p == '"')
		return 0;
	len = bq_utf8_decode(p, p + n, &cp);
	return cp < 0 ? 0 : len;
}

/* Where the string that starts at line[from] ends: the place of its closing
 * quote, or `len` if it is not sound. */
static size_t find_end(const char *line, size_t len, size_t from)
{
	size_t at = from;

	while (at < len) {
		size_t n = measure_char(line + at, len - at);
		if (n == 0)
			return line[at] == '"' ? at : len;
		at += n;
		at += count_plain(line + at, len - at);
		at += count_triples(line + at, len - at);
	}
	return len;
}

/* ---- the line ---------------------------------------------------------- */

static size_t skip_blanks(const char *line, size_t len, size_t at)
{
	while (at < len && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r' || line[at] == '\n'))
		at++;
	return at;
}

/* The value's opening quote if the value of the name that ends at line[close] is a string; else 0. */
static size_t find_value(const char *line, size_t len, size_t close)
{
	size_t at = skip_blanks(line, len, close + 1);

	if (at == len || line[at] != ':')
		return 0;
	at = skip_blanks(line, len, at + 1);
	return at < len && line[at] == '"' ? at : 0;
}

static bool is_name(const char *name, const char *line, size_t open, size_t close)
{
	return bq_span_eq(bq_span_make(line + open + 1, close - open - 1), bq_span_of(name));
}

bool jsontext_find(const char *line, size_t len, struct jsontext *out)
{
	unsigned depth = 0;

	for (size_t at = 0; at < len; at++) {
		size_t close, value;
		if (line[at] == '{' || line[at] == '[')
			depth++;
		else if (line[at] == '}' || line[at] == ']')
			depth--;
		if (line[at] != '"')
			continue;
		close = find_end(line, len, at + 1);
		if (close == len)
			return false;
		value = depth == 1 && is_name("text", line, at, close) ? find_value(line, len, close) : 0;
		if (value != 0) {
			out->from = value + 1;
			out->to = find_end(line, len, value + 1);
			return out->to < len;
		}
		at = close;
	}
	return false;
}

/* The member whose name starts at line[open], one of ours that has not been there: where it ends; else 0. */
static size_t read_member(const char *line, size_t len, size_t open, struct jsontext_members *out)
{
	struct jsontext *member = NULL;
	size_t close = open < len && line[open] == '"' ? find_end(line, len, open + 1) : len, value, end;

	if (close == len)
		return 0;
	if (is_name("id", line, open, close))
		member = &out->id;
	else if (is_name("title", line, open, close))
		member = &out->title;
	else if (is_name("text", line, open, close))
		member = &out->text;
	value = member == NULL || member->from != 0 ? 0 : find_value(line, len, close);
	end = value == 0 ? len : find_end(line, len, value + 1);
	if (end == len)
		return 0;
	*member = (struct jsontext){ value + 1, end };
	return end + 1;
}

bool jsontext_read(const char *line, size_t len, struct jsontext_members *out)
{
	size_t at = skip_blanks(line, len, 0);

	*out = (struct jsontext_members){ .text = { 0, 0 } };
	if (at == len || line[at] != '{')
		return false;
	do {
		at = read_member(line, len, skip_blanks(line, len, at + 1), out);
		if (at == 0)
			return false;
		at = skip_blanks(line, len, at);
	} while (at < len && line[at] == ',');
	return at < len && line[at] == '}' && skip_blanks(line, len, at + 1) == len && out->text.from != 0;
}

/* ---- escapes ----------------------------------------------------------- */

size_t jsontext_unescape(char *s, size_t len)
{
	size_t from = 0, to = 0;

	while (from < len) {
		const char *slash = memchr(s + from, '\\', len - from);
		size_t run = slash == NULL ? len - from : (size_t)(slash - (s + from));
		int32_t cp = 0;
		if (to != from)
			memmove(s + to, s + from, run);
		from += run;
		to += run;
		if (slash == NULL)
			break;
		from += parse_escape(s + from, len - from, &cp);
		/* an escape has at least twice the bytes of its character */
		to += (size_t)utf8proc_encode_char(cp, (utf8proc_uint8_t *)s + to);
	}
	return to;
}
