/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A vocabulary whose documents stand in another order: each list is read whole
 * and sorted.
 *
 *   base       the: 0 1 2 5         places  3 0 2 9 9 1
 *   ordered    the: 0 1 2 3                 (documents 1 5 2 0)
 *
 * Memory: 24 bytes a document of a list and 4 an occurrence.  A list that takes
 * more than there is comes in windows of places, for each of which it is read
 * again.
 */
#ifndef REORDER_ORDERED_H
#define REORDER_ORDERED_H

#include <bq/buf.h>

#include "build/vocabulary.h"

struct sorted;

struct ordered {
	struct vocabulary v;       /* first */
	struct vocabulary *base;   /* a fork of the first one's, or its base */
	const uint32_t *places;    /* new number of each document; **borrowed** */
	uint32_t n_docs;
	uint64_t max_bytes, bytes; /* of lists: allowed, held */
	struct sorted *idle;       /* lists whose room is used again */
	bool oom;
};

/* Put the lists of `base`, of `n_docs` documents, into the order of `places`; both are
 * **borrowed**.  About `max_bytes` are for lists at a time, shared by all forks.
 * Ends with ordered_release(). */
void ordered_init(struct ordered *o, struct vocabulary *base, const uint32_t *places, uint32_t n_docs,
	uint64_t max_bytes);

/* Free the lists being put into order; `base` and `places` stay. */
void ordered_release(struct ordered *o);

#endif
