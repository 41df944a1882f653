/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The numbers that shards exchange, so that each ranks by those of all.
 *
 *   stats   length of all documents, documents, relevant ones (0), the length again,
 *           0 (no weights behind words), words
 *   word    the word, documents with it, how often it stands in all of them
 */
#ifndef REMOTE_STATS_H
#define REMOTE_STATS_H

#include <bq/arena.h>
#include <bq/buf.h>

struct stats_word {
	struct bq_span word;
	uint64_t documents, places;
};

struct stats {
	uint64_t length, documents;
	struct stats_word *words;
	uint32_t n;
};

/* The numbers of one shard, in `mem`, whose `oom` says what failed; false for what
 * is none, names more than `max` words, or more documents with a word than there
 * are. */
bool stats_read(struct bq_span body, uint32_t max, struct bq_arena *mem, struct stats *out);

/* Append the sum of those parts[i] that counts[i]; works in `mem`.  False without
 * memory. */
bool stats_put_sum(const struct stats *parts, const bool *counts, uint32_t n, struct bq_arena *mem, struct bq_buf *out);

#endif
