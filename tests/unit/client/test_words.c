/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Arguments as a query.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/words.h"

struct row {
	const char *args[4]; /* NULL-terminated */
	const char *query;
	bool is_phrase;
};

static void check(const struct row *row)
{
	struct words_query q;
	char *args[4];
	size_t n = 0;

	while (row->args[n] != NULL) {
		args[n] = strdup(row->args[n]);
		n++;
	}
	assert_true(words_join(args, n, &q));
	assert_string_equal(q.text, row->query);
	assert_int_equal(q.is_phrase, row->is_phrase);
	free(q.text);
	while (n > 0)
		free(args[--n]);
}

static void test_join(void **state)
{
	static const struct row rows[] = {
		{ { "biometric data sharing" }, "\"biometric data sharing\"", true },
		{ { "biometric", "data sharing" }, "biometric \"data sharing\"", false },
		{ { "biometric", "data", "sharing" }, "biometric data sharing", false },
		{ { "Segmentation fault (core dumped)" }, "\"Segmentation fault (core dumped)\"", true },
		{ { "a OR b" }, "\"a OR b\"", true },
		{ { "a OR \"b c\"~2" }, "a OR \"b c\"~2", false },
		{ { "\"a b\"" }, "\"a b\"", false },
		{ { "foo", "NOT", "city" }, "foo NOT city", false },
		{ { "foo", "-city" }, "foo -city", false },
		{ { "tab\there" }, "\"tab\there\"", true },
		{ { "line\nend" }, "\"line\nend\"", true },
		{ { "title:x", "shar*" }, "title:x shar*", false },
		{ { "", "a", "  " }, "a", false },
		{ { "", "a b", "  " }, "\"a b\"", true },
		{ { "" }, "", false },
		{ { " " }, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(&rows[i]);
}

static void test_lines(void **state)
{
	(void)state;
	assert_true(words_line_is_phrase(BQ_SPAN("\"data sharing\"")));
	assert_false(words_line_is_phrase(BQ_SPAN("data sharing")));
	assert_false(words_line_is_phrase(BQ_SPAN("\"a\" b \"c\"")));
	assert_false(words_line_is_phrase(BQ_SPAN("\"data sharing")));
	assert_false(words_line_is_phrase(BQ_SPAN("\"\"")));
	assert_false(words_line_is_phrase(BQ_SPAN("\"")));
	assert_false(words_line_is_phrase(BQ_SPAN("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_join), cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
