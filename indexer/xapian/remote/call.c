/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/call.h"

#include <errno.h>
#include <string.h>

enum { TRIES = 4 };

/* Tenths of all the time there is: waited for at most, left for what follows. */
struct share { unsigned wait, leave; };

static const struct share to_connect = { 4, 4 }, to_answer = { 6, 2 };

/* From now on; one tenth at least. */
static uint64_t share_of(const struct page *p, struct share share)
{
	uint64_t tenth = p->patience_ms * 100000ull, until = cluster_now_ns() + tenth;
	uint64_t last = p->deadline_ns - share.leave * tenth, longest = until + (share.wait - 1) * tenth;

	until = longest < last ? longest : last > until ? last : until;
	return until < p->deadline_ns ? until : p->deadline_ns;
}

uint64_t call_until(const struct call *k) { return share_of(k->page, to_answer); }

/* ---- what failed ------------------------------------------------------------------- */

/* Errors that say something about the question, not about a shard. */
static bool is_about_question(uint8_t refusal)
{
	return refusal == REFUSED_ARGUMENT || refusal == REFUSED_OPERATION || refusal == REFUSED_UNIMPLEMENTED ||
		refusal == REFUSED_FEATURE || refusal == REFUSED_QUERY || refusal == REFUSED_WILDCARD;
}

/* A connection that was used before may have been closed for idleness, or have
 * seen a revision that is gone: then the shard is as good as before. */
static bool is_stale(const struct session_shard *shard, bool was_old)
{
	return was_old && (shard->failure == SESSION_BROKEN ||
		(shard->failure == SESSION_REFUSED && shard->refusal == REFUSED_MODIFIED));
}

/* Whether all shards were asked and say that the question is wrong: then it is; if
 * only some do, something is wrong with them. */
static bool is_refused_by_all(const struct session *s, const bool *was_asked, uint32_t *one)
{
	bool any = false;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!was_asked[i] && !s->shards[i].is_here)
			continue;
		if (!was_asked[i] || s->shards[i].failure != SESSION_REFUSED || !is_about_question(s->shards[i].refusal))
			return false;
		*one = i;
		any = true;
	}
	return any;
}

static void judge(struct session *s, uint32_t i, bool was_old, bool *again)
{
	struct session_shard *shard = &s->shards[i];

	if (shard->failure == SESSION_FINE)
		return;
	session_drop(s, i); /* what it was saying is not waited for */
	if (is_stale(shard, was_old))
		*again = true;
	else
		cluster_set_down(s->cluster, i, shard->why);
}

int call_hear(struct call *k, session_ear ear, void *arg, bool *again)
{
	struct session *s = k->s;
	bool was_asked[BQ_REMOTE_MAX_SHARDS], was_old[BQ_REMOTE_MAX_SHARDS];
	uint32_t one = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		was_asked[i] = s->shards[i].is_awaited;
		was_old[i] = s->shards[i].is_old;
	}
	int rc = session_hear(s, ear, arg, k->page->cancel);
	if (rc == BQ_OK && is_refused_by_all(s, was_asked, &one)) {
		for (uint32_t i = 0; i < s->n; i++)
			session_drop(s, i);
		return bq_error_set(k->err, BQ_EQUERY, 0, "Xapian: %.200s", s->shards[one].why);
	}
	for (uint32_t i = 0; i < s->n && rc == BQ_OK; i++)
		if (was_asked[i])
			judge(s, i, was_old[i], again);
	return rc;
}

/* What the answer leaves out. */
static void note_failed(struct page *p, const struct session *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct bq_remote_shard shard;
		if (s->shards[i].is_here)
			continue;
		cluster_look(s->cluster, i, &shard);
		const char *why = shard.why[0] != '\0' ? shard.why : s->shards[i].why;
		p->has_failed[i] = true;
		if (why[0] == '\0')
			why = "is busy with other connections";
		(void)snprintf(p->why[i], sizeof p->why[i], "%s", why);
	}
}

/* ---- trying ------------------------------------------------------------------------- */

static int fail_alone(struct session *s, struct bq_error *err)
{
	struct bq_remote_shard shard;

	cluster_look(s->cluster, 0, &shard);
	return bq_error_set(err, BQ_EREMOTE, 0, "no shard answers; %.80s: %.120s", shard.at, shard.why);
}

static int say_why(struct bq_error *err, int rc)
{
	switch (rc) {
	case BQ_EDEADLINE: return bq_error_set(err, rc, 0, "the shards did not answer in time");
	case BQ_ECANCELLED: return bq_error_set(err, rc, 0, "cancelled");
	default: return bq_error_set(err, rc, 0, "no memory for what the shards answer");
	}
}

/* Connections in the middle of something are no good for the next question. */
static void drop_unfinished(struct session *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->shards[i].is_awaited)
			session_drop(s, i);
}

static int try_once(struct call *k, int (*attempt)(struct call *k, void *arg), void *arg)
{
	struct session_patience patience = { share_of(k->page, to_connect), k->page->cancel };

	if (cluster_now_ns() >= k->page->deadline_ns)
		return say_why(k->err, BQ_EDEADLINE);
	int rc = session_connect(k->s, &patience);
	if (rc != BQ_OK)
		return say_why(k->err, rc);
	if (k->s->n_here == 0)
		return fail_alone(k->s, k->err);
	rc = attempt(k, arg);
	drop_unfinished(k->s);
	if (rc == BQ_OK && k->s->n_here == 0)
		return fail_alone(k->s, k->err);
	return rc == BQ_ECANCELLED || rc == BQ_ENOMEM ? say_why(k->err, rc) : rc;
}

int call_make(struct page *p, int (*attempt)(struct call *k, void *arg), void *arg, struct bq_error *err)
{
	struct cluster *c = &p->remote->cluster;
	struct call k = { .page = p, .err = err };
	int rc = cluster_take(c, p->deadline_ns, p->cancel, &k.s);

	if (rc != BQ_OK)
		return say_why(err, rc);
	for (uint32_t i = 0; i < k.s->n; i++)
		k.s->shards[i].is_old = k.s->shards[i].is_here;
	rc = CALL_AGAIN;
	for (int i = 1; i <= TRIES && rc == CALL_AGAIN; i++) {
		k.is_last = i == TRIES;
		rc = try_once(&k, attempt, arg);
	}
	note_failed(p, k.s);
	for (uint32_t i = 0; i < k.s->n; i++)
		line_rest(&k.s->shards[i].line);
	cluster_give(c, k.s);
	return rc;
}
