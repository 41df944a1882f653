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

/* Writes numbers of 0 to 32 bits, one behind the other, from `p` on, by stores of eight
 * bytes: no branch asks how much is to be written, and up to eight bytes behind the last
 * one are written, too. */
struct bits_packer {
	uint8_t *p;    /* the byte in which the next number begins */
	uint64_t bits; /* of that byte: */
	unsigned n;    /* below 8 between two calls */
};

static inline void bits_pack(struct bits_packer *k, unsigned width, uint32_t v)
{
	k->bits |= (uint64_t)v << k->n;
	bq_put_u64(k->p, k->bits);
	k->n += width;
	k->p += k->n >> 3;
	k->bits >>= k->n & ~7u;
	k->n &= 7;
}

/* Bytes that `bits` bits take. */
static inline uint64_t bits_bytes(uint64_t bits)
{
	return (bits + 7) / 8;
}

#endif
