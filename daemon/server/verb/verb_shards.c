/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What replies say of shards: which left something out, and how they do.
 */
#include "server/verb/verb.h"

#include <string.h>

#include <bq/remote.h>

struct verb_shards {
	uint32_t n, n_failed;
	struct bq_remote_shard failed[];
};

static bool is_noted(const struct verb_shards *all, const struct bq_remote_shard *s)
{
	for (uint32_t i = 0; i < all->n_failed; i++)
		if (strcmp(all->failed[i].at, s->at) == 0)
			return true;
	return false;
}

static struct verb_shards *begin(struct job *job, const struct bq_index *ix)
{
	size_t bytes = sizeof(struct verb_shards) + ix->n_leaves * sizeof(struct bq_remote_shard);
	struct verb_shards *all = bq_arena_zalloc(&job->mem, 1, bytes);

	if (all != NULL)
		all->n = ix->n_leaves;
	return all;
}

void verb_shards_note(struct job *job, struct verb_shards **all)
{
	struct bq_remote_shard s;

	if (job->view.n != 1 || !job->view.indexes[0]->is_remote)
		return;
	for (uint32_t i = 0; bq_remote_shard(job->view.indexes[0], i, &s); i++) {
		if (s.is_up)
			continue;
		if (*all == NULL)
			*all = begin(job, job->view.indexes[0]);
		if (*all != NULL && !is_noted(*all, &s))
			(*all)->failed[(*all)->n_failed++] = s;
	}
}

static void put_shard(struct response *r, const struct bq_remote_shard *s)
{
	response_open(r, NULL, '{');
	response_put_text(r, "shard", s->at);
	if (!s->is_up)
		response_put_text(r, "why", s->why);
	else
		response_put_bool(r, "up", true);
	response_close(r, '}');
}

void verb_shards_put(struct response *r, const struct verb_shards *all)
{
	if (all == NULL)
		return;
	response_open(r, "shards", '{');
	response_put_u64(r, "all", all->n);
	response_put_u64(r, "answered", all->n - all->n_failed);
	response_open(r, "failed", '[');
	for (uint32_t i = 0; i < all->n_failed; i++)
		put_shard(r, &all->failed[i]);
	response_close(r, ']');
	response_close(r, '}');
}

void verb_shards_put_state(struct response *r, const struct bq_index *ix)
{
	struct bq_remote_shard s;

	if (!ix->is_remote)
		return;
	response_open(r, "shards", '[');
	for (uint32_t i = 0; bq_remote_shard(ix, i, &s); i++)
		put_shard(r, &s);
	response_close(r, ']');
}
