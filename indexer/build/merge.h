/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several segments -> one, without their dead documents: byte for byte what a
 * build from those documents would have written.
 *
 *   segment 3   d0 d1 D2 d3          D: dead
 *   segment 7   d0 D1 d2         ->  0 1 2 3 4
 *
 * Text is copied in pieces, marks as they are; words are merged in the order of
 * the dictionary (merged.h says what that takes); stems are made anew.
 */
#ifndef BUILD_MERGE_H
#define BUILD_MERGE_H

#include <signal.h>

#include <bq/status.h>
#include <bq/text.h>

#include "build/merged.h"
#include "segment/segment_write.h"

struct reorder_params;

struct merge {
	int dirfd;
	struct segment_params params;
	struct bq_text *text;
	const uint32_t *sources;  /* new number of each source; NULL: as they are */
	float avg_len;            /* A; 0: the average of these documents */
	uint64_t keep_bytes;      /* of the inputs' pages that may stay in memory */
	struct reorder_params *reorder; /* NULL: documents in the order of the inputs */
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
};

/* The A of so many documents. */
static inline float merge_average(uint64_t n_tokens, uint64_t n_docs)
{
	return n_tokens == 0 ? 1.0f : (float)((double)n_tokens / (double)n_docs);
}

/* Write `in[n]` as one segment, with m->reorder in the order that it finds; n <= MERGED_MAX.  *avg_len is the A it has.  With
 * no live document there is no file: out->n_docs is 0.  Whatever a damaged input
 * or a full disk brings; then there is no file either. */
int merge_segments(const struct merge *m, struct merge_input *in, uint32_t n, struct segment_info *out,
	float *avg_len, struct bq_error *err);

/* Only the words of numbered inputs, into `w`, which has begun its terms;
 * without stems if m->text is NULL. */
int merge_terms(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	struct bq_error *err);

#endif
