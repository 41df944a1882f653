/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/filetype.h"
#include "source/title.h"

struct row {
	const char *text, *title;
};

static void check(struct bq_span (*title_of)(struct bq_span), const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bq_span text = bq_span_of(rows[i].text), got = title_of(text);
		if (!bq_span_eq(got, bq_span_of(rows[i].title)))
			fail_msg("title of [%s] is [%.*s], not [%s]", rows[i].text, (int)got.len, got.ptr,
				rows[i].title);
		if (got.len != 0 && (got.ptr < text.ptr || got.ptr + got.len > text.ptr + text.len))
			fail_msg("title of [%s] is not a range of it", rows[i].text);
	}
}

static void test_text(void **state)
{
	static const struct row rows[] = {
		{ "", "" }, { "\n \t\r\n", "" }, { "one", "one" }, { "\r\n  one two \t\r\nthree", "one two" },
		{ "\xef\xbb\xbf\n# x\n", "# x" }, { "\xef\xbb\xbftitle", "title" }, { "\xef\xbb", "\xef\xbb" },
	};

	(void)state;
	check(title_of_text, rows, sizeof rows / sizeof rows[0]);
}

static void test_markdown(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "text\n\n# Heading\n", "Heading" },
		{ "# Heading ##\n", "Heading" },
		{ "# C#\n", "C#" },
		{ "# a # b #  \r\n", "a # b" },
		{ "   ### x\n", "x" },
		{ "    # code\n\nno heading\n", "# code" }, /* no heading at all: the first line */
		{ "#no\n####### seven\n## yes\n", "yes" },
		{ "#\n# \n## ##\n# x\n", "x" },
		{ "#\ttab\n", "tab" },
		{ "Title\n=====\ntext\n", "Title" },
		{ "a\nTitle\n---\n", "Title" },
		{ "\n---\ntext\n# x\n", "x" },
		{ "- item\n---\n# x\n", "x" },
		{ "> quote\n---\n# x\n", "x" },
		{ "*emph* title\n---\n", "*emph* title" },
		{ "```\n# no\n```\n# yes\n", "yes" },
		{ "~~~ sh\n# no\n```\n# no\n~~~~\n# yes\n", "yes" },
		{ "````\n```\n# no\n````\n# yes\n", "yes" },
		{ "```\n# never closed\n", "```" },
		{ "---\ntitle: Meta\n---\ntext\n", "text" },
		{ "---\ntitle: Meta\n---\n# x\n", "x" },
		{ "---\nno end\n# x\n", "x" },
		{ "\xef\xbb\xbf# x\n", "x" },
		{ "plain\ntext\n", "plain" },
	};

	(void)state;
	check(title_of_markdown, rows, sizeof rows / sizeof rows[0]);
}

/* One byte more than is shown, so that the cut is seen, and whole characters. */
static void test_long_titles_are_cut(void **state)
{
	char text[4096];
	struct bq_span got;

	(void)state;
	memset(text, 'x', sizeof text);
	got = title_of_text(bq_span_make(text, sizeof text));
	assert_int_equal(got.len, TITLE_MAX + 1);
	got = title_of_text(bq_span_make(text, TITLE_MAX));
	assert_int_equal(got.len, TITLE_MAX);
	for (size_t i = 0; i + 3 <= sizeof text; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	got = title_of_text(bq_span_make(text, sizeof text / 3 * 3));
	assert_int_equal(got.len, 1026);
}

static void test_file_types(void **state)
{
	static const struct {
		const char *name;
		enum filetype type;
		enum packing packing;
	} rows[] = {
		{ "a.txt", FILETYPE_TEXT, PACKING_NONE },
		{ "A.TXT", FILETYPE_TEXT, PACKING_NONE },
		{ "a.b.c", FILETYPE_TEXT, PACKING_NONE },
		{ "a.Md", FILETYPE_MARKDOWN, PACKING_NONE },
		{ "a.ndjson", FILETYPE_JSONL, PACKING_NONE },
		{ "a.jsonl", FILETYPE_JSONL, PACKING_NONE },
		{ "a.json", FILETYPE_TEXT, PACKING_NONE },
		{ "README", FILETYPE_TEXT, PACKING_NONE },
		{ "a.pdf", FILETYPE_UNKNOWN, PACKING_NONE },
		{ "a.", FILETYPE_UNKNOWN, PACKING_NONE },
		{ ".txt", FILETYPE_UNKNOWN, PACKING_NONE },
		{ "program", FILETYPE_UNKNOWN, PACKING_NONE },
		{ "a.jsonl.gz", FILETYPE_JSONL, PACKING_GZIP },
		{ "a.NDJSON.ZST", FILETYPE_JSONL, PACKING_ZSTD },
		{ "a.md.Gz", FILETYPE_MARKDOWN, PACKING_GZIP },
		{ "README.gz", FILETYPE_TEXT, PACKING_GZIP },
		{ "a.tar.gz", FILETYPE_UNKNOWN, PACKING_GZIP },
		{ "a.gz", FILETYPE_UNKNOWN, PACKING_GZIP },
		{ ".gz", FILETYPE_UNKNOWN, PACKING_GZIP },
		{ "a.txt.gz.zst", FILETYPE_UNKNOWN, PACKING_ZSTD },
		{ "a.zip.gz", FILETYPE_UNKNOWN, PACKING_GZIP },
		{ "a.txt.xz", FILETYPE_PACKED, PACKING_NONE },
		{ "a.zip", FILETYPE_PACKED, PACKING_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum packing packing;
		enum filetype type = filetype_of(rows[i].name, &packing);
		if (type != rows[i].type || packing != rows[i].packing)
			fail_msg("%s is of type %d, packing %d", rows[i].name, (int)type, (int)packing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_long_titles_are_cut),
		cmocka_unit_test(test_file_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
