/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

void bq_buf_release(struct bq_buf *b)
{
	free(b->ptr);
	memset(b, 0, sizeof *b);
}

uint8_t *bq_buf_room(struct bq_buf *b, size_t n)
{
	if (b->oom)
		return NULL;
	if (n <= b->cap - b->len)
		return b->ptr + b->len;
	size_t want, cap = b->cap + b->cap / 2;
	if (__builtin_add_overflow(b->len, n, &want)) {
		b->oom = true;
		return NULL;
	}
	if (cap < want)
		cap = want < 64 ? 64 : want;
	uint8_t *p = realloc(b->ptr, cap);
	if (p == NULL) {
		b->oom = true;
		return NULL;
	}
	b->ptr = p;
	b->cap = cap;
	return p + b->len;
}

void bq_buf_put(struct bq_buf *b, const void *bytes, size_t n)
{
	uint8_t *p = n == 0 ? NULL : bq_buf_room(b, n);

	if (p == NULL)
		return;
	memcpy(p, bytes, n);
	b->len += n;
}

void bq_buf_put_span(struct bq_buf *b, struct bq_span s) { bq_buf_put(b, s.ptr, s.len); }

void bq_buf_put_u8(struct bq_buf *b, uint8_t v)
{
	uint8_t *p = bq_buf_room(b, 1);

	if (p == NULL)
		return;
	*p = v;
	b->len++;
}

void bq_buf_put_u16(struct bq_buf *b, uint16_t v) { bq_buf_put(b, &v, sizeof v); }
void bq_buf_put_u32(struct bq_buf *b, uint32_t v) { bq_buf_put(b, &v, sizeof v); }
void bq_buf_put_u64(struct bq_buf *b, uint64_t v) { bq_buf_put(b, &v, sizeof v); }

void bq_buf_put_varint(struct bq_buf *b, uint64_t v)
{
	uint8_t *p = bq_buf_room(b, BQ_VARINT_MAX);

	if (p != NULL)
		b->len += bq_put_varint(p, v);
}

void bq_buf_put_zeros(struct bq_buf *b, size_t n)
{
	uint8_t *p = n == 0 ? NULL : bq_buf_room(b, n);

	if (p == NULL)
		return;
	memset(p, 0, n);
	b->len += n;
}

void bq_buf_put_decimal(struct bq_buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	bq_buf_put(b, digits + at, sizeof digits - at);
}

void bq_buf_printf(struct bq_buf *b, const char *fmt, ...)
{
	size_t left = b->cap - b->len;
	va_list args;

	if (b->oom)
		return;
	va_start(args, fmt);
	int n = vsnprintf(left == 0 ? NULL : (char *)b->ptr + b->len, left, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n < left) {
		b->len += (size_t)n;
		return;
	}
	uint8_t *p = bq_buf_room(b, (size_t)n + 1);
	if (p == NULL)
		return;
	va_start(args, fmt);
	(void)vsnprintf((char *)p, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}
