/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The limits that a daemon announces: at each it answers, one beyond it refuses or
 * cuts, and says so.  Lines, requests in flight and slow readers are test_conn.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/proto.h>
#include <bq/query.h>

#include "lib/bqp_daemon.h"
#include "lib/made_index.h"

enum { CONNECTIONS = 4, EXPANSIONS = 1000, OVER = 1500, SNIP_LINE = 5000 };

static struct bqp_daemon d;

/* ---- a daemon ---------------------------------------------------------- */

static void put_many(struct bq_buf *b, char c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bq_buf_put_u8(b, (uint8_t)c);
}

/* A long title; a long line with a needle in its middle; lines at the edge of what
 * one TEXT holds; more words with a beginning than it stands for, and as many. */
static void make_doc(uint32_t doc, struct bq_buf *text, struct bq_doc_in *in)
{
	static struct bq_buf title;

	if (doc == 0) {
		bq_buf_clear(&title);
		put_many(&title, 't', OVER);
		in->title = bq_buf_span(&title);
		bq_buf_printf(text, "titled");
	} else if (doc == 1) {
		put_many(text, 'x', SNIP_LINE / 2);
		bq_buf_printf(text, " needle ");
		put_many(text, 'y', SNIP_LINE / 2);
	} else if (doc == 2) {
		bq_buf_printf(text, "edges\n");
		put_many(text, 'a', BQP_MAX_TEXT_LINE);
		bq_buf_put_u8(text, '\n');
		put_many(text, 'b', BQP_MAX_TEXT_LINE + 1);
		bq_buf_put_u8(text, '\n');
	} else {
		for (uint32_t i = 0; i <= EXPANSIONS; i++)
			bq_buf_printf(text, "many%04u %s%04u ", i, i == 0 ? "other" : "some", i);
	}
}

static int start(void **state)
{
	struct bq_build_opts opts = made_index_opts(0);

	(void)state;
	bqp_daemon_init(&d);
	d.options.max_connections = CONNECTIONS;
	made_index_build(d.index, &opts, 4, make_doc);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_end(&d);
	return 0;
}

/* ---- what is announced ------------------------------------------------- */

static void test_announced(void **state)
{
	static const struct { const char *name; unsigned value; } rows[] = { { "line", 65536 }, { "reply", 262144 },
		{ "query", 16384 }, { "words", 1024 }, { "nesting", 16 }, { "limit", 1000 }, { "window", 10000 },
		{ "hits", 100 }, { "ctx", 20 }, { "inflight", 32 }, { "connections", CONNECTIONS },
		{ "output", 1048576 }, { "line_ms", 10000 }, { "stall_ms", 30000 } };
	struct bqp_peer *p = bqp_daemon_connect(&d);
	struct options defaults;

	(void)state;
	bqp_peer_say(p, "HELLO\n");
	const char *line = bqp_peer_expect(p, "#0 OK {\"server\":\"bqd\",");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char want[64];
		(void)snprintf(want, sizeof want, "\"%s\":%u", rows[i].name, rows[i].value);
		const char *at = strstr(line, want);
		if (at == NULL || strchr(",}", at[strlen(want)]) == NULL)
			fail_msg("%s is not in %s", want, line);
	}
	bqp_peer_close(p);
	options_init(&defaults);
	assert_int_equal(defaults.max_connections, 256);
	options_release(&defaults);
}

/* ---- queries ----------------------------------------------------------- */

/* COUNT of `query` ends as it should: at a limit with a number, beyond it with
 * query_too_complex and a place. */
static void expect_count(struct bqp_peer *p, const struct bq_buf *query, bool is_fine)
{
	static const char too_complex[] = "#0 ERR {\"code\":\"query_too_complex\",\"status\":422,";

	bqp_peer_say(p, "COUNT @timeout=60000 ");
	bqp_peer_send(p, (const char *)query->ptr, query->len);
	bqp_peer_say(p, "\n");
	const char *line = bqp_peer_expect(p, is_fine ? "#0 END {\"total\":" : too_complex);
	if (!is_fine)
		assert_non_null(strstr(line, "\"at\":"));
}

static void test_bytes(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	struct bq_buf query = BQ_BUF_INIT;

	(void)state;
	while (query.len + 17 < BQ_QUERY_MAX_BYTES)
		bq_buf_printf(&query, "aaaaaaaaaaaaaaaa "); /* 964 words */
	put_many(&query, 'b', (uint32_t)(BQ_QUERY_MAX_BYTES - query.len));
	expect_count(p, &query, true);
	put_many(&query, 'b', 1);
	expect_count(p, &query, false);
	bq_buf_release(&query);
	bqp_peer_close(p);
}

static void test_words(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	struct bq_buf query = BQ_BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < BQ_QUERY_MAX_WORDS; i++)
		bq_buf_printf(&query, "q%u ", i);
	expect_count(p, &query, true);
	bq_buf_printf(&query, "one");
	expect_count(p, &query, false);
	bq_buf_release(&query);
	bqp_peer_close(p);
}

static void test_nesting(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	for (unsigned depth = BQ_QUERY_MAX_NESTING; depth <= BQ_QUERY_MAX_NESTING + 1; depth++) {
		struct bq_buf query = BQ_BUF_INIT;
		for (unsigned i = 0; i < depth; i++)
			bq_buf_printf(&query, "a (");
		bq_buf_printf(&query, "b");
		put_many(&query, ')', depth);
		expect_count(p, &query, depth == BQ_QUERY_MAX_NESTING);
		bq_buf_release(&query);
	}
	bqp_peer_close(p);
}

/* A beginning stands for so many words, and END says when there are more. */
static void test_expansions(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH @snippets=none some*\nSEARCH @snippets=none many*\n");
	(void)bqp_peer_expect(p, "#0 HIT {");
	assert_null(strstr(bqp_peer_expect(p, "#0 END {\"hits\":1,"), "warnings"));
	(void)bqp_peer_expect(p, "#0 HIT {");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 END {\"hits\":1,"),
		"\"warnings\":[\"many* stands for its 1000 most frequent words only\"]"));
	bqp_peer_close(p);
}

/* ---- options ----------------------------------------------------------- */

static void test_options(void **state)
{
	static const char *const fine[] = { "limit=1000", "limit=1 @offset=9999", "limit=1000 @offset=9000", "hits=100",
		"ctx=20" };
	static const char *const beyond[] = { "limit=1001", "limit=1 @offset=10000", "limit=1000 @offset=9001",
		"hits=101", "ctx=21" };
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
		char lines[128];
		(void)snprintf(lines, sizeof lines, "SEARCH @%s nothing\nSEARCH @%s nothing\n", fine[i], beyond[i]);
		bqp_peer_say(p, lines);
		(void)bqp_peer_expect(p, "#0 END {\"hits\":0,");
		(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_request\",\"status\":400,");
	}
	bqp_peer_close(p);
}

static void test_connections(void **state)
{
	struct bqp_peer *p[CONNECTIONS];

	(void)state;
	p[0] = bqp_daemon_connect(&d);
	bqp_peer_await_alone(p[0]); /* those of other tests */
	for (int i = 1; i < CONNECTIONS; i++)
		p[i] = bqp_daemon_connect(&d);
	struct bqp_peer *more = bqp_peer_open(d.socket);
	(void)bqp_peer_expect(more, "* BYE {\"code\":\"unavailable\",");
	bqp_peer_expect_eof(more);
	bqp_peer_close(more);
	for (int i = 1; i < CONNECTIONS; i++)
		bqp_peer_close(p[i]);
	bqp_peer_await_alone(p[0]); /* stop() needs a place */
	bqp_peer_close(p[0]);
}

/* ---- what is cut ------------------------------------------------------- */

/* How many `c` the string of `member` begins with: all it has. */
static size_t count_run(const char *line, const char *member, char c)
{
	const char *at = strstr(line, member);
	size_t n = 0;

	assert_non_null(at);
	for (at += strlen(member); at[n] == c;)
		n++;
	assert_int_equal(at[n], '"');
	return n;
}

static void test_title(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH @snippets=none titled\n");
	const char *line = bqp_peer_expect(p, "#0 HIT {");
	assert_int_equal(count_run(line, "\"title\":\"", 't'), BQP_MAX_TITLE);
	assert_non_null(strstr(line, "\"cut\":true"));
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

static void test_snip(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH needle\n");
	assert_null(strstr(bqp_peer_expect(p, "#0 HIT {"), "\"cut\""));
	const char *line = bqp_peer_expect(p, "#0 SNIP {"), *text = strstr(line, "\"text\":\"");
	assert_non_null(text);
	assert_non_null(strstr(line, "\"cut\":true"));
	assert_non_null(strstr(line, "x needle y"));
	size_t n = strcspn(text + 8, "\"");
	assert_true(n > BQP_MAX_SNIP / 2 && n <= BQP_MAX_SNIP);
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

static void test_text_lines(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char request[256];

	(void)state;
	bqp_peer_say(p, "SEARCH @snippets=none edges\n");
	const char *doc = strstr(bqp_peer_expect(p, "#0 HIT {"), "\"doc\":\"") + 7;
	(void)snprintf(request, sizeof request, "GET @doc=%.*s @line=2 @lines=2\n", (int)strcspn(doc, "\""), doc);
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_say(p, request);
	const char *line = bqp_peer_expect(p, "#0 TEXT {\"line\":2,");
	assert_int_equal(count_run(line, "\"text\":\"", 'a'), BQP_MAX_TEXT_LINE);
	assert_null(strstr(line, "\"cut\""));
	line = bqp_peer_expect(p, "#0 TEXT {\"line\":3,");
	assert_int_equal(count_run(line, "\"text\":\"", 'b'), BQP_MAX_TEXT_LINE);
	assert_non_null(strstr(line, "\"cut\":true"));
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_expansions),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_snip),
		cmocka_unit_test(test_text_lines),
		cmocka_unit_test(test_connections), /* the last: it leaves many */
	};

	return cmocka_run_group_tests(tests, start, stop);
}
