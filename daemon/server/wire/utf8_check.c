/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/wire/utf8_check.h"

#include <stdint.h>

/* Length of the well-formed character at [p, end), 0 if there is none. */
static size_t character(const uint8_t *p, const uint8_t *end)
{
	uint8_t lo = 0x80, hi = 0xbf; /* bounds of the second byte */
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if ((size_t)(end - p) < len)
		return 0;
	switch (p[0]) {
	case 0xe0: lo = 0xa0; break; /* overlong */
	case 0xed: hi = 0x9f; break; /* surrogates */
	case 0xf0: lo = 0x90; break; /* overlong */
	case 0xf4: hi = 0x8f; break; /* above U+10FFFF */
	default: break;
	}
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t utf8_check(struct bq_span s)
{
	const uint8_t *start = (const uint8_t *)s.ptr, *p = start, *end = start + s.len;

	while (p < end) {
		size_t n = character(p, end);
		if (n == 0)
			break;
		p += n;
	}
	return (size_t)(p - start);
}

struct bq_span utf8_check_cut(struct bq_span s, size_t max)
{
	if (s.len <= max)
		return s;
	size_t n = max;
	while (n > 0 && max - n < 3 && ((uint8_t)s.ptr[n] & 0xc0) == 0x80)
		n--;
	return bq_span_first(s, n);
}
