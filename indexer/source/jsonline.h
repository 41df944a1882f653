/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A document -> the line that jsonl reads as that document.
 */
#ifndef SOURCE_JSONLINE_H
#define SOURCE_JSONLINE_H

#include <bq/buf.h>
#include <bq/build.h>

/* Write `doc` with its id, title, text, other members and a LF to `line`, which
 * is emptied before; a file's path and a time become members `path`, `mtime`
 * unless it has such itself.  BQ_ELIMIT for a line longer than jsonl reads,
 * BQ_ENOMEM; the message names the document. */
int jsonline_write(const struct bq_doc_in *doc, struct bq_buf *line, struct bq_error *err);

#endif
