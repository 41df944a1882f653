/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The live words of several segments as one vocabulary: documents renumbered,
 * those of the first segment first, dead ones left out.
 *
 * Held in memory: the words' bytes and 8 bytes a word; 3 KiB a list that is
 * walked.  The lists themselves are read from the files, whose pages are let
 * go from time to time.
 */
#ifndef BUILD_MERGED_H
#define BUILD_MERGED_H

#include <bq/arena.h>
#include <bq/buf.h>

#include "build/vocabulary.h"
#include "segment/segment.h"

enum { MERGED_MAX = 32 }; /* inputs: a bit each in a word's entry */

/* One segment of those that become one. */
struct merge_input {
	const struct segment *segment; /* **borrowed** */
	const uint64_t *dead;          /* bitset; NULL: none; **borrowed** */
	const struct stamps *stamps;   /* newer times of files; NULL: none; **borrowed** */
	/* by merge_number(): */
	uint32_t base;                 /* new number of the first live document */
	uint32_t n_live;
	uint32_t *ranks;               /* dead documents before each 64; NULL without `dead`; **owned** */
};

/* Number the live documents of `in[n]`, one after the other.  BQ_ENOMEM,
 * BQ_ELIMIT if they are too many for a segment.  Ends with merge_unnumber(),
 * whatever the outcome; the inputs' ranks are NULL before. */
int merge_number(struct merge_input *in, uint32_t n, struct bq_error *err);

/* Free the ranks that merge_number() made, also where it failed. */
void merge_unnumber(struct merge_input *in, uint32_t n);

static inline bool merge_is_dead(const struct merge_input *in, uint32_t doc)
{
	return in->dead != NULL && ((in->dead[doc >> 6] >> (doc & 63)) & 1) != 0;
}

struct merged {
	struct vocabulary v; /* first */
	const struct merge_input *inputs;
	uint32_t n_inputs;
	struct bq_buf words;   /* their bytes, one after the other */
	struct bq_buf entries; /* a merged_entry each, and one behind the last */
	struct bq_arena mem;   /* of `read`; emptied when all walks have stopped */
	struct bq_read read;
	uint64_t read_bytes;   /* about, since the files' pages were let go */
	uint64_t keep_bytes;   /* of pages at most */
};

struct merged_entry {
	uint32_t off;    /* in words */
	uint32_t inputs; /* those with a live document, a bit each */
};

/* Collect the words of `n` <= MERGED_MAX numbered inputs, which are **borrowed**.
 * BQ_ENOMEM, BQ_EFORMAT, BQ_ELIMIT.  Ends with merged_release() whatever the
 * outcome. */
int merged_init(struct merged *m, const struct merge_input *inputs, uint32_t n, uint64_t keep_bytes,
	struct bq_error *err);

/* Free what merged_init() collected, also where it failed; the inputs stay. */
void merged_release(struct merged *m);

/* How many documents word `i` has, dead ones included; 0 after a failure, which
 * check() tells. */
uint32_t merged_df(struct merged *m, uint32_t i);

#endif
