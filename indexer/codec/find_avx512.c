/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX-512 twin of find.c, where it differs from find_avx2.c.  Compiled
 * everywhere (per-function target), run only where the CPU can.
 */
#include "codec/find.h"

#include <stdbool.h>

#include <bq/avx512.h>


#if BQ_HAS_AVX512

/* In a full block: one comparison tells how many sixteenths end below the document, one which of the next 16 it
 * is.  Nothing jumps, and no document waits for another. */
AVX512 static uint32_t in_full(const uint32_t *block, const uint32_t *docs, uint32_t n, uint16_t *at, uint8_t *place)
{
	uint32_t last[16], n_found = 0;

	for (unsigned i = 0; i < 16; i++)
		last[i] = block[16 * i + 15];
	const __m512i ends = _mm512_loadu_si512(last);
	for (uint32_t i = 0; i < n; i++) {
		const __m512i doc = _mm512_set1_epi32((int)docs[i]);
		uint32_t behind = _mm512_cmpge_epu32_mask(ends, doc);
		uint32_t p = 16 * (16 - (uint32_t)__builtin_popcount(behind));
		uint32_t same = _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(block + p), doc);
		place[n_found] = (uint8_t)(p + (uint32_t)__builtin_ctz(same | 0x10000));
		at[n_found] = (uint16_t)i;
		n_found += same != 0;
	}
	return n_found;
}

AVX512 static uint32_t in_docs(const uint32_t *block, uint32_t n_block, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, p = 0;

	if (n_block == FIND_N)
		return in_full(block, docs, n, at, place);
	for (uint32_t i = 0; i < n; i++) {
		while (p + 16 < n_block && block[p + 15] < docs[i])
			p += 16;
		uint32_t mask = n_block - p >= 16 ? 0xffff : (1u << (n_block - p)) - 1;
		__m512i sixteen = _mm512_maskz_loadu_epi32((__mmask16)mask, block + p);
		uint32_t same = mask & _mm512_cmpeq_epi32_mask(sixteen, _mm512_set1_epi32((int)docs[i]));
		place[n_found] = (uint8_t)(p + (uint32_t)__builtin_ctz(same | 0x10000));
		at[n_found] = (uint16_t)i;
		n_found += same != 0;
	}
	return n_found;
}

AVX512 static uint32_t count(const uint8_t *words, uint32_t n_words)
{
	__m512i sums = _mm512_setzero_si512();
	uint64_t each[8], n = 0;
	uint32_t w = 0;

	for (; w + 8 <= n_words; w += 8)
		sums = _mm512_add_epi64(sums, _mm512_popcnt_epi64(_mm512_loadu_si512(words + 8 * (size_t)w)));
	_mm512_storeu_si512(each, sums);
	for (unsigned i = 0; i < 8; i++)
		n += each[i];
	for (; w < n_words; w++)
		n += (uint64_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w));
	return (uint32_t)n;
}

/* With more places, one sum that runs on is cheaper. */
enum { MANY_PLACES = 96 };

/* tf - 1 of the first `n` of a group, the others masked out. */
AVX512 static inline uint64_t sum_group(const uint32_t tfs[FIND_GROUP], uint32_t n)
{
	uint32_t mask = (1u << n) - 1, all = 0, each[16];
	uint64_t wide = 0;
	__m512i a = _mm512_maskz_mov_epi32((__mmask16)mask, _mm512_loadu_si512(tfs)),
		b = _mm512_maskz_mov_epi32((__mmask16)(mask >> 16), _mm512_loadu_si512(tfs + 16));

	if (_mm512_test_epi32_mask(_mm512_or_si512(a, b), _mm512_set1_epi32((int)0xf8000000)) == 0) {
		_mm512_storeu_si512(each, _mm512_add_epi32(a, b)); /* 32 of them stay below 2^32 */
		for (unsigned i = 0; i < 16; i++)
			all += each[i];
		return all - n;
	}
	for (uint32_t i = 0; i < n; i++)
		wide += tfs[i] - 1;
	return wide;
}

AVX512 static void sum(const uint32_t tfs[FIND_N], const uint8_t *places, uint32_t n, uint64_t *out)
{
	if (n > MANY_PLACES) {
		find_scalar.sum(tfs, places, n, out);
		return;
	}
	for (uint32_t j = 0; j < n; j++) {
		uint32_t from = places[j] & ~(FIND_GROUP - 1u);
		out[j] = sum_group(tfs + from, places[j] - from);
	}
}

/* The rest has no use for more lanes: one word is asked about one document. */
static const struct find_ops *narrow(void)
{
	const struct find_ops *fast = find_bmi2() != NULL ? find_bmi2() : find_avx2();

	return fast != NULL ? fast : &find_scalar;
}

static uint32_t in_set(const uint8_t *words, uint32_t first, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	return narrow()->in_set(words, first, docs, n, at, place);
}

static uint32_t in_sorted(const struct find_sorted *block, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	return narrow()->in_sorted(block, docs, n, at, place);
}

const struct find_ops *AVX512_TABLE(find_avx512)(void);

const struct find_ops *AVX512_TABLE(find_avx512)(void)
{
	static const struct find_ops ops = { "avx512", in_set, in_docs, in_sorted, count, sum };

	return avx512_can_run() ? &ops : NULL;
}

#else

const struct find_ops *find_avx512(void)
{
	return NULL;
}

#endif
