/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One question of a request: tried, and once more where a connection was too old,
 * or where the answer counted on a shard that failed meanwhile.
 *
 *   of the time there is:   4/10 connect, at most   6/10 wait for an answer   but 2/10 are left for others
 */
#ifndef REMOTE_CALL_H
#define REMOTE_CALL_H

#include "xapian/remote/page.h"
#include "xapian/remote/session.h"

struct call {
	struct page *page;       /* whose request it is; its notes of who failed are kept up */
	struct session *s;
	struct bq_error *err;
	bool is_last;            /* there will be no other attempt */
};

/* What an attempt ends with, besides BQ_OK and errors. */
enum { CALL_AGAIN = 2 };

/* Have `attempt` called with connected shards, until it does not want to be called
 * again.  What it leaves unanswered is closed.  BQ_EREMOTE if no shard answers,
 * BQ_EDEADLINE, BQ_ECANCELLED, BQ_ENOMEM, or what the attempt says. */
int call_make(struct page *p, int (*attempt)(struct call *k, void *arg), void *arg, struct bq_error *err);

/* The time until which an answer is waited for. */
uint64_t call_until(const struct call *k);

/* Wait for what was asked.  Shards that fail are set down, but for connections
 * that may have been closed for idleness: *again is set for these, and those
 * whose database changed.  BQ_OK, BQ_EQUERY if all shards find the question
 * wrong, BQ_ECANCELLED. */
int call_hear(struct call *k, session_ear ear, void *arg, bool *again);

#endif
