/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The loops over many documents, each written plainly (kernel.c, the truth),
 * for AVX2 (kernel_avx2.c) and for AVX-512 (kernel_avx512.c); a searcher takes the
 * table that its CPU runs best.  All give the same numbers to the last bit.
 */
#ifndef QUERY_KERNEL_H
#define QUERY_KERNEL_H

#include <stdint.h>

#include "query/eval/bm25.h"

/* In sums of points: some document is there, be it with 0 points. */
#define KERNEL_PRESENT ((uint32_t)1 << 31)

enum { KERNEL_WINDOW = 4096, KERNEL_BLOCK = 256, KERNEL_GROUP = 16 };

/* Documents that follow each other, and their points so far.  Empty: all 0. */
struct kernel_window {
	uint32_t sums[KERNEL_WINDOW];
	uint8_t touched[KERNEL_WINDOW / KERNEL_GROUP]; /* 1: some document of the group is there */
};

/* How a list scores. */
struct kernel_score {
	const struct bm25 *bm25;
	const uint8_t *norms; /* of the leaf */
	float weight;
};

struct kernel_ops {
	const char *name;
	/* points[i] of docs[i], which has the word tfs[i] < 2^31 times; n <= KERNEL_BLOCK.
	 * Arrays have room for 8 more. */
	void (*score)(const struct kernel_score *s, const uint32_t *docs, const uint32_t *tfs, uint32_t n,
		uint32_t *points);
	/* The same of documents that two lists of one leaf have: the points of both. */
	void (*score_two)(const struct kernel_score s[2], const uint32_t *docs, const uint32_t *const tfs[2], uint32_t n,
		uint32_t *points);
	/* Which of the first `n` points are at least `need`: their places in at[],
	 * which has room for `n`; returns how many.  n <= 65,536; points < 2^31. */
	uint32_t (*select)(const uint32_t *points, uint32_t n, uint32_t need, uint16_t *at);
	/* The places of a window whose sum is KERNEL_PRESENT and at least `need`,
	 * and their points; returns how many.  Leaves the window empty. */
	uint32_t (*scan)(struct kernel_window *w, uint32_t need, uint16_t at[KERNEL_WINDOW],
		uint32_t points[KERNEL_WINDOW]);
	/* Which blocks, of two bounds each, have one of at least `least`: their
	 * numbers in out[], which has room for n_blocks; returns how many. */
	uint32_t (*pick)(const uint8_t *bounds, uint32_t n_blocks, uint8_t least, uint32_t *out);
	/* How many bits of a window are set. */
	uint32_t (*count)(const uint64_t bits[KERNEL_WINDOW / 64]);
};

extern const struct kernel_ops kernel_scalar;

/* NULL where the build has no such code or the CPU cannot run it. */
const struct kernel_ops *kernel_avx2(void);

/* Likewise, with AVX-512 (bitpack_avx512() says which). */
const struct kernel_ops *kernel_avx512(void);

/* The fastest this CPU can run; BQ_CPU=avx2 in the environment forgoes AVX-512,
 * BQ_CPU=scalar forces the scalar ones. */
const struct kernel_ops *kernel_best(void);

#endif
