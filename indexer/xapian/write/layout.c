/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/write/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>

#include "index/lock.h"
#include "index/manifest.h"
#include "index/publish.h"
#include "xapian/engine/naming.h"

#define STUB_TMP NAMING_STUB ".tmp"

enum { MAX_OPEN = 16 };

/* A generation's number by the name of its directory; 0: it is none. */
static uint64_t generation_of(const char *name)
{
	char *end;

	if (name[0] < '1' || name[0] > '9')
		return 0;
	errno = 0;
	uint64_t n = strtoull(name, &end, 10);
	return *end == '\0' && errno == 0 && n <= MANIFEST_MAX_GEN ? n : 0;
}

static DIR *list(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL && fd >= 0)
		(void)close(fd);
	return d;
}

/* With its stub, or what an interrupted first build leaves. */
static bool is_ours(int dirfd)
{
	bool has_stub = false, has_lock = false, has_other = false;
	DIR *d = list(dirfd);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		const char *name = e->d_name;
		if (strcmp(name, NAMING_STUB) == 0)
			has_stub = true;
		else if (strcmp(name, LOCK_NAME) == 0)
			has_lock = true;
		else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, STUB_TMP) != 0 &&
			generation_of(name) == 0)
			has_other = true;
	}
	if (d != NULL)
		(void)closedir(d);
	return has_lock && (has_stub || !has_other);
}

bool layout_exists(int dirfd)
{
	return faccessat(dirfd, NAMING_STUB, F_OK, 0) == 0 && faccessat(dirfd, LOCK_NAME, F_OK, 0) == 0;
}

int layout_open(const char *dir, struct bq_error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && manifest_exists(fd)) {
		(void)close(fd);
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: an index of the native engine: choose another directory", dir);
	}
	if (fd >= 0 && is_ours(fd))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return publish_dir_open(dir, err);
}

uint64_t layout_last(int dirfd)
{
	DIR *d = list(dirfd);
	uint64_t last = 0;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		uint64_t n = generation_of(e->d_name);
		last = n > last ? n : last;
	}
	if (d != NULL)
		(void)closedir(d);
	return last;
}

/* ---- trees ---------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	(void)remove(path); /* what stays is removed by the next build */
	return 0;
}

void layout_remove(const char *dir, uint64_t gen)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%" PRIu64, dir, gen) < PATH_MAX)
		(void)nftw(path, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
}

uint64_t layout_bytes(const char *dir, uint64_t gen)
{
	char path[PATH_MAX];
	uint64_t sum = 0;
	struct stat st;

	for (uint32_t i = 0;; i++) {
		if (snprintf(path, sizeof path, "%s/%" PRIu64 "/shard-%" PRIu32, dir, gen, i) >= PATH_MAX)
			return sum;
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);
		if (d == NULL)
			return sum;
		for (struct dirent *e; (e = readdir(d)) != NULL;)
			if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
				sum += (uint64_t)st.st_size;
		(void)closedir(d);
	}
}

/* ---- publishing ------------------------------------------------------------------- */

/* The generation that the stub names; 0: none. */
static uint64_t read_current(int dirfd)
{
	char text[64];
	int fd = openat(dirfd, NAMING_STUB, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		(void)close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return strncmp(text, "auto ", 5) == 0 ? strtoull(text + 5, NULL, 10) : 0;
}

static void sweep(int dirfd, const char *dir, uint64_t gen, uint64_t before)
{
	DIR *d = list(dirfd);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		uint64_t n = generation_of(e->d_name);
		if (n != 0 && n != gen && n != before)
			layout_remove(dir, n);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* The shards' own files were made durable by their last commit; their directories here. */
static int sync_directories(int dirfd, uint64_t gen, struct bq_error *err)
{
	char name[24];

	(void)snprintf(name, sizeof name, "%" PRIu64, gen);
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 && fsync(dirfd) == 0 ? BQ_OK : errno;
	if (fd >= 0)
		(void)close(fd);
	return rc == BQ_OK ? BQ_OK : bq_error_set(err, BQ_EIO, 0, "%s: %s", name, strerror(rc));
}

int layout_publish(int dirfd, const char *dir, uint64_t gen, uint32_t shards, struct bq_error *err)
{
	uint64_t before = read_current(dirfd);
	struct bq_buf text = BQ_BUF_INIT;
	int rc = sync_directories(dirfd, gen, err);

	for (uint32_t i = 0; i < shards; i++)
		bq_buf_printf(&text, "auto %" PRIu64 "/shard-%" PRIu32 "\n", gen, i);
	if (rc == BQ_OK && text.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	if (rc == BQ_OK)
		rc = publish_file(dirfd, STUB_TMP, bq_buf_span(&text), err);
	bq_buf_release(&text);
	if (rc == BQ_OK && (renameat(dirfd, STUB_TMP, dirfd, NAMING_STUB) != 0 || fsync(dirfd) != 0))
		rc = bq_error_set(err, BQ_EIO, 0, "%s: %s", NAMING_STUB, strerror(errno));
	if (rc == BQ_OK)
		sweep(dirfd, dir, gen, before);
	return rc;
}
