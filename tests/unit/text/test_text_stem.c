/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/text.h>
#include <xapian-c.h>

#include "lib/cases.h"
#include "text/lang.h"
#include "text/stem.h"

static struct stem *stemmer(const char *language)
{
	struct stem *s;
	struct bq_error err;

	assert_int_equal(stem_new(language, STEM_CACHE_WORDS, &s, &err), BQ_OK);
	return s;
}

static void check_equal(const char *word, struct bq_span stem, const char *expected)
{
	if (!bq_span_eq(stem, bq_span_of(expected)))
		fail_msg("%s: stem %.*s, expected %s", word, (int)stem.len, stem.ptr, expected);
}

static void check(struct stem *s, const char *word, const char *expected)
{
	uint32_t n;

	check_equal(word, stem_find(s, bq_span_of(word)), expected);
	n = stem_count(s);
	check_equal(word, stem_once(s, bq_span_of(word)), expected);
	assert_int_equal(stem_count(s), n);
}

/* Each line a word and its stem; twice, so that the second comes from the cache. */
static void test_english(void **state)
{
	struct stem *s = stemmer("english");

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct cases c;
		struct cases_group g;
		size_t n = 0;
		cases_init(&c, "stem_en.test");
		while (cases_next(&c, &g)) {
			for (size_t i = 0; i < g.n; i++, n++) {
				char *stem = strchr(g.lines[i], ' ');
				assert_non_null(stem);
				*stem++ = '\0';
				check(s, g.lines[i], stem);
			}
		}
		assert_true(n > 50);
		cases_release(&c);
	}
	assert_int_equal(stem_check(s, NULL), BQ_OK);
	stem_free(s);
}

static void test_own_stems(void **state)
{
	struct stem *s = stemmer("english"), *none = stemmer("none");
	char word[BQ_WORD_MAX + 1];

	(void)state;
	check(s, "", "");
	check(s, "running2", "running2");
	check(s, "runnin१gs", "runnin१gs");
	check(s, "東京", "東京");
	check(s, "カード", "カード");
	check(none, "sharing", "sharing");
	/* 64 bytes are stemmed, more are not. */
	memset(word, 'a', sizeof word);
	memcpy(word + BQ_WORD_CUT - 3, "ing", 4);
	assert_int_equal(stem_find(s, bq_span_of(word)).len, BQ_WORD_CUT - 3);
	memset(word, 'a', sizeof word);
	memcpy(word + BQ_WORD_CUT - 2, "ing", 4);
	check(s, word, word);
	stem_free(s);
	stem_free(none);
	stem_free(NULL);
}

/* An answer may be the next question. */
static void test_stem_of_a_stem(void **state)
{
	struct stem *s = stemmer("english");

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct bq_span a = stem_find(s, BQ_SPAN("generalizations"));
		struct bq_span b = stem_find(s, a);
		assert_int_equal(b.len, strlen("general"));
		check(s, "general", "general");
		check(s, "generalizations", "general");
	}
	stem_free(s);
}

/* What Xapian says without a cache between. */
static void ask_xapian(const struct xapian_c_stemmer *x, const char *word, char out[64])
{
	assert_int_equal(xapian_c_stemmer_stem(x, word, strlen(word), out, 64, NULL, NULL), XAPIAN_C_OK);
}

/* The cache grows, stops at its limit, forgets, and is right all the while. */
static void check_cache(uint32_t limit)
{
	enum { WORDS = 5000 };
	uint32_t most = 0;
	struct stem *s;
	struct xapian_c_stemmer *x;

	assert_int_equal(stem_new("english", limit, &s, NULL), BQ_OK);
	assert_int_equal(xapian_c_stemmer_new("english", &x, NULL), XAPIAN_C_OK);
	for (unsigned n = 0, i = 0; n < 2 * WORDS; n++, i = n % WORDS) {
		const char *endings[] = { "", "ing", "ation", "edly" };
		char word[32], stem[64];
		(void)snprintf(word, sizeof word, "w%c%c%c%c%s", 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26), 'q',
			'a' + (int)(i / 676 % 8), endings[i % 4]);
		ask_xapian(x, word, stem);
		check(s, word, stem);
		check(s, word, stem);
		most = stem_count(s) > most ? stem_count(s) : most;
	}
	assert_int_equal(most, limit < WORDS ? limit : WORDS);
	stem_free(s);
	xapian_c_stemmer_free(x);
}

static void test_cache(void **state)
{
	(void)state;
	check_cache(100000);
	check_cache(2000);
	check_cache(1);
	check_cache(0);
}

static void test_unknown_language(void **state)
{
	struct stem *s;
	struct bq_error err;

	(void)state;
	assert_int_equal(stem_new("klingon", 100, &s, &err), BQ_EUSAGE);
	assert_null(s);
	assert_non_null(strstr(err.msg, "klingon"));
}

/* Every stemmer of the library at hand has a short name here. */
static void test_every_language_has_a_code(void **state)
{
	char all[2048];

	(void)state;
	assert_int_equal(xapian_c_stemmer_languages(all, sizeof all, NULL, NULL), XAPIAN_C_OK);
	for (char *name = strtok(all, " "); name != NULL; name = strtok(NULL, " ")) {
		const struct lang *lang = lang_find(name);
		if (lang == NULL)
			fail_msg("Xapian has %s, indexer/text/lang.c has not", name);
		assert_true(strlen(lang->code) < BQ_LANG_MAX);
		assert_ptr_equal(lang_find(lang->code), lang);
	}
	assert_ptr_equal(lang_find("english"), lang_find("en"));
	assert_ptr_equal(lang_find("nn"), lang_find("norwegian"));
	assert_null(lang_find("xx"));
	assert_null(lang_find(""));
	assert_null(lang_find("EN"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_english),
		cmocka_unit_test(test_own_stems),
		cmocka_unit_test(test_stem_of_a_stem),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_unknown_language),
		cmocka_unit_test(test_every_language_has_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
