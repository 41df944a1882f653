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

/* Bits of the eight numbers at `p` that are `doc`. */
AVX2 static inline uint32_t same_as(const uint32_t *p, __m256i doc)
{
	__m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(eight, doc)));
}

/* The last document of each 16 of a full block, as signed numbers. */
struct sixteenths {
	__m256i low, high;
};

AVX2 static inline struct sixteenths sixteenths_of(const uint32_t *block)
{
	const __m256i top = _mm256_set1_epi32(INT32_MIN);
	uint32_t last[16];

	for (unsigned i = 0; i < 16; i++)
		last[i] = block[16 * i + 15];
	return (struct sixteenths){
		_mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)last), top),
		_mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(last + 8)), top),
	};
}

/* In a full block: how many sixteenths end below the document, then which of
 * the next 16 it is.  Nothing jumps, and no document waits for another. */
AVX2 static uint32_t in_full(const uint32_t *block, const uint32_t *docs, uint32_t n, uint16_t *at, uint8_t *place)
{
	const struct sixteenths ends = sixteenths_of(block);
	uint32_t n_found = 0;

	for (uint32_t i = 0; i < n; i++) {
		__m256i doc = _mm256_set1_epi32((int)docs[i]), wanted = _mm256_xor_si256(doc, _mm256_set1_epi32(INT32_MIN));
		__m256i low = _mm256_cmpgt_epi32(wanted, ends.low), high = _mm256_cmpgt_epi32(wanted, ends.high);
		uint32_t below = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi32(low, high));
		uint32_t p = (uint32_t)__builtin_popcount(below) * 8;
		uint32_t same = same_as(block + p, doc) | same_as(block + p + 8, doc) << 8;
		place[n_found] = (uint8_t)(p + (uint32_t)__builtin_ctz(same | 0x10000));
		at[n_found] = (uint16_t)i;
		n_found += same != 0;
	}
	return n_found;
}

AVX2 static uint32_t in_docs(const uint32_t *block, uint32_t n_block, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, p = 0;

	if (n_block == FIND_N)
		return in_full(block, docs, n, at, place);
	for (uint32_t i = 0; i < n; i++) {
		while (p + 8 < n_block && block[p + 7] < docs[i])
			p += 8;
		uint32_t same = same_as(block + p, _mm256_set1_epi32((int)docs[i]));
		same &= n_block - p >= 8 ? 0xff : (1u << (n_block - p)) - 1;
		place[n_found] = (uint8_t)(p + (uint32_t)__builtin_ctz(same | 0x100));
		at[n_found] = (uint16_t)i;
		n_found += same != 0;
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
