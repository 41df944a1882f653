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
	struct cluster *cluster; /* whose lock is that of the next two */
	struct task *task;       /* NULL: idle */
	pthread_cond_t wake;
	struct session session;  /* the thread's */
};

/* It ends, and frees itself, when the cluster does.  NULL if there can be no
 * thread. */
struct lane *lane_new(struct cluster *c);

/* With the cluster's lock held: run `t`.  It is then `is_done`, or freed if
 * nobody waits for it. */
void lane_give(struct lane *l, struct task *t);

/* A condition whose times are CLOCK_MONOTONIC. */
void lane_init_condition(pthread_cond_t *cond);

#endif
