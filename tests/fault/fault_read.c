/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading an index while the n-th allocation or file call fails, for n = 1, 2,
 * 3 .. until none does: opening, verifying, and a search with its places and
 * texts.  Each either says why it failed or gives the answer it gives without
 * failures; nothing leaks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/query.h>

#include "lib/descriptors.h"
#include "lib/docgen.h"
#include "lib/fault.h"
#include "lib/made_index.h"
#include "lib/tmpdir.h"

enum { DOCS = 300, WORDS = 40, MAX_CALLS = 10000, LIMIT = 5 };

static struct tmpdir dir;

static void make_doc(uint32_t d, struct bq_buf *text, struct bq_doc_in *in)
{
	static struct rng r;

	if (d == 0)
		r = rng_make(1);
	docgen_text(&r, WORDS, 30, text);
	in->title = BQ_SPAN("sharing shares shared");
	in->mtime_us = d;
}

static int build_index(void **state)
{
	struct bq_build_opts opts = made_index_opts(0);

	(void)state;
	tmpdir_init(&dir);
	made_index_build(dir.path, &opts, DOCS, make_doc);
	return 0;
}

static int remove_index(void **state)
{
	(void)state;
	tmpdir_release(&dir);
	return 0;
}

/* ---- opening and verifying ------------------------------------------------ */

static int open_once(struct bq_error *err)
{
	struct bq_index *ix;
	int rc = bq_index_open(dir.path, &ix, err);

	assert_true((rc == BQ_OK) == (ix != NULL));
	bq_index_unref(ix);
	return rc;
}

static int verify_once(struct bq_error *err)
{
	return bq_index_verify(dir.path, err);
}

static void try_all(const char *name, enum fault_kind kind, int error, int (*once)(struct bq_error *err))
{
	unsigned n = 0, descriptors = descriptors_count();
	int rc;
	bool has_failed;

	do {
		struct bq_error err = { 0 };
		fault_arm(kind, ++n, error, false);
		rc = once(&err);
		has_failed = fault_disarm();
		if (rc < 0 && (err.msg[0] == '\0' || !has_failed))
			fail_msg("%s, call %u: %d %s", name, n, rc, err.msg);
		if (rc < 0 && rc != (kind == FAULT_MEMORY ? BQ_ENOMEM : BQ_EIO))
			fail_msg("%s, call %u: %d %s: the failure was another", name, n, rc, err.msg);
	} while (has_failed && n < MAX_CALLS);
	print_message("%s: %u calls\n", name, n - 1);
	assert_int_equal(rc, BQ_OK);
	assert_true(n > 1);
	assert_int_equal(descriptors_count(), descriptors);
}

static void test_open(void **state)
{
	(void)state;
	try_all("open, memory", FAULT_MEMORY, ENOMEM, open_once);
	try_all("open, files", FAULT_FILES, EIO, open_once);
}

static void test_verify(void **state)
{
	(void)state;
	try_all("verify, memory", FAULT_MEMORY, ENOMEM, verify_once);
	try_all("verify, files", FAULT_FILES, EIO, verify_once);
}

/* ---- searching ------------------------------------------------------------ */

/* All that a search shows, as text. */
static int show_hit(struct bq_query *q, const struct bq_index *ix, const struct bq_hit *hit, struct bq_arena *mem,
	struct bq_buf *out, struct bq_error *err)
{
	const struct bq_leaf *leaf = ix->leaves[hit->leaf];
	struct bq_read rd = { .mem = mem };
	struct bq_doc_head head;
	struct bq_places places;
	struct bq_snip snip;
	int rc = bq_leaf_head(leaf, hit->doc, &head, &rd);

	if (rc == BQ_OK)
		rc = bq_query_places(q, hit, &head, 2, &places, err);
	bq_buf_printf(out, "%u %a:", hit->doc, hit->score);
	for (uint32_t i = 0; rc == BQ_OK && i < places.n; i++) {
		if (places.places[i].in_title)
			continue;
		rc = bq_query_snip(q, hit, &head, &places.places[i], 1, &snip, err);
		if (rc != BQ_OK)
			break;
		bq_buf_put_span(out, snip.text);
		for (uint32_t m = 0; m < snip.n_marks; m++)
			bq_buf_printf(out, " %u-%u", snip.marks[m].from, snip.marks[m].to);
	}
	return rc;
}

static int search(struct bq_searcher *s, struct bq_index *ix, const char *text, struct bq_arena *mem,
	struct bq_buf *out, struct bq_error *err)
{
	struct bq_view view = { &ix, 1 };
	struct bq_query_opts opts = { .limit = LIMIT };
	struct bq_query *q;
	struct bq_hits hits;
	uint64_t count = 0;
	int rc = bq_query_parse(s, &view, bq_span_of(text), &opts, mem, &q, err);

	if (rc == BQ_OK)
		rc = bq_query_search(q, &hits, err);
	if (rc == BQ_OK)
		rc = bq_query_count(q, &count, err);
	if (rc == BQ_OK)
		bq_buf_printf(out, "%llu of %llu\n", (unsigned long long)hits.n, (unsigned long long)count);
	for (uint32_t i = 0; rc == BQ_OK && i < hits.n; i++)
		rc = show_hit(q, ix, &hits.hits[i], mem, out, err);
	return rc;
}

/* A worker's whole life with one request.  What is shown is made with a buffer
 * that has its room already: the test's memory does not fail. */
static int search_once(struct bq_index *ix, const char *text, struct bq_buf *out, struct bq_error *err)
{
	struct bq_searcher *s = bq_searcher_new();
	struct bq_arena mem;

	bq_buf_clear(out);
	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no searcher");
	bq_arena_init(&mem, 64 << 20);
	int rc = search(s, ix, text, &mem, out, err);
	bq_arena_release(&mem);
	bq_searcher_free(s);
	return rc;
}

/* The number of calls that failed; 0 for forms the parser does not speak. */
static unsigned try_query(struct bq_index *ix, const char *text)
{
	struct bq_buf expected = BQ_BUF_INIT, got = BQ_BUF_INIT;
	struct bq_error err = { 0 };
	unsigned n = 0;
	bool has_failed = false;

	assert_non_null(bq_buf_room(&expected, 1 << 20));
	assert_non_null(bq_buf_room(&got, 1 << 20));
	int understood = search_once(ix, text, &expected, &err);
	if (understood == BQ_EQUERY)
		print_message("left out: %s: %s\n", text, err.msg);
	else if (understood != BQ_OK)
		fail_msg("%s: %s", text, err.msg);
	if (understood != BQ_OK)
		goto out;
	do {
		err = (struct bq_error){ 0 };
		fault_arm(FAULT_MEMORY, ++n, ENOMEM, false);
		int rc = search_once(ix, text, &got, &err);
		has_failed = fault_disarm();
		if (rc == BQ_OK && !bq_span_eq(bq_buf_span(&expected), bq_buf_span(&got)))
			fail_msg("%s, call %u: another answer: %.*s", text, n, (int)got.len, (char *)got.ptr);
		if (rc != BQ_OK && (rc != BQ_ENOMEM || err.msg[0] == '\0' || !has_failed))
			fail_msg("%s, call %u: %d %s", text, n, rc, err.msg);
	} while (has_failed && n < MAX_CALLS);
out:
	bq_buf_release(&expected);
	bq_buf_release(&got);
	return n;
}

/* `shape` with words for A and B, and a NUL. */
static void put_words(struct bq_buf *out, const char *shape)
{
	for (; *shape != '\0'; shape++) {
		char word[DOCGEN_WORD_MAX] = { *shape };
		bool is_word = (*shape == 'A' || *shape == 'B') && !(shape[1] >= 'A' && shape[1] <= 'Z');
		if (is_word)
			docgen_word(*shape == 'A' ? 1 : 2, word);
		bq_buf_put_span(out, bq_span_of(word));
	}
	bq_buf_put_u8(out, '\0');
}

static void test_search(void **state)
{
	/* A and B stand for words of the documents */
	static const char *const shapes[] = { "A B", "\"A B\"", "\"A B\" OR sharing", "+A -B", "sha* B",
		"A~1 title:shar* B", "(A OR =B) AND NOT nothing", "A NEAR/5 B" };
	struct bq_index *ix;
	unsigned calls = 0;

	(void)state;
	assert_int_equal(bq_index_open(dir.path, &ix, NULL), BQ_OK);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct bq_buf text = BQ_BUF_INIT;
		put_words(&text, shapes[i]);
		calls += try_query(ix, (char *)text.ptr);
		bq_buf_release(&text);
	}
	print_message("search: %u calls\n", calls);
	assert_true(calls > 50);
	bq_index_unref(ix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests(tests, build_index, remove_index);
}
