/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which word stands before which, and in what document, sorted: rows of first
 * words, as many at a time as memory allows.
 *
 *   scan, in order of documents            one row, by second word
 *   (a1, b7, 3) (a2, b1, 3) (a1, b2, 4) -> a1:  b2: 4   b7: 3
 *
 * A record is 6 bytes in its row's room, which is as large as the word is
 * frequent: u16 b, u32 document.  Documents ascend in a row from the start, so
 * that counting the second words sorts it.  A row that is larger than memory is
 * counted first, then made in parts, some second words at a time.
 */
#ifndef PAIRS_RECORDS_H
#define PAIRS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "pairs/scan.h"

struct records {
	uint32_t n_words;
	uint32_t from, to;    /* the rows at hand: first words [from, to) */
	uint32_t b_from, b_to; /* second words at hand: all, but of a row that memory does not hold */
	uint64_t *counts;     /* of such a row: how often each second word follows; [n_words] */
	uint8_t *bytes;
	uint8_t **start;      /* of each row at hand, and of what follows the last; [n_words + 1] */
	uint8_t **next;       /* where a word's next record goes, [n_words + 1]: 0 is no word */
	uint32_t *ends;       /* of one sorted row: documents with b end here; [n_words] */
	uint32_t *docs, *tfs; /* of it, sorted */
};

/* Room for the tables of `n` words.  BQ_ENOMEM; records_release() whatever the
 * outcome. */
int records_init(struct records *r, uint32_t n);

/* Whether `memory` bytes hold the row of a word. */
bool records_fit(const struct bq_term *t, uint64_t memory);

/* Take the rows from `from` on that `memory` bytes hold, one at least.  `terms`
 * has all words.  BQ_ENOMEM. */
int records_take(struct records *r, const struct bq_term *terms, uint32_t from, uint64_t memory);

/* Count the row of word `a`: records_count() for each window, then
 * records_take_part() until r->b_to is n_words. */
void records_begin_parts(struct records *r, uint32_t a);

/* Count what the scan's window has of that row. */
void records_count(struct records *r, const struct scan *sc);

/* Take the next second words whose records `memory` bytes hold, one at least.
 * BQ_ENOMEM. */
int records_take_part(struct records *r, uint64_t memory);

/* Add what the scan's window has. */
void records_add(struct records *r, const struct scan *sc);

/* Sort row `a`: the documents behind b are docs[b == 0 ? 0 : ends[b - 1] .. ends[b]),
 * ascending, one for each time. */
void records_sort(struct records *r, uint32_t a);

void records_release(struct records *r);

#endif
