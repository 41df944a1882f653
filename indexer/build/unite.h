/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several terms' chains as one list: documents ascending, tf summed.
 *
 *   unite_start, unite_add for each term, then unite_next until false
 */
#ifndef BUILD_UNITE_H
#define BUILD_UNITE_H

#include "build/inverter.h"

struct unite {
	struct chain *chains; /* a binary heap by document; kept from union to union */
	uint32_t n, max;
	uint32_t doc, tf;     /* of the last next() */
	bool oom;
};

/* Begin a union of up to `max` terms; `u` is all zero the first time.  False
 * when malloc fails. */
bool unite_start(struct unite *u, uint32_t max);
void unite_add(struct unite *u, const struct inverter *v, const struct slot *s);

/* The next document; false at the end and when malloc fails (`oom`). */
bool unite_next(struct unite *u);

void unite_release(struct unite *u);

#endif
