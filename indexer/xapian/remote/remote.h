/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands behind a remote bq_index: its shards, and what they say of the
 * generation they are.  index/view.c calls these for BQ_REMOTE_SCHEME.
 */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H

#include <bq/remote.h>

#include "index/manifest.h"
#include "xapian/remote/cluster.h"

struct page_leaf;

struct remote {
	struct bq_index index; /* first */
	atomic_uint owners;
	struct bq_arena mem;
	struct manifest manifest;
	struct cluster cluster;
	struct page_leaf *leaf_store;
	struct bq_leaf *leaves[BQ_REMOTE_MAX_SHARDS];
};

/* Whether `dir` names servers. */
static inline bool remote_owns(const char *dir)
{
	return bq_span_starts(bq_span_of(dir), BQ_SPAN(BQ_REMOTE_SCHEME));
}

/* As bq_index_open(): of the shards that answer within 800 ms; those that do
 * not are down.  The newest generation counts, then the one that most have.
 * BQ_EREMOTE if none answers. */
int remote_open(const char *dir, struct bq_index **out, struct bq_error *err);

/* One more owner. */
void remote_ref(struct bq_index *ix);

/* One owner less; with the last its connections are closed and it is freed. */
void remote_unref(struct bq_index *ix);

/* As bq_index_stamp(): differs when shards were seen to serve something else. */
int remote_stamp(const char *dir, struct bq_index_stamp *out, struct bq_error *err);

#endif
