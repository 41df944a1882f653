/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/kernel.h"

#include <string.h>

#include <bq/cpu.h>

static void score(const struct kernel_score *s, const uint32_t *docs, const uint32_t *tfs, uint32_t n,
	uint32_t *points)
{
	for (uint32_t i = 0; i < n; i++)
		points[i] = bm25_points(s->weight, tfs[i], bm25_k(s->bm25, s->norms[docs[i]]));
}

static void score_two(const struct kernel_score s[2], const uint32_t *docs, const uint32_t *const tfs[2], uint32_t n,
	uint32_t *points)
{
	for (uint32_t i = 0; i < n; i++) {
		float k = bm25_k(s->bm25, s->norms[docs[i]]);
		points[i] = bm25_points(s[0].weight, tfs[0][i], k) + bm25_points(s[1].weight, tfs[1][i], k);
	}
}

static uint32_t select_points(const uint32_t *points, uint32_t n, uint32_t need, uint16_t *at)
{
	uint32_t n_at = 0;

	for (uint32_t i = 0; i < n; i++) {
		at[n_at] = (uint16_t)i;
		n_at += points[i] >= need;
	}
	return n_at;
}

static uint32_t scan(struct kernel_window *w, uint32_t need, uint16_t at[KERNEL_WINDOW],
	uint32_t points[KERNEL_WINDOW])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW; i++) {
		at[n] = (uint16_t)i;
		points[n] = w->sums[i] & ~KERNEL_PRESENT;
		n += w->sums[i] >= (KERNEL_PRESENT | need);
	}
	memset(w, 0, sizeof *w);
	return n;
}

static uint32_t pick(const uint8_t *bounds, uint32_t n_blocks, uint8_t least, uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_blocks; i++) {
		out[n] = i;
		n += bounds[2 * (size_t)i] >= least || bounds[2 * (size_t)i + 1] >= least;
	}
	return n;
}

static uint32_t count(const uint64_t bits[KERNEL_WINDOW / 64])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW / 64; i++)
		n += (uint32_t)__builtin_popcountll(bits[i]);
	return n;
}

const struct kernel_ops kernel_scalar = { "scalar", score, score_two, select_points, scan, pick, count };

const struct kernel_ops *kernel_best(void)
{
	enum bq_cpu most = bq_cpu_most();
	const struct kernel_ops *best = most >= BQ_CPU_AVX512 ? kernel_avx512() : NULL;

	if (best == NULL && most >= BQ_CPU_AVX2)
		best = kernel_avx2();
	return best == NULL ? &kernel_scalar : best;
}
