/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int mapfile_of(int fd, const char *name, struct mapfile *out, struct bq_error *err)
{
	struct stat st;

	memset(out, 0, sizeof *out);
	if (fstat(fd, &st) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: not a regular file", name);
	out->len = (size_t)st.st_size;
	if (out->len == 0)
		return BQ_OK;
	void *p = mmap(NULL, out->len, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return bq_error_set(err, BQ_EIO, 0, "%s: mmap: %s", name, strerror(errno));
	out->ptr = p;
	return BQ_OK;
}

int mapfile_open(int dirfd, const char *name, struct mapfile *out, struct bq_error *err)
{
	/* O_NONBLOCK: opening a FIFO must not hang. */
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	memset(out, 0, sizeof *out);
	if (fd < 0)
		return bq_error_set(err, errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO, 0, "%s: %s", name, strerror(errno));
	int rc = mapfile_of(fd, name, out, err);
	(void)close(fd); /* read-only: nothing to lose */
	return rc;
}

void mapfile_forget(const struct mapfile *m)
{
	if (m->ptr != NULL)
		/* Read-only and shared: nothing is lost. */
		(void)madvise((void *)(uintptr_t)m->ptr, m->len, MADV_DONTNEED);
}

void mapfile_expect(const struct mapfile *m, enum mapfile_use use)
{
	if (m->ptr != NULL) /* advice: nothing is lost if it is not taken */
		(void)madvise((void *)(uintptr_t)m->ptr, m->len, use == MAPFILE_IN_ORDER ? MADV_NORMAL : MADV_RANDOM);
}

void mapfile_close(struct mapfile *m)
{
	if (m->ptr != NULL)
		(void)munmap((void *)(uintptr_t)m->ptr, m->len);
	memset(m, 0, sizeof *m);
}
