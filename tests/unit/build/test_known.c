/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "build/known.h"
#include "lib/tmpdir.h"

enum { N_FILES = 20, N_RECORDS = 10 };

static struct tmpdir dir;
static struct bq_build_opts opts;
static struct bq_error err;
static struct bq_index *ix;
static struct known known;
static char name[16];

static struct bq_doc_in file_of(int i)
{
	static char text[32];

	(void)snprintf(name, sizeof name, "f%02d.txt", i);
	(void)snprintf(text, sizeof text, "text number%d", i);
	return (struct bq_doc_in){ .path = bq_span_of(name), .text = bq_span_of(text), .title = bq_span_of("title"),
		.mtime_us = 1000 + i, .file_bytes = 50 + i };
}

static struct bq_doc_in record_of(int line)
{
	static char id[16];

	(void)snprintf(id, sizeof id, "%d", line);
	return (struct bq_doc_in){ .path = BQ_SPAN("r.jsonl"), .id = bq_span_of(id), .text = BQ_SPAN("a record"),
		.fields = BQ_SPAN("{\"k\":1}"), .at = BQ_AT_RECORD, .file_line = (uint64_t)line, .mtime_us = 7,
		.file_bytes = 70 };
}

static void commit(struct bq_build *b)
{
	struct bq_build_report report;

	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	bq_index_unref(ix);
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
}

static void start(void)
{
	if (known_init(&known, ix, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static void start_again(void)
{
	known_release(&known);
	start();
}

/* Files, then records, in segments of 12 documents: the records in two of them. */
static int prepare(void **state)
{
	static const struct bq_span sources[] = { BQ_SPAN_INIT("/a"), BQ_SPAN_INIT("/b") };
	struct bq_build *b;

	(void)state;
	tmpdir_init(&dir);
	opts = (struct bq_build_opts){ .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1 << 28,
		.segment_docs = 12, .n_sources = 2, .sources = sources };
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
	for (int i = 0; i < N_FILES; i++) {
		struct bq_doc_in in = file_of(i);
		assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
	}
	for (int i = 1; i <= N_RECORDS; i++) {
		struct bq_doc_in in = record_of(i);
		assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
	}
	commit(b);
	assert_int_equal(ix->n_leaves, 3);
	start();
	return 0;
}

static int release(void **state)
{
	(void)state;
	known_release(&known);
	bq_index_unref(ix);
	ix = NULL;
	tmpdir_release(&dir);
	return 0;
}

static bool keep(int i)
{
	struct bq_doc_in in = file_of(i);

	return known_keep(&known, 0, in.path, in.mtime_us, in.file_bytes);
}

static void test_files_in_any_order(void **state)
{
	(void)state;
	for (int i = 0; i < N_FILES; i++)
		assert_true(keep(i));
	assert_int_equal(known.n_kept, N_FILES);
	assert_null(known.slots); /* they came as they came before: none was looked for */
	for (int i = N_FILES - 1; i >= 0; i--)
		assert_true(keep(i));
	assert_non_null(known.slots);
	assert_int_equal(known.n_kept, N_FILES); /* each once */
	start_again();
	for (int i = 0; i < N_FILES; i++)
		assert_true(keep(i * 7 % N_FILES));
	assert_int_equal(known.n_kept, N_FILES);
}

static void test_what_differs_is_not_kept(void **state)
{
	struct bq_doc_in in = file_of(0);

	(void)state;
	assert_false(known_keep(&known, 0, in.path, in.mtime_us + 1, in.file_bytes));
	assert_false(known_keep(&known, 0, in.path, in.mtime_us, in.file_bytes + 1));
	assert_false(known_keep(&known, 1, in.path, in.mtime_us, in.file_bytes)); /* of another source */
	assert_false(known_keep(&known, 0, BQ_SPAN("f00"), in.mtime_us, in.file_bytes));
	assert_false(known_keep(&known, 0, BQ_SPAN(""), in.mtime_us, in.file_bytes));
	assert_int_equal(known.n_kept, 0);
	assert_true(keep(1)); /* the one behind a file that has changed */
	assert_true(keep(0));
	assert_int_equal(known.n_kept, 2);
}

static void test_records_are_kept_all_or_none(void **state)
{
	(void)state;
	assert_false(known_keep(&known, 0, BQ_SPAN("r.jsonl"), 7, 71));
	assert_int_equal(known.n_kept, 0);
	assert_true(known_keep(&known, 0, BQ_SPAN("r.jsonl"), 7, 70));
	assert_int_equal(known.n_kept, N_RECORDS);
	assert_true(known_is_kept(&known, 1, 11)); /* in both segments */
	assert_true(known_is_kept(&known, 2, 0));
	assert_false(known_is_kept(&known, 1, 7)); /* the last file */
}

static void test_an_unknown_time_is_never_the_same(void **state)
{
	struct bq_build *b;
	struct bq_doc_in in = file_of(0);

	(void)state;
	known_release(&known);
	in.mtime_us = INT64_MIN;
	in.file_bytes = -1;
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
	assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
	commit(b);
	start();
	assert_false(known_keep(&known, 0, in.path, INT64_MIN, -1));
	assert_int_equal(known.n_kept, 0);
}

static int keep_doc(struct bq_doc_in *in, struct known_doc *out)
{
	return known_keep_doc(&known, in->source, in, out);
}

static void test_a_document_is_compared(void **state)
{
	struct bq_doc_in in = file_of(3), other;
	struct known_doc got;

	(void)state;
	assert_false(known_keep(&known, 0, in.path, 1, 1)); /* found, of another time */
	in.mtime_us = 1;
	assert_int_equal(keep_doc(&in, &got), BQ_OK);
	assert_int_equal(got.leaf, 0);
	assert_int_equal(got.doc, 3);
	assert_true(got.has_new_stamp);
	assert_int_equal(known.n_kept, 1);
	in = file_of(4);
	assert_int_equal(keep_doc(&in, &got), BQ_OK);
	assert_false(got.has_new_stamp);
	in = file_of(5);
	other = in;
	other.text = BQ_SPAN("text number6"); /* as long */
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.text.len--;
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.title = BQ_SPAN("Title");
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.id = BQ_SPAN("x");
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.fields = BQ_SPAN("{}");
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.at = BQ_AT_TEXT;
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	other = in;
	other.source = 1;
	assert_int_equal(keep_doc(&other, &got), BQ_ENOTFOUND);
	assert_int_equal(known.n_kept, 2);
}

/* HEADS cuts long titles: the text decides where they are part of it. */
static void test_long_titles(void **state)
{
	static char line[3000];
	struct bq_doc_in in = { .path = BQ_SPAN("long.txt"), .title_in_text = true, .mtime_us = 5,
		.file_bytes = sizeof line };
	struct known_doc got;
	struct bq_build *b;

	(void)state;
	memset(line, 'a', sizeof line);
	in.text = in.title = bq_span_make(line, sizeof line);
	opts.update = true;
	for (int i = 0; i < 2; i++, in.path = BQ_SPAN("apart.txt"), in.title_in_text = false) {
		assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
		assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
		commit(b);
		start_again();
		assert_int_equal(keep_doc(&in, &got), i == 0 ? BQ_OK : BQ_ENOTFOUND);
		start_again();
		line[2900] ^= 1;
		assert_int_equal(keep_doc(&in, &got), BQ_ENOTFOUND);
		line[2900] ^= 1;
		line[0] ^= 1;
		assert_int_equal(keep_doc(&in, &got), BQ_ENOTFOUND);
		line[0] ^= 1;
	}
}

static void test_records_are_compared_by_line(void **state)
{
	struct known_doc got;

	(void)state;
	for (int i = 1; i <= N_RECORDS; i++) {
		struct bq_doc_in in = record_of(i);
		in.mtime_us = 8;
		if (i == 4)
			in.text = BQ_SPAN("another");
		assert_int_equal(keep_doc(&in, &got), i == 4 ? BQ_ENOTFOUND : BQ_OK);
	}
	assert_int_equal(known.n_kept, N_RECORDS - 1);
	struct bq_doc_in more = record_of(N_RECORDS + 1);
	assert_int_equal(keep_doc(&more, &got), BQ_ENOTFOUND);
}

static void test_the_dead_are_unknown(void **state)
{
	struct bq_build *b;
	struct bq_doc_in in;

	(void)state;
	known_release(&known);
	opts.update = true;
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
	for (int i = 1; i < N_FILES; i++) {
		in = file_of(i);
		assert_true(bq_build_keep(b, 0, in.path, in.mtime_us, in.file_bytes));
	}
	assert_true(bq_build_keep(b, 0, BQ_SPAN("r.jsonl"), 7, 70));
	commit(b);
	assert_int_equal(ix->n_live, N_FILES + N_RECORDS - 1);
	start();
	assert_false(keep(0));
	assert_true(keep(1));
	assert_int_equal(known.n_kept, 1);
}

static void test_without_stored_text_nothing_is_the_same(void **state)
{
	struct bq_build *b;
	struct bq_doc_in in = file_of(0);
	struct known_doc got;

	(void)state;
	known_release(&known);
	opts.no_store = true;
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_OK);
	assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
	commit(b);
	start();
	assert_int_equal(keep_doc(&in, &got), BQ_ENOTFOUND);
	assert_true(keep(0)); /* but time and size are */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_in_any_order, prepare, release),
		cmocka_unit_test_setup_teardown(test_what_differs_is_not_kept, prepare, release),
		cmocka_unit_test_setup_teardown(test_records_are_kept_all_or_none, prepare, release),
		cmocka_unit_test_setup_teardown(test_an_unknown_time_is_never_the_same, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_document_is_compared, prepare, release),
		cmocka_unit_test_setup_teardown(test_long_titles, prepare, release),
		cmocka_unit_test_setup_teardown(test_records_are_compared_by_line, prepare, release),
		cmocka_unit_test_setup_teardown(test_the_dead_are_unknown, prepare, release),
		cmocka_unit_test_setup_teardown(test_without_stored_text_nothing_is_the_same, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
