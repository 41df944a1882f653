/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/utf8.h>

#include "text/chars.h"
#include "text/cjk.h"

static void test_classes(void **state)
{
	static const struct {
		int32_t cp;
		enum chars_class folded, plain;
	} rows[] = {
		{ -1, CHARS_SEPARATES, CHARS_SEPARATES },
		{ 0, CHARS_SEPARATES, CHARS_SEPARATES },
		{ 'a', CHARS_LETTER, CHARS_LETTER },
		{ '7', CHARS_LETTER, CHARS_LETTER },
		{ '_', CHARS_SEPARATES, CHARS_SEPARATES },
		{ 0xa0, CHARS_SEPARATES, CHARS_SEPARATES },
		{ 0xad, CHARS_IGNORED, CHARS_SEPARATES }, /* soft hyphen */
		{ 0xdf, CHARS_LETTER, CHARS_LETTER },
		{ 0xd7, CHARS_SEPARATES, CHARS_SEPARATES }, /* multiplication sign */
		{ 0x301, CHARS_MARK, CHARS_MARK },
		{ 0x34f, CHARS_IGNORED, CHARS_MARK }, /* grapheme joiner */
		{ 0x20dd, CHARS_MARK, CHARS_MARK },   /* enclosing circle */
		{ 0x200b, CHARS_SEPARATES, CHARS_SEPARATES },
		{ 0x200d, CHARS_IGNORED, CHARS_SEPARATES },
		{ 0xfeff, CHARS_IGNORED, CHARS_SEPARATES },
		{ 0x2019, CHARS_SEPARATES, CHARS_SEPARATES },
		{ 0x216b, CHARS_LETTER, CHARS_LETTER }, /* Roman numeral */
		{ 0x3042, CHARS_CJK, CHARS_CJK },
		{ 0x3099, CHARS_MARK, CHARS_MARK },
		{ 0x30fb, CHARS_SEPARATES, CHARS_SEPARATES }, /* katakana middle dot */
		{ 0x30fc, CHARS_CJK, CHARS_CJK },
		{ 0x3164, CHARS_IGNORED, CHARS_CJK }, /* Hangul filler */
		{ 0x4e00, CHARS_CJK, CHARS_CJK },
		{ 0xff9e, CHARS_MARK, CHARS_MARK },
		{ 0xe000, CHARS_SEPARATES, CHARS_SEPARATES },  /* private use */
		{ 0x378, CHARS_SEPARATES, CHARS_SEPARATES },   /* not assigned */
		{ 0x1f600, CHARS_SEPARATES, CHARS_SEPARATES }, /* an emoji */
		{ 0x10ffff, CHARS_SEPARATES, CHARS_SEPARATES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (chars_class(rows[i].cp, false) != rows[i].folded || chars_class(rows[i].cp, true) != rows[i].plain)
			fail_msg("U+%04X: classes %d, %d", (unsigned)rows[i].cp, (int)chars_class(rows[i].cp, false),
				(int)chars_class(rows[i].cp, true));
	}
}

/* What the short cuts for CJK take for granted, of every three bytes. */
static void test_simple_and_stops(void **state)
{
	static const uint8_t cut[] = { 0xe4, 0xb8, 0xad };

	(void)state;
	for (uint32_t i = 0; i < 1u << 20; i++) {
		uint8_t p[3] = { (uint8_t)(0xe0 | i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
		int32_t cp = cjk_decode(p, p + 3), want;
		bool is_whole = bq_utf8_decode(p, p + 3, &want) == 3 && want >= 0;
		if (is_whole || cjk_is_simple(cp) || cjk_is_stop(cp))
			assert_int_equal(cp, want);
		if (!cjk_is_simple(cp) && !cjk_is_stop(cp))
			continue;
		assert_int_equal(chars_class(cp, false), cjk_is_simple(cp) ? CHARS_CJK : CHARS_SEPARATES);
		assert_int_equal(chars_class(cp, true), cjk_is_simple(cp) ? CHARS_CJK : CHARS_SEPARATES);
	}
	assert_int_equal(cjk_decode(cut, cut + 3), 0x4e2d);
	assert_int_equal(cjk_decode(cut, cut + 2), -1);
}

static void test_what_is_shed(void **state)
{
	(void)state;
	assert_true(chars_sheds_marks('a'));
	assert_true(chars_sheds_marks(0xf8));   /* o with stroke */
	assert_true(chars_sheds_marks(0x3b1));  /* alpha */
	assert_true(chars_sheds_marks(0x1d00)); /* small capital A */
	assert_false(chars_sheds_marks('1'));
	assert_false(chars_sheds_marks(0x3e3));  /* Coptic */
	assert_false(chars_sheds_marks(0x438));  /* Cyrillic i */
	assert_false(chars_sheds_marks(0x915));  /* Devanagari ka */
	assert_false(chars_sheds_marks(0x304b)); /* Hiragana ka */
	assert_true(chars_is_point(0x5b8));      /* Hebrew qamats */
	assert_true(chars_is_point(0x64e));      /* Arabic fatha */
	assert_false(chars_is_point(0x654));     /* Arabic hamza above */
	assert_false(chars_is_point(0x5be));     /* Hebrew maqaf, punctuation */
	assert_false(chars_is_point(0x301));
}

static void test_digits(void **state)
{
	(void)state;
	assert_true(chars_is_digit('0'));
	assert_true(chars_is_digit(0x967)); /* Devanagari one */
	assert_true(chars_is_digit(0xbd));  /* one half */
	assert_false(chars_is_digit('a'));
	assert_false(chars_is_digit(0x4e00));
}

static void test_cjk_blocks(void **state)
{
	static const int32_t inside[] = { 0x1100, 0x3005, 0x3007, 0x3041, 0x30fa, 0x30fc, 0x3105, 0x3131, 0x31a0,
		0x31f0, 0x3400, 0x4e00, 0x9fff, 0xa960, 0xac00, 0xd7b0, 0xf900, 0xff66, 0xff70, 0xffa1, 0x1b000,
		0x20000, 0x2fa1d };
	static const int32_t outside[] = { 'a', 0x10ff, 0x1200, 0x3004, 0x3200, 0xa000, 0xff21, 0xff65, 0x323b0 };

	(void)state;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
		if (!cjk_is(inside[i]))
			fail_msg("U+%04X is CJK", (unsigned)inside[i]);
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
		if (cjk_is(outside[i]))
			fail_msg("U+%04X is not CJK", (unsigned)outside[i]);
	/* What is called simple is CJK by the table, too. */
	for (int32_t cp = 0; cp < 0x30000; cp++)
		assert_true(!cjk_is_simple(cp) || (cjk_is(cp) && chars_in_word(cp)));
}

static void test_jamo(void **state)
{
	(void)state;
	assert_true(cjk_joins(0x1112, 0x1161));  /* h a */
	assert_true(cjk_joins(0x1161, 0x11ab));  /* a n */
	assert_true(cjk_joins(0xd558, 0x11ab));  /* ha n */
	assert_false(cjk_joins(0xd55c, 0x11ab)); /* han n */
	assert_false(cjk_joins(0x1112, 0x1112));
	assert_false(cjk_joins(0x1161, 0x1161));
	assert_false(cjk_joins(0x4e00, 0x1161));
	assert_false(cjk_joins(-1, 0x11ab));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_simple_and_stops),
		cmocka_unit_test(test_what_is_shed),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_cjk_blocks),
		cmocka_unit_test(test_jamo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
