/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/line.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xapian/remote/number.h"

enum { AT_ONCE = 16 << 10, READS = 64, MAX_LENGTH = 10 /* bytes */ };

int line_open(struct line *l, const struct sockaddr_in *to)
{
	int one = 1, failed;

	*l = (struct line){ .is_connecting = true };
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return errno;
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(l->fd, (const struct sockaddr *)to, sizeof *to) == 0 || errno == EINPROGRESS)
		return 0;
	failed = errno;
	line_close(l);
	return failed;
}

void line_close(struct line *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	bq_buf_release(&l->in);
	bq_buf_release(&l->out);
	*l = (struct line){ .fd = -1 };
}

void line_say(struct line *l, enum line_request type, struct bq_span body)
{
	bq_buf_put_u8(&l->out, (uint8_t)type);
	number_put_string(&l->out, body);
}

short line_wants(const struct line *l)
{
	return l->is_connecting || l->out.oom || l->sent < l->out.len ? POLLIN | POLLOUT : POLLIN;
}

static void end_connecting(struct line *l)
{
	socklen_t len = sizeof l->ended;

	l->is_connecting = false;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &l->ended, &len) != 0)
		l->ended = errno;
}

static void send_some(struct line *l)
{
	while (l->sent < l->out.len) {
		ssize_t n = send(l->fd, l->out.ptr + l->sent, l->out.len - l->sent, MSG_NOSIGNAL);
		if (n < 0) { /* what was said before the other side closed is still read */
			if (errno != EAGAIN && errno != EINTR)
				l->sent = l->out.len;
			break;
		}
		l->sent += (size_t)n;
	}
	if (l->sent == l->out.len)
		l->sent = l->out.len = 0;
}

static void receive_some(struct line *l)
{
	if (l->taken != 0) {
		l->in.len -= l->taken;
		memmove(l->in.ptr, l->in.ptr + l->taken, l->in.len);
		l->taken = 0;
	}
	for (int i = 0; i < READS; i++) {
		uint8_t *room = bq_buf_room(&l->in, AT_ONCE);
		if (room == NULL) {
			l->ended = ENOMEM;
			return;
		}
		ssize_t n = recv(l->fd, room, AT_ONCE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			l->ended = n == 0 ? ECONNRESET : errno;
			return;
		}
		l->in.len += (size_t)n;
		if (n < AT_ONCE)
			return;
	}
}

void line_move(struct line *l, short events)
{
	if (l->is_connecting)
		end_connecting(l);
	if (l->ended == 0 && l->out.oom)
		l->ended = ENOMEM;
	if (l->ended == 0)
		send_some(l);
	if (l->ended == 0 && (events & ~POLLOUT) != 0)
		receive_some(l);
}

/* Whether the length behind the type, of which `n` bytes are here, has its end. */
static bool has_length(const uint8_t *p, size_t n)
{
	if (p[0] != 255)
		return true;
	for (size_t i = 1; i < n; i++)
		if (p[i] & 0x80)
			return true;
	return n == MAX_LENGTH;
}

int line_take(struct line *l, size_t max, struct line_message *out)
{
	size_t here = l->in.len - l->taken, n = here < 1 + MAX_LENGTH ? here - 1 : MAX_LENGTH;
	const uint8_t *from = l->in.ptr + l->taken;

	if (here < 2 || !has_length(from + 1, n))
		return 0;
	struct number_reader r = number_reader_of(bq_span_make(from + 1, n));
	uint64_t len = number_take(&r, max);
	size_t header = (size_t)(r.at - from);
	if (r.is_bad)
		return -1;
	if (here - header < len)
		return 0;
	out->type = from[0];
	out->body = bq_span_make(from + header, (size_t)len);
	l->taken += header + (size_t)len;
	return 1;
}

bool line_is_quiet(const struct line *l)
{
	char byte;

	if (l->is_connecting || l->ended != 0 || l->taken != l->in.len || l->out.len != 0)
		return false;
	return recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void line_rest(struct line *l)
{
	if (l->in.cap > LINE_SPARE && l->taken == l->in.len) {
		bq_buf_release(&l->in);
		l->taken = 0;
	}
	if (l->out.cap > LINE_SPARE && l->out.len == 0)
		bq_buf_release(&l->out);
}
