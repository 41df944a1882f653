/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bq/proto.h>

#include "bench/clock.h"
#include "lib/connect.h"

enum { SLOTS = BQP_MAX_INFLIGHT, READ_BYTES = 65536, CONNECT_MS = 5000, DRAIN_SECONDS = 10 };

struct conn {
	int fd;
	struct bq_buf in, out;
	size_t in_at, out_at;           /* bytes taken, bytes sent */
	uint64_t due[SLOTS];            /* when the request of this slot was to be sent; 0: free */
	uint32_t n_busy;
	uint32_t next_slot, first_slot; /* untagged: a ring in order of sending */
};

struct load {
	const struct load_opts *opts;
	const struct bench_queries *queries;
	struct load_result *out;
	struct conn *conns;
	struct pollfd *polls;
	unsigned depth;      /* requests of a connection under way */
	unsigned next_conn;
	uint64_t start, end; /* ns: nothing is sent from `end` on */
	uint64_t last;       /* when the last answer came */
};

/* ---- one connection ---------------------------------------------------- */

static int flush_out(struct conn *c, struct bq_error *err)
{
	while (c->out_at < c->out.len) {
		ssize_t n = send(c->fd, c->out.ptr + c->out_at, c->out.len - c->out_at, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return BQ_OK;
		if (n < 0)
			return bq_error_set(err, BQ_EIO, 0, "sending: %s", strerror(errno));
		c->out_at += (size_t)n;
	}
	bq_buf_clear(&c->out);
	c->out_at = 0;
	return BQ_OK;
}

/* A free slot, taken. */
static uint32_t take_slot(const struct load *l, struct conn *c, uint64_t due)
{
	uint32_t slot = c->next_slot;

	while (l->opts->target->is_tagged && c->due[slot] != 0)
		slot = (slot + 1) % SLOTS;
	c->next_slot = (slot + 1) % SLOTS;
	c->due[slot] = due;
	c->n_busy++;
	return slot;
}

static int send_one(struct load *l, struct conn *c, uint64_t due, struct bq_error *err)
{
	const struct bench_query *q = &l->queries->list[l->out->sent % l->queries->n];

	l->opts->target->put_request(l->opts->target, &c->out, q->text, take_slot(l, c, due));
	l->out->sent++;
	if (c->out.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	return flush_out(c, err);
}

/* A terminal reply came. */
static int finish_one(struct load *l, struct conn *c, uint32_t slot, bool failed, struct bq_error *err)
{
	if (!l->opts->target->is_tagged) {
		slot = c->first_slot;
		c->first_slot = (slot + 1) % SLOTS;
	}
	if (slot >= SLOTS || c->due[slot] == 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "an answer that nobody asked for");
	l->last = clock_ns(CLOCK_MONOTONIC);
	if (failed)
		l->out->failed++;
	else
		hist_add(&l->out->latency, l->last - c->due[slot]);
	l->out->answered += !failed;
	c->due[slot] = 0;
	c->n_busy--;
	if (l->opts->rate > 0 || l->last >= l->end)
		return BQ_OK;
	return send_one(l, c, l->last, err);
}

static int take_replies(struct load *l, struct conn *c, struct bq_error *err)
{
	for (;;) {
		struct bq_span in = bq_span_from(bq_buf_span(&c->in), c->in_at);
		size_t used = 0;
		uint32_t slot = 0;
		int rc = BQ_OK;
		enum target_reply reply = l->opts->target->take_reply(in, &used, &slot);
		if (reply == TARGET_MORE)
			break;
		if (reply == TARGET_LOST)
			return bq_error_set(err, BQ_EFORMAT, 0, "the other side says: %.*s",
				(int)(in.len < 120 ? in.len : 120), in.ptr);
		c->in_at += used;
		if (reply != TARGET_OTHER)
			rc = finish_one(l, c, slot, reply == TARGET_FAILED, err);
		if (rc != BQ_OK)
			return rc;
	}
	/* keep only what is not complete */
	size_t left = c->in.len - c->in_at;
	if (left != 0 && c->in_at != 0)
		memmove(c->in.ptr, c->in.ptr + c->in_at, left);
	c->in.len = left;
	c->in_at = 0;
	return BQ_OK;
}

static int read_more(struct load *l, struct conn *c, struct bq_error *err)
{
	uint8_t *room = bq_buf_room(&c->in, READ_BYTES);

	if (room == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	ssize_t n = recv(c->fd, room, READ_BYTES, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return BQ_OK;
	if (n <= 0)
		return bq_error_set(err, n == 0 ? BQ_EFORMAT : BQ_EIO, 0, "receiving: %s",
			n == 0 ? "the other side closed the connection" : strerror(errno));
	c->in.len += (size_t)n;
	return take_replies(l, c, err);
}

/* ---- all of them ------------------------------------------------------- */

/* The next connection, in turn, with a free place. */
static struct conn *find_conn(struct load *l)
{
	for (unsigned i = 0; i < l->opts->connections; i++) {
		struct conn *c = &l->conns[l->next_conn];
		l->next_conn = (l->next_conn + 1) % l->opts->connections;
		if (c->n_busy < l->depth)
			return c;
	}
	return NULL;
}

static uint64_t due_of(const struct load *l, uint64_t i)
{
	return l->start + (uint64_t)((double)i * 1e9 / l->opts->rate);
}

/* Send what is due.  What finds no place stays due. */
static int send_due(struct load *l, struct bq_error *err)
{
	int rc = BQ_OK;

	while (rc == BQ_OK) {
		uint64_t due = due_of(l, l->out->sent);
		if (due >= l->end || due > clock_ns(CLOCK_MONOTONIC))
			break;
		struct conn *c = find_conn(l);
		if (c == NULL)
			break;
		rc = send_one(l, c, due, err);
	}
	return rc;
}

static bool is_busy(const struct load *l)
{
	for (unsigned i = 0; i < l->opts->connections; i++)
		if (l->conns[i].n_busy != 0)
			return true;
	return false;
}

/* How long to wait at most: until the next request is due. */
static struct timespec wait_time(const struct load *l, uint64_t now)
{
	uint64_t until = now + 100000000u;

	if (l->opts->rate > 0) {
		uint64_t due = due_of(l, l->out->sent);
		if (due < until && due < l->end)
			until = due < now ? now + 50000 : due; /* overdue: there was no place */
	}
	return (struct timespec){ .tv_sec = 0, .tv_nsec = (long)(until - now) };
}

static int wait_and_read(struct load *l, uint64_t now, struct bq_error *err)
{
	struct timespec wait = wait_time(l, now);

	for (unsigned i = 0; i < l->opts->connections; i++) {
		const struct conn *c = &l->conns[i];
		l->polls[i] = (struct pollfd){ c->fd, POLLIN, 0 };
		if (c->out_at < c->out.len)
			l->polls[i].events |= POLLOUT;
	}
	int n = ppoll(l->polls, l->opts->connections, &wait, NULL);
	if (n < 0 && errno != EINTR)
		return bq_error_set(err, BQ_EIO, 0, "poll: %s", strerror(errno));
	for (unsigned i = 0; n > 0 && i < l->opts->connections; i++) {
		int rc = BQ_OK;
		if ((l->polls[i].revents & POLLOUT) != 0)
			rc = flush_out(&l->conns[i], err);
		if (rc == BQ_OK && (l->polls[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			rc = read_more(l, &l->conns[i], err);
		if (rc != BQ_OK)
			return rc;
	}
	return BQ_OK;
}

/* Send and wait until all is answered, or much too late. */
static int run_loop(struct load *l, struct bq_error *err)
{
	int rc = BQ_OK;

	for (;;) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		if (rc == BQ_OK && l->opts->rate > 0)
			rc = send_due(l, err);
		if (rc != BQ_OK)
			return rc;
		bool is_over = now >= l->end && !is_busy(l);
		if (is_over || now >= l->end + UINT64_C(1000000000) * DRAIN_SECONDS)
			return BQ_OK;
		rc = wait_and_read(l, now, err);
	}
}

/* ---- start and end ----------------------------------------------------- */

static int open_all(struct load *l, struct bq_error *err)
{
	int rc = BQ_OK;

	for (unsigned i = 0; i < l->opts->connections; i++)
		l->conns[i].fd = -1;
	for (unsigned i = 0; rc == BQ_OK && i < l->opts->connections; i++)
		rc = connect_open(l->opts->address, connect_now_ms() + CONNECT_MS, &l->conns[i].fd, err);
	return rc;
}

/* Give the target what its requests shall find. */
static int fill(struct load *l, struct bq_error *err)
{
	struct conn *c = &l->conns[0];
	int rc = BQ_OK;

	for (uint32_t i = 0; rc == BQ_OK && l->opts->target->put_fill != NULL && i < l->queries->n; i++) {
		l->opts->target->put_fill(&c->out, l->queries->list[i].text);
		rc = flush_out(c, err);
		if (rc == BQ_OK && c->out_at < c->out.len)
			rc = connect_wait(c->fd, POLLOUT, connect_now_ms() + CONNECT_MS, NULL, err);
	}
	while (rc == BQ_OK && c->out.len != 0) {
		rc = connect_wait(c->fd, POLLOUT, connect_now_ms() + CONNECT_MS, NULL, err);
		if (rc == BQ_OK)
			rc = flush_out(c, err);
	}
	return rc;
}

static int start(struct load *l, struct bq_error *err)
{
	int rc = BQ_OK;

	l->start = clock_ns(CLOCK_MONOTONIC);
	l->end = l->start + (uint64_t)(l->opts->seconds * 1e9);
	for (unsigned i = 0; rc == BQ_OK && l->opts->rate <= 0 && i < l->opts->connections; i++)
		rc = send_one(l, &l->conns[i], clock_ns(CLOCK_MONOTONIC), err);
	return rc;
}

static void release(struct load *l)
{
	for (unsigned i = 0; l->conns != NULL && i < l->opts->connections; i++) {
		if (l->conns[i].fd >= 0)
			(void)close(l->conns[i].fd);
		bq_buf_release(&l->conns[i].in);
		bq_buf_release(&l->conns[i].out);
	}
	free(l->conns);
	free(l->polls);
}

int load_run(const struct load_opts *opts, const struct bench_queries *queries, struct load_result *out,
	struct bq_error *err)
{
	struct load l = { .opts = opts, .queries = queries, .out = out, .depth = opts->rate > 0 ? SLOTS : 1 };
	int rc = BQ_OK;

	memset(out, 0, sizeof *out);
	l.conns = calloc(opts->connections, sizeof *l.conns);
	l.polls = calloc(opts->connections, sizeof *l.polls);
	if (l.conns == NULL || l.polls == NULL) {
		free(l.conns);
		free(l.polls);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u connections", opts->connections);
	}
	rc = open_all(&l, err);
	if (rc == BQ_OK)
		rc = fill(&l, err);
	if (rc == BQ_OK)
		rc = start(&l, err);
	if (rc == BQ_OK)
		rc = run_loop(&l, err);
	out->seconds = (double)(l.last > l.start ? l.last - l.start : 0) / 1e9;
	out->lost = out->sent - out->answered - out->failed;
	release(&l);
	return rc;
}
