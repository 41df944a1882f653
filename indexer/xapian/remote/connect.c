/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Connecting: greetings, and whose database it is.
 *
 *   dial --> UPDATE  protocol documents .. uuid --> known: fine
 *                                                   else: GETMETADATA, of this build?
 */
#include <stdio.h>
#include <string.h>

#include "index/manifest.h"
#include "xapian/engine/naming.h"
#include "xapian/remote/number.h"
#include "xapian/remote/session.h"

enum { MAJOR = 39, MINOR = 1 }; /* of the protocol that Xapian 1.4 speaks */

/* One round of dialling. */
struct dialling {
	struct session *s;
	bool has_turn[BQ_REMOTE_MAX_SHARDS]; /* ours to connect, until that has failed or a greeting came */
	bool is_greeted[BQ_REMOTE_MAX_SHARDS];
	struct bq_arena *mem;                /* of what follows */
	struct bq_span *builds;              /* the metadata */
};

static void end_turn(struct dialling *d, uint32_t i)
{
	if (d->has_turn[i])
		cluster_end_turn(d->s->cluster, i);
	d->has_turn[i] = false;
}

/* ---- greetings -------------------------------------------------------------------- */

static enum session_heard hear_greeting(void *arg, uint32_t i, const struct line_message *m)
{
	struct dialling *d = arg;
	struct session_shard *shard = &d->s->shards[i];
	struct number_reader r = number_reader_of(m->body);

	if (m->type == HEARD_EXCEPTION)
		return session_refuse(d->s, i, m);
	if (m->type != HEARD_UPDATE)
		return EAR_NONSENSE;
	unsigned major = number_take_byte(&r), minor = number_take_byte(&r);
	if (major != MAJOR || minor < MINOR) {
		shard->failure = SESSION_REFUSED;
		(void)snprintf(shard->why, sizeof shard->why, "speaks protocol %u.%u, not the %d.%d of Xapian 1.4",
			major, minor, MAJOR, MINOR);
		return EAR_ALL;
	}
	shard->documents = (uint32_t)number_take(&r, UINT32_MAX);
	for (int skip = 0; skip < 3; skip++) /* the last document; the shortest, the longest */
		(void)number_take(&r, UINT64_MAX);
	(void)number_take_byte(&r); /* positions */
	(void)number_take(&r, UINT64_MAX); /* total length */
	struct bq_span uuid = number_take_rest(&r);
	if (r.is_bad || uuid.len >= sizeof shard->uuid)
		return EAR_NONSENSE;
	memcpy(shard->uuid, uuid.ptr, uuid.len);
	shard->uuid[uuid.len] = '\0';
	d->is_greeted[i] = true;
	end_turn(d, i);
	return EAR_ALL;
}

static void set_down(struct dialling *d, uint32_t i, const char *why)
{
	session_drop(d->s, i);
	cluster_set_down(d->s->cluster, i, why);
	end_turn(d, i);
}

static void dial(struct dialling *d, uint32_t i, uint64_t until_ns)
{
	struct session_shard *shard = &d->s->shards[i];
	int failed = line_open(&shard->line, &d->s->cluster->shards[i].address.at);

	if (failed != 0) {
		set_down(d, i, strerror(failed));
		return;
	}
	shard->is_awaited = true;
	shard->failure = SESSION_FINE;
	shard->asked_ns = cluster_now_ns();
	shard->until_ns = until_ns;
	shard->max_message = LINE_MAX_GREETING;
}

/* The greetings of those that were dialled. */
static int hear_greetings(struct dialling *d, const atomic_bool *cancel)
{
	int rc = session_hear(d->s, hear_greeting, d, cancel);

	for (uint32_t i = 0; i < d->s->n; i++) {
		struct session_shard *shard = &d->s->shards[i];
		if (rc != BQ_OK && (shard->is_awaited || d->is_greeted[i])) /* cancelled: nobody knows */
			session_drop(d->s, i);
		else if (d->has_turn[i])
			set_down(d, i, shard->failure == SESSION_SILENT ? "says nothing" : shard->why);
		end_turn(d, i);
	}
	return rc;
}

/* ---- metadata ----------------------------------------------------------------------- */

static enum session_heard hear_metadata(void *arg, uint32_t i, const struct line_message *m)
{
	struct dialling *d = arg;

	if (m->type == HEARD_EXCEPTION)
		return session_refuse(d->s, i, m);
	if (m->type != HEARD_METADATA || m->body.len > MANIFEST_MAX_BYTES)
		return EAR_NONSENSE;
	d->builds[i] = bq_arena_dup(d->mem, m->body);
	return EAR_ALL;
}

/* Of those that `wants`. */
static int ask_metadata(struct dialling *d, const bool *wants, const struct session_patience *p)
{
	struct session *s = d->s;

	for (uint32_t i = 0; i < s->n; i++)
		if (wants[i])
			session_ask(s, i, SAY_METADATA, BQ_SPAN(NAMING_MANIFEST_KEY), p->until_ns);
	int rc = session_hear(s, hear_metadata, d, p->cancel);
	for (uint32_t i = 0; i < s->n; i++) {
		if (!wants[i] || (rc == BQ_OK && s->shards[i].failure == SESSION_FINE))
			continue;
		if (rc == BQ_OK)
			cluster_set_down(s->cluster, i, s->shards[i].why);
		session_drop(s, i);
		d->is_greeted[i] = false;
	}
	return rc;
}

/* ---- whose database it is -------------------------------------------------------------- */

/* One that does not belong to the generation has that looked at anew, once. */
static void report_stranger(struct session *s, uint32_t i)
{
	struct cluster *c = s->cluster;
	struct cluster_shard *shard = &c->shards[i];

	(void)pthread_mutex_lock(&c->lock);
	bool is_news = strcmp(shard->stranger, s->shards[i].uuid) != 0;
	memcpy(shard->stranger, s->shards[i].uuid, sizeof shard->stranger);
	(void)pthread_mutex_unlock(&c->lock);
	session_drop(s, i);
	cluster_set_down(c, i, "serves another generation than the other shards");
	if (is_news)
		cluster_touch(c->dir);
}

/* Whether the generation has this database at `i`; *is_open: nobody knows yet, it
 * had not been there. */
static bool is_known(struct session *s, uint32_t i, bool *is_open)
{
	struct cluster *c = s->cluster;

	(void)pthread_mutex_lock(&c->lock);
	*is_open = c->shards[i].uuid[0] == '\0';
	bool is_same = !*is_open && strcmp(c->shards[i].uuid, s->shards[i].uuid) == 0;
	(void)pthread_mutex_unlock(&c->lock);
	return is_same;
}

static void adopt(struct session *s, uint32_t i)
{
	struct cluster *c = s->cluster;

	(void)pthread_mutex_lock(&c->lock);
	memcpy(c->shards[i].uuid, s->shards[i].uuid, sizeof c->shards[i].uuid);
	(void)pthread_mutex_unlock(&c->lock);
}

void session_take_in(struct session *s, uint32_t i)
{
	s->shards[i].is_here = true;
	s->n_here++;
	cluster_set_up(s->cluster, i);
}

/* Take in those that greeted and belong here. */
static int check_greeted(struct dialling *d, const struct session_patience *p)
{
	struct session *s = d->s;
	bool wants[BQ_REMOTE_MAX_SHARDS] = { false }, any = false;
	int rc = BQ_OK;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!d->is_greeted[i])
			continue;
		if (is_known(s, i, &wants[i]))
			session_take_in(s, i);
		else if (!wants[i])
			report_stranger(s, i);
		any |= wants[i];
	}
	if (any)
		rc = ask_metadata(d, wants, p);
	for (uint32_t i = 0; i < s->n && any; i++) {
		if (!wants[i] || !d->is_greeted[i])
			continue;
		if (!bq_span_eq(d->builds[i], s->cluster->build)) {
			report_stranger(s, i);
			continue;
		}
		adopt(s, i);
		session_take_in(s, i);
	}
	return rc;
}

/* ---- connecting --------------------------------------------------------------------------- */

/* A connection that the server closed since, or whose shard is down, is none; why
 * others failed before is forgotten. */
static void drop_stale(struct session *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct bq_remote_shard shard;
		if (!s->shards[i].is_here) {
			s->shards[i].why[0] = '\0';
			continue;
		}
		cluster_look(s->cluster, i, &shard);
		if (!shard.is_up || !line_is_quiet(&s->shards[i].line))
			session_drop(s, i);
	}
}

/* Whether the shard should be dialled: it is up, or it is time to knock again,
 * which others then need not do. */
static bool is_due(struct cluster *c, uint32_t i, bool *is_up)
{
	struct cluster_shard *shard = &c->shards[i];
	uint64_t now = cluster_now_ns();

	(void)pthread_mutex_lock(&c->lock);
	bool knocks = !shard->is_up && now >= shard->retry_ns && shard->n_dials == 0;
	if (knocks)
		shard->retry_ns = now + CLUSTER_MAX_RETRY_MS * 1000000ull;
	*is_up = shard->is_up;
	(void)pthread_mutex_unlock(&c->lock);
	return *is_up || knocks;
}

/* Dial what is missing and nobody else dials; the number of shards that somebody
 * does. */
static uint32_t dial_missing(struct dialling *d, uint64_t until_ns)
{
	uint64_t knock_ns = cluster_now_ns() + CLUSTER_KNOCK_MS * 1000000ull;
	struct session *s = d->s;
	uint32_t n_others = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		bool is_up;
		if (s->shards[i].is_here || !is_due(s->cluster, i, &is_up))
			continue;
		d->has_turn[i] = cluster_take_turn(s->cluster, i);
		if (d->has_turn[i])
			dial(d, i, is_up || until_ns < knock_ns ? until_ns : knock_ns);
		else
			n_others++;
	}
	return n_others;
}

int session_connect(struct session *s, const struct session_patience *p)
{
	struct bq_span builds[BQ_REMOTE_MAX_SHARDS];
	struct bq_arena mem;
	uint32_t n_others = 1;
	int rc = BQ_OK;

	drop_stale(s);
	bq_arena_init(&mem, 2ull * BQ_REMOTE_MAX_SHARDS * MANIFEST_MAX_BYTES);
	while (rc == BQ_OK && n_others != 0 && cluster_now_ns() < p->until_ns) {
		struct dialling d = { .s = s, .mem = &mem, .builds = builds };
		n_others = dial_missing(&d, p->until_ns);
		rc = hear_greetings(&d, p->cancel);
		if (rc == BQ_OK)
			rc = check_greeted(&d, p);
		if (rc == BQ_OK && n_others != 0)
			cluster_wait(s->cluster, p->until_ns);
		if (p->cancel != NULL && atomic_load(p->cancel))
			rc = BQ_ECANCELLED;
	}
	cluster_end_growth(s->cluster, s);
	rc = rc == BQ_OK && mem.oom ? BQ_ENOMEM : rc;
	bq_arena_release(&mem);
	return rc;
}

int session_open(struct session *s, const struct session_patience *p, struct bq_arena *mem, struct bq_span *builds)
{
	struct dialling d = { .s = s, .mem = mem, .builds = builds };

	memset(builds, 0, s->n * sizeof *builds);
	for (uint32_t i = 0; i < s->n; i++) {
		d.has_turn[i] = cluster_take_turn(s->cluster, i);
		dial(&d, i, p->until_ns);
	}
	int rc = hear_greetings(&d, p->cancel);
	return rc == BQ_OK ? ask_metadata(&d, d.is_greeted, p) : rc;
}
