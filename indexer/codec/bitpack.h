/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Blocks of 256 numbers of `bits` bits each, packed in 8 vertical lanes
 * (Lemire & Boytsov, "Decoding billions of integers per second through
 * vectorization", 2015, with 8 lanes instead of 4).
 *
 *   number i  ->  lane i % 8, row i / 8
 *
 *               lane 0   lane 1  ..  lane 7        32 bytes: one AVX2 register
 *   word 0     [u32    ][u32    ]   [u32    ]      row 0 in the low bits,
 *   word 1     [u32    ][u32    ]   [u32    ]      row 1 above it, ...
 *   ...                                            a row may straddle two words
 *   word b-1   [u32    ][u32    ]   [u32    ]      32 rows * b bits = b words
 *
 * so a block takes exactly 32*b bytes for every b, and one shift and mask
 * yields 8 neighbours.
 */
#ifndef CODEC_BITPACK_H
#define CODEC_BITPACK_H

#include <stddef.h>
#include <stdint.h>

enum { BITPACK_N = 256, BITPACK_LANES = 8, BITPACK_ROWS = 32 };

/* Bytes of a block of `bits`-bit numbers. */
static inline size_t bitpack_bytes(unsigned bits)
{
	return (size_t)32 * bits;
}

/* Bits that the largest of `n` numbers needs, 0..32. */
unsigned bitpack_width(const uint32_t *in, size_t n);

/* Pack 256 numbers, each below 2^bits, into bitpack_bytes(bits) bytes. */
void bitpack_encode(const uint32_t in[BITPACK_N], unsigned bits, uint8_t *out);

/* The ways to unpack; each CPU path is one of these tables.  `in` must have 32
 * readable bytes behind the block.  bits <= 32. */
struct bitpack_ops {
	const char *name;
	/* 256 numbers. */
	void (*decode)(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N]);
	/* 256 numbers, each one more than stored; 2^32 wraps to 0. */
	void (*decode_above)(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N]);
	/* 256 ascending documents from their gaps - 1: out[0] = base + gap[0],
	 * out[i] = out[i-1] + 1 + gap[i].  Wraps at 2^32 if the bytes say so. */
	void (*decode_docs)(const uint8_t *in, unsigned bits, uint32_t base, uint32_t out[BITPACK_N]);
	/* The bits set in `n_words` little-endian words, as numbers from `first`
	 * on; returns how many there are.  More than BITPACK_N: none is stored. */
	uint32_t (*decode_set)(const uint8_t *in, uint32_t n_words, uint32_t first, uint32_t out[BITPACK_N + 8]);
};

extern const struct bitpack_ops bitpack_scalar;

/* NULL where the build has no such code or the CPU cannot run it. */
const struct bitpack_ops *bitpack_avx2(void);

/* The fastest table this CPU can run; BQ_CPU=scalar in the environment forces
 * the scalar one (read once). */
const struct bitpack_ops *bitpack_best(void);

#endif
