/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/cluster.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xapian/remote/session.h"

uint64_t cluster_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void cluster_init(struct cluster *c)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	for (uint32_t i = 0; i < c->n; i++)
		c->shards[i].is_up = true;
}

void cluster_release(struct cluster *c)
{
	while (c->idle != NULL) {
		struct session *s = c->idle;
		c->idle = s->next;
		session_free(s);
	}
	(void)pthread_cond_destroy(&c->changed);
	(void)pthread_mutex_destroy(&c->lock);
}

/* ---- shards ------------------------------------------------------------------------- */

void cluster_set_down(struct cluster *c, uint32_t i, const char *why)
{
	struct cluster_shard *s = &c->shards[i];

	(void)pthread_mutex_lock(&c->lock);
	s->retry_ms = s->is_up || s->retry_ms == 0 ? CLUSTER_RETRY_MS : 2 * s->retry_ms;
	if (s->retry_ms > CLUSTER_MAX_RETRY_MS)
		s->retry_ms = CLUSTER_MAX_RETRY_MS;
	s->is_up = false;
	s->retry_ns = cluster_now_ns() + s->retry_ms * 1000000ull;
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

/* ---- sessions -------------------------------------------------------------------------- */

/* With the lock held: the idle session that lacks the fewest shards, or NULL. */
static struct session *take_idle(struct cluster *c)
{
	struct session **best = NULL, *s;

	for (struct session **at = &c->idle; *at != NULL; at = &(*at)->next)
		if (best == NULL || (*at)->n_here > (*best)->n_here)
			best = at;
	if (best == NULL)
		return NULL;
	s = *best;
	*best = s->next;
	return s;
}

/* With the lock held. */
static void await_change(struct cluster *c, uint64_t until_ns)
{
	uint64_t look = cluster_now_ns() + CLUSTER_LOOK_MS * 1000000ull, ns = look < until_ns ? look : until_ns;
	struct timespec at = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	(void)pthread_cond_timedwait(&c->changed, &c->lock, &at);
}

int cluster_take(struct cluster *c, uint64_t deadline_ns, const atomic_bool *cancel, struct session **out)
{
	int rc = BQ_OK;

	*out = NULL;
	(void)pthread_mutex_lock(&c->lock);
	while (rc == BQ_OK && (*out = take_idle(c)) == NULL) {
		if (!c->is_growing && c->n_sessions < CLUSTER_MAX_SESSIONS) {
			*out = session_new(c);
			c->is_growing = *out != NULL;
			c->n_sessions += *out != NULL;
			rc = *out != NULL ? BQ_OK : BQ_ENOMEM;
			break;
		}
		if (cancel != NULL && atomic_load(cancel))
			rc = BQ_ECANCELLED;
		else if (cluster_now_ns() >= deadline_ns)
			rc = BQ_EDEADLINE;
		else
			await_change(c, deadline_ns);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return rc;
}

void cluster_end_growth(struct cluster *c, struct session *s)
{
	if (!s->is_new)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->is_growing = s->is_new = false;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
}

void cluster_give(struct cluster *c, struct session *s)
{
	cluster_end_growth(c, s);
	(void)pthread_mutex_lock(&c->lock);
	s->next = c->idle;
	c->idle = s;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
}

bool cluster_take_turn(struct cluster *c, uint32_t i)
{
	struct cluster_shard *s = &c->shards[i];

	(void)pthread_mutex_lock(&c->lock);
	bool has_turn = s->n_dials < (s->is_up ? CLUSTER_MAX_DIALS : 1);
	s->n_dials += has_turn;
	(void)pthread_mutex_unlock(&c->lock);
	return has_turn;
}

void cluster_end_turn(struct cluster *c, uint32_t i)
{
	(void)pthread_mutex_lock(&c->lock);
	c->shards[i].n_dials--;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
}

void cluster_wait(struct cluster *c, uint64_t until_ns)
{
	(void)pthread_mutex_lock(&c->lock);
	await_change(c, until_ns);
	(void)pthread_mutex_unlock(&c->lock);
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
