/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The client's library against servers that behave, and servers that do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/client.h>

#include "lib/fake_server.h"
#include "lib/tmpdir.h"

static struct tmpdir tmp;
static struct fake_server server;

static void serve(const char *const *steps)
{
	char *path = tmpdir_path(&tmp, "s");

	fake_server_start(&server, path, steps);
	free(path);
}

/* However busy the machine, what must come does within this. */
enum { PATIENCE_MS = 60000 };

static int open_within(unsigned ms, const char *const *steps, struct bq_client **c, struct bq_error *err)
{
	struct bq_client_opts opts = { ms, { NULL, 0 } };

	serve(steps);
	*c = NULL;
	return bq_client_open(server.path, &opts, c, err);
}

static int open_to(const char *const *steps, struct bq_client **c, struct bq_error *err)
{
	return open_within(PATIENCE_MS, steps, c, err);
}

static void shut(struct bq_client *c)
{
	bq_client_close(c);
	fake_server_stop(&server);
}

#define HIT(r, path)    "> #0 HIT {\"r\":" #r ",\"score\":1.5,\"all\":true,\"path\":\"" path "\",\"line\":3,\"col\":2}"
#define SOME(r, path)   "> #0 HIT {\"r\":" #r ",\"score\":1.5,\"all\":false,\"path\":\"" path "\",\"line\":3,\"col\":2}"
#define SNIP(r, text)   "> #0 SNIP {\"r\":" #r ",\"line\":3,\"col\":2,\"text\":\"" text "\",\"m\":[[0,1]]}"
#define END(members)    "> #0 END {" members "}"

/* ---- opening ----------------------------------------------------------- */

static void test_banner(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "eof", NULL };
	struct bq_client *c;
	struct bq_error err;

	(void)state;
	assert_int_equal(open_to(steps, &c, &err), BQ_OK);
	assert_memory_equal(bq_client_server_version(c).ptr, "0.1.0", 5);
	shut(c);
}

static void test_banners_refused(void **state)
{
	static const struct {
		const char *const steps[3];
		int status;
	} cases[] = {
		{ { "> HTTP/1.1 200 OK", NULL }, BQ_EFORMAT },
		{ { "> #0 OK {}", NULL }, BQ_EFORMAT },
		{ { "> * HELLO {\"proto\":[2,3],\"version\":\"9\"}", NULL }, BQ_EVERSION },
		{ { "> * HELLO {\"proto\":1}", NULL }, BQ_EVERSION },
		{ { "> * HELLO {\"proto\":[1]", NULL }, BQ_EFORMAT },
		{ { ">> * HELLO {\"proto\":[1]}", NULL }, BQ_EFORMAT },
		{ { "close", NULL }, BQ_EFORMAT },
		{ { "fill 300000", NULL }, BQ_EFORMAT },
		{ { "flood xxxxxxxxxxxx", NULL }, BQ_EFORMAT },
		{ { "> * BYE {\"code\":\"unavailable\",\"msg\":\"full\",\"retry_ms\":100}", NULL }, BQ_EIO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bq_client *c;
		struct bq_error err = { 0, 0, "" };
		int status = open_to(cases[i].steps, &c, &err);
		if (status != cases[i].status)
			print_error("%s: %s\n", cases[i].steps[0], err.msg);
		assert_int_equal(status, cases[i].status);
		shut(c);
	}
}

static void test_no_banner(void **state)
{
	static const char *const steps[] = { "eof", NULL };
	struct bq_client *c;
	struct bq_error err;

	(void)state;
	assert_int_equal(open_within(200, steps, &c, &err), BQ_EDEADLINE);
	shut(c);
}

static void test_nobody_there(void **state)
{
	char *path = tmpdir_path(&tmp, "none"), longer[200];
	struct bq_client *c;
	struct bq_error err;

	(void)state;
	assert_int_equal(bq_client_open(path, NULL, &c, &err), BQ_ENOTFOUND);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(bq_client_open(longer, NULL, &c, &err), BQ_EUSAGE);
	assert_non_null(strstr(err.msg, "107"));
	assert_int_equal(bq_client_open("tcp:nowhere", NULL, &c, &err), BQ_EUSAGE);
	assert_int_equal(bq_client_open("tcp:127.0.0.1:1", NULL, &c, &err), BQ_ENOTFOUND);
	free(path);
}

/* A socket whose server is gone: what a killed daemon leaves. */
static void test_stale_socket(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, NULL };
	struct bq_client *c;
	char saved[160];

	(void)state;
	serve(steps);
	snprintf(saved, sizeof saved, "%s.kept", server.path);
	assert_int_equal(rename(server.path, saved), 0);
	fake_server_stop(&server);
	assert_int_equal(bq_client_open(saved, NULL, &c, NULL), BQ_ENOTFOUND);
	unlink(saved);
}

/* ---- calls ------------------------------------------------------------- */

static void test_call(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "< PING", "> * EVT {\"gen\":8}", "> #x OK {}",
		"> #0 OK {\"a\":1}", "eof", NULL };
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply r;
	struct bq_client *c;
	struct bq_error err;

	(void)state;
	req.verb = "PING";
	assert_int_equal(open_to(steps, &c, &err), BQ_OK);
	assert_int_equal(bq_client_call(c, &req, PATIENCE_MS, &r, &err), BQ_OK);
	assert_memory_equal(r.object.ptr, "{\"a\":1}", 7);
	bq_client_reply_release(&r);
	shut(c);
}

/* Lines that never end a request do not keep us longer than we want. */
static void test_endless_stream(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "<", "flood #0 NEWS {}", NULL };
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply r;
	struct bq_client *c;
	struct bq_error err;

	(void)state;
	req.verb = "PING";
	assert_int_equal(open_to(steps, &c, &err), BQ_OK);
	assert_int_equal(bq_client_call(c, &req, 200, &r, &err), BQ_EDEADLINE); /* or it would never return */
	shut(c);
}

static void test_requests(void **state)
{
	static const char *const steps[] = { FAKE_HELLO,
		"< #7 SEARCH @limit=3 @ctx=0 @match=all @index=\"a\\u0022 b\" @cache=0 -- -- @x  y",
		"> #7 END {\"hits\":0,\"total\":0}", "eof", NULL };
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply r;
	struct bq_client *c;
	struct bq_error err;
	static char huge[BQP_MAX_REQUEST + 10];

	(void)state;
	req.id = "7";
	req.verb = "SEARCH";
	req.limit = 3;
	req.ctx = 0;
	req.match = "all";
	req.index = BQ_SPAN("a\" b");
	req.no_cache = true;
	req.query = BQ_SPAN("-- @x\n y");
	assert_int_equal(open_to(steps, &c, &err), BQ_OK);
	assert_int_equal(bq_client_send(c, &req, &err), BQ_OK);
	assert_int_equal(bq_client_next(c, PATIENCE_MS, &r, &err), BQ_OK);
	assert_int_equal(r.kind, BQ_REPLY_END);
	bq_client_reply_release(&r);
	memset(huge, 'a', sizeof huge);
	req.query = bq_span_make(huge, sizeof huge);
	assert_int_equal(bq_client_send(c, &req, &err), BQ_ELIMIT);
	req.query = BQ_SPAN("a");
	req.id = "0";
	assert_int_equal(bq_client_send(c, &req, &err), BQ_EUSAGE);
	req.id = "a b";
	assert_int_equal(bq_client_send(c, &req, &err), BQ_EUSAGE);
	shut(c);
}

/* ---- searches ---------------------------------------------------------- */

/* Run a search against the steps: the paths found, joined by a blank. */
static int search(const char *const *steps, uint64_t max_hits, char *found, struct bq_error *err)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_search *s;
	struct bq_client_result x;
	struct bq_client *c;
	int status;

	found[0] = '\0';
	*err = (struct bq_error){ 0, 0, "" };
	req.verb = "SEARCH";
	req.query = BQ_SPAN("a");
	assert_int_equal(open_to(steps, &c, err), BQ_OK);
	assert_int_equal(bq_client_search_open(c, &req, max_hits, &s, err), BQ_OK);
	while ((status = bq_client_search_next(s, &x, err)) == BQ_OK) {
		strncat(found, x.hit->as.hit.path.ptr, x.hit->as.hit.path.len);
		snprintf(found + strlen(found), 32, "#%u:%u ", (unsigned)x.rank, x.n_snips);
	}
	bq_client_search_close(s);
	shut(c);
	return status;
}

static void test_search(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "< SEARCH @limit=10 -- a", HIT(1, "/a"), SNIP(1, "xy"),
		SNIP(1, "yz"), HIT(2, "/b"), END("\"hits\":2,\"total\":2"), "eof", NULL };
	char found[256];
	struct bq_error err;

	(void)state;
	assert_int_equal(search(steps, 10, found, &err), BQ_END);
	assert_string_equal(found, "/a#1:2 /b#2:0 ");
}

static void test_pages(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "< @limit=1000 --", HIT(1, "/a"), HIT(2, "/b"),
		END("\"next\":\"c 1\""), "< @limit=1000 @after=\"c 1\" --", HIT(1, "/c"), END("\"next\":\"c2\""),
		"< @after=c2 --", END("\"hits\":0"), "eof", NULL };
	char found[256];
	struct bq_error err;

	(void)state;
	assert_int_equal(search(steps, 0, found, &err), BQ_END);
	assert_string_equal(found, "/a#1:0 /b#2:0 /c#3:0 ");
}

/* Every document of a ranked query: those with all the words, if there are any. */
static void test_tiers(void **state)
{
	static const char *const both[] = { FAKE_HELLO, "<", HIT(1, "/a"), SOME(2, "/b"), END("\"next\":\"c1\""), "eof",
		NULL };
	static const char *const some[] = { FAKE_HELLO, "<", SOME(1, "/b"), SOME(2, "/c"), END("\"hits\":2"), "eof",
		NULL };
	char found[256];
	struct bq_error err;

	(void)state;
	assert_int_equal(search(both, 0, found, &err), BQ_END);
	assert_string_equal(found, "/a#1:0 ");
	assert_int_equal(search(both, 2, found, &err), BQ_END);
	assert_string_equal(found, "/a#1:0 /b#2:0 ");
	assert_int_equal(search(some, 0, found, &err), BQ_END);
	assert_string_equal(found, "/b#1:0 /c#2:0 ");
}

static void test_search_errors(void **state)
{
	static const struct {
		const char *const steps[8];
		int status;
	} cases[] = {
		{ { FAKE_HELLO, "<", "> #0 ERR {\"code\":\"bad_query\",\"msg\":\"no\",\"at\":1}", "eof", NULL },
			BQ_EQUERY },
		{ { FAKE_HELLO, "<", "> #0 ERR {\"code\":\"brand_new\"}", "eof", NULL }, BQ_EIO },
		{ { FAKE_HELLO, "<", "> #0 OK {}", "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", HIT(1, "/a"), HIT(2, "/a"), HIT(3, "/a"), END(""), "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", HIT(2, "/a"), HIT(1, "/b"), END(""), "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", SNIP(1, "ab"), END(""), "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", HIT(1, "/a"), SNIP(2, "ab"), END(""), "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", HIT(1, "/a"), "> #0 TEXT {\"line\":1}", "eof", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", HIT(1, "/a"), "close", NULL }, BQ_EIO },
		{ { FAKE_HELLO, "<", HIT(1, "/a"), ">> #0 END {\"hi", "close", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", "> * BYE {\"code\":\"shutting_down\",\"msg\":\"later\"}", NULL }, BQ_EIO },
		{ { FAKE_HELLO, "<", "flood #0 SNIP {\"r\":1,\"text\":\"\"}", NULL }, BQ_EFORMAT },
		{ { FAKE_HELLO, "<", "fill 600000", NULL }, BQ_EFORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char found[256];
		struct bq_error err;
		int status = search(cases[i].steps, 2, found, &err);
		if (status != cases[i].status)
			print_error("case %zu: %d %s\n", i, status, err.msg);
		assert_int_equal(status, cases[i].status);
		assert_string_equal(found, ""); /* nothing of a broken page is shown */
	}
}

static void test_same_cursor_twice(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "<", HIT(1, "/a"), END("\"next\":\"c\""), "<", HIT(1, "/a"),
		END("\"next\":\"c\""), "eof", NULL };
	char found[256];
	struct bq_error err;

	(void)state;
	assert_int_equal(search(steps, 0, found, &err), BQ_EFORMAT);
	assert_string_equal(found, "/a#1:0 /a#2:0 ");
}

static int set_up(void **state)
{
	(void)state;
	tmpdir_init(&tmp);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_release(&tmp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_banner),
		cmocka_unit_test(test_banners_refused),
		cmocka_unit_test(test_no_banner),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_stale_socket),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_endless_stream),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_search_errors),
		cmocka_unit_test(test_same_cursor_twice),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
