/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The decoder against a list of all characters: what each is written as, and
 * what can be the beginning of one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/utf8.h>

static uint8_t *begins[3]; /* [n][bytes as a big-endian number]: a character begins with these n + 1 bytes */

static size_t encode(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static void test_characters(void **state)
{
	uint8_t bytes[4];
	int32_t cp;

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		size_t n = encode(c, bytes), at = 0;
		assert_int_equal(bq_utf8_decode(bytes, bytes + n, &cp), n);
		assert_int_equal(cp, c);
		assert_int_equal(bq_utf8_len((char)bytes[0]), n);
		for (size_t i = 0; i < 3 && i < n; i++) {
			at = at << 8 | bytes[i];
			begins[i][at] = 1;
		}
	}
}

/* The longest beginning of a character, at least one byte. */
static size_t longest_part(const uint8_t *p, size_t n)
{
	size_t at = 0, longest = 1;

	for (size_t i = 0; i < n && i < 3; i++) {
		at = at << 8 | p[i];
		if (!begins[i][at])
			break;
		longest = i + 1;
	}
	return longest;
}

static void check_bytes(const uint8_t *p, size_t n)
{
	int32_t cp;
	uint8_t again[4];
	size_t len = bq_utf8_decode(p, p + n, &cp);
	struct bq_span s = bq_span_make(p, n);

	if (cp < 0) {
		assert_int_equal(len, longest_part(p, n));
		assert_int_equal(bq_utf8_check(s), 0);
		return;
	}
	assert_int_equal(encode((uint32_t)cp, again), len);
	assert_memory_equal(again, p, len);
	assert_true(bq_utf8_check(s) >= len);
}

/* Bytes at the edges of every rule, four by four. */
static void test_ill_formed(void **state)
{
	static const uint8_t edges[] = { 0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
		0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	enum { N = sizeof edges };

	(void)state;
	for (uint32_t i = 0; i < N * N * N * N; i++) {
		const uint8_t bytes[16] = { edges[i % N], edges[i / N % N], edges[i / N / N % N],
			edges[i / N / N / N] };
		for (size_t n = 1; n <= 4; n++)
			check_bytes(bytes, n);
	}
}

static void test_check_and_cut(void **state)
{
	struct bq_span s = BQ_SPAN("twelve bytes\xc3\xa9\xe6\x9d\xb1 and more than eight\xff");

	(void)state;
	assert_int_equal(bq_utf8_check(s), s.len - 1);
	assert_int_equal(bq_utf8_check(bq_span_first(s, 13)), 12);
	assert_int_equal(bq_utf8_check(bq_span_first(s, 0)), 0);
	assert_int_equal(bq_utf8_cut(s, 13).len, 12);
	assert_int_equal(bq_utf8_cut(s, 14).len, 14);
	assert_int_equal(bq_utf8_cut(s, 16).len, 14);
	assert_int_equal(bq_utf8_cut(s, 17).len, 17);
	assert_int_equal(bq_utf8_cut(s, 100).len, s.len);
	assert_int_equal(bq_utf8_cut(BQ_SPAN("\x80\x80\x80\x80\x80\x80"), 5).len, 2);
}

static int make_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		begins[i] = calloc((size_t)1 << 8 * (i + 1), 1);
	return begins[0] == NULL || begins[1] == NULL || begins[2] == NULL;
}

static int drop_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		free(begins[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_ill_formed),
		cmocka_unit_test(test_check_and_cut),
	};

	return cmocka_run_group_tests(tests, make_table, drop_table);
}
