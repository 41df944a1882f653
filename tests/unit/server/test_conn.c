/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Connections of a real daemon: order, limits, ends.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/proto.h>

#include "lib/bqp_daemon.h"
#include "server/net/conn.h"

enum { BIG_LINES = 16000 }; /* of a text of about 1.8 MB, more than is held for a reader */

static struct bqp_daemon d;
static char *big_text;
static char big_doc[128]; /* its token */

static char *make_big_text(void)
{
	char *text = malloc((size_t)BIG_LINES * 128), *p = text;

	for (int i = 0; i < BIG_LINES; i++)
		p += sprintf(p, "%d needle %0100d\n", i, i % 7);
	return text;
}

/* The token of the first hit for `query`. */
static void find_token(struct bqp_peer *p, const char *query, char *out, size_t size)
{
	char line[256];

	(void)snprintf(line, sizeof line, "SEARCH @limit=1 @snippets=none %s\n", query);
	bqp_peer_say(p, line);
	const char *doc = strstr(bqp_peer_expect(p, "#0 HIT {"), "\"doc\":\"");
	assert_non_null(doc);
	doc += 7;
	(void)snprintf(out, size, "%.*s", (int)strcspn(doc, "\""), doc);
	(void)bqp_peer_expect(p, "#0 END {");
}

static int start(void **state)
{
	big_text = make_big_text();
	const char *texts[] = { big_text, "short apples", "short pears and apples" };

	(void)state;
	bqp_daemon_init(&d);
	bqp_daemon_publish(&d, texts, 3);
	bqp_daemon_start(&d);
	struct bqp_peer *p = bqp_daemon_connect(&d);
	find_token(p, "needle", big_doc, sizeof big_doc);
	bqp_peer_close(p);
	return 0;
}

/* Another daemon with these limits; 0: as usual.  Only the test that waits for a limit
 * has one so near: a busy machine comes upon it elsewhere, too. */
static void restart(unsigned line_ms, unsigned stall_ms, unsigned connections)
{
	struct options usual;

	options_init(&usual);
	/* It may be short of time or places to be told.  To its own thread: the handler
	 * writes to a pipe that thread made. */
	(void)pthread_kill(d.thread, SIGTERM);
	bqp_daemon_join(&d);
	assert_int_equal(d.rc, BQ_OK);
	d.options.line_ms = line_ms != 0 ? line_ms : usual.line_ms;
	d.options.stall_ms = stall_ms != 0 ? stall_ms : usual.stall_ms;
	d.options.max_connections = connections != 0 ? connections : usual.max_connections;
	options_release(&usual);
	bqp_daemon_start(&d);
}

static int with_short_lines(void **state) { return (void)state, restart(400, 0, 0), 0; }
static int with_short_stalls(void **state) { return (void)state, restart(0, 500, 0), 0; }
static int with_few_places(void **state) { return (void)state, restart(0, 0, 4), 0; }
static int as_usual(void **state) { return (void)state, restart(0, 0, 0), 0; }

static int stop(void **state)
{
	(void)state;
	bqp_daemon_stop(&d);
	assert_int_equal(d.rc, BQ_OK);
	assert_true(d.was_answered);
	assert_int_equal(access(d.socket, F_OK), -1);
	bqp_daemon_release(&d);
	free(big_text);
	return 0;
}

/* `n` copies of "#iGET @doc=.." with ids from `first` on. */
static void put_gets(char *out, size_t size, unsigned first, unsigned n)
{
	size_t len = 0;

	for (unsigned i = first; i < first + n; i++)
		len += (size_t)snprintf(out + len, size - len, "#%u GET @doc=%s\n", i, big_doc);
}

static void test_every_line_is_answered(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "ping\r\n\n  \nSEARCH @limit=1 @snippets=none apples\n");
	(void)bqp_peer_expect(p, "#0 OK {}");
	(void)bqp_peer_expect(p, "#0 HIT {\"r\":1,");
	(void)bqp_peer_expect(p, "#0 END {\"hits\":1,\"total\":2,\"exact\":true,");
	bqp_peer_say(p, "#x FROB\n#x\n#0 PING\nCOUNT @line=1 a\nCOUNT\n#y SEARCH @x-new=1 pears\n");
	(void)bqp_peer_expect(p, "#x ERR {\"code\":\"unknown_verb\",\"status\":501,");
	(void)bqp_peer_expect(p, "#x ERR {\"code\":\"bad_request\",\"status\":400,");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_request\",\"status\":400,");
	(void)bqp_peer_expect(p,
		"#0 ERR {\"code\":\"unknown_option\",\"status\":400,\"msg\":\"this request has no such option\","
		"\"at\":6}");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_query\",");
	(void)bqp_peer_expect(p, "#y HIT {");
	(void)bqp_peer_expect(p, "#y SNIP {");
	assert_non_null(strstr(bqp_peer_expect(p, "#y END {"), "\"warnings\":[\"option @x-new is ignored\"]"));
	bqp_peer_close(p);
}

static void test_bytes_no_line_may_hold(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_send(p, "#n SEARCH a\0b\n", 14);
	assert_non_null(strstr(bqp_peer_expect(p, "#n ERR {\"code\":\"bad_request\""), "\"at\":11}"));
	bqp_peer_say(p, "#u SEARCH caf\xe9\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#u ERR {\"code\":\"bad_request\""), "\"at\":13}"));
	bqp_peer_close(p);
}

/* A line of exactly `n` bytes that starts with `head`, its rest blanks. */
static void send_line_of(struct bqp_peer *p, const char *head, size_t n, const char *end)
{
	char *line = malloc(n + strlen(end) + 1);

	memset(line, ' ', n);
	memcpy(line, head, strlen(head));
	strcpy(line + n, end);
	bqp_peer_send(p, line, n + strlen(end));
	free(line);
}

static void test_long_lines(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	send_line_of(p, "#a PING", BQP_MAX_REQUEST, "\n");
	(void)bqp_peer_expect(p, "#a OK {}");
	send_line_of(p, "#b PING", BQP_MAX_REQUEST, "\r\n");
	(void)bqp_peer_expect(p, "#b OK {}");
	send_line_of(p, "#c PING", BQP_MAX_REQUEST + 1, "\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#c ERR {\"code\":\"line_too_long\",\"status\":413,"),
		"\"max\":65536}"));
	send_line_of(p, "PING", 1000000, "\n#e PING\n"); /* read in many parts, discarded to its LF */
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"line_too_long\",");
	(void)bqp_peer_expect(p, "#e OK {}");
	send_line_of(p, "#f PING", BQP_MAX_REQUEST + 2, ""); /* one byte may be the CR; two end the patience */
	(void)bqp_peer_expect(p, "#f ERR {\"code\":\"line_too_long\",");
	bqp_peer_close(p);
}

static void test_33_in_flight(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char lines[33 * 100];
	unsigned ends = 0;

	(void)state;
	put_gets(lines, sizeof lines, 1, 33);
	bqp_peer_say(p, lines); /* small enough to be read at once, before any is answered */
	const char *line = bqp_peer_expect(p, "#33 ERR {\"code\":\"too_many_inflight\",\"status\":429,");
	assert_non_null(strstr(line, "\"max\":32,\"retry_ms\":"));
	bqp_peer_say(p, "#1 PING\n");
	while (ends < 4 && (line = bqp_peer_line(p, BQP_PATIENCE_MS)) != NULL)
		ends += strstr(line, " END {\"lines\":16000,") != NULL;
	assert_int_equal(ends, 4);
	bqp_peer_close(p);
}

static void test_ids(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char lines[512];
	const char *line;

	(void)state;
	(void)snprintf(lines, sizeof lines, "#a GET @doc=%s\n#a PING\n#b CANCEL a\n#b CANCEL a\n#a PING\n", big_doc);
	bqp_peer_say(p, lines);
	(void)bqp_peer_expect(p, "#a ERR {\"code\":\"dup_id\",\"status\":409,");
	(void)bqp_peer_expect(p, "#b OK {\"cancelled\":true}");
	(void)bqp_peer_expect(p, "#a ERR {\"code\":\"cancelled\",\"status\":499,");
	(void)bqp_peer_expect(p, "#b OK {\"cancelled\":false}");
	(void)bqp_peer_expect(p, "#a OK {}");
	(void)snprintf(lines, sizeof lines, "GET @doc=%s\nCOUNT apples\nCANCEL 0\n#c CANCEL c\n", big_doc);
	bqp_peer_say(p, lines);
	(void)bqp_peer_expect(p, "#0 OK {\"cancelled\":true}");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"cancelled\"");
	line = bqp_peer_expect(p, "#");
	if (line[1] == 'c')
		assert_non_null(strstr(line, "#c OK {\"cancelled\":false}"));
	else
		(void)bqp_peer_expect(p, "#c OK {\"cancelled\":false}");
	bqp_peer_close(p);
}

static void test_latest(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "#1 COUNT @latest=ui app\n#2 COUNT @latest=other pears\n#3 COUNT @latest=ui apples\n");
	(void)bqp_peer_expect(p, "#1 ERR {\"code\":\"superseded\",\"status\":499,");
	const char *line = bqp_peer_expect(p, "#");
	assert_non_null(strstr(line, " END {\"total\":"));
	assert_non_null(strstr(bqp_peer_expect(p, line[1] == '2' ? "#3 " : "#2 "), " END {\"total\":"));
	/* Untagged ones keep their order: the waiting one says so in its turn. */
	bqp_peer_say(p, "COUNT needle\nCOUNT @latest=u app\nHELP PING\nCOUNT @latest=u apples\n");
	(void)bqp_peer_expect(p, "#0 END {\"total\":1,");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"superseded\"");
	(void)bqp_peer_expect(p, "#0 OK {\"verbs\"");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	bqp_peer_close(p);
}

static void test_untagged_wait_their_turn(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char lines[8192];
	size_t len = (size_t)snprintf(lines, sizeof lines, "COUNT needle\n");

	(void)state;
	for (int i = 0; i < 100; i++) /* more than may wait: the rest is read later */
		len += (size_t)snprintf(lines + len, sizeof lines - len, "%s\n", i % 2 == 0 ? "HELP PING" :
			"COUNT pears");
	bqp_peer_say(p, lines);
	(void)bqp_peer_expect(p, "#0 END {\"total\":1,");
	for (int i = 0; i < 100; i++)
		(void)bqp_peer_expect(p, i % 2 == 0 ? "#0 OK {\"verbs\":" : "#0 END {\"total\":1,");
	bqp_peer_close(p);
}

static void test_half_close_finishes(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "COUNT apples\n#t COUNT pears\n#q COUNT");
	bqp_peer_finish(p);
	bool seen[3] = { false, false, false };
	for (int i = 0; i < 3; i++) {
		const char *line = bqp_peer_expect(p, "#");
		seen[0] |= strncmp(line, "#0 END {\"total\":2,", 18) == 0;
		seen[1] |= strncmp(line, "#t END {\"total\":1,", 18) == 0;
		seen[2] |= strncmp(line, "#q ERR {\"code\":\"bad_request\"", 28) == 0; /* it has no LF */
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
}

static void test_quit(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "COUNT apples\nQUIT\nPING\n");
	(void)bqp_peer_expect(p, "#0 OK {}");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
}

static void test_http(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\nSHUTDOWN\n");
	(void)bqp_peer_expect(p, "* BYE {\"code\":\"bad_request\",");
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
	p = bqp_daemon_connect(&d);
	bqp_peer_say(p, "PING\nGET / HTTP/1.1\n"); /* not the first line: a request like others */
	(void)bqp_peer_expect(p, "#0 OK {}");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_request\",");
	bqp_peer_close(p);
}

static void test_started_line_is_due(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	(void)usleep(600000); /* longer than a line may take: nothing was started */
	bqp_peer_say(p, "PING\nPI");
	(void)bqp_peer_expect(p, "#0 OK {}");
	const char *line = NULL;
	for (int ms = 0; line == NULL && ms < BQP_PATIENCE_MS; ms += 50) { /* a drip does not help */
		(void)!write(p->fd, "N", 1);
		line = bqp_peer_line(p, 50);
	}
	assert_non_null(line);
	assert_non_null(strstr(line, "* BYE {\"code\":\"deadline\","));
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
}

static void test_too_many_connections(void **state)
{
	struct bqp_peer *p[4], *over;

	(void)state;
	for (int i = 0; i < 4; i++)
		p[i] = bqp_daemon_connect(&d);
	over = bqp_peer_open(d.socket);
	assert_non_null(strstr(bqp_peer_expect(over, "* BYE {\"code\":\"unavailable\","), "\"retry_ms\":"));
	bqp_peer_expect_eof(over);
	bqp_peer_close(over);
	for (int i = 0; i < 4; i++) {
		bqp_peer_say(p[i], "PING\n");
		(void)bqp_peer_expect(p[i], "#0 OK {}");
		bqp_peer_close(p[i]);
	}
}

static void test_slow_reader_gets_all(void **state)
{
	struct bqp_peer *slow = bqp_daemon_connect(&d), *other = bqp_daemon_connect(&d);
	char lines[256], want[64];

	(void)state;
	put_gets(lines, sizeof lines, 7, 1);
	bqp_peer_say(slow, lines);
	(void)usleep(200000);
	bqp_peer_say(other, "COUNT apples\n"); /* nobody else has to wait */
	(void)bqp_peer_expect(other, "#0 END {\"total\":2,");
	for (int i = 0; i < BIG_LINES; i++) {
		(void)snprintf(want, sizeof want, "#7 TEXT {\"line\":%d,\"off\":", i + 1);
		const char *text = strstr(bqp_peer_expect(slow, want), "\"text\":\"");
		assert_non_null(text);
		assert_int_equal(atoi(text + 8), i);
	}
	(void)bqp_peer_expect(slow, "#7 END {\"lines\":16000,");
	bqp_peer_close(slow);
	bqp_peer_close(other);
}

static void test_reader_that_stopped_is_closed(void **state)
{
	struct bqp_peer *p = bqp_peer_open(d.socket);
	char lines[256];
	const char *line;

	(void)state;
	put_gets(lines, sizeof lines, 1, 1);
	bqp_peer_say(p, lines);
	bqp_peer_await_close(p);
	do
		line = bqp_peer_line(p, BQP_PATIENCE_MS);
	while (line != NULL && strstr(line, " END ") == NULL);
	assert_null(line);
	assert_true(p->saw_eof);
	bqp_peer_close(p);
}

static void test_full_close_cancels(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d), *other = bqp_daemon_connect(&d);
	char lines[33 * 100];

	(void)state;
	put_gets(lines, sizeof lines, 1, 32);
	bqp_peer_say(p, lines);
	(void)bqp_peer_expect(p, "#");
	bqp_peer_close(p);
	bqp_peer_await_status(other, "\"connections\":1,\"inflight\":0,\"queued\":0,");
	bqp_peer_close(other);
}

static void test_pages(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char line[512], next[256];

	(void)state;
	bqp_peer_say(p, "SEARCH @limit=1 @snippets=none apples\n");
	(void)bqp_peer_expect(p, "#0 HIT {");
	const char *from = strstr(bqp_peer_expect(p, "#0 END {\"hits\":1,"), "\"next\":\"");
	assert_non_null(from);
	(void)snprintf(next, sizeof next, "%.*s", (int)strcspn(from + 8, "\""), from + 8);
	(void)snprintf(line, sizeof line, "SEARCH @limit=5 @snippets=none @after=%s apples\n", next);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 HIT {\"r\":1,");
	(void)bqp_peer_expect(p, "#0 END {\"hits\":1,");
	next[3] = next[3] == '0' ? '1' : '0'; /* of a generation that never was */
	(void)snprintf(line, sizeof line, "SEARCH @after=%s apples\nSEARCH @after=zzz apples\n", next);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"gen_gone\",\"status\":410,");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_request\",");
	bqp_peer_close(p);
}

static void test_get_lines(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char line[512];

	(void)state;
	(void)snprintf(line, sizeof line,
		"GET @doc=%s @line=10001 @lines=2\nGET @doc=%s @line=16001\nGET @doc=%s @lines=0\n", big_doc, big_doc,
		big_doc);
	bqp_peer_say(p, line);
	const char *got = bqp_peer_expect(p, "#0 TEXT {\"line\":10001,\"off\":");
	size_t off = (size_t)atol(strstr(got, "\"off\":") + 6);
	assert_int_equal(strncmp(big_text + off, "10000 needle ", 13), 0);
	assert_non_null(strstr(got, "\"text\":\"10000 needle 0000"));
	(void)bqp_peer_expect(p, "#0 TEXT {\"line\":10002,");
	(void)bqp_peer_expect(p, "#0 END {\"lines\":2,");
	(void)bqp_peer_expect(p, "#0 END {\"lines\":0,");
	(void)bqp_peer_expect(p, "#0 END {\"lines\":0,");
	bqp_peer_close(p);
}

/* Tokens of others are answered, whatever they are. */
static void test_hostile_tokens(void **state)
{
	static const char *const tails[] = { ".0.3", ".0.99", ".1.0", ".9.0", ".0.4294967295", ".4294967295.0" };
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char line[512];

	(void)state;
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		(void)snprintf(line, sizeof line, "GET @doc=%.*s%s\n", (int)(strchr(strchr(big_doc, '.') + 1,
			'.') - big_doc), big_doc, tails[i]);
		bqp_peer_say(p, line);
		(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"not_found\",\"status\":404,");
		(void)snprintf(line, sizeof line, "SNIPPET @doc=%.*s%s needle\n",
			(int)(strchr(strchr(big_doc, '.') + 1, '.') - big_doc), big_doc, tails[i]);
		bqp_peer_say(p, line);
		(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"not_found\",\"status\":404,");
	}
	bqp_peer_say(p, "GET @doc=g1.0000000000000000.0.0\nGET @doc=g1.0.0.0\nGET\nGET @doc=a @doc=b\n");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"gen_gone\",\"status\":410,");
	for (int i = 0; i < 3; i++)
		(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"bad_request\",");
	bqp_peer_close(p);
}

static void test_snippet(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char line[512];

	(void)state;
	(void)snprintf(line, sizeof line, "SNIPPET @doc=%s @hits=3 @ctx=0 needle\n", big_doc);
	bqp_peer_say(p, line);
	for (int i = 1; i <= 3; i++) {
		(void)snprintf(line, sizeof line, "#0 SNIP {\"r\":1,\"doc\":\"%s\",\"p\":%d,\"line\":%d,", big_doc, i,
			i);
		(void)bqp_peer_expect(p, line);
	}
	(void)bqp_peer_expect(p, "#0 END {\"docs\":1,");
	bqp_peer_close(p);
}

/* 250 documents of 100 places are more than a millisecond's work. */
static void test_deadline_while_writing(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char line[250 * 40 + 128];
	size_t n = (size_t)sprintf(line, "SNIPPET @timeout=1 @hits=100 @ctx=0");

	(void)state;
	for (int i = 0; i < 250; i++)
		n += (size_t)sprintf(line + n, " @doc=%s", big_doc);
	(void)sprintf(line + n, " needle\n");
	bqp_peer_say(p, line);
	const char *got = bqp_peer_line(p, BQP_PATIENCE_MS);
	while (got != NULL && strncmp(got, "#0 SNIP {", 9) == 0)
		got = bqp_peer_line(p, BQP_PATIENCE_MS);
	assert_non_null(got);
	assert_int_equal(strncmp(got, "#0 END {\"docs\":", 15), 0);
	assert_non_null(strstr(got, "\"partial\":true,\"why\":\"deadline\"}"));
	bqp_peer_close(p);
}

static void test_lazy_snippets(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH @snippets=lazy apples\n");
	assert_null(strstr(bqp_peer_expect(p, "#0 HIT {\"r\":1,"), "\"line\":"));
	(void)bqp_peer_expect(p, "#0 HIT {\"r\":2,");
	(void)bqp_peer_expect(p, "#0 SNIP {\"r\":1,\"line\":1,");
	(void)bqp_peer_expect(p, "#0 SNIP {\"r\":2,\"line\":1,");
	(void)bqp_peer_expect(p, "#0 END {\"hits\":2,");
	bqp_peer_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_is_answered),
		cmocka_unit_test(test_bytes_no_line_may_hold),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_33_in_flight),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_latest),
		cmocka_unit_test(test_untagged_wait_their_turn),
		cmocka_unit_test(test_half_close_finishes),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_slow_reader_gets_all),
		cmocka_unit_test(test_full_close_cancels),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_get_lines),
		cmocka_unit_test(test_hostile_tokens),
		cmocka_unit_test(test_snippet),
		cmocka_unit_test(test_deadline_while_writing),
		cmocka_unit_test(test_lazy_snippets),
		cmocka_unit_test_setup_teardown(test_started_line_is_due, with_short_lines, as_usual),
		cmocka_unit_test_setup_teardown(test_reader_that_stopped_is_closed, with_short_stalls, as_usual),
		cmocka_unit_test_setup_teardown(test_too_many_connections, with_few_places, as_usual),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
