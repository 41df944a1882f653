/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The AVX2 twin of tail_get(), eight documents at a time.  What a document is
 * follows from where its one stands among the high bits and from the low bits of all
 * up to it, so nothing waits for the document before:
 *
 *   gaps 5 0 2 9, b 2   high bits 0 1 1 1 0 0 1: ones at 1 2 3 6, less their numbers
 *                       1 1 1 3, times 4: 4 4 4 12
 *                       low bits 1 0 2 1, added up: 1 1 3 4
 *                       and their numbers: 5 6 9 19
 */
#include "codec/tail.h"

#include <bq/format.h>

#include "codec/bits.h"
#include "codec/places.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt")))

enum { ROW = 8, MAX_LOW = 25 /* with 7 bits before them they fit a lane */ };

/* Where the ones are, from bit `high` on: at least t->n of them, each byte's by its
 * table.  false if there are fewer. */
AVX2 static bool find_ones(const struct tail *t, uint64_t high, uint32_t *out)
{
	const uint8_t *p = t->p + high / 8, *end = t->p + t->len;
	const __m256i eight = _mm256_set1_epi32(8);
	__m256i from = _mm256_set1_epi32(-(int)(high & 7));
	unsigned byte = *p & (0xffu << (high & 7));

	for (uint32_t n = 0;; byte = *p, from = _mm256_add_epi32(from, eight)) {
		const __m128i *places = (const __m128i *)(const void *)&places_of_byte[byte];
		__m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64(places));
		_mm256_storeu_si256((__m256i *)(void *)(out + n), _mm256_add_epi32(at, from));
		n += (uint32_t)__builtin_popcount(byte);
		if (n >= t->n)
			return true;
		if (++p == end)
			return false;
	}
}

/* Eight numbers of b bits lie in b bytes: each lane takes four, of the first or of
 * the second half, and shifts its own down. */
struct lows {
	__m256i control, shifts, mask;
	size_t half; /* the byte in which the fifth one begins */
};

AVX2 static inline struct lows lows_of(unsigned b)
{
	const int half = (int)(4 * b / 8);
	__m256i bit = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32((int)b));
	__m256i byte = _mm256_sub_epi32(_mm256_srli_epi32(bit, 3),
		_mm256_setr_epi32(0, 0, 0, 0, half, half, half, half));

	return (struct lows){
		.control = _mm256_add_epi32(_mm256_mullo_epi32(byte, _mm256_set1_epi32(0x01010101)),
			_mm256_set1_epi32(0x03020100)),
		.shifts = _mm256_and_si256(bit, _mm256_set1_epi32(7)),
		.mask = _mm256_set1_epi32((int)((1u << b) - 1)),
		.half = (size_t)half,
	};
}

AVX2 static inline __m256i load_lows(const struct lows *l, const uint8_t *p)
{
	__m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i second = _mm_loadu_si128((const __m128i *)(const void *)(p + l->half));
	__m256i lanes = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), l->control);

	return _mm256_and_si256(_mm256_srlv_epi32(lanes, l->shifts), l->mask);
}

/* Each lane and all below it. */
AVX2 static inline __m256i add_up(__m256i v)
{
	v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
	v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
	__m256i below = _mm256_permute2x128_si256(v, v, 0x08); /* nothing, the lower half */
	return _mm256_add_epi32(v, _mm256_shuffle_epi32(below, 0xff));
}

/* Ones in docs[], documents with b low bits out: all below 2^32, as the caller knows. */
AVX2 static void make_docs(const struct tail *t, unsigned b, uint32_t *docs)
{
	const struct lows lows = lows_of(b);
	const __m128i by = _mm_cvtsi32_si128((int)b);
	const __m256i eight = _mm256_set1_epi32(ROW), seventh = _mm256_set1_epi32(7);
	__m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i sum = _mm256_set1_epi32((int)t->base); /* and all low bits so far */
	const uint8_t *p = t->p + 1;

	for (uint32_t i = 0; i < t->n; i += ROW, p += b) {
		__m256i *to = (__m256i *)(void *)(docs + i);
		__m256i zeros = _mm256_sub_epi32(_mm256_loadu_si256(to), number);
		sum = _mm256_add_epi32(sum, add_up(load_lows(&lows, p)));
		__m256i high = _mm256_add_epi32(_mm256_sll_epi32(zeros, by), number);
		_mm256_storeu_si256(to, _mm256_add_epi32(high, sum));
		number = _mm256_add_epi32(number, eight);
		sum = _mm256_permutevar8x32_epi32(sum, seventh);
	}
}

/* Whether bytes are varints of one byte each. */
static bool are_short(const uint8_t *p, size_t n)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= p[i];
	return all < 0x80;
}

/* tfs of which most are 1; bits from bit `flags` on say which have a byte from `p` on. */
static void put_short_tfs(const struct tail *t, uint64_t flags, const uint8_t *p, uint32_t *tfs)
{
	for (uint32_t from = 0; from < t->n; from += 32, flags += 32) {
		uint32_t left = t->n - from, often = bits_get(t->p, flags, left < 32 ? left : 32);
		for (; often != 0; often &= often - 1)
			tfs[from + (unsigned)__builtin_ctz(often)] = 2u + *p++;
	}
}

AVX2 static uint32_t count_flags(const struct tail *t, uint64_t flags)
{
	uint32_t n = 0;

	for (uint32_t from = 0; from < t->n; from += 32, flags += 32) {
		uint32_t left = t->n - from;
		n += (uint32_t)__builtin_popcount(bits_get(t->p, flags, left < 32 ? left : 32));
	}
	return n;
}

/* The tfs, with the bytes behind bit `end` filled exactly; false: ask the twin. */
AVX2 static bool get_tfs(const struct tail *t, const struct tail_parts *parts, uint64_t end, uint32_t *tfs)
{
	const uint8_t *p = t->p + bits_bytes(end);
	size_t left = (size_t)(t->p + t->len - p);

	if (left != (parts->often ? count_flags(t, parts->flags) : 0) || !are_short(p, left))
		return false;
	for (uint32_t i = 0; i < t->n; i += ROW)
		_mm256_storeu_si256((__m256i *)(void *)(tfs + i), _mm256_set1_epi32(1));
	if (parts->often)
		put_short_tfs(t, parts->flags, p, tfs);
	return true;
}

/* Small numbers, as in a segment of less than 2^31 documents; the others, and what is
 * damaged, go to the twin. */
bool tail_get_avx2(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	struct tail_parts parts;

	if (t->n < TAIL_FEW || !tail_find_parts(t, &parts) || parts.bits > MAX_LOW || !find_ones(t, parts.high, docs))
		return tail_get(t, docs, tfs);
	uint64_t last = docs[t->n - 1];
	if (((last + 1) << parts.bits) + t->n + t->base > INT32_MAX ||
		!get_tfs(t, &parts, parts.high + last + 1, tfs))
		return tail_get(t, docs, tfs);
	make_docs(t, parts.bits, docs);
	return true;
}

#endif
