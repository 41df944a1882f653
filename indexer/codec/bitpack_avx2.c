/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX2 twin of bitpack.c.  Compiled everywhere (per-function target), run
 * only where the CPU has AVX2.
 */
#include "codec/bitpack.h"

#include <string.h>

#include <bq/bytes.h>

#include "codec/places.h"
#include "codec/widths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt")))

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

/* 256 numbers, each `more` more than stored. */
AVX2 static inline __attribute__((always_inline)) void
unpack(const uint8_t *in, unsigned bits, uint32_t *out, int more)
{
	const __m256i mask = _mm256_set1_epi32(bits == 32 ? -1 : (int)((1u << bits) - 1)),
		add = _mm256_set1_epi32(more);

#pragma GCC unroll 32
	for (unsigned row = 0; row < BITPACK_ROWS; row++) {
		__m256i v = _mm256_add_epi32(load_row(in, bits, row, mask), add);
		_mm256_storeu_si256((__m256i *)(void *)(out + row * BITPACK_LANES), v);
	}
}

/* Places of set bits in, numbers out: number i has the high bits place - i, and
 * the low ones of its row.  False unless they ascend: each is compared with the
 * one before, which the register turned by one lane has.
 *
 *   x of this row    a b c d e f g h   turned   h a b c d e f g
 *   of the one before              p            p a b c d e f g  <- always smaller */
AVX2 static inline __attribute__((always_inline)) bool
unpack_sorted(const uint8_t *in, unsigned bits, uint32_t base, uint32_t *out)
{
	const __m256i mask = _mm256_set1_epi32((int)((1u << bits) - 1)), add = _mm256_set1_epi32((int)base);
	const __m256i turn = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6), eight = _mm256_set1_epi32(8);
	__m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), before = _mm256_set1_epi32(-1), ascend = before;

#pragma GCC unroll 32
	for (unsigned row = 0; row < BITPACK_ROWS; row++) {
		__m256i *to = (__m256i *)(void *)(out + row * BITPACK_LANES);
		__m256i x = _mm256_slli_epi32(_mm256_sub_epi32(_mm256_loadu_si256(to), number), (int)bits);
		if (bits != 0)
			x = _mm256_or_si256(x, load_row(in, bits, row, mask));
		_mm256_storeu_si256(to, _mm256_add_epi32(x, add));
		__m256i turned = _mm256_permutevar8x32_epi32(x, turn);
		ascend = _mm256_and_si256(ascend, _mm256_cmpgt_epi32(x, _mm256_blend_epi32(turned, before, 1)));
		number = _mm256_add_epi32(number, eight);
		before = turned;
	}
	return _mm256_movemask_epi8(ascend) == -1;
}

AVX2 static void decode(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	switch (bits) {
#define CASE(n) \
	case n: unpack(in, n, out, 0); return;
		EACH_WIDTH(CASE)
#undef CASE
	default: memset(out, 0, BITPACK_N * sizeof *out); return;
	}
}

AVX2 static void decode_above(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	switch (bits) {
#define CASE(n) \
	case n: unpack(in, n, out, 1); return;
		EACH_WIDTH(CASE)
#undef CASE
	default:
		for (unsigned i = 0; i < BITPACK_N; i++)
			out[i] = 1;
		return;
	}
}

#define SET0(v) (v), ((v) << 8 | 0)
#define SET1(v) SET0(v), SET0((v) << 8 | 1)
#define SET2(v) SET1(v), SET1((v) << 8 | 2)
#define SET3(v) SET2(v), SET2((v) << 8 | 3)
#define SET4(v) SET3(v), SET3((v) << 8 | 4)
#define SET5(v) SET4(v), SET4((v) << 8 | 5)
#define SET6(v) SET5(v), SET5((v) << 8 | 6)
#define SET7(v) SET6(v), SET6((v) << 8 | 7)
const uint64_t places_of_byte[256] = { SET7(UINT64_C(0)) };

/* Eight numbers for each byte, of which as many are kept as it has bits. */
AVX2 static uint32_t decode_set(const uint8_t *in, uint32_t n_words, uint32_t first, uint32_t out[BITPACK_N + 8])
{
	__m256i base = _mm256_set1_epi32((int)first);
	const __m256i eight = _mm256_set1_epi32(8);
	uint32_t n = 0;

	for (uint32_t w = 0; w < n_words; w++)
		n += (uint32_t)__builtin_popcountll(bq_get_u64(in + (size_t)w * 8));
	if (n > BITPACK_N)
		return n;
	for (const uint8_t *end = in + (size_t)n_words * 8; in < end; in += 8) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < 8; i++) {
			const __m128i *eight_at = (const __m128i *)(const void *)&places_of_byte[in[i]];
			__m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64(eight_at));
			_mm256_storeu_si256((__m256i *)(void *)out, _mm256_add_epi32(at, base));
			out += __builtin_popcount(in[i]);
			base = _mm256_add_epi32(base, eight);
		}
	}
	return n;
}

AVX2 static bool unpack_sorted_by(const uint8_t *in, unsigned bits, uint32_t base, uint32_t *out)
{
	switch (bits) {
#define CASE(n) \
	case n: return unpack_sorted(in, n, base, out);
		EACH_LOW_WIDTH(CASE)
#undef CASE
	default: return unpack_sorted(in, 0, base, out);
	}
}

/* x of 2^31 and more, which no index of less than as many documents has, are left
 * to the twin.  Of numbers that ascend only the last can be too large. */
AVX2 static bool decode_sorted(const uint8_t *in, const struct bitpack_sorted *how, uint32_t base,
	uint32_t out[BITPACK_N + 8])
{
	const uint32_t last = BITPACK_N - 1;

	if (decode_set(in + bitpack_bytes(how->bits), how->n_words, 0, out) != BITPACK_N)
		return false;
	if (((uint64_t)out[last] - last + 1) << how->bits > (uint32_t)INT32_MAX + 1)
		return bitpack_scalar.decode_sorted(in, how, base, out);
	return unpack_sorted_by(in, how->bits, base, out) && out[last] >= base;
}

const struct bitpack_ops *bitpack_avx2(void)
{
	static const struct bitpack_ops ops = { "avx2", decode, decode_above, decode_set, decode_sorted,
		tail_get_avx2 };

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") ? &ops : NULL;
}

#else

const struct bitpack_ops *bitpack_avx2(void)
{
	return NULL;
}

#endif
