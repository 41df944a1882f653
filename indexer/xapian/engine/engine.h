/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian databases as a bq_index: index/view.c calls these for directories that
 * start with ENGINE_SCHEME.
 *
 *   DIR/XAPIANDB        a stub, as Xapian knows it; the only mutable name
 *     auto 7/shard-0    what bqindex build --engine=xapian wrote
 *     auto 7/shard-1
 *   DIR/iamglass ..     or a database of anybody else
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <bq/index.h>

#define ENGINE_SCHEME "xapian:"

/* Whether `dir` names Xapian databases. */
static inline bool engine_owns(const char *dir)
{
	return bq_span_starts(bq_span_of(dir), BQ_SPAN(ENGINE_SCHEME));
}

/* As bq_index_open(). */
int engine_open(const char *dir, struct bq_index **out, struct bq_error *err);

/* One more owner. */
void engine_ref(struct bq_index *ix);

/* One owner less; the last frees it and closes its databases. */
void engine_unref(struct bq_index *ix);

/* Whether directory `dir` holds databases that would be named with ENGINE_SCHEME. */
bool engine_is_at(const char *dir);

/* Check the databases of `ix`, block by block, and the documents of our own: as
 * bq_index_verify(). */
int engine_verify(const struct bq_index *ix, struct bq_error *err);

/* As bq_index_stamp(): of the stub, or of the database's version file. */
int engine_stamp(const char *dir, struct bq_index_stamp *out, struct bq_error *err);

#endif
