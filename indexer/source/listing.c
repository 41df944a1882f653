/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/manifest.h"
#include "source/file.h"
#include "xapian/write/layout.h"

enum { READ_BYTES = 64 << 10, LOOK_NAMES = 512 };

/* ---- names ------------------------------------------------------------- */

/* One name as it waits to be sorted: its kind, its bytes, a '/' if it is a
 * directory, a NUL. */
static void add_name(struct listing *l, const char *name, uint8_t kind)
{
	size_t len = strlen(name);
	struct stat st;

	if (kind == DT_UNKNOWN && fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		kind = IFTODT(st.st_mode);
	bq_buf_put_u8(&l->names, kind);
	bq_buf_put(&l->names, name, len);
	if (kind == DT_DIR)
		bq_buf_put_u8(&l->names, '/');
	bq_buf_put_u8(&l->names, '\0');
	l->n++;
}

/* All names of the directory, in the order they come.  An errno in l->error ends it. */
static void read_names(struct listing *l)
{
	struct dirent64 *e;
	char *piece = malloc(READ_BYTES);
	ssize_t got;

	if (piece == NULL) {
		l->error = ENOMEM;
		return;
	}
	while ((got = getdents64(l->fd, piece, READ_BYTES)) > 0) {
		for (char *p = piece; p < piece + got; p += e->d_reclen) {
			e = (struct dirent64 *)(void *)p;
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				add_name(l, e->d_name, e->d_type);
		}
	}
	if (got < 0)
		l->error = errno;
	free(piece);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* An entry for each name, sorted. */
static void sort_names(struct listing *l)
{
	const char *name = (const char *)l->names.ptr;

	l->entries = l->names.oom ? NULL : calloc(l->n + 1, sizeof *l->entries);
	if (l->entries == NULL) {
		l->error = ENOMEM;
		l->n = 0;
		return;
	}
	for (size_t i = 0; i < l->n; i++) {
		l->entries[i] = (struct entry){ .name = name + 1, .kind = (uint8_t)name[0] };
		name += strlen(name + 1) + 2;
	}
	if (l->n > 1)
		qsort(l->entries, l->n, sizeof *l->entries, compare_entries);
}

/* ---- what is let in ---------------------------------------------------- */

/* A pattern with a '/' is about the whole path, another about the name. */
static bool matches(const char *const *globs, size_t n, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;

	for (size_t i = 0; i < n; i++)
		if (fnmatch(globs[i], strchr(globs[i], '/') == NULL ? name : path, 0) == 0)
			return true;
	return false;
}

const char *listing_judge_path(const struct source *base, const char *path, bool is_dir)
{
	const struct source_opts *o = base->opts;
	const char *slash = strrchr(path, '/');

	if (!base->is_named && (slash == NULL ? path : slash + 1)[0] == '.')
		return "hidden";
	if (o->n_exclude != 0 && matches(o->exclude, o->n_exclude, path))
		return "excluded";
	if (!is_dir && o->n_include != 0 && !matches(o->include, o->n_include, path))
		return "not included";
	return NULL;
}

static const char *judge_kind(uint8_t kind)
{
	return kind == DT_REG || kind == DT_UNKNOWN ? NULL : kind == DT_LNK ? "symbolic link" : "not a regular file";
}

/* NULL, or why a regular file of this name is not read; says how it is. */
static const char *judge_type(const struct source *base, struct entry *e)
{
	e->type = filetype_of(e->name, &e->packing);
	if (e->type == FILETYPE_PACKED)
		return "compressed";
	if (e->type != FILETYPE_UNKNOWN)
		return NULL;
	e->type = FILETYPE_TEXT; /* what the user names is text if it looks like it */
	return base->is_named ? NULL : "unsupported type";
}

static void look_at(struct listing *l, struct entry *e)
{
	size_t len = l->path.len;
	struct stat st;

	bq_buf_put(&l->path, e->name, strlen(e->name) + 1);
	if (l->path.oom) {
		e->error = ENOMEM;
		return;
	}
	if (e->kind == DT_DIR)
		l->path.ptr[l->path.len - 2] = '\0'; /* its '/' */
	e->why = listing_judge_path(l->base, (const char *)l->path.ptr, e->kind == DT_DIR);
	l->path.len = len;
	if (e->why != NULL || e->kind == DT_DIR)
		return;
	e->why = judge_kind(e->kind);
	if (e->why == NULL && e->kind == DT_REG)
		e->why = judge_type(l->base, e);
	if (e->why != NULL)
		return;
	if (fstatat(l->fd, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		e->error = errno;
		return;
	}
	e->why = judge_kind(IFTODT(st.st_mode));
	if (e->why == NULL && e->kind != DT_REG)
		e->why = judge_type(l->base, e);
	e->bytes = (uint64_t)st.st_size;
	e->mtime_us = file_mtime_us(&st);
}

void listing_look(struct listing *l)
{
	size_t left = l->n - l->n_looked, n = left < LOOK_NAMES ? left : LOOK_NAMES;

	for (; n != 0; n--)
		look_at(l, &l->entries[l->n_looked++]);
}

/* ---- opening ----------------------------------------------------------- */

/* NULL, or why the opened directory stays out; *error if that is not known. */
static const char *judge_dir(const struct source *base, int fd, int *error)
{
	const struct source_opts *o = base->opts;
	struct stat st;

	if (fstat(fd, &st) != 0) {
		*error = errno;
		return NULL;
	}
	if (manifest_exists(fd) || layout_exists(fd)
		|| (o->skip_ino != 0 && st.st_ino == o->skip_ino && st.st_dev == o->skip_dev))
		return "a bq index";
	return NULL;
}

static void open_dir(struct listing *l, const struct source *base, int dirfd, const char *name)
{
	*l = (struct listing){ .base = base,
		.fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) };
	if (l->fd < 0)
		l->error = errno;
}

static void stay_out(struct listing *l)
{
	(void)close(l->fd);
	l->fd = -1;
}

void listing_open(struct listing *l, const struct source *base, int dirfd, const char *name, struct bq_span path)
{
	open_dir(l, base, dirfd, name);
	if (l->fd < 0)
		return;
	l->why = judge_dir(base, l->fd, &l->error);
	if (l->why != NULL || l->error != 0) {
		stay_out(l);
		return;
	}
	bq_buf_put_span(&l->path, path);
	if (path.len != 0)
		bq_buf_put_u8(&l->path, '/');
	read_names(l);
	sort_names(l);
	listing_look(l);
}

void listing_open_one(struct listing *l, const struct source *base, const char *root, const char *name)
{
	open_dir(l, base, AT_FDCWD, root);
	if (l->fd < 0)
		return;
	bq_buf_put_u8(&l->names, DT_UNKNOWN);
	bq_buf_put(&l->names, name, strlen(name) + 1);
	l->n = 1;
	sort_names(l);
	listing_look(l);
}

void listing_close(struct listing *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l->entries);
	bq_buf_release(&l->names);
	bq_buf_release(&l->path);
	*l = (struct listing){ .fd = -1 };
}
