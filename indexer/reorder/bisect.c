/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/bisect.h"

#include <stdlib.h>
#include <string.h>

#include "reorder/gain.h"
#include "reorder/halves.h"

enum { JOBS = 8, MAX_LEVELS = 32 }; /* jobs a thread, about */

/* Some documents that go to order[at] and on. */
struct job {
	struct task task; /* first */
	struct bisecting *all;
	struct graph graph;
	uint32_t at, n_docs;
};

struct bisecting {
	const struct bisect *b;
	struct gain gain;
	struct halves hands[POOL_MAX]; /* of each thread */
	int status[POOL_MAX];          /* likewise */
	struct job *jobs;
	uint32_t n_jobs;
	uint32_t *order;
	uint64_t done, whole;          /* documents cut in two */
};

/* How often `n` documents are cut. */
static uint32_t count_levels(uint32_t n)
{
	uint32_t levels = 0;

	for (; n > BISECT_LEAF; n -= n / 2)
		levels++;
	return levels;
}

static void tell(struct bisecting *all, uint64_t more)
{
	all->done += more;
	if (all->b->progress != NULL)
		all->b->progress(all->b->arg, "finding an order", all->done, all->whole);
}

/* Documents that are not cut stay in their order. */
static bool is_leaf(const struct graph *g)
{
	return g->n_docs <= BISECT_LEAF || g->starts[g->n_docs] == 0;
}

static void settle(struct bisecting *all, struct graph *g, uint32_t at)
{
	memcpy(all->order + at, g->docs, g->n_docs * sizeof *g->docs);
	graph_release(g);
}

/* Cut `g`, which is released, into two. */
static int cut(struct bisecting *all, unsigned hand, struct graph *g, struct pool *pool, struct graph half[2])
{
	struct halves *h = &all->hands[hand];
	int rc;

	memset(half, 0, 2 * sizeof *half);
	rc = halves_begin(h, g);
	for (int round = 0; round < BISECT_ROUNDS && rc == BQ_OK; round++) {
		if (all->b->stop != NULL && *all->b->stop != 0)
			rc = BQ_ECANCELLED;
		else if (halves_round(h, g, &all->gain, (uint32_t)round, pool) == 0)
			break;
	}
	int first = rc == BQ_OK ? halves_denser(h, g) : 0;
	for (int i = 0; i < 2 && rc == BQ_OK; i++)
		rc = halves_take(h, g, first ^ i, &half[i]);
	graph_release(g);
	for (int side = 0; side < 2 && rc != BQ_OK; side++)
		graph_release(&half[side]);
	return rc;
}

/* All of `g`, the left half first: as deep as there are levels. */
static int descend(struct bisecting *all, unsigned hand, struct graph *g, uint32_t at)
{
	struct { struct graph graph; uint32_t at; } waiting[MAX_LEVELS + 1]; /* right halves */
	struct graph half[2];
	uint32_t n = 0;
	int rc = BQ_OK;

	for (;;) {
		if (!is_leaf(g)) {
			rc = cut(all, hand, g, NULL, half);
			if (rc != BQ_OK)
				break;
			waiting[n].graph = half[1];
			waiting[n++].at = at + half[0].n_docs;
			*g = half[0];
			continue;
		}
		settle(all, g, at);
		if (n == 0)
			break;
		*g = waiting[--n].graph;
		at = waiting[n].at;
	}
	while (n > 0)
		graph_release(&waiting[--n].graph);
	return rc;
}

static void run_job(struct task *t, unsigned worker)
{
	struct job *j = (struct job *)t;

	if (j->all->status[worker] == BQ_OK)
		j->all->status[worker] = descend(j->all, worker, &j->graph, j->at);
	else
		graph_release(&j->graph);
}

/* Cut what is large, all threads together, until there are enough jobs of one
 * thread each. */
static int cut_large(struct bisecting *all, uint32_t large)
{
	for (uint32_t i = 0; i < all->n_jobs;) {
		struct job *j = &all->jobs[i], *right = &all->jobs[all->n_jobs];
		struct graph half[2];
		uint32_t n = j->graph.n_docs;
		if (n <= large || is_leaf(&j->graph)) {
			i++;
			continue;
		}
		int rc = cut(all, 0, &j->graph, all->b->pool, half);
		if (rc != BQ_OK)
			return rc;
		*right = (struct job){ .all = all, .graph = half[1], .at = j->at + half[0].n_docs };
		j->graph = half[0];
		all->n_jobs++;
		tell(all, n);
	}
	return BQ_OK;
}

static int run_jobs(struct bisecting *all)
{
	for (uint32_t i = 0; i < all->n_jobs; i++) {
		all->jobs[i].task = (struct task){ .run = run_job };
		all->jobs[i].n_docs = all->jobs[i].graph.n_docs;
	}
	for (uint32_t i = 0; i < all->n_jobs; i++)
		pool_submit(all->b->pool, &all->jobs[i].task);
	for (uint32_t i = 0; i < all->n_jobs; i++) {
		uint64_t docs = all->jobs[i].n_docs;
		pool_wait(all->b->pool, &all->jobs[i].task);
		tell(all, docs * count_levels(all->jobs[i].n_docs));
	}
	for (unsigned i = 0; i < pool_threads(all->b->pool); i++)
		if (all->status[i] != BQ_OK)
			return all->status[i];
	return BQ_OK;
}

static int describe(int rc, struct bq_error *err)
{
	if (rc == BQ_ECANCELLED)
		return bq_error_set(err, rc, 0, "stopped by a signal");
	return rc == BQ_OK ? rc : bq_error_set(err, rc, 0, "no memory to find an order of documents");
}

int bisect_order(const struct bisect *b, struct graph *g, uint32_t *order, struct bq_error *err)
{
	struct bisecting *all = calloc(1, sizeof *all);
	uint32_t large = g->n_docs / (JOBS * pool_threads(b->pool)) + 1, most = 4 * JOBS * pool_threads(b->pool) + 4;
	int rc = BQ_ENOMEM;

	if (all != NULL)
		all->jobs = calloc(most, sizeof *all->jobs);
	if (all == NULL || all->jobs == NULL) {
		graph_release(g);
		goto out;
	}
	gain_init(&all->gain);
	all->b = b;
	all->order = order;
	all->whole = (uint64_t)g->n_docs * count_levels(g->n_docs);
	all->jobs[0] = (struct job){ .all = all, .graph = *g };
	all->n_jobs = 1;
	memset(g, 0, sizeof *g);
	rc = cut_large(all, large);
	if (rc == BQ_OK)
		rc = run_jobs(all);
	for (uint32_t i = 0; i < all->n_jobs; i++)
		graph_release(&all->jobs[i].graph);
	for (unsigned i = 0; i < POOL_MAX; i++)
		halves_release(&all->hands[i]);
out:
	if (all != NULL)
		free(all->jobs);
	free(all);
	return describe(rc, err);
}
