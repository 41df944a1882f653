/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents as they were written, of some words: their positions, from the
 * lists of a segment, put back into a row.
 *
 *   words       1 "the"   2 "who"   3 "is"
 *   documents   5: the X who is     6: X is the who
 *   slots       0 | 1 0 2 3 | 0 | 0 3 1 2 | 0
 *                   ^bases[0]     ^bases[1]  ^bases[2]
 *
 * A window is some documents, as many as fit a cache.  What stands side by
 * side in slots and is not 0 stands so in the document; a 0 parts documents, and
 * positions without a word (the gap behind a title) part what is around them.
 */
#ifndef PAIRS_SCAN_H
#define PAIRS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "pairs/placed.h"

/* Of a window; one document may have more slots.  The small one stays in a near
 * cache; the large one is for when pages have to go between windows. */
enum { SCAN_SLOTS = 1 << 18, SCAN_MANY_SLOTS = 1 << 21, SCAN_DOCS = 1 << 13 };

struct scan {
	const struct segment *segment;
	uint32_t n_words;
	struct placed *lists;  /* of each */
	struct placed_block *blocks; /* of each, or one that they share */
	struct bq_read read;   /* without memory: what damage there is */
	uint32_t first, end;   /* the window: documents [first, end) */
	uint32_t limit;        /* the last window ends there */
	uint32_t *ends;        /* of each, one above its last position */
	uint64_t *bases;       /* of each, where its slots start; one more */
	uint16_t *slots;       /* word + 1, or 0 */
	uint64_t max_slots;
	uint64_t read_bytes;   /* at most, in pages, since those were let go */
	uint64_t keep_bytes;   /* of pages at most */
	uint64_t window_slots; /* SCAN_SLOTS or SCAN_MANY_SLOTS */
	uint64_t most_slots;   /* a document that needs more is BQ_ENOMEM */
};

struct scan_part {
	uint32_t from, to;    /* documents */
	uint64_t pages_bytes; /* of the file mapped at a time, about */
	bool is_tight;        /* lists decode into one block by turns: else each has 2 KiB */
};

/* Prepare to walk the lists of `n` <= 65534 words, `terms`, which are **borrowed**
 * for the call.  BQ_ENOMEM, BQ_EFORMAT; scan_release() whatever the outcome. */
int scan_init(struct scan *sc, const struct segment *s, const struct bq_term *terms, uint32_t n,
	const struct scan_part *part);

/* About what that takes beside pages. */
uint64_t scan_bytes(uint32_t n, const struct scan_part *part);

/* Fill the next window: BQ_OK, BQ_END, BQ_ENOMEM, or BQ_EFORMAT as in sc->read: [F27]
 * and what placed_scatter() says. */
int scan_next(struct scan *sc);

/* Free what scan_init() made, also where it failed; the segment stays. */
void scan_release(struct scan *sc);

#endif
