/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/utf16.h"

#include <utf8proc.h>

enum { REPLACEMENT = 0xfffd, CHUNK = 4096, UTF8_MAX = 4 };

bool utf16_is(struct bq_span bytes)
{
	return bq_span_starts(bytes, BQ_SPAN("\xff\xfe")) || bq_span_starts(bytes, BQ_SPAN("\xfe\xff"));
}

/* The 16 bits at `p`, which has two bytes. */
static uint32_t unit_at(const uint8_t *p, bool is_big)
{
	return is_big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

/* The character at *p < end; moves *p behind it. */
static int32_t take_char(const uint8_t **p, const uint8_t *end, bool is_big)
{
	uint32_t first, second;

	if (end - *p < 2) {
		*p = end;
		return REPLACEMENT;
	}
	first = unit_at(*p, is_big);
	*p += 2;
	if ((first & 0xf800) != 0xd800)
		return (int32_t)first;
	second = end - *p < 2 ? 0 : unit_at(*p, is_big);
	if ((first & 0x0400) != 0 || (second & 0xfc00) != 0xdc00)
		return REPLACEMENT;
	*p += 2;
	return (int32_t)(0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff));
}

void utf16_decode(struct bq_span bytes, struct bq_buf *out)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr, *end = p + bytes.len;
	bool is_big = p[0] == 0xfe;

	p += 2;
	while (p < end) {
		uint8_t *to = bq_buf_room(out, CHUNK), *at = to;
		if (to == NULL)
			return;
		while (p < end && at + UTF8_MAX <= to + CHUNK)
			at += utf8proc_encode_char(take_char(&p, end, is_big), at);
		out->len += (size_t)(at - to);
	}
}
