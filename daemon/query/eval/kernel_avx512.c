/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX-512 twin of kernel.c.  Compiled everywhere (per-function target), run
 * only where the CPU can.
 */
#include "query/eval/kernel.h"

#include <stddef.h>

#include <bq/avx512.h>

#if BQ_HAS_AVX512

/* 0 to 15. */
AVX512 static inline __m512i numbers(void)
{
	return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* K of 16 length codes, as bm25_k() computes it. */
AVX512 static inline __m512 length_norms(__m512i codes, __m512 c0, __m512 c1)
{
	const __m512i one = _mm512_set1_epi32(1);
	__m512i e = _mm512_srli_epi32(codes, 3), m = _mm512_and_si512(codes, _mm512_set1_epi32(7));
	__mmask16 large = _mm512_test_epi32_mask(e, e);

	m = _mm512_or_si512(m, _mm512_maskz_mov_epi32(large, _mm512_set1_epi32(8)));
	e = _mm512_slli_epi32(_mm512_add_epi32(_mm512_max_epi32(e, one), _mm512_set1_epi32(126)), 23);
	__m512 length = _mm512_mul_ps(_mm512_cvtepi32_ps(m), _mm512_castsi512_ps(e));
	return _mm512_add_ps(c0, _mm512_mul_ps(c1, length));
}

/* The length codes of the first `n` <= 8 documents, byte by byte. */
AVX512 static inline uint64_t codes_of(const uint8_t *norms, const uint32_t *docs, uint32_t n)
{
	uint64_t codes = 0;

	for (uint32_t i = 0; i < n; i++)
		codes |= (uint64_t)norms[docs[i]] << 8 * i;
	return codes;
}

/* Of 16 documents, or `n`, and any codes behind them: put together in registers, for through memory the row
 * would wait for 16 narrow stores. */
AVX512 static inline __m512i codes_of_row(const uint8_t *norms, const uint32_t *docs, uint32_t n)
{
	uint64_t low = codes_of(norms, docs, n < 8 ? n : 8), high = 0;

	if (n > 8)
		high = codes_of(norms, docs + 8, n < 16 ? n - 8 : 8);

	return _mm512_cvtepu8_epi32(_mm_set_epi64x((int64_t)high, (int64_t)low));
}

/* Which of 16 lanes `n` more documents take. */
AVX512 static inline __mmask16 lanes_of(uint32_t n)
{
	return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
}

AVX512 static inline __m512i points_of(const uint32_t *tfs, __mmask16 lanes, __m512 k, __m512 weight)
{
	__m512 tf = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(lanes, tfs));

	return _mm512_cvtps_epi32(_mm512_mul_ps(weight, _mm512_div_ps(tf, _mm512_add_ps(tf, k))));
}

AVX512 static void score(const struct kernel_score *s, const uint32_t *docs, const uint32_t *tfs, uint32_t n,
	uint32_t *points)
{
	const __m512 c0 = _mm512_set1_ps(s->bm25->c0), c1 = _mm512_set1_ps(s->bm25->c1);
	const __m512 weight = _mm512_set1_ps(s->weight);

	for (uint32_t i = 0; i < n; i += 16) {
		__mmask16 lanes = lanes_of(n - i);
		__m512 k = length_norms(codes_of_row(s->norms, docs + i, n - i), c0, c1);
		_mm512_mask_storeu_epi32(points + i, lanes, points_of(tfs + i, lanes, k, weight));
	}
}

AVX512 static void score_two(const struct kernel_score s[2], const uint32_t *docs, const uint32_t *const tfs[2],
	uint32_t n, uint32_t *points)
{
	const __m512 c0 = _mm512_set1_ps(s->bm25->c0), c1 = _mm512_set1_ps(s->bm25->c1);
	const __m512 weight = _mm512_set1_ps(s[0].weight), other = _mm512_set1_ps(s[1].weight);

	for (uint32_t i = 0; i < n; i += 16) {
		__mmask16 lanes = lanes_of(n - i);
		__m512 k = length_norms(codes_of_row(s->norms, docs + i, n - i), c0, c1);
		__m512i row = _mm512_add_epi32(points_of(tfs[0] + i, lanes, k, weight), points_of(tfs[1] + i, lanes, k, other));
		_mm512_mask_storeu_epi32(points + i, lanes, row);
	}
}

/* The numbers of the bits of `mask` as 16 short ones, of which as many count, from `first` on. */
AVX512 static inline void put_places(uint16_t *at, uint32_t first, uint32_t mask)
{
	__m512i place = _mm512_add_epi32(_mm512_maskz_compress_epi32((__mmask16)mask, numbers()),
		_mm512_set1_epi32((int)first));

	_mm256_storeu_si256((__m256i *)(void *)at, _mm512_cvtepi32_epi16(place));
}

AVX512 static uint32_t select_points(const uint32_t *points, uint32_t n, uint32_t need, uint16_t *at)
{
	const __m512i below = _mm512_set1_epi32((int)(need - 1));
	uint32_t n_at = 0, i = 0;

	for (; i + 16 <= n; i += 16) {
		uint32_t mask = _mm512_cmpgt_epi32_mask(_mm512_loadu_si512(points + i), below);
		put_places(at + n_at, i, mask);
		n_at += (uint32_t)__builtin_popcount(mask);
	}
	for (; i < n; i++) {
		at[n_at] = (uint16_t)i;
		n_at += points[i] >= need;
	}
	return n_at;
}

/* A group of 16 that someone touched is one register.  What is written behind the last of at[] and points[]
 * stays inside: there are no more of them than documents in front of the group. */
AVX512 static uint32_t scan(struct kernel_window *w, uint32_t need, uint16_t at[KERNEL_WINDOW],
	uint32_t points[KERNEL_WINDOW])
{
	const __m512i below = _mm512_set1_epi32((int)(need - 1)), top = _mm512_set1_epi32((int)KERNEL_PRESENT);
	uint32_t n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW / KERNEL_GROUP; i += 64) {
		uint64_t groups = _mm512_cmpgt_epi8_mask(_mm512_loadu_si512(w->touched + i), _mm512_setzero_si512());
		for (; groups != 0; groups &= groups - 1) {
			uint32_t first = (i + (uint32_t)__builtin_ctzll(groups)) * KERNEL_GROUP;
			/* Without the top bit an absent document is negative, a present one is not. */
			__m512i sums = _mm512_xor_si512(_mm512_loadu_si512(w->sums + first), top);
			uint32_t mask = _mm512_cmpgt_epi32_mask(sums, below);
			put_places(at + n, first, mask);
			_mm512_storeu_si512(points + n, _mm512_maskz_compress_epi32((__mmask16)mask, sums));
			n += (uint32_t)__builtin_popcount(mask);
			_mm512_storeu_si512(w->sums + first, _mm512_setzero_si512());
		}
	}
	memset(w->touched, 0, sizeof w->touched);
	return n;
}

/* 64 bounds at once. */
AVX512 static uint32_t pick(const uint8_t *bounds, uint32_t n_blocks, uint8_t least, uint32_t *out)
{
	const __m512i limit = _mm512_set1_epi8((char)least);
	uint32_t n = 0, i = 0;

	for (; i + 32 <= n_blocks; i += 32) {
		uint64_t mask = _mm512_cmpge_epu8_mask(_mm512_loadu_si512(bounds + 2 * (size_t)i), limit);
		mask = (mask | mask >> 1) & UINT64_C(0x5555555555555555);
		for (; mask != 0; mask &= mask - 1)
			out[n++] = i + (uint32_t)__builtin_ctzll(mask) / 2;
	}
	for (; i < n_blocks; i++) {
		if (bounds[2 * (size_t)i] >= least || bounds[2 * (size_t)i + 1] >= least)
			out[n++] = i;
	}
	return n;
}

AVX512 static uint32_t count(const uint64_t bits[KERNEL_WINDOW / 64])
{
	__m512i sums = _mm512_setzero_si512();
	uint64_t each[8], n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW / 64; i += 8)
		sums = _mm512_add_epi64(sums, _mm512_popcnt_epi64(_mm512_loadu_si512(bits + i)));
	_mm512_storeu_si512(each, sums);
	for (unsigned i = 0; i < 8; i++)
		n += each[i];
	return (uint32_t)n;
}

const struct kernel_ops *AVX512_TABLE(kernel_avx512)(void);

const struct kernel_ops *AVX512_TABLE(kernel_avx512)(void)
{
	static const struct kernel_ops table = { "avx512", score, score_two, select_points, scan, pick, count };

	return avx512_can_run() ? &table : NULL;
}

#else

const struct kernel_ops *kernel_avx512(void)
{
	return NULL;
}

#endif
