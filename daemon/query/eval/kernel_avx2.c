/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX2 twin of kernel.c.  Compiled everywhere (per-function target), run
 * only where the CPU has AVX2.
 */
#include "query/eval/kernel.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt")))

AVX2 static inline __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

/* K of 8 length codes, as bm25_k() computes it: a table would be read 8
 * times, and gathers are slower than this arithmetic. */
AVX2 static inline __m256 length_norms(__m256i codes, __m256 c0, __m256 c1)
{
	const __m256i one = _mm256_set1_epi32(1);
	__m256i e = _mm256_srli_epi32(codes, 3), m = _mm256_and_si256(codes, _mm256_set1_epi32(7));
	__m256i small = _mm256_cmpeq_epi32(e, _mm256_setzero_si256());

	m = _mm256_or_si256(m, _mm256_andnot_si256(small, _mm256_set1_epi32(8)));
	e = _mm256_slli_epi32(_mm256_add_epi32(_mm256_max_epi32(e, one), _mm256_set1_epi32(126)), 23);
	__m256 length = _mm256_mul_ps(_mm256_cvtepi32_ps(m), _mm256_castsi256_ps(e));
	return _mm256_add_ps(c0, _mm256_mul_ps(c1, length));
}

/* The length codes of 8 documents, each straight into its lane: through memory the
 * row would wait for eight narrow stores. */
AVX2 static inline __m256i codes_of_row(const uint8_t *norms, const uint32_t *docs)
{
	__m128i codes = _mm_cvtsi32_si128(norms[docs[0]]);

	codes = _mm_insert_epi8(codes, norms[docs[1]], 1);
	codes = _mm_insert_epi8(codes, norms[docs[2]], 2);
	codes = _mm_insert_epi8(codes, norms[docs[3]], 3);
	codes = _mm_insert_epi8(codes, norms[docs[4]], 4);
	codes = _mm_insert_epi8(codes, norms[docs[5]], 5);
	codes = _mm_insert_epi8(codes, norms[docs[6]], 6);
	codes = _mm_insert_epi8(codes, norms[docs[7]], 7);
	return _mm256_cvtepu8_epi32(codes);
}

/* Of `n` < 8 documents, and any codes behind them. */
AVX2 static inline __m256i codes_of_rest(const uint8_t *norms, const uint32_t *docs, uint32_t n)
{
	uint64_t codes = 0;

	for (uint32_t i = 0; i < n; i++)
		codes |= (uint64_t)norms[docs[i]] << 8 * i;
	return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)codes));
}

AVX2 static inline __m256i points_of(const uint32_t *tfs, __m256 k, __m256 weight)
{
	__m256 tf = _mm256_cvtepi32_ps(load(tfs));

	return _mm256_cvtps_epi32(_mm256_mul_ps(weight, _mm256_div_ps(tf, _mm256_add_ps(tf, k))));
}

AVX2 static void score(const struct kernel_score *s, const uint32_t *docs, const uint32_t *tfs, uint32_t n,
	uint32_t *points)
{
	const __m256 c0 = _mm256_set1_ps(s->bm25->c0), c1 = _mm256_set1_ps(s->bm25->c1);
	const __m256 weight = _mm256_set1_ps(s->weight);

	for (uint32_t i = 0; i < n; i += 8) {
		__m256i codes = n - i < 8 ? codes_of_rest(s->norms, docs + i, n - i)
					  : codes_of_row(s->norms, docs + i);
		__m256i row = points_of(tfs + i, length_norms(codes, c0, c1), weight);
		_mm256_storeu_si256((__m256i *)(void *)(points + i), row);
	}
}

AVX2 static void score_two(const struct kernel_score s[2], const uint32_t *docs, const uint32_t *const tfs[2],
	uint32_t n, uint32_t *points)
{
	const __m256 c0 = _mm256_set1_ps(s->bm25->c0), c1 = _mm256_set1_ps(s->bm25->c1);
	const __m256 weight = _mm256_set1_ps(s[0].weight), other = _mm256_set1_ps(s[1].weight);

	for (uint32_t i = 0; i < n; i += 8) {
		__m256i codes = n - i < 8 ? codes_of_rest(s->norms, docs + i, n - i)
					  : codes_of_row(s->norms, docs + i);
		__m256 k = length_norms(codes, c0, c1);
		__m256i row = _mm256_add_epi32(points_of(tfs[0] + i, k, weight), points_of(tfs[1] + i, k, other));
		_mm256_storeu_si256((__m256i *)(void *)(points + i), row);
	}
}

/* Places of the bits of each byte, the lowest first. */
#define SET0(v) (v), ((v) << 8 | 0)
#define SET1(v) SET0(v), SET0((v) << 8 | 1)
#define SET2(v) SET1(v), SET1((v) << 8 | 2)
#define SET3(v) SET2(v), SET2((v) << 8 | 3)
#define SET4(v) SET3(v), SET3((v) << 8 | 4)
#define SET5(v) SET4(v), SET4((v) << 8 | 5)
#define SET6(v) SET5(v), SET5((v) << 8 | 6)
#define SET7(v) SET6(v), SET6((v) << 8 | 7)
static const uint64_t places[256] = { SET7(UINT64_C(0)) };

/* Which of eight are there nobody can predict: all eight places are stored, of
 * which as many count. */
AVX2 static uint32_t select_points(const uint32_t *points, uint32_t n, uint32_t need, uint16_t *at)
{
	const __m256i below = _mm256_set1_epi32((int)(need - 1));
	uint32_t n_at = 0, i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256i reached = _mm256_cmpgt_epi32(load(points + i), below);
		uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(reached));
		__m128i place = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)&places[mask]));
		_mm_storeu_si128((__m128i *)(void *)(at + n_at), _mm_add_epi16(place, _mm_set1_epi16((short)i)));
		n_at += (uint32_t)_mm_popcnt_u32(mask);
	}
	for (; i < n; i++) {
		at[n_at] = (uint16_t)i;
		n_at += points[i] >= need;
	}
	return n_at;
}

/* Without the top bit an absent document is negative, a present one is not. */
AVX2 static inline uint32_t reaches(const uint32_t *sums, __m256i below)
{
	const __m256i top = _mm256_set1_epi32((int)KERNEL_PRESENT);
	__m256i reached = _mm256_cmpgt_epi32(_mm256_xor_si256(load(sums), top), below);

	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(reached));
}

AVX2 static uint32_t scan(struct kernel_window *w, uint32_t need, uint16_t at[KERNEL_WINDOW],
	uint32_t points[KERNEL_WINDOW])
{
	const __m256i below = _mm256_set1_epi32((int)(need - 1)), zero = _mm256_setzero_si256();
	uint32_t n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW / KERNEL_GROUP; i += 32) {
		uint32_t groups = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(load(w->touched + i), zero));
		for (; groups != 0; groups &= groups - 1) {
			uint32_t first = (i + (uint32_t)__builtin_ctz(groups)) * KERNEL_GROUP;
			uint32_t *s = w->sums + first, mask = reaches(s, below) | reaches(s + 8, below) << 8;
			for (; mask != 0; mask &= mask - 1) {
				uint32_t place = (uint32_t)__builtin_ctz(mask);
				at[n] = (uint16_t)(first + place);
				points[n++] = s[place] & ~KERNEL_PRESENT;
			}
			_mm256_storeu_si256((__m256i *)(void *)s, zero);
			_mm256_storeu_si256((__m256i *)(void *)(s + 8), zero);
		}
	}
	memset(w->touched, 0, sizeof w->touched);
	return n;
}

AVX2 static uint32_t pick(const uint8_t *bounds, uint32_t n_blocks, uint8_t least, uint32_t *out)
{
	const __m256i limit = _mm256_set1_epi8((char)least);
	uint32_t n = 0, i = 0;

	for (; i + 16 <= n_blocks; i += 16) {
		__m256i v = load(bounds + 2 * (size_t)i);
		__m256i reached = _mm256_cmpeq_epi8(_mm256_max_epu8(v, limit), v);
		uint32_t mask = (uint32_t)_mm256_movemask_epi8(reached);
		mask = (mask | mask >> 1) & 0x55555555;
		for (; mask != 0; mask &= mask - 1)
			out[n++] = i + (uint32_t)__builtin_ctz(mask) / 2;
	}
	for (; i < n_blocks; i++) {
		if (bounds[2 * (size_t)i] >= least || bounds[2 * (size_t)i + 1] >= least)
			out[n++] = i;
	}
	return n;
}

/* One instruction a word; without the target it is a call. */
AVX2 static uint32_t count(const uint64_t bits[KERNEL_WINDOW / 64])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < KERNEL_WINDOW / 64; i++)
		n += (uint32_t)__builtin_popcountll(bits[i]);
	return n;
}

const struct kernel_ops *kernel_avx2(void)
{
	static const struct kernel_ops table = { "avx2", score, score_two, select_points, scan, pick, count };

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") ? &table : NULL;
}

#else

const struct kernel_ops *kernel_avx2(void)
{
	return NULL;
}

#endif
