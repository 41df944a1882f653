/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/unpack.h"

enum { LOOK_MS = 200 }; /* a signal that comes just before poll() is seen so much later */

int stream_init(struct stream *s, int fd, enum packing packing, const volatile sig_atomic_t *stop)
{
	*s = (struct stream){ .fd = fd, .stop = stop };
	if (packing == PACKING_NONE)
		return 0;
	s->unpack = packing == PACKING_GZIP ? unpack_gzip_new() : unpack_zstd_new();
	errno = ENOMEM;
	return s->unpack == NULL ? -1 : 0;
}

void stream_release(struct stream *s)
{
	if (s->unpack != NULL)
		s->unpack->ops->free(s->unpack);
	s->unpack = NULL;
}

uint64_t stream_taken(const struct stream *s)
{
	return s->bytes - (s->unpack == NULL ? 0 : s->unpack->to - s->unpack->from);
}

const char *stream_reason(const struct stream *s)
{
	return errno == EBADMSG ? s->why : strerror(errno);
}

/* Bytes of the descriptor as they are; waits for them also where reads do not
 * block. */
static ssize_t read_raw(struct stream *s, void *to, size_t n)
{
	for (;;) {
		struct pollfd ready = { .fd = s->fd, .events = POLLIN };
		int rc = poll(&ready, 1, LOOK_MS);
		ssize_t got = -1;
		if (s->stop != NULL && *s->stop != 0) {
			errno = EINTR;
			return -1;
		}
		if (rc > 0)
			got = read(s->fd, to, n);
		if (rc < 0 || (got < 0 && rc > 0 && errno != EAGAIN))
			return -1;
		if (got >= 0) {
			s->bytes += (uint64_t)got;
			return got;
		}
	}
}

/* -1 with this errno, and what there is to say about it. */
static ssize_t fail_unpacking(struct stream *s, int code, const char *what)
{
	if (what == NULL)
		(void)snprintf(s->why, sizeof s->why, "compressed data ends early, at byte %" PRIu64, stream_taken(s));
	else
		(void)snprintf(s->why, sizeof s->why, "compressed data cannot be read at byte %" PRIu64 ": %s",
			stream_taken(s), what);
	errno = code;
	return -1;
}

static ssize_t read_unpacked(struct stream *s, void *to, size_t n)
{
	struct unpack *u = s->unpack;
	size_t got = 0;

	while (got == 0) {
		if (u->failed != 0)
			return fail_unpacking(s, u->failed, u->wrong);
		if (u->from == u->to && !u->is_filled) {
			ssize_t in = read_raw(s, u->in, UNPACK_IN);
			if (in < 0)
				return -1;
			if (in == 0)
				return u->is_whole ? 0 : fail_unpacking(s, EBADMSG, NULL);
			u->from = 0;
			u->to = (size_t)in;
		}
		u->failed = u->ops->step(u, to, n, &got);
	}
	return (ssize_t)got;
}

ssize_t stream_read(struct stream *s, void *to, size_t n)
{
	return s->unpack == NULL ? read_raw(s, to, n) : read_unpacked(s, to, n);
}
