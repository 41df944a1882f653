/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pair lists in the making: what the files behind pairing.h share.
 *
 *   pairing         words, T, the sections
 *   pairing_rows    lists from records in memory, by several threads
 *   pairing_runs    lists from runs on disk
 *   lists           one list; which of them fit the budget
 */
#ifndef PAIRS_PAIRING_WORK_H
#define PAIRS_PAIRING_WORK_H

#include "pairs/lists.h"
#include "pairs/pairing.h"
#include "pairs/scan.h"
#include "segment/spool.h"

struct pairing {
	const struct pairing_job *job;
	const struct segment *s;
	struct bq_error *err;   /* never NULL */
	uint32_t floor;         /* what T is at least */
	uint32_t n_words;       /* that weigh `floor`; at most PAIRS_MAX_WORDS */
	struct bq_term *terms;  /* of each */
	uint32_t *by_rank;      /* words, the heaviest first */
	struct kept kept;
};

/* BQ_ECANCELLED with a message if a signal has asked to end. */
int pairing_check_stop(const struct pairing *p, struct bq_error *err);

/* What the memory allows: how the lists are read by `n_parts` at a time, and what is left for
 * records. */
uint64_t pairing_divide(const struct pairing *p, uint32_t n_parts, bool is_tight, struct scan_part *out);

/* Whether memory holds the rows of all words, in how many parts: as many as there are
 * threads, or one; 0: it does not. */
uint32_t pairing_rows_parts(const struct pairing *p);

/* All lists to p->kept, in that many parts.  BQ_ENOMEM, BQ_EIO; BQ_EFORMAT or BQ_ECANCELLED with
 * a message. */
int pairing_rows(struct pairing *p, uint32_t n_parts);

/* The same where memory does not hold the rows, and the same lists. */
int pairing_runs(struct pairing *p);

#endif
