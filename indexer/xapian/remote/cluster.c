/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/cluster.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xapian/remote/lane.h"
#include "xapian/remote/task.h"

enum { LOOK_MS = 20 }; /* how often who waits looks whether it is still wanted */

uint64_t cluster_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void cluster_init(struct cluster *c)
{
	(void)pthread_mutex_init(&c->lock, NULL);
	lane_init_condition(&c->ended);
	for (uint32_t i = 0; i < c->n; i++)
		c->shards[i].is_up = true;
}

void cluster_release(struct cluster *c)
{
	(void)pthread_cond_destroy(&c->ended);
	(void)pthread_mutex_destroy(&c->lock);
}

bool cluster_is_ending(struct cluster *c)
{
	(void)pthread_mutex_lock(&c->lock);
	bool is_ending = c->is_ending;
	(void)pthread_mutex_unlock(&c->lock);
	return is_ending;
}

/* ---- shards ------------------------------------------------------------------------- */

void cluster_set_down(struct cluster *c, uint32_t i, const char *why)
{
	struct cluster_shard *s = &c->shards[i];

	(void)pthread_mutex_lock(&c->lock);
	s->is_up = false;
	s->retry_ns = cluster_now_ns() + CLUSTER_RETRY_MS * 1000000ull;
	(void)snprintf(s->why, sizeof s->why, "%s", why);
	(void)pthread_mutex_unlock(&c->lock);
}

void cluster_set_up(struct cluster *c, uint32_t i)
{
	(void)pthread_mutex_lock(&c->lock);
	c->shards[i].is_up = true;
	c->shards[i].why[0] = '\0';
	(void)pthread_mutex_unlock(&c->lock);
}

void cluster_look(struct cluster *c, uint32_t i, struct bq_remote_shard *out)
{
	const struct cluster_shard *s = &c->shards[i];

	(void)snprintf(out->at, sizeof out->at, "%s", s->address.text);
	(void)pthread_mutex_lock(&c->lock);
	out->is_up = s->is_up;
	memcpy(out->why, s->why, sizeof out->why);
	(void)pthread_mutex_unlock(&c->lock);
}

bool cluster_is_replaced(struct cluster *c, uint32_t i)
{
	(void)pthread_mutex_lock(&c->lock);
	bool is_replaced = !c->shards[i].is_up && c->shards[i].stranger[0] != '\0';
	(void)pthread_mutex_unlock(&c->lock);
	return is_replaced;
}

/* ---- asking ---------------------------------------------------------------------------- */

/* With the lock held: an idle lane, or a new one. */
static struct lane *find_lane(struct cluster *c)
{
	for (struct lane *l = c->lanes; l != NULL; l = l->next)
		if (l->task == NULL)
			return l;
	if (c->n_lanes == CLUSTER_MAX_LANES)
		return NULL;
	struct lane *l = lane_new(c);
	if (l == NULL)
		return NULL;
	l->next = c->lanes;
	c->lanes = l;
	c->n_lanes++;
	return l;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };
}

/* Who gives an index up may be the thread that serves all connections, or be on
 * its way out: a frozen server must not hold it. */
void cluster_leave(struct cluster *c)
{
	uint64_t until = cluster_now_ns() + CLUSTER_LEAVE_MS * 1000000ull;
	struct timespec at = timespec_of(until);

	(void)pthread_mutex_lock(&c->lock);
	c->is_ending = true;
	for (struct lane *l = c->lanes; l != NULL; l = l->next)
		(void)pthread_cond_signal(&l->wake);
	while (c->n_lanes != 0 && cluster_now_ns() < until)
		(void)pthread_cond_timedwait(&c->ended, &c->lock, &at);
	c->is_left = c->n_lanes != 0;
	bool is_ours = !c->is_left;
	(void)pthread_mutex_unlock(&c->lock);
	if (is_ours)
		c->free(c);
}

/* With the lock held: BQ_OK when it is done. */
static int await_task(struct cluster *c, struct task *t, const atomic_bool *cancel)
{
	while (!t->is_done) {
		uint64_t now = cluster_now_ns(), until = now + LOOK_MS * 1000000ull;
		if (cancel != NULL && atomic_load(cancel))
			return BQ_ECANCELLED;
		if (now >= t->deadline_ns)
			return BQ_EDEADLINE;
		struct timespec at = timespec_of(until < t->deadline_ns ? until : t->deadline_ns);
		(void)pthread_cond_timedwait(&t->done, &c->lock, &at);
	}
	return BQ_OK;
}

int cluster_run(struct cluster *c, struct task *t, const atomic_bool *cancel, struct task **out, struct bq_error *err)
{
	*out = NULL;
	(void)pthread_mutex_lock(&c->lock);
	struct lane *l = find_lane(c);
	int rc = l == NULL ? BQ_EREMOTE : BQ_OK;
	if (rc == BQ_OK) {
		lane_give(l, t);
		rc = await_task(c, t, cancel);
		t->is_abandoned = rc != BQ_OK;
	}
	(void)pthread_mutex_unlock(&c->lock);
	switch (rc) {
	case BQ_EREMOTE:
		task_free(t);
		return bq_error_set(err, rc, 0, "%d requests are waiting for shards already", CLUSTER_MAX_LANES);
	case BQ_EDEADLINE: return bq_error_set(err, rc, 0, "the shards did not answer in time");
	case BQ_ECANCELLED: return bq_error_set(err, rc, 0, "cancelled");
	default: break;
	}
	*out = t;
	if (t->status != BQ_OK && err != NULL)
		*err = t->error;
	return t->status;
}

/* ---- stamps ------------------------------------------------------------------------------- */

/* One for each list of servers this process has seen; a handful. */
struct notice {
	struct notice *next;
	uint64_t stamp;
	char dir[];
};

static pthread_mutex_t notices_lock = PTHREAD_MUTEX_INITIALIZER;
static struct notice *notices;

/* With the lock held.  A stamp begins with the time, so that it is not one of an
 * earlier process. */
static struct notice *find_notice(const char *dir)
{
	struct timespec now;

	for (struct notice *n = notices; n != NULL; n = n->next)
		if (strcmp(n->dir, dir) == 0)
			return n;
	size_t len = strlen(dir) + 1;
	struct notice *n = malloc(sizeof *n + len);
	if (n == NULL)
		return NULL;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	n->stamp = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	memcpy(n->dir, dir, len);
	n->next = notices;
	notices = n;
	return n;
}

uint64_t cluster_stamp(const char *dir)
{
	(void)pthread_mutex_lock(&notices_lock);
	const struct notice *n = find_notice(dir);
	uint64_t stamp = n == NULL ? 0 : n->stamp;
	(void)pthread_mutex_unlock(&notices_lock);
	return stamp;
}

void cluster_touch(const char *dir)
{
	(void)pthread_mutex_lock(&notices_lock);
	struct notice *n = find_notice(dir);
	if (n != NULL)
		n->stamp++;
	(void)pthread_mutex_unlock(&notices_lock);
}
