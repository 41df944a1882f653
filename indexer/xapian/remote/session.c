/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/session.h"

#include <stdio.h>
#include <string.h>

#include "xapian/engine/naming.h"
#include "xapian/remote/knock.h"

int session_connect(const struct cluster *c, uint32_t i, uint32_t wait_ms, struct xapian_c_database **out,
	struct xapian_c_error *x)
{
	struct xapian_c_timeouts t = { wait_ms, wait_ms };

	return xapian_c_database_open_tcp(c->shards[i].address.host, c->shards[i].address.port, &t, out, x);
}

void session_close(struct session *s)
{
	xapian_c_database_free(s->all);
	s->all = NULL;
	for (uint32_t i = 0; i < BQ_REMOTE_MAX_SHARDS; i++) {
		xapian_c_database_free(s->dbs[i]);
		s->dbs[i] = NULL;
	}
	s->n_members = 0;
	s->is_used = false;
}

/* Xapian's context is `remote:tcp(host:port)`. */
uint32_t session_find_failed(const struct cluster *c, const struct xapian_c_error *x)
{
	for (uint32_t i = 0; i < c->n; i++) {
		char context[64];
		(void)snprintf(context, sizeof context, "remote:tcp(%s:%u)", c->shards[i].address.host,
			c->shards[i].address.port);
		if (strstr(x->msg, context) != NULL)
			return i;
	}
	return UINT32_MAX;
}

/* ---- whose database it is -------------------------------------------------------- */

/* A database that was not there when the generation was opened: is it part of
 * it? */
static bool is_of_build(const struct cluster *c, struct xapian_c_database *db)
{
	struct xapian_c_bytes text;
	struct xapian_c_error x;

	return xapian_c_database_metadata(db, xapian_c_str(NAMING_MANIFEST_KEY), &text, &x) == XAPIAN_C_OK &&
		bq_span_eq(bq_span_make(text.ptr, text.len), c->build);
}

/* One that is not has the generation looked at anew, once. */
static void report_stranger(struct cluster *c, uint32_t i, const char *uuid)
{
	struct cluster_shard *s = &c->shards[i];

	(void)pthread_mutex_lock(&c->lock);
	bool is_news = strcmp(s->stranger, uuid) != 0;
	(void)snprintf(s->stranger, sizeof s->stranger, "%s", uuid);
	(void)pthread_mutex_unlock(&c->lock);
	cluster_set_down(c, i, "serves another generation than the other shards");
	if (is_news)
		cluster_touch(c->dir);
}

/* Whether the database belongs to the generation; its UUID came with the
 * greeting. */
static bool check_identity(struct cluster *c, uint32_t i, struct xapian_c_database *db)
{
	struct cluster_shard *s = &c->shards[i];
	struct xapian_c_bytes bytes;
	struct xapian_c_error x;
	char uuid[CLUSTER_UUID] = "", known[CLUSTER_UUID];

	if (xapian_c_database_uuid(db, &bytes, &x) == XAPIAN_C_OK)
		(void)snprintf(uuid, sizeof uuid, "%.*s", (int)bytes.len, bytes.ptr);
	(void)pthread_mutex_lock(&c->lock);
	memcpy(known, s->uuid, sizeof known);
	(void)pthread_mutex_unlock(&c->lock);
	if (known[0] != '\0' && strcmp(known, uuid) == 0)
		return true;
	if (known[0] == '\0' && is_of_build(c, db)) {
		(void)pthread_mutex_lock(&c->lock);
		memcpy(s->uuid, uuid, sizeof uuid);
		(void)pthread_mutex_unlock(&c->lock);
		return true;
	}
	report_stranger(c, i, uuid);
	return false;
}

/* ---- connecting ------------------------------------------------------------------- */

/* Shards to knock at: those up without a connection, those down whose time has
 * come; connections to others that went down are closed. */
static unsigned choose_doors(struct session *s, struct cluster *c, struct knock *doors, uint32_t *at)
{
	uint64_t now = cluster_now_ns();
	unsigned n = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (uint32_t i = 0; i < c->n; i++) {
		struct cluster_shard *shard = &c->shards[i];
		bool is_due = !shard->is_up && now >= shard->retry_ns;
		if (!shard->is_up && s->dbs[i] != NULL) {
			xapian_c_database_free(s->all);
			s->all = NULL;
			xapian_c_database_free(s->dbs[i]);
			s->dbs[i] = NULL;
		}
		if (s->dbs[i] != NULL || (!shard->is_up && !is_due))
			continue;
		if (is_due) /* others need not ask meanwhile */
			shard->retry_ns = now + CLUSTER_RETRY_MS * 1000000ull;
		at[n] = i;
		doors[n++] = (struct knock){ .to = &shard->address, .is_patient = shard->is_up, .fd = -1 };
	}
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

static void open_shard(struct session *s, struct cluster *c, uint32_t i)
{
	struct xapian_c_database *db;
	struct xapian_c_error x;

	if (session_connect(c, i, s->wait_ms, &db, &x) != XAPIAN_C_OK) {
		cluster_set_down(c, i, x.msg);
		return;
	}
	if (!check_identity(c, i, db)) {
		xapian_c_database_free(db);
		return;
	}
	cluster_set_up(c, i);
	s->dbs[i] = db;
	xapian_c_database_free(s->all);
	s->all = NULL;
}

static void connect_missing(struct session *s, struct cluster *c, uint32_t knock_ms)
{
	struct knock doors[BQ_REMOTE_MAX_SHARDS];
	uint32_t at[BQ_REMOTE_MAX_SHARDS];
	unsigned n = choose_doors(s, c, doors, at);

	if (n == 0)
		return;
	knock_all(doors, n, knock_ms);
	for (unsigned k = 0; k < n; k++) {
		char why[64];
		if (doors[k].has_answered) {
			open_shard(s, c, at[k]);
			continue;
		}
		if (doors[k].failed != 0)
			(void)snprintf(why, sizeof why, "%.60s", strerror(doors[k].failed));
		else
			(void)snprintf(why, sizeof why, "says nothing");
		cluster_set_down(c, at[k], why);
	}
}

/* All connections as one database, in the order of the shards. */
static int unite(struct session *s, struct cluster *c, struct bq_error *err)
{
	struct xapian_c_error x = { 0 };
	int rc = xapian_c_database_new(&s->all, &x);

	s->n_members = 0;
	for (uint32_t i = 0; i < c->n && rc == XAPIAN_C_OK; i++) {
		if (s->dbs[i] == NULL)
			continue;
		rc = xapian_c_database_add(s->all, s->dbs[i], &x);
		s->members[s->n_members++] = i;
	}
	if (rc == XAPIAN_C_OK)
		return BQ_OK;
	session_close(s); /* else half of them would be taken for all */
	return bq_error_set(err, BQ_ENOMEM, 0, "shards: %.100s", x.msg);
}

static int fail_alone(struct cluster *c, struct bq_error *err)
{
	struct bq_remote_shard shard;

	cluster_look(c, 0, &shard);
	return bq_error_set(err, BQ_EREMOTE, 0, "no shard answers; %.80s: %.120s", shard.at, shard.why);
}

/* A time-out is set when a connection is opened: one that is about right is kept. */
static bool is_about(uint32_t has_ms, uint32_t wants_ms)
{
	return has_ms <= wants_ms + wants_ms / 2 && has_ms >= wants_ms / 4;
}

int session_refresh(struct session *s, struct cluster *c, uint32_t wait_ms, uint32_t knock_ms, struct bq_error *err)
{
	if (!is_about(s->wait_ms, wait_ms)) {
		session_close(s);
		s->wait_ms = wait_ms;
	}
	connect_missing(s, c, knock_ms);
	int rc = s->all != NULL ? BQ_OK : unite(s, c, err); /* of none, too, the second time */
	return rc == BQ_OK && s->n_members == 0 ? fail_alone(c, err) : rc;
}
