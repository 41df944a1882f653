/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/lane.h"

#include <stdlib.h>

#include "xapian/remote/work.h"

void lane_init_condition(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

struct task *task_new(enum task_kind kind, uint64_t deadline_ns, uint32_t patience_ms)
{
	enum { MEM_BYTES = 1 << 30 };
	struct task *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->kind = kind;
	t->deadline_ns = deadline_ns;
	t->patience_ms = patience_ms;
	bq_arena_init(&t->mem, MEM_BYTES);
	lane_init_condition(&t->done);
	return t;
}

void task_free(struct task *t)
{
	if (t == NULL)
		return;
	xapian_c_query_free(t->query);
	bq_arena_release(&t->mem);
	(void)pthread_cond_destroy(&t->done);
	free(t);
}

/* The thread's last words: out of the cluster, which goes with its last lane if
 * nobody else has it. */
static void end(struct lane *l)
{
	struct cluster *c = l->cluster;

	(void)pthread_mutex_lock(&c->lock);
	struct lane **at = &c->lanes;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	c->n_lanes--;
	(void)pthread_cond_destroy(&l->wake);
	free(l);
	bool is_last = c->is_left && c->n_lanes == 0;
	(void)pthread_cond_signal(&c->ended);
	(void)pthread_mutex_unlock(&c->lock);
	if (is_last)
		c->free(c);
}

static void *run_tasks(void *arg)
{
	struct lane *l = arg;
	struct cluster *c = l->cluster;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->is_ending) {
		struct task *t = l->task;
		if (t == NULL) {
			(void)pthread_cond_wait(&l->wake, &c->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&c->lock);
		work_run(t, &l->session, c);
		(void)pthread_mutex_lock(&c->lock);
		l->task = NULL;
		t->is_done = true;
		if (t->is_abandoned)
			task_free(t);
		else
			(void)pthread_cond_signal(&t->done);
	}
	task_free(l->task); /* nobody waits for it: there are no requests any more */
	(void)pthread_mutex_unlock(&c->lock);
	session_close(&l->session);
	end(l);
	return NULL;
}

struct lane *lane_new(struct cluster *c)
{
	struct lane *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (l == NULL)
		return NULL;
	l->cluster = c;
	lane_init_condition(&l->wake);
	if (pthread_create(&thread, NULL, run_tasks, l) == 0) {
		(void)pthread_detach(thread);
		return l;
	}
	(void)pthread_cond_destroy(&l->wake);
	free(l);
	return NULL;
}

void lane_give(struct lane *l, struct task *t)
{
	l->task = t;
	(void)pthread_cond_signal(&l->wake);
}
