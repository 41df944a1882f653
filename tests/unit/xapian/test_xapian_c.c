/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <xapian-c.h>

static void test_version(void **state)
{
	int major = 0, minor = -1, revision = -1;
	char numbers[64];

	(void)state;
	xapian_c_version_numbers(&major, &minor, &revision);
	(void)snprintf(numbers, sizeof numbers, "%d.%d.%d", major, minor, revision);
	assert_memory_equal(xapian_c_version(), numbers, strlen(numbers));
	assert_true(major >= 1);
}

static struct xapian_c_stemmer *stemmer(const char *language)
{
	struct xapian_c_stemmer *s;
	struct xapian_c_error err;

	assert_int_equal(xapian_c_stemmer_new(language, &s, &err), XAPIAN_C_OK);
	assert_non_null(s);
	return s;
}

static void check_stem(const char *language, const char *word, const char *expected)
{
	struct xapian_c_stemmer *s = stemmer(language);
	struct xapian_c_error err;
	char out[64];
	size_t len = 0;

	assert_int_equal(xapian_c_stemmer_stem(s, word, strlen(word), out, sizeof out, &len, &err), XAPIAN_C_OK);
	assert_string_equal(out, expected);
	assert_int_equal(len, strlen(expected));
	xapian_c_stemmer_free(s);
}

static void test_stems(void **state)
{
	(void)state;
	check_stem("english", "sharing", "share");
	check_stem("en", "sharing", "share");
	check_stem("german", "häuser", "haus");
	check_stem("ru", "вещами", "вещ");
	check_stem("en", "", "");
}

static void test_none_changes_nothing(void **state)
{
	struct xapian_c_stemmer *s = stemmer("none"), *t = stemmer(""), *en = stemmer("en");

	(void)state;
	assert_true(xapian_c_stemmer_is_none(s));
	assert_true(xapian_c_stemmer_is_none(t));
	assert_false(xapian_c_stemmer_is_none(en));
	xapian_c_stemmer_free(s);
	xapian_c_stemmer_free(t);
	xapian_c_stemmer_free(en);
	xapian_c_stemmer_free(NULL);
	check_stem("none", "sharing", "sharing");
}

static void test_unknown_language(void **state)
{
	struct xapian_c_stemmer *s = (struct xapian_c_stemmer *)&s;
	struct xapian_c_error err;

	(void)state;
	assert_int_equal(xapian_c_stemmer_new("nonesuch", &s, &err), XAPIAN_C_EARGUMENT);
	assert_null(s);
	assert_int_equal(err.status, XAPIAN_C_EARGUMENT);
	assert_string_equal(err.type, "InvalidArgumentError");
	assert_non_null(strstr(err.msg, "nonesuch"));
	assert_int_equal(xapian_c_stemmer_new("nonesuch", &s, NULL), XAPIAN_C_EARGUMENT);
}

/* Xapian's message repeats the name: it must be cut at a character. */
static void test_long_message_is_cut(void **state)
{
	struct xapian_c_stemmer *s;
	struct xapian_c_error err;
	char name[2001];

	(void)state;
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(name + i, "é", 2);
	name[2000] = '\0';
	for (size_t shift = 0; shift < 2; shift++) {
		memset(&err, 'x', sizeof err);
		assert_int_equal(xapian_c_stemmer_new(shift == 0 ? name : name + 1, &s, &err), XAPIAN_C_EARGUMENT);
		size_t len = strnlen(err.msg, sizeof err.msg);
		assert_in_range(len, sizeof err.msg - 3, sizeof err.msg - 1);
		assert_memory_equal(err.msg + len - 2, "é", 2);
	}
}

static void test_small_buffer(void **state)
{
	struct xapian_c_stemmer *s = stemmer("en");
	struct xapian_c_error err;
	char out[8] = "unset";
	size_t len = 0;

	(void)state;
	assert_int_equal(xapian_c_stemmer_stem(s, "sharing", 7, out, 5, &len, &err), XAPIAN_C_ETOOLONG);
	assert_int_equal(len, 5);
	assert_string_equal(out, "");
	assert_int_equal(err.status, XAPIAN_C_ETOOLONG);
	assert_int_equal(xapian_c_stemmer_stem(s, "sharing", 7, NULL, 0, &len, NULL), XAPIAN_C_ETOOLONG);
	assert_int_equal(len, 5);
	assert_int_equal(xapian_c_stemmer_stem(s, "sharing", 7, out, 6, NULL, &err), XAPIAN_C_OK);
	assert_string_equal(out, "share");
	xapian_c_stemmer_free(s);
}

static void test_languages(void **state)
{
	struct xapian_c_error err;
	char all[2048];
	size_t len, n = 0;

	(void)state;
	assert_int_equal(xapian_c_stemmer_languages(all, sizeof all, &len, &err), XAPIAN_C_OK);
	assert_int_equal(len, strlen(all));
	for (char *name = strtok(all, " "); name != NULL; name = strtok(NULL, " "), n++)
		xapian_c_stemmer_free(stemmer(name));
	assert_true(n >= 20);
}

static uint32_t next_random(uint32_t *x) { return *x = *x * 1664525u + 1013904223u; }

/* Any bytes may be given to any stemmer. */
static void test_garbage(void **state)
{
	char all[2048], word[40], out[200];
	uint32_t x = 1;

	(void)state;
	assert_int_equal(xapian_c_stemmer_languages(all, sizeof all, NULL, NULL), XAPIAN_C_OK);
	for (char *name = strtok(all, " "); name != NULL; name = strtok(NULL, " ")) {
		struct xapian_c_stemmer *s = stemmer(name);
		for (int i = 0; i < 2000; i++) {
			size_t n = next_random(&x) >> 27, len;
			for (size_t k = 0; k < n; k++)
				word[k] = (char)(next_random(&x) >> 24);
			assert_int_equal(xapian_c_stemmer_stem(s, word, n, out, sizeof out, &len, NULL), XAPIAN_C_OK);
		}
		xapian_c_stemmer_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_stems),
		cmocka_unit_test(test_none_changes_nothing),
		cmocka_unit_test(test_unknown_language),
		cmocka_unit_test(test_long_message_is_cut),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
