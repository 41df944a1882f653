/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents looked up in one block: in its bits, or in its decoded documents.
 *
 *   asked    17 40 88        block  16 17 18 .. 87 88 (256 of them)
 *   at        0     2        which of those asked are there
 *   place     1     n        where in the block, so where its tf is
 */
#ifndef CODEC_FIND_H
#define CODEC_FIND_H

#include <stdint.h>

enum { FIND_N = 256, FIND_GROUP = 32 };

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
	/* The bits set in `n_words` little-endian words. */
	uint32_t (*count)(const uint8_t *words, uint32_t n_words);
	/* What tfs[] - 1, each 1 at least, add up to from the start of its FIND_GROUP to each of `n`
	 * ascending places, itself left out. */
	void (*sum)(const uint32_t tfs[FIND_N], const uint8_t *places, uint32_t n, uint64_t *out);
};

extern const struct find_ops find_scalar;

/* NULL where the build has no such code or the CPU cannot run it. */
const struct find_ops *find_avx2(void);

/* The fastest table this CPU can run; BQ_CPU=scalar forces the scalar one. */
const struct find_ops *find_best(void);

#endif
