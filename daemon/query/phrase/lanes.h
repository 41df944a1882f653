/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The next four positions of a word at once, in lanes of 16 bits of one number:
 *
 *   distances - 1, 5 bits each   00010 00000 00111 00001     low bits on the right
 *   spread                       2     0     7     1
 *   times 1 1 1 1, plus 4 3 2 1  14    11    10    2         how far on each position is
 */
#ifndef QUERY_LANES_H
#define QUERY_LANES_H

#include <stdint.h>

/* Distances of more bits do not fit: the fourth position may be 2^15 on. */
enum { LANES_N = 4, LANES_WIDTH = 13, LANES_FAR = 1 << 15 };

/* Eight distances of up to so many bits lie in one load. */
enum { LANES_EIGHT = 7 };

#define LANES_ONES UINT64_C(0x0001000100010001)
#define LANES_TOPS (LANES_ONES << 15)

/* How far on the positions are whose distances, of `width` bits, are the low
 * bits of `bits`. */
static inline uint64_t lanes_of(uint64_t bits, unsigned width)
{
	uint64_t mask = (UINT64_C(1) << width) - 1;
	uint64_t low = (bits & mask) | (bits >> width & mask) << 16;
	uint64_t high = (bits >> 2 * width & mask) | (bits >> 3 * width & mask) << 16;

	return (low | high << 32) * LANES_ONES + UINT64_C(0x0004000300020001);
}

/* How far on the last one is. */
static inline uint32_t lanes_last(uint64_t lanes) { return (uint32_t)(lanes >> 48); }

/* Top bits of the first `n` lanes, 0 to 4 or more. */
static inline uint64_t lanes_first(uint32_t n)
{
	return n >= LANES_N ? LANES_TOPS : LANES_TOPS & ((UINT64_C(1) << 16 * n) - 1);
}

/* The top bit of each lane that is `far`; of none if that is more than
 * LANES_FAR. */
static inline uint64_t lanes_same(uint64_t lanes, uint64_t far)
{
	uint64_t other = lanes ^ (far <= LANES_FAR ? far : UINT16_MAX) * LANES_ONES;
	uint64_t low = ~LANES_TOPS;

	return ~(((other & low) + low) | other) & LANES_TOPS;
}

/* The sum of the eight numbers of `width` bits at the low end of `v`:
 * neighbours added in lanes of twice the width until one is left. */
static inline uint64_t lanes_sum_eight(uint64_t v, unsigned width)
{
	uint64_t lane = (UINT64_C(1) << width) - 1, two = (UINT64_C(1) << 2 * width) - 1;
	uint64_t even = lane | lane << 2 * width;

	even |= even << 4 * width;
	two |= two << 4 * width;
	v = (v & even) + (v >> width & even);
	v = (v & two) + (v >> 2 * width & two);
	return (v & ((UINT64_C(1) << 4 * width) - 1)) + (v >> 4 * width);
}

#endif
