/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FD = 1024 };

static struct {
	atomic_bool is_armed, has_fired;
	enum fault_kind kind;
	atomic_uint calls;
	unsigned n;
	int error;
	bool for_good;
	atomic_uint repeated_fsyncs;
	atomic_bool fsync_failed[MAX_FD];
} fault;

void fault_arm(enum fault_kind kind, unsigned n, int error, bool for_good)
{
	fault.kind = kind;
	fault.n = n;
	fault.error = error;
	fault.for_good = for_good;
	atomic_store(&fault.calls, 0);
	atomic_store(&fault.has_fired, false);
	atomic_store(&fault.is_armed, true);
}

bool fault_disarm(void)
{
	atomic_store(&fault.is_armed, false);
	return atomic_load(&fault.has_fired);
}

unsigned fault_repeated_fsyncs(void)
{
	return atomic_load(&fault.repeated_fsyncs);
}

/* Whether this call of `kind` is to fail. */
static bool fails(enum fault_kind kind)
{
	if (!atomic_load(&fault.is_armed) || fault.kind != kind)
		return false;
	unsigned call = atomic_fetch_add(&fault.calls, 1) + 1;
	if (call != fault.n && !(fault.for_good && call > fault.n))
		return false;
	atomic_store(&fault.has_fired, true);
	if (kind != FAULT_SHORT)
		errno = fault.error;
	return true;
}

/* WRAP(memory, result on failure, return type, name, parameters, arguments) */
#define WRAP(kind, failure, type, name, params, args) \
	type __real_##name params;                    \
	type __wrap_##name params;                    \
	type __wrap_##name params { return fails(kind) ? failure : __real_##name args; }

WRAP(FAULT_MEMORY, NULL, void *, malloc, (size_t n), (n))
WRAP(FAULT_MEMORY, NULL, void *, calloc, (size_t n, size_t size), (n, size))
WRAP(FAULT_MEMORY, NULL, void *, realloc, (void *p, size_t n), (p, n))
WRAP(FAULT_MEMORY, NULL, void *, aligned_alloc, (size_t align, size_t n), (align, n))
WRAP(FAULT_MEMORY, ENOMEM, int, posix_memalign, (void **p, size_t align, size_t n), (p, align, n))
WRAP(FAULT_MEMORY, NULL, char *, strdup, (const char *s), (s))
WRAP(FAULT_MEMORY, NULL, char *, realpath, (const char *path, char *out), (path, out))
WRAP(FAULT_MEMORY, NULL, void *, XXH3_createState, (void), ())
WRAP(FAULT_MEMORY, NULL, void *, ZSTD_createCCtx, (void), ())
WRAP(FAULT_MEMORY, NULL, void *, ZSTD_createDCtx, (void), ())
WRAP(FAULT_MEMORY, NULL, void *, ZSTD_createDStream, (void), ())
WRAP(FAULT_MEMORY, NULL, void *, ZSTD_createDDict, (const void *p, size_t n), (p, n))
WRAP(FAULT_MEMORY, NULL, void *, ZSTD_createCDict, (const void *p, size_t n, int level), (p, n, level))
WRAP(FAULT_FILES, -1, int, rename, (const char *from, const char *to), (from, to))
WRAP(FAULT_FILES, -1, int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(FAULT_FILES, -1, int, ftruncate, (int fd, off_t n), (fd, n))
WRAP(FAULT_FILES, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(FAULT_FILES, -1, int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(FAULT_FILES, -1, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(FAULT_FILES, -1, ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
WRAP(FAULT_FILES, -1, ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
WRAP(FAULT_FILES, -1, off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(FAULT_FILES, MAP_FAILED, void *, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
	(p, n, prot, flags, fd, at))

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	if (fails(FAULT_FILES))
		return -1;
	return __real_write(fd, p, n > 1 && fails(FAULT_SHORT) ? 1 : n);
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fails(FAULT_FILES))
		return -1;
	return __real_pwrite(fd, p, n > 1 && fails(FAULT_SHORT) ? 1 : n, at);
}

/* The mode that stands behind flags with O_CREAT. */
#define READ_MODE(mode, flags)                                        \
	do {                                                          \
		va_list args;                                         \
		va_start(args, flags);                                \
		(mode) = (flags & O_CREAT) ? va_arg(args, unsigned) : 0; \
		va_end(args);                                         \
	} while (0)

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode;

	READ_MODE(mode, flags);
	return fails(FAULT_FILES) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode;

	READ_MODE(mode, flags);
	return fails(FAULT_FILES) ? -1 : __real_openat(dir, path, flags, mode);
}

int __wrap_fsync(int fd)
{
	if (fd >= 0 && fd < MAX_FD && atomic_load(&fault.fsync_failed[fd]))
		atomic_fetch_add(&fault.repeated_fsyncs, 1);
	/* a success need not reach the disk: the tests run long enough as it is */
	int rc = fails(FAULT_FILES) ? -1 : 0;
	if (rc != 0 && fd >= 0 && fd < MAX_FD)
		atomic_store(&fault.fsync_failed[fd], true);
	return rc;
}

/* Closes, and may say that a late write has failed. */
int __wrap_close(int fd)
{
	bool is_bad = fails(FAULT_FILES);
	int error = errno, rc = __real_close(fd);

	if (fd >= 0 && fd < MAX_FD)
		atomic_store(&fault.fsync_failed[fd], false);
	if (!is_bad)
		return rc;
	errno = error;
	return -1;
}
