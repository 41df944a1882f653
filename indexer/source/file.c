/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LOOK = 8192, STEP = 65536 };

const char *file_look(int dirfd, const char *name, struct stat *st, bool *is_broken)
{
	*is_broken = fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) != 0;
	if (*is_broken)
		return strerror(errno);
	if (S_ISREG(st->st_mode))
		return NULL;
	return S_ISLNK(st->st_mode) ? "symbolic link" : "not a regular file";
}

int file_open(int dirfd, const char *name, struct stat *st)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	if (fd >= 0) {
		(void)close(fd);
		errno = ESTALE; /* something else has taken its name */
	}
	return -1;
}

int file_read(int fd, const struct stat *st, struct bq_buf *b)
{
	uint64_t size = (uint64_t)st->st_size;

	bq_buf_clear(b);
	if (size > UINT32_MAX) {
		errno = EFBIG;
		return -1;
	}
	for (;;) {
		/* one byte more than expected, so that the end shows in the same call */
		size_t room = b->len <= size ? (size_t)size - b->len + 1 : STEP;
		uint8_t *to = bq_buf_room(b, room);
		ssize_t n = to == NULL ? -1 : read(fd, to, room);
		if (to == NULL)
			errno = ENOMEM;
		if (n <= 0)
			return (int)n;
		b->len += (size_t)n;
		if (b->len > UINT32_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
}

const char *file_judge(struct bq_span bytes)
{
	struct bq_span head = bq_span_first(bytes, LOOK);

	if (bq_span_starts(head, BQ_SPAN("\xff\xfe")) || bq_span_starts(head, BQ_SPAN("\xfe\xff")))
		return "UTF-16 text";
	if (head.len != 0 && memchr(head.ptr, '\0', head.len) != NULL)
		return "binary";
	return NULL;
}
