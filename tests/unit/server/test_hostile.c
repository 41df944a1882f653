/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Peers that mean no good: floods that are not read, slots and cancels by the
 * thousand, ends in every state, bytes at random.  Each request gets its one
 * terminal line, nobody else waits, and nothing is left behind.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/proto.h>

#include "lib/bqp_daemon.h"
#include "lib/descriptors.h"
#include "lib/rng.h"
#include "server/net/conn.h"

static struct bqp_daemon d;
static char *big_text;

static int start(void **state)
{
	enum { LINES = 4000 };
	char *p = big_text = malloc((size_t)LINES * 64);
	const char *texts[] = { big_text, "short apples", "short pears and apples" };

	(void)state;
	for (int i = 0; i < LINES; i++)
		p += sprintf(p, "needle w%d and w%d\n", i % 97, i % 89);
	bqp_daemon_init(&d);
	bqp_daemon_publish(&d, texts, 3);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_stop(&d);
	assert_int_equal(d.rc, BQ_OK);
	assert_true(d.was_answered);
	bqp_daemon_release(&d);
	free(big_text);
	return 0;
}

/* Whether a line is a request's last. */
static bool is_terminal(const char *line)
{
	const char *kind = strchr(line, ' ');

	return line[0] == '#' && kind != NULL && (strncmp(kind, " OK ", 4) == 0 || strncmp(kind, " END ", 5) == 0 ||
		strncmp(kind, " ERR ", 5) == 0);
}

/* Read to the daemon's close; how many terminal lines came. */
static unsigned count_terminals(struct bqp_peer *p)
{
	const char *line;
	unsigned n = 0;

	while ((line = bqp_peer_line(p, BQP_PATIENCE_MS)) != NULL)
		n += is_terminal(line);
	assert_true(p->saw_eof);
	return n;
}

/* What a thread sends while the test reads: neither may wait for the other. */
struct flood {
	struct bqp_peer *peer;
	bool is_tagged;
	const char *request; /* a word goes behind it */
	unsigned n;
};

static void *send_flood(void *arg)
{
	struct flood *f = arg;
	char line[256];

	for (unsigned i = 0; i < f->n; i++) {
		int id = f->is_tagged ? snprintf(line, sizeof line, "#%u ", i) : 0;
		(void)snprintf(line + id, sizeof line - (size_t)id, "%s w%u\n", f->request, i % 97);
		bqp_peer_say(f->peer, line);
	}
	bqp_peer_finish(f->peer);
	return NULL;
}

/* Send `n` such lines, read all: the terminal lines. */
static unsigned flood(bool is_tagged, const char *request, unsigned n)
{
	struct flood f = { bqp_daemon_connect(&d), is_tagged, request, n };
	pthread_t sender;

	assert_int_equal(pthread_create(&sender, NULL, send_flood, &f), 0);
	unsigned got = count_terminals(f.peer);
	assert_int_equal(pthread_join(sender, NULL), 0);
	bqp_peer_close(f.peer);
	return got;
}

static void expect_quick_answer(void)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	bqp_peer_say(p, "COUNT apples\n");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	bqp_peer_close(p);
}

/* Send pings and read nothing until the daemon stops taking them: it holds
 * little; then all sent are answered. */
static void test_pings_not_read(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	static char pings[5 * 1000];
	size_t sent = 0;
	int quiet = 0;

	(void)state;
	for (size_t i = 0; i < sizeof pings; i += 5)
		memcpy(pings + i, "PING\n", 5);
	while (quiet < 20) {
		ssize_t n = send(p->fd, pings + sent % 5, sizeof pings - sent % 5, MSG_NOSIGNAL | MSG_DONTWAIT);
		quiet = n > 0 ? 0 : quiet + 1;
		sent += n > 0 ? (size_t)n : 0;
		assert_true(sent < 20u << 20);
		if (n <= 0)
			(void)usleep(10000);
	}
	assert_true(sent > 10000 * 5);
	expect_quick_answer();
	bqp_peer_finish(p);
	assert_int_equal(count_terminals(p), sent / 5 + (sent % 5 != 0)); /* the last one may lack its end */
	bqp_peer_close(p);
}

static void test_floods(void **state)
{
	(void)state;
	assert_int_equal(flood(true, "PING", 10000), 10000);
	assert_int_equal(flood(true, "SEARCH @latest=ui @limit=100 needle", 2000), 2000);
	assert_int_equal(flood(false, "SEARCH @latest=ui @limit=100 needle", 2000), 2000);
	assert_int_equal(flood(true, "SEARCH @hits=20 w* OR", 500), 500);
	assert_int_equal(flood(false, "#same SEARCH @hits=20 w* OR", 500), 500);
	assert_int_equal(flood(true, "RELOAD", 200), 200);
}

/* 32 searches, those that wait behind one, and cancels of all of them. */
static void test_cancel_everything(void **state)
{
	enum { CANCELS = 40 };
	char lines[8192];

	(void)state;
	for (int round = 0; round < 30; round++) {
		struct bqp_peer *p = bqp_daemon_connect(&d);
		size_t len = 0;
		for (unsigned i = 0; i < BQP_MAX_INFLIGHT; i++)
			len += (size_t)snprintf(lines + len, sizeof lines - len,
				"#%u SEARCH @limit=1000 @hits=50 w%u* OR needle\n", i, i);
		len += (size_t)snprintf(lines + len, sizeof lines - len, "SEARCH w*\nCOUNT apples\nCOUNT pears\n");
		for (int i = 0; i < CANCELS; i++)
			len += (size_t)snprintf(lines + len, sizeof lines - len, "CANCEL %d\n",
				(i * 7 + round) % CANCELS);
		len += (size_t)snprintf(lines + len, sizeof lines - len, "#z CANCEL #z\nCANCEL\nCANCEL a b\n");
		bqp_peer_say(p, lines);
		bqp_peer_finish(p);
		assert_int_equal(count_terminals(p), BQP_MAX_INFLIGHT + 3 + CANCELS + 3);
		bqp_peer_close(p);
	}
}

/* What a connection may be in the middle of, and how many lines that owes. */
static const struct {
	const char *lines;
	size_t x; /* followed by so many of them */
	unsigned owed;
} states[] = {
	{ "", 0, 0 },
	{ "\n \n\r\n", 0, 0 },
	{ "PIN", 0, 1 },
	{ "#7 PIN", 0, 1 },
	{ "PING\r", 0, 1 },
	{ "PING\nPING", 0, 2 },
	{ "SEARCH @limit=1000 @hits=100 needle w*\n", 0, 1 },
	{ "#1 SEARCH @hits=100 w*\n#2 COUNT w1\n", 0, 2 },
	{ "COUNT w1\nCOUNT w1\nCOUNT w1\nCOUNT w1\n", 0, 4 },
	{ "RELOAD\nCOUNT w1\n#a COUNT w2\n", 0, 3 },
	{ "COUNT w1\nQUIT\nPING\n", 0, 2 },
	{ "#9 ", 65536, 1 },
	{ "COUNT w1\n", 200000, 2 },
	{ "GET / HTTP/1.1\r\n\r\nPING\n", 0, 0 },
};

static void send_state(struct bqp_peer *p, size_t i)
{
	char *xs = malloc(states[i].x + 1);

	memset(xs, 'x', states[i].x);
	bqp_peer_say(p, states[i].lines);
	bqp_peer_send(p, xs, states[i].x);
	free(xs);
}

static void test_half_close_in_each_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct bqp_peer *p = bqp_daemon_connect(&d);
		send_state(p, i);
		bqp_peer_finish(p);
		assert_int_equal(count_terminals(p), states[i].owed);
		bqp_peer_close(p);
	}
}

static void test_full_close_in_each_state(void **state)
{
	struct bqp_peer *only = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_await_alone(only);
	unsigned fds = descriptors_count();
	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
			struct bqp_peer *p = bqp_daemon_connect(&d);
			send_state(p, i);
			bqp_peer_close(p);
		}
	expect_quick_answer();
	for (int ms = 0; ms < BQP_PATIENCE_MS && descriptors_count() > fds; ms += 10)
		(void)usleep(10000);
	assert_in_range(descriptors_count(), 0, fds);
	bqp_peer_close(only);
}

static const char *const pieces[] = { "SEARCH ", "#1 ", "#z.9 ", "@limit=", "@hits=100 ", "@latest=a ",
	"@doc=g1.0.0.0 ", "@after=", "@partial", "\"", "\n", "\n", "\n", "\r\n", "w1", " OR ", "(", ")", "\xff", "\xc3",
	"\xe2\x82", "COUNT ", "GET ", "SNIPPET ", "CANCEL 1", "CANCEL 0", "-- ", "~2", "*", "?", "^", "NEAR/3 ",
	"title:", "99999999999999999999", "#", "STATUS", "STATS", "HELP", "EXPLAIN ", "@", "=", "@match=any ",
	"@timeout=1 ", "@snippets=lazy ", "PING", "needle" };

/* Pieces of requests, or any byte, with no sense in their order. */
static size_t put_nonsense(struct rng *rng, char *out, size_t room)
{
	size_t len = 0, want = 1 + rng_below(rng, room - 64);

	while (len < want) {
		const char *piece = pieces[rng_below(rng, sizeof pieces / sizeof pieces[0])];
		if (rng_below(rng, 10) == 0)
			out[len++] = (char)rng_below(rng, 256);
		else
			len += (size_t)snprintf(out + len, room - len, "%s", piece);
	}
	return len;
}

/* Lines that are not blank: each is owed an answer, also the last without LF. */
static unsigned count_requests(const char *bytes, size_t len)
{
	bool has_more = false;
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			n += has_more;
			has_more = false;
			continue;
		}
		has_more |= bytes[i] != ' ' && bytes[i] != '\t' && !(bytes[i] == '\r' && i + 1 < len &&
			bytes[i + 1] == '\n');
	}
	return n + (len > 0 && bytes[len - 1] != '\n');
}

static void test_nonsense(void **state)
{
	struct rng rng = rng_start("test_nonsense");

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct bqp_peer *p = bqp_daemon_connect(&d);
		char bytes[6000];
		size_t len = put_nonsense(&rng, bytes, sizeof bytes);
		bqp_peer_send(p, "PING\n", 5); /* the first line is no HTTP */
		bqp_peer_send(p, bytes, len);
		bqp_peer_finish(p);
		unsigned got = count_terminals(p), owed = 1 + count_requests(bytes, len);
		if (got != owed)
			fail_msg("%u answers to %u requests in round %d", got, owed, round);
		bqp_peer_close(p);
	}
	expect_quick_answer();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pings_not_read),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_cancel_everything),
		cmocka_unit_test(test_half_close_in_each_state),
		cmocka_unit_test(test_full_close_in_each_state),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
