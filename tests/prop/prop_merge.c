/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Merging against building: random documents in several segments, some of them
 * dead, become one segment that is, section by section and byte for byte, what
 * a build from the live ones writes.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "index/manifest.h"
#include "index/publish.h"
#include "index/tombstones.h"
#include "lib/docgen.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { MAX_DOCS = 1500 };

struct doc {
	struct bq_buf text, title, path, fields;
	struct bq_doc_in in;
	bool is_dead;
};

static struct rng rng;
static struct doc docs[MAX_DOCS];
static uint32_t n_docs;
static struct bq_error err;

/* ---- documents --------------------------------------------------------- */

/* Forms with marks, stems with one, two and three forms, other scripts. */
static void put_special(struct bq_buf *b)
{
	static const char *const words[] = { "Caf\xc3\xa9", "cafe", "share", "shares", "sharing", "na\xc3\xafve",
		"happily", "happy", "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", "\xd0\x9c\xd0\xb8\xd1\x80", "\xff\xfe",
		"data-sharing\n" };

	bq_buf_printf(b, " %s ", words[rng_below(&rng, sizeof words / sizeof words[0])]);
}

static void make_title(struct doc *d)
{
	struct bq_doc_in *in = &d->in;

	switch (rng_below(&rng, 4)) {
	case 0: /* outside the text */
		docgen_query(&rng, (uint32_t)rng_between(&rng, 1, 5), 80, &d->title);
		if (rng_one_in(&rng, 20))
			bq_buf_put_zeros(&d->title, 2000); /* cut in HEADS */
		in->title = bq_buf_span(&d->title);
		break;
	case 1: /* a piece of it */
		in->title_off = rng_below(&rng, in->text.len + 1);
		in->title = bq_span_first(bq_span_from(in->text, (size_t)in->title_off), 30);
		in->title_in_text = in->title.len != 0;
		break;
	default:
		break;
	}
}

static void make_doc(struct doc *d, uint32_t i)
{
	struct bq_buf *all[] = { &d->text, &d->title, &d->path, &d->fields };

	for (size_t b = 0; b < 4; b++)
		bq_buf_clear(all[b]);
	docgen_text(&rng, (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 30) ? 4000 : 60), 300, &d->text);
	for (uint64_t n = rng_below(&rng, 4); n > 0; n--)
		put_special(&d->text);
	if (rng_one_in(&rng, 10))
		bq_buf_clear(&d->text);
	if (rng_one_in(&rng, 5))
		bq_buf_printf(&d->fields, "{\"n\":%u}", i);
	bq_buf_printf(&d->path, "p/%u", i / (unsigned)rng_between(&rng, 1, 3));
	d->in = (struct bq_doc_in){ .path = bq_buf_span(&d->path), .text = bq_buf_span(&d->text),
		.fields = bq_buf_span(&d->fields), .source = (uint32_t)rng_below(&rng, 2),
		.at = (enum bq_doc_at)rng_below(&rng, 3), .file_line = rng_below(&rng, 3),
		.id = rng_one_in(&rng, 2) ? bq_buf_span(&d->path) : BQ_SPAN(""),
		.mtime_us = rng_one_in(&rng, 9) ? INT64_MIN : (int64_t)rng_below(&rng, 1u << 30),
		.file_bytes = rng_one_in(&rng, 9) ? -1 : (int64_t)rng_below(&rng, 70000) };
	make_title(d);
}

/* ---- the two indexes --------------------------------------------------- */

static void build(const char *dir, bool only_live, struct bq_build_opts opts)
{
	static const struct bq_span roots[] = { BQ_SPAN_INIT("/a"), BQ_SPAN_INIT("/b") };
	struct bq_build_report report;
	struct bq_build *b;

	opts.sources = roots;
	opts.n_sources = 2;
	if (bq_build_open(dir, &opts, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (uint32_t i = 0; i < n_docs; i++)
		if (!(only_live && docs[i].is_dead) && bq_build_add(b, &docs[i].in, &err) != BQ_OK)
			fail_msg("%s", err.msg);
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static void bury(const char *dir)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY);
	struct bq_arena mem;
	struct manifest m;
	uint32_t doc = 0;

	bq_arena_init(&mem, 1 << 20);
	assert_int_equal(manifest_read(dirfd, &mem, &m, NULL, &err), BQ_OK);
	m.gen++;
	for (uint32_t s = 0; s < m.n_segments; s++) {
		uint64_t dead[MAX_DOCS / 64 + 1] = { 0 };
		uint32_t n = 0;
		for (uint32_t d = 0; d < m.segments[s].n_docs; d++, doc++) {
			dead[d / 64] |= (uint64_t)docs[doc].is_dead << (d % 64);
			n += docs[doc].is_dead;
		}
		if (n == 0)
			continue;
		m.segments[s].del_gen = m.gen;
		assert_int_equal(tombstones_write(dirfd, &m.segments[s], dead, &err), BQ_OK);
		m.n_live -= n;
	}
	if (publish_manifest(dirfd, &m, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	bq_arena_release(&mem);
	(void)close(dirfd);
}

static void compare(const char *merged, const char *fresh)
{
	struct bq_index *a, *b;

	assert_int_equal(bq_index_open(merged, &a, &err), BQ_OK);
	assert_int_equal(bq_index_open(fresh, &b, &err), BQ_OK);
	assert_true(a->n_leaves <= 1);
	assert_int_equal(a->n_leaves, b->n_leaves);
	assert_int_equal(a->n_docs, b->n_docs);
	assert_int_equal(a->n_live, b->n_docs);
	assert_int_equal(a->n_tokens, b->n_tokens);
	assert_memory_equal(&a->avg_len, &b->avg_len, sizeof a->avg_len);
	for (unsigned k = 1; k < SECTION_KINDS && a->n_leaves != 0; k++) {
		struct bq_span sa = segment_of(a->leaves[0])->file.section[k];
		struct bq_span sb = segment_of(b->leaves[0])->file.section[k];
		if (sa.len != sb.len || (sa.len != 0 && memcmp(sa.ptr, sb.ptr, sa.len) != 0))
			fail_msg("%s differs: %zu and %zu bytes", section_name(k), sa.len, sb.len);
	}
	bq_index_unref(a);
	bq_index_unref(b);
}

static void run(uint32_t n, unsigned dead_one_in)
{
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1 << 30,
		.pairs_min = (uint32_t)rng_between(&rng, 1, 50), .pairs_percent = 1000,
		.no_store = rng_one_in(&rng, 4) };
	struct tmpdir a, b;
	struct bq_build_report report;
	bool is_new;

	n_docs = n;
	for (uint32_t i = 0; i < n; i++) {
		make_doc(&docs[i], i);
		docs[i].is_dead = dead_one_in != 0 && rng_one_in(&rng, dead_one_in);
	}
	tmpdir_init(&a);
	tmpdir_init(&b);
	build(b.path, true, opts);
	opts.segment_docs = n / (uint32_t)rng_between(&rng, 1, 12) + 1;
	build(a.path, false, opts);
	bury(a.path);
	if (bq_build_optimize(a.path, NULL, &report, &is_new, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	compare(a.path, b.path);
	if (bq_index_verify(a.path, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	tmpdir_release(&a);
	tmpdir_release(&b);
}

/* ---- tests ------------------------------------------------------------- */

static void test_small(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		run((uint32_t)rng_below(&rng, 40), (unsigned)rng_below(&rng, 4));
}

static void test_frequent_words(void **state)
{
	(void)state;
	run(MAX_DOCS, 0);
	run(MAX_DOCS, 7);
	run(MAX_DOCS, 2);
}

static void test_nothing_to_do(void **state)
{
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1 << 30 };
	struct bq_build_report report;
	struct tmpdir a;
	bool is_new;

	(void)state;
	n_docs = 3;
	for (uint32_t i = 0; i < n_docs; i++)
		make_doc(&docs[i], i);
	tmpdir_init(&a);
	build(a.path, false, opts);
	assert_int_equal(bq_build_optimize(a.path, NULL, &report, &is_new, &err), BQ_OK);
	assert_false(is_new);
	assert_int_equal(report.gen, 1);
	assert_int_equal(report.documents, 3);
	tmpdir_release(&a);
}

static int free_docs(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX_DOCS; i++) {
		bq_buf_release(&docs[i].text);
		bq_buf_release(&docs[i].title);
		bq_buf_release(&docs[i].path);
		bq_buf_release(&docs[i].fields);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_frequent_words),
		cmocka_unit_test(test_nothing_to_do),
	};

	rng = rng_start("prop_merge");
	return cmocka_run_group_tests(tests, NULL, free_docs);
}
