/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-8 as bytes: one decoder for everybody who meets text.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decode one character from [p, end), p < end.  Returns its length 1..4 and
 * sets *cp.  For an ill-formed sequence *cp is -1 and the length is that of
 * its maximal ill-formed part (Unicode 15, section 3.9, U+FFFD substitution):
 * never 0, never past the end. */
static inline size_t utf8_decode(const uint8_t *p, const uint8_t *end, int32_t *cp)
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

#endif
