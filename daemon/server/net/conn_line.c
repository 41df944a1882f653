/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/conn_line.h"

#include <stdlib.h>

#include <event2/buffer.h>

#include "server/server.h"
#include "server/verb/command.h"
#include "server/verb/verb.h"

enum { PEEK_BYTES = 64, RETRY_MS = 100 }; /* blanks and an id fit the former */

/* A job out of `line`, which it **takes**. */
static struct job *make_job(struct conn *c, char *line, size_t len)
{
	struct request_option options[REQUEST_MAX_OPTIONS];
	struct request req = { .options = options };
	struct request_fault fault = { 0 };
	bool is_sound = request_parse(line, len, &req, &fault);
	struct job *job = job_new(line, &req);

	if (job == NULL)
		return NULL;
	job->fault = fault;
	if (!is_sound)
		return job;
	job->command = command_find(req.verb);
	if (job->command == NULL) {
		job->fault = (struct request_fault){ REPLY_UNKNOWN_VERB, 0, "no such verb; HELP lists them" };
		return job;
	}
	c->server->stats.by_verb[job->command - command_at(0)]++;
	if (!request_opts_parse(&job->req, job->command->options, &job->opts, &job->fault))
		return job;
	job->fault.msg = NULL;
	if ((job->command->flags & COMMAND_OWNER) != 0 && !c->is_owner)
		job->fault = (struct request_fault){ REPLY_FORBIDDEN, 0,
			"only for the daemon's own user, on its Unix socket" };
	else if ((job->command->flags & COMMAND_QUERY) != 0 && job->req.query.len == 0)
		job->fault = (struct request_fault){ REPLY_BAD_QUERY, 0, "the query is empty" };
	if ((job->command->options & OPT_TIMEOUT) != 0)
		job->deadline_ns = job->received_ns + (uint64_t)job->opts.timeout_ms * 1000000u;
	return job;
}

/* A job that says what is wrong with a line that is no request at all; only
 * its id, if it has one, is kept. */
static struct job *make_fault(struct evbuffer *in, enum reply_code code, const char *msg)
{
	char *head = calloc(1, PEEK_BYTES);
	struct request req = { 0 };

	if (head == NULL)
		return NULL;
	ev_ssize_t n = evbuffer_copyout(in, head, PEEK_BYTES);
	req.id = request_peek_id(bq_span_make(head, n < 0 ? 0 : (size_t)n));
	struct job *job = job_new(head, &req);
	if (job != NULL)
		job->fault = (struct request_fault){ code, 0, msg };
	return job;
}

/* Throw away input up to and with the next LF.  True once it was there. */
static bool discard_line(struct evbuffer *in)
{
	struct evbuffer_ptr lf = evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF);

	(void)evbuffer_drain(in, lf.pos < 0 ? evbuffer_get_length(in) : (size_t)lf.pos + 1);
	return lf.pos >= 0;
}

static bool take_fault(struct conn *c, struct evbuffer *in, struct conn_line *out, enum reply_code code)
{
	out->job = make_fault(in, code, code == REPLY_LINE_TOO_LONG ? "the request line is too long" :
		"the last line does not end in LF");
	out->is_out_of_memory = out->job == NULL;
	c->is_discarding = !discard_line(in);
	c->has_first_line = true;
	return true;
}

/* A complete line of `len` bytes and its LF. */
static bool take_whole(struct conn *c, struct evbuffer *in, size_t len, struct conn_line *out)
{
	char *line = malloc(len + 1);

	if (line == NULL) {
		out->is_out_of_memory = true;
		return true;
	}
	(void)evbuffer_remove(in, line, len + 1);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	struct bq_span text = { line, len };
	bool is_first = !c->has_first_line;
	c->has_first_line = true;
	c->server->stats.bytes_in += len + 1;
	if (is_first && request_is_http(text))
		out->is_http = true;
	if (out->is_http || request_is_blank(text)) {
		free(line);
		return true;
	}
	out->job = make_job(c, line, len);
	out->is_out_of_memory = out->job == NULL;
	return true;
}

/* Whether the line is too long, given its LF or (pos < 0) that it has none yet.
 * A CR before the LF does not count. */
static bool is_too_long(struct evbuffer *in, ev_ssize_t pos)
{
	struct evbuffer_ptr last;
	char c = 0;

	if (pos < 0)
		return evbuffer_get_length(in) > BQP_MAX_REQUEST + 1;
	if (pos != BQP_MAX_REQUEST + 1)
		return pos > BQP_MAX_REQUEST;
	if (evbuffer_ptr_set(in, &last, BQP_MAX_REQUEST, EVBUFFER_PTR_SET) != 0 ||
		evbuffer_copyout_from(in, &last, &c, 1) != 1)
		return true;
	return c != '\r';
}

bool conn_line_take(struct conn *c, struct conn_line *out)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	*out = (struct conn_line){ NULL, false, false };
	if (c->is_discarding) {
		c->is_discarding = !discard_line(in);
		if (c->is_discarding)
			return false;
		c->is_timing_line = c->is_timing_line && event_del(c->line_timer) != 0;
	}
	size_t len = evbuffer_get_length(in);
	struct evbuffer_ptr lf = evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF);
	bool is_long = is_too_long(in, lf.pos);
	if (lf.pos < 0 && !is_long && (!c->saw_eof || len == 0))
		return false;
	if (c->is_authed && c->is_timing_line) { /* the line that was due is here */
		(void)event_del(c->line_timer);
		c->is_timing_line = false;
	}
	if (is_long)
		return take_fault(c, in, out, REPLY_LINE_TOO_LONG);
	if (lf.pos < 0)
		return take_fault(c, in, out, REPLY_BAD_REQUEST);
	return take_whole(c, in, (size_t)lf.pos, out);
}

void conn_line_put_fault(struct job *job)
{
	struct response *r = &job->re;
	const struct request_fault *f = &job->fault;

	response_begin_error(r, f->code, bq_span_of(f->msg));
	switch (f->code) {
	case REPLY_BAD_REQUEST:
	case REPLY_UNKNOWN_OPTION:
	case REPLY_BAD_QUERY: response_put_u64(r, "at", f->at); break;
	case REPLY_UNKNOWN_VERB: response_put_str(r, "verb", bq_span_first(job->req.verb, BQP_MAX_ID)); break;
	case REPLY_LINE_TOO_LONG: response_put_u64(r, "max", BQP_MAX_REQUEST); break;
	case REPLY_TOO_MANY_INFLIGHT:
		response_put_u64(r, "max", BQP_MAX_INFLIGHT);
		response_put_u64(r, "retry_ms", RETRY_MS);
		break;
	case REPLY_UNAVAILABLE:
	case REPLY_SHUTTING_DOWN: response_put_u64(r, "retry_ms", 10 * RETRY_MS); break;
	default: break;
	}
	(void)response_end(r);
}
