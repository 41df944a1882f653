/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs that tell about the daemon: STATUS STATS INDEXES HELLO HELP.
 */
#include "server/verb/verb.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/net/conn.h"
#include "server/server.h"

/* Whether the files are those that were written. */
static void put_sums(struct response *r, const struct live_gen *g)
{
	char damaged[sizeof g->damage + 16];

	(void)snprintf(damaged, sizeof damaged, "damaged: %s", g->damage);
	response_put_text(r, "sums", g->damage[0] != '\0' ? damaged : g->is_sound ? "sound" : "checking");
}

static void put_index(struct response *r, const struct live_index *x)
{
	const struct bq_index *ix = x->current == NULL ? NULL : x->current->ix;

	response_open(r, NULL, '{');
	response_put_text(r, "name", x->name);
	response_put_text(r, "dir", x->dir);
	if (ix != NULL) {
		response_put_u64(r, "gen", ix->gen);
		response_put_u64(r, "documents", ix->n_live);
		response_put_u64(r, "deleted", ix->n_docs - ix->n_live);
		response_put_u64(r, "words", ix->n_tokens);
		response_put_u64(r, "segments", ix->n_leaves);
		response_put_text(r, "lang", ix->text.lang);
		put_sums(r, x->current);
		verb_shards_put_state(r, ix);
	}
	if (x->error[0] != '\0')
		response_put_text(r, "error", x->error);
	response_close(r, '}');
}

static void put_indexes(const struct server *s, struct response *r)
{
	response_open(r, "indexes", '[');
	for (uint32_t i = 0; i < s->live.n; i++)
		put_index(r, &s->live.items[i]);
	response_close(r, ']');
}

static uint64_t count_jobs(const struct server *s)
{
	uint64_t n = 0;

	for (const struct conn *c = s->conns; c != NULL; c = c->next)
		n += c->n_jobs;
	return n;
}

static uint64_t uptime_seconds(const struct server *s) { return (job_now_ns() - s->started_ns) / 1000000000u; }

void verb_status_answer(struct server *s, struct job *job)
{
	struct response *r = &job->re;

	response_begin(r, "OK");
	response_put_text(r, "version", BQ_VERSION_STRING);
	response_put_i64(r, "pid", getpid());
	response_put_u64(r, "uptime_s", uptime_seconds(s));
	response_put_u64(r, "gen", live_gen_number(&s->live));
	response_put_u64(r, "workers", s->n_workers);
	response_put_u64(r, "connections", s->n_conns);
	response_put_u64(r, "inflight", count_jobs(s) - 1); /* but this one */
	response_put_u64(r, "queued", worker_pool_queued(s->pool));
	put_indexes(s, r);
	verb_end(job);
}

void verb_stats_answer(struct server *s, struct job *job)
{
	response_begin(&job->re, "OK");
	response_put_u64(&job->re, "uptime_s", uptime_seconds(s));
	stats_put(&s->stats, &job->re);
	verb_end(job);
}

void verb_indexes_answer(struct server *s, struct job *job)
{
	response_begin(&job->re, "OK");
	put_indexes(s, &job->re);
	verb_end(job);
}

void verb_put_hello(const struct server *s, struct response *r)
{
	response_put_text(r, "server", "bqd");
	response_put_text(r, "version", BQ_VERSION_STRING);
	response_open(r, "proto", '[');
	response_put_u64(r, NULL, BQP_VERSION);
	response_close(r, ']');
	command_put_caps(r);
	response_open(r, "limits", '{');
	response_put_u64(r, "line", BQP_MAX_REQUEST);
	response_put_u64(r, "reply", BQP_MAX_REPLY);
	response_put_u64(r, "options", REQUEST_MAX_OPTIONS);
	response_put_u64(r, "query", BQ_QUERY_MAX_BYTES);
	response_put_u64(r, "words", BQ_QUERY_MAX_WORDS);
	response_put_u64(r, "nesting", BQ_QUERY_MAX_NESTING);
	response_put_u64(r, "limit", BQ_QUERY_MAX_LIMIT);
	response_put_u64(r, "window", BQ_QUERY_MAX_WINDOW);
	response_put_u64(r, "hits", BQP_MAX_HITS);
	response_put_u64(r, "ctx", BQP_MAX_CTX);
	response_put_u64(r, "inflight", BQP_MAX_INFLIGHT);
	response_put_u64(r, "connections", s->max_connections);
	response_put_u64(r, "output", BQP_MAX_OUTPUT);
	response_put_u64(r, "line_ms", s->options->line_ms);
	response_put_u64(r, "stall_ms", s->options->stall_ms);
	response_close(r, '}');
	response_put_u64(r, "gen", live_gen_number(&s->live));
}

/* Compares in a time that does not depend on where the two differ. */
static bool is_token(const struct server *s, struct bq_span given)
{
	uint8_t differ = (uint8_t)(given.len != s->token_len);

	for (size_t i = 0; i < s->token_len; i++)
		differ |= (uint8_t)(s->token[i] ^ (i < given.len ? given.ptr[i] : 0));
	return s->token_len > 0 && differ == 0;
}

void verb_hello_answer(struct server *s, struct job *job)
{
	struct response *r = &job->re;
	struct conn *c = job->conn;

	if (job->opts.proto != 0 && job->opts.proto != BQP_VERSION) {
		response_begin_error(r, REPLY_UNSUPPORTED_PROTO, BQ_SPAN("this daemon speaks BQP/1"));
		response_open(r, "proto", '[');
		response_put_u64(r, NULL, BQP_VERSION);
		response_close(r, ']');
		(void)response_end(r);
		return;
	}
	if (c->kind == CONN_TCP && (!c->is_authed || job->opts.auth.ptr != NULL)) {
		c->is_authed = is_token(s, job->opts.auth);
		c->has_quit |= !c->is_authed;
	}
	if (!c->is_authed) {
		response_error(r, REPLY_FORBIDDEN, -1, "HELLO @auth=TOKEN must come first, with the right token");
		return;
	}
	response_begin(r, "OK");
	verb_put_hello(s, r);
	verb_end(job);
}

static void put_command(struct response *r, const struct command *c)
{
	response_open(r, NULL, '{');
	response_put_text(r, "verb", c->name);
	response_put_text(r, "usage", c->usage);
	response_put_text(r, "help", c->help);
	response_close(r, '}');
}

void verb_help_answer(struct server *s, struct job *job)
{
	struct response *r = &job->re;
	const struct command *one = command_find(job->req.query), *c;

	(void)s;
	if (job->req.query.len > 0 && one == NULL) {
		response_error(r, REPLY_NOT_FOUND, -1, "no such verb; HELP alone lists them");
		return;
	}
	response_begin(r, "OK");
	response_open(r, "verbs", '[');
	for (unsigned i = 0; (c = command_at(i)) != NULL; i++)
		if (job->req.query.len == 0 || c == one)
			put_command(r, c);
	response_close(r, ']');
	response_put_text(r, "form", "[#id] VERB [@option[=value]..] [--] query");
	verb_end(job);
}
