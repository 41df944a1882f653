/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server.h"

enum { ACCEPTS_A_TURN = 16, REST_MS = 100, RETRY_MS = 1000, BACKLOG = 128, RESERVED_FILES = 32 };

struct listener {
	struct server *server;
	struct event *event, *rest_timer;
	int fd;
	enum conn_kind kind;
};

unsigned listener_fit_connections(unsigned wanted)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return wanted;
	rlim_t needed = (rlim_t)wanted + RESERVED_FILES;
	if (files.rlim_cur < needed) {
		files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
			return wanted;
	}
	if (files.rlim_cur >= needed)
		return wanted;
	unsigned fits = files.rlim_cur > RESERVED_FILES ? (unsigned)(files.rlim_cur - RESERVED_FILES) : 1;
	bq_log(BQ_LOG_WARN, "connections max=%u wanted=%u descriptors=%llu", fits, wanted,
		(unsigned long long)files.rlim_cur);
	return fits;
}

static void refuse(struct server *s, int fd)
{
	struct bq_buf out = BQ_BUF_INIT;

	s->stats.refused++;
	response_bye(&out, REPLY_UNAVAILABLE, "too many connections", RETRY_MS);
	(void)send(fd, out.ptr, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	bq_buf_release(&out);
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

static bool peer_is_owner(int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == geteuid();
}

static void rest(struct listener *l)
{
	static const struct timeval tv = { 0, REST_MS * 1000 };

	(void)event_del(l->event);
	(void)event_add(l->rest_timer, &tv);
}

static void end_rest(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(l->event, NULL);
}

static void welcome(struct listener *l, int fd)
{
	struct server *s = l->server;
	int on = 1;

	s->stats.connections++;
	if (s->n_conns >= s->max_connections) {
		refuse(s, fd);
		return;
	}
	if (l->kind == CONN_TCP)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)conn_open(s, fd, l->kind, l->kind == CONN_UNIX && peer_is_owner(fd));
}

static void on_acceptable(evutil_socket_t listening, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(l, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			bq_log(BQ_LOG_WARN, "accept error=\"%s\" resting_ms=%d", strerror(errno), REST_MS);
			rest(l);
			return;
		}
		if (errno == EAGAIN)
			return;
		/* EINTR, ECONNABORTED and network errors are one connection's: next */
	}
}

struct listener *listener_new(struct server *s, int fd, enum conn_kind kind)
{
	struct listener *l = calloc(1, sizeof *l);

	if (l == NULL) {
		(void)close(fd);
		return NULL;
	}
	l->server = s;
	l->fd = fd;
	l->kind = kind;
	(void)evutil_make_socket_nonblocking(fd);
	l->event = event_new(s->base, fd, EV_READ | EV_PERSIST, on_acceptable, l);
	l->rest_timer = evtimer_new(s->base, end_rest, l);
	if (l->event == NULL || l->rest_timer == NULL || event_add(l->event, NULL) != 0) {
		listener_free(l);
		return NULL;
	}
	return l;
}

void listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	if (l->event != NULL)
		event_free(l->event);
	if (l->rest_timer != NULL)
		event_free(l->rest_timer);
	(void)close(l->fd);
	free(l);
}

/* ---- TCP --------------------------------------------------------------- */

static int listen_at(const struct addrinfo *a)
{
	int on = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* HOST and PORT of "HOST:PORT" or "[V6]:PORT"; `host` has room for the whole. */
static bool split_host(const char *host_port, char *host, const char **port)
{
	const char *colon = strrchr(host_port, ':');

	if (colon == NULL || colon == host_port || colon[1] == '\0')
		return false;
	size_t len = (size_t)(colon - host_port);
	bool has_brackets = host_port[0] == '[' && colon[-1] == ']';
	memcpy(host, host_port, len);
	host[len] = '\0';
	if (has_brackets) {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	} else if (strchr(host, ':') != NULL) {
		return false;
	}
	*port = colon + 1;
	return true;
}

int listener_open_tcp(const char *host_port, int *fds, unsigned max, unsigned *n, struct bq_error *err)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list = NULL;
	char host[256];
	const char *port;

	*n = 0;
	if (strlen(host_port) >= sizeof host || !split_host(host_port, host, &port))
		return bq_error_set(err, BQ_EUSAGE, 0, "--listen %.200s: HOST:PORT or [V6]:PORT", host_port);
	int rc = getaddrinfo(host, port, &want, &list);
	if (rc != 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "--listen %.150s: %s", host_port, gai_strerror(rc));
	for (const struct addrinfo *a = list; a != NULL && *n < max; a = a->ai_next) {
		fds[*n] = listen_at(a);
		if (fds[*n] >= 0)
			(*n)++;
	}
	freeaddrinfo(list);
	return *n > 0 ? BQ_OK : bq_error_set(err, BQ_EIO, 0, "--listen %.150s: %s", host_port, strerror(errno));
}

static int check_token_file(int fd, const char *path, struct bq_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%.150s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bq_error_set(err, BQ_EUSAGE, 0, "%.150s: not a file", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.150s: must be ours and of mode 0600: it holds the token",
			path);
	return BQ_OK;
}

int listener_read_token(const char *path, char *out, size_t size, size_t *len, struct bq_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.150s: %s", path, strerror(errno));
	int rc = check_token_file(fd, path, err);
	ssize_t n = rc == BQ_OK ? read(fd, out, size) : 0;
	(void)close(fd);
	if (rc != BQ_OK)
		return rc;
	if (n < 0)
		return bq_error_set(err, BQ_EIO, 0, "%.150s: %s", path, strerror(errno));
	char *end = memchr(out, '\n', (size_t)n);
	*len = end == NULL ? (size_t)n : (size_t)(end - out);
	if (*len > 0 && out[*len - 1] == '\r')
		--*len;
	if (*len == 0 || *len == size || memchr(out, '\0', *len) != NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.150s: the first line must be a token of 1 to %zu bytes", path,
			size - 1);
	return BQ_OK;
}
