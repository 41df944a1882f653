/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "text/cut.h"

static struct cut cut;
static char bytes[BQ_WORD_MAX];

static int make_cut(void **state)
{
	(void)state;
	return cut_init(&cut) ? 0 : -1;
}

static int release_cut(void **state)
{
	(void)state;
	cut_release(&cut);
	return 0;
}

/* Put `n` bytes of `s`, `step` characters of one byte at a time. */
static size_t put_all(const char *s, size_t n, size_t step)
{
	cut_start(&cut, bytes);
	for (size_t i = 0; i < n; i += step)
		cut_put(&cut, s + i, n - i < step ? n - i : step);
	return cut_finish(&cut);
}

static void test_short_words_stay(void **state)
{
	char word[BQ_WORD_CUT];

	(void)state;
	memset(word, 'a', sizeof word);
	for (size_t n = 0; n <= sizeof word; n++) {
		assert_int_equal(put_all(word, n, 1), n);
		assert_memory_equal(bytes, word, n);
	}
}

static void test_long_words_keep_a_hash(void **state)
{
	enum { LONG = 1000 };
	char word[LONG], first[BQ_WORD_MAX], expected[BQ_WORD_MAX + 1];

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		word[i] = (char)('a' + i % 26);
	for (size_t n = BQ_WORD_CUT + 1; n <= LONG; n += 97) {
		size_t len = put_all(word, n, n);
		memcpy(first, bytes, len);
		(void)snprintf(
			expected, sizeof expected, "%.64s\x01%016llx", word, (unsigned long long)XXH3_64bits(word, n));
		assert_int_equal(len, strlen(expected));
		assert_memory_equal(first, expected, len);
		/* However it comes in. */
		assert_int_equal(put_all(word, n, 1), len);
		assert_memory_equal(first, bytes, len);
		assert_int_equal(put_all(word, n, 7), len);
		assert_memory_equal(first, bytes, len);
	}
}

/* No character is cut in two, and how the characters arrive does not matter. */
static void test_cuts_between_characters(void **state)
{
	const char *chars[] = { "é", "東", "𐍈" };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		size_t width = strlen(chars[c]);
		for (size_t lead = 0; lead < width; lead++) {
			char word[200], first[BQ_WORD_MAX];
			size_t n = lead;
			memset(word, 'x', lead);
			for (int i = 0; i < 40; i++, n += width)
				memcpy(word + n, chars[c], width);
			size_t len = put_all(word, n, n), kept = len - 17;
			memcpy(first, bytes, len);
			assert_in_range(kept, BQ_WORD_CUT - width + 1, BQ_WORD_CUT);
			assert_int_equal((kept - lead) % width, 0);
			assert_memory_equal(bytes, word, kept);
			cut_start(&cut, bytes);
			cut_put(&cut, word, lead);
			for (size_t i = lead; i < n; i += width)
				cut_put(&cut, word + i, width);
			assert_int_equal(cut_finish(&cut), len);
			assert_memory_equal(first, bytes, len);
		}
	}
}

static void test_copy(void **state)
{
	struct cut other;
	char there[BQ_WORD_MAX], word[90];

	(void)state;
	assert_true(cut_init(&other));
	memset(word, 'w', sizeof word);
	for (size_t at = 0; at <= sizeof word; at += 15) {
		size_t len = put_all(word, sizeof word, 5);
		char whole[BQ_WORD_MAX];
		memcpy(whole, bytes, len);
		cut_start(&cut, bytes);
		cut_put(&cut, word, at);
		cut_start(&other, there);
		cut_copy(&other, &cut);
		cut_put(&other, word + at, sizeof word - at);
		assert_int_equal(cut_finish(&other), len);
		assert_memory_equal(there, whole, len);
	}
	cut_release(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_words_stay),
		cmocka_unit_test(test_long_words_keep_a_hash),
		cmocka_unit_test(test_cuts_between_characters),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, make_cut, release_cut);
}
