/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The segment file as a container of sections (FORMAT.md, section 3).
 *
 *   0    +--------------------------------------------------------------+
 *        | header, 96 bytes                                             |
 *   96   | section table, 32 bytes an entry                             |
 *        | zeros to a multiple of 64                                    |
 *   R    +--------------------------------------------------------------+
 *        | section 0, zeros to a multiple of 64, 64 zeros               |
 *        | section 1, ...                                               |
 *        | ...                                                          |
 *        | SUMS: one XXH3-64 for every 64 KiB of the sections before    |
 *        +--------------------------------------------------------------+
 *
 *   header                                    table entry
 *    0  8 magic "BQSEG\r\n\x1a"                0  4 kind
 *    8  4 format version                       4  4 reserved, 0
 *   12  4 sections                             8  8 offset
 *   16  8 segment number                      16  8 length
 *   24  8 file bytes                          24  8 XXH3-64 of [offset, next offset)
 *   32  4 documents
 *   36  4 terms
 *   40  8 tokens
 *   48  8 analysis id
 *   56  4 k1 (f32)
 *   60  4 b (f32)
 *   64  4 A, the average length that bounds are under (f32)
 *   68  4 flags: bit 0 no stored text, bit 1 documents in an order found by their words
 *   72 16 reserved, 0
 *   88  8 XXH3-64 of [0, R) with this field as zeros
 */
#ifndef SEGMENT_CONTAINER_H
#define SEGMENT_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/format.h>
#include <bq/span.h>
#include <bq/status.h>

#include "base/mapfile.h"

#define CONTAINER_MAGIC "BQSEG\r\n\x1a"

enum { CONTAINER_HEADER = 96, CONTAINER_ENTRY = 32, CONTAINER_MAX_SECTIONS = 32, CONTAINER_SUM_AT = 88 };

enum section_kind {
	SECTION_TERMS = 1,
	SECTION_TINFO = 2,
	SECTION_POST = 3,
	SECTION_POS = 4,
	SECTION_PAIRS = 5,
	SECTION_PPOST = 6,
	SECTION_NORM = 7,
	SECTION_HEADS = 8,
	SECTION_DOCS = 9,
	SECTION_MARKS = 10,
	SECTION_COLS = 11,
	SECTION_SUMS = 12,
	SECTION_KINDS = 13, /* one above the last we know */
};

enum { CONTAINER_NO_STORE = 1, CONTAINER_REORDERED = 2 };

/* The header's numbers. */
struct container_head {
	uint64_t number, file_bytes, n_tokens, text_id, checksum;
	uint32_t n_docs, n_terms, flags;
	float k1, b, avg_len;
};

/* A container over mapped bytes.  Spans are borrowed from the map. */
struct container {
	struct container_head head;
	struct bq_span section[SECTION_KINDS]; /* without padding; ptr NULL if absent */
	struct bq_span file;
};

/* Bytes of header and table of a file with `n` sections: where the first starts. */
static inline size_t container_header_bytes(uint32_t n)
{
	return (CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * n + BQ_SECTION_ALIGN - 1)
		& ~(size_t)(BQ_SECTION_ALIGN - 1);
}

/* "TERMS", .. ; "unknown" for others. */
const char *section_name(unsigned kind);

/* Check header, section table and bounds, [F1] to [F6], and fill `out`.
 * `name` is for messages.  Touches the header pages only. */
int container_open(struct bq_span file, const char *name, struct container *out, struct bq_error *err);

/* Check every section's checksum; the message names section and the first
 * damaged 64 KiB, [F7], [F8].  Reads all. */
int container_verify(const struct container *c, const char *name, struct bq_error *err);

/* ---- writing ---- */

struct container_writer;

/* Write to `fd` (**takes** it), which may be read, too.  NULL when out of memory, then fd is closed. */
struct container_writer *container_writer_new(int fd);

/* The file need not outlive a crash: do not wait for the disk. */
void container_no_sync(struct container_writer *w);

/* Begin a section; the one before has ended.  As all that follows: errors are sticky. */
void container_begin(struct container_writer *w, enum section_kind kind);

/* Append bytes[n], **borrowed** for the call, to the section that is open. */
void container_put(struct container_writer *w, const void *bytes, size_t n);

/* End the section: padding is put behind it. */
void container_end(struct container_writer *w);

/* Bytes put into the section that is open. */
uint64_t container_at(const struct container_writer *w);

/* Map the sections that have ended, to be read before the file is complete:
 * out->head is the caller's to fill.  **owned**: mapfile_close(map). */
int container_read_back(struct container_writer *w, struct mapfile *map, struct container *out, struct bq_error *err);

/* Write SUMS and the header, fsync, close, free.  Fills head->file_bytes and
 * head->checksum. */
int container_finish(struct container_writer *w, struct container_head *head, struct bq_error *err);

/* Close without finishing.  NULL is fine. */
void container_writer_free(struct container_writer *w);

#endif
