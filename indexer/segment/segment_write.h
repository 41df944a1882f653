/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writing one segment: documents first, in order, then terms in byte order of
 * their keys, each with its postings.
 *
 *   segment_writer_new
 *   segment_writer_train        maybe
 *   segment_writer_doc          once a document; its number is the call's count; or in pieces:
 *     segment_writer_copy, segment_writer_stored ..
 *   segment_writer_begin_terms  the average length is known now
 *     segment_writer_term       once a term
 *     segment_writer_posting    once for each of its documents, ascending; or in batches:
 *     segment_writer_batch
 *   segment_writer_finish       the file is complete and fsync'd
 *
 * Errors are sticky: calls after the first failure do nothing, finish reports
 * it.  The bytes depend on the calls alone.
 */
#ifndef SEGMENT_WRITE_H
#define SEGMENT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/build.h>
#include <bq/index.h>

#include "pairs/pairing.h"
#include "segment/term_batch.h"

struct segment_writer;

struct segment_params {
	uint64_t number;   /* names the file: %08u.seg */
	uint64_t text_id;  /* bq_text_id() of the analyser */
	float k1, b;
	bool no_store;
	bool is_reordered; /* documents come in an order found by their words */
	bool is_temporary; /* no reader will see it: not fsync'd, and without pairs */
	struct pairs_params pairs;
	struct pool *pool; /* **borrowed**; NULL: the caller's thread does everything */
};

/* One document as the analyser saw it.  Borrowed for the call. */
struct segment_doc {
	const struct bq_doc_in *in;
	uint32_t title_pos;     /* position of the title's first word */
	uint32_t title_words;
	uint32_t body_pos;      /* position of the text's first word: 0, or after the title's last word
	                         * BQ_TITLE_GAP on */
	uint32_t words;         /* entries of the text */
	uint32_t length;        /* entries in all: words, plus title_words if the title is outside the text */
	const struct bq_mark *marks; /* one for every entry BQ_MARK_WORDS, 2*BQ_MARK_WORDS, .. < words */
	uint32_t n_marks;       /* words == 0 ? 0 : (words - 1) / BQ_MARK_WORDS */
	bool title_cut;         /* in->title is not the whole title */
};

/* What a segment has stored of a document that is copied to another. */
struct segment_stored {
	uint64_t text, fields;  /* bytes */
	struct bq_span marks;   /* as MARKS holds them */
};

struct segment_info {
	uint64_t number;
	uint64_t bytes;
	uint64_t checksum; /* of the header and section table, so of everything */
	uint32_t n_docs;
	uint32_t n_terms;
	uint64_t n_tokens; /* sum of lengths */
	uint32_t pairs;    /* T of its pair lists */
	uint64_t pairs_ns; /* what they took */
};

/* Create the segment's file in directory `dirfd` (borrowed until finish or
 * free), O_EXCL, 0600.  **owned**: ends with finish or free.  NULL with *err. */
struct segment_writer *segment_writer_new(int dirfd, const struct segment_params *params, struct bq_error *err);

/* Documents come in an order in which the first are not like the rest: what is learnt of their text to store it
 * is learnt from `sample`, which is **taken** (docs.h).  Before any document. */
void segment_writer_train(struct segment_writer *w, struct bq_buf *sample);

/* Add the next document: head, norm, marks, text and fields.  A failure is kept until finish(). */
void segment_writer_doc(struct segment_writer *w, const struct segment_doc *doc);

/* A document that another segment has: in->text, in->fields and marks of `doc`
 * are not looked at.  The s->text + s->fields bytes follow by calls of
 * segment_writer_stored(); a writer without stored text wants none. */
void segment_writer_copy(struct segment_writer *w, const struct segment_doc *doc, const struct segment_stored *s);

/* The next stored bytes, text before fields, of the document that segment_writer_copy() began. */
void segment_writer_stored(struct segment_writer *w, struct bq_span bytes);

/* No documents after this.  `avg_len` is the A that bounds are computed under. */
void segment_writer_begin_terms(struct segment_writer *w, float avg_len);

/* Start a term.  Keys (kind byte, then word) must ascend strictly.  A STEM or
 * TITLE_STEM names its `n_forms` written words by dictionary place (ascending;
 * the place a term gets is its count over all kinds); with one form it gets no
 * postings, for it shares that word's.  Other kinds: n_forms 0. */
void segment_writer_term(struct segment_writer *w, enum bq_term_kind kind, struct bq_span word,
	const uint32_t *forms, uint32_t n_forms);

/* A document of the current term.  `positions` has `tf` ascending entries for
 * kind WORD and is NULL for the others. */
void segment_writer_posting(struct segment_writer *w, uint32_t doc, uint32_t tf, const uint32_t *positions);

/* The same in batches, made elsewhere, that hold the next terms: start one that
 * borrows from `w` until it is released (false when malloc fails; `is_next`: nothing
 * is put before it, so that its positions need not wait), and put one that has
 * ended.  Not mixed with the two above. */
bool segment_writer_make_batch(const struct segment_writer *w, struct term_batch *b, bool is_next);

/* Put the terms of a batch that has ended behind those before; term_batch_clear() makes it ready for more. */
void segment_writer_batch(struct segment_writer *w, struct term_batch *b);

/* Those who share the work: params.pool. */
struct pool *segment_writer_pool(const struct segment_writer *w);

/* Complete, fsync and close the file.  Frees `w` whatever the outcome. */
int segment_writer_finish(struct segment_writer *w, struct segment_info *out, struct bq_error *err);

/* Abandon: close and unlink.  NULL is fine. */
void segment_writer_free(struct segment_writer *w);

#endif
