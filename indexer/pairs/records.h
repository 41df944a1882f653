/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which word stands before which, and in what document, sorted, in memory: a row
 * for each first word.
 *
 *   scan, in order of documents            one row, by second word
 *   (a1, b7, 3) (a2, b1, 3) (a1, b2, 4) -> a1:  b2: 4   b7: 3
 *
 * A record is 6 bytes in its row's room, which is as large as the word is
 * frequent: u16 b, u32 document.  Documents ascend in a row from the start, so
 * that counting the second words sorts it.
 */
#ifndef PAIRS_RECORDS_H
#define PAIRS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "pairs/scan.h"

struct records {
	uint32_t n_words;
	uint8_t *bytes;
	uint8_t **start;      /* of each row, and of what follows the last; [n_words + 1] */
	uint8_t **next;       /* where a word's next record goes, [n_words + 1]: 0 is no word */
	uint32_t *ends;       /* of one sorted row: documents with b end here; [n_words] */
	uint32_t *docs, *tfs; /* of it, sorted */
};

/* Room for the tables of `n` words.  BQ_ENOMEM; records_release() whatever the
 * outcome. */
int records_init(struct records *r, uint32_t n);

/* Whether `memory` bytes hold the rows of `n` words. */
bool records_fit(const struct bq_term *terms, uint32_t n, uint64_t memory);

/* Make room for all rows.  `terms` has all words.  BQ_ENOMEM. */
int records_take(struct records *r, const struct bq_term *terms);

/* Add what the scan's window has. */
void records_add(struct records *r, const struct scan *sc);

/* Sort row `a`: the documents behind b are docs[b == 0 ? 0 : ends[b - 1] .. ends[b]),
 * ascending, one for each time. */
void records_sort(struct records *r, uint32_t a);

void records_release(struct records *r);

#endif
