/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A whole index -> one segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bq/build.h>

#include "build/compact.h"
#include "build/merge.h"
#include "index/lock.h"
#include "index/publish.h"

enum { KEEP_BYTES = 64 << 20, PAIRS_BYTES = 1 << 30 };

struct optimize {
	int dirfd, lockfd;
	struct bq_arena mem; /* what `manifest` points to */
	struct manifest manifest;
	struct bq_index *ix;
	struct bq_text *text;
	struct compact compact;
};

static int open_index(struct optimize *o, const char *dir, struct bq_error *err)
{
	int rc;

	o->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dirfd < 0)
		return bq_error_set(err, errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO, 0, "%s", strerror(errno));
	if (!manifest_exists(o->dirfd))
		return bq_error_set(err, BQ_ENOTFOUND, 0, "no index here (no MANIFEST)");
	o->lockfd = lock_open(o->dirfd, err);
	if (o->lockfd < 0)
		return o->lockfd;
	rc = manifest_read(o->dirfd, &o->mem, &o->manifest, NULL, err);
	if (rc == BQ_OK)
		publish_sweep(o->dirfd, &o->manifest);
	if (rc == BQ_OK)
		rc = bq_index_open(dir, &o->ix, err);
	return rc == BQ_OK ? bq_text_new(&o->manifest.text, &o->text, err) : rc;
}

/* One segment, all alive, under its own average: there is nothing to gain. */
static bool is_optimal(const struct manifest *m)
{
	return m->n_segments == 0 ||
		(m->n_segments == 1 && m->n_live == m->n_docs && m->avg_len == merge_average(m->n_tokens, m->n_docs));
}

static int merge_all(struct optimize *o, struct bq_error *err)
{
	struct compact *c = &o->compact;
	struct manifest *m = &o->manifest;
	int rc = compact_init(c, o->ix, m, err);

	m->gen++;
	if (rc == BQ_OK)
		rc = compact_merge(c, (uint32_t)((UINT64_C(1) << c->n) - 1), 0, err);
	if (rc == BQ_OK)
		rc = compact_finish(c, err);
	if (rc != BQ_OK) {
		compact_abandon(c);
		return rc;
	}
	rc = publish_manifest(o->dirfd, m, err);
	if (rc == BQ_OK)
		publish_sweep(o->dirfd, m);
	return rc; /* a failed publish may have renamed: the files of both generations stay */
}

static void describe(const struct optimize *o, struct bq_build_report *report)
{
	const struct manifest *m = &o->manifest;

	*report = (struct bq_build_report){ .gen = m->gen, .documents = m->n_live, .tokens = m->n_tokens };
	for (uint32_t i = 0; i < m->n_segments; i++)
		report->index_bytes += m->segments[i].bytes;
	for (uint32_t i = 0; i < o->compact.n; i++)
		report->words += o->compact.members[i].segment->leaf.n_terms;
}

static void release(struct optimize *o)
{
	compact_release(&o->compact);
	bq_text_free(o->text);
	bq_index_unref(o->ix);
	bq_arena_release(&o->mem);
	lock_close(o->lockfd);
	if (o->dirfd >= 0)
		(void)close(o->dirfd);
}

int bq_build_optimize(const char *dir, const volatile sig_atomic_t *stop, struct bq_build_report *report,
	bool *is_new, struct bq_error *err)
{
	struct optimize o = { .dirfd = -1, .lockfd = -1 };
	int rc;

	*is_new = false;
	bq_arena_init(&o.mem, SIZE_MAX);
	rc = open_index(&o, dir, err);
	if (rc == BQ_OK && !is_optimal(&o.manifest)) {
		o.compact.dirfd = o.dirfd;
		o.compact.manifest = &o.manifest;
		o.compact.text = o.text;
		o.compact.keep_bytes = KEEP_BYTES;
		o.compact.pairs_bytes = PAIRS_BYTES;
		o.compact.stop = stop;
		o.compact.no_store = (segment_of(o.ix->leaves[0])->file.head.flags & CONTAINER_NO_STORE) != 0;
		rc = merge_all(&o, err);
		*is_new = rc == BQ_OK;
	}
	if (rc == BQ_OK)
		describe(&o, report);
	release(&o);
	return rc;
}
