/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "server/net/conn_line.h"
#include "server/server.h"
#include "server/verb/command.h"
#include "server/verb/verb.h"

static const char leaving_msg[] = "the daemon is shutting down";

enum { HUP_LOOK_MS = 50, LINGER_MS = 1000, RETRY_MS = 1000 };

static struct timeval milliseconds(unsigned ms)
{
	return (struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000 };
}

static size_t held_output(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void send_bytes(struct conn *c, struct bq_buf *out)
{
	if (out->len > 0 && !c->is_broken) {
		c->server->stats.bytes_out += out->len;
		if (evbuffer_add(bufferevent_get_output(c->bev), out->ptr, out->len) != 0)
			c->is_broken = true; /* half a reply is worse than none */
	}
	bq_buf_clear(out);
}

/* Take no more requests; when those in flight are answered, say BYE and close. */
static void leave(struct conn *c, enum reply_code code, const char *msg, uint64_t retry_ms)
{
	c->is_leaving = true;
	c->bye_code = code;
	c->bye_msg = msg;
	c->bye_retry_ms = retry_ms;
}

static void send_bye(struct conn *c)
{
	struct bq_buf out = BQ_BUF_INIT;

	response_bye(&out, c->bye_code, c->bye_msg, c->bye_retry_ms);
	send_bytes(c, &out);
	bq_buf_release(&out);
}

/* ---- jobs -------------------------------------------------------------- */

static void attach(struct conn *c, struct job *job)
{
	job->conn = c;
	job->prev_of_conn = NULL;
	job->next_of_conn = c->jobs;
	if (c->jobs != NULL)
		c->jobs->prev_of_conn = job;
	c->jobs = job;
	c->n_jobs++;
	if (job_is_tagged(job))
		c->n_tagged++;
	else if (job->command == NULL || (job->command->flags & COMMAND_AT_ONCE) == 0)
		c->untagged = job;
}

static void detach(struct conn *c, struct job *job)
{
	if (job->prev_of_conn == NULL)
		c->jobs = job->next_of_conn;
	else
		job->prev_of_conn->next_of_conn = job->next_of_conn;
	if (job->next_of_conn != NULL)
		job->next_of_conn->prev_of_conn = job->prev_of_conn;
	job->conn = NULL;
	c->n_jobs--;
	if (job_is_tagged(job))
		c->n_tagged--;
	else if (c->untagged == job)
		c->untagged = NULL;
}

static void count_reply(struct conn *c, const struct job *job)
{
	struct stats *st = &c->server->stats;

	stats_add_reply(st, (job_now_ns() - job->received_ns) / 1000, job->re.code);
	st->hits += job->hits;
}

void conn_send_job(struct conn *c, struct job *job) { send_bytes(c, &job->out); }

void conn_finish_job(struct conn *c, struct job *job)
{
	if (!job->re.has_ended)
		response_error(&job->re, REPLY_INTERNAL, -1, "no memory for the reply");
	if (!job->re.has_ended) /* not even for that line */
		c->is_broken = true;
	send_bytes(c, &job->out);
	count_reply(c, job);
	detach(c, job);
	job_free(job);
}

/* Queued jobs of a connection whose reader is slow wait outside the queue. */
static void park_jobs(struct conn *c)
{
	for (struct job *j = c->jobs; j != NULL; j = j->next_of_conn)
		if (j->is_submitted && server_withdraw_job(c->server, j)) {
			j->state = JOB_PARKED;
			j->parked_ns = job_now_ns();
		}
}

static void unpark_jobs(struct conn *c)
{
	for (struct job *j = c->jobs; j != NULL; j = j->next_of_conn) {
		if (j->is_submitted || j->state != JOB_PARKED)
			continue;
		if (j->deadline_ns != 0) /* the reader's time, not the query's */
			j->deadline_ns += job_now_ns() - j->parked_ns;
		server_submit_job(c->server, j);
	}
}

void conn_take_piece(struct conn *c, struct job *job)
{
	send_bytes(c, &job->out);
	if (held_output(c) < BQP_MAX_OUTPUT) {
		server_submit_job(c->server, job);
		return;
	}
	job->state = JOB_PARKED;
	job->parked_ns = job_now_ns();
	park_jobs(c);
}

/* Answer a job with its fault, which was found before any work. */
static void finish_fault(struct conn *c, struct job *job)
{
	conn_line_put_fault(job);
	conn_finish_job(c, job);
}

static bool is_over_limit(const struct conn *c) { return held_output(c) >= BQP_MAX_OUTPUT; }

/* Start a request, or answer it at once where it is wrong. */
static void start(struct conn *c, struct job *job)
{
	attach(c, job);
	if (job->fault.msg != NULL)
		finish_fault(c, job);
	else
		server_start_job(c->server, job);
}

/* ---- ending early ------------------------------------------------------ */

void conn_end_job(struct conn *c, struct job *job, enum reply_code code)
{
	struct bq_buf out = BQ_BUF_INIT;
	struct response re;

	response_init(&re, &out, job->req.id);
	response_error(&re, code, -1, code == REPLY_SUPERSEDED ? "a newer request took its place" : "cancelled");
	send_bytes(c, &out);
	bq_buf_release(&out);
	stats_add_reply(&c->server->stats, (job_now_ns() - job->received_ns) / 1000, code);
	detach(c, job);
	server_drop_job(c->server, job);
}

struct job *conn_find_job(struct conn *c, struct bq_span id)
{
	if (bq_span_eq(id, BQ_SPAN("0")))
		return c->untagged;
	for (struct job *j = c->jobs; j != NULL; j = j->next_of_conn)
		if (bq_span_eq(id, j->req.id))
			return j;
	return NULL;
}

static bool has_slot(const struct job *job, struct bq_span slot)
{
	return job->fault.msg == NULL && bq_span_eq(job->opts.latest, slot);
}

/* A newer request in a slot ends the older ones.  One that still waits for its
 * turn says so when its turn comes: untagged replies keep their order. */
static void supersede(struct conn *c, struct bq_span slot)
{
	for (struct job *j = c->jobs, *next; j != NULL; j = next) {
		next = j->next_of_conn;
		if (has_slot(j, slot))
			conn_end_job(c, j, REPLY_SUPERSEDED);
	}
	for (struct job *j = c->waiting.head; j != NULL; j = j->next)
		if (has_slot(j, slot))
			j->fault = (struct request_fault){ REPLY_SUPERSEDED, 0, "a newer request took its place" };
}

/* ---- receiving --------------------------------------------------------- */

/* Whether a peer that has not said who it is may ask this.  The first wrong
 * request is the last. */
static bool may_ask(struct conn *c, struct job *job)
{
	if (c->is_authed || (job->fault.msg == NULL && job->command->answer == verb_hello_answer))
		return true;
	job->fault = (struct request_fault){ REPLY_FORBIDDEN, 0, "HELLO @auth=TOKEN must come first" };
	c->has_quit = true;
	return false;
}

static void check_tagged(struct conn *c, struct job *job)
{
	if (conn_find_job(c, job->req.id) != NULL)
		job->fault = (struct request_fault){ REPLY_DUP_ID, 0, "a request with this id is in flight" };
	else if (c->n_tagged >= BQP_MAX_INFLIGHT)
		job->fault = (struct request_fault){ REPLY_TOO_MANY_INFLIGHT, 0, "too many requests are in flight" };
}

static void receive(struct conn *c, struct job *job)
{
	bool is_at_once = job->fault.msg == NULL && (job->command->flags & COMMAND_AT_ONCE) != 0;

	c->server->stats.requests++;
	c->server->last_request_ns = job->received_ns;
	if (may_ask(c, job) && job->fault.msg == NULL) {
		if (job->opts.latest.len > 0)
			supersede(c, job->opts.latest);
		if (job_is_tagged(job))
			check_tagged(c, job);
	}
	if (job_is_tagged(job) || is_at_once)
		start(c, job);
	else
		job_list_push(&c->waiting, job);
}

static void start_waiting(struct conn *c)
{
	while (c->untagged == NULL && c->waiting.n > 0 && !is_over_limit(c))
		start(c, job_list_pop(&c->waiting));
}

static bool may_read(const struct conn *c)
{
	return !c->is_broken && !c->is_closing && !c->has_quit && !c->is_leaving && !is_over_limit(c) &&
		c->waiting.n < BQP_MAX_INFLIGHT;
}

/* Take one line off the input.  False when none is complete. */
static bool take_line(struct conn *c)
{
	struct conn_line line;

	if (!conn_line_take(c, &line))
		return false;
	if (line.is_http) {
		leave(c, REPLY_BAD_REQUEST, "this is not an HTTP port", 0);
	} else if (line.is_out_of_memory) {
		leave(c, REPLY_UNAVAILABLE, "no memory for the request", RETRY_MS);
	} else if (line.job != NULL) {
		receive(c, line.job);
		start_waiting(c);
	}
	return true;
}

/* ---- settling ---------------------------------------------------------- */

/* Whether all that was asked is answered and nothing more can be asked. */
static bool is_finished(const struct conn *c)
{
	return c->n_jobs == 0 && c->waiting.n == 0 && (c->has_quit || c->is_leaving ||
		(c->saw_eof && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0));
}

static void set_line_timer(struct conn *c)
{
	bool has_started = c->is_discarding || evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;
	bool wants = may_read(c) && !c->saw_eof && (has_started || !c->is_authed);
	struct timeval tv = milliseconds(c->server->options->line_ms);

	if (wants && !c->is_timing_line)
		(void)event_add(c->line_timer, &tv);
	else if (!wants && c->is_timing_line)
		(void)event_del(c->line_timer);
	c->is_timing_line = wants;
}

/* Nothing tells of a full close while we do not read: look now and then. */
static void set_hup_timer(struct conn *c)
{
	bool wants = c->n_jobs > 0 && (c->saw_eof || !may_read(c));
	struct timeval tv = milliseconds(HUP_LOOK_MS);

	if (wants && !evtimer_pending(c->hup_timer, NULL))
		(void)event_add(c->hup_timer, &tv);
	else if (!wants)
		(void)event_del(c->hup_timer);
}

/* Our last byte is out: shut our side, and read on for a moment, so that bytes
 * still on their way do not turn the peer's view of the end into a reset. */
static void begin_linger(struct conn *c)
{
	struct timeval tv = milliseconds(LINGER_MS);

	if (c->saw_eof) {
		c->is_broken = true;
		return;
	}
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	c->is_lingering = true;
	c->is_timing_line = false;
	(void)event_add(c->line_timer, &tv);
	(void)bufferevent_enable(c->bev, EV_READ);
}

static void discard_input(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	(void)evbuffer_drain(in, evbuffer_get_length(in));
}

static void read_or_not(struct conn *c)
{
	if (c->saw_eof)
		return;
	if (may_read(c))
		(void)bufferevent_enable(c->bev, EV_READ);
	else
		(void)bufferevent_disable(c->bev, EV_READ);
}

void conn_settle(struct conn *c)
{
	if (c->is_settling)
		return;
	c->is_settling = true;
	if (held_output(c) <= BQP_MAX_OUTPUT / 2)
		unpark_jobs(c);
	do {
		start_waiting(c);
	} while (may_read(c) && take_line(c));
	if (!c->is_closing && !c->is_broken && is_finished(c)) {
		if (c->is_leaving)
			send_bye(c);
		c->is_closing = true;
	}
	if (c->is_closing || c->has_quit || c->is_leaving)
		discard_input(c);
	if (!c->is_broken && c->is_closing && !c->is_lingering && held_output(c) == 0)
		begin_linger(c);
	c->is_settling = false;
	if (c->is_broken) {
		conn_free(c);
	} else if (!c->is_lingering) {
		read_or_not(c);
		set_line_timer(c);
		set_hup_timer(c);
	}
}

/* The lines that were received behind those that wait for their turn join them. */
static void take_rest(struct conn *c)
{
	struct conn_line line = { NULL, false, false };

	if (c->has_quit || c->is_leaving || c->is_closing)
		return;
	while (!line.is_http && !line.is_out_of_memory && !is_over_limit(c) && conn_line_take(c, &line)) {
		if (line.job == NULL)
			continue;
		line.job->fault = (struct request_fault){ REPLY_SHUTTING_DOWN, 0, leaving_msg };
		if (job_is_tagged(line.job))
			start(c, line.job);
		else
			job_list_push(&c->waiting, line.job);
	}
}

/* What runs is finished, what waits is told when its turn comes: untagged
 * replies keep their order. */
void conn_leave(struct conn *c)
{
	for (struct job *job = c->waiting.head; job != NULL; job = job->next)
		job->fault = (struct request_fault){ REPLY_SHUTTING_DOWN, 0, leaving_msg };
	take_rest(c);
	leave(c, REPLY_SHUTTING_DOWN, leaving_msg, RETRY_MS);
	conn_settle(c);
}

/* ---- events ------------------------------------------------------------ */

static bool is_hung_up(const struct conn *c)
{
	struct pollfd p = { bufferevent_getfd(c->bev), 0, 0 };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (c->is_lingering)
		discard_input(c);
	else
		conn_settle(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_settle(arg);
}

/* End of input is a half-close unless the socket is closed both ways. */
static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) != 0 && !c->is_lingering && !is_hung_up(c)) {
		c->saw_eof = true;
	} else {
		if ((what & BEV_EVENT_TIMEOUT) != 0)
			bq_log(BQ_LOG_INFO, "conn closed=slow_reader held=%zu", held_output(c));
		c->is_broken = true;
	}
	conn_settle(c);
}

static void on_line_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->is_timing_line = false;
	if (c->is_lingering)
		c->is_broken = true;
	else
		leave(c, REPLY_DEADLINE, c->is_authed ? "a started line was not completed in time" :
			"HELLO @auth=TOKEN did not come in time", 0);
	conn_settle(c);
}

static void on_hup_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->is_broken = is_hung_up(c);
	conn_settle(c);
}

/* ---- opening and freeing ----------------------------------------------- */

static void send_banner(struct conn *c)
{
	struct bq_buf out = BQ_BUF_INIT;
	struct response r;

	response_init_event(&r, &out);
	response_begin(&r, "HELLO");
	verb_put_hello(c->server, &r);
	if (!response_end(&r))
		c->is_broken = true;
	send_bytes(c, &out);
	bq_buf_release(&out);
}

static bool make_events(struct conn *c, int fd)
{
	struct event_base *base = c->server->base;
	struct timeval stall = milliseconds(c->server->options->stall_ms);

	c->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		(void)close(fd);
		return false;
	}
	c->line_timer = evtimer_new(base, on_line_timer, c);
	c->hup_timer = evtimer_new(base, on_hup_timer, c);
	if (c->line_timer == NULL || c->hup_timer == NULL)
		return false;
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_WRITE, BQP_MAX_OUTPUT / 2, 0);
	(void)bufferevent_set_timeouts(c->bev, NULL, &stall);
	return bufferevent_enable(c->bev, EV_READ | EV_WRITE) == 0;
}

struct conn *conn_open(struct server *s, int fd, enum conn_kind kind, bool is_owner)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)close(fd);
		return NULL;
	}
	c->server = s;
	c->kind = kind;
	c->is_owner = is_owner;
	c->is_authed = kind == CONN_UNIX;
	c->next = s->conns;
	if (s->conns != NULL)
		s->conns->prev = c;
	s->conns = c;
	s->n_conns++;
	if (!make_events(c, fd)) {
		conn_free(c);
		return NULL;
	}
	send_banner(c);
	set_line_timer(c);
	return c;
}

void conn_free(struct conn *c)
{
	struct job *job;

	while ((job = c->jobs) != NULL) {
		detach(c, job);
		server_drop_job(c->server, job);
	}
	while ((job = job_list_pop(&c->waiting)) != NULL)
		job_free(job);
	if (c->prev == NULL)
		c->server->conns = c->next;
	else
		c->prev->next = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->server->n_conns--;
	if (c->server->n_conns == 0 && (c->server->is_draining || c->server->options->is_stdio))
		(void)event_base_loopbreak(c->server->base);
	if (c->line_timer != NULL)
		event_free(c->line_timer);
	if (c->hup_timer != NULL)
		event_free(c->hup_timer);
	if (c->bev != NULL) {
		/* libevent closes in the loop's next turn, if there is one: end it now */
		(void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
		bufferevent_free(c->bev);
	}
	free(c);
}
