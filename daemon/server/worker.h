/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pool: threads that run jobs and never touch a socket.
 *
 *   loop -- submit --> queue --> worker: job->run() --> done list -- fd --> loop
 *
 * The queue is first in, first out; a job that hands over a piece of its reply
 * goes behind the others when it is submitted again.  A job that reads where an
 * index's file was cut short ends there (JOB_HURT), and nothing else does.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <bq/arena.h>
#include <bq/query.h>
#include <bq/status.h>

#include "server/job.h"

#define WORKER_MEM_BYTES (64u << 20) /* cap on what one query may use */

/* What a worker lends to the job it runs.  `mem` is empty at the start of each
 * run. */
struct worker {
	struct bq_searcher *searcher;
	struct bq_arena mem;
};

struct worker_pool;

/* Start `n` workers, after bq_guard_install().  **owned**: release with worker_pool_stop(). */
int worker_pool_start(unsigned n, struct worker_pool **out, struct bq_error *err);

/* Let running jobs end, drop queued ones, join the threads.  The jobs in the
 * done list and the queue are given to `drop`. */
void worker_pool_stop(struct worker_pool *pool, void (*drop)(struct job *));

/* Hand `job` to the next free worker; it comes back through the done list. */
void worker_pool_submit(struct worker_pool *pool, struct job *job);

/* Take a submitted job back.  False when a worker has it already. */
bool worker_pool_withdraw(struct worker_pool *pool, struct job *job);

/* Readable when jobs are done, until worker_pool_take_done(). */
int worker_pool_fd(const struct worker_pool *pool);

/* Move all jobs that are done to `out`, which is set. */
void worker_pool_take_done(struct worker_pool *pool, struct job_list *out);

/* Jobs waiting for a worker. */
uint32_t worker_pool_queued(struct worker_pool *pool);

#endif
