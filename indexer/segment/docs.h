/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * DOCS: the stored text (FORMAT.md, section 9).  All documents' stored bytes
 * are one long string, cut every 4,096 bytes into frames that are compressed
 * one by one with one trained dictionary: byte n is in frame n / 4096, wherever
 * documents begin and end.
 *
 *   0  4 bytes of dictionary   4  4 zero
 *   8    dictionary
 *        frames: zstd (RFC 8878), or the raw bytes where those are not longer
 *        per 16 frames, 40 bytes: u64 offset of the first, from the frames;
 *                                 u16 length of each
 *   end of the section, 32 bytes:
 *        u64 raw bytes, u64 frames, u64 offset of the frames, u64 of the index
 */
#ifndef SEGMENT_DOCS_H
#define SEGMENT_DOCS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/buf.h>
#include <bq/span.h>
#include <bq/status.h>

#include "base/pool.h"
#include "segment/container.h"

enum { DOCS_GROUP = 16, DOCS_GROUP_BYTES = 40, DOCS_FOOTER = 32, DOCS_LEVEL = 3, DOCS_POOL = 8 };

/* Streams its section into the container as documents come. */
struct docs_writer;

/* Begins the DOCS section in `out` (borrowed until finish).  Frames are compressed
 * by the threads of `pool` (borrowed; NULL: by the caller); the bytes are the same.
 * NULL when out of memory. */
struct docs_writer *docs_writer_new(struct container_writer *out, struct pool *pool);

/* What a dictionary is trained on at most: the first bytes of all. */
enum { DOCS_SAMPLE = 8 << 20 };

/* Train the dictionary on these bytes instead, neighbours of a frame's length each, before any others come:
 * for documents of which the first are not like the rest.  **Takes** what is in `sample`. */
void docs_train(struct docs_writer *w, struct bq_buf *sample);

/* Append stored bytes. */
void docs_put(struct docs_writer *w, struct bq_span bytes);

/* End the section.  BQ_OK or BQ_ENOMEM. */
int docs_finish(struct docs_writer *w);

/* Free it, whether the section was ended or not. */
void docs_writer_free(struct docs_writer *w);

struct docs_reader {
	struct bq_span section;
	uint64_t raw_bytes, n_frames;
	struct bq_span frames;
	const uint8_t *index;
	void *dict;                     /* ZSTD_DDict, NULL without dictionary */
	_Atomic(void *) pool[DOCS_POOL]; /* idle ZSTD_DCtx; threads take and give back */
};

/* Check footer and index bounds [F28]; prepares the dictionary in place. */
int docs_open(struct bq_span section, const char *name, struct docs_reader *out, struct bq_error *err);

/* Free the dictionary and the idle contexts; the section is the caller's. */
void docs_close(struct docs_reader *d);

/* Bytes [off, off + len) of the string; lives in `mem`.  BQ_EFORMAT if a frame
 * is damaged [F29] or the range lies outside, BQ_ENOMEM.  Thread-safe. */
int docs_get(const struct docs_reader *d, uint64_t off, uint64_t len, struct bq_arena *mem, struct bq_span *out);

#endif
