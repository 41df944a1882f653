/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A better order for the documents of a merge: those with the same words side by
 * side, so that gaps are small, blocks are dense, and bounds tell blocks apart.
 *
 *   merged --> graph --> bisect --> order --> ordered --> dictionary
 */
#ifndef REORDER_REORDER_H
#define REORDER_REORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/build.h>
#include <bq/status.h>

#include "base/pool.h"

struct merged;

/* Fewer documents are left as they are: nothing could be gained. */
enum { REORDER_MIN_DOCS = 33 };

struct reorder_params {
	struct pool *pool;
	uint64_t memory_bytes;
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
	bq_progress_fn progress; /* may be NULL */
	void *arg;
	uint32_t left_out; /* set: words that memory had no room for, the most frequent of those that count */
	bool is_done;      /* set: an order was found, and used */
};

struct reorder {
	uint32_t n;
	uint32_t *order;  /* [n] documents by place */
	uint32_t *places; /* [n] places by document */
};

/* Find an order for the `n_docs` documents that `m` numbers.  Takes about a
 * microsecond an occurrence of a document's word, divided by the threads.
 * BQ_ENOMEM, BQ_EFORMAT, BQ_ECANCELLED.  **owned**: reorder_release() whatever
 * the outcome. */
int reorder_find(struct reorder *r, struct reorder_params *params, struct merged *m, uint32_t n_docs,
	struct bq_error *err);

/* Free the order, also where reorder_find() failed. */
void reorder_release(struct reorder *r);

#endif
