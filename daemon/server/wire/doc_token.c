/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/wire/doc_token.h"

#include <string.h>

enum { UID_DIGITS = 16 };

/* Each returns the end of what it wrote. */
static char *format_uid(uint64_t uid, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned shift = 64; shift != 0; shift -= 4)
		*out++ = hex[(uid >> (shift - 4)) & 15];
	return out;
}

static char *format_decimal(uint64_t v, char *out)
{
	char digits[20];
	size_t at = sizeof digits, n;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	n = sizeof digits - at;
	memcpy(out, digits + at, n);
	return out + n;
}

void doc_token_format(const struct doc_token *t, char out[DOC_TOKEN_BYTES])
{
	*out++ = 'g';
	out = format_decimal(t->gen, out);
	*out++ = '.';
	out = format_uid(t->uid, out);
	*out++ = '.';
	out = format_decimal(t->leaf, out);
	*out++ = '.';
	out = format_decimal(t->doc, out);
	*out = '\0';
}

void doc_token_put_uid(struct bq_buf *out, uint64_t uid)
{
	char digits[UID_DIGITS];

	(void)format_uid(uid, digits);
	bq_buf_put(out, digits, sizeof digits);
}

/* A canonical decimal (no leading zeros) off the front of `s`. */
static bool take_decimal(struct bq_span *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s->ptr[n] - '0'), &v))
			return false;
	if (n == 0 || (n > 1 && s->ptr[0] == '0') || v > max)
		return false;
	*s = bq_span_from(*s, n);
	*out = v;
	return true;
}

static bool take_uid(struct bq_span *s, uint64_t *out)
{
	uint64_t v = 0;

	if (s->len < UID_DIGITS)
		return false;
	for (size_t i = 0; i < UID_DIGITS; i++) {
		char c = s->ptr[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*s = bq_span_from(*s, UID_DIGITS);
	*out = v;
	return true;
}

static bool take_char(struct bq_span *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = bq_span_from(*s, 1);
	return true;
}

bool doc_token_parse(struct bq_span s, struct doc_token *out)
{
	uint64_t leaf, doc;

	if (!take_char(&s, 'g') || !take_decimal(&s, UINT64_MAX, &out->gen) || !take_char(&s, '.') ||
		!take_uid(&s, &out->uid) || !take_char(&s, '.') || !take_decimal(&s, UINT32_MAX, &leaf) ||
		!take_char(&s, '.') || !take_decimal(&s, UINT32_MAX, &doc) || s.len > 0)
		return false;
	out->leaf = (uint32_t)leaf;
	out->doc = (uint32_t)doc;
	return true;
}

bool doc_token_take_uid(struct bq_span *rest, uint64_t *uid, char *behind)
{
	if (!take_uid(rest, uid) || rest->len < 2 || memchr(",.-", rest->ptr[0], 3) == NULL)
		return false;
	*behind = rest->ptr[0];
	*rest = bq_span_from(*rest, 1);
	return true;
}
