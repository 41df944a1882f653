/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The request parser, rule by rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/verb/command.h"
#include "server/wire/request.h"
#include "server/wire/request_opts.h"

static char line[BQP_MAX_REQUEST + 1];
static struct request_option options[REQUEST_MAX_OPTIONS];
static struct request req;
static struct request_fault fault;

static bool parse_bytes(const char *bytes, size_t n)
{
	memcpy(line, bytes, n);
	req = (struct request){ .options = options };
	fault = (struct request_fault){ 0 };
	return request_parse(line, n, &req, &fault);
}

static bool parse(const char *text) { return parse_bytes(text, strlen(text)); }

static void assert_span(struct bq_span s, const char *want)
{
	if (!bq_span_eq(s, bq_span_of(want)))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.ptr, want);
}

static void refuses(const char *text, uint32_t at, const char *id)
{
	if (parse(text))
		fail_msg("accepts: %s", text);
	assert_int_equal(fault.code, REPLY_BAD_REQUEST);
	assert_non_null(fault.msg);
	if (fault.at != at)
		fail_msg("%s: at %u, not %u: %s", text, fault.at, at, fault.msg);
	assert_span(req.id, id);
}

static void test_parts(void **state)
{
	(void)state;
	assert_true(parse("PING"));
	assert_span(req.id, "");
	assert_span(req.verb, "PING");
	assert_span(req.query, "");
	assert_int_equal(req.n_options, 0);
	assert_true(parse("#a.b_c-9 \t search  @limit=5\t@index=a,b @partial   big  \"data set\" \t "));
	assert_span(req.id, "a.b_c-9");
	assert_span(req.verb, "search");
	assert_int_equal(req.n_options, 3);
	assert_span(options[0].name, "limit");
	assert_span(options[0].value, "5");
	assert_int_equal(options[0].at, 19);
	assert_span(options[1].value, "a,b");
	assert_false(options[2].has_value);
	assert_span(req.query, "big  \"data set\"");
	assert_int_equal(req.query_at, 50);
	assert_true(parse("  PING"));
	assert_span(req.verb, "PING");
}

static void test_the_query_is_raw(void **state)
{
	(void)state;
	assert_true(parse("SEARCH a \\ \" @b=c -- d"));
	assert_int_equal(req.n_options, 0);
	assert_span(req.query, "a \\ \" @b=c -- d");
	assert_true(parse("SEARCH -- @limit=5"));
	assert_int_equal(req.n_options, 0);
	assert_span(req.query, "@limit=5");
	assert_true(parse("SEARCH @limit=5 --  -- a"));
	assert_span(req.query, "-- a");
	assert_true(parse("SEARCH --"));
	assert_span(req.query, "");
	assert_true(parse("SEARCH --x"));
	assert_span(req.query, "--x");
	assert_true(parse("SEARCH -foo bar"));
	assert_span(req.query, "-foo bar");
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(parse("#12345678901234567890123456789012 PING"));
	assert_int_equal(req.id.len, 32);
	refuses("#123456789012345678901234567890123 PING", 0, "");
	refuses("#0 PING", 0, "");
	assert_true(parse("#00 PING"));
	refuses("# PING", 0, "");
	refuses("#a/b PING", 0, "");
	refuses("#7", 2, "7");
	refuses("#7  \t", 5, "7");
}

static void test_options(void **state)
{
	(void)state;
	assert_true(parse("V @a= @b=\"\" @c=x=y@z\"w @d-1=\"a b\\\"\\\\\\/\\n\\t\\u00e9\\ud83d\\ude00\" q"));
	assert_true(options[0].has_value && options[1].has_value);
	assert_span(options[0].value, "");
	assert_span(options[1].value, "");
	assert_span(options[2].value, "x=y@z\"w");
	assert_span(options[3].name, "d-1");
	assert_span(options[3].value, "a b\"\\/\n\t\xc3\xa9\xf0\x9f\x98\x80");
	assert_span(req.query, "q");
	refuses("V @", 2, "");
	refuses("V @ a", 2, "");
	refuses("V @A=1", 2, "");
	refuses("V @1a", 2, "");
	refuses("V @a_b", 2, "");
	refuses("V @abcdefghijklmnopqrstuvwxyz1234567=1", 2, "");
	assert_true(parse("V @abcdefghijklmnopqrstuvwxyz123456=1"));
	refuses("#i V @a=\"x", 8, "i");
	refuses("V @a=\"x\"y", 8, "");
	refuses("V @a=\"\\x\"", 6, "");
	refuses("V @a=\"x\\\"", 5, "");
	refuses("V @a=\"\\u12\"", 6, "");
	refuses("V @a=\"\\u0000\"", 6, "");
	refuses("V @a=\"\\ud800\"", 6, "");
	refuses("V @a=\"\\ud800\\u0041\"", 6, "");
	refuses("V @a=\"\\udc00\"", 6, "");
	refuses("V @a=\"\x01\"", 6, "");
	refuses("V @a=\"\x1f\"", 6, "");
	refuses("V @a=\"\\udbff\\ue000\"", 6, "");
	assert_true(parse("V @a=\"\x7f\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff\\ud800\\udc00\\udbff\\udfff\""));
	assert_span(options[0].value, "\x7f\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_bytes(void **state)
{
	(void)state;
	assert_false(parse_bytes("#i V a\0b", 8));
	assert_int_equal(fault.at, 6);
	assert_span(req.id, "i");
	assert_true(parse("V caf\xc3\xa9 \xf0\x9f\x98\x80 \xed\x9f\xbf"));
	refuses("V \xc3", 2, "");
	refuses("V a\x80", 3, "");
	refuses("V \xc0\x80", 2, "");
	refuses("V \xe0\x80\x80", 2, "");
	refuses("V \xed\xa0\x80", 2, "");
	refuses("V \xf0\x80\x80\x80", 2, "");
	refuses("V \xf4\x90\x80\x80", 2, "");
	refuses("V \xf5\x80\x80\x80", 2, "");
	assert_false(parse_bytes("V \xff \0", 5)); /* the first of them is named */
	assert_int_equal(fault.at, 2);
	assert_false(parse_bytes("", 0));
}

static void test_too_many_options(void **state)
{
	char text[REQUEST_MAX_OPTIONS * 3 + 16] = "V";
	size_t n = 1;

	(void)state;
	for (unsigned i = 0; i < REQUEST_MAX_OPTIONS; i++, n += 3)
		memcpy(text + n, " @a", 3);
	assert_true(parse_bytes(text, n));
	assert_int_equal(req.n_options, REQUEST_MAX_OPTIONS);
	memcpy(text + n, " @a", 3);
	assert_false(parse_bytes(text, n + 3));
	assert_int_equal(fault.at, n + 1);
}

static void test_looks(void **state)
{
	(void)state;
	assert_true(request_is_http(BQ_SPAN("GET / HTTP/1.1")));
	assert_true(request_is_http(BQ_SPAN("OPTIONS * http/2.0")));
	assert_true(request_is_http(BQ_SPAN("Post /x?y=z HTTP/1.0 ")));
	assert_false(request_is_http(BQ_SPAN("GET @doc=x")));
	assert_true(request_is_http(BQ_SPAN("CONNECT example.org:443 HTTP/1.1")));
	assert_true(request_is_http(BQ_SPAN("POST http://x HTTP/1.1")));
	assert_false(request_is_http(BQ_SPAN("SEARCH what is HTTP/1.1")));
	assert_false(request_is_http(BQ_SPAN("SEARCH timeout HTTP/1.1")));
	assert_false(request_is_http(BQ_SPAN("SEARCH x HTTP/")));
	assert_false(request_is_http(BQ_SPAN("GET  HTTP/1.1")));
	assert_false(request_is_http(BQ_SPAN("GET")));
	assert_false(request_is_http(BQ_SPAN("")));
	assert_true(request_is_blank(BQ_SPAN(" \t ")));
	assert_true(request_is_blank(BQ_SPAN("")));
	assert_false(request_is_blank(BQ_SPAN(" #")));
	assert_true(bq_span_eq(request_peek_id(BQ_SPAN(" #abc SEARCH xxxx")), BQ_SPAN("abc")));
	assert_int_equal(request_peek_id(BQ_SPAN("abc")).len, 0);
	assert_int_equal(request_peek_id(BQ_SPAN("#")).len, 0);
}

/* ---- what options mean ------------------------------------------------- */

static struct request_opts opts;

static bool read_opts(const char *text)
{
	assert_true(parse(text));
	const struct command *c = command_find(req.verb);
	assert_non_null(c);
	fault = (struct request_fault){ 0 };
	return request_opts_parse(&req, c->options, &opts, &fault);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_true(read_opts("SEARCH x"));
	assert_int_equal(opts.limit, 10);
	assert_int_equal(opts.offset, 0);
	assert_int_equal(opts.match, BQ_MATCH_AUTO);
	assert_int_equal(opts.sort, BQ_SORT_SCORE);
	assert_int_equal(opts.snippets, SNIPPETS_INLINE);
	assert_int_equal(opts.ctx, 1);
	assert_int_equal(opts.hits, 1);
	assert_int_equal(opts.timeout_ms, 1000);
	assert_int_equal(opts.total, BQ_TOTAL_AUTO);
	assert_false(opts.is_partial || opts.is_words || opts.keeps_stopwords || opts.has_ignored);
	assert_null(opts.index.ptr);
	assert_null(opts.after.ptr);
}

static void test_values(void **state)
{
	(void)state;
	assert_true(read_opts("search @limit=1000 @offset=9000 @match=any @sort=path @snippets=lazy @ctx=0 @hits=100 "
		"@timeout=1 @latest=ui @partial @syntax=words @stopwords=keep @total=none @cache=0 @index=a @x-y=z q"));
	assert_int_equal(opts.limit, 1000);
	assert_int_equal(opts.offset, 9000);
	assert_int_equal(opts.match, BQ_MATCH_ANY);
	assert_int_equal(opts.sort, BQ_SORT_PATH);
	assert_int_equal(opts.snippets, SNIPPETS_LAZY);
	assert_int_equal(opts.ctx, 0);
	assert_int_equal(opts.hits, 100);
	assert_int_equal(opts.timeout_ms, 1);
	assert_int_equal(opts.total, BQ_TOTAL_NONE);
	assert_span(opts.latest, "ui");
	assert_span(opts.index, "a");
	assert_true(opts.is_partial && opts.is_words && opts.keeps_stopwords && opts.has_ignored);
	assert_true(read_opts("SEARCH @partial=0 @syntax=query @stopwords=skip @total=exact q"));
	assert_false(opts.is_partial || opts.is_words || opts.keeps_stopwords);
	assert_int_equal(opts.total, BQ_TOTAL_EXACT);
	assert_true(read_opts("SNIPPET @doc=a @doc=b @doc=c q"));
	assert_int_equal(opts.n_docs, 3);
	uint32_t i = 0;
	assert_span(request_opts_doc(&req, &i), "a");
	assert_span(request_opts_doc(&req, &i), "b");
	assert_span(request_opts_doc(&req, &i), "c");
	assert_int_equal(request_opts_doc(&req, &i).len, 0);
}

static void refuses_opts(const char *text, enum reply_code code, uint32_t at)
{
	if (read_opts(text))
		fail_msg("accepts: %s", text);
	if (fault.code != code || fault.at != at)
		fail_msg("%s: %s at %u", text, response_code_word(fault.code), fault.at);
}

static void test_wrong_values(void **state)
{
	static const char *const wrong[] = { "limit=1001", "limit=", "limit=-1", "limit=1x", "limit=+1", "limit",
		"limit=99999999999999999999", "limit=18446744073709551617", "offset=10001", "ctx=21", "hits=0",
		"hits=101", "timeout=0", "timeout=3600001", "match=All", "match=", "match", "sort=size", "snippets=off",
		"syntax", "syntax=word", "stopwords", "partial=yes", "partial=", "total=some", "latest=", "index=",
		"after=", "limit=1 @limit=1" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		strcpy(strcpy(text, "SEARCH @") + 8, wrong[i]);
		refuses_opts(text, REPLY_BAD_REQUEST, strchr(wrong[i], ' ') != NULL ? 16 : 7);
	}
	refuses_opts("SEARCH @limit=1 @explain q", REPLY_UNKNOWN_OPTION, 16);
	refuses_opts("SEARCH @doc=x q", REPLY_UNKNOWN_OPTION, 7);
	refuses_opts("GET @limit=1", REPLY_UNKNOWN_OPTION, 4);
	refuses_opts("PING @limit=1", REPLY_UNKNOWN_OPTION, 5);
	refuses_opts("SEARCH @limit=1000 @offset=9001 q", REPLY_BAD_REQUEST, 0);
	refuses_opts("SEARCH @offset=1 @after=x q", REPLY_BAD_REQUEST, 0);
}

static void test_verbs(void **state)
{
	(void)state;
	assert_ptr_equal(command_find(BQ_SPAN("sEaRcH")), command_at(0));
	assert_null(command_find(BQ_SPAN("SEARC")));
	assert_null(command_find(BQ_SPAN("SEARCHX")));
	assert_null(command_find(BQ_SPAN("")));
	assert_null(command_find(BQ_SPAN("SUGGEST")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_the_query_is_raw),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_too_many_options),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
