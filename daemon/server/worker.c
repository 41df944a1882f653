/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <bq/guard.h>
#include <bq/remote.h>

#include "server/live_index.h"

struct worker_pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job_list queue; /* state JOB_QUEUED; under `lock`, as are the next two */
	struct job_list done;
	bool is_stopping;
	int fd; /* eventfd: `done` was empty and is no more */
	unsigned n;
	pthread_t threads[];
};

/* Put a finished job where the loop finds it. */
static void give_back(struct worker_pool *pool, struct job *job)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&pool->lock);
	bool was_empty = pool->done.n == 0;
	job_list_push(&pool->done, job);
	pthread_mutex_unlock(&pool->lock);
	/* An eventfd takes this write unless its counter is near 2^64. */
	if (was_empty && write(pool->fd, &one, sizeof one) != (ssize_t)sizeof one)
		abort();
}

/* The next job, or NULL when the pool stops. */
static struct job *await_job(struct worker_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->queue.n == 0 && !pool->is_stopping)
		pthread_cond_wait(&pool->wake, &pool->lock);
	struct job *job = pool->is_stopping ? NULL : job_list_pop(&pool->queue);
	if (job != NULL)
		job->state = JOB_RUNNING;
	pthread_mutex_unlock(&pool->lock);
	return job;
}

struct attempt {
	struct job *job;
	struct worker *w;
};

static void attempt_job(void *arg)
{
	struct attempt *a = arg;

	a->job->step = a->job->run(a->job, a->w);
}

/* In a signal handler: an address in a file of the job's indexes? */
static bool is_of_job(const void *arg, const void *address)
{
	const struct job *job = arg;
	const char *name;

	for (uint32_t i = 0; i < job->view.n; i++)
		if (bq_index_file_at(job->view.indexes[i], address, &name))
			return true;
	return false;
}

/* A request has a copy of its own of each index that is on other machines. */
static bool attach_copies(struct job *job)
{
	for (uint32_t i = 0; i < job->view.n && job->command != NULL; i++) {
		if (!job->gens[i]->ix->is_remote)
			continue;
		struct bq_index *copy = bq_remote_attach(job->gens[i]->ix, job->deadline_ns, &job->cancel);
		if (copy == NULL)
			return false;
		job->view.indexes[i] = copy;
	}
	return true;
}

static void detach_copies(struct job *job)
{
	for (uint32_t i = 0; i < job->view.n; i++) {
		if (job->view.indexes[i] == job->gens[i]->ix)
			continue;
		bq_remote_detach(job->view.indexes[i]);
		job->view.indexes[i] = job->gens[i]->ix;
	}
}

/* Run it; where it meets a page that is gone it ends, and what the searcher was
 * about to note is not trusted. */
static void run_job(struct job *job, struct worker *w)
{
	struct attempt attempt = { job, w };
	struct bq_guard guard = { .covers = is_of_job, .arg = job };
	bool is_whole = true;

	if (attach_copies(job)) {
		is_whole = bq_guard_run(&guard, attempt_job, &attempt);
	} else {
		response_error(&job->re, REPLY_UNAVAILABLE, -1, "no memory for the request");
		job->step = JOB_DONE;
	}
	detach_copies(job);
	if (is_whole)
		return;
	job->step = JOB_HURT;
	job->hurt_at = guard.address;
	bq_searcher_free(w->searcher);
	w->searcher = bq_searcher_new();
}

static void *run_jobs(void *arg)
{
	struct worker_pool *pool = arg;
	struct worker w = { bq_searcher_new(), { 0 } };
	struct job *job;

	bq_arena_init(&w.mem, WORKER_MEM_BYTES);
	while ((job = await_job(pool)) != NULL) {
		run_job(job, &w);
		bq_arena_reset(&w.mem);
		give_back(pool, job);
	}
	bq_arena_release(&w.mem);
	bq_searcher_free(w.searcher);
	return NULL;
}

/* Signals belong to the loop: threads start with all of them blocked but those
 * that say what the thread itself has done. */
static int start_threads(struct worker_pool *pool, unsigned n)
{
	static const int own[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE };
	sigset_t all, before;
	int rc = 0;

	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		(void)sigdelset(&all, own[i]);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->n < n && rc == 0) {
		rc = pthread_create(&pool->threads[pool->n], NULL, run_jobs, pool);
		if (rc == 0)
			pool->n++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static void ignore_job(struct job *job) { (void)job; }

int worker_pool_start(unsigned n, struct worker_pool **out, struct bq_error *err)
{
	struct worker_pool *pool = calloc(1, sizeof *pool + n * sizeof pool->threads[0]);

	if (pool == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for workers");
	pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->fd < 0) {
		free(pool);
		return bq_error_set(err, BQ_EIO, 0, "eventfd: %s", strerror(errno));
	}
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->wake, NULL);
	int rc = start_threads(pool, n);
	if (rc != 0) {
		worker_pool_stop(pool, ignore_job);
		return bq_error_set(err, BQ_EIO, 0, "cannot start %u workers: %s", n, strerror(rc));
	}
	*out = pool;
	return BQ_OK;
}

void worker_pool_stop(struct worker_pool *pool, void (*drop)(struct job *))
{
	struct job *job;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->is_stopping = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->n; i++)
		(void)pthread_join(pool->threads[i], NULL);
	while ((job = job_list_pop(&pool->queue)) != NULL)
		drop(job);
	while ((job = job_list_pop(&pool->done)) != NULL)
		drop(job);
	(void)close(pool->fd);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void worker_pool_submit(struct worker_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	job->state = JOB_QUEUED;
	job_list_push(&pool->queue, job);
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_signal(&pool->wake); /* now: who wakes up does not wait for the lock */
}

bool worker_pool_withdraw(struct worker_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	bool is_queued = job->state == JOB_QUEUED;
	if (is_queued)
		job_list_remove(&pool->queue, job);
	pthread_mutex_unlock(&pool->lock);
	return is_queued;
}

int worker_pool_fd(const struct worker_pool *pool) { return pool->fd; }

void worker_pool_take_done(struct worker_pool *pool, struct job_list *out)
{
	uint64_t count;

	(void)!read(pool->fd, &count, sizeof count); /* EAGAIN: nothing was new */
	pthread_mutex_lock(&pool->lock);
	*out = pool->done;
	pool->done = (struct job_list){ NULL, NULL, 0 };
	pthread_mutex_unlock(&pool->lock);
}

uint32_t worker_pool_queued(struct worker_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	uint32_t n = pool->queue.n;
	pthread_mutex_unlock(&pool->lock);
	return n;
}
