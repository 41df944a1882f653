/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A word's list with all its positions, read once from the first document to
 * the last: several times as fast as a cursor, which finds any document.
 */
#ifndef PAIRS_PLACED_H
#define PAIRS_PLACED_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "segment/postings.h"

struct segment;

struct placed_block {
	uint32_t docs[BQ_BLOCK_DOCS + 8], tfs[BQ_BLOCK_DOCS + 8]; /* vector stores may run over */
};

struct placed {
	const struct segment *s;
	struct bq_read *rd;
	struct postings_list list; /* df >= 256 */
	uint64_t pos_off;          /* likewise: the word's start in POS */
	uint32_t block, n_blocks;  /* the next one to decode */
	uint32_t i, n;             /* at->docs[i] is the next document; i == n: in the next block */
	struct bq_span pos;        /* POS bytes of the decoded block; empty: the only position is `position` */
	uint32_t position;
	struct bq_span tail;       /* df < 256: its documents; empty: there is only one */
	uint32_t only_tf;          /* how often it is in that one */
	struct placed_block *at;   /* the decoded block; **borrowed** */
	bool is_shared;            /* with other lists: it is decoded again when it is used again */
	uint32_t next_doc;         /* at->docs[i], while i < n */
};

/* A page that is missing brings its neighbours: what one fault maps of a file in
 * memory, by Linux's fault_around_bytes. */
enum { PLACED_FAULT_BYTES = 64 << 10 };

/* A row of slots for some documents. */
struct placed_slots {
	uint16_t *slots;
	const uint64_t *bases;  /* of each document, where its slots start */
	const uint32_t *ends;   /* of each, how many there are */
	uint32_t first, end;    /* documents [first, end) */
};

/* Start before the first document of `t`, a WORD of `s`; p->at and p->is_shared are
 * set.  BQ_EFORMAT, also in rd->error. */
int placed_open(struct placed *p, const struct segment *s, const struct bq_term *t, struct bq_read *rd);

/* Go on to the first document from `doc` on; nothing has been scattered yet.  As
 * placed_open(). */
int placed_seek(struct placed *p, uint32_t doc);

/* Add to counts[i] how often the word is in the documents below ends[i] that are not
 * below ends[i - 1], for `n` parts; the last has the rest.  Nothing has been scattered
 * yet, and nothing can be later.  As placed_open(). */
int placed_count(struct placed *p, const uint32_t *ends, uint32_t n, uint64_t *counts);

/* Write `value` wherever the word is in documents below to->end, which are not
 * below to->first; the next call goes on.  Adds what pages of the file this maps, at
 * most about, to *bytes.
 * BQ_EFORMAT, also in rd->error: a block is damaged [F18] [F19] [F20] [F23], or a
 * position lies behind the end of its document [F24]. */
int placed_scatter(struct placed *p, const struct placed_slots *to, uint16_t value, uint64_t *bytes);

#endif
