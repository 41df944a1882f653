/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/lock.h"

/* ---- the directory ----------------------------------------------------- */

/* mkdir -p, each new directory 0700. */
static int make_dirs(const char *dir, struct bq_error *err)
{
	char path[4096];
	size_t len = strlen(dir);

	if (len == 0 || len >= sizeof path)
		return bq_error_set(err, BQ_EUSAGE, 0, "the index's path is empty or too long");
	memcpy(path, dir, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return bq_error_set(err, errno == ENOTDIR ? BQ_EUSAGE : BQ_EIO, 0, "%s: %s", path,
				strerror(errno));
		path[i] = i == len ? '\0' : '/';
	}
	return BQ_OK;
}

/* A stream over `dirfd` that leaves it open; NULL on failure. */
static DIR *list_dir(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL && fd >= 0)
		(void)close(fd);
	return d;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A file that a sweep may unlink. */
static bool is_sweepable(const char *name)
{
	uint64_t number, gen;

	return strcmp(name, PUBLISH_TMP_NAME) == 0 ||
		manifest_file_parse(bq_span_of(name), &number, &gen) != MANIFEST_FILE_OTHER;
}

/* What stands in a directory without a MANIFEST that starts as ours do: 0
 * nothing, 1 only what an interrupted first build or damage leaves (always with
 * its LOCK), 2 anything else. */
static int judge_dir(int dirfd)
{
	DIR *d = list_dir(dirfd);
	bool has_lock = false, has_ours = false, has_other = d == NULL;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (is_dots(e->d_name))
			continue;
		if (strcmp(e->d_name, LOCK_NAME) == 0)
			has_lock = true;
		else if (is_sweepable(e->d_name) || strcmp(e->d_name, MANIFEST_NAME) == 0)
			has_ours = true;
		else
			has_other = true;
	}
	if (d != NULL)
		(void)closedir(d);
	if (has_other || (has_ours && !has_lock))
		return 2;
	return has_lock ? 1 : 0;
}

int publish_dir_open(const char *dir, struct bq_error *err)
{
	int rc = make_dirs(dir, err), fd, judged;

	if (rc != BQ_OK)
		return rc;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return bq_error_set(err, errno == ENOTDIR ? BQ_EUSAGE : BQ_EIO, 0, "%s: %s", dir, strerror(errno));
	if (manifest_exists(fd))
		return fd;
	judged = judge_dir(fd);
	if (judged == 1 || (judged == 0 && fchmod(fd, 0700) == 0))
		return fd;
	rc = judged == 2 ? bq_error_set(err, BQ_EUSAGE, 0, "%s: not empty and no index: refused", dir)
			 : bq_error_set(err, BQ_EIO, 0, "%s: %s", dir, strerror(errno));
	(void)close(fd);
	return rc;
}

/* ---- files ------------------------------------------------------------- */

static int write_all(int fd, struct bq_span bytes)
{
	while (bytes.len != 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = bq_span_from(bytes, (size_t)n);
	}
	return 0;
}

int publish_file(int dirfd, const char *name, struct bq_span bytes, struct bq_error *err)
{
	int fd, rc;

	(void)unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", name, strerror(errno));
	rc = write_all(fd, bytes) == 0 && fsync(fd) == 0 ? BQ_OK : errno;
	if (close(fd) != 0 && rc == BQ_OK)
		rc = errno;
	if (rc == BQ_OK)
		return BQ_OK;
	(void)unlinkat(dirfd, name, 0);
	return bq_error_set(err, BQ_EIO, 0, "%s: %s", name, strerror(rc));
}

int publish_manifest(int dirfd, struct manifest *m, struct bq_error *err)
{
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_arena mem;
	struct manifest check;
	int rc;

	bq_arena_init(&mem, SIZE_MAX);
	manifest_format(m, &text);
	if (text.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for MANIFEST");
	else if (text.len > MANIFEST_MAX_BYTES)
		rc = bq_error_set(err, BQ_ELIMIT, 0, "MANIFEST over %u bytes: too many sources or stop words",
			MANIFEST_MAX_BYTES);
	else
		rc = manifest_parse(bq_buf_span(&text), &mem, &check, err); /* what we publish, readers accept */
	if (rc == BQ_OK)
		rc = publish_file(dirfd, PUBLISH_TMP_NAME, bq_buf_span(&text), err);
	if (rc != BQ_OK)
		goto out;
	m->checksum = check.checksum;
	if (renameat(dirfd, PUBLISH_TMP_NAME, dirfd, MANIFEST_NAME) != 0 || fsync(dirfd) != 0)
		rc = bq_error_set(err, BQ_EIO, 0, "%s: %s", MANIFEST_NAME, strerror(errno));
out:
	bq_buf_release(&text);
	bq_arena_release(&mem);
	return rc;
}

/* ---- sweeping ---------------------------------------------------------- */

static bool is_named(const struct manifest *m, const char *file)
{
	char name[MANIFEST_FILE_MAX];

	for (uint32_t i = 0; i < m->n_segments; i++) {
		manifest_segment_file(&m->segments[i], name);
		if (strcmp(file, name) == 0)
			return true;
		manifest_tombstone_file(&m->segments[i], name);
		if (m->segments[i].n_dead != 0 && strcmp(file, name) == 0)
			return true;
		manifest_stat_file(&m->segments[i], name);
		if (m->segments[i].stat_gen != 0 && strcmp(file, name) == 0)
			return true;
	}
	return false;
}

void publish_sweep(int dirfd, const struct manifest *m)
{
	DIR *d = list_dir(dirfd);

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (is_sweepable(e->d_name) && !is_named(m, e->d_name))
			(void)unlinkat(dirfd, e->d_name, 0);
	(void)closedir(d);
}

void publish_numbers(int dirfd, uint64_t *number, uint64_t *gen)
{
	DIR *d = list_dir(dirfd);
	uint64_t n, g;

	*number = *gen = 0;
	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (manifest_file_parse(bq_span_of(e->d_name), &n, &g) == MANIFEST_FILE_OTHER)
			continue;
		*number = n > *number ? n : *number;
		*gen = g > *gen ? g : *gen;
	}
	(void)closedir(d);
}
