/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/shard_player.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void drop(struct player_link *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->server >= 0)
		(void)close(l->server);
	*l = (struct player_link){ .fd = -1, .server = -1 };
}

static void send_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			return;
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- playing ------------------------------------------------------------------ */

/* One reply, with what is wrong at byte `here` of it. */
static void say_badly(struct shard_player *p, struct player_link *l, const struct bq_buf *reply, size_t here)
{
	uint8_t other = reply->ptr[here] ^ p->mask;

	send_all(l->fd, reply->ptr, here);
	switch (p->fault) {
	case PLAYER_CLOSES: drop(l); return;
	case PLAYER_STOPS: return;
	case PLAYER_PAUSES:
		sleep_ms(p->ms);
		send_all(l->fd, reply->ptr + here, reply->len - here);
		return;
	default:
		send_all(l->fd, &other, 1);
		send_all(l->fd, reply->ptr + here + 1, reply->len - here - 1);
	}
}

static void say(struct shard_player *p, struct player_link *l, const struct bq_buf *reply)
{
	size_t from = atomic_fetch_add(&p->said, reply->len);
	bool is_for_good = p->fault == PLAYER_CLOSES || p->fault == PLAYER_STOPS;

	if (p->fault == PLAYER_CRUMBLES)
		for (size_t i = 0; i < reply->len; i++)
			send_all(l->fd, reply->ptr + i, 1);
	else if (p->fault == PLAYER_HONEST || p->at >= from + reply->len)
		send_all(l->fd, reply->ptr, reply->len);
	else if (p->at >= from)
		say_badly(p, l, reply, p->at - from);
	else if (!is_for_good)
		send_all(l->fd, reply->ptr, reply->len);
	else if (p->fault == PLAYER_CLOSES)
		drop(l);
}

/* ---- recording ---------------------------------------------------------------- */

static int connect_to(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* What the server says goes on, and is kept. */
static void record(struct shard_player *p, struct player_link *l, const uint8_t *bytes, size_t n)
{
	bq_buf_put(l->is_new ? &p->greeting : &p->replies[l->type % PLAYER_TYPES], bytes, n);
	send_all(l->fd, bytes, n);
}

static void hear_request(struct shard_player *p, struct player_link *l, const uint8_t *bytes, size_t n)
{
	l->type = bytes[0];
	l->is_new = false;
	if (l->server >= 0) {
		bq_buf_clear(&p->replies[l->type % PLAYER_TYPES]);
		send_all(l->server, bytes, n);
	} else {
		say(p, l, &p->replies[l->type % PLAYER_TYPES]);
	}
}

/* ---- the thread ----------------------------------------------------------------- */

static void meet(struct shard_player *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
	struct player_link *l = p->links;

	while (l < p->links + PLAYER_LINKS && l->fd >= 0)
		l++;
	if (fd < 0 || l == p->links + PLAYER_LINKS) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	*l = (struct player_link){ .fd = fd, .server = -1, .is_new = true };
	if (p->behind != 0)
		l->server = connect_to((uint16_t)p->behind);
	else
		say(p, l, &p->greeting);
}

static void move(struct shard_player *p, struct player_link *l, bool is_server)
{
	ssize_t n = recv(is_server ? l->server : l->fd, p->piece, sizeof p->piece, MSG_DONTWAIT);

	if (n > 0 && is_server)
		record(p, l, p->piece, (size_t)n);
	else if (n > 0)
		hear_request(p, l, p->piece, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		drop(l);
}

static void *play(void *arg)
{
	struct shard_player *p = arg;

	while (!atomic_load(&p->is_ending)) {
		struct pollfd fds[1 + 2 * PLAYER_LINKS];
		fds[0] = (struct pollfd){ .fd = p->listener, .events = POLLIN };
		for (int i = 0; i < PLAYER_LINKS; i++) {
			fds[1 + 2 * i] = (struct pollfd){ .fd = p->links[i].fd, .events = POLLIN };
			fds[2 + 2 * i] = (struct pollfd){ .fd = p->links[i].server, .events = POLLIN };
		}
		if (poll(fds, 1 + 2 * PLAYER_LINKS, 20) <= 0)
			continue;
		for (int i = 0; i < PLAYER_LINKS; i++) {
			if (fds[2 + 2 * i].revents != 0)
				move(p, &p->links[i], true);
			if (fds[1 + 2 * i].revents != 0 && p->links[i].fd >= 0)
				move(p, &p->links[i], false);
		}
		if (fds[0].revents != 0)
			meet(p);
	}
	for (int i = 0; i < PLAYER_LINKS; i++)
		drop(&p->links[i]);
	return NULL;
}

static void run(struct shard_player *p)
{
	for (int i = 0; i < PLAYER_LINKS; i++)
		p->links[i] = (struct player_link){ .fd = -1, .server = -1 };
	atomic_store(&p->is_ending, false);
	assert_int_equal(pthread_create(&p->thread, NULL, play, p), 0);
}

static void halt(struct shard_player *p)
{
	atomic_store(&p->is_ending, true);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
}

void player_start(struct shard_player *p, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;

	memset(p, 0, sizeof *p);
	p->behind = port;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(p->listener >= 0);
	assert_int_equal(bind(p->listener, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(p->listener, 64), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &len), 0);
	p->port = ntohs(at.sin_port);
	run(p);
}

void player_play(struct shard_player *p)
{
	halt(p);
	p->behind = 0;
	assert_true(p->greeting.len != 0 && !p->greeting.oom);
	run(p);
}

void player_set(struct shard_player *p, enum player_fault fault, size_t at)
{
	p->fault = fault;
	p->at = at;
	atomic_store(&p->said, 0);
}

size_t player_said(struct shard_player *p) { return atomic_load(&p->said); }

void player_end(struct shard_player *p)
{
	halt(p);
	(void)close(p->listener);
	bq_buf_release(&p->greeting);
	for (int i = 0; i < PLAYER_TYPES; i++)
		bq_buf_release(&p->replies[i]);
}
