/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The data of a document: `name=value` lines as Omega and Recoll have them, in
 * ours then an empty line, the other members of its JSON, its text.
 *
 *   id=n7
 *   path=notes/a.md
 *   caption=Title, a backslash and a line end in a value written \\ and \n
 *   modtime_us=1764000000000000      absent: unknown
 *   size=1234                        absent: unknown
 *   bq=0 0 1 0 3 0 412 0 0           source at title_in_text title_pos title_words body_pos words
 *                                    file_line bytes-of-fields
 *
 *   {..}The text ..
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <bq/buf.h>
#include <bq/index.h>

struct record {
	struct bq_doc_head head;  /* but its priv */
	struct bq_span fields, text;
	struct bq_span sample;    /* of others: how the text begins */
	bool is_ours;             /* has a `bq` line; else of Omega or Recoll, or of no known form */
};

/* What documents of others are of: sources of the index. */
enum { RECORD_ADDRESSES = 0, RECORD_FILES = 1 };

/* What path, and of which of these, a document with this `url` has; the path is **borrowed** from it. */
void record_take_url(struct bq_span url, struct bq_span *path, uint32_t *source);

/* The sample or abstract of others without Recoll's mark of those it made itself. */
struct bq_span record_take_sample(struct bq_span value);

/* Append the data of a document. */
void record_write(const struct record *r, struct bq_buf *out);

/* Read the data of a document; values that are escaped, and a title that is
 * cut, live in `mem`, the rest in `data`.  False if it says it is ours and is not. */
bool record_read(struct bq_span data, struct bq_arena *mem, struct record *out);

/* The last mark at or before entry `ord` of a document with these marks (value
 * SLOT_MARKS); false if they are damaged. */
bool record_mark(struct bq_span marks, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out);

#endif
