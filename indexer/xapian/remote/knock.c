/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/knock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void end_knock(struct knock *k, int failed)
{
	k->failed = failed;
	if (k->fd >= 0)
		(void)close(k->fd);
	k->fd = -1;
}

static void begin_knock(struct knock *k)
{
	k->has_answered = false;
	k->failed = 0;
	k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd < 0 || (connect(k->fd, (const struct sockaddr *)&k->to->at, sizeof k->to->at) != 0 && errno != EINPROGRESS))
		end_knock(k, errno);
}

/* Something happened on the socket: the greeting, or the end.  It is read so
 * that closing is no reset, which servers log. */
static void hear(struct knock *k)
{
	char greeting[4096];
	ssize_t n = recv(k->fd, greeting, sizeof greeting, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	k->has_answered = n > 0;
	end_knock(k, n > 0 ? 0 : n == 0 ? ECONNRESET : errno);
}

/* One wait; false when there is nobody left to wait for. */
static bool listen_once(struct knock *doors, unsigned n, uint64_t passed, unsigned ms)
{
	struct pollfd fds[MOST];
	unsigned at[MOST], n_open = 0;
	uint64_t until = 0;

	for (unsigned i = 0; i < n && n_open < MOST; i++) {
		uint64_t limit = !doors[i].is_patient && KNOCK_IMPATIENT_MS < ms ? KNOCK_IMPATIENT_MS : ms;
		if (doors[i].fd < 0 || passed >= limit)
			continue;
		until = limit > until ? limit : until;
		at[n_open] = i;
		fds[n_open++] = (struct pollfd){ .fd = doors[i].fd, .events = POLLIN };
	}
	if (n_open == 0)
		return false;
	if (poll(fds, n_open, (int)(until - passed)) > 0)
		for (unsigned i = 0; i < n_open; i++)
			if (fds[i].revents != 0)
				hear(&doors[at[i]]);
	return true;
}

void knock_all(struct knock *doors, unsigned n, unsigned ms)
{
	uint64_t from = now_ms();

	for (unsigned i = 0; i < n; i++)
		begin_knock(&doors[i]);
	while (listen_once(doors, n, now_ms() - from, ms))
		;
	for (unsigned i = 0; i < n; i++)
		if (doors[i].fd >= 0)
			end_knock(&doors[i], 0);
}
