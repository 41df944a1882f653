/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Queries of the benchmark: their parts, their class, their lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/queries.h"

static struct bq_arena mem;

static struct bench_query parse(const char *text)
{
	struct bench_query q;

	assert_true(bench_query_parse(bq_span_of(text), &mem, &q));
	return q;
}

static void test_classes(void **state)
{
	static const struct {
		const char *text;
		enum bench_class class;
	} cases[] = {
		{ "the", BENCH_WORD },
		{ "+the", BENCH_WORD },
		{ "\"the\"", BENCH_WORD },
		{ "+a +b", BENCH_AND },
		{ "+a +b +c", BENCH_AND },
		{ "a b", BENCH_OR },
		{ "to be or not to be", BENCH_OR },
		{ "\"a b\"", BENCH_PHRASE },
		{ "\"a b", BENCH_PHRASE },
		{ "+\"a b\"", BENCH_PHRASE },
		{ "+a -b", BENCH_NEGATION },
		{ "+a +b -\"c d\"", BENCH_NEGATION },
		{ "+a b", BENCH_MUST_SHOULD },
		{ "a +b c", BENCH_MUST_SHOULD },
		{ "+\"a b\" +c", BENCH_MIXED },
		{ "\"a b\" c", BENCH_MIXED },
		{ "\"a b\" \"c d\"", BENCH_MIXED },
		{ "well-known thing", BENCH_OR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(bench_class_name(parse(cases[i].text).class), bench_class_name(cases[i].class));
}

static void expect_atom(const struct bench_atom *a, char sign, bool is_phrase, const char *text)
{
	assert_int_equal(a->sign, sign);
	assert_int_equal(a->is_phrase, is_phrase);
	assert_true(bq_span_eq(a->text, bq_span_of(text)));
}

static void test_atoms(void **state)
{
	struct bench_query q = parse(" +\"who  is\" \t-well-known b \"x\" + ");

	(void)state;
	assert_int_equal(q.n_atoms, 5);
	expect_atom(&q.atoms[0], '+', true, "who  is");
	expect_atom(&q.atoms[1], '-', false, "well-known");
	expect_atom(&q.atoms[2], 0, false, "b");
	expect_atom(&q.atoms[3], 0, false, "x");
	expect_atom(&q.atoms[4], 0, false, "+");
	assert_true(bq_span_eq(q.text, BQ_SPAN("+\"who  is\" \t-well-known b \"x\" +")));
	assert_int_equal(parse("  ").n_atoms, 0);
	assert_int_equal(parse("\"").n_atoms, 1);
}

static int read_text(const char *text, struct bench_queries *q, struct bq_error *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc;

	assert_non_null(in);
	rc = bench_queries_read(in, &mem, q, err);
	assert_int_equal(fclose(in), 0);
	return rc;
}

static void test_lines(void **state)
{
	struct bench_queries q;
	struct bq_error err;

	(void)state;
	assert_int_equal(read_text("the\r\n\n"
				   "{\"query\": \"\\\"a b\\\"\", \"tags\": [\"phrase\"]}\n   \n"
				   "+a +b", &q, &err), BQ_OK);
	assert_int_equal(q.n, 3);
	assert_true(bq_span_eq(q.list[0].text, BQ_SPAN("the")));
	assert_int_equal(q.list[1].class, BENCH_PHRASE);
	assert_int_equal(q.list[2].class, BENCH_AND);
	assert_int_equal(read_text("{\"query\":\"+a\\n+b\\r\"}", &q, &err), BQ_OK);
	assert_true(bq_span_eq(q.list[0].text, BQ_SPAN("+a +b")));
}

static void test_bad_lines(void **state)
{
	struct bench_queries q;
	struct bq_error err;

	(void)state;
	assert_int_equal(read_text("a\n\n{\"query\": 5}\n", &q, &err), BQ_EFORMAT);
	assert_int_equal(err.at, 3);
	assert_int_equal(read_text("{\"query\": \"a\"\n", &q, &err), BQ_EFORMAT);
	assert_int_equal(err.at, 1);
	assert_int_equal(read_text(" \n\n", &q, &err), BQ_EUSAGE);
}

static void test_many_lines(void **state)
{
	static char text[5000];
	struct bench_queries q;
	struct bq_error err;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 5 * i, i % 2 == 0 ? "ab c\n" : "+a+b\n", 5);
	text[sizeof text - 1] = '\0';
	assert_int_equal(read_text(text, &q, &err), BQ_OK);
	assert_int_equal(q.n, 1000);
	assert_int_equal(q.list[998].class, BENCH_OR);
	assert_int_equal(q.list[999].class, BENCH_WORD);
}

static int make_arena(void **state)
{
	(void)state;
	bq_arena_init(&mem, (size_t)1 << 24);
	return 0;
}

static int release_arena(void **state)
{
	(void)state;
	bq_arena_release(&mem);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_atoms),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_many_lines),
	};

	return cmocka_run_group_tests(tests, make_arena, release_arena);
}
