/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers of 0..32 bits at any bit of a byte string, low bits first: where a
 * number's place can be computed, one unaligned load reads it.
 */
#ifndef CODEC_BITS_H
#define CODEC_BITS_H

#include <stddef.h>
#include <stdint.h>

#include <bq/bytes.h>

/* The `width` bits from bit `at` of `p`, which has 8 readable bytes behind the
 * one where they start.  width <= 32. */
static inline uint32_t bits_get(const uint8_t *p, uint64_t at, unsigned width)
{
	uint64_t word = bq_get_u64(p + (at >> 3)) >> (at & 7);

	return (uint32_t)(word & ((UINT64_C(1) << width) - 1));
}

/* OR the low `width` bits of `v` into zeroed bytes at bit `at`; touches only
 * bytes that hold them. */
static inline void bits_put(uint8_t *p, uint64_t at, unsigned width, uint32_t v)
{
	uint64_t word = (uint64_t)v << (at & 7);

	p += at >> 3;
	for (unsigned bits = width + (unsigned)(at & 7); bits != 0; bits -= bits < 8 ? bits : 8) {
		*p++ |= (uint8_t)word;
		word >>= 8;
	}
}

/* Bytes that `bits` bits take. */
static inline uint64_t bits_bytes(uint64_t bits)
{
	return (bits + 7) / 8;
}

#endif
