/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sorting by a number: records that start with a uint64_t, mostly different ones, such as
 * the first 8 bytes of words.
 *
 *   by digits   one byte after the other from the lowest on, each pass keeping the order of
 *               the one before: no comparisons, which are guessed wrong every other time
 *   ties        those with the same number, by a comparison
 */
#ifndef BUILD_RADIX_H
#define BUILD_RADIX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RADIX_FEW = 16 }; /* are sorted by insertion */

#define RADIX_INLINE static inline __attribute__((always_inline)) /* with a constant size */

RADIX_INLINE uint64_t radix_key(const uint8_t *record)
{
	uint64_t key;

	memcpy(&key, record, sizeof key);
	return key;
}

/* One pass: counts[d] records have the digit d. */
RADIX_INLINE void radix_deal(const uint8_t *in, uint8_t *out, size_t n, size_t size, unsigned shift,
	const uint32_t counts[256])
{
	uint8_t *ends[256];

	for (unsigned d = 0; d < 256; out += counts[d++] * size)
		ends[d] = out;
	for (const uint8_t *end = in + n * size; in < end; in += size) {
		uint8_t **to = &ends[radix_key(in) >> shift & 255];
		memcpy(*to, in, size);
		*to += size;
	}
}

/* Between two buffers.  The one that has the result. */
RADIX_INLINE uint8_t *radix_digits(uint8_t *records, uint8_t *room, size_t n, size_t size)
{
	uint32_t counts[8][256];

	memset(counts, 0, sizeof counts);
	for (size_t i = 0; i < n; i++)
		for (unsigned d = 0; d < 8; d++)
			counts[d][radix_key(records + i * size) >> 8 * d & 255]++;
	for (unsigned d = 0; d < 8 && n != 0; d++) {
		uint8_t *from = records;
		if (counts[d][radix_key(records) >> 8 * d & 255] == n)
			continue;
		radix_deal(from, room, n, size, 8 * d, counts[d]);
		records = room;
		room = from;
	}
	return records;
}

RADIX_INLINE void radix_ties(uint8_t *records, size_t n, size_t size, int (*compare)(const void *a, const void *b))
{
	uint8_t held[64];

	if (n > RADIX_FEW) {
		qsort(records, n, size, compare);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		size_t j = i;
		memcpy(held, records + i * size, size);
		for (; j > 0 && compare(records + (j - 1) * size, held) > 0; j--)
			memcpy(records + j * size, records + (j - 1) * size, size);
		memcpy(records + j * size, held, size);
	}
}

/* Sort records[n] of `size` <= 64 bytes, by `compare`, whose order their numbers decide where
 * they differ; n < 2^32.  Takes as much memory again meanwhile: false when malloc fails. */
RADIX_INLINE bool radix_sort(void *records, size_t n, size_t size, int (*compare)(const void *a, const void *b))
{
	uint8_t *room = malloc(n * size + 1), *sorted, *at = records;

	if (room == NULL)
		return false;
	sorted = radix_digits(records, room, n, size);
	if (sorted != at)
		memcpy(at, sorted, n * size);
	free(room);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && radix_key(at + end * size) == radix_key(at + i * size);)
			end++;
		radix_ties(at + i * size, end - i, size, compare);
	}
	return true;
}

#endif
