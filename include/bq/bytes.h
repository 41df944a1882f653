/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers as bytes.  Everything on disk is little-endian; varints are LEB128
 * (7 bits a byte, low bits first, the top bit says "more"), at most 10 bytes.
 * Loads and stores are unaligned.  Header only.
 */
#ifndef BQ_BYTES_H
#define BQ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bq/span.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the index format is read in place and needs a little-endian machine"
#endif

#define BQ_VARINT_MAX 10 /* bytes of the longest varint */

static inline uint16_t bq_get_u16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t bq_get_u32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t bq_get_u64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline void bq_put_u16(void *p, uint16_t v) { memcpy(p, &v, sizeof v); }
static inline void bq_put_u32(void *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void bq_put_u64(void *p, uint64_t v) { memcpy(p, &v, sizeof v); }

/* Write `v` at `p`, which has room for BQ_VARINT_MAX bytes; returns the count. */
static inline size_t bq_put_varint(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		p[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

/* A bounded reader with a sticky fault: reads past the end give zeros and set
 * `bad`, so that a decoder reads a whole record and asks once. */
struct bq_reader {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

static inline struct bq_reader bq_reader_of(const void *p, size_t n)
{
	return (struct bq_reader){ (const uint8_t *)p, (const uint8_t *)p + n, false };
}

static inline size_t bq_read_left(const struct bq_reader *r)
{
	return (size_t)(r->end - r->p);
}

/* A varint; over 10 bytes or over 64 bits is a fault. */
static inline uint64_t bq_read_varint(struct bq_reader *r)
{
	uint64_t v = 0;

	if (r->p != r->end && *r->p < 0x80) /* most are */
		return *r->p++;
	for (unsigned shift = 0; shift < 70; shift += 7) {
		if (r->p == r->end)
			break;
		uint8_t byte = *r->p++;
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	r->bad = true;
	r->p = r->end;
	return 0;
}

/* A varint that must fit 32 bits. */
static inline uint32_t bq_read_varint32(struct bq_reader *r)
{
	uint64_t v = bq_read_varint(r);

	if (v > UINT32_MAX) {
		r->bad = true;
		r->p = r->end;
		return 0;
	}
	return (uint32_t)v;
}

/* The next `n` bytes, borrowed from what is read. */
static inline struct bq_span bq_read_span(struct bq_reader *r, uint64_t n)
{
	struct bq_span s = { NULL, 0 };

	if (n > bq_read_left(r)) {
		r->bad = true;
		r->p = r->end;
		return s;
	}
	s = bq_span_make(r->p, (size_t)n);
	r->p += n;
	return s;
}

static inline uint8_t bq_read_u8(struct bq_reader *r)
{
	struct bq_span s = bq_read_span(r, 1);
	return s.len == 0 ? 0 : (uint8_t)s.ptr[0];
}

static inline uint32_t bq_read_u32(struct bq_reader *r)
{
	struct bq_span s = bq_read_span(r, 4);
	return s.len == 0 ? 0 : bq_get_u32(s.ptr);
}

static inline uint64_t bq_read_u64(struct bq_reader *r)
{
	struct bq_span s = bq_read_span(r, 8);
	return s.len == 0 ? 0 : bq_get_u64(s.ptr);
}

#endif
