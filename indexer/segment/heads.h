/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HEADS: what is known of each document, readable without decompression
 * (FORMAT.md, section 8).
 *
 *   per 16 documents, 24 bytes: u64 offset of the first record, from the
 *   records; u64 where its stored bytes start in DOCS; u64 its marks in MARKS
 *   records, one after the other:
 *
 *   u8 flags   0-1 at, 2 title is cut, 3 title is part of the text,
 *              4 has file_line, 5 same path and source as the record before
 *              (never the first of its 16), 6 has title_pos, 7 has fields
 *   [not 5]    varint source, varint n, path
 *              varint n, id
 *              varint n, title
 *   [6]        varint title_pos
 *              varint title_words, varint words, varint text bytes
 *   [7]        varint field bytes
 *   [4]        varint file_line
 *
 * The stored bytes of a document are its text, then its fields.  A title
 * outside the text moves the text's first word to position
 * title_words - 1 + 128.
 *
 * MARKS: a stored text of n words has (n - 1) / 128 of them, one for each entry
 * 128, 256, ..: its byte offset, then its line - 1, both in as many bytes as
 * the text's length takes.
 */
#ifndef SEGMENT_HEADS_H
#define SEGMENT_HEADS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <bq/index.h>
#include <bq/span.h>

#include "segment/segment_write.h"
#include "segment/spool.h"

enum { HEADS_GROUP_BYTES = 24, HEADS_MAX_TITLE = 1024 };

/* Marks of a text of `words` entries. */
static inline uint32_t heads_marks(uint32_t words)
{
	return words == 0 ? 0 : (words - 1) / BQ_MARK_WORDS;
}

/* Bytes of each half of a mark of a text of `text_bytes`: 1 .. 4, 0 if no text
 * is stored. */
static inline uint32_t heads_mark_width(uint64_t text_bytes)
{
	return text_bytes == 0 ? 0 : (71u - (uint32_t)__builtin_clzll(text_bytes)) / 8;
}

/* Bytes in MARKS of a text. */
static inline uint64_t heads_marks_bytes(uint32_t words, uint64_t text_bytes)
{
	return (uint64_t)heads_marks(words) * 2 * heads_mark_width(text_bytes);
}

/* Position of the text's first word. */
static inline uint32_t heads_body_pos(bool title_in_text, uint32_t title_words)
{
	return title_in_text || title_words == 0 ? 0 : title_words - 1 + BQ_TITLE_GAP;
}

struct heads_writer {
	struct bq_buf groups;
	struct spool records; /* spool_init() it first */
	uint32_t n_docs;
	uint32_t source;    /* of the record before */
	struct bq_buf path; /* likewise */
	uint64_t stored;    /* bytes put into DOCS so far */
	uint64_t marks;     /* bytes of marks so far */
};

/* Add the next document, of which `text` and `fields` bytes are stored. */
void heads_add(struct heads_writer *w, const struct segment_doc *doc, uint64_t text, uint64_t fields);

/* Put the section into `out`, which has begun it.  What spool_copy() says. */
int heads_finish(struct heads_writer *w, struct container_writer *out);

/* Free what heads_writer_init() made, also where it failed. */
void heads_writer_release(struct heads_writer *w);

struct heads_reader {
	const uint8_t *groups;
	uint32_t n_docs;
	struct bq_span records;
};

/* Check that the index fits [F26]. */
int heads_open(struct bq_span section, uint32_t n_docs, const char *name, struct heads_reader *out,
	struct bq_error *err);

/* Fill `out` for document `doc` but for mtime_us and file_bytes.  priv[0] is
 * the first stored byte, priv[1] the first byte in MARKS, priv[2] the field
 * bytes.
 * false if a record is damaged [F27].  Walks at most 15 records. */
bool heads_get(const struct heads_reader *h, uint32_t doc, struct bq_doc_head *out);

/* All documents one after the other, without looking for each. */
struct heads_walk {
	const struct heads_reader *heads; /* **borrowed** */
	struct bq_reader rest;            /* behind the last record, in its group */
	uint32_t doc;                     /* the next one */
	struct bq_doc_head head;          /* what heads_get() says of the last one */
};

/* Start before the first document of group `group`. */
void heads_walk_init(struct heads_walk *w, const struct heads_reader *h, uint32_t group);

/* Read document w->doc, which is there.  false if its record is damaged [F27]: the walk has ended. */
bool heads_walk_next(struct heads_walk *w);

/* One above the last position of a document. */
static inline uint32_t heads_end(const struct bq_doc_head *h)
{
	return h->words == 0 ? h->title_words : h->body_pos + h->words;
}

/* The ends of documents from .. from + n - 1, which are there; likewise.  Walks
 * them one after the other. */
bool heads_ends(const struct heads_reader *h, uint32_t from, uint32_t n, uint32_t *ends);

#endif
