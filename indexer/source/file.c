/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LOOK = 8192, STEP = 65536 };

int file_open(int dirfd, const char *name, struct stat *st, const char **reason, bool *is_broken)
{
	int fd;

	*is_broken = false;
	/* look before opening: opening a device can have effects */
	if (fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) != 0) {
		*reason = strerror(errno);
		*is_broken = true;
		return -1;
	}
	*reason = S_ISLNK(st->st_mode) ? "symbolic link" : "not a regular file";
	if (!S_ISREG(st->st_mode))
		return -1;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	if (fd >= 0) {
		(void)close(fd);
		return -1;
	}
	*reason = strerror(errno);
	*is_broken = true;
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
