/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>

#include "lib/tmpdir.h"
#include "source/source.h"

static struct tmpdir dir;
static struct skips skips;
static struct source_opts opts;
static struct source *source;
static struct bq_doc_in doc;

static int prepare(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	skips_init(&skips);
	opts = (struct source_opts){ .skips = &skips };
	return 0;
}

static int release(void **state)
{
	(void)state;
	source_close(source);
	source = NULL;
	skips_release(&skips);
	tmpdir_release(&dir);
	return 0;
}

static void open_lines(struct bq_span lines)
{
	char *path;

	tmpdir_put(&dir, "d.jsonl", lines);
	path = tmpdir_path(&dir, "d.jsonl");
	assert_int_equal(source_open(path, &opts, &source, NULL), BQ_OK);
	source->number = 3;
	free(path);
}

static void expect(const char *id, const char *title, const char *text, const char *fields)
{
	assert_int_equal(source_next(source, &doc, NULL), BQ_OK);
	assert_true(bq_span_eq(doc.id, bq_span_of(id)));
	assert_true(bq_span_eq(doc.title, bq_span_of(title)));
	assert_true(bq_span_eq(doc.text, bq_span_of(text)));
	assert_true(bq_span_eq(doc.fields, bq_span_of(fields)));
	assert_true(bq_span_eq(doc.path, BQ_SPAN("d.jsonl")));
	assert_int_equal(doc.source, 3);
	assert_int_equal(doc.at, BQ_AT_RECORD);
	assert_false(doc.title_in_text);
}

static void test_members(void **state)
{
	struct bq_span lines = BQ_SPAN("\xef\xbb\xbf{\"id\":\"a\",\"title\":\"T\",\"text\":\"one\\ntwo\"}\r\n"
				       "\n  \t\r\n"
				       "{\"z\":1,\"id\":-12,\"text\":\"\",\"a\":{\"b\":[null]}}\n"
				       "{\"id\":null,\"title\":null,\"text\":\"t\"}\n"
				       "{\"id\":1.5,\"text\":\"last\"}");

	(void)state;
	open_lines(lines);
	expect("a", "T", "one\ntwo", "");
	assert_int_equal(doc.file_line, 1);
	assert_int_equal(doc.file_bytes, lines.len);
	assert_true(doc.mtime_us > 0);
	expect("-12", "", "", "{\"z\":1,\"a\":{\"b\":[null]}}");
	assert_int_equal(doc.file_line, 4);
	expect("", "", "t", "");
	expect("1.5", "", "last", "");
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(skips.n, 0);
}

static void test_a_nul_is_kept(void **state)
{
	(void)state;
	open_lines(BQ_SPAN("{\"text\":\"a\\u0000b\"}\n"));
	assert_int_equal(source_next(source, &doc, NULL), BQ_OK);
	assert_int_equal(doc.text.len, 3);
	assert_memory_equal(doc.text.ptr, "a\0b", 3);
}

static void test_broken_records_are_skipped(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{ "{\"text\":\"a\"", "bad JSON" }, { "{\"text\":\"a\"} x", "bad JSON" }, { "nonsense", "bad JSON" },
		{ "{\"text\":\"\xff\"}", "bad JSON" }, { "{\"text\":\"\xed\xa0\x80\"}", "bad JSON" },
		{ "{\"text\":\"a\",\"text\":\"b\"}", "bad JSON" }, { "[1]", "not a JSON object" },
		{ "{\"id\":1}", "no \"text\"" }, { "{\"text\":1}", "\"text\" is no string" },
		{ "{\"text\":null}", "\"text\" is no string" },
		{ "{\"text\":\"\",\"title\":1}", "\"title\" is no string" },
		{ "{\"text\":\"\",\"id\":[]}", "neither a string nor a number" },
		{ "{\"text\":\"\",\"id\":true}", "neither a string nor a number" },
	};
	enum { N = sizeof bad / sizeof bad[0] };
	struct bq_buf lines = BQ_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < N; i++)
		bq_buf_printf(&lines, "%s\n", bad[i].line);
	bq_buf_printf(&lines, "{\"text\":\"good\"}\n");
	open_lines(bq_buf_span(&lines));
	expect("", "", "good", "");
	assert_int_equal(doc.file_line, N + 1);
	assert_int_equal(skips.n, N);
	assert_int_equal(skips.n_broken, N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(skips.list[i].line, i + 1);
		assert_true(bq_span_ends(skips.list[i].path, BQ_SPAN("/d.jsonl")));
		if (strstr(skips.list[i].reason, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].line, skips.list[i].reason);
	}
	bq_buf_release(&lines);
}

/* The text is not where the parser was, but places are those of the line. */
static void test_places_in_broken_lines(void **state)
{
	struct bq_buf line = BQ_BUF_INIT;

	(void)state;
	bq_buf_printf(&line, "{\"id\":,\"text\":\"0123456789\"}\n{\"text\":\"0123456789\",\"id\":,}\n");
	bq_buf_printf(&line, "{\"text\":\"0123\\x56789\",\"id\":\"1\"}\n");
	open_lines(bq_buf_span(&line));
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(skips.n, 3);
	assert_true(bq_span_starts(bq_span_of(skips.list[0].reason), BQ_SPAN("bad JSON at byte 7:")));
	assert_true(bq_span_starts(bq_span_of(skips.list[1].reason), BQ_SPAN("bad JSON at byte 27:")));
	assert_true(bq_span_starts(bq_span_of(skips.list[2].reason), BQ_SPAN("bad JSON at byte 15:")));
	bq_buf_release(&line);
}

static void test_the_same_id_twice_is_two_documents(void **state)
{
	(void)state;
	open_lines(BQ_SPAN("{\"id\":\"a\",\"text\":\"one\"}\n{\"text\":\"two\",\"id\":\"a\"}\n"));
	expect("a", "", "one", "");
	expect("a", "", "two", "");
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(skips.n, 0);
}

/* The name of the member "text" spelled with an escape, and a text that is escapes. */
static void test_unusual_spellings(void **state)
{
	(void)state;
	open_lines(BQ_SPAN("{\"\\u0074ext\":\"a\\tb\"}\n{\"text\":\"\\ud83d\\ude00\\u00e9\\/\\\"\\n\"}\n"
			   "{\"a\":{\"text\":\"no\"},\"text\":\"yes\"}\n"));
	expect("", "", "a\tb", "");
	expect("", "", "\xf0\x9f\x98\x80\xc3\xa9/\"\n", "");
	expect("", "", "yes", "{\"a\":{\"text\":\"no\"}}");
}

static void test_a_long_id_is_broken(void **state)
{
	struct bq_buf line = BQ_BUF_INIT;

	(void)state;
	for (size_t n = 4096; n <= 4097; n++) {
		bq_buf_printf(&line, "{\"text\":\"\",\"id\":\"");
		for (size_t i = 0; i < n; i++)
			bq_buf_put_u8(&line, 'x');
		bq_buf_printf(&line, "\"}\n");
	}
	open_lines(bq_buf_span(&line));
	assert_int_equal(source_next(source, &doc, NULL), BQ_OK);
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(skips.n_broken, 1);
	bq_buf_release(&line);
}

static void test_deep_nesting_is_broken_not_fatal(void **state)
{
	struct bq_buf line = BQ_BUF_INIT;

	(void)state;
	bq_buf_printf(&line, "{\"text\":");
	for (size_t i = 0; i < 100000; i++)
		bq_buf_put_u8(&line, '[');
	open_lines(bq_buf_span(&line));
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(skips.n_broken, 1);
	bq_buf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_nul_is_kept, prepare, release),
		cmocka_unit_test_setup_teardown(test_broken_records_are_skipped, prepare, release),
		cmocka_unit_test_setup_teardown(test_places_in_broken_lines, prepare, release),
		cmocka_unit_test_setup_teardown(test_the_same_id_twice_is_two_documents, prepare, release),
		cmocka_unit_test_setup_teardown(test_unusual_spellings, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_long_id_is_broken, prepare, release),
		cmocka_unit_test_setup_teardown(test_deep_nesting_is_broken_not_fatal, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
