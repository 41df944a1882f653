/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "xapian/engine/record.h"

static struct bq_arena mem;

static void assert_span(struct bq_span got, const char *expected)
{
	if (!bq_span_eq(got, bq_span_of(expected)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)got.len, got.ptr, expected);
}

static struct record a_record(void)
{
	return (struct record){ .head = { .id = BQ_SPAN("a\\n\nb=c"), .path = BQ_SPAN("dir/\xff\\"),
		.title = BQ_SPAN("T\n"), .source = 3, .at = BQ_AT_RECORD, .title_in_text = true, .title_pos = 4,
		.title_words = 5, .body_pos = 6, .words = 7, .file_line = 1ull << 40, .mtime_us = -5, .file_bytes = 0 },
		.fields = BQ_SPAN("{\"a\":\"\\n\"}"), .text = BQ_SPAN("text\n\nid=no\n") };
}

static void test_round_trip(void **state)
{
	struct record in = a_record(), out;
	struct bq_buf data = BQ_BUF_INIT;

	(void)state;
	record_write(&in, &data);
	assert_true(record_read(bq_buf_span(&data), &mem, &out));
	assert_true(out.is_ours);
	assert_span(out.head.id, "a\\n\nb=c");
	assert_span(out.head.path, "dir/\xff\\");
	assert_span(out.head.title, "T\n");
	assert_span(out.fields, "{\"a\":\"\\n\"}");
	assert_span(out.text, "text\n\nid=no\n");
	assert_int_equal(out.head.source, 3);
	assert_int_equal(out.head.at, BQ_AT_RECORD);
	assert_true(out.head.title_in_text && !out.head.title_cut);
	assert_int_equal(out.head.title_pos, 4);
	assert_int_equal(out.head.title_words, 5);
	assert_int_equal(out.head.body_pos, 6);
	assert_int_equal(out.head.words, 7);
	assert_true(out.head.file_line == 1ull << 40 && out.head.mtime_us == -5 && out.head.file_bytes == 0);
	assert_int_equal(out.head.text_bytes, out.text.len);
	bq_buf_release(&data);
}

static void test_unknown_times(void **state)
{
	struct record in = { .head = { .mtime_us = INT64_MIN, .file_bytes = -1 } }, out;
	struct bq_buf data = BQ_BUF_INIT;

	(void)state;
	record_write(&in, &data);
	assert_true(record_read(bq_buf_span(&data), &mem, &out));
	assert_true(out.is_ours && out.head.mtime_us == INT64_MIN && out.head.file_bytes == -1);
	assert_int_equal(out.head.id.len + out.head.path.len + out.head.title.len + out.text.len, 0);
	bq_buf_release(&data);
}

static void test_omega(void **state)
{
	struct record out;

	(void)state;
	assert_true(record_read(BQ_SPAN("url=file:///home/me/a.html\nsample=Some text\ncaption=A page\ntype=text/html\n"
					"modtime=1700000000\nsize=1234\n"), &mem, &out));
	assert_false(out.is_ours);
	assert_span(out.head.path, "home/me/a.html");
	assert_int_equal(out.head.source, RECORD_FILES);
	assert_span(out.head.title, "A page");
	assert_true(out.head.mtime_us == 1700000000000000 && out.head.file_bytes == 1234);
	assert_true(record_read(BQ_SPAN("url=https://example.org/\ntitle=T"), &mem, &out));
	assert_span(out.head.path, "https://example.org/");
	assert_int_equal(out.head.source, RECORD_ADDRESSES);
	assert_span(out.head.title, "T");
	assert_true(record_read(BQ_SPAN("just some text without any names\nof lines"), &mem, &out));
	assert_false(out.is_ours);
	assert_true(record_read(BQ_SPAN("modtime=99999999999999999999\nsize=1e9\n"), &mem, &out));
	assert_true(out.head.mtime_us == INT64_MIN && out.head.file_bytes == -1);
}

static void test_long_title_is_cut(void **state)
{
	static char data[3000] = "caption=";
	struct record out;

	(void)state;
	memset(data + 8, 'x', 1023);
	for (size_t i = 8 + 1023; i + 2 < sizeof data; i += 2)
		memcpy(data + i, "\xc3\xa9", 2);
	assert_true(record_read(bq_span_make(data, sizeof data), &mem, &out));
	assert_int_equal(out.head.title.len, 1023);
	assert_true(out.head.title_cut);
}

static void test_wrong_numbers(void **state)
{
	static const char *const wrong[] = { "bq=\n\n", "bq=0 0 0 0 0 0 0 0\n\n", "bq=0 3 0 0 0 0 0 0 0\n\n",
		"bq=0 0 2 0 0 0 0 0 0\n\n", "bq=0 0 0 0 0 0 0 0 1\n\n", "bq=0 0 0 0 0 0 0 0 0 0\n\n",
		"bq=-1 0 0 0 0 0 0 0 0\n\n", "bq=4294967296 0 0 0 0 0 0 0 0\n\n", "bq=0 0 0 0 0 0 2147483648 0 0\n\n",
		"bq=0 0 0 0 0 0 0 18446744073709551616 0\n\n", "bq=0  0 0 0 0 0 0 0 0\n\n",
		"bq=0 0 0 0 0 0 0 0 0x\n\n" };
	struct record out;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (record_read(bq_span_of(wrong[i]), &mem, &out))
			fail_msg("%s was read", wrong[i]);
}

/* Any bytes: what is read lies within them or in the arena. */
static void test_random_bytes(void **state)
{
	struct rng r = rng_start("test_xapian_record");
	struct record in = a_record(), out;
	struct bq_buf data = BQ_BUF_INIT;

	(void)state;
	record_write(&in, &data);
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rng_below(&r, data.len + 1);
		char *copy = malloc(n + 1); /* so that AddressSanitizer sees its end */
		assert_non_null(copy);
		memcpy(copy, data.ptr, n);
		for (uint64_t k = rng_below(&r, 4); n != 0 && k > 0; k--)
			copy[rng_below(&r, n)] = (char)rng_next(&r);
		if (record_read(bq_span_make(copy, n), &mem, &out) && out.is_ours)
			assert_true(out.fields.len + out.text.len <= n);
		free(copy);
		bq_arena_reset(&mem);
	}
	bq_buf_release(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_unknown_times),
		cmocka_unit_test(test_omega),
		cmocka_unit_test(test_long_title_is_cut),
		cmocka_unit_test(test_wrong_numbers),
		cmocka_unit_test(test_random_bytes),
	};

	bq_arena_init(&mem, 1 << 20);
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	bq_arena_release(&mem);
	return rc;
}
