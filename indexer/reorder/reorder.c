/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/reorder.h"

#include <stdlib.h>
#include <string.h>

#include "reorder/bisect.h"
#include "reorder/graph.h"

/* Words that count: rarer ones are too many for what they say; one that a quarter of
 * all documents have tells few apart, and those are a fifth of all postings. */
enum { MIN_DF = 4, MAX_PART = 4 };

/* What two threads take beside the graph and the half that is being made: a
 * document's wish twice, its sides, and 16 bytes a word. */
enum { DOC_BYTES = 32, GRAPHS = 2 };

static uint64_t graph_bytes(const struct reorder_params *params, uint32_t n_docs)
{
	uint64_t docs = (uint64_t)DOC_BYTES * n_docs;

	return docs < params->memory_bytes ? (params->memory_bytes - docs) / (GRAPHS + 1) : 0;
}

int reorder_find(struct reorder *r, struct reorder_params *params, struct merged *m, uint32_t n_docs,
	struct bq_error *err)
{
	struct bisect b = { .pool = params->pool, .stop = params->stop, .progress = params->progress,
		.arg = params->arg };
	struct graph_limits limits = { .min_df = MIN_DF, .max_df = n_docs / MAX_PART,
		.max_bytes = graph_bytes(params, n_docs) };
	struct graph g;
	int rc;

	r->n = n_docs;
	r->order = malloc((n_docs + 1ull) * sizeof *r->order);
	r->places = malloc((n_docs + 1ull) * sizeof *r->places);
	if (r->order == NULL || r->places == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for an order of documents");
	if (params->progress != NULL)
		params->progress(params->arg, "finding an order", 0, 1);
	rc = graph_make(&g, m, n_docs, &limits, &params->left_out, err);
	if (rc == BQ_OK)
		rc = bisect_order(&b, &g, r->order, err);
	else
		graph_release(&g);
	for (uint32_t i = 0; i < n_docs && rc == BQ_OK; i++)
		r->places[r->order[i]] = i;
	return rc;
}

void reorder_release(struct reorder *r)
{
	free(r->order);
	free(r->places);
	memset(r, 0, sizeof *r);
}
