/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Neighbouring terms, encoded apart from their segment: several threads make
 * batches, and the segment's writer puts them one after the other.
 *
 *   term_batch_init
 *     term_batch_term       once a term
 *     term_batch_room, term_batch_take    as often as it has more documents
 *   term_batch_end          the last term is complete
 *   segment_writer_batch    places it all (segment_write.h)
 *   term_batch_clear        for the next terms
 *
 * Nothing in a list says where in the section it stands, but that a long one
 * starts at a multiple of 4: places are known only when batches are put.
 */
#ifndef SEGMENT_TERM_BATCH_H
#define SEGMENT_TERM_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/format.h>
#include <bq/span.h>

#include "segment/container.h"
#include "segment/postings.h"
#include "segment/terms.h"

enum { TERM_BATCH_TFS = 16 };

/* Bounds of frequent kinds of postings, computed once: by length code and tf. */
struct impacts {
	float k[256];
	uint8_t small[256][TERM_BATCH_TFS];
};

/* For documents under k1, b and the average length. */
void impacts_init(struct impacts *im, float k1, float b, float avg_len);

/* One term of a batch; its bytes follow those of the one before. */
struct batch_term {
	struct terms_entry entry; /* places and `forms` aside */
	struct tinfo info;        /* df >= 256 */
	size_t key_len, post_len, pos_len;
};

struct term_batch {
	const struct impacts *impacts; /* **borrowed** */
	const uint8_t *norms;          /* a byte a document, **borrowed**; NULL: terms are not wanted any more */
	struct container_writer *sink; /* takes positions of the open term as they come; NULL: they wait */
	struct bq_buf terms;           /* struct batch_term */
	struct bq_buf keys, forms;     /* forms: u32 */
	struct bq_buf post, pos;
	int status;                    /* sticky until the next clear */
	/* the open term: */
	bool is_open;
	struct batch_term open;
	char key[TERMS_MAX_KEY];
	uint64_t pos_bytes;            /* so far, those that `sink` has taken too */
	struct postings_writer list;
	struct bq_buf positions;       /* u32, of the documents held back */
	struct bq_buf pos_off;         /* u32, of each block */
};

/* A batch for a segment of `n_docs` documents.  False when malloc fails.
 * **owned**: term_batch_release(), whatever the outcome. */
bool term_batch_init(struct term_batch *b, const struct impacts *impacts, const uint8_t *norms, uint32_t n_docs);

/* Free what term_batch_init() made, also where it failed. */
void term_batch_release(struct term_batch *b);

/* The next term, as segment_writer_term() wants it. */
void term_batch_term(struct term_batch *b, enum bq_term_kind kind, struct bq_span word, const uint32_t *forms,
	uint32_t n_forms);

/* Room for more documents of the open term, ascending from the last one on, and for the positions
 * of a WORD, on which nothing else is put meanwhile; no room if terms are not wanted any more.
 * **borrowed** until the next call; what is put there counts with term_batch_take(). */
struct postings_room term_batch_room(struct term_batch *b);

/* Count in what was put into the room that term_batch_room() gave. */
void term_batch_take(struct term_batch *b, const struct postings_room *room);

/* One document, as segment_writer_posting() wants it. */
void term_batch_posting(struct term_batch *b, uint32_t doc, uint32_t tf, const uint32_t *positions);

/* Complete the open term, if there is one. */
void term_batch_end(struct term_batch *b);

/* Start with no terms. */
void term_batch_clear(struct term_batch *b);

static inline uint32_t term_batch_count(const struct term_batch *b)
{
	return (uint32_t)(b->terms.len / sizeof(struct batch_term));
}

/* The bytes it holds. */
static inline size_t term_batch_bytes(const struct term_batch *b)
{
	return b->post.len + b->pos.len + b->list.blocks.len + b->terms.len;
}

#endif
