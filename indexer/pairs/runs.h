/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which word stands before which, and in what document, when memory does not
 * hold it: sorted pieces on disk, which are then read side by side.
 *
 *   scan, in order of documents       full: sorted, a run            all runs, pair by pair
 *   (a1, b7, 3) (a2, b1, 3) ..    ->  a1 b2: 4   a1 b7: 3  ..   ->   a1 b2: 4 9
 *                                     a1 b2: 9   a3 b1: 8 8 ..       a1 b7: 3 ..
 *
 * A run is, for each pair: varint what (a << 16 | b) is above that of the pair before,
 * varint records, for each of them varint what the document is above the one
 * before.  Documents ascend from run to run.
 */
#ifndef PAIRS_RUNS_H
#define PAIRS_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>

#include "pairs/scan.h"
#include "segment/spool.h"

struct runs {
	uint32_t n_words, n_docs;
	uint64_t *records;   /* of the run in the making: a << 48 | b << 32 | document */
	uint64_t *sorted;    /* as many */
	size_t n, max;
	uint32_t *counts;    /* [65536] */
	struct spool file;   /* the runs, one behind the other */
	struct bq_buf ends;  /* u64 each: where the run ends in it */
	uint64_t memory;
	/* reading */
	struct run *inputs;
	uint32_t *heap;      /* inputs that are not at their end, the one with the first pair on top */
	uint32_t n_heap;
	uint8_t *pieces;     /* of each input, piece_bytes */
	size_t piece_bytes;
	/* a pair, by runs_next() */
	uint32_t a, b, df;
	uint64_t ttf;
	uint32_t *docs, *tfs; /* [df] */
	uint32_t max_docs;
};

/* Runs of the pairs of `n_words` words in `n_docs` documents, made in about `memory`
 * bytes; r->file is initialised, all else zero.  BQ_ENOMEM; runs_release() whatever
 * the outcome. */
int runs_init(struct runs *r, uint32_t n_words, uint32_t n_docs, uint64_t memory);

/* Add what the scan's window has.  BQ_ENOMEM, BQ_EIO with errno set. */
int runs_add(struct runs *r, const struct scan *sc);

/* All has been added: runs_next() may follow.  As runs_add(). */
int runs_finish(struct runs *r);

/* The next pair, in order of a, then b, to r->a .. r->tfs.  BQ_END behind the last; as runs_add(). */
int runs_next(struct runs *r);

/* Free what runs_init() made, also where it failed, and close its file. */
void runs_release(struct runs *r);

#endif
