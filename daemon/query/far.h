/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Queries over a remote index: its shards find and rank, here is what they
 * cannot know.
 *
 *   tiers     all the words, then some: a question each
 *   check     where a question was inexact: the documents of its answer are
 *             fetched and looked at
 *   cursor    a rank: `points` of the token
 */
#ifndef QUERY_FAR_H
#define QUERY_FAR_H

#include "query/plan.h"

#define FAR_MAX_CHECKED 10000u /* documents looked at for one query */

/* Whether shards are asked. */
bool far_is(const struct bq_view *view);

/* BQ_EQUERY if a remote index is one of several: they cannot be asked as one. */
int far_check_view(const struct bq_view *view, struct bq_error *err);

/* As bq_query_search(); BQ_EREMOTE if no shard answers. */
int far_search(struct bq_query *q, struct bq_hits *out, struct bq_error *err);

/* As bq_query_count(); BQ_EREMOTE also if one shard does not answer, BQ_ELIMIT if
 * more than FAR_MAX_CHECKED documents would have to be looked at. */
int far_count(struct bq_query *q, uint64_t *out, struct bq_error *err);

#endif
