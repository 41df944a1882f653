/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text of all kinds of documents, for the dictionary of those in an order found
 * by their words: the first of them are all alike, and what is learnt from them
 * helps no others.
 *
 *   live documents' stored bytes, one long string   |..........|..........|..........|....
 *   a frame's length at equal distances              ####       ####       ####       ####
 */
#ifndef REORDER_SAMPLE_H
#define REORDER_SAMPLE_H

#include <bq/buf.h>
#include <bq/status.h>

struct merge_input;

struct sample_limits {
	uint64_t bytes;      /* that are taken, a frame's length at least */
	uint64_t keep_bytes; /* of the inputs' pages that may stay in memory */
};

/* Append what is taken, all there is if it is not more.  Deleted documents have no
 * part.  BQ_ENOMEM, BQ_EFORMAT. */
int sample_take(const struct merge_input *in, uint32_t n, const struct sample_limits *limits, struct bq_buf *out,
	struct bq_error *err);

#endif
