/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the positions of one document are in one list, packed as they are in
 * the index, and how to read them one by one:
 *
 *   first             w0 bits: the first position, counted from `base`
 *   rest              w1 bits each: distance to the next position - 1
 *
 *   positions 7 9 10  ->  first 7, rest 1 0
 *
 * Numbers are low bits first; the first one of each lane starts at bit s0, s1
 * (0..7) of the byte, and 8 bytes are readable from wherever one starts.
 */
#ifndef BQ_SPOT_H
#define BQ_SPOT_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/bytes.h>

/* A value: copy it freely.  Valid as long as the leaf, wherever the cursor
 * that gave it moves.  What bq_cursor_meet() gives is readable only after
 * bq_leaf_ready(); `tf` at once. */
struct bq_spot {
	const uint8_t *first, *rest;
	uint64_t base;
	uint32_t tf; /* how many there are, at least 1 */
	uint8_t w0, w1, s0, s1; /* w0, w1 <= 32 */
};

/* Reads ascending positions. */
struct bq_spot_walk {
	uint64_t pos;        /* the current one; above 2^32 only in a damaged index */
	uint64_t bit;        /* where the next distance starts, from `rest` */
	const uint8_t *rest;
	uint32_t left;       /* positions behind it */
	uint32_t width;
};

static inline uint32_t bq_spot_bits(const uint8_t *p, uint64_t bit, unsigned width)
{
	uint64_t word = bq_get_u64(p + (bit >> 3)) >> (bit & 7);

	return (uint32_t)(word & ((UINT64_C(1) << width) - 1));
}

static inline uint64_t bq_spot_first(const struct bq_spot *p)
{
	return p->base + bq_spot_bits(p->first, p->s0, p->w0);
}

/* A walk that counts from `pos` where the first position is. */
static inline struct bq_spot_walk bq_spot_walk_from(const struct bq_spot *p, uint64_t pos)
{
	return (struct bq_spot_walk){ pos, p->s1, p->rest, p->tf - 1, p->w1 };
}

static inline struct bq_spot_walk bq_spot_start(const struct bq_spot *p)
{
	return bq_spot_walk_from(p, bq_spot_first(p));
}

/* The next position; false behind the last. */
static inline bool bq_spot_next(struct bq_spot_walk *w)
{
	if (w->left == 0)
		return false;
	w->left--;
	w->pos += 1 + (uint64_t)bq_spot_bits(w->rest, w->bit, w->width);
	w->bit += w->width;
	return true;
}

#endif
