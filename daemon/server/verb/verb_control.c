/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs that steer connection and daemon, and what all verbs share.
 */
#include "server/verb/verb.h"

#include "server/net/conn.h"
#include "server/server.h"

enum { WARNINGS_ROOM = 128 * 1024 }; /* bytes of a line beyond which warnings are only counted */

/* ---- for all of them --------------------------------------------------- */

bool verb_fail(struct job *job, enum reply_code code, const char *msg)
{
	job->fault = (struct request_fault){ code, 0, msg };
	return false;
}

bool verb_add_gen(struct job *job, struct live_gen *g)
{
	if (!job_add_gen(job, g))
		return verb_fail(job, REPLY_UNAVAILABLE, "no memory for the request");
	job->gen += g->ix->gen;
	return true;
}

static enum reply_code code_of(int status)
{
	switch (status) {
	case BQ_EQUERY: return REPLY_BAD_QUERY;
	case BQ_ELIMIT:
	case BQ_ENOMEM: return REPLY_QUERY_TOO_COMPLEX;
	case BQ_EDEADLINE: return REPLY_DEADLINE;
	case BQ_ECANCELLED: return REPLY_CANCELLED;
	case BQ_EGONE: return REPLY_GEN_GONE;
	case BQ_ENOTFOUND: return REPLY_NOT_FOUND;
	case BQ_EREMOTE: return REPLY_UNAVAILABLE;
	default: return REPLY_INTERNAL;
	}
}

enum job_step verb_end_error(struct job *job, const struct bq_error *err)
{
	bool has_place = err->status == BQ_EQUERY || err->status == BQ_ELIMIT;
	const char *msg = err->msg[0] != '\0' ? err->msg :
		err->status == BQ_ENOMEM ? "the query needs too much memory" : response_code_word(code_of(err->status));

	response_error(&job->re, code_of(err->status), has_place ? (int64_t)err->at : -1, "%s", msg);
	return JOB_DONE;
}

void verb_put_warnings(struct job *job, const char *const *warnings, uint32_t n)
{
	struct response *r = &job->re;
	uint32_t i = 0;

	if (n == 0 && !job->opts.has_ignored && job->warning == NULL)
		return;
	response_open(r, "warnings", '[');
	if (job->warning != NULL)
		response_put_text(r, NULL, job->warning);
	for (; i < n && response_line_bytes(r) < WARNINGS_ROOM; i++)
		response_put_text(r, NULL, warnings[i]);
	if (i < n) {
		response_put_name(r, NULL);
		bq_buf_printf(r->out, "\"%u more warnings\"", n - i);
	}
	request_opts_put_ignored(&job->req, r);
	response_close(r, ']');
}

bool verb_is_late(const struct job *job) { return job->deadline_ns != 0 && job_now_ns() >= job->deadline_ns; }

void verb_put_partial(struct response *r, const char *why)
{
	response_put_bool(r, "partial", true);
	response_put_text(r, "why", why);
}

void verb_put_took(struct job *job)
{
	response_put_u64(&job->re, "took_us", (job_now_ns() - job->received_ns) / 1000);
	response_put_u64(&job->re, "gen", job->gen);
}

void verb_end(struct job *job)
{
	verb_put_warnings(job, NULL, 0);
	(void)response_end(&job->re);
}

/* ---- the verbs --------------------------------------------------------- */

void verb_ping_answer(struct server *s, struct job *job)
{
	(void)s;
	response_begin(&job->re, "OK");
	verb_end(job);
}

void verb_cancel_answer(struct server *s, struct job *job)
{
	struct bq_span id = job->req.query;
	struct conn *c = job->conn;

	(void)s;
	if (id.len > 0 && id.ptr[0] == '#')
		id = bq_span_from(id, 1);
	if (id.len == 0 || id.len > BQP_MAX_ID) {
		response_error(&job->re, REPLY_BAD_REQUEST, job->req.query_at,
			"CANCEL needs the id of a request, or 0");
		return;
	}
	struct job *target = conn_find_job(c, id);
	if (target == job)
		target = NULL;
	response_begin(&job->re, "OK");
	response_put_bool(&job->re, "cancelled", target != NULL);
	verb_end(job);
	conn_send_job(c, job); /* first this answer, then the other's end */
	if (target != NULL)
		conn_end_job(c, target, REPLY_CANCELLED);
}

void verb_quit_answer(struct server *s, struct job *job)
{
	(void)s;
	job->conn->has_quit = true;
	response_begin(&job->re, "OK");
	verb_end(job);
}

void verb_reload_answer(struct server *s, struct job *job)
{
	response_begin(&job->re, "OK");
	response_put_u64(&job->re, "gen", live_gen_number(&s->live));
	response_put_u64(&job->re, "indexes", s->live.n);
	response_open(&job->re, "failed", '[');
	for (uint32_t i = 0; i < s->live.n; i++) {
		if (s->live.items[i].error[0] == '\0')
			continue;
		response_open(&job->re, NULL, '{');
		response_put_text(&job->re, "index", s->live.items[i].name);
		response_put_text(&job->re, "msg", s->live.items[i].error);
		response_close(&job->re, '}');
	}
	response_close(&job->re, ']');
	verb_end(job);
}

void verb_shutdown_answer(struct server *s, struct job *job)
{
	response_begin(&job->re, "OK");
	verb_end(job);
	conn_send_job(job->conn, job); /* before those behind it are told */
	server_drain(s);
}
