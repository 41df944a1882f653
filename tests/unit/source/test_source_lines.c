/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "source/lines.h"

static struct lines l;
static struct stream stream;
static struct tmpdir dir;
static int fd = -1;

static void open_bytes(struct bq_span bytes, size_t max)
{
	char *path;

	tmpdir_init(&dir);
	tmpdir_put(&dir, "f", bytes);
	path = tmpdir_path(&dir, "f");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	assert_int_equal(stream_init(&stream, fd, PACKING_NONE, NULL), 0);
	lines_init(&l, &stream, max);
}

static int close_bytes(void **state)
{
	(void)state;
	lines_release(&l);
	stream_release(&stream);
	(void)close(fd);
	tmpdir_release(&dir);
	return 0;
}

static void expect(const char *want)
{
	struct line got;

	assert_int_equal(lines_next(&l, &got), 1);
	if (!bq_span_eq(bq_span_make(got.ptr, got.len), bq_span_of(want)))
		fail_msg("line %u is [%.*s], not [%s]", (unsigned)l.number, (int)got.len, got.ptr, want);
	assert_false(l.is_too_long);
}

static void expect_end(void)
{
	struct line got;

	assert_int_equal(lines_next(&l, &got), 0);
	assert_int_equal(lines_next(&l, &got), 0);
}

static void test_lines(void **state)
{
	(void)state;
	open_bytes(BQ_SPAN("a\n\nbc\r\n\xff"), LINES_MAX);
	expect("a");
	expect("");
	expect("bc\r");
	assert_int_equal(l.number, 3);
	expect("\xff"); /* no LF at the end */
	assert_int_equal(l.number, 4);
	expect_end();
}

static void test_nothing(void **state)
{
	(void)state;
	open_bytes(BQ_SPAN(""), LINES_MAX);
	expect_end();
}

/* Around the buffer's first size, 256 KiB. */
static void test_long_lines(void **state)
{
	static char bytes[3 * 262144 + 16];
	struct line got;
	size_t at = 0;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	bytes[at += 262143] = '\n';
	bytes[at += 1] = '\n';
	bytes[at += 500000] = '\n';
	open_bytes(bq_span_make(bytes, sizeof bytes), LINES_MAX);
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, 262143);
	expect("");
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, 499999);
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, sizeof bytes - at - 1);
	expect_end();
}

static void expect_too_long(void)
{
	struct line got;

	assert_int_equal(lines_next(&l, &got), 1);
	assert_true(l.is_too_long);
	assert_int_equal(got.len, 0);
}

static void test_a_line_over_the_limit_is_passed_over(void **state)
{
	static char bytes[1000000];

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	bytes[4] = bytes[10] = bytes[20] = '\n';
	bytes[900000] = '\n';
	bytes[900003] = '\n';
	open_bytes(bq_span_make(bytes, sizeof bytes), 5);
	expect("xxxx");
	expect("xxxxx"); /* exactly the limit */
	expect_too_long();
	expect_too_long();
	expect("xx");
	expect_too_long(); /* and no LF behind it */
	assert_int_equal(l.number, 6);
	expect_end();
}

/* The buffer is small again behind a long line, also one that was passed over. */
static void test_what_is_held(void **state)
{
	enum { LONG = 40 << 20 };
	char *bytes = malloc(LONG + 4);
	struct line got;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', LONG);
	memcpy(bytes + LONG, "\ny\nz", 4);
	bytes[LONG / 2] = '\n';
	open_bytes(bq_span_make(bytes, LONG + 4), 20 << 20);
	free(bytes);
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, 20 << 20); /* exactly the limit */
	assert_true(l.cap <= (20 << 20) + 1);
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, (20 << 20) - 1);
	expect("y");
	assert_true(l.cap < 1 << 20);
	assert_int_equal(lines_next(&l, &got), 1);
	assert_int_equal(got.len, 1);
	assert_true(l.cap < 1 << 20);
	expect_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_lines, close_bytes),
		cmocka_unit_test_teardown(test_nothing, close_bytes),
		cmocka_unit_test_teardown(test_long_lines, close_bytes),
		cmocka_unit_test_teardown(test_a_line_over_the_limit_is_passed_over, close_bytes),
		cmocka_unit_test_teardown(test_what_is_held, close_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
