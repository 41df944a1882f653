/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread with connections of its own, which runs one task at a time.
 */
#ifndef REMOTE_LANE_H
#define REMOTE_LANE_H

#include "xapian/remote/session.h"
#include "xapian/remote/task.h"

struct lane {
	struct lane *next;
	struct cluster *cluster; /* whose lock is that of the next three */
	struct task *task;       /* NULL: idle */
	bool must_end;
	pthread_cond_t wake;
	pthread_t thread;
	struct session session;  /* the thread's */
};

/* **owned**: lane_end().  NULL if there can be no thread. */
struct lane *lane_new(struct cluster *c);

/* With the cluster's lock held: run `t`.  It is then `is_done`, or freed if
 * nobody waits for it. */
void lane_give(struct lane *l, struct task *t);

/* Without the lock: wait for what it runs, and free it. */
void lane_end(struct lane *l);

#endif
