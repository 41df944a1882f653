/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Threads for work that one thread hands out, the owner:
 *
 *   owner   submit a | submit b | submit c | wait a | wait b | ..
 *                 '--> queue, first in first out --> workers, and the owner while it waits
 *
 * Tasks start in the order they were submitted; of the tasks that one worker
 * gets, each was submitted after the one before: all but long ones, which the
 * owner leaves to others, so that what it alone does goes on.  What a task has written the
 * owner may read when it has waited for it.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>

struct task {
	void (*run)(struct task *t, unsigned worker); /* worker: 0 .. pool_threads() - 1, 0 the owner */
	struct task *next;
	bool is_long; /* the owner runs it only if there are no others, or when it waits for it */
	bool is_done;
};

struct pool;

enum { POOL_MAX = 64 }; /* threads */

/* A pool of `n` threads with the owner, at least 1, at most POOL_MAX; fewer where
 * the system gives no more.  Its threads take no signals.  **owned**:
 * pool_free().  NULL when out of memory. */
struct pool *pool_new(unsigned n);

/* All tasks have been waited for.  NULL is fine. */
void pool_free(struct pool *p);

/* How many there are; 1 for NULL. */
unsigned pool_threads(const struct pool *p);

/* Have `t` (**borrowed** until pool_wait() is back; `run` set) run by and by; at
 * once by the owner if there are no others, or `p` is NULL. */
void pool_submit(struct pool *p, struct task *t);

/* Come back when `t`, which has been submitted, is done; help with the queue until then. */
void pool_wait(struct pool *p, struct task *t);

#endif
