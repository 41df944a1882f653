/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/xapian_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <bq/xapian.h>

static void build(const char *dir, const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts, uint32_t shards)
{
	struct bq_build_opts o = { .text = opts->text, .k1 = opts->k1, .b = opts->b, .no_store = opts->no_store,
		.memory_bytes = 64 << 20, .n_sources = 1, .sources = &BQ_SPAN("/src") };
	struct bq_build_report report;
	struct bq_xapian_build *b;
	struct bq_error err;

	if (bq_xapian_build_open(dir, &o, shards, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < n; i++) {
		const struct mem_doc *d = &docs[i];
		struct bq_doc_in in = { .id = d->id, .path = d->path, .title = d->title, .text = d->text,
			.title_in_text = d->title_in_text, .title_off = d->title_off, .mtime_us = d->mtime_us,
			.file_bytes = -1, .at = BQ_AT_FILE };
		if (bq_xapian_build_add(b, &in, &err) != BQ_OK)
			fail_msg("%s", err.msg);
	}
	if (bq_xapian_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(report.documents, n);
}

void xapian_index_init(struct xapian_index *x, const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts,
	uint32_t shards)
{
	struct bq_error err;

	memset(x, 0, sizeof *x);
	tmpdir_init(&x->dir);
	build(x->dir.path, docs, n, opts, shards);
	(void)snprintf(x->name, sizeof x->name, "xapian:%s", x->dir.path);
	if (bq_index_open(x->name, &x->index, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

void xapian_index_release(struct xapian_index *x)
{
	bq_index_unref(x->index);
	tmpdir_release(&x->dir);
}
