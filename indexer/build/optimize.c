/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A whole index -> one segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bq/build.h>

#include "base/pool.h"
#include "build/budget.h"
#include "build/compact.h"
#include "build/merge.h"
#include "index/lock.h"
#include "index/publish.h"
#include "reorder/reorder.h"

#define DEFAULT_BYTES (UINT64_C(1) << 30)

struct optimize {
	struct bq_optimize_opts opts;
	int dirfd, lockfd;
	struct bq_arena mem; /* what `manifest` points to */
	struct manifest manifest;
	struct bq_index *ix;
	struct bq_text *text;
	struct pool *pool;
	struct reorder_params reorder;
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

static uint32_t segment_flags(const struct optimize *o)
{
	return o->ix->n_leaves == 0 ? 0 : segment_of(o->ix->leaves[0])->file.head.flags;
}

/* Take over what was asked for about pairs; whether that is another thing. */
static bool change_pairs(struct optimize *o)
{
	struct manifest *m = &o->manifest;
	uint32_t percent = o->opts.pairs_percent, old = m->pairs_percent;

	if (percent == 0 || percent == (m->pairs == BQ_PAIRS_OFF ? BQ_PAIRS_OFF : old))
		return false;
	if (percent == BQ_PAIRS_OFF || m->pairs == BQ_PAIRS_OFF)
		m->pairs = percent == BQ_PAIRS_OFF ? BQ_PAIRS_OFF : BQ_PAIRS_MIN;
	m->pairs_percent = percent == BQ_PAIRS_OFF ? 0 : percent;
	return true;
}

/* One segment, all alive, under its own average, in its best order if that is
 * wanted: there is nothing to gain. */
static bool is_optimal(const struct optimize *o)
{
	const struct manifest *m = &o->manifest;

	if (m->n_segments == 0)
		return true;
	if (o->opts.reorder && m->n_live >= REORDER_MIN_DOCS && (segment_flags(o) & CONTAINER_REORDERED) == 0)
		return false;
	return m->n_segments == 1 && m->n_live == m->n_docs && m->avg_len == merge_average(m->n_tokens, m->n_docs);
}

static int prepare(struct optimize *o, struct bq_error *err)
{
	struct compact *c = &o->compact;
	uint64_t memory = o->opts.memory_bytes == 0 ? DEFAULT_BYTES : o->opts.memory_bytes;

	o->pool = pool_new(o->opts.threads);
	if (o->pool == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a generation");
	o->reorder = (struct reorder_params){ .pool = o->pool, .memory_bytes = budget_words(memory), .stop = o->opts.stop,
		.progress = o->opts.progress, .arg = o->opts.progress_arg };
	c->dirfd = o->dirfd;
	c->manifest = &o->manifest;
	c->text = o->text;
	c->pool = o->pool;
	c->keep_bytes = budget_pages(memory);
	c->pairs_bytes = budget_words(memory);
	c->reorder = o->opts.reorder ? &o->reorder : NULL;
	c->stop = o->opts.stop;
	c->no_store = (segment_flags(o) & CONTAINER_NO_STORE) != 0;
	return compact_init(c, o->ix, &o->manifest, err);
}

static int merge_all(struct optimize *o, struct bq_error *err)
{
	struct compact *c = &o->compact;
	struct manifest *m = &o->manifest;
	int rc = prepare(o, err);

	m->gen++;
	if (rc == BQ_OK && c->n != 0) /* of nothing there is MANIFEST alone */
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

	*report = (struct bq_build_report){ .gen = m->gen, .documents = m->n_live, .tokens = m->n_tokens,
		.reordered = o->reorder.is_done, .left_out = o->reorder.left_out };
	for (uint32_t i = 0; i < m->n_segments; i++)
		report->index_bytes += m->segments[i].bytes;
	for (uint32_t i = 0; i < o->compact.n; i++)
		report->words += o->compact.members[i].segment->leaf.n_terms;
}

static void release(struct optimize *o)
{
	compact_release(&o->compact);
	bq_text_free(o->text);
	pool_free(o->pool);
	bq_index_unref(o->ix);
	bq_arena_release(&o->mem);
	lock_close(o->lockfd);
	if (o->dirfd >= 0)
		(void)close(o->dirfd);
}

int bq_build_optimize(const char *dir, const struct bq_optimize_opts *opts, struct bq_build_report *report,
	bool *is_new, struct bq_error *err)
{
	static const struct bq_optimize_opts defaults = { .threads = 1 };
	struct optimize o = { .dirfd = -1, .lockfd = -1, .opts = opts == NULL ? defaults : *opts };
	int rc;

	*is_new = false;
	bq_arena_init(&o.mem, SIZE_MAX);
	rc = open_index(&o, dir, err);
	if (rc == BQ_OK && (change_pairs(&o) || !is_optimal(&o))) {
		rc = merge_all(&o, err);
		*is_new = rc == BQ_OK;
	}
	if (rc == BQ_OK)
		describe(&o, report);
	release(&o);
	return rc;
}
