/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX2 twin of bitpack.c.  Compiled everywhere (per-function target), run
 * only where the CPU has AVX2.
 */
#include "codec/bitpack.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* Unpack row `row` of a block of `bits`-bit numbers; with a constant `bits`
 * after inlining, shifts and the straddle test are constants. */
AVX2 static inline __attribute__((always_inline)) __m256i
load_row(const uint8_t *in, unsigned bits, unsigned row, __m256i mask)
{
	unsigned word = row * bits / 32, shift = row * bits % 32;
	const __m256i *p = (const __m256i *)(const void *)in + word;
	__m256i v = _mm256_srli_epi32(_mm256_loadu_si256(p), (int)shift);

	if (shift + bits > 32)
		v = _mm256_or_si256(v, _mm256_slli_epi32(_mm256_loadu_si256(p + 1), (int)(32 - shift)));
	return _mm256_and_si256(v, mask);
}

AVX2 static inline __attribute__((always_inline)) void
unpack(const uint8_t *in, unsigned bits, uint32_t *out)
{
	__m256i mask = _mm256_set1_epi32(bits == 32 ? -1 : (int)((1u << bits) - 1));

#pragma GCC unroll 32
	for (unsigned row = 0; row < BITPACK_ROWS; row++)
		_mm256_storeu_si256((__m256i *)(void *)(out + row * BITPACK_LANES), load_row(in, bits, row, mask));
}

/* X(n) for every width with bytes. */
#define EACH_WIDTH(X)                                                                                                  \
	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) \
	X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)

AVX2 static void decode(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	switch (bits) {
#define CASE(n) \
	case n: unpack(in, n, out); return;
		EACH_WIDTH(CASE)
#undef CASE
	default: memset(out, 0, BITPACK_N * sizeof *out); return;
	}
}

/* out[i] += i + base + (sum of out[0..i-1]): the running sum of gaps, each one
 * more than stored, eight at a time. */
AVX2 static void sum_gaps(uint32_t base, uint32_t out[BITPACK_N])
{
	const __m256i one = _mm256_set1_epi32(1), top = _mm256_set1_epi32(7);
	const __m256i low_top = _mm256_setr_epi32(0, 0, 0, 0, 3, 3, 3, 3);
	const __m256i high = _mm256_setr_epi32(0, 0, 0, 0, -1, -1, -1, -1);
	__m256i run = _mm256_set1_epi32((int)(base - 1));

	for (unsigned i = 0; i < BITPACK_N; i += BITPACK_LANES) {
		__m256i *p = (__m256i *)(void *)(out + i);
		__m256i v = _mm256_add_epi32(_mm256_loadu_si256(p), one);
		v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
		v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
		__m256i carry = _mm256_and_si256(_mm256_permutevar8x32_epi32(v, low_top), high);
		v = _mm256_add_epi32(_mm256_add_epi32(v, carry), run);
		_mm256_storeu_si256(p, v);
		run = _mm256_permutevar8x32_epi32(v, top);
	}
}

AVX2 static void decode_docs(const uint8_t *in, unsigned bits, uint32_t base, uint32_t out[BITPACK_N])
{
	decode(in, bits, out);
	sum_gaps(base, out);
}

const struct bitpack_ops *bitpack_avx2(void)
{
	static const struct bitpack_ops ops = { "avx2", decode, decode_docs };

	return __builtin_cpu_supports("avx2") ? &ops : NULL;
}

#else

const struct bitpack_ops *bitpack_avx2(void)
{
	return NULL;
}

#endif
