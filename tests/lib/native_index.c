/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/native_index.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>

#include "index/manifest.h"
#include "index/publish.h"
#include "index/tombstones.h"

enum { NO_BUDGET = 1000 }; /* percent */

static void build(const char *dir, const struct mem_doc *docs, uint32_t n_docs, const struct mem_opts *opts,
	bool many_segments)
{
	struct bq_build_opts o = { .text = opts->text, .k1 = opts->k1, .b = opts->b, .no_store = opts->no_store,
		.memory_bytes = 1 << 30, .segment_docs = many_segments ? n_docs / BQ_MAX_SEGMENTS + 1 : 0,
		.pairs_min = opts->pairs_min, .pairs_percent = opts->pairs_min == 0 ? BQ_PAIRS_OFF : NO_BUDGET,
		.n_sources = 1, .sources = &BQ_SPAN("/src") };
	struct bq_build_report report;
	struct bq_build *b;
	struct bq_error err;

	if (bq_build_open(dir, &o, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < n_docs; i++) {
		const struct mem_doc *d = &docs[i];
		struct bq_doc_in in = { .id = d->id, .path = d->path, .title = d->title, .text = d->text,
			.title_in_text = d->title_in_text, .title_off = d->title_off, .mtime_us = d->mtime_us,
			.file_bytes = -1, .at = BQ_AT_FILE };
		if (bq_build_add(b, &in, &err) != BQ_OK)
			fail_msg("%s", err.msg);
	}
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

/* Tombstones for one segment whose first document is docs[0]. */
static void bury_segment(int dirfd, struct manifest *m, struct manifest_segment *s, const struct mem_doc *docs)
{
	uint64_t *dead = calloc(s->n_docs / 64 + 1, sizeof *dead);
	uint32_t n = 0;

	assert_non_null(dead);
	for (uint32_t d = 0; d < s->n_docs; d++) {
		dead[d / 64] |= (uint64_t)docs[d].is_dead << (d % 64);
		n += docs[d].is_dead;
	}
	if (n != 0) {
		s->del_gen = m->gen;
		assert_int_equal(tombstones_write(dirfd, s, dead, NULL), BQ_OK);
		m->n_live -= n;
	}
	free(dead);
}

static void bury(const char *dir, const struct mem_doc *docs)
{
	struct bq_arena mem;
	struct manifest m;
	struct bq_error err = { 0 };
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY);

	bq_arena_init(&mem, 1 << 20);
	assert_int_equal(manifest_read(dirfd, &mem, &m, NULL, &err), BQ_OK);
	m.gen++;
	for (uint32_t i = 0; i < m.n_segments; i++) {
		bury_segment(dirfd, &m, &m.segments[i], docs);
		docs += m.segments[i].n_docs;
	}
	if (publish_manifest(dirfd, &m, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	bq_arena_release(&mem);
	(void)close(dirfd);
}

void native_index_init(struct native_index *n, const struct mem_doc *docs, uint32_t n_docs,
	const struct mem_opts *opts, bool many_segments)
{
	struct bq_error err;

	memset(n, 0, sizeof *n);
	tmpdir_init(&n->dir);
	build(n->dir.path, docs, n_docs, opts, many_segments);
	bury(n->dir.path, docs);
	if (bq_index_open(n->dir.path, &n->index, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < n->index->n_leaves; i++)
		n->bases[i + 1] = n->bases[i] + n->index->leaves[i]->n_docs;
}

void native_index_release(struct native_index *n)
{
	bq_index_unref(n->index);
	tmpdir_release(&n->dir);
}
