/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting and ending: sockets, TCP and its token, the config file, no index.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/bqp_daemon.h"
#include "server/server.h"

static struct bqp_daemon d;

static int make(void **state)
{
	(void)state;
	bqp_daemon_init(&d);
	return 0;
}

static int release(void **state)
{
	(void)state;
	bqp_daemon_release(&d);
	return 0;
}

/* Start a daemon that must fail; its reason is in d.err. */
static void fails_with(int status, const char *words)
{
	bool was_answered;

	assert_int_equal(server_run(&d.options, &was_answered, &d.err), status);
	if (strstr(d.err.msg, words) == NULL)
		fail_msg("%s: does not say %s", d.err.msg, words);
}

static void test_no_index(void **state)
{
	(void)state;
	bqp_daemon_start(&d);
	struct bqp_peer *p = bqp_daemon_connect(&d);
	bqp_peer_say(p, "SEARCH a\nCOUNT @index=x a\nINDEXES\nRELOAD\n");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"unavailable\",\"status\":503,\"msg\":\"no index\",\"retry_ms\":");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"not_found\",\"status\":404,");
	(void)bqp_peer_expect(p, "#0 OK {\"indexes\":[]}");
	(void)bqp_peer_expect(p, "#0 OK {\"gen\":0,\"indexes\":0,\"failed\":[]}");
	bqp_peer_close(p);
	bqp_daemon_stop(&d);
	assert_int_equal(d.rc, BQ_OK);
}

/* The first of two hits, and the second behind its `cursor`: both without the index
 * that is lost, and both say so.  Who did not ask for it is not told. */
static void assert_partial_pages(struct bqp_peer *p, char cursor[128])
{
	char line[256];

	cursor[0] = '\0';
	for (int page = 0; page < 2; page++) {
		(void)snprintf(line, sizeof line, "SEARCH @limit=1 @snippets=none %s%s apples\n",
			page == 0 ? "" : "@after=", cursor);
		bqp_peer_say(p, line);
		(void)bqp_peer_expect(p, "#0 HIT {");
		const char *end = bqp_peer_expect(p, "#0 END {\"hits\":1,"), *next = strstr(end, "\"next\":\"");
		assert_non_null(strstr(end, "\"partial\":true,\"why\":\"index\","));
		assert_non_null(strstr(end, "\"warnings\":[\"index lost is not searched: "));
		assert_int_equal(next != NULL, page == 0);
		if (next != NULL)
			(void)snprintf(cursor, 128, "%.*s", (int)strcspn(next + 8, "\""), next + 8);
	}
	bqp_peer_say(p, "SEARCH @limit=1 @snippets=none @index=fruit apples\n");
	(void)bqp_peer_expect(p, "#0 HIT {");
	assert_null(strstr(bqp_peer_expect(p, "#0 END {\"hits\":1,"), "partial"));
}

/* An index that is missing no more is yet not of the answer that was begun without it:
 * the page behind `cursor` says so, and a count over its indexes is none over all. */
static void assert_late_page(struct bqp_peer *p, const char *cursor)
{
	char config[512], line[256];

	(void)snprintf(config, sizeof config, "[index.fruit]\npath = %s\n", d.index);
	tmpdir_put(&d.dir, "config.ini", bq_span_of(config));
	(void)snprintf(line, sizeof line, "RELOAD\nSEARCH @limit=1 @snippets=none @after=%s apples\n", cursor);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 OK {\"gen\":1,\"indexes\":1,");
	(void)bqp_peer_expect(p, "#0 HIT {");
	const char *end = bqp_peer_expect(p, "#0 END {\"hits\":1,");
	assert_non_null(strstr(end, "\"partial\":true,\"why\":\"index\","));
	assert_non_null(strstr(end, "\"warnings\":[\"an index that was missing from the first page is not searched: "));
	(void)snprintf(line, sizeof line, "COUNT @after=%s apples\n", cursor);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"unavailable\"");
}

static void test_config(void **state)
{
	const char *texts[] = { "red apples", "green apples" };
	char config[512], cursor[128];

	(void)state;
	bqp_daemon_publish(&d, texts, 2);
	d.options.has_indexes = false;
	d.options.indexes.n = OPTIONS_MAX_INDEXES; /* not to be looked at */
	d.options.config_path = tmpdir_path(&d.dir, "config.ini");
	bqp_daemon_start(&d);
	struct bqp_peer *p = bqp_daemon_connect(&d);
	bqp_peer_say(p, "COUNT apples\n");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"unavailable\"");
	(void)snprintf(config, sizeof config,
		"[client]\ncolor = never\n[index.fruit]\npath = %s\nsource = /x\n[index.lost]\n"
		"path = /nonexistent/index\n", d.index);
	tmpdir_put(&d.dir, "config.ini", bq_span_of(config));
	bqp_peer_say(p, "RELOAD\nCOUNT @index=fruit apples\nCOUNT apples\nCOUNT @index=lost apples\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 OK {\"gen\":1,\"indexes\":2,"),
		"\"failed\":[{\"index\":\"lost\""));
	assert_null(strstr(bqp_peer_expect(p, "#0 END {\"total\":2,"), "warnings"));
	(void)bqp_peer_expect(p,
		"#0 ERR {\"code\":\"unavailable\",\"status\":503,\"msg\":\"index lost is not searched: ");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"unavailable\"");
	assert_partial_pages(p, cursor);
	assert_late_page(p, cursor);
	tmpdir_put(&d.dir, "config.ini", BQ_SPAN("nonsense\n")); /* changes nothing */
	bqp_peer_say(p, "RELOAD\nCOUNT @index=fruit apples\n");
	(void)bqp_peer_expect(p, "#0 OK {\"gen\":1,\"indexes\":1,");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	tmpdir_put(&d.dir, "config.ini", BQ_SPAN("# none\n"));
	bqp_peer_say(p, "RELOAD\nCOUNT apples\n");
	(void)bqp_peer_expect(p, "#0 OK {\"gen\":0,\"indexes\":0,");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"unavailable\"");
	bqp_peer_close(p);
	d.options.indexes.n = 0;
	bqp_daemon_stop(&d);
}

static void test_one_daemon_a_socket(void **state)
{
	struct stat st;

	(void)state;
	bqp_daemon_start(&d);
	struct bqp_peer *p = bqp_daemon_connect(&d);
	fails_with(BQ_ELOCKED, "another daemon serves it (PID ");
	bqp_peer_say(p, "PING\n"); /* and the first did not notice */
	(void)bqp_peer_expect(p, "#0 OK {}");
	assert_int_equal(stat(d.socket, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	bqp_peer_close(p);
	bqp_daemon_stop(&d);
	assert_int_equal(stat(d.socket, &st), -1);
	bqp_daemon_start(&d); /* the place is free again */
	char moved[256];
	(void)snprintf(moved, sizeof moved, "%s.was", d.socket);
	assert_int_equal(rename(d.socket, moved), 0);
	fails_with(BQ_ELOCKED, ", and its socket is missing: if that lasts, kill ");
	assert_int_equal(rename(moved, d.socket), 0);
	bqp_daemon_stop(&d);
	assert_int_equal(d.rc, BQ_OK);
}

/* A socket file at `path` that is bound and, with `listens`, answers. */
static int bind_at(const char *path, bool listens)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	if (listens)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_stale_socket(void **state)
{
	(void)state;
	(void)close(bind_at(d.socket, false));
	struct stat before, after;
	assert_int_equal(stat(d.socket, &before), 0);
	bqp_daemon_start(&d);
	for (int ms = 0; ms < BQP_PATIENCE_MS; ms += 5) { /* start() saw the stale one: wait for the new */
		assert_int_equal(stat(d.socket, &after), 0);
		if (after.st_ino != before.st_ino)
			break;
		(void)usleep(5000);
	}
	struct bqp_peer *p = bqp_daemon_connect(&d);
	bqp_peer_close(p);
	bqp_daemon_stop(&d);
	assert_int_equal(d.rc, BQ_OK);
}

static void test_sockets_of_others(void **state)
{
	int fd = bind_at(d.socket, true);

	(void)state;
	fails_with(BQ_ELOCKED, "another daemon serves it");
	assert_int_equal(access(d.socket, F_OK), 0);
	(void)close(fd);
	assert_int_equal(unlink(d.socket), 0);
	tmpdir_put(&d.dir, "s", BQ_SPAN("a file\n"));
	fails_with(BQ_EUSAGE, "is no socket");
	assert_int_equal(unlink(d.socket), 0);
}

static void test_unfit_paths(void **state)
{
	char path[256];

	(void)state;
	free(d.options.socket_path);
	(void)snprintf(path, sizeof path, "/tmp/%0120d", 1);
	d.options.socket_path = strdup(path);
	fails_with(BQ_EUSAGE, "a socket's path has at most 107 bytes, this one has 125");
	free(d.options.socket_path);
	char *dir = tmpdir_path(&d.dir, "open");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	d.options.socket_path = tmpdir_path(&d.dir, "open/s");
	fails_with(BQ_EUSAGE, "may be written by anybody");
	free(dir);
}

static void test_index_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(index_list_add(&d.options.indexes, BQ_SPAN("x"), bq_span_of(d.dir.path), &d.err), BQ_OK);
	fails_with(BQ_EIO, d.dir.path);
	assert_int_equal(access(d.socket, F_OK), -1);
}

/* The port that this process, whose daemon was told to take any, listens at: one
 * found free before could be another program's by then. */
static unsigned port_listened_at(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		struct sockaddr_in a = { .sin_family = AF_UNSPEC };
		int listens = 0;
		socklen_t len = sizeof a, int_len = sizeof listens;
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_len) == 0 && listens &&
			getsockname(fd, (struct sockaddr *)&a, &len) == 0 && a.sin_family == AF_INET)
			return ntohs(a.sin_port);
	}
	fail_msg("nobody listens");
	return 0;
}

static struct bqp_peer *connect_tcp(unsigned port)
{
	struct bqp_peer *p = bqp_peer_open_tcp(port);

	(void)bqp_peer_expect(p, "* HELLO {");
	return p;
}

static void test_tcp(void **state)
{
	char *token = tmpdir_path(&d.dir, "token");

	(void)state;
	d.options.listen = "127.0.0.1:0";
	d.options.auth_file = token;
	tmpdir_put(&d.dir, "token", BQ_SPAN("open sesame\nmore\n"));
	assert_int_equal(chmod(token, 0644), 0);
	fails_with(BQ_EUSAGE, "mode 0600");
	assert_int_equal(chmod(token, 0600), 0);
	bqp_daemon_start(&d);
	unsigned port = port_listened_at();
	struct bqp_peer *p = connect_tcp(port);
	bqp_peer_say(p, "HELLO @auth=\"open sesame\"\nPING\nSHUTDOWN\nRELOAD\nHELLO @proto=2\nQUIT\n");
	(void)bqp_peer_expect(p, "#0 OK {\"server\":\"bqd\"");
	(void)bqp_peer_expect(p, "#0 OK {}");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"forbidden\",\"status\":403,");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"forbidden\",\"status\":403,");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 ERR {\"code\":\"unsupported_proto\",\"status\":505,"),
		"\"proto\":[1]}"));
	(void)bqp_peer_expect(p, "#0 OK {}");
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
	static const char *const wrong[] = { "#q PING\nHELLO @auth=\"open sesame\"\n",
		"#q HELLO @auth=\"open sesam\"\nPING\n", "#q HELLO @auth=\"open sesame2\"\nPING\n", "#q HELLO\nPING\n",
		"#q FROB\nPING\n", "#q HELLO @auth=\nPING\n" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		p = connect_tcp(port);
		bqp_peer_say(p, wrong[i]);
		(void)bqp_peer_expect(p, "#q ERR {\"code\":\"forbidden\",\"status\":403,");
		bqp_peer_expect_eof(p);
		bqp_peer_close(p);
	}
	bqp_daemon_stop(&d);
	d.options.line_ms = 300;
	bqp_daemon_start(&d);
	p = connect_tcp(port_listened_at()); /* nor may one wait */
	(void)bqp_peer_expect(p, "* BYE {\"code\":\"deadline\"");
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
	bqp_daemon_stop(&d);
	free(token);
}

/* A socket passed as systemd does it, to a process of its own, which then says
 * it is ready and, later, that it stops. */
static void run_activated(int listening)
{
	struct bq_error err;
	bool was_answered;
	char pid[24];

	if (dup2(listening, 3) < 0)
		_exit(3);
	(void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	free(d.options.socket_path);
	d.options.socket_path = NULL;
	d.options.is_systemd = true;
	int rc = server_run(&d.options, &was_answered, &err);
	_exit(rc == BQ_OK && was_answered && getenv("LISTEN_FDS") == NULL ? 0 : 1);
}

static void test_passed_sockets(void **state)
{
	char *notify = tmpdir_path(&d.dir, "notify"), state_word[64] = "";
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int status, listening = bind_at(d.socket, true), told = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", notify);
	assert_int_equal(bind(told, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", notify, 1), 0);
	pid_t child = fork();
	if (child == 0)
		run_activated(listening);
	assert_true(recv(told, state_word, sizeof state_word - 1, 0) > 0);
	assert_string_equal(state_word, "READY=1");
	struct bqp_peer *p = bqp_daemon_connect(&d);
	bqp_peer_say(p, "PING\nSHUTDOWN\n");
	(void)bqp_peer_expect(p, "#0 OK {}");
	(void)bqp_peer_expect(p, "#0 OK {}");
	bqp_peer_close(p);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(access(d.socket, F_OK), 0); /* it is systemd's */
	(void)unsetenv("NOTIFY_SOCKET");
	(void)close(told);
	(void)close(listening);
	free(notify);
}

static void test_drain_answers_what_is_in_flight(void **state)
{
	const char *texts[] = { "one", "two" };

	(void)state;
	bqp_daemon_publish(&d, texts, 2);
	bqp_daemon_start(&d);
	struct bqp_peer *idle = bqp_daemon_connect(&d), *p = bqp_daemon_connect(&d);
	bqp_peer_say(p, "#a COUNT one\nCOUNT two\nCOUNT one\n#s SHUTDOWN\n#z PING\n");
	const char *heads[] = { "#a END {\"total\":1,", "#0 END {\"total\":1,",
		"#0 ERR {\"code\":\"shutting_down\",\"status\":503,", "#s OK {",
		"#z ERR {\"code\":\"shutting_down\",\"status\":503," };
	unsigned seen = 0;
	for (int i = 0; i < 5; i++) {
		const char *line = bqp_peer_expect(p, "#");
		for (unsigned j = 0; j < 5; j++)
			if (strncmp(line, heads[j], strlen(heads[j])) == 0)
				seen |= 1u << j;
	}
	assert_int_equal(seen, 31);
	(void)bqp_peer_expect(p, "* BYE {\"code\":\"shutting_down\",");
	bqp_peer_expect_eof(p);
	(void)bqp_peer_expect(idle, "* BYE {\"code\":\"shutting_down\",");
	bqp_peer_expect_eof(idle);
	bqp_peer_close(p);
	bqp_peer_close(idle);
	bqp_daemon_join(&d);
	assert_int_equal(d.rc, BQ_OK);
	assert_true(d.was_answered);
}

/* Those behind the running one are told in their turn, also those not yet looked at. */
static void test_drain_keeps_order(void **state)
{
	const char *texts[] = { "one", "two" };
	char lines[4096] = "COUNT one\nCOUNT two\n#s SHUTDOWN\nCOUNT one\n#z COUNT two\n";
	enum { MORE = 60 };

	(void)state;
	for (int i = 0; i < MORE; i++)
		(void)strcat(lines, i % 2 == 0 ? "PING\n" : "COUNT two\n");
	bqp_daemon_publish(&d, texts, 2);
	bqp_daemon_start(&d);
	struct bqp_peer *p = bqp_daemon_connect(&d);
	bqp_peer_say(p, lines);
	for (unsigned tagged = 0, untagged = 0; tagged + untagged < 2 + 3 + MORE;) {
		const char *line = bqp_peer_expect(p, "#");
		if (line[1] == '0')
			assert_non_null(strstr(line, untagged++ == 0 ? " END {\"total\":1," :
				" ERR {\"code\":\"shutting_down\""));
		else
			assert_non_null(strstr(line, tagged++ == 0 ? "#s OK {" : "#z ERR {\"code\":\"shutting_down\""));
	}
	(void)bqp_peer_expect(p, "* BYE {\"code\":\"shutting_down\",");
	bqp_peer_expect_eof(p);
	bqp_peer_close(p);
	bqp_daemon_join(&d);
	assert_true(d.was_answered);
}

static void test_idle_exit(void **state)
{
	(void)state;
	d.options.idle_exit_seconds = 1;
	bqp_daemon_start(&d);
	bqp_daemon_join(&d);
	assert_int_equal(d.rc, BQ_OK);
	assert_int_equal(access(d.socket, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_index),
		TEST(test_config),
		TEST(test_one_daemon_a_socket),
		TEST(test_stale_socket),
		TEST(test_sockets_of_others),
		TEST(test_unfit_paths),
		TEST(test_index_that_is_none),
		TEST(test_tcp),
		TEST(test_passed_sockets),
		TEST(test_drain_answers_what_is_in_flight),
		TEST(test_drain_keeps_order),
		TEST(test_idle_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
