/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/text.h>
#include <bq/utf8.h>

#include "text/fold.h"

static struct fold *folded, *plain;
static char word[BQ_WORD_MAX], marked[BQ_WORD_MAX];

static int make_folders(void **state)
{
	(void)state;
	folded = fold_new(false);
	plain = fold_new(true);
	return folded != NULL && plain != NULL ? 0 : -1;
}

static int free_folders(void **state)
{
	(void)state;
	fold_free(folded);
	fold_free(plain);
	fold_free(NULL);
	return 0;
}

static void check(struct fold *f, const char *in, const char *expected, const char *expected_marked)
{
	const uint8_t *p = (const uint8_t *)in, *end = p + strlen(in);
	size_t n, n_marked;

	fold_start(f, word, marked);
	while (p < end) {
		int32_t cp;
		p += bq_utf8_decode(p, end, &cp);
		fold_add(f, cp, chars_class(cp, f == plain));
	}
	n = fold_finish(f, &n_marked);
	if (!bq_span_eq(bq_span_make(word, n), bq_span_of(expected)))
		fail_msg("%s: %.*s, expected %s", in, (int)n, word, expected);
	if (!bq_span_eq(bq_span_make(marked, n_marked), bq_span_of(expected_marked)))
		fail_msg("%s: marked %.*s, expected %s", in, (int)n_marked, marked, expected_marked);
}

static void test_forms(void **state)
{
	(void)state;
	check(folded, "", "", "");
	check(folded, "ABC", "abc", "");
	check(folded, "\u00c9t\u00c9", "ete", "\u00e9t\u00e9");
	check(folded, "xE\u0301y", "xey", "x\u00e9y");
	check(folded, "\u0418\u0306", "\u0439", "");
	check(folded, "\u00bd", "12", "");
	check(folded, "\u05b8", "", "\u05b8");
	check(folded, "\u0301\u0410", "\u0301\u0430", "");
	/* A mark takes its letter's side, whatever lies between. */
	check(folded, "e\u00ad\u0301", "e", "\u00e9");
	check(folded, "\u0436\u0301e\u0301", "\u0436\u0301e", "\u0436\u0301\u00e9");
}

static void test_plain(void **state)
{
	(void)state;
	check(plain, "ABC", "abc", "");
	check(plain, "\u00c9\u0301\u00df\u00bd\ufb01", "\u00e9\u0301\u00df\u00bd\ufb01", "");
	check(plain, "\u0410\u1e9e", "\u0430\u00df", "");
}

/* Marks in any order, over the window's edge: up to it they are sorted, and one
 * more mark never loses or adds any. */
static void test_window_edge(void **state)
{
	static char in[8 * FOLD_WINDOW], longest[BQ_WORD_MAX];

	(void)state;
	for (size_t n = FOLD_WINDOW - 3; n < FOLD_WINDOW + 3; n++) {
		size_t len = 2, n_marked;
		memcpy(in, "\u0436", 2);
		for (size_t i = 0; i < n; i++, len += 2)
			memcpy(in + len, i % 2 == 0 ? "\u0301" : "\u0323", 2);
		in[len] = '\0';
		fold_start(folded, word, marked);
		for (const uint8_t *p = (const uint8_t *)in, *end = p + len; p < end;) {
			int32_t cp;
			p += bq_utf8_decode(p, end, &cp);
			fold_add(folded, cp, chars_class(cp, false));
		}
		size_t got = fold_finish(folded, &n_marked);
		assert_int_equal(got, BQ_WORD_CUT + 17);
		assert_int_equal(n_marked, 0);
		/* The marks below come first, whatever n is. */
		assert_memory_equal(word, "\u0436\u0323\u0323", 6);
		assert_memory_not_equal(word, longest, got);
		memcpy(longest, word, got);
	}
}

/* The table of ready letters says what folding says, and knows the usual ones. */
static void test_ready_letters(void **state)
{
	const struct fold_ready *letters = fold_letters(folded);

	(void)state;
	for (int32_t cp = 'A'; cp <= 'z'; cp++)
		assert_int_equal(letters[cp].n_word, chars_in_word(cp) ? 1 : 0);
	assert_int_equal(letters[0x301].n_word, 0);
	assert_int_equal(letters[0xad].n_word, 0);
	assert_int_equal(letters[0x64e].n_word, 0);
	assert_memory_equal(letters[0xc9].word, "e", 1);
	assert_memory_equal(letters[0xc9].marked, "\u00e9", 2);
	assert_true(letters[0xc9].differs);
	assert_true(letters[0xc9].sheds);
	assert_memory_equal(letters[0x419].word, "\u0439", 2);
	assert_false(letters[0x419].differs);
	assert_false(letters[0x419].sheds);
	assert_memory_equal(letters[0xdf].word, "ss", 2);
	assert_int_equal(fold_letters(plain)[0x301].n_word, 2);
	assert_int_equal(fold_letters(plain)[0xad].n_word, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_window_edge),
		cmocka_unit_test(test_ready_letters),
	};

	return cmocka_run_group_tests(tests, make_folders, free_folders);
}
