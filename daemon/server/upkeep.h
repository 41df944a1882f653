/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the daemon does without being asked: it compares the checksums of each
 * new generation, in a thread of its own that yields to the workers, and has
 * those that nobody holds any more unmapped by a worker.
 */
#ifndef SERVER_UPKEEP_H
#define SERVER_UPKEEP_H

#include <bq/status.h>

#include "server/job.h"

struct event;
struct worker_pool;

struct upkeep {
	struct worker_pool *pool; /* one thread */
	struct event *done_event;
	struct job *check;        /* the comparison under way */
};

/* Start the thread, and its first comparison.  All is zero before. */
int upkeep_start(struct server *s, struct bq_error *err);

/* Look for something to do.  To be called whenever generations came or went;
 * costs next to nothing. */
void upkeep_look(struct server *s);

/* A job ended with JOB_HURT: note which generation's file it was, and put the
 * path of that in `path`. */
void upkeep_note_hurt(const struct job *job, char *path, size_t size);

/* End the comparison and the thread. */
void upkeep_stop(struct server *s);

#endif
