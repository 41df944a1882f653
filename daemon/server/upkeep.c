/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/upkeep.h"

#include <stdio.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "server/server.h"

enum { NICE = 10 };

/* ---- checksums --------------------------------------------------------- */

/* In the thread of upkeep.  A priority is that of a thread on Linux. */
static enum job_step run_check(struct job *job, struct worker *w)
{
	(void)w;
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	job->check_rc = bq_index_check_sums(job->view.indexes[0], &job->cancel, &job->check_err);
	return JOB_DONE;
}

static void note_damage(struct live_gen *g, const char *what)
{
	if (live_gen_note_damage(g, what))
		bq_log(BQ_LOG_ERR, "damage index=%s gen=%llu file=\"%s\"", g->name, (unsigned long long)g->ix->gen,
			what);
}

static void begin_check(struct server *s)
{
	struct live_gen *g = live_find_unchecked(&s->live);
	struct job *job = g == NULL ? NULL : job_new_internal(run_check);

	if (job == NULL) /* for want of memory: the tick tries again */
		return;
	if (!job_add_gen(job, g)) {
		job_free(job);
		return;
	}
	s->upkeep.check = job;
	worker_pool_submit(s->upkeep.pool, job);
}

static void end_check(struct job *job)
{
	struct live_gen *g = job->gens[0];
	char path[sizeof g->damage];

	if (job->step == JOB_HURT)
		upkeep_note_hurt(job, path, sizeof path);
	else if (job->check_rc == BQ_OK)
		g->is_sound = true;
	else if (job->check_rc != BQ_ECANCELLED)
		note_damage(g, job->check_err.msg);
	job_free(job);
}

static void on_check_done(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct job_list done;
	struct job *job;

	(void)fd;
	(void)what;
	worker_pool_take_done(s->upkeep.pool, &done);
	while ((job = job_list_pop(&done)) != NULL) {
		s->upkeep.check = NULL;
		end_check(job);
	}
	upkeep_look(s);
}

/* ---- damage met by a request ------------------------------------------- */

void upkeep_note_hurt(const struct job *job, char *path, size_t size)
{
	const char *name;

	for (uint32_t i = 0; i < job->view.n; i++) {
		const struct bq_index *ix = job->view.indexes[i];
		if (!bq_index_file_at(ix, job->hurt_at, &name))
			continue;
		(void)snprintf(path, size, "%s/%s", ix->dir, name);
		char what[sizeof job->gens[i]->damage];
		(void)snprintf(what, sizeof what, "%s: damaged or cut while open", name);
		note_damage(job->gens[i], what);
		return;
	}
}

/* ---- generations that nobody holds ------------------------------------- */

static enum job_step run_close(struct job *job, struct worker *w)
{
	(void)w;
	live_close_dead(job->dead);
	job->dead = NULL;
	return JOB_DONE;
}

static void close_dead(struct server *s)
{
	struct job *job = s->live.dead == NULL ? NULL : job_new_internal(run_close);

	if (job == NULL)
		return;
	job->dead = live_take_dead(&s->live);
	server_submit_job(s, job);
}

/* ---- all of it --------------------------------------------------------- */

void upkeep_look(struct server *s)
{
	struct upkeep *u = &s->upkeep;

	if (u->check != NULL && !live_is_current(&s->live, u->check->gens[0]))
		atomic_store(&u->check->cancel, true);
	if (u->check == NULL)
		begin_check(s);
	close_dead(s);
}

int upkeep_start(struct server *s, struct bq_error *err)
{
	struct upkeep *u = &s->upkeep;
	int rc = worker_pool_start(1, &u->pool, err);

	if (rc != BQ_OK)
		return rc;
	u->done_event = event_new(s->base, worker_pool_fd(u->pool), EV_READ | EV_PERSIST, on_check_done, s);
	if (u->done_event == NULL || event_add(u->done_event, NULL) != 0)
		return bq_error_set(err, BQ_EIO, 0, "the event loop cannot be set up");
	upkeep_look(s);
	return BQ_OK;
}

void upkeep_stop(struct server *s)
{
	struct upkeep *u = &s->upkeep;

	if (u->check != NULL)
		atomic_store(&u->check->cancel, true);
	worker_pool_stop(u->pool, job_free);
	if (u->done_event != NULL)
		event_free(u->done_event);
	*u = (struct upkeep){ 0 };
}
