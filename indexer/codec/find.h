/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents looked up in one block: in its bits, in its decoded documents, or
 * in sorted ones (bitpack.h) where they are.
 *
 *   asked    17 40 88        block  16 17 18 .. 87 88 (256 of them)
 *   at        0     2        which of those asked are there
 *   place     1     n        where in the block, so where its tf is
 */
#ifndef CODEC_FIND_H
#define CODEC_FIND_H

#include <stddef.h>
#include <stdint.h>

#include <bq/bytes.h>

#include "codec/bitpack.h"

enum { FIND_N = 256, FIND_GROUP = 32 };

/* Sorted documents where they are; 32 bytes behind them are readable. */
struct find_sorted {
	const uint8_t *low;
	struct bitpack_sorted how;
	uint32_t base;
};

/* Where their high words start. */
static inline const uint8_t *find_high(const struct find_sorted *b)
{
	return b->low + bitpack_bytes(b->how.bits);
}

/* The low bits of document i. */
static inline uint32_t find_low(const struct find_sorted *b, uint32_t i)
{
	unsigned bits = b->how.bits, at = i / BITPACK_LANES * bits, shift = at % 32;
	const uint8_t *p = b->low + 4 * (size_t)(at / 32 * BITPACK_LANES + i % BITPACK_LANES);
	uint64_t word = bq_get_u32(p);

	if (shift + bits > 32)
		word |= (uint64_t)bq_get_u32(p + 4 * BITPACK_LANES) << 32;
	return (uint32_t)(word >> shift) & ((1u << bits) - 1);
}

struct find_ops {
	const char *name;
	/* In a bitset of FIND_N documents, bit b of little-endian word w being
	 * document first + 64 * w + b.  docs[0 .. n) ascend, the last lies in it.
	 * at[] and
	 * place[] have room for `n`.  Returns how many are there. */
	uint32_t (*in_set)(const uint8_t *words, uint32_t first, const uint32_t *docs, uint32_t n, uint16_t *at,
		uint8_t *place);
	/* In `n_block` ascending documents, the last not below docs[n - 1]; 8 more
	 * are readable behind them. */
	uint32_t (*in_docs)(const uint32_t *block, uint32_t n_block, const uint32_t *docs, uint32_t n, uint16_t *at,
		uint8_t *place);
	/* In FIND_N sorted documents (bitpack.h), their high words having FIND_N
	 * bits.  docs[0 .. n) ascend; nothing is decoded, each costs about as much as
	 * decoding 20 would. */
	uint32_t (*in_sorted)(const struct find_sorted *block, const uint32_t *docs, uint32_t n, uint16_t *at,
		uint8_t *place);
	/* The bits set in `n_words` little-endian words. */
	uint32_t (*count)(const uint8_t *words, uint32_t n_words);
	/* What tfs[] - 1, each 1 at least, add up to from the start of its FIND_GROUP to each of `n`
	 * ascending places, itself left out. */
	void (*sum)(const uint32_t tfs[FIND_N], const uint8_t *places, uint32_t n, uint64_t *out);
};

extern const struct find_ops find_scalar;

/* NULL where the build has no such code or the CPU cannot run it. */
const struct find_ops *find_avx2(void);

/* Likewise, and PDEP is fast. */
const struct find_ops *find_bmi2(void);

/* Likewise, with AVX-512 (bitpack_avx512()). */
const struct find_ops *find_avx512(void);

/* The fastest table this CPU can run; BQ_CPU as for bitpack_best(). */
const struct find_ops *find_best(void);

#endif
