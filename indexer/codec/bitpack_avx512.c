/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX-512 twin of bitpack.c: 16 numbers, two rows, a step.  Compiled
 * everywhere (per-function target), run only where the CPU can.
 */
#include "codec/bitpack.h"

#include <bq/avx512.h>
#include <bq/bytes.h>

#include "codec/widths.h"

#if BQ_HAS_AVX512

/* Words `a` and `b` of all lanes, side by side. */
AVX512 static inline __attribute__((always_inline)) __m512i two_words(const uint8_t *in, unsigned a, unsigned b)
{
	const uint8_t *p = in + 32 * (size_t)a, *q = in + 32 * (size_t)b;
	__m512i first = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)p));

	if (b == a + 1)
		return _mm512_loadu_si512(p);
	return _mm512_inserti64x4(first, _mm256_loadu_si256((const __m256i *)(const void *)q), 1);
}

/* A number for the lanes of one row, another for those of the next. */
AVX512 static inline __attribute__((always_inline)) __m512i each_row(unsigned a, unsigned b)
{
	int x = (int)a, y = (int)b;

	return _mm512_setr_epi32(x, x, x, x, x, x, x, x, y, y, y, y, y, y, y, y);
}

/* Unpack rows `row` and `row` + 1 of a block of `bits`-bit numbers; with a constant `bits` after inlining
 * words and shifts are constants.  What follows a row in its word, and 32 bits of the next, is masked off. */
AVX512 static inline __attribute__((always_inline)) __m512i
load_rows(const uint8_t *in, unsigned bits, unsigned row, __m512i mask)
{
	unsigned a = row * bits / 32, b = (row + 1) * bits / 32, s = row * bits % 32, t = (row + 1) * bits % 32;
	__m512i v = _mm512_srlv_epi32(two_words(in, a, b), each_row(s, t));

	if (s + bits > 32 || t + bits > 32)
		v = _mm512_or_si512(v, _mm512_sllv_epi32(two_words(in, a + 1, b + 1), each_row(32 - s, 32 - t)));
	return _mm512_and_si512(v, mask);
}

/* 256 numbers, each `more` more than stored; of 0 bits, where the mask is 0, too. */
AVX512 static inline __attribute__((always_inline)) void
unpack(const uint8_t *in, unsigned bits, uint32_t *out, int more)
{
	const __m512i mask = _mm512_set1_epi32(bits == 32 ? -1 : (int)((1u << bits) - 1)), add = _mm512_set1_epi32(more);

#pragma GCC unroll 16
	for (unsigned row = 0; row < BITPACK_ROWS; row += 2)
		_mm512_storeu_si512(out + row * BITPACK_LANES, _mm512_add_epi32(load_rows(in, bits, row, mask), add));
}

/* As in bitpack_avx2.c: each is compared with the one before, which the register turned by one lane has. */
AVX512 static inline __attribute__((always_inline)) bool
unpack_sorted(const uint8_t *in, unsigned bits, uint32_t base, uint32_t *out)
{
	const __m512i mask = _mm512_set1_epi32((int)((1u << bits) - 1)), add = _mm512_set1_epi32((int)base),
		turn = _mm512_setr_epi32(15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
	__m512i number = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
		before = _mm512_set1_epi32(-1);
	__mmask16 ascend = 0xffff;

#pragma GCC unroll 16
	for (unsigned row = 0; row < BITPACK_ROWS; row += 2) {
		uint32_t *to = out + row * BITPACK_LANES;
		__m512i x = _mm512_slli_epi32(_mm512_sub_epi32(_mm512_loadu_si512(to), number), bits);
		if (bits != 0)
			x = _mm512_or_si512(x, load_rows(in, bits, row, mask));
		_mm512_storeu_si512(to, _mm512_add_epi32(x, add));
		__m512i turned = _mm512_permutexvar_epi32(turn, x);
		ascend &= _mm512_cmpgt_epi32_mask(x, _mm512_mask_blend_epi32(1, turned, before));
		number = _mm512_add_epi32(number, _mm512_set1_epi32(16));
		before = turned;
	}
	return ascend == 0xffff;
}

AVX512 static void decode(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	switch (bits) {
#define CASE(n) \
	case n: unpack(in, n, out, 0); return;
		EACH_WIDTH(CASE)
#undef CASE
	default: unpack(in, bits, out, 0); return;
	}
}

AVX512 static void decode_above(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	switch (bits) {
#define CASE(n) \
	case n: unpack(in, n, out, 1); return;
		EACH_WIDTH(CASE)
#undef CASE
	default: unpack(in, bits, out, 1); return;
	}
}

/* The numbers of 16 bits, those of set bits moved together.  Compressed in the register: to memory it is slow
 * on Zen 4.  Only where less than 16 fit behind `out` do as many bytes as needed go there. */
AVX512 static uint32_t decode_set(const uint8_t *in, uint32_t n_words, uint32_t first, uint32_t out[BITPACK_N + 8])
{
	__m512i number = _mm512_add_epi32(_mm512_set1_epi32((int)first),
		_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
	uint32_t n = 0, at = 0;

	for (uint32_t w = 0; w < n_words; w++)
		n += (uint32_t)__builtin_popcountll(bq_get_u64(in + (size_t)w * 8));
	if (n > BITPACK_N)
		return n;
	for (const uint8_t *end = in + (size_t)n_words * 8; in < end; in += 2) {
		uint16_t bits = bq_get_u16(in);
		uint32_t here = (uint32_t)__builtin_popcount(bits);
		__m512i numbers = _mm512_maskz_compress_epi32(bits, number);
		if (at + 16 <= BITPACK_N + 8)
			_mm512_storeu_si512(out + at, numbers);
		else
			_mm512_mask_storeu_epi32(out + at, (__mmask16)((1u << here) - 1), numbers);
		at += here;
		number = _mm512_add_epi32(number, _mm512_set1_epi32(16));
	}
	return n;
}

AVX512 static bool unpack_sorted_by(const uint8_t *in, unsigned bits, uint32_t base, uint32_t *out)
{
	switch (bits) {
#define CASE(n) \
	case n: return unpack_sorted(in, n, base, out);
		EACH_LOW_WIDTH(CASE)
#undef CASE
	default: return unpack_sorted(in, bits, base, out);
	}
}

/* What bitpack_avx2.c says of x of 2^31 and more. */
AVX512 static bool decode_sorted(const uint8_t *in, const struct bitpack_sorted *how, uint32_t base,
	uint32_t out[BITPACK_N + 8])
{
	const uint32_t last = BITPACK_N - 1;

	if (decode_set(in + bitpack_bytes(how->bits), how->n_words, 0, out) != BITPACK_N)
		return false;
	if (((uint64_t)out[last] - last + 1) << how->bits > (uint32_t)INT32_MAX + 1)
		return bitpack_scalar.decode_sorted(in, how, base, out);
	return unpack_sorted_by(in, how->bits, base, out) && out[last] >= base;
}

#if defined(BQ_EMULATE_AVX512) /* where there may be no AVX2 */
#define GET_TAIL tail_get
#else
#define GET_TAIL tail_get_avx2
#endif

const struct bitpack_ops *AVX512_TABLE(bitpack_avx512)(void);

const struct bitpack_ops *AVX512_TABLE(bitpack_avx512)(void)
{
	static const struct bitpack_ops ops = { "avx512", decode, decode_above, decode_set, decode_sorted,
		GET_TAIL };

	return avx512_can_run() ? &ops : NULL;
}

#else

const struct bitpack_ops *bitpack_avx512(void)
{
	return NULL;
}

#endif
