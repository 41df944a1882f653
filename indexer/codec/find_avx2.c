/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX2 twin of find.c.  Compiled everywhere (per-function target), run
 * only where the CPU has AVX2.
 */
#include "codec/find.h"

#include <stdbool.h>
#include <string.h>

#include <bq/bytes.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

/* With up to so many, each is searched; more walk the block. */
enum { FEW = 16 };

AVX2 static uint32_t in_set(const uint8_t *words, uint32_t first, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, before = 0, w = 0, i = 0;

	while (i < n && docs[i] < first)
		i++;
	for (; i < n; i++) {
		uint32_t bit = docs[i] - first;
		for (; w < bit / 64; w++)
			before += (uint32_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w));
		uint64_t word = bq_get_u64(words + 8 * (size_t)w) >> (bit % 64), low = ~(UINT64_MAX << (bit % 64));
		place[n_found] = (uint8_t)(before +
			(uint32_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w) & low));
		at[n_found] = (uint16_t)i;
		n_found += (uint32_t)(word & 1);
	}
	return n_found;
}

/* The first place whose document is >= doc: three steps that do not jump, and
 * whose loads do not wait for each other. */
AVX2 static inline uint32_t search(const uint32_t *block, uint32_t doc)
{
	const __m256i wanted = _mm256_set1_epi32((int)(doc ^ 0x80000000u)), top = _mm256_set1_epi32(INT32_MIN);
	uint32_t p = (uint32_t)((block[63] < doc) + (block[127] < doc) + (block[191] < doc)) * 64;

	p += (uint32_t)((block[p + 15] < doc) + (block[p + 31] < doc) + (block[p + 47] < doc)) * 16;
	const __m256i *at = (const __m256i *)(const void *)(block + p);
	__m256i low = _mm256_cmpgt_epi32(wanted, _mm256_xor_si256(_mm256_loadu_si256(at), top));
	__m256i high = _mm256_cmpgt_epi32(wanted, _mm256_xor_si256(_mm256_loadu_si256(at + 1), top));
	uint32_t below = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi32(low, high));
	return p + (uint32_t)__builtin_popcount(below) / 2;
}

AVX2 static uint32_t in_docs(const uint32_t *block, uint32_t n_block, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, p = 0;

	if (n <= FEW && n_block == FIND_N) {
		for (uint32_t i = 0; i < n; i++) {
			p = search(block, docs[i]);
			place[n_found] = (uint8_t)p;
			at[n_found] = (uint16_t)i;
			n_found += block[p] == docs[i];
		}
		return n_found;
	}
	for (uint32_t i = 0; i < n; i++) {
		while (p + 8 < n_block && block[p + 7] < docs[i])
			p += 8;
		const __m256i *eight = (const __m256i *)(const void *)(block + p);
		__m256i same = _mm256_cmpeq_epi32(_mm256_loadu_si256(eight), _mm256_set1_epi32((int)docs[i]));
		uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(same));
		mask &= n_block - p >= 8 ? 0xff : (1u << (n_block - p)) - 1;
		place[n_found] = (uint8_t)(p + (uint32_t)__builtin_ctz(mask | 0x100));
		at[n_found] = (uint16_t)i;
		n_found += mask != 0;
	}
	return n_found;
}

AVX2 static uint32_t count(const uint8_t *words, uint32_t n_words)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < n_words; w++)
		n += (uint32_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w));
	return n;
}

const struct find_ops *find_avx2(void)
{
	static const struct find_ops ops = { "avx2", in_set, in_docs, count };
	bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");

	return can ? &ops : NULL;
}

#else

const struct find_ops *find_avx2(void)
{
	return NULL;
}

#endif
