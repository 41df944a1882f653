/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-8 as bytes: one decoder for everybody who meets text.
 */
#ifndef BQ_UTF8_H
#define BQ_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bq/span.h>

/* Decode one character from [p, end), p < end.  Returns its length 1..4 and
 * sets *cp.  For an ill-formed sequence *cp is -1 and the length is that of
 * its maximal ill-formed part (Unicode 15, section 3.9, U+FFFD substitution):
 * never 0, never past the end. */
static inline size_t bq_utf8_decode(const uint8_t *p, const uint8_t *end, int32_t *cp)
{
	uint8_t b0 = p[0];
	size_t need;
	uint8_t lo = 0x80, hi = 0xbf; /* the second byte's range */
	int32_t c;

	if (b0 < 0x80) {
		*cp = b0;
		return 1;
	}
	*cp = -1;
	if (b0 >= 0xc2 && b0 <= 0xdf) {
		need = 1;
		c = b0 & 0x1f;
	} else if (b0 >= 0xe0 && b0 <= 0xef) {
		need = 2;
		c = b0 & 0x0f;
		if (b0 == 0xe0)
			lo = 0xa0;
		else if (b0 == 0xed)
			hi = 0x9f; /* surrogates */
	} else if (b0 >= 0xf0 && b0 <= 0xf4) {
		need = 3;
		c = b0 & 0x07;
		if (b0 == 0xf0)
			lo = 0x90;
		else if (b0 == 0xf4)
			hi = 0x8f; /* above U+10FFFF */
	} else {
		return 1;
	}
	for (size_t i = 1; i <= need; i++) {
		if (p + i >= end || p[i] < lo || p[i] > hi)
			return i;
		c = (c << 6) | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	*cp = c;
	return need + 1;
}

/* Whether `byte` can only stand inside a character. */
static inline bool bq_utf8_is_tail(char byte)
{
	return ((uint8_t)byte & 0xc0) == 0x80;
}

/* How many bytes a well-formed character has that starts with `first`; 1 where
 * none does. */
static inline uint32_t bq_utf8_len(char first)
{
	uint8_t c = (uint8_t)first;

	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The offset of the first byte that is no part of well-formed UTF-8 (RFC 3629),
 * or s.len when all is well. */
static inline size_t bq_utf8_check(struct bq_span s)
{
	const uint8_t *p = (const uint8_t *)s.ptr;
	size_t i = 0, n;
	uint64_t eight;
	int32_t cp = 0;

	while (i < s.len) {
		while (s.len - i >= 8 && (memcpy(&eight, p + i, 8), (eight & 0x8080808080808080u) == 0))
			i += 8;
		if (i == s.len)
			break;
		n = bq_utf8_decode(p + i, p + s.len, &cp);
		if (cp < 0)
			break;
		i += n;
	}
	return i;
}

/* `s` cut to at most `max` bytes, where a character starts; of ill-formed text
 * no more than three bytes are given up for that. */
static inline struct bq_span bq_utf8_cut(struct bq_span s, size_t max)
{
	size_t n = max;

	if (s.len <= max)
		return s;
	while (n > 0 && max - n < 3 && bq_utf8_is_tail(s.ptr[n]))
		n--;
	return bq_span_first(s, n);
}

#endif
