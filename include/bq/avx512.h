/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AVX-512 of Ice Lake and Zen 4 on (F, BW, DQ, VL, VPOPCNTDQ), and the same
 * without it: a file compiled with BQ_EMULATE_AVX512 gets its intrinsics from
 * SIMDe, in plain C, and gives its table another name. So the very code runs
 * in the property tests of any machine.
 *
 *   bitpack_avx512.c --> bitpack_avx512()            the CPU's instructions
 *                   \--> bitpack_avx512_emulated()   SIMDe's functions, in tests
 *
 * For the files *_avx512.c alone.
 */
#ifndef BQ_AVX512_H
#define BQ_AVX512_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(BQ_EMULATE_AVX512)
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <math.h>
#include <simde/x86/avx512.h>

#define __mmask16 simde__mmask16
#define BQ_HAS_AVX512 1
#define AVX512
#define AVX512_TABLE(name) name##_emulated

static inline bool avx512_can_run(void)
{
	return true;
}

/* What Debian 12's SIMDe does not have, an element at a time. */

static inline __m512i _mm512_cvtepu8_epi32(__m128i v)
{
	uint8_t from[16];
	int32_t to[16];

	memcpy(from, &v, sizeof from);
	for (unsigned i = 0; i < 16; i++)
		to[i] = from[i];
	return _mm512_loadu_si512(to);
}

static inline __m512 _mm512_cvtepi32_ps(__m512i v)
{
	int32_t from[16];
	float to[16];

	_mm512_storeu_si512(from, v);
	for (unsigned i = 0; i < 16; i++)
		to[i] = (float)from[i];
	return _mm512_castsi512_ps(_mm512_loadu_si512(to));
}

/* To the nearest, to even between two, as the CPU is set up. */
static inline __m512i _mm512_cvtps_epi32(__m512 v)
{
	float from[16];
	int32_t to[16];

	_mm512_storeu_si512(from, _mm512_castps_si512(v));
	for (unsigned i = 0; i < 16; i++)
		to[i] = (int32_t)lrintf(from[i]);
	return _mm512_loadu_si512(to);
}

static inline __m256i _mm512_cvtepi32_epi16(__m512i v)
{
	uint32_t from[16];
	uint16_t to[16];
	__m256i out;

	_mm512_storeu_si512(from, v);
	for (unsigned i = 0; i < 16; i++)
		to[i] = (uint16_t)from[i];
	memcpy(&out, to, sizeof out);
	return out;
}

static inline __m512i _mm512_maskz_loadu_epi32(__mmask16 mask, const void *p)
{
	int32_t to[16] = { 0 };

	for (unsigned i = 0; i < 16; i++)
		if ((mask >> i & 1) != 0)
			memcpy(&to[i], (const char *)p + 4 * i, 4);
	return _mm512_loadu_si512(to);
}

static inline void _mm512_mask_storeu_epi32(void *p, __mmask16 mask, __m512i v)
{
	int32_t from[16];

	_mm512_storeu_si512(from, v);
	for (unsigned i = 0; i < 16; i++)
		if ((mask >> i & 1) != 0)
			memcpy((char *)p + 4 * i, &from[i], 4);
}

#elif defined(__x86_64__)
#include <immintrin.h>

#define BQ_HAS_AVX512 1
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx2,popcnt,bmi,bmi2")))
#define AVX512_TABLE(name) name

static inline bool avx512_can_run(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("bmi2");
}

#else
#define BQ_HAS_AVX512 0
#define AVX512_TABLE(name) name
#endif

#endif
