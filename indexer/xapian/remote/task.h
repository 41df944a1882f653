/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One piece of work for a lane.  It owns all it needs: who asked may be gone
 * before it is done.
 */
#ifndef REMOTE_TASK_H
#define REMOTE_TASK_H

#include <pthread.h>

#include <bq/remote.h>
#include <xapian-c.h>

enum task_kind { TASK_SEARCH, TASK_FETCH, TASK_EXPAND };

/* A document as it came: both pieces of memory are the task's. */
struct task_doc {
	struct bq_span data, marks;
	bool is_here;
};

struct task_word {
	struct bq_span word;
	uint64_t documents;
};

struct task {
	enum task_kind kind;
	uint64_t deadline_ns;
	uint32_t patience_ms;         /* from the request's beginning to its deadline */
	struct bq_arena mem;          /* of what comes out */

	struct xapian_c_query *query; /* SEARCH */
	double k1, b;
	uint32_t first, max;
	bool exact;
	struct bq_remote_hit *hits;   /* out; of FETCH in */
	uint32_t n;
	struct xapian_c_match_counts counts;
	struct task_doc *docs;        /* out of FETCH, [n] */
	struct bq_span prefix;        /* EXPAND; `max` */
	struct task_word *words;      /* out, the most frequent first */
	bool has_more;

	bool has_failed[BQ_REMOTE_MAX_SHARDS]; /* out */
	char why[BQ_REMOTE_MAX_SHARDS][sizeof((struct bq_remote_shard *)0)->why];
	int status;
	struct bq_error error;

	pthread_cond_t done;          /* under the cluster's lock, as are these */
	bool is_done, is_abandoned;
};

/* **owned**: task_free().  NULL without memory. */
struct task *task_new(enum task_kind kind, uint64_t deadline_ns, uint32_t patience_ms);

/* NULL is fine. */
void task_free(struct task *t);

#endif
