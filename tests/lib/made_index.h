/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An index of documents that a test makes one by one, and the bytes of it.
 * Failures end the test program with a message.
 */
#ifndef BQ_TESTS_MADE_INDEX_H
#define BQ_TESTS_MADE_INDEX_H

#include <bq/buf.h>
#include <bq/build.h>

/* Make document `doc`.  `text`, empty before, becomes its text unless in->text is set;
 * `in` is a record of "a.jsonl", line `doc` + 1, whose time and size nobody knows. */
typedef void (*made_index_fn)(uint32_t doc, struct bq_buf *text, struct bq_doc_in *in);

/* English, one source, and lists of pairs from T = `pairs_min` on, whatever they take;
 * 0: as bqindex has them. */
struct bq_build_opts made_index_opts(uint32_t pairs_min);

/* Build `n` documents in `dir`. */
void made_index_build(const char *dir, const struct bq_build_opts *opts, uint32_t n, made_index_fn make);

/* The file of its first segment, in a block that ends where it ends, so that a
 * sanitizer sees who reads on.  **owned**: bq_buf_release(). */
struct bq_buf made_index_segment(const char *dir);

/* Likewise a copy of any bytes. */
struct bq_buf made_index_copy(struct bq_span bytes);

#endif
