/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The analyser as a whole: languages, stop words, its id.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/text.h>

static struct bq_text *make(const char *lang, const char *stopwords)
{
	struct bq_text_config config = { .stopwords = bq_span_of(stopwords) };
	struct bq_text *t;
	struct bq_error err;

	(void)snprintf(config.lang, sizeof config.lang, "%s", lang);
	if (bq_text_new(&config, &t, &err) != BQ_OK)
		fail_msg("%s: %s", lang, err.msg);
	return t;
}

static uint64_t id_of(const char *lang, const char *stopwords)
{
	struct bq_text *t = make(lang, stopwords);
	uint64_t id = bq_text_id(t);

	bq_text_free(t);
	return id;
}

static void check_lang(const char *name, const char *code)
{
	struct bq_text *t = make(name, NULL);

	assert_string_equal(bq_text_lang(t), code);
	bq_text_free(t);
}

static void test_languages(void **state)
{
	(void)state;
	check_lang("en", "en");
	check_lang("english", "en");
	check_lang("none", "none");
	check_lang("german", "de");
	check_lang("nb", "no");
	check_lang("kraaij_pohlmann", "kraaij_pohlmann");
	bq_text_free(NULL);
}

static void check_unknown(const char lang[BQ_LANG_MAX])
{
	struct bq_text_config config = { .stopwords = { NULL, 0 } };
	struct bq_text *t = (struct bq_text *)&config;
	struct bq_error err;

	memcpy(config.lang, lang, BQ_LANG_MAX);
	assert_int_equal(bq_text_new(&config, &t, &err), BQ_EUSAGE);
	assert_null(t);
	assert_non_null(strstr(err.msg, "unknown language"));
	assert_non_null(strstr(err.msg, "none ar ca"));
	assert_int_equal(bq_text_new(&config, &t, NULL), BQ_EUSAGE);
}

static void test_unknown_languages(void **state)
{
	(void)state;
	check_unknown("klingon\0\0\0\0\0\0\0\0");
	check_unknown("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	check_unknown("EN\0\0\0\0\0\0\0\0\0\0\0\0\0");
	check_unknown((const char[BQ_LANG_MAX]){
		'e', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n' });
}

static void test_ids(void **state)
{
	uint64_t en = id_of("en", NULL);

	(void)state;
	assert_int_equal(id_of("english", NULL), en);
	assert_int_equal(
		id_of("en", "with will was to this they these there then their the that such or on of not no it is "
			    "into in if for by but be at as are and an a"),
		en);
	assert_int_not_equal(id_of("de", NULL), en);
	assert_int_not_equal(id_of("porter", NULL), en);
	assert_int_not_equal(id_of("none", NULL), en);
	assert_int_not_equal(id_of("en", ""), en);
	assert_int_not_equal(id_of("en", "a an"), id_of("en", "a and"));
	assert_int_not_equal(id_of("en", ""), id_of("none", ""));
}

static void check_stopwords(const char *lang, const char *given, const char *expected)
{
	struct bq_text *t = make(lang, given), *again;
	struct bq_span list = bq_text_stopwords(t);
	struct bq_text_config config = { .stopwords = list };

	if (!bq_span_eq(list, bq_span_of(expected)))
		fail_msg("%s: [%.*s], expected [%s]", given, (int)list.len, list.ptr, expected);
	/* What is recorded makes the same analyser again. */
	(void)snprintf(config.lang, sizeof config.lang, "%s", bq_text_lang(t));
	assert_int_equal(bq_text_new(&config, &again, NULL), BQ_OK);
	assert_int_equal(bq_text_id(again), bq_text_id(t));
	assert_true(bq_span_eq(bq_text_stopwords(again), list));
	bq_text_free(again);
	bq_text_free(t);
}

static void test_stopword_lists(void **state)
{
	(void)state;
	check_stopwords("en", NULL,
		"a an and are as at be but by for if in into is it no not of on or such that the their then there "
		"these they this to was will with");
	check_stopwords("none", NULL, "");
	check_stopwords("de", NULL, "");
	check_stopwords("en", "", "");
	check_stopwords("en", " \n , ", "");
	check_stopwords("en", "The\nthe  THE a\tof", "a of the");
	check_stopwords("fr", "\u00e9t\u00e9 \u00e0 la l'", "a ete l la");
	check_stopwords("none", "\u00c9t\u00c9 Le", "le \u00e9t\u00e9");
	check_stopwords("en", "don't", "don t");
	check_stopwords("en", "\u6211\u4eec \u7684", "\u6211\u4eec \u7684");
	/* Parenthesised ideographs become a CJK run of their own. */
	check_stopwords("en", "\u3220\u3221\u3222", "\u4e00\u4e8c \u4e8c\u4e09");
}

static void test_is_stopword(void **state)
{
	struct bq_text *t = make("en", NULL), *none = make("none", NULL);

	(void)state;
	assert_true(bq_text_is_stopword(t, BQ_SPAN("the")));
	assert_true(bq_text_is_stopword(t, BQ_SPAN("a")));
	assert_true(bq_text_is_stopword(t, BQ_SPAN("with")));
	assert_false(bq_text_is_stopword(t, BQ_SPAN("th")));
	assert_false(bq_text_is_stopword(t, BQ_SPAN("them")));
	assert_false(bq_text_is_stopword(t, BQ_SPAN("a an")));
	assert_false(bq_text_is_stopword(t, BQ_SPAN("")));
	assert_false(bq_text_is_stopword(none, BQ_SPAN("the")));
	bq_text_free(t);
	bq_text_free(none);
}

static void test_long_stopword(void **state)
{
	struct bq_text_config config = { .lang = "en" };
	char list[] = "a of aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct bq_text *t;
	struct bq_error err;

	(void)state;
	config.stopwords = bq_span_of(list);
	assert_int_equal(strlen(list) - 5, BQ_WORD_CUT + 1);
	assert_int_equal(bq_text_new(&config, &t, &err), BQ_ELIMIT);
	assert_null(t);
	assert_int_equal(err.at, 5);
	config.stopwords.len--;
	assert_int_equal(bq_text_new(&config, &t, &err), BQ_OK);
	bq_text_free(t);
}

/* The analyser's stems are its stemmer's. */
static void test_stem(void **state)
{
	struct bq_text *t = make("en", NULL), *none = make("none", NULL);

	(void)state;
	assert_true(bq_span_eq(bq_text_stem(t, BQ_SPAN("sharing")), BQ_SPAN("share")));
	assert_true(bq_span_eq(bq_text_stem(none, BQ_SPAN("sharing")), BQ_SPAN("sharing")));
	assert_int_equal(bq_text_check(t, NULL), BQ_OK);
	bq_text_free(t);
	bq_text_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_unknown_languages),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_stopword_lists),
		cmocka_unit_test(test_is_stopword),
		cmocka_unit_test(test_long_stopword),
		cmocka_unit_test(test_stem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
