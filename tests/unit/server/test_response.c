/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reply lines, and the tokens in them.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/utf8.h>

#include "lib/rng.h"
#include "server/stats.h"
#include "server/wire/doc_token.h"
#include "server/wire/response.h"

static struct bq_buf out = BQ_BUF_INIT;

static int clear(void **state)
{
	(void)state;
	bq_buf_clear(&out);
	return 0;
}

static int release(void **state)
{
	(void)state;
	bq_buf_release(&out);
	return 0;
}

static void assert_out(const char *want)
{
	bq_buf_put_u8(&out, 0);
	assert_string_equal((const char *)out.ptr, want);
	bq_buf_clear(&out);
}

static void test_lines(void **state)
{
	struct response r;

	(void)state;
	response_init(&r, &out, BQ_SPAN("a-1"));
	response_begin(&r, "HIT");
	response_put_u64(&r, "r", 1);
	response_put_str(&r, "path", BQ_SPAN("/a\"\n\x80"));
	response_open(&r, "tm", '[');
	response_open(&r, NULL, '[');
	response_put_i64(&r, NULL, -1);
	response_put_bool(&r, NULL, false);
	response_close(&r, ']');
	response_close(&r, ']');
	response_open(&r, "o", '{');
	response_close(&r, '}');
	response_put_text(&r, "t", "x");
	assert_true(response_end(&r));
	assert_false(r.has_ended);
	response_begin(&r, "END");
	assert_true(response_end(&r));
	assert_true(r.has_ended);
	assert_out("#a-1 HIT {\"r\":1,\"path\":\"/a\\\"\\n\xef\xbf\xbd\",\"tm\":[[-1,false]],\"o\":{},\"t\":\"x\"}\n"
		"#a-1 END {}\n");
	response_begin(&r, "END"); /* nothing follows a terminal line */
	assert_false(response_end(&r));
	response_error(&r, REPLY_INTERNAL, -1, "x");
	assert_out("");
	response_init(&r, &out, (struct bq_span){ NULL, 0 });
	response_error(&r, REPLY_BAD_QUERY, 7, "no %s", "quote");
	assert_out("#0 ERR {\"code\":\"bad_query\",\"status\":400,\"msg\":\"no quote\",\"at\":7}\n");
	assert_int_equal(r.code, REPLY_BAD_QUERY);
	response_bye(&out, REPLY_UNAVAILABLE, "full", 5);
	assert_out("* BYE {\"code\":\"unavailable\",\"msg\":\"full\",\"retry_ms\":5}\n");
}

/* A string member that makes the line `bytes` long with its LF. */
static void put_line_of(struct response *r, const char *kind, size_t bytes)
{
	response_begin(r, kind);
	size_t fill = bytes - response_line_bytes(r) - strlen("\"x\":\"\"}\n");
	char *text = malloc(fill);
	memset(text, 'y', fill);
	response_put_str(r, "x", bq_span_make(text, fill));
	free(text);
}

static void test_no_line_is_too_long(void **state)
{
	struct response r;

	(void)state;
	response_init(&r, &out, BQ_SPAN("1"));
	put_line_of(&r, "HIT", BQP_MAX_REPLY);
	assert_true(response_end(&r));
	assert_int_equal(out.len, BQP_MAX_REPLY);
	put_line_of(&r, "HIT", BQP_MAX_REPLY + 1);
	assert_false(response_end(&r));
	assert_int_equal(out.len, BQP_MAX_REPLY);
	bq_buf_clear(&out);
	put_line_of(&r, "END", BQP_MAX_REPLY + 1);
	assert_false(response_end(&r));
	assert_true(r.has_ended);
	assert_int_equal(strncmp((const char *)out.ptr, "#1 ERR {\"code\":\"internal\"", 25), 0);
}

static void test_scores_read_back(void **state)
{
	static const double scores[] = { 0, 1, 12.43, 0.423127413, 1e-7, 123456789, 0.1, 7.25, 1e300, 3.00000001 };
	struct response r;

	(void)state;
	response_init(&r, &out, BQ_SPAN("1"));
	for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
		bq_buf_clear(&out);
		r.has_member = false;
		response_put_score(&r, "s", scores[i]);
		bq_buf_put_u8(&out, 0);
		double got = strtod((const char *)out.ptr + 4, NULL);
		assert_true(fabs(got - scores[i]) <= fabs(scores[i]) * 1e-8);
		assert_true(out.len <= 22);
	}
	bq_buf_clear(&out);
	response_put_score(&r, "s", 12.5);
	assert_out(",\"s\":12.5");
	response_put_score(&r, "s", (double)INFINITY);
	assert_out(",\"s\":0");
}

/* The digits against printf(): any magnitude, ties, and what rounds up to a
 * power of ten. */
static void check_score(struct response *r, double v)
{
	char want[32];

	bq_buf_clear(&out);
	r->has_member = false;
	response_put_score(r, NULL, v);
	bq_buf_put_u8(&out, 0);
	(void)snprintf(want, sizeof want, "%.9g", v);
	assert_string_equal((const char *)out.ptr, want);
}

static void test_scores_as_printf(void **state)
{
	struct rng rng = rng_start("test_response");
	struct response r;

	(void)state;
	response_init(&r, &out, BQ_SPAN("1"));
	for (int e = -12; e <= 12; e++) {
		double power = pow(10, e);
		for (int i = 0; i < 200; i++)
			check_score(&r, (1 + 9 * (double)rng_below(&rng, 1u << 30) / (1u << 30)) * power);
		for (int ulp = -3; ulp <= 3; ulp++) {
			double v = power;
			for (int i = 0; i < abs(ulp); i++)
				v = nextafter(v, ulp < 0 ? 0 : INFINITY);
			check_score(&r, v);
			check_score(&r, v * (1 - 5e-10));
		}
	}
	for (int i = 0; i < 2000; i++) { /* points / 2^s; halves of the last digit */
		check_score(&r, ldexp((double)rng_below(&rng, UINT64_C(1) << 31), -(int)rng_below(&rng, 40)));
		check_score(&r, (double)rng_below(&rng, 1000000000) + 0.5);
		check_score(&r, (double)rng_below(&rng, 100000000) + (double)(2 * rng_below(&rng, 10) + 1) / 4);
	}
}

static void test_numbers(void **state)
{
	struct response r;

	(void)state;
	response_init(&r, &out, BQ_SPAN("1"));
	bq_buf_clear(&out);
	response_put_u64(&r, "a", 0);
	response_put_u64(&r, "b", UINT64_MAX);
	response_put_i64(&r, "c", INT64_MIN);
	response_put_i64(&r, "d", -10);
	response_put_i64(&r, "e", INT64_MAX);
	assert_out("\"a\":0,\"b\":18446744073709551615,\"c\":-9223372036854775808,\"d\":-10,\"e\":9223372036854775807");
}

static void test_doc_tokens(void **state)
{
	static const char *const bad[] = { "", "g", "g1", "g1.0123456789abcdef", "g1.0123456789abcdef.1",
		"1.0123456789abcdef.1.2", "g1.0123456789ABCDEF.1.2", "g1.0123456789abcde.1.2",
		"g1.0123456789abcdef0.1.2", "g01.0123456789abcdef.1.2", "g1.0123456789abcdef.01.2",
		"g1.0123456789abcdef.1.2 ", "g1.0123456789abcdef.1.2.3", "g1.0123456789abcdef.-1.2",
		"g1.0123456789abcdef.1.4294967296", "g18446744073709551616.0123456789abcdef.1.2",
		"g1.0123456789abcdef..2" };
	struct doc_token a = { UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX }, b;
	char text[DOC_TOKEN_BYTES];

	(void)state;
	doc_token_format(&a, text);
	assert_true(doc_token_parse(bq_span_of(text), &b));
	assert_true(a.gen == b.gen && a.uid == b.uid && a.leaf == b.leaf && a.doc == b.doc);
	assert_true(doc_token_parse(BQ_SPAN("g0.0123456789abcdef.0.0"), &b));
	assert_true(b.gen == 0 && b.uid == 0x0123456789abcdef && b.leaf == 0 && b.doc == 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (doc_token_parse(bq_span_of(bad[i]), &b))
			fail_msg("accepts %s", bad[i]);
}

static void test_cursors(void **state)
{
	struct bq_span rest = BQ_SPAN("0123456789abcdef,fedcba9876543210.inner");
	uint64_t uid;
	char behind;

	(void)state;
	assert_true(doc_token_take_uid(&rest, &uid, &behind));
	assert_true(uid == 0x0123456789abcdef && behind == ',');
	assert_true(doc_token_take_uid(&rest, &uid, &behind));
	assert_true(uid == 0xfedcba9876543210 && behind == '.');
	assert_true(bq_span_eq(rest, BQ_SPAN("inner")));
	assert_false(doc_token_take_uid(&rest, &uid, &behind));
	rest = BQ_SPAN("0123456789abcdef-inner");
	assert_true(doc_token_take_uid(&rest, &uid, &behind) && behind == '-');
	assert_true(bq_span_eq(rest, BQ_SPAN("inner")));
	rest = BQ_SPAN("0123456789abcdef.");
	assert_false(doc_token_take_uid(&rest, &uid, &behind));
	rest = BQ_SPAN("0123456789abcdef;x");
	assert_false(doc_token_take_uid(&rest, &uid, &behind));
}

static void test_cuts_keep_characters_whole(void **state)
{
	struct bq_span s = BQ_SPAN("a\xc3\xa9\xf0\x9f\x98\x80z");

	(void)state;
	assert_int_equal(bq_utf8_check(s), s.len);
	assert_int_equal(bq_utf8_cut(s, 8).len, 8);
	assert_int_equal(bq_utf8_cut(s, 7).len, 7);
	assert_int_equal(bq_utf8_cut(s, 6).len, 3);
	assert_int_equal(bq_utf8_cut(s, 4).len, 3);
	assert_int_equal(bq_utf8_cut(s, 2).len, 1);
	assert_int_equal(bq_utf8_cut(s, 0).len, 0);
}

static void test_percentiles(void **state)
{
	struct stats st = { 0 };

	(void)state;
	assert_int_equal(stats_percentile(&st, 50), 0);
	for (uint64_t us = 1; us <= 100; us++)
		stats_add_reply(&st, us, us == 100 ? REPLY_DEADLINE : REPLY_CODES);
	assert_int_equal(stats_percentile(&st, 1), 1);
	assert_int_equal(stats_percentile(&st, 50), 64);
	assert_int_equal(stats_percentile(&st, 99), 128);
	assert_int_equal(st.errors[REPLY_DEADLINE], 1);
	stats_add_reply(&st, UINT64_MAX, REPLY_CODES);
	stats_add_reply(&st, 0, REPLY_CODES);
	assert_int_equal(stats_percentile(&st, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lines, clear),
		cmocka_unit_test_setup(test_no_line_is_too_long, clear),
		cmocka_unit_test_setup(test_scores_read_back, clear),
		cmocka_unit_test_setup(test_scores_as_printf, clear),
		cmocka_unit_test_setup(test_numbers, clear),
		cmocka_unit_test(test_doc_tokens),
		cmocka_unit_test(test_cursors),
		cmocka_unit_test(test_cuts_keep_characters_whole),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
