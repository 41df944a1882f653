/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/building.h"

#include "build/merge.h"
#include "index/publish.h"

bool bq_build_keep(struct bq_build *b, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes)
{
	return b->ix != NULL && known_keep(&b->known, b->numbers[source], path, mtime_us, file_bytes);
}

/* Of an update: keep the document if the index has it, with its file's new time
 * and size; else BQ_ENOTFOUND. */
static int keep_same(struct bq_build *b, const struct bq_doc_in *in)
{
	struct known_doc same;
	int rc = b->ix == NULL ? BQ_ENOTFOUND : known_keep_doc(&b->known, in->source, in, &same);

	if (rc != BQ_OK)
		return rc;
	if (same.has_new_stamp) {
		compact_stamp(&b->compact, same.leaf, same.doc, in->mtime_us, in->file_bytes);
		b->report.restamped++;
	}
	return BQ_OK;
}

int bq_build_add(struct bq_build *b, const struct bq_doc_in *doc, struct bq_error *err)
{
	struct bq_doc_in in = *doc;
	int rc;

	if (b->rc != BQ_OK)
		return bq_error_set(err, b->rc, 0, "the build has failed");
	if (doc->source < b->opts.n_sources)
		in.source = b->numbers[doc->source];
	rc = keep_same(b, &in);
	if (rc == BQ_OK)
		return BQ_OK;
	if (rc != BQ_ENOTFOUND) {
		b->rc = rc;
		return bq_error_set(err, rc, 0, "%s", rc == BQ_ENOMEM ? "no memory to compare a document with the index's"
			: "the index cannot be read");
	}
	rc = crew_check(&b->crew, doc, err);
	if (rc != BQ_OK)
		return rc;
	rc = building_make_room(b, err);
	if (rc == BQ_ELIMIT)
		return rc;
	b->rc = rc;
	if (b->rc == BQ_OK)
		b->rc = crew_add(&b->crew, &in, b->run_docs, b->w, err);
	if (b->rc != BQ_OK)
		return b->rc;
	b->segment_docs++;
	b->run_docs++;
	b->report.added++;
	b->report.text_bytes += doc->text.len;
	b->report.stored_bytes += b->opts.no_store ? 0 : (uint64_t)doc->text.len + doc->fields.len;
	return BQ_OK;
}

void bq_build_abort(struct bq_build *b)
{
	if (b == NULL)
		return;
	compact_abandon(&b->compact);
	building_free(b);
}

/* ---- the end ----------------------------------------------------------- */

/* What an update neither kept nor added is dead. */
static int bury_dropped(struct bq_build *b, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < b->ix->n_leaves && rc == BQ_OK; i++) {
		const struct bq_leaf *l = b->ix->leaves[i];
		for (uint32_t doc = 0; doc < l->n_docs && rc == BQ_OK; doc++) {
			if (bq_leaf_is_dead(l, doc) || known_is_kept(&b->known, i, doc))
				continue;
			rc = compact_bury(&b->compact, i, doc, err);
			b->report.dropped++;
		}
	}
	b->report.kept = b->known.n_kept;
	return rc;
}

/* The average has moved away from the one that bounds are computed under, or
 * sources have gone: MANIFEST names those that there are. */
static bool wants_rewrite(const struct bq_build *b)
{
	uint64_t n_docs, n_tokens;
	float a = b->manifest.avg_len, now;

	compact_count(&b->compact, &n_docs, &n_tokens);
	now = merge_average(n_tokens, n_docs);
	return b->compact.n != 0 && (b->drops_source || now > 1.25f * a || now < 0.75f * a);
}

static int merge_all(struct bq_build *b, struct bq_error *err)
{
	struct compact *c = &b->compact;
	int rc;

	c->reorder = b->opts.reorder ? &b->reorder : NULL;
	c->pairs_min = b->opts.pairs_min;
	rc = compact_merge(c, (uint32_t)((UINT64_C(1) << c->n) - 1), 0, err);
	c->reorder = NULL;
	return rc;
}

/* Merge everything; sources get the caller's numbers. */
static int rewrite(struct bq_build *b, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	struct bq_span *named = BQ_ARENA_NEW(&b->mem, struct bq_span, b->opts.n_sources);
	uint32_t *sources = BQ_ARENA_NEW(&b->mem, uint32_t, m->n_sources);
	int rc;

	if (named == NULL || sources == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a generation");
	for (uint32_t i = 0; i < b->opts.n_sources; i++) {
		named[i] = m->sources[b->numbers[i]];
		sources[b->numbers[i]] = i;
	}
	b->compact.sources = sources;
	rc = merge_all(b, err);
	m->sources = named;
	m->n_sources = b->opts.n_sources;
	b->drops_source = false;
	return rc;
}

/* The last segment, and of an update what becomes of the old ones. */
static int complete(struct bq_build *b, struct bq_error *err)
{
	struct compact *c = &b->compact;
	int rc = b->ix == NULL ? BQ_OK : bury_dropped(b, err);

	if (rc == BQ_OK)
		rc = compact_seal(c, err);
	compact_drop_dead(c);
	if (c->n == 0)
		b->manifest.avg_len = 0;
	if (rc == BQ_OK && b->w != NULL)
		rc = building_end_segment(b, err);
	building_fix_average(b);
	if (rc == BQ_OK && c->n != 0 && building_wants_order(b))
		rc = merge_all(b, err);
	if (b->manifest.pairs == 0)
		b->manifest.pairs = BQ_PAIRS_MIN; /* of nothing */
	if (rc != BQ_OK || b->ix == NULL)
		return rc;
	if (!wants_rewrite(b))
		rc = compact_tidy(c, err);
	/* what was dead has counted until now */
	return rc == BQ_OK && wants_rewrite(b) ? rewrite(b, err) : rc;
}

static void describe(struct bq_build *b)
{
	const struct manifest *m = &b->manifest;

	b->report.gen = m->gen;
	b->report.documents = m->n_live;
	b->report.tokens = m->n_tokens;
	b->report.merges = b->compact.merges;
	b->report.reordered = b->reorder.is_done;
	b->report.left_out = b->reorder.left_out;
	if (!b->opts.update)
		b->report.rebuilt = NULL;
	for (uint32_t i = 0; i < b->compact.n; i++) {
		b->report.words += b->compact.members[i].segment->leaf.n_terms;
		b->report.index_bytes += b->compact.members[i].named.bytes;
	}
}

/* Whether the update has found everything as it is in the index. */
static bool is_unchanged(const struct bq_build *b)
{
	return b->ix != NULL && b->report.added == 0 && b->report.restamped == 0 && b->known.n_kept == b->old.n_live
		&& !b->drops_source && b->manifest.n_sources == b->old.n_sources;
}

static int publish(struct bq_build *b, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	int rc = complete(b, err);

	if (rc == BQ_OK)
		rc = compact_finish(&b->compact, err);
	if (rc != BQ_OK) {
		compact_abandon(&b->compact);
		return rc;
	}
	rc = publish_manifest(b->dirfd, m, err);
	if (rc == BQ_OK)
		publish_sweep(b->dirfd, m);
	/* a failed publish may have renamed: the files of both generations stay, the next writer sweeps */
	return rc;
}

int bq_build_commit(struct bq_build *b, struct bq_build_report *report, struct bq_error *err)
{
	int rc = b->rc;

	if (rc != BQ_OK) {
		(void)bq_error_set(err, rc, 0, "the build has failed");
		bq_build_abort(b);
		return rc;
	}
	b->report.is_new = !is_unchanged(b);
	if (b->report.is_new) {
		rc = publish(b, err);
	} else {
		b->manifest = b->old;
		b->report.kept = b->known.n_kept;
	}
	describe(b);
	*report = b->report;
	building_free(b);
	return rc;
}
