/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/buf.h>
#include <bq/utf8.h>

/* The escape of one ASCII byte, or NULL if it stands for itself. */
static const char *escape_of(uint8_t c, char tmp[8])
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default: break;
	}
	if (c >= 0x20 && c != 0x7f)
		return NULL;
	tmp[0] = '\\';
	tmp[1] = 'u';
	tmp[2] = tmp[3] = '0';
	tmp[4] = hex[c >> 4];
	tmp[5] = hex[c & 15];
	tmp[6] = '\0';
	return tmp;
}

/* A byte that is a character and stands for itself. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void bq_buf_put_json(struct bq_buf *b, struct bq_span s)
{
	const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len, *run = p;
	char tmp[8];

	bq_buf_put_u8(b, '"');
	for (;;) {
		int32_t cp;
		while (p < end && is_plain(*p))
			p++;
		if (p == end)
			break;
		size_t n = bq_utf8_decode(p, end, &cp);
		const char *esc = cp < 0 ? "\xef\xbf\xbd" : cp < 0x80 ? escape_of((uint8_t)cp, tmp) : NULL;
		if (esc != NULL) {
			bq_buf_put(b, run, (size_t)(p - run));
			bq_buf_put_span(b, bq_span_of(esc));
			run = p + n;
		}
		p += n;
	}
	bq_buf_put(b, run, (size_t)(p - run));
	bq_buf_put_u8(b, '"');
}

void bq_buf_put_base64(struct bq_buf *b, struct bq_span s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	bq_buf_put_u8(b, '"');
	for (size_t i = 0; i < s.len; i += 3) {
		size_t left = s.len - i < 3 ? s.len - i : 3;
		uint32_t bits = 0;
		char four[4];
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < left ? (uint8_t)s.ptr[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			four[j] = '=';
		for (size_t j = 0; j <= left; j++)
			four[j] = digits[bits >> (18 - 6 * j) & 63];
		bq_buf_put(b, four, 4);
	}
	bq_buf_put_u8(b, '"');
}
