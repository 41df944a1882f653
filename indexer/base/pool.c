/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
	struct pool *pool;
	unsigned number;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t has_task, has_done;
	struct task *first, **last; /* the queue */
	bool is_ending;
	unsigned n; /* with the owner */
	struct worker workers[POOL_MAX];
};

/* Run the task of the queue that `at` points to.  The lock is held before and after. */
static void run_task(struct pool *p, struct task **at, unsigned worker)
{
	struct task *t = *at;

	*at = t->next;
	if (t->next == NULL)
		p->last = at;
	(void)pthread_mutex_unlock(&p->lock);
	t->run(t, worker);
	(void)pthread_mutex_lock(&p->lock);
	t->is_done = true;
	(void)pthread_cond_signal(&p->has_done); /* only the owner waits */
}

static void *work(void *arg)
{
	const struct worker *w = arg;
	struct pool *p = w->pool;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->first == NULL && !p->is_ending)
			(void)pthread_cond_wait(&p->has_task, &p->lock);
		if (p->first == NULL)
			break;
		run_task(p, &p->first, w->number);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *pool_new(unsigned n)
{
	struct pool *p = calloc(1, sizeof *p);
	sigset_t all, old;

	if (p == NULL)
		return NULL;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->has_task, NULL);
	(void)pthread_cond_init(&p->has_done, NULL);
	p->last = &p->first;
	p->n = 1;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; p->n < n && p->n < POOL_MAX; p->n++) {
		struct worker *w = &p->workers[p->n];
		*w = (struct worker){ .pool = p, .number = p->n };
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			break;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return p;
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	(void)pthread_cond_broadcast(&p->has_task);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 1; i < p->n; i++)
		(void)pthread_join(p->workers[i].thread, NULL);
	(void)pthread_cond_destroy(&p->has_done);
	(void)pthread_cond_destroy(&p->has_task);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

unsigned pool_threads(const struct pool *p)
{
	return p == NULL ? 1 : p->n;
}

void pool_submit(struct pool *p, struct task *t)
{
	t->next = NULL;
	t->is_done = pool_threads(p) == 1;
	if (t->is_done) {
		t->run(t, 0);
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	*p->last = t;
	p->last = &t->next;
	(void)pthread_cond_signal(&p->has_task);
	(void)pthread_mutex_unlock(&p->lock);
}

/* The first task that the owner may run while it waits for `t`, or the end of the queue. */
static struct task **find_task(struct pool *p, const struct task *t)
{
	struct task **at = &p->first;

	while (*at != NULL && (*at)->is_long && *at != t)
		at = &(*at)->next;
	return at;
}

void pool_wait(struct pool *p, struct task *t)
{
	if (pool_threads(p) == 1)
		return;
	(void)pthread_mutex_lock(&p->lock);
	while (!t->is_done) {
		struct task **at = find_task(p, t);
		if (*at != NULL)
			run_task(p, at, 0);
		else
			(void)pthread_cond_wait(&p->has_done, &p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
}
