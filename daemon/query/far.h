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

/* Whether shards are asked; BQ_EQUERY if some indexes of the view are remote and
 * others are not, for they cannot be asked as one. */
bool far_is(const struct bq_view *view);
int far_check_view(const struct bq_view *view, struct bq_error *err);

/* As bq_query_search() and bq_query_count(). */
int far_search(struct bq_query *q, struct bq_hits *out, struct bq_error *err);
int far_count(struct bq_query *q, uint64_t *out, struct bq_error *err);

#endif
