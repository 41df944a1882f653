/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/safe.h"

#include <stdbool.h>
#include <stdint.h>

#include <bq/utf8.h>

/* Characters that act instead of showing.  The zero-width joiner and
 * non-joiner (200C, 200D) stay: Persian, Indic and emoji text needs them, and
 * they hide nothing but themselves. */
static bool is_unsafe(int32_t c)
{
	static const struct {
		int32_t from, to;
	} unsafe[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },   { 0x200b, 0x200b },   { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },   { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
		if (c >= unsafe[i].from && c <= unsafe[i].to)
			return true;
	}
	return false;
}

static void write_escape(FILE *f, int32_t c, enum safe_mode mode)
{
	if (mode == SAFE_JSON && c > 0xffff)
		fprintf(f, "\\u%04x\\u%04x", 0xd800u + ((unsigned)(c - 0x10000) >> 10),
			0xdc00u + ((unsigned)c & 0x3ff));
	else if (mode == SAFE_JSON && c < 0x20)
		putc(' ', f); /* blanks between JSON's tokens: in strings they are escaped already */
	else if (c < 0x80 && mode != SAFE_JSON)
		fprintf(f, "\\x%02x", (unsigned)c);
	else
		fprintf(f, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
}

void safe_write(FILE *f, struct bq_span s, enum safe_mode mode)
{
	const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len, *run = p;
	size_t n;

	for (; p < end; p += n) {
		int32_t c;
		n = bq_utf8_decode(p, end, &c);
		if (c >= 0 && (c == '\t' || (c == '\n' && mode == SAFE_TEXT) || !is_unsafe(c)))
			continue;
		fwrite(run, 1, (size_t)(p - run), f);
		run = p + n;
		if (c < 0)
			fputs("\xef\xbf\xbd", f);
		else if (c == '\n')
			putc(' ', f);
		else
			write_escape(f, c, mode);
	}
	if (p > run)
		fwrite(run, 1, (size_t)(p - run), f);
}
