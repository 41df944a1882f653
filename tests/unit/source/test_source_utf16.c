/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/utf8.h>

#include "source/utf16.h"

static struct bq_buf utf8;

static int release(void **state)
{
	(void)state;
	bq_buf_release(&utf8);
	return 0;
}

/* `bytes` are big-endian with their mark; the same swapped must give the same. */
static void expect(struct bq_span bytes, const char *want)
{
	char swapped[256];

	assert_true(utf16_is(bytes));
	bq_buf_clear(&utf8);
	utf16_decode(bytes, &utf8);
	assert_true(bq_span_eq(bq_buf_span(&utf8), bq_span_of(want)));
	for (size_t i = 0; i < bytes.len; i++)
		swapped[i] = (i ^ 1) < bytes.len ? bytes.ptr[i ^ 1] : bytes.ptr[i];
	bq_buf_clear(&utf8);
	utf16_decode(bq_span_make(swapped, bytes.len), &utf8);
	assert_true(bq_span_eq(bq_buf_span(&utf8), bq_span_of(want)));
}

static void test_text(void **state)
{
	(void)state;
	expect(BQ_SPAN("\xfe\xff"), "");
	expect(BQ_SPAN("\xfe\xff\0a\0\r\0\n"), "a\r\n");
	expect(BQ_SPAN("\xfe\xff\0\xe9\x20\xac\xd8\x3d\xde\x00"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	expect(BQ_SPAN("\xfe\xff\xd8\x00\xdc\x00\xdb\xff\xdf\xff\xff\xff"),
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbf\xbf");
	expect(BQ_SPAN("\xfe\xff\xfe\xff\0b"), "\xef\xbb\xbf" "b"); /* only the first mark is one */
}

static void test_halves_are_replaced(void **state)
{
	(void)state;
	expect(BQ_SPAN("\xfe\xff\xd8\x3d"), "\xef\xbf\xbd");
	expect(BQ_SPAN("\xfe\xff\xd8\x3d\0x"), "\xef\xbf\xbdx");
	expect(BQ_SPAN("\xfe\xff\xde\x00\xd8\x3d\0x"), "\xef\xbf\xbd\xef\xbf\xbdx");
	expect(BQ_SPAN("\xfe\xff\xd8\x3d\xd8\x3d\xde\x00"), "\xef\xbf\xbd\xf0\x9f\x98\x80");
	expect(BQ_SPAN("\xfe\xff\0x\0"), "x\xef\xbf\xbd"); /* a byte is left over */
	expect(BQ_SPAN("\xfe\xff\xd8\x3d\xde"), "\xef\xbf\xbd\xef\xbf\xbd");
}

/* Every character, over the borders of the pieces in which it is done. */
static void test_all_characters(void **state)
{
	struct bq_buf in = BQ_BUF_INIT;
	const uint8_t *p, *end;

	(void)state;
	bq_buf_put(&in, "\xff\xfe", 2);
	for (uint32_t c = 1; c <= 0x10ffff; c += c < 0xffff ? 1 : 97) {
		if (c >= 0x10000) {
			bq_buf_put_u16(&in, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
			bq_buf_put_u16(&in, (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff)));
		} else if (c < 0xd800 || c > 0xdfff) {
			bq_buf_put_u16(&in, (uint16_t)c);
		}
	}
	utf16_decode(bq_buf_span(&in), &utf8);
	p = utf8.ptr;
	end = p + utf8.len;
	for (int32_t c = 1; c <= 0x10ffff; c += c < 0xffff ? 1 : 97) {
		int32_t got;
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		assert_true(p < end);
		p += bq_utf8_decode(p, end, &got);
		assert_int_equal(got, c);
	}
	assert_ptr_equal(p, end);
	bq_buf_release(&in);
}

static void test_what_is_utf16(void **state)
{
	(void)state;
	assert_false(utf16_is(BQ_SPAN("")));
	assert_false(utf16_is(BQ_SPAN("\xff")));
	assert_false(utf16_is(BQ_SPAN("\xef\xbb\xbf")));
	assert_false(utf16_is(BQ_SPAN("\0a\0b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_text, release),
		cmocka_unit_test_teardown(test_halves_are_replaced, release),
		cmocka_unit_test_teardown(test_all_characters, release),
		cmocka_unit_test_teardown(test_what_is_utf16, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
