/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which word stands before which, and in what document, sorted, in memory: a row
 * for each first word.  Documents are in parts, which several threads fill at a time.
 *
 *   scan, in order of documents            one row, by second word
 *   (a1, b7, 3) (a2, b1, 3) (a1, b2, 4) -> a1:  b2: 4   b7: 3
 *
 *   room   part 0: | a0 | a1 | .. | part 1: | a0 | a1 | ..
 *
 * A record is 6 bytes in its row's room, which is as large as the word is
 * frequent in the part: u16 b, u32 document.  Documents ascend in a row from the
 * start and from part to part, so that counting the second words sorts it.
 */
#ifndef PAIRS_RECORDS_H
#define PAIRS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "pairs/scan.h"

struct records {
	uint32_t n_words, n_parts;
	uint8_t *bytes;
	uint8_t **start;      /* of each part and row, and of what follows the last row; [n_parts][n_words + 1] */
	uint8_t **next;       /* where a word's next record goes, [n_parts][n_words + 1]: 0 is no word */
};

/* One row, sorted. */
struct row {
	uint32_t *ends;       /* documents with b end here; [n_words] */
	uint32_t *docs, *tfs; /* tfs: room for the documents of a pair */
};

/* Whether `memory` bytes hold the records of `n` words in so many parts, and a row a
 * part while they are sorted; not if a row has 2^32 or more, which no row counts to. */
bool records_fit(const struct bq_term *terms, uint32_t n, uint32_t n_parts, uint64_t memory);

/* Room for the rows of `n` words: counts[part * n + word] is how often the word is in
 * the part.  BQ_ENOMEM; records_release() whatever the outcome. */
int records_init(struct records *r, uint32_t n, uint32_t n_parts, const uint64_t *counts);

/* Add what the scan's window has, of documents of that part. */
void records_add(struct records *r, uint32_t part, const struct scan *sc);

/* Room for any row of the `n` words `terms` and pairs of so many documents.
 * False when malloc fails; row_release() whatever the outcome. */
bool row_init(struct row *row, const struct bq_term *terms, uint32_t n, uint32_t n_docs);

/* Free the room of a row; it may be all zero. */
void row_release(struct row *row);

/* Sort row `a`: the documents behind b are docs[b == 0 ? 0 : ends[b - 1] .. ends[b]),
 * ascending, one for each time. */
void records_sort(const struct records *r, uint32_t a, struct row *row);

/* Free the rows' room, also where records_init() failed. */
void records_release(struct records *r);

#endif
