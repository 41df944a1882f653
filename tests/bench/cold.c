/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/cold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "segment/segment.h"

enum { TRIES = 20 };

static const struct mapfile *map_of(const struct cold *c, uint32_t i)
{
	return &segment_of(c->index->leaves[i])->map;
}

static size_t pages_of(const struct mapfile *m)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (m->len + page - 1) / page;
}

static int open_segment(const struct cold *c, uint32_t i, struct bq_error *err)
{
	const char *name = NULL;
	char path[4096];

	if (!bq_index_file_at(c->index, map_of(c, i)->ptr, &name) ||
		snprintf(path, sizeof path, "%s/%s", c->index->dir, name) >= (int)sizeof path) {
		(void)bq_error_set(err, BQ_EIO, 0, "segment %u: no file", i);
		return -1;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		(void)bq_error_set(err, BQ_EIO, 0, "%s: %s", path, strerror(errno));
	return fd;
}

int cold_init(struct cold *c, const struct bq_index *ix, struct bq_error *err)
{
	size_t most = 0;

	*c = (struct cold){ .index = ix };
	for (uint32_t i = 0; i < BQ_MAX_SEGMENTS; i++)
		c->fds[i] = -1;
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		c->fds[i] = open_segment(c, i, err);
		if (c->fds[i] < 0)
			return BQ_EIO;
		most = pages_of(map_of(c, i)) > most ? pages_of(map_of(c, i)) : most;
	}
	c->pages = malloc(most + 1);
	if (c->pages == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	return bq_index_check_sums(ix, NULL, err);
}

/* Drop one segment and count what stays: mapped pages would, so our own map
 * forgets them first. */
static int drop_segment(const struct cold *c, uint32_t i, uint64_t *n_kept)
{
	const struct mapfile *m = map_of(c, i);

	*n_kept = 0;
	mapfile_forget(m);
	int failed = posix_fadvise(c->fds[i], 0, 0, POSIX_FADV_DONTNEED);
	if (failed != 0)
		return failed;
	if (mincore((void *)(uintptr_t)m->ptr, m->len, c->pages) != 0)
		return errno;
	for (size_t p = 0, n = pages_of(m); p < n; p++)
		*n_kept += c->pages[p] & 1;
	return 0;
}

int cold_drop(struct cold *c, struct bq_error *err)
{
	c->n_kept = c->n_pages = 0;
	for (uint32_t i = 0; i < c->index->n_leaves; i++) {
		uint64_t n_kept = 0;
		int failed = drop_segment(c, i, &n_kept);
		for (int again = 0; failed == 0 && n_kept != 0 && again < TRIES; again++) {
			(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); /* pages on their way in */
			failed = drop_segment(c, i, &n_kept);
		}
		if (failed != 0)
			return bq_error_set(err, BQ_EIO, 0, "segment %u: %s", i, strerror(failed));
		c->n_pages += pages_of(map_of(c, i));
		c->n_kept += n_kept;
	}
	return BQ_OK;
}

void cold_release(struct cold *c)
{
	for (uint32_t i = 0; c->index != NULL && i < BQ_MAX_SEGMENTS; i++)
		if (c->fds[i] >= 0)
			(void)close(c->fds[i]); /* read-only: nothing to lose */
	free(c->pages);
	*c = (struct cold){ 0 };
}
