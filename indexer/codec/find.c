/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec/find.h"

#include <bq/bytes.h>
#include <bq/cpu.h>

static uint32_t in_set(const uint8_t *words, uint32_t first, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, before = 0, w = 0;
	uint64_t word = bq_get_u64(words);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bit = docs[i] - first;
		if (docs[i] < first)
			continue;
		while (w < bit / 64) {
			before += (uint32_t)__builtin_popcountll(word);
			word = bq_get_u64(words + 8 * (size_t)++w);
		}
		if (((word >> (bit % 64)) & 1) == 0)
			continue;
		place[n_found] = (uint8_t)(before +
			(uint32_t)__builtin_popcountll(word & ((UINT64_C(1) << (bit % 64)) - 1)));
		at[n_found++] = (uint16_t)i;
	}
	return n_found;
}

static uint32_t in_docs(const uint32_t *block, uint32_t n_block, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, p = 0;

	(void)n_block;
	for (uint32_t i = 0; i < n; i++) {
		while (block[p] < docs[i])
			p++;
		if (block[p] != docs[i])
			continue;
		place[n_found] = (uint8_t)p;
		at[n_found++] = (uint16_t)i;
	}
	return n_found;
}

/* Where the documents of the asked one's high bits start: behind as many zeros.
 * Returns the place of the one that is asked, FIND_N if it is none. */
static uint32_t place_of(const struct find_sorted *b, uint32_t x)
{
	const uint8_t *high = find_high(b);
	uint32_t zeros = x >> b->how.bits, bit = 0, end = b->how.n_words * 64;

	for (; bit < end && zeros != 0; bit++)
		zeros -= ((high[bit / 8] >> bit % 8) & 1) == 0;
	for (uint32_t i = bit - (x >> b->how.bits); bit < end && ((high[bit / 8] >> bit % 8) & 1) != 0; bit++, i++)
		if (find_low(b, i) == (x & ((1u << b->how.bits) - 1)))
			return i;
	return FIND_N;
}

static uint32_t in_sorted(const struct find_sorted *b, const uint32_t *docs, uint32_t n, uint16_t *at, uint8_t *place)
{
	uint32_t n_found = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t found = docs[i] < b->base ? FIND_N : place_of(b, docs[i] - b->base);
		if (found == FIND_N)
			continue;
		place[n_found] = (uint8_t)found;
		at[n_found++] = (uint16_t)i;
	}
	return n_found;
}

static uint32_t count(const uint8_t *words, uint32_t n_words)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < n_words; w++)
		n += (uint32_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w));
	return n;
}

/* A sum runs on from place to place of a group. */
static void sum(const uint32_t tfs[FIND_N], const uint8_t *places, uint32_t n, uint64_t *out)
{
	uint32_t summed = 0;
	uint64_t all = 0;

	for (uint32_t j = 0; j < n; j++) {
		uint32_t from = places[j] & ~(FIND_GROUP - 1u);
		if (summed < from) {
			summed = from;
			all = 0;
		}
		for (; summed < places[j]; summed++)
			all += tfs[summed] - 1;
		out[j] = all;
	}
}

const struct find_ops find_scalar = { "scalar", in_set, in_docs, in_sorted, count, sum };

const struct find_ops *find_best(void)
{
	enum bq_cpu most = bq_cpu_most();
	const struct find_ops *best = most >= BQ_CPU_AVX512 ? find_avx512() : NULL;

	if (best == NULL && most >= BQ_CPU_AVX2)
		best = find_bmi2() != NULL ? find_bmi2() : find_avx2();
	return best == NULL ? &find_scalar : best;
}
