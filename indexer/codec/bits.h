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

/* Writes numbers of 0 to 32 bits, one behind the other, from `p` on; exactly the bytes
 * that they take. */
struct bits_packer {
	uint8_t *p;
	uint64_t bits; /* not written yet: */
	unsigned n;    /* below 32 between two calls */
};

static inline void bits_pack(struct bits_packer *k, unsigned width, uint32_t v)
{
	k->bits |= (uint64_t)v << k->n;
	k->n += width;
	if (k->n < 32)
		return;
	bq_put_u32(k->p, (uint32_t)k->bits);
	k->p += 4;
	k->bits >>= 32;
	k->n -= 32;
}

static inline void bits_pack_end(struct bits_packer *k)
{
	for (unsigned done = 0; done < k->n; done += 8, k->bits >>= 8)
		*k->p++ = (uint8_t)k->bits;
	k->n = 0;
}

/* Bytes that `bits` bits take. */
static inline uint64_t bits_bytes(uint64_t bits)
{
	return (bits + 7) / 8;
}

#endif
