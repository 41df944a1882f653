/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/tmpdir.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Noreturn static void give_up(const char *what, const char *path)
{
	(void)fprintf(stderr, "tmpdir: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

void tmpdir_init(struct tmpdir *d)
{
	const char *parent = getenv("TMPDIR");
	int n = snprintf(d->path, sizeof d->path, "%s/bq-test.XXXXXX", parent != NULL && parent[0] ? parent : "/tmp");

	if (n < 0 || (size_t)n >= sizeof d->path) {
		errno = ENAMETOOLONG;
		give_up("name", "$TMPDIR");
	}
	if (mkdtemp(d->path) == NULL)
		give_up("mkdtemp", d->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void tmpdir_release(struct tmpdir *d)
{
	if (d->path[0] != '\0' && nftw(d->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		give_up("remove", d->path);
	d->path[0] = '\0';
}

char *tmpdir_path(const struct tmpdir *d, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", d->path, name) < 0)
		give_up("name", name);
	return path;
}

static void make_parents(char *path, size_t from)
{
	for (size_t i = from; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			give_up("mkdir", path);
		path[i] = '/';
	}
}

void tmpdir_put(const struct tmpdir *d, const char *name, struct bq_span bytes)
{
	char *path = tmpdir_path(d, name);

	make_parents(path, strlen(d->path) + 1);
	FILE *f = fopen(path, "wb");
	if (f == NULL)
		give_up("create", path);
	if (bytes.len > 0 && fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len)
		give_up("write", path);
	if (fclose(f) != 0)
		give_up("close", path);
	free(path);
}
