/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_format(char *out, size_t cap, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(out, cap, fmt, args);
	va_end(args);
	return n >= 0 && (size_t)n < cap;
}

static int fail(struct bq_error *err, const char *path)
{
	int status = errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO;

	return bq_error_set(err, status, 0, "%.180s: %s", path, strerror(errno));
}

int files_read(const char *path, size_t max, char **out, size_t *out_len, struct bq_error *err)
{
	FILE *f = fopen(path, "re");
	char *buf = f == NULL ? NULL : malloc(max + 2);
	int status = BQ_OK;

	if (f == NULL)
		return fail(err, path);
	errno = ENOMEM;
	size_t n = buf == NULL ? 0 : fread(buf, 1, max + 1, f);
	if (buf == NULL || ferror(f) != 0)
		status = fail(err, path);
	else if (n > max)
		status = bq_error_set(err, BQ_ELIMIT, 0, "%.180s: longer than %zu bytes", path, max);
	(void)fclose(f);
	if (status != BQ_OK) {
		free(buf);
		return status;
	}
	buf[n] = '\0';
	*out = buf;
	*out_len = n;
	return BQ_OK;
}

static int write_whole(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return -1;
		text += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return fsync(fd);
}

int files_replace(const char *path, const char *text, size_t len, struct bq_error *err)
{
	char tmp[PATH_MAX];

	if (!files_format(tmp, sizeof tmp, "%s.%ld", path, (long)getpid()))
		return bq_error_set(err, BQ_EIO, 0, "%.180s: path too long", path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(err, tmp);
	bool failed = write_whole(fd, text, len) != 0;
	failed = close(fd) != 0 || failed;
	if (failed || rename(tmp, path) != 0) {
		int status = fail(err, path);
		(void)unlink(tmp);
		return status;
	}
	return BQ_OK;
}

int files_make_dirs(const char *path, struct bq_error *err)
{
	char part[PATH_MAX];

	if (!files_format(part, sizeof part, "%s", path))
		return bq_error_set(err, BQ_EIO, 0, "%.180s: path too long", path);
	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return fail(err, part);
		*slash = '/';
	}
	if (mkdir(part, 0700) != 0 && errno != EEXIST)
		return fail(err, part);
	return BQ_OK;
}

bool files_is_private_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}
