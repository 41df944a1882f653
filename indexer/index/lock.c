/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Somebody else has it: say who, if the file tells. */
static int report_holder(int fd, struct bq_error *err)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid;

	text[n < 0 ? 0 : n] = '\0';
	pid = strtol(text, NULL, 10);
	if (pid <= 0)
		return bq_error_set(err, BQ_ELOCKED, 0, "locked by another process");
	return bq_error_set(err, BQ_ELOCKED, 0, "locked by %ld", pid);
}

static int write_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) != 0)
		return -1;
	for (ssize_t at = 0, done; at < n; at += done) {
		done = pwrite(fd, text + at, (size_t)(n - at), at);
		if (done <= 0)
			return -1;
	}
	return 0;
}

int lock_open(int dirfd, struct bq_error *err)
{
	int fd = openat(dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int rc;

	if (fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", LOCK_NAME, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && write_pid(fd) == 0)
		return fd;
	rc = errno == EWOULDBLOCK ? report_holder(fd, err)
				  : bq_error_set(err, BQ_EIO, 0, "%s: %s", LOCK_NAME, strerror(errno));
	(void)close(fd);
	return rc;
}

void lock_close(int fd)
{
	if (fd < 0)
		return;
	(void)!ftruncate(fd, 0); /* a pid that stays would only mislead people */
	(void)close(fd);
}
