/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/bqp_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct bqp_peer *peer_of(int fd, const struct sockaddr *a, socklen_t len)
{
	struct bqp_peer *p = malloc(sizeof *p);

	if (p == NULL || fd < 0 || connect(fd, a, len) != 0) {
		fail_msg("cannot connect: %s", strerror(errno));
		abort();
	}
	p->fd = fd;
	p->from = p->len = 0;
	p->saw_eof = false;
	return p;
}

struct bqp_peer *bqp_peer_open(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	return peer_of(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (const struct sockaddr *)&a, sizeof a);
}

struct bqp_peer *bqp_peer_open_tcp(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return peer_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (const struct sockaddr *)&a, sizeof a);
}

void bqp_peer_close(struct bqp_peer *p)
{
	(void)close(p->fd);
	free(p);
}

/* Wait for `events`; false when they did not come in time. */
static bool await(struct bqp_peer *p, short events, int ms)
{
	struct pollfd f = { p->fd, events, 0 };

	return poll(&f, 1, ms < 0 ? 0 : ms) > 0;
}

void bqp_peer_send(struct bqp_peer *p, const char *bytes, size_t n)
{
	while (n > 0) {
		if (!await(p, POLLOUT, BQP_PATIENCE_MS))
			fail_msg("the daemon takes no more bytes");
		ssize_t w = send(p->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (w < 0 && errno != EAGAIN)
			fail_msg("send: %s", strerror(errno));
		bytes += w < 0 ? 0 : w;
		n -= w < 0 ? 0 : (size_t)w;
	}
}

void bqp_peer_say(struct bqp_peer *p, const char *lines) { bqp_peer_send(p, lines, strlen(lines)); }

void bqp_peer_finish(struct bqp_peer *p) { (void)shutdown(p->fd, SHUT_WR); }

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *bqp_peer_line(struct bqp_peer *p, int ms)
{
	int64_t until = now_ms() + ms;

	for (;;) {
		char *lf = memchr(p->buf + p->from, '\n', p->len - p->from);
		if (lf != NULL) {
			const char *line = p->buf + p->from;
			*lf = '\0';
			p->from = (size_t)(lf + 1 - p->buf);
			return line;
		}
		memmove(p->buf, p->buf + p->from, p->len - p->from);
		p->len -= p->from;
		p->from = 0;
		if (p->len == sizeof p->buf)
			fail_msg("a line of over %zu bytes", p->len);
		if (!await(p, POLLIN, (int)(until - now_ms())))
			return NULL;
		ssize_t n = recv(p->fd, p->buf + p->len, sizeof p->buf - p->len, 0);
		p->saw_eof = n <= 0;
		if (n <= 0)
			return NULL;
		p->len += (size_t)n;
	}
}

const char *bqp_peer_expect(struct bqp_peer *p, const char *head)
{
	const char *line = bqp_peer_line(p, BQP_PATIENCE_MS);

	if (line == NULL)
		fail_msg("no line, but one that starts with %s was due", head);
	else if (strncmp(line, head, strlen(head)) != 0)
		fail_msg("%.300s\nis not %s", line, head);
	return line;
}

void bqp_peer_expect_eof(struct bqp_peer *p)
{
	const char *line = bqp_peer_line(p, BQP_PATIENCE_MS);

	if (line != NULL)
		fail_msg("the end was due, not %.300s", line);
	if (!p->saw_eof)
		fail_msg("the daemon does not close");
}

void bqp_peer_await_close(struct bqp_peer *p)
{
	if (!await(p, POLLRDHUP, BQP_PATIENCE_MS))
		fail_msg("the daemon does not close");
}

void bqp_peer_await_status(struct bqp_peer *p, const char *words)
{
	int64_t until = now_ms() + BQP_PATIENCE_MS;
	const char *line;

	do {
		bqp_peer_say(p, "STATUS\n");
		line = bqp_peer_expect(p, "#0 OK {");
		if (strstr(line, words) != NULL)
			return;
		(void)usleep(1000);
	} while (now_ms() < until);
	fail_msg("%.300s\ndoes not say %s", line, words);
}

void bqp_peer_await_alone(struct bqp_peer *p) { bqp_peer_await_status(p, "\"connections\":1,"); }
