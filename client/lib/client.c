/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One connection: two buffers of fixed size and a socket that never blocks.
 *
 *   in   [taken|lines not yet taken......|room    ]   BQP_MAX_REPLY twice
 *   out  [sent |requests not yet sent....|room    ]   every request that may be in flight
 *
 * Waiting for a reply also sends, so that a client with many requests in
 * flight and a server with many replies cannot wait for each other.
 */
#include <bq/client.h>

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/connect.h"
#include "lib/request.h"

#define IN_BYTES        ((size_t)2 * BQP_MAX_REPLY)
#define OUT_BYTES       ((size_t)(BQP_MAX_INFLIGHT + 1) * (BQP_MAX_REQUEST + 1))
#define OPEN_TIMEOUT_MS 5000u

struct window {
	char *buf;
	size_t from, to; /* what is in it: [from, to) */
	size_t cap;
};

struct bq_client {
	int fd;
	bool at_eof;
	struct window in, out;
	struct bq_client_reply hello;
};

/* Make room behind `to` by moving what is left to the front. */
static size_t room_of(struct window *w)
{
	if (w->from > 0) {
		memmove(w->buf, w->buf + w->from, w->to - w->from);
		w->to -= w->from;
		w->from = 0;
	}
	return w->cap - w->to;
}

static int window_init(struct window *w, size_t cap)
{
	w->cap = cap;
	w->buf = malloc(cap);
	return w->buf == NULL ? BQ_ENOMEM : BQ_OK;
}

/* ---- bytes ------------------------------------------------------------- */

/* Send what the socket takes now. */
static int flush(struct bq_client *c, struct bq_error *err)
{
	while (c->out.from < c->out.to) {
		ssize_t n = send(c->fd, c->out.buf + c->out.from, c->out.to - c->out.from, MSG_NOSIGNAL);
		if (n >= 0) {
			c->out.from += (size_t)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			c->out.from = c->out.to; /* what it said before it went is still to be read */
		} else if (errno != EINTR) {
			return bq_error_set(err, BQ_EIO, 0, "sending: %s", strerror(errno));
		}
	}
	return BQ_OK;
}

static int fill(struct bq_client *c, struct bq_error *err)
{
	ssize_t n = recv(c->fd, c->in.buf + c->in.to, c->in.cap - c->in.to, 0);

	if (n > 0)
		c->in.to += (size_t)n;
	else if (n == 0 || errno == ECONNRESET)
		c->at_eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		return bq_error_set(err, BQ_EIO, 0, "receiving: %s", strerror(errno));
	return BQ_OK;
}

static int exchange(struct bq_client *c, int64_t deadline, struct bq_error *err)
{
	bool sending = c->out.from < c->out.to;
	short events = (short)(POLLIN | (sending ? POLLOUT : 0)), got = 0;
	int status = connect_wait(c->fd, events, deadline, &got, err);

	if (status == BQ_OK && (got & POLLOUT) != 0)
		status = flush(c, err);
	if (status == BQ_OK && (got & ~POLLOUT) != 0)
		status = fill(c, err);
	return status;
}

/* Take the next whole line, without its LF; **borrowed** until more is read. */
static bool take_line(struct bq_client *c, size_t *searched, struct bq_span *out)
{
	char *start = c->in.buf + c->in.from, *from = start + *searched, *end = c->in.buf + c->in.to;
	char *lf = from == end ? NULL : memchr(from, '\n', (size_t)(end - from));

	*searched = (size_t)(end - start);
	if (lf == NULL)
		return false;
	*out = bq_span_make(start, (size_t)(lf - start));
	c->in.from += out->len + 1;
	return true;
}

static int read_line(struct bq_client *c, int64_t deadline, struct bq_span *out, struct bq_error *err)
{
	size_t searched = 0;

	while (!take_line(c, &searched, out)) {
		if (c->at_eof && c->in.from == c->in.to)
			return BQ_END;
		if (c->at_eof)
			return bq_error_set(err, BQ_EFORMAT, 0, "the connection was closed within a line");
		if (searched >= BQP_MAX_REPLY)
			return bq_error_set(err, BQ_EFORMAT, 0, "a reply line is longer than %u bytes", BQP_MAX_REPLY);
		(void)room_of(&c->in);
		int status = exchange(c, deadline, err);
		if (status != BQ_OK)
			return status;
	}
	return BQ_OK;
}

/* ---- requests and replies ---------------------------------------------- */

int bq_client_send(struct bq_client *c, const struct bq_client_request *req, struct bq_error *err)
{
	size_t room = room_of(&c->out), len;
	int status;

	if (room < BQP_MAX_REQUEST + 1)
		return bq_error_set(err, BQ_ELIMIT, 0, "too many requests wait to be sent");
	status = request_format(req, c->out.buf + c->out.to, room, &len, err);
	if (status != BQ_OK)
		return status;
	c->out.to += len;
	return flush(c, err);
}

static int next_reply(struct bq_client *c, int64_t deadline, struct bq_client_reply *out, struct bq_error *err)
{
	struct bq_span line;
	int status = read_line(c, deadline, &line, err);

	return status == BQ_OK ? bq_client_reply_parse(line, out, err) : status;
}

int bq_client_next(struct bq_client *c, unsigned timeout_ms, struct bq_client_reply *out, struct bq_error *err)
{
	return next_reply(c, connect_now_ms() + timeout_ms, out, err);
}

/* What a BYE says, as an error. */
static int fail_bye(const struct bq_client_reply *bye, struct bq_error *err)
{
	const struct bq_client_failure *f = &bye->as.failure;

	return bq_error_set(err, BQ_EIO, 0, "the daemon closed the connection: %.*s",
		(int)(f->msg.len > 0 ? f->msg.len : f->code.len), f->msg.len > 0 ? f->msg.ptr : f->code.ptr);
}

int bq_client_call(struct bq_client *c, const struct bq_client_request *req, unsigned timeout_ms,
	struct bq_client_reply *out, struct bq_error *err)
{
	int64_t deadline = connect_now_ms() + timeout_ms;
	int status = bq_client_send(c, req, err);

	while (status == BQ_OK) {
		status = next_reply(c, deadline, out, err);
		if (status == BQ_END)
			return bq_error_set(err, BQ_EIO, 0, "the daemon closed the connection without an answer");
		if (status != BQ_OK || (bq_client_reply_ends(out) && strcmp(out->id, "0") == 0))
			break;
		if (out->kind == BQ_REPLY_BYE)
			status = fail_bye(out, err);
		bq_client_reply_release(out);
	}
	return status;
}

/* ---- opening ----------------------------------------------------------- */

static bool speaks_version(const struct bq_client_reply *hello)
{
	const json_t *list = json_object_get(hello->root, "proto");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		if (json_is_integer(v) && json_integer_value(v) == BQP_VERSION)
			return true;
	}
	return false;
}

static int read_banner(struct bq_client *c, int64_t deadline, struct bq_error *err)
{
	struct bq_client_reply r = { .id = "" };
	int status = next_reply(c, deadline, &r, err);

	if (status == BQ_END)
		return bq_error_set(err, BQ_EFORMAT, 0, "the connection was closed without a greeting");
	if (status != BQ_OK)
		return status;
	c->hello = r;
	if (r.kind == BQ_REPLY_BYE)
		return fail_bye(&r, err);
	if (strcmp(r.id, "*") != 0 || r.kind != BQ_REPLY_HELLO)
		return bq_error_set(err, BQ_EFORMAT, 0, "what answers is no bq daemon");
	if (!speaks_version(&r))
		return bq_error_set(err, BQ_EVERSION, 0,
			"the daemon (version %.*s) does not speak BQP/%d, this bq (%s) nothing else",
			(int)bq_client_server_version(c).len, bq_client_server_version(c).ptr, BQP_VERSION,
			BQ_VERSION_STRING);
	return BQ_OK;
}

/* HELLO @auth=TOKEN, as a TCP listener wants it first. */
static int authenticate(struct bq_client *c, struct bq_span token, unsigned timeout_ms, struct bq_error *err)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply r;
	int status;

	req.verb = "HELLO";
	req.auth = token;
	status = bq_client_call(c, &req, timeout_ms, &r, err);
	if (status != BQ_OK)
		return status;
	if (r.kind == BQ_REPLY_ERR)
		status = bq_error_set(err, BQ_EIO, 0, "the daemon refused the token: %.*s", (int)r.as.failure.msg.len,
			r.as.failure.msg.ptr);
	bq_client_reply_release(&r);
	return status;
}

int bq_client_open(const char *address, const struct bq_client_opts *opts, struct bq_client **out, struct bq_error *err)
{
	unsigned timeout_ms = opts == NULL || opts->timeout_ms == 0 ? OPEN_TIMEOUT_MS : opts->timeout_ms;
	int64_t deadline = connect_now_ms() + timeout_ms;
	struct bq_client *c = calloc(1, sizeof *c);
	int status;

	if (c == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a connection");
	c->fd = -1;
	status = connect_open(address, deadline, &c->fd, err);
	if (status == BQ_OK && (window_init(&c->in, IN_BYTES) != BQ_OK || window_init(&c->out, OUT_BYTES) != BQ_OK))
		status = bq_error_set(err, BQ_ENOMEM, 0, "no memory for a connection");
	if (status == BQ_OK)
		status = read_banner(c, deadline, err);
	if (status == BQ_OK && opts != NULL && opts->token.len > 0)
		status = authenticate(c, opts->token, timeout_ms, err);
	if (status != BQ_OK) {
		bq_client_close(c);
		return status;
	}
	*out = c;
	return BQ_OK;
}

void bq_client_close(struct bq_client *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		close(c->fd);
	bq_client_reply_release(&c->hello);
	free(c->in.buf);
	free(c->out.buf);
	free(c);
}

struct bq_span bq_client_server_version(const struct bq_client *c)
{
	const json_t *v = json_object_get(c->hello.root, "version");

	return bq_span_make(json_string_value(v), json_string_length(v));
}
