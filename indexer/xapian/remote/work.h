/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a lane does for a task: ask, and when a shard fails, ask the others.
 *
 *   of the time there is:   2/5 wait for one exchange   1/5 knock   the rest: ask again
 */
#ifndef REMOTE_WORK_H
#define REMOTE_WORK_H

#include "xapian/remote/session.h"
#include "xapian/remote/task.h"

/* Do it: status, error, and what comes out are then in the task. */
void work_run(struct task *t, struct session *s, struct cluster *c);

#endif
