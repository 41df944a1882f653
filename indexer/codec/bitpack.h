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
 *
 * Numbers that ascend strictly are kept by their low and their high bits
 * (Elias 1974, Fano 1971): with x = number - base,
 *
 *   low bits      of each x its lowest b bits, packed as above
 *   high words    u64, bit (x >> b) + i is set for number i: 256 bits in all
 *
 *   base 10, b 2: numbers 10 11 13 21 .. -> x 0 1 3 11 .. -> low 0 1 3 3 ..
 *   high bits 0+0 0+1 0+2 2+3 ..: 11100100 .., ones for numbers, a zero for each
 *   step of x >> b: numbers with x >> b = h stand behind h zeros
 */
#ifndef CODEC_BITPACK_H
#define CODEC_BITPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/tail.h"

enum { BITPACK_N = 256, BITPACK_LANES = 8, BITPACK_ROWS = 32, BITPACK_MAX_WORDS = 255 };

/* Bytes of a block of `bits`-bit numbers. */
static inline size_t bitpack_bytes(unsigned bits)
{
	return (size_t)32 * bits;
}

/* Bits that the largest of `n` numbers needs, 0..32. */
unsigned bitpack_width(const uint32_t *in, size_t n);

/* Pack 256 numbers, each below 2^bits, into bitpack_bytes(bits) bytes. */
void bitpack_encode(const uint32_t in[BITPACK_N], unsigned bits, uint8_t *out);

/* How 256 ascending numbers are kept. */
struct bitpack_sorted {
	unsigned bits;    /* low bits of each, 0..31 */
	unsigned n_words; /* of high bits, at most BITPACK_MAX_WORDS */
};

static inline size_t bitpack_sorted_bytes(const struct bitpack_sorted *how)
{
	return bitpack_bytes(how->bits) + 8 * (size_t)how->n_words;
}

/* The smallest way to keep 256 numbers that ascend strictly from `base` on to
 * `last`. */
struct bitpack_sorted bitpack_choose_sorted(uint32_t base, uint32_t last);

/* Write them, bitpack_sorted_bytes() in all. */
void bitpack_encode_sorted(const uint32_t in[BITPACK_N], uint32_t base, const struct bitpack_sorted *how,
	uint8_t *out);

/* The ways to unpack; each CPU path is one of these tables.  `in` must have 32
 * readable bytes behind the block.  bits <= 32. */
struct bitpack_ops {
	const char *name;
	/* 256 numbers. */
	void (*decode)(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N]);
	/* 256 numbers, each one more than stored; 2^32 wraps to 0. */
	void (*decode_above)(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N]);
	/* The bits set in `n_words` little-endian words, as numbers from `first`
	 * on; returns how many there are.  More than BITPACK_N: none is stored. */
	uint32_t (*decode_set)(const uint8_t *in, uint32_t n_words, uint32_t first, uint32_t out[BITPACK_N + 8]);
	/* 256 numbers that bitpack_encode_sorted() wrote, from `base` on, kept as
	 * `how` says.  False, and anything in
	 * out[], unless there are 256 that ascend strictly and stay below 2^32. */
	bool (*decode_sorted)(const uint8_t *in, const struct bitpack_sorted *how, uint32_t base,
		uint32_t out[BITPACK_N + 8]);
	/* See tail_get(). */
	bool (*get_tail)(const struct tail *t, uint32_t *docs, uint32_t *tfs);
};

extern const struct bitpack_ops bitpack_scalar;

/* NULL where the build has no such code or the CPU cannot run it. */
const struct bitpack_ops *bitpack_avx2(void);

/* Likewise: AVX-512 with VPOPCNTDQ, so not that of CPUs that slow down for it. */
const struct bitpack_ops *bitpack_avx512(void);

/* The fastest table this CPU can run; BQ_CPU=avx2 in the environment forgoes
 * AVX-512, BQ_CPU=scalar forces the scalar one (read once). */
const struct bitpack_ops *bitpack_best(void);

#endif
