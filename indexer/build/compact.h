/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The segments of a generation in the making, and what becomes of them: some
 * are merged, those that stay get tombstones and new times of files.
 *
 *   compact_init      from the generation that is there, with its dead documents
 *   compact_bury, compact_stamp
 *   compact_seal      before the first of what follows
 *   compact_add
 *   compact_merge, compact_tidy
 *   compact_finish    tombstones, times; fills MANIFEST's segments and counts
 *   compact_release
 */
#ifndef BUILD_COMPACT_H
#define BUILD_COMPACT_H

#include <signal.h>

#include <bq/index.h>
#include <bq/status.h>
#include <bq/text.h>

#include "build/merged.h"
#include "index/manifest.h"
#include "segment/segment.h"

struct reorder_params;

/* One segment. */
struct member {
	struct manifest_segment named;
	const struct segment *segment;
	struct segment *opened; /* the same if we opened it, else NULL: then the index holds it */
	uint64_t *dead;         /* bitset, **owned**; NULL: all alive */
	uint32_t n_dead;
	bool has_new_dead;      /* more than its tombstone file says */
	struct bq_buf changes;  /* struct stamp_change: files whose time or size has changed */
	struct stamps stamps;   /* those changes and older ones; n 0: as the segment says */
	void *stamps_mem;       /* what they point to, **owned** */
	bool is_new;            /* written by this run: nobody else names its file */
};

struct compact {
	int dirfd;
	struct manifest *manifest; /* text_id, k1, b, avg_len, pairs, next_segment are used, segments and counts
	                            * written */
	struct bq_text *text;
	const uint32_t *sources;   /* new number of each source for what is merged; NULL: as they are */
	bool no_store;
	struct pool *pool;
	uint64_t keep_bytes;       /* see merge.h */
	uint64_t pairs_bytes;      /* memory for pair lists */
	uint32_t pairs_min;        /* chosen T: at least this; 0: BQ_PAIRS_MIN, or as low as the manifest's */
	struct reorder_params *reorder; /* NULL: what is merged keeps its order */
	const volatile sig_atomic_t *stop;
	struct member members[MERGED_MAX];
	uint32_t n;
	uint32_t merges;           /* so far */
};

/* Take over the segments of `ix`, which is **borrowed** until the release and
 * is what `old` describes; `ix` may be NULL.  The members above but `members`
 * and `n` are the caller's.  BQ_ENOMEM. */
int compact_init(struct compact *c, const struct bq_index *ix, const struct manifest *old, struct bq_error *err);

/* Let document `doc` of member `i` be dead. */
int compact_bury(struct compact *c, uint32_t i, uint32_t doc, struct bq_error *err);

/* Let the file of document `doc` of member `i` have another time and size. */
void compact_stamp(struct compact *c, uint32_t i, uint32_t doc, int64_t mtime_us, int64_t file_bytes);

/* All changes of times are known.  BQ_ENOMEM. */
int compact_seal(struct compact *c, struct bq_error *err);

/* Add a segment that this run has written. */
int compact_add(struct compact *c, const struct segment_info *info, struct bq_error *err);

/* Drop segments without a live document. */
void compact_drop_dead(struct compact *c);

/* Merge the members whose bits are set into one, which takes the place of the
 * first; checks their checksums first.  `avg_len` 0: the average of their
 * documents becomes the manifest's, and so does the T that fits their pairs.  What
 * merge_segments() says. */
int compact_merge(struct compact *c, uint32_t bits, float avg_len, struct bq_error *err);

/* Merge what has to be: segments with more than a fifth dead, eight of a size
 * class (a factor of eight), and the smallest where there are too many. */
int compact_tidy(struct compact *c, struct bq_error *err);

/* Documents and tokens of all members, dead ones included. */
void compact_count(const struct compact *c, uint64_t *n_docs, uint64_t *n_tokens);

/* Write tombstone and stat files as of manifest->gen, and the manifest's
 * segments. */
int compact_finish(struct compact *c, struct bq_error *err);

/* Unlink what this run has written: it is not to be published. */
void compact_abandon(struct compact *c);

/* Close the members and free what is known of them; the files stay.  Also where
 * compact_init() failed. */
void compact_release(struct compact *c);

#endif
