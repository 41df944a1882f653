/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void spool_init(struct spool *s, int dirfd, uint64_t number)
{
	*s = (struct spool){ .dirfd = dirfd, .number = number, .fd = -1 };
}

void spool_release(struct spool *s)
{
	bq_buf_release(&s->buf);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

static void fail(struct spool *s)
{
	s->status = BQ_EIO;
	s->saved_errno = errno;
}

/* A file without a name.  Where the file system has none, one whose name is
 * taken away at once: until then it is that of a tombstone file, which a writer
 * sweeps if we are killed in between. */
static int open_file(const struct spool *s)
{
	char name[40];
	int fd = openat(s->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	(void)snprintf(name, sizeof name, "%08" PRIu64 ".del.1", s->number);
	fd = openat(s->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		(void)unlinkat(s->dirfd, name, 0);
	return fd;
}

static void write_out(struct spool *s)
{
	const uint8_t *p = s->buf.ptr;
	size_t n = s->buf.len;

	while (n != 0) {
		ssize_t done = write(s->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			fail(s);
			return;
		}
		p += done;
		n -= (size_t)done;
	}
	s->flushed += s->buf.len;
	s->buf.len = 0;
}

void spool_drain(struct spool *s)
{
	if (s->buf.len < SPOOL_BYTES || s->buf.oom || s->status != BQ_OK)
		return;
	if (s->fd < 0)
		s->fd = open_file(s);
	if (s->fd < 0)
		fail(s);
	else
		write_out(s);
}

/* What was written out, in pieces, to the one of the two that is not NULL. */
static int read_back(struct spool *s, struct container_writer *out, struct bq_buf *mem)
{
	uint8_t *piece = malloc(SPOOL_BYTES);
	uint64_t at = 0;

	if (piece == NULL)
		return BQ_ENOMEM;
	while (at < s->flushed) {
		ssize_t n = pread(s->fd, piece, SPOOL_BYTES, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno; /* shorter than what we wrote */
			fail(s);
			break;
		}
		if (out != NULL)
			container_put(out, piece, (size_t)n);
		else
			bq_buf_put(mem, piece, (size_t)n);
		at += (uint64_t)n;
	}
	free(piece);
	return s->status;
}

static int give_all(struct spool *s, struct container_writer *out, struct bq_buf *mem)
{
	int rc = s->status;

	if (s->buf.oom)
		return BQ_ENOMEM;
	if (rc == BQ_OK && s->flushed != 0)
		rc = read_back(s, out, mem);
	if (rc == BQ_OK && out != NULL)
		container_put(out, s->buf.ptr, s->buf.len);
	if (rc == BQ_OK && mem != NULL)
		bq_buf_put(mem, s->buf.ptr, s->buf.len);
	errno = s->saved_errno;
	return rc;
}

int spool_copy(struct spool *s, struct container_writer *out)
{
	return give_all(s, out, NULL);
}

int spool_load(struct spool *s, struct bq_buf *out)
{
	int rc = give_all(s, NULL, out);

	return rc == BQ_OK && out->oom ? BQ_ENOMEM : rc;
}

int spool_get(struct spool *s, uint64_t at, uint8_t *to, size_t n)
{
	while (n != 0) {
		ssize_t done = (ssize_t)n;
		if (at < s->flushed)
			done = pread(s->fd, to, s->flushed - at < n ? (size_t)(s->flushed - at) : n, (off_t)at);
		else
			memcpy(to, s->buf.ptr + (at - s->flushed), n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done == 0 ? EIO : errno; /* shorter than what we wrote */
			fail(s);
			return BQ_EIO;
		}
		to += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return BQ_OK;
}

/* At least `n` bytes of the spool more, which has them, and some ahead. */
static int fill_piece(struct spool_reader *r, size_t n)
{
	uint64_t left = spool_at(r->spool) - r->at;
	size_t want = n < SPOOL_BYTES && left > SPOOL_BYTES ? SPOOL_BYTES : left < SPOOL_BYTES ? (size_t)left : n;
	uint8_t *to = bq_buf_room(&r->piece, want);

	if (to == NULL)
		return BQ_ENOMEM;
	r->piece.len += want;
	r->at += want;
	return spool_get(r->spool, r->at - want, to, want);
}

int spool_read(struct spool_reader *r, size_t n, const uint8_t **out)
{
	struct spool *s = r->spool;
	size_t left = r->piece.len - r->used;
	int rc = s->buf.oom ? BQ_ENOMEM : s->status;

	errno = s->saved_errno;
	if (rc != BQ_OK)
		return rc;
	if (left < n) {
		if (spool_at(s) - r->at < n - left)
			return BQ_END;
		if (left != 0)
			memmove(r->piece.ptr, r->piece.ptr + r->used, left);
		r->piece.len = left;
		r->used = 0;
		rc = fill_piece(r, n - left);
		if (rc != BQ_OK)
			return rc;
	}
	*out = r->piece.ptr + r->used;
	r->used += n;
	return BQ_OK;
}

void spool_reader_release(struct spool_reader *r)
{
	bq_buf_release(&r->piece);
}
