/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The two halves of some documents while documents change sides: the inner loop
 * of bisect.h.
 */
#ifndef REORDER_HALVES_H
#define REORDER_HALVES_H

#include <stdint.h>

#include "base/pool.h"
#include "reorder/gain.h"
#include "reorder/graph.h"

struct halves {
	uint32_t max_docs, max_words; /* there is room for */
	/* of each document */
	uint8_t *sides;     /* 0 left, 1 right */
	int64_t *wishes;    /* to be on the right, in GAIN_BIT of a bit; below 0: on the left */
	int64_t *sorted;    /* wishes, partly sorted */
	/* of each word */
	uint32_t *counts[2]; /* documents on each side */
	int32_t *draws[2];   /* what it adds to the wish of a document of that side */
};

/* Put the first n / 2 documents of `g`, n at least 2, to the left; `h` is all zero or of
 * other documents.  BQ_ENOMEM. */
int halves_begin(struct halves *h, const struct graph *g);

/* One round; how many documents have changed sides.  Takes O(words + postings). */
uint32_t halves_round(struct halves *h, const struct graph *g, const struct gain *gain, uint32_t round,
	struct pool *pool);

/* The side whose documents have more words together; 0 if both have as many. */
int halves_denser(const struct halves *h, const struct graph *g);

/* The documents of one side as a graph of their own, without words that one or
 * all of them have: those gain nothing by any cut.  BQ_ENOMEM.  **owned**:
 * graph_release() whatever the outcome. */
int halves_take(struct halves *h, const struct graph *g, int side, struct graph *out);

/* Free the room for both halves; `h` may be all zero. */
void halves_release(struct halves *h);

#endif
