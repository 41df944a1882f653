/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
