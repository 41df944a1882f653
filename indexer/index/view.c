/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One generation, opened: MANIFEST and the files it names.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bq/index.h>

#include "base/mapfile.h"
#include "index/manifest.h"
#include "index/stat_file.h"
#include "index/tombstones.h"
#include "segment/segment.h"
#include "xapian/engine/engine.h"
#include "xapian/remote/remote.h"

enum { OPEN_TRIES = 100, ARENA_BYTES = 8 << 20 };

#define IS_XAPIAN "%s: Xapian databases: call them xapian:%s"

/* What stands behind a bq_index. */
struct generation {
	struct bq_index index; /* first */
	atomic_uint owners;
	struct bq_arena mem;   /* what the manifest points to */
	struct manifest manifest;
	struct segment *segments[BQ_MAX_SEGMENTS];
	struct mapfile dead[BQ_MAX_SEGMENTS], stats[BQ_MAX_SEGMENTS];
	struct bq_leaf *leaves[BQ_MAX_SEGMENTS];
};

static void free_generation(struct generation *g)
{
	if (g == NULL)
		return;
	for (uint32_t i = 0; i < BQ_MAX_SEGMENTS; i++) {
		segment_close(g->segments[i]);
		mapfile_close(&g->dead[i]);
		mapfile_close(&g->stats[i]);
	}
	bq_arena_release(&g->mem);
	free(g);
}

/* The segment must be the one MANIFEST means: same bytes, same sums, same
 * analysis and constants [F35]. */
static int check_segment(const struct generation *g, const struct segment *s, const struct manifest_segment *m,
	struct bq_error *err)
{
	const struct container_head *h = &s->file.head;

	if (h->file_bytes != m->bytes || h->checksum != m->checksum || h->n_docs != m->n_docs || h->number != m->number)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: not the file that MANIFEST names [F35]", s->name);
	if (h->text_id != g->manifest.text_id || memcmp(&h->k1, &g->manifest.k1, sizeof h->k1) != 0
		|| memcmp(&h->b, &g->manifest.b, sizeof h->b) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: analysed or scored unlike MANIFEST says [F35]", s->name);
	return BQ_OK;
}

static int open_tombstones(struct generation *g, uint32_t i, int dirfd, struct bq_error *err)
{
	const struct manifest_segment *m = &g->manifest.segments[i];
	struct bq_leaf *leaf = &g->segments[i]->leaf;
	char name[MANIFEST_FILE_MAX];

	if (m->del_gen == 0)
		return BQ_OK;
	manifest_tombstone_file(m, name);
	int rc = mapfile_open(dirfd, name, &g->dead[i], err);
	if (rc == BQ_OK)
		rc = tombstones_check(mapfile_span(&g->dead[i]), m, &leaf->dead, err);
	leaf->n_dead = m->n_dead;
	return rc;
}

static int open_stat(struct generation *g, uint32_t i, int dirfd, struct bq_error *err)
{
	const struct manifest_segment *m = &g->manifest.segments[i];
	char name[MANIFEST_FILE_MAX];

	if (m->stat_gen == 0)
		return BQ_OK;
	manifest_stat_file(m, name);
	int rc = mapfile_open(dirfd, name, &g->stats[i], err);
	return rc == BQ_OK ? stat_file_check(mapfile_span(&g->stats[i]), m, &g->segments[i]->stamps, err) : rc;
}

static int open_segments(struct generation *g, int dirfd, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < g->manifest.n_segments && rc == BQ_OK; i++) {
		char name[MANIFEST_FILE_MAX];
		manifest_segment_file(&g->manifest.segments[i], name);
		rc = segment_open(dirfd, name, &g->segments[i], err);
		if (rc == BQ_OK)
			rc = check_segment(g, g->segments[i], &g->manifest.segments[i], err);
		if (rc == BQ_OK)
			rc = open_tombstones(g, i, dirfd, err);
		if (rc == BQ_OK)
			rc = open_stat(g, i, dirfd, err);
		if (rc == BQ_OK)
			g->leaves[i] = &g->segments[i]->leaf;
	}
	return rc;
}

static void fill_index(struct generation *g, const char *dir)
{
	const struct manifest *m = &g->manifest;

	g->index = (struct bq_index){
		.gen = m->gen,
		.n_leaves = m->n_segments,
		.leaves = g->leaves,
		.n_docs = m->n_docs,
		.n_live = m->n_live,
		.n_tokens = m->n_tokens,
		.k1 = m->k1,
		.b = m->b,
		.avg_len = m->avg_len,
		.pairs = m->pairs,
		.pairs_percent = m->pairs_percent,
		.text = m->text,
		.text_id = m->text_id,
		.dir = bq_arena_dup(&g->mem, bq_span_of(dir)).ptr,
		.n_sources = m->n_sources,
		.sources = m->sources,
		.priv = g,
	};
}

/* One try: BQ_ENOTFOUND also when a file that MANIFEST names has gone. */
static int open_once(int dirfd, const char *dir, struct generation **out, struct bq_error *err)
{
	struct generation *g = calloc(1, sizeof *g);

	*out = g;
	if (g == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "%s: out of memory", dir);
	bq_arena_init(&g->mem, ARENA_BYTES);
	atomic_init(&g->owners, 1);
	int rc = manifest_read(dirfd, &g->mem, &g->manifest, NULL, err);
	if (rc == BQ_ENOTFOUND && engine_is_at(dir))
		return bq_error_set(err, BQ_EUSAGE, 0, IS_XAPIAN, dir, dir);
	if (rc == BQ_ENOTFOUND)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: no index here (no MANIFEST)", dir);
	if (rc == BQ_OK)
		rc = open_segments(g, dirfd, err);
	if (rc == BQ_OK)
		fill_index(g, dir);
	if (rc == BQ_OK && g->mem.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "%s: out of memory", dir);
	return rc;
}

static int open_dir(const char *dir, int *fd, struct bq_error *err)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return bq_error_set(err, errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO, 0, "%s: %s", dir, strerror(errno));
	return BQ_OK;
}

int bq_index_open(const char *dir, struct bq_index **out, struct bq_error *err)
{
	struct generation *g = NULL;
	int dirfd, rc;

	if (engine_owns(dir))
		return engine_open(dir, out, err);
	if (remote_owns(dir))
		return remote_open(dir, out, err);
	*out = NULL;
	rc = open_dir(dir, &dirfd, err);
	if (rc != BQ_OK)
		return rc;
	/* A writer that publishes between our reading MANIFEST and opening its files
	 * unlinks some of them: then there is a newer MANIFEST to read. */
	for (int i = 0; i < OPEN_TRIES; i++) {
		rc = open_once(dirfd, dir, &g, err);
		if (rc != BQ_ENOTFOUND)
			break;
		free_generation(g);
		g = NULL;
	}
	(void)close(dirfd);
	if (rc != BQ_OK) {
		free_generation(g);
		return rc == BQ_EUSAGE ? BQ_ENOTFOUND : rc == BQ_ENOTFOUND ? BQ_EFORMAT : rc;
	}
	*out = &g->index;
	return BQ_OK;
}

struct bq_index *bq_index_ref(struct bq_index *ix)
{
	if (ix != NULL && ix->is_remote)
		remote_ref(ix);
	else if (ix != NULL && ix->is_xapian)
		engine_ref(ix);
	else if (ix != NULL && ix->priv != NULL)
		atomic_fetch_add(&((struct generation *)ix->priv)->owners, 1);
	return ix;
}

void bq_index_unref(struct bq_index *ix)
{
	if (ix == NULL || ix->priv == NULL)
		return;
	if (ix->is_remote) {
		remote_unref(ix);
		return;
	}
	if (ix->is_xapian) {
		engine_unref(ix);
		return;
	}
	struct generation *g = ix->priv;
	if (atomic_fetch_sub(&g->owners, 1) == 1)
		free_generation(g);
}

/* The stamp but for the checksum, which takes a read. */
static struct bq_index_stamp stamp_of(const struct stat *st)
{
	struct bq_index_stamp stamp;

	memset(&stamp, 0, sizeof stamp);
	stamp.device = st->st_dev;
	stamp.inode = st->st_ino;
	stamp.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
	stamp.bytes = (uint64_t)st->st_size;
	return stamp;
}

static int stat_manifest(const char *dir, struct bq_index_stamp *out, int *dirfd, struct bq_error *err)
{
	struct stat st;
	int rc = open_dir(dir, dirfd, err);

	memset(out, 0, sizeof *out);
	if (rc != BQ_OK)
		return rc;
	if (fstatat(*dirfd, MANIFEST_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		rc = errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO;
		if (rc == BQ_ENOTFOUND && engine_is_at(dir))
			(void)bq_error_set(err, rc, 0, IS_XAPIAN, dir, dir);
		else
			(void)bq_error_set(err, rc, 0, "%s/%s: %s", dir, MANIFEST_NAME, strerror(errno));
		(void)close(*dirfd);
		return rc;
	}
	*out = stamp_of(&st);
	return BQ_OK;
}

/* The last line's 16 hex digits as a number. */
static uint64_t read_checksum(int dirfd, uint64_t bytes)
{
	char tail[18] = { 0 };
	int fd = openat(dirfd, MANIFEST_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return 0;
	ssize_t n = bytes < 17 ? 0 : pread(fd, tail, 17, (off_t)(bytes - 17));
	(void)close(fd);
	return n == 17 ? strtoull(tail, NULL, 16) : 0;
}

/* An inode may be taken again within a tick of the clock: a file is known by its
 * stat alone once its time is well past. */
static bool is_settled(uint64_t mtime_ns)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	return (uint64_t)now.tv_sec * 1000000000u > mtime_ns + 2000000000u;
}

/* Whether `now`, without its checksum, is what `last` was, and surely so. */
static bool is_same(const struct bq_index_stamp *last, const struct bq_index_stamp *now)
{
	return last != NULL && last->device == now->device && last->inode == now->inode
		&& last->mtime_ns == now->mtime_ns && last->bytes == now->bytes && is_settled(now->mtime_ns);
}

/* The stamp is still `last`, by one call: a daemon asks this with each request. */
static bool is_unchanged(const char *dir, const struct bq_index_stamp *last)
{
	char path[PATH_MAX];
	struct stat st;
	int n = last == NULL ? -1 : snprintf(path, sizeof path, "%s/%s", dir, MANIFEST_NAME);

	if (n < 0 || (size_t)n >= sizeof path || lstat(path, &st) != 0)
		return false;
	struct bq_index_stamp now = stamp_of(&st);
	return is_same(last, &now);
}

int bq_index_stamp(const char *dir, const struct bq_index_stamp *last, struct bq_index_stamp *out,
	struct bq_error *err)
{
	int dirfd, rc;

	if (engine_owns(dir))
		return engine_stamp(dir, out, err);
	if (remote_owns(dir))
		return remote_stamp(dir, out, err);
	if (is_unchanged(dir, last)) {
		*out = *last;
		return BQ_OK;
	}
	rc = stat_manifest(dir, out, &dirfd, err);
	if (rc != BQ_OK)
		return rc;
	out->checksum = is_same(last, out) ? last->checksum : read_checksum(dirfd, out->bytes);
	(void)close(dirfd);
	return BQ_OK;
}

int bq_index_verify(const char *dir, struct bq_error *err)
{
	struct bq_index *ix;
	int rc = bq_index_open(dir, &ix, err);

	if (rc != BQ_OK)
		return rc;
	if (ix->is_xapian) {
		rc = ix->is_remote ? bq_error_set(err, BQ_EUSAGE, 0, "databases on other machines are verified there")
			: engine_verify(ix, err);
		bq_index_unref(ix);
		return rc;
	}
	const struct generation *g = ix->priv;
	for (uint32_t i = 0; i < ix->n_leaves && rc == BQ_OK; i++)
		rc = segment_verify(g->segments[i], err);
	bq_index_unref(ix);
	return rc;
}
