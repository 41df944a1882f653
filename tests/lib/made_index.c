/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/made_index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mapfile.h"

static void need(bool is_fine, const char *what, const struct bq_error *err)
{
	if (is_fine)
		return;
	(void)fprintf(stderr, "made_index: %s: %s\n", what, err->msg);
	abort();
}

struct bq_build_opts made_index_opts(uint32_t pairs_min)
{
	static const struct bq_span root = BQ_SPAN_INIT("/src");

	return (struct bq_build_opts){ .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 64 << 20,
		.pairs_min = pairs_min, .pairs_percent = pairs_min == 0 ? 0 : 1000, .n_sources = 1, .sources = &root };
}

void made_index_build(const char *dir, const struct bq_build_opts *opts, uint32_t n, made_index_fn make)
{
	struct bq_error err = { 0 };
	struct bq_build_report report;
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_build *b;

	need(bq_build_open(dir, opts, &b, &err) == BQ_OK, dir, &err);
	for (uint32_t d = 0; d < n; d++) {
		struct bq_doc_in in = { .path = BQ_SPAN("a.jsonl"), .title = BQ_SPAN(""), .fields = BQ_SPAN(""),
			.at = BQ_AT_RECORD, .file_line = d + 1, .mtime_us = INT64_MIN, .file_bytes = -1 };
		bq_buf_clear(&text);
		make(d, &text, &in);
		if (in.text.ptr == NULL)
			in.text = bq_buf_span(&text);
		need(bq_build_add(b, &in, &err) == BQ_OK, "a document", &err);
	}
	need(bq_build_commit(b, &report, &err) == BQ_OK, "commit", &err);
	bq_buf_release(&text);
}

struct bq_buf made_index_copy(struct bq_span bytes)
{
	struct bq_buf b = { malloc(bytes.len), bytes.len, bytes.len, false };

	if (b.ptr == NULL)
		abort();
	memcpy(b.ptr, bytes.ptr, bytes.len);
	return b;
}

struct bq_buf made_index_segment(const char *dir)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY);
	struct bq_error err = { 0 };
	struct mapfile map;

	need(mapfile_open(dirfd, "00000001.seg", &map, &err) == BQ_OK, dir, &err);
	struct bq_buf b = made_index_copy(mapfile_span(&map));
	mapfile_close(&map);
	(void)close(dirfd);
	return b;
}
