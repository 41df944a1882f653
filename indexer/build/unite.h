/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several words' documents as one list: documents ascending, tf summed.
 *
 *   unite_start, unite_add for each word, then unite_next until false
 */
#ifndef BUILD_UNITE_H
#define BUILD_UNITE_H

#include "build/vocabulary.h"

struct unite {
	struct walk *walks; /* a binary heap by document; kept from union to union */
	uint32_t n, max;
	uint32_t doc, tf;   /* of the last next() */
};

/* Begin a union of up to `max` words; `u` is all zero the first time.  False
 * when malloc fails. */
bool unite_start(struct unite *u, uint32_t max);
void unite_add(struct unite *u, struct vocabulary *v, uint32_t word);

/* The next document; false at the end, and after a failure, which the
 * vocabulary's check() tells. */
bool unite_next(struct unite *u);

void unite_release(struct unite *u);

#endif
