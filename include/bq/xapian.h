/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The write side of the other engine: documents in, Xapian databases out, a
 * new generation of them at a time.  Same analysis, same options, same
 * documents as bq/build.h; what they become is in indexer/xapian/engine/naming.h
 * and record.h.
 *
 *   DIR/LOCK       as in an index of ours
 *   DIR/7/shard-0  a database, complete and closed
 *   DIR/XAPIANDB   names the shards of one generation: replaced by a rename
 *
 * Documents are dealt to the shards in turn.  The generation before stays until
 * the next build: its readers may still open files.
 */
#ifndef BQ_XAPIAN_H
#define BQ_XAPIAN_H

#include <bq/build.h>

#define BQ_XAPIAN_MAX_SHARDS 64u
#define BQ_XAPIAN_MAX_TEXT   (64u << 20) /* bytes of a document that Xapian stores */

struct bq_xapian_build;

/* As bq_build_open(): makes `dir`, refuses one that is not empty and not of
 * this kind, takes its LOCK; `opts` may not ask for an update.  1 <= shards <=
 * BQ_XAPIAN_MAX_SHARDS.  **owned**: ends with commit or abort. */
int bq_xapian_build_open(const char *dir, const struct bq_build_opts *opts, uint32_t shards,
	struct bq_xapian_build **out, struct bq_error *err);

/* As bq_build_add(). */
int bq_xapian_build_add(struct bq_xapian_build *b, const struct bq_doc_in *doc, struct bq_error *err);

/* As bq_build_commit(). */
int bq_xapian_build_commit(struct bq_xapian_build *b, struct bq_build_report *report, struct bq_error *err);

/* As bq_build_abort(). */
void bq_xapian_build_abort(struct bq_xapian_build *b);

#endif
