/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* it is the program's own, in no library */
#include "progress_line.c"

static char line[PROGRESS_LINE_MAX];

static void expect(const struct progress_view *v, const char *want)
{
	progress_format(v, line);
	assert_string_equal(line, want);
}

static void test_what_is_said(void **state)
{
	struct progress_view v = { .columns = 100 };

	(void)state;
	expect(&v, "0 documents  0.0 MB");
	v.documents = 1;
	v.bytes = 1234567;
	v.bytes_per_s = 2e6;
	expect(&v, "1 document  2.0 MB/s  1.2 MB");
	v.total = 123456789;
	expect(&v, "0 %  1:01 left  1 document  2.0 MB/s  1.2 of 123.5 MB");
	v.documents = 1234567;
	v.bytes = v.total;
	v.name = BQ_SPAN("a/b.md");
	expect(&v, "100 %  0:00 left  1,234,567 documents  2.0 MB/s  123.5 of 123.5 MB  a/b.md");
	v.bytes = v.total + 1; /* a file has grown */
	expect(&v, "100 %  0:00 left  1,234,567 documents  2.0 MB/s  123.5 of 123.5 MB  a/b.md");
	v.phase = "writing";
	expect(&v, "writing  1,234,567 documents");
}

static void test_remaining_time(void **state)
{
	static const struct {
		uint64_t total;
		const char *says;
	} rows[] = {
		{ 59400000, "0:59 left" }, { 59600000, "1:00 left" }, { 3599000000, "59:59 left" },
		{ 3600000000, "1:00:00 left" },
		{ 359999000000, "99:59:59 left" }, { 360000000000, "100 hours or more left" },
		{ UINT64_MAX, "100 hours or more left" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct progress_view v = { .total = rows[i].total, .bytes_per_s = 1e6, .columns = 30 };
		progress_format(&v, line);
		if (strncmp(line + strlen("0 %  "), rows[i].says, strlen(rows[i].says)) != 0)
			fail_msg("[%s], not [%s]", line, rows[i].says);
	}
}

/* Fewer columns: fewer parts, then less of the name; never a column too many. */
static void test_width(void **state)
{
	struct progress_view v = { .documents = 12345, .bytes = 5000000, .total = 10000000, .bytes_per_s = 1e6,
		.name = BQ_SPAN("some/long/path/to/a/file.md") };
	char wide[PROGRESS_LINE_MAX];
	size_t last = 0;

	(void)state;
	v.columns = 1000;
	progress_format(&v, wide);
	assert_string_equal(wide,
		"50 %  0:05 left  12,345 documents  1.0 MB/s  5.0 of 10.0 MB  some/long/path/to/a/file.md");
	for (v.columns = 0; v.columns < 100; v.columns++) {
		progress_format(&v, line);
		assert_true(strlen(line) == 0 || strlen(line) < v.columns);
		assert_true(strlen(line) >= last);
		last = strlen(line);
	}
	assert_string_equal(line, wide);
	v.columns = 6;
	expect(&v, "50 %");
	v.columns = 75;
	expect(&v, "50 %  0:05 left  12,345 documents  1.0 MB/s  5.0 of 10.0 MB  ..o/a/file.md");
}

static void expect_name(struct bq_span name, unsigned columns, const char *want)
{
	struct progress_view v = { .columns = columns, .name = name };

	progress_format(&v, line);
	if (strcmp(line + strlen("0 documents  0.0 MB"), want) != 0)
		fail_msg("[%s] does not end in [%s]", line, want);
}

static void test_names_are_made_safe(void **state)
{
	(void)state;
	expect_name(BQ_SPAN("\x1b[31mred\n\r\t\x7f"), 80, "  ?[31mred????");
	expect_name(BQ_SPAN("\xff" "a\xc3\xa9\xc3"), 80, "  ?a\xc3\xa9?");
	expect_name(BQ_SPAN("\xc2\x9b" "31m"), 80, "  ?31m"); /* a control sequence in one character */
	expect_name(BQ_SPAN("\xe2\x80\xae" "dm.exe\xe2\x81\xa9"), 80, "  ?dm.exe?");
	expect_name(BQ_SPAN("a\0b"), 80, "  a?b");
	/* two columns each, so that none is wider than counted */
	expect_name(BQ_SPAN("\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd/\xe6\x9d\xb1\xe4\xba\xac.md"), 34,
		"  ..\xe9\x83\xbd/\xe6\x9d\xb1\xe4\xba\xac.md");
}

static void test_any_name_fits(void **state)
{
	char name[4096];

	(void)state;
	for (int c = 1; c < 256; c++) {
		memset(name, c, sizeof name);
		for (unsigned columns = 20; columns < 1000; columns += 245) {
			struct progress_view v = { .columns = columns, .name = bq_span_make(name, sizeof name) };
			progress_format(&v, line);
			assert_true(strlen(line) < sizeof line && strlen(line) < columns);
		}
	}
}

static void test_rate(void **state)
{
	double rate = 0;

	(void)state;
	rate = progress_rate(rate, 1000000, 0.5);
	assert_true(rate > 1.99e6 && rate < 2.01e6);
	rate = progress_rate(rate, 0, 0); /* no time has passed */
	assert_true(rate > 1.99e6 && rate < 2.01e6);
	for (unsigned i = 0; i < 25; i++) /* five seconds at a tenth of it */
		rate = progress_rate(rate, 40000, 0.2);
	assert_true(rate > 0.5e6 && rate < 1.2e6);
	for (unsigned i = 0; i < 100; i++)
		rate = progress_rate(rate, 40000, 0.2);
	assert_true(rate > 0.19e6 && rate < 0.25e6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_remaining_time),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_names_are_made_safe),
		cmocka_unit_test(test_any_name_fits),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
