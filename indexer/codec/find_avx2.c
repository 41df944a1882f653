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

enum { MOST_SET_WORDS = 128 };

/* How many bits are set in front of each word up to number `last`. */
AVX2 static inline void count_before(const uint8_t *words, uint32_t last, uint16_t before[MOST_SET_WORDS])
{
	uint32_t n = 0;

	for (uint32_t w = 0; w <= last; w++) {
		before[w] = (uint16_t)n;
		n += (uint32_t)__builtin_popcountll(bq_get_u64(words + 8 * (size_t)w));
	}
}

/* Nothing jumps, whichever words the documents lie in. */
AVX2 static uint32_t in_set(const uint8_t *words, uint32_t first, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint16_t before[MOST_SET_WORDS];
	uint32_t n_found = 0, i = 0;

	while (i < n && docs[i] < first)
		i++;
	if (i == n)
		return 0;
	count_before(words, (docs[n - 1] - first) / 64, before);
	for (; i < n; i++) {
		uint32_t bit = docs[i] - first;
		uint64_t word = bq_get_u64(words + 8 * (size_t)(bit / 64)), low = ~(UINT64_MAX << (bit % 64));
		place[n_found] = (uint8_t)(before[bit / 64] + (uint32_t)__builtin_popcountll(word & low));
		at[n_found] = (uint16_t)i;
		n_found += (uint32_t)(word >> (bit % 64) & 1);
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
		__m256i doc = _mm256_set1_epi32((int)docs[i]),
			wanted = _mm256_xor_si256(doc, _mm256_set1_epi32(INT32_MIN));
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

/* The place of set bit `k`, from 0, of a word that has more: popcounts of its
 * bytes added up, the byte, then its lowest bits off one by one. */
AVX2 static inline uint32_t select_bit(uint64_t word, uint32_t k)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t sums = word - ((word >> 1) & ones * 0x55);

	sums = (sums & ones * 0x33) + ((sums >> 2) & ones * 0x33);
	sums = ((sums + (sums >> 4)) & ones * 0x0f) * ones; /* byte i: of bytes 0 to i */
	uint32_t at = 8 * (uint32_t)__builtin_popcountll(((ones * k | tops) - sums) & tops);
	uint32_t byte = (uint32_t)(word >> at) & 0xff;
	for (k -= (uint32_t)(sums << 8 >> at) & 0xff; k != 0; k--)
		byte &= byte - 1;
	return at + (uint32_t)__builtin_ctz(byte | 0x100);
}

/* Words are passed once, for the asked ones ascend: `zeros` are those before word w. */
AVX2 static uint32_t in_sorted(const struct find_sorted *b, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	const uint8_t *high = find_high(b);
	uint32_t n_found = 0, zeros = 0, w = 0, end = b->how.n_words * 64, mask = (1u << b->how.bits) - 1, i = 0;

	while (i < n && docs[i] < b->base)
		i++;
	for (; i < n; i++) {
		uint32_t x = docs[i] - b->base, want = x >> b->how.bits, bit = 0, here;
		for (; w < b->how.n_words; w++, zeros += here) {
			here = 64 - (uint32_t)__builtin_popcountll(bq_get_u64(high + 8 * (size_t)w));
			if (zeros + here >= want)
				break;
		}
		if (w == b->how.n_words)
			break;
		if (want != 0)
			bit = w * 64 + 1 + select_bit(~bq_get_u64(high + 8 * (size_t)w), want - zeros - 1);
		for (uint32_t p = bit - want; bit < end && ((high[bit / 8] >> bit % 8) & 1) != 0; bit++, p++) {
			if (find_low(b, p) != (x & mask))
				continue;
			place[n_found] = (uint8_t)p;
			at[n_found++] = (uint16_t)i;
			break;
		}
	}
	return n_found;
}

#define BMI2 __attribute__((target("avx2,popcnt,bmi,bmi2")))

/* MOST_RUN documents lie in two rows of 8, wherever the first one is. */
enum { MOST_WORDS = 32, MOST_RUN = 9 };

/* Zeros in front of each word; INT16_MAX for those behind the last one, up to a
 * multiple of 16. */
BMI2 static inline void count_zeros(const struct find_sorted *b, uint16_t zeros[MOST_WORDS])
{
	const uint8_t *high = find_high(b);
	uint32_t before = 0, w = 0;

	for (; w < b->how.n_words; w++) {
		zeros[w] = (uint16_t)before;
		before += 64 - (uint32_t)_mm_popcnt_u64(bq_get_u64(high + 8 * (size_t)w));
	}
	for (; w % 16 != 0; w++)
		zeros[w] = INT16_MAX;
}

/* In front of how many of the first words there are fewer zeros than `want`. */
BMI2 static inline uint32_t words_below(const uint16_t zeros[MOST_WORDS], uint32_t n_words, uint32_t want)
{
	const __m256i wanted = _mm256_set1_epi16((short)want);
	uint32_t n = 0;

	for (uint32_t w = 0; w < n_words; w += 16) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(zeros + w));
		n += (uint32_t)_mm_popcnt_u32((uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi16(wanted, v)));
	}
	return n / 2;
}

/* The low bits of a row, one that may be behind the last, too. */
BMI2 static inline __m256i low_row(const struct find_sorted *b, uint32_t row, __m256i mask)
{
	uint32_t at = row * b->how.bits;
	const __m256i *p = (const __m256i *)(const void *)b->low + at / 32;
	__m256i v = _mm256_srl_epi32(_mm256_loadu_si256(p), _mm_cvtsi32_si128((int)(at % 32)));
	__m256i w = _mm256_sll_epi32(_mm256_loadu_si256(p + 1), _mm_cvtsi32_si128((int)(32 - at % 32)));

	return _mm256_and_si256(_mm256_or_si256(v, w), mask);
}

/* Which of 16 documents from the row of number `p` on have these low bits: bit 0 is of number `p`. */
BMI2 static inline uint32_t same_low(const struct find_sorted *b, uint32_t p, uint32_t low, uint32_t mask)
{
	const __m256i all = _mm256_set1_epi32((int)mask), wanted = _mm256_set1_epi32((int)low);
	__m256i one = _mm256_cmpeq_epi32(low_row(b, p / 8, all), wanted);
	__m256i two = _mm256_cmpeq_epi32(low_row(b, p / 8 + 1, all), wanted);
	uint32_t same = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(one)) |
		(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(two)) << 8;

	return same >> p % 8;
}

/* Where the documents with the high bits `want` start: behind as many zeros.  At the end or behind it if there
 * are not so many. */
BMI2 static inline uint32_t step_at(const struct find_sorted *b, const uint16_t zeros[MOST_WORDS], uint32_t want)
{
	uint32_t end = b->how.n_words * 64;
	uint32_t w = words_below(zeros, b->how.n_words, want < end ? want : end) - (want != 0),
		nth = want - 1 - zeros[w];
	uint64_t zero = _pdep_u64(nth < 64 ? UINT64_C(1) << nth : 0, ~bq_get_u64(find_high(b) + 8 * (size_t)w));
	uint32_t bit = w * 64 + 1 + (uint32_t)_tzcnt_u64(zero);

	return want == 0 ? 0 : bit;
}

/* Hardly anything jumps: the word is found by comparing, the zero by PDEP, and those behind it are compared all
 * at once. */
BMI2 static uint32_t in_sorted_bmi2(const struct find_sorted *b, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint8_t *place)
{
	uint32_t n_found = 0, end = b->how.n_words * 64, mask = (1u << b->how.bits) - 1, i = 0;
	uint16_t zeros[MOST_WORDS];

	if (b->how.n_words > MOST_WORDS)
		return in_sorted(b, docs, n, at, place);
	count_zeros(b, zeros);
	while (i < n && docs[i] < b->base)
		i++;
	for (; i < n; i++) {
		uint32_t x = docs[i] - b->base, want = x >> b->how.bits, bit = step_at(b, zeros, want);
		if (bit >= end)
			break;
		uint64_t ones = bq_get_u64(find_high(b) + bit / 8) >> bit % 8;
		uint32_t run = (uint32_t)_tzcnt_u64(~ones), p = bit - want;
		run = run < end - bit ? run : end - bit;
		if (run > MOST_RUN) {
			uint32_t found = in_sorted(b, docs + i, 1, at + n_found, place + n_found);
			at[n_found] = (uint16_t)i;
			n_found += found;
			continue;
		}
		uint32_t same = _bzhi_u32(same_low(b, p, x & mask, mask), run);
		place[n_found] = (uint8_t)(p + _tzcnt_u32(same));
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

/* With more places, one sum that runs on is cheaper. */
enum { MANY_PLACES = 96 };

/* tf - 1 of the first `n` of a group: the others are masked out, no branch. */
AVX2 static inline uint64_t sum_group(const uint32_t tfs[FIND_GROUP], uint32_t n)
{
	const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), high = _mm256_set1_epi32((int)0xf8000000);
	__m256i sum = _mm256_setzero_si256(), all = _mm256_setzero_si256();
	uint64_t wide = 0;

	for (uint32_t i = 0; i < FIND_GROUP; i += 8) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(tfs + i));
		__m256i is_before = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n - (int)i), number);
		v = _mm256_and_si256(v, is_before);
		sum = _mm256_add_epi32(sum, v);
		all = _mm256_or_si256(all, v);
	}
	if (_mm256_testz_si256(all, high)) { /* 32 of them stay below 2^32 */
		__m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
		four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
		four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
		return (uint32_t)_mm_cvtsi128_si32(four) - n;
	}
	for (uint32_t i = 0; i < n; i++)
		wide += tfs[i] - 1;
	return wide;
}

AVX2 static void sum(const uint32_t tfs[FIND_N], const uint8_t *places, uint32_t n, uint64_t *out)
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

const struct find_ops *find_avx2(void)
{
	static const struct find_ops ops = { "avx2", in_set, in_docs, in_sorted, count, sum };
	bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");

	return can ? &ops : NULL;
}

const struct find_ops *find_bmi2(void)
{
	static const struct find_ops ops = { "bmi2", in_set, in_docs, in_sorted_bmi2, count, sum };
	bool has_pext = __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");

	return find_avx2() != NULL && has_pext ? &ops : NULL; /* before Zen 3 PEXT is a loop */
}

#else

const struct find_ops *find_avx2(void)
{
	return NULL;
}

const struct find_ops *find_bmi2(void)
{
	return NULL;
}

#endif
