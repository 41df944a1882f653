/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/connect.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t connect_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int connect_wait(int fd, short events, int64_t deadline, short *out_events, struct bq_error *err)
{
	struct pollfd p = { fd, events, 0 };

	for (;;) {
		int64_t left = deadline - connect_now_ms();
		int n = poll(&p, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			break;
		if (n == 0)
			return bq_error_set(err, BQ_EDEADLINE, 0, "no answer in time");
		if (errno != EINTR)
			return bq_error_set(err, BQ_EIO, 0, "poll: %s", strerror(errno));
	}
	if (out_events != NULL)
		*out_events = p.revents;
	return BQ_OK;
}

static int fail(struct bq_error *err, const char *address, int errnum)
{
	bool absent = errnum == ENOENT || errnum == ECONNREFUSED || errnum == ENOTDIR;

	return bq_error_set(err, absent ? BQ_ENOTFOUND : BQ_EIO, 0, "%.160s: %s", address, strerror(errnum));
}

/* Finish a connect that could not end at once; 0 or an errno. */
static int await_connected(int fd, int64_t deadline)
{
	int errnum = 0;
	socklen_t len = sizeof errnum;

	if (connect_wait(fd, POLLOUT, deadline, NULL, NULL) != BQ_OK)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) != 0)
		return errno;
	return errnum;
}

/* 0 or an errno.  A Unix socket whose backlog is full says EAGAIN: it is asked
 * again until the deadline. */
static int try_connect(int fd, const struct sockaddr *addr, socklen_t len, int64_t deadline)
{
	static const struct timespec pause = { 0, 2000000 };

	while (connect(fd, addr, len) != 0) {
		if (errno == EINPROGRESS)
			return await_connected(fd, deadline);
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (connect_now_ms() >= deadline)
			return ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_unix(const char *path, int64_t deadline, int *out_fd, struct bq_error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, errnum;

	if (len == 0 || len >= sizeof addr.sun_path)
		return bq_error_set(err, BQ_EUSAGE, 0, "a socket's path is 1 to %zu bytes, this one has %zu: %.120s",
			sizeof addr.sun_path - 1, len, path);
	memcpy(addr.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(err, path, errno);
	errnum = try_connect(fd, (struct sockaddr *)&addr, sizeof addr, deadline);
	if (errnum != 0) {
		close(fd);
		return fail(err, path, errnum);
	}
	*out_fd = fd;
	return BQ_OK;
}

/* HOST:PORT or [HOST]:PORT in two strings; false if it is neither. */
static bool split_host(const char *text, char *host, size_t cap, const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);

	if (n == 0 || n >= cap || colon[1] == '\0')
		return false;
	*port = colon + 1;
	if (text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	return true;
}

static int open_tcp(const char *text, int64_t deadline, int *out_fd, struct bq_error *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list = NULL;
	char host[256];
	const char *port;
	int errnum = ECONNREFUSED, one = 1, rc;

	if (!split_host(text, host, sizeof host, &port))
		return bq_error_set(err, BQ_EUSAGE, 0,
			"an address is the path of a socket or tcp:HOST:PORT, not tcp:%.120s", text);
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0)
		return bq_error_set(err, BQ_EIO, 0, "%.120s: %s", text, gai_strerror(rc));
	for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
		errnum = fd < 0 ? errno : try_connect(fd, a->ai_addr, a->ai_addrlen, deadline);
		if (errnum == 0) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
			*out_fd = fd;
			break;
		}
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(list);
	return errnum == 0 ? BQ_OK : fail(err, text, errnum);
}

int connect_open(const char *address, int64_t deadline, int *out_fd, struct bq_error *err)
{
	if (strncmp(address, "tcp:", 4) == 0)
		return open_tcp(address + 4, deadline, out_fd, err);
	return open_unix(address, deadline, out_fd, err);
}
