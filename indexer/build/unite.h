/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several words' documents as one list: documents ascending, tf summed.
 *
 *   unite_start, unite_add for each word, then unite_take until nothing comes
 *
 * A window of documents at a time: each word adds what it has of them, in no order
 * that matters, and bits say which have any.  Windows without documents are left out.
 *
 *   sums    0 0 3 1 0 ..     of documents first, first + 1, ..
 *   bits    0 0 1 1 0 ..
 *   upper   1 ..             a bit for 64 of those
 */
#ifndef BUILD_UNITE_H
#define BUILD_UNITE_H

#include "build/vocabulary.h"

struct unite_window;

struct unite {
	struct walk *walks;          /* that have documents yet; kept from union to union */
	uint32_t n, max;
	struct unite_window *window; /* **owned** */
};

/* Begin a union of up to `max` words; `u` is all zero the first time.  False
 * when malloc fails. */
bool unite_start(struct unite *u, uint32_t max);

/* Its documents join the union; of the `max` of unite_start() one less is left. */
void unite_add(struct unite *u, struct vocabulary *v, uint32_t word);

/* Add the documents that come, as many as fit, without positions.  None at the end, and
 * after a failure, which the vocabulary's check() tells. */
void unite_take(struct unite *u, struct postings_room *out);

/* Free the room for lists; the vocabularies stay. */
void unite_release(struct unite *u);

#endif
