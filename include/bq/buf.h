/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A growing byte buffer that owns its bytes.  Writers append without asking;
 * the first failed allocation sets `oom`, later appends do nothing, and the
 * caller asks once at the end.
 */
#ifndef BQ_BUF_H
#define BQ_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bq/span.h>

struct bq_buf {
	uint8_t *ptr;
	size_t len;
	size_t cap;
	bool oom;
};

#define BQ_BUF_INIT { NULL, 0, 0, false }

/* Give the bytes back and become empty.  Accepts a buffer that is all zero. */
void bq_buf_release(struct bq_buf *b);

/* Room for `n` more bytes: returns where they go (not yet counted in `len`),
 * or NULL with `oom` set. */
uint8_t *bq_buf_room(struct bq_buf *b, size_t n);

/* Append `n` bytes (**borrowed** for the call). */
void bq_buf_put(struct bq_buf *b, const void *bytes, size_t n);

/* Append the bytes of a span. */
void bq_buf_put_span(struct bq_buf *b, struct bq_span s);

/* Append one byte. */
void bq_buf_put_u8(struct bq_buf *b, uint8_t v);

/* Append 2 bytes, little-endian. */
void bq_buf_put_u16(struct bq_buf *b, uint16_t v);

/* Append 4 bytes, little-endian. */
void bq_buf_put_u32(struct bq_buf *b, uint32_t v);

/* Append 8 bytes, little-endian. */
void bq_buf_put_u64(struct bq_buf *b, uint64_t v);

/* Append 1 .. 10 bytes: see bytes.h. */
void bq_buf_put_varint(struct bq_buf *b, uint64_t v);

/* `n` zero bytes. */
void bq_buf_put_zeros(struct bq_buf *b, size_t n);

/* `v` in decimal digits. */
void bq_buf_put_decimal(struct bq_buf *b, uint64_t v);

/* Formatted text, without the NUL. */
void bq_buf_printf(struct bq_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* `s` between double quotes as a JSON string (RFC 8259): control bytes, quote
 * and backslash escaped; bytes that are not UTF-8 become U+FFFD, one for each
 * maximal ill-formed part (Unicode 15, section 3.9). */
void bq_buf_put_json(struct bq_buf *b, struct bq_span s);

/* `s` between double quotes in padded base64 (RFC 4648, section 4). */
void bq_buf_put_base64(struct bq_buf *b, struct bq_span s);

static inline struct bq_span bq_buf_span(const struct bq_buf *b)
{
	return bq_span_make(b->ptr, b->len);
}

/* Empty it, keep the memory. */
static inline void bq_buf_clear(struct bq_buf *b)
{
	b->len = 0;
	b->oom = false;
}

#endif
