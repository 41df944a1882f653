/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "build/merge.h"
#include "lib/tmpdir.h"

enum { N_DOCS = 30, NUMBER = 100 };

static struct tmpdir dir;
static int dirfd_;
static struct bq_text *text;
static struct bq_index *ix;
static struct bq_error err;
static struct merge_input in[MERGED_MAX];
static struct merge merge;

/* Three segments of ten documents; document i has i + 1 words. */
static int prepare(void **state)
{
	static const struct bq_span sources[] = { BQ_SPAN_INIT("/a"), BQ_SPAN_INIT("/b") };
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1 << 28,
		.segment_docs = N_DOCS / 3, .n_sources = 2, .sources = sources };
	struct bq_build_report report;
	struct bq_build *b;
	char words[2 * N_DOCS + 1], path[16];

	(void)state;
	tmpdir_init(&dir);
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
	for (int i = 0; i < N_DOCS; i++) {
		memcpy(words + 2 * i, "w ", 3);
		(void)snprintf(path, sizeof path, "%02d", i);
		struct bq_doc_in doc = { .path = bq_span_of(path), .text = bq_span_of(words), .source = (uint32_t)i % 2,
			.mtime_us = i, .file_bytes = i };
		assert_int_equal(bq_build_add(b, &doc, &err), BQ_OK);
	}
	assert_int_equal(bq_build_commit(b, &report, &err), BQ_OK);
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
	assert_int_equal(ix->n_leaves, 3);
	assert_int_equal(bq_text_new(&(struct bq_text_config){ .lang = "en" }, &text, &err), BQ_OK);
	dirfd_ = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	merge = (struct merge){ .dirfd = dirfd_, .text = text, .keep_bytes = 1 << 20, .params = { .number = NUMBER,
		.text_id = bq_text_id(text), .k1 = 0.9f, .b = 0.4f, .pairs = { .t = BQ_PAIRS_OFF } } };
	memset(in, 0, sizeof in);
	for (int i = 0; i < 3; i++)
		in[i].segment = segment_of(ix->leaves[i]);
	return 0;
}

static int release(void **state)
{
	(void)state;
	bq_index_unref(ix);
	bq_text_free(text);
	(void)close(dirfd_);
	tmpdir_release(&dir);
	return 0;
}

static bool has_file(void)
{
	return faccessat(dirfd_, "00000100.seg", F_OK, 0) == 0;
}

static struct segment *open_made(void)
{
	struct segment *s;

	if (segment_open(dirfd_, "00000100.seg", &s, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(segment_verify(s, &err), BQ_OK);
	return s;
}

static struct bq_doc_head head_of(const struct segment *s, uint32_t doc)
{
	struct bq_read rd = { .mem = NULL };
	struct bq_doc_head h;

	assert_int_equal(bq_leaf_head(&s->leaf, doc, &h, &rd), BQ_OK);
	return h;
}

static void test_the_living_in_their_order(void **state)
{
	uint64_t dead = 0x3fe; /* all but the first */
	struct segment_info info;
	float avg;

	(void)state;
	in[1].dead = &dead;
	if (merge_segments(&merge, in, 3, &info, &avg, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(info.number, NUMBER);
	assert_int_equal(info.n_docs, 21);
	struct segment *s = open_made();
	assert_int_equal(s->leaf.n_docs, 21);
	for (uint32_t doc = 0; doc < 21; doc++) {
		uint32_t was = doc <= 10 ? doc : doc + 9;
		struct bq_doc_head h = head_of(s, doc);
		assert_int_equal(h.words, was + 1);
		assert_int_equal(h.source, was % 2);
		assert_int_equal(h.mtime_us, was);
	}
	assert_int_equal(info.n_tokens, 55 + 11 + 255);
	assert_true(avg == (float)((55 + 11 + 255) / 21.0));
	assert_true(s->leaf.avg_len == avg);
	segment_close(s);
}

static void test_a_given_average_stays(void **state)
{
	struct segment_info info;
	float avg;

	(void)state;
	merge.avg_len = 2.5f;
	assert_int_equal(merge_segments(&merge, in, 2, &info, &avg, &err), BQ_OK);
	assert_true(avg == 2.5f);
	assert_true(merge_average(0, 0) == 1.0f);
	assert_true(merge_average(0, 9) == 1.0f);
	assert_true(merge_average(9, 6) == 1.5f);
}

static void test_sources_and_times_of_files(void **state)
{
	static const uint32_t sources[] = { 1, 0 }, docs[] = { 2 };
	static const int64_t mtimes[] = { 77 }, sizes[] = { 88 };
	struct stamps stamps = { 1, docs, mtimes, sizes };
	struct segment_info info;
	float avg;

	(void)state;
	merge.sources = sources;
	in[1].stamps = &stamps;
	assert_int_equal(merge_segments(&merge, in, 2, &info, &avg, &err), BQ_OK);
	struct segment *s = open_made();
	assert_int_equal(head_of(s, 0).source, 1);
	assert_int_equal(head_of(s, 1).source, 0);
	assert_int_equal(head_of(s, 2).mtime_us, 2); /* of the first segment */
	assert_int_equal(head_of(s, 12).mtime_us, 77);
	assert_int_equal(head_of(s, 12).file_bytes, 88);
	assert_int_equal(head_of(s, 13).mtime_us, 13);
	segment_close(s);
}

static void test_nobody_lives(void **state)
{
	uint64_t dead = 0x3ff;
	struct segment_info info;
	float avg;

	(void)state;
	in[0].dead = in[1].dead = &dead;
	assert_int_equal(merge_segments(&merge, in, 2, &info, &avg, &err), BQ_OK);
	assert_int_equal(info.n_docs, 0);
	assert_true(avg == 1.0f);
	assert_false(has_file());
}

static void test_stopped(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct segment_info info;
	float avg;

	(void)state;
	merge.stop = &stop;
	assert_int_equal(merge_segments(&merge, in, 3, &info, &avg, &err), BQ_ECANCELLED);
	assert_string_equal(err.msg, "stopped by a signal");
	assert_false(has_file());
	for (int i = 0; i < 3; i++)
		assert_null(in[i].ranks); /* given back */
}

static void test_a_name_that_is_taken(void **state)
{
	struct segment_info info;
	float avg;

	(void)state;
	merge.params.number = ix->leaves[0]->number;
	assert_int_equal(merge_segments(&merge, in, 3, &info, &avg, &err), BQ_EIO);
	bq_index_unref(ix);
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK); /* the file is as it was */
	assert_int_equal(bq_index_verify(dir.path, &err), BQ_OK);
}

/* A copy of a segment's bytes with one changed, where sections are opened without a look. */
static void test_damage_is_not_copied(void **state)
{
	const struct segment *s = segment_of(ix->leaves[0]);
	struct bq_buf copy = BQ_BUF_INIT;
	struct segment *damaged;
	struct segment_info info;
	float avg;

	(void)state;
	bq_buf_put_span(&copy, s->file.file);
	copy.ptr[s->heads.records.ptr - s->file.file.ptr] = 0xff; /* a place that there is not */
	assert_int_equal(segment_open_bytes(bq_buf_span(&copy), "copy", &damaged, &err), BQ_OK);
	in[0].segment = damaged;
	assert_int_equal(merge_segments(&merge, in, 3, &info, &avg, &err), BQ_EFORMAT);
	assert_non_null(strstr(err.msg, "[F27]"));
	assert_false(has_file());
	segment_close(damaged);
	bq_buf_release(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_living_in_their_order, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_given_average_stays, prepare, release),
		cmocka_unit_test_setup_teardown(test_sources_and_times_of_files, prepare, release),
		cmocka_unit_test_setup_teardown(test_nobody_lives, prepare, release),
		cmocka_unit_test_setup_teardown(test_stopped, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_name_that_is_taken, prepare, release),
		cmocka_unit_test_setup_teardown(test_damage_is_not_copied, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
