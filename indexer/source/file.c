/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int64_t file_mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
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
