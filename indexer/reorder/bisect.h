/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An order in which documents with the same words stand together: recursive
 * graph bisection (Dhulipala et al., KDD 2016; without sorting: Mackenzie et al.,
 * "Faster Index Reordering with Bipartite Graph Partitioning", SIGIR 2021).
 *
 *   0 1 2 3 4 5 6 7 8 9      documents in their order
 *   0 1 2 3 4 | 5 6 7 8 9    cut in two
 *   0 1 4 7 9 | 2 3 5 6 8    some rounds: those that the other half draws most change places
 *   0 4|1 7 9 | 2 5 | 3 6 8  each half likewise, with the words that two of it have
 *
 * The half with more words comes first: a list begins with few small gaps where it is
 * dense, and jumps once, to where it is not.  Which half is which changes no gain.
 *
 * A round sums what moving would gain over each document's words (gain.h); the
 * half of the documents with the least wish to be on the right are the new left
 * half: the median finds them.  A document that changes sides pays a toll, which
 * rises from round to round, so that rounds end.
 *
 * Everything is a function of sets of documents and of whole numbers: the order
 * is the same whatever the threads.
 */
#ifndef REORDER_BISECT_H
#define REORDER_BISECT_H

#include <signal.h>

#include <bq/build.h>

#include "base/pool.h"
#include "reorder/graph.h"

enum { BISECT_LEAF = 32, BISECT_ROUNDS = 20 }; /* so few documents are not cut; so many rounds at most */

struct bisect {
	struct pool *pool;                 /* NULL: the caller alone */
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
	bq_progress_fn progress;           /* may be NULL */
	void *arg;
};

/* Fill order[g->n_docs] with the documents of `g`, which it **takes** and releases.
 * Needs twice the graph's memory and some 20 bytes a document and a word.
 * BQ_ENOMEM, BQ_ECANCELLED. */
int bisect_order(const struct bisect *b, struct graph *g, uint32_t *order, struct bq_error *err);

#endif
