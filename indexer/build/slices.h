/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the writer and the reader of chains share: where slices are.
 */
#ifndef BUILD_SLICES_H
#define BUILD_SLICES_H

#include "base/pages.h"
#include "build/inverter.h"

enum {
	PIECE = PAGES_LARGE,
	UNIT = 16,                  /* the pool's address unit: 2^32 of them are 64 GiB */
	PIECE_UNITS = PIECE / UNIT,
	LINK = 4,                   /* a slice ends in the next one's address */
	FIRST_LEVEL = 1,            /* 16 << 1 = 32 bytes */
	MAX_LEVEL = 7,              /* 16 << 7 = 2,048 bytes */
};

/* Where a unit of the pool is. */
static inline uint8_t *unit_ptr(const struct inverter *v, uint32_t unit)
{
	return v->pool.at[unit / PIECE_UNITS] + (size_t)(unit % PIECE_UNITS) * UNIT;
}

/* Bytes of events in a slice. */
static inline uint32_t slice_payload(unsigned level)
{
	return ((uint32_t)UNIT << level) - LINK;
}

#endif
