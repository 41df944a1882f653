/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Databases served by the programs of xapian-tools, and what their failures
 * look like.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/tcpsrv.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

static const char *const texts[] = { "biometric data sharing", "data sharing among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static uint32_t count_hits(const struct xapian_c_database *db, const char *word, struct xapian_c_error *err)
{
	struct xapian_c_enquire *e;
	struct xapian_c_query *q;
	struct xapian_c_mset *m;

	xapian_ok(xapian_c_enquire_new(db, &e, err), err);
	xapian_ok(xapian_c_query_term(xapian_c_str(word), 1, 0, &q, err), err);
	xapian_ok(xapian_c_enquire_set_query(e, q, 0, err), err);
	int rc = xapian_c_enquire_search(e, 0, 10, 10, &m, err);
	uint32_t n = rc == XAPIAN_C_OK ? xapian_c_mset_size(m) : UINT32_MAX;
	xapian_c_mset_free(m);
	xapian_c_query_free(q);
	xapian_c_enquire_free(e);
	return n;
}

static void test_prog(void **state)
{
	struct xapian_c_database *db;
	struct xapian_c_document *d;
	struct xapian_c_bytes data;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	xapian_ok(xapian_c_database_open_prog("xapian-progsrv", dir.path, 10000, &db, &err), &err);
	assert_int_equal(count_hits(db, "sharing", &err), 2);
	xapian_ok(xapian_c_database_document(db, 3, &d, &err), &err);
	xapian_ok(xapian_c_document_data(d, &data, &err), &err);
	assert_int_equal(data.len, strlen(texts[2]));
	xapian_c_document_free(d);
	xapian_ok(xapian_c_database_keep_alive(db, &err), &err);
	xapian_c_database_free(db);
	assert_true(xapian_c_database_open_prog("/nonesuch/prog", "", 10000, &db, &err) < 0);
	assert_null(db);
	tmpdir_release(&dir);
}

/* ---- over TCP ---------------------------------------------------------------- */

/* A listening socket on a free port of this machine. */
static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 5) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Open it; with little time a busy machine may need several attempts. */
static struct xapian_c_database *open_server(uint16_t port, const struct xapian_c_timeouts *t)
{
	struct xapian_c_database *db;
	struct xapian_c_error err;

	for (int i = 0; i < 100; i++)
		if (xapian_c_database_open_tcp("127.0.0.1", port, t, &db, &err) == XAPIAN_C_OK)
			return db;
	fail_msg("%s: %s", err.type, err.msg);
	return NULL;
}

static void test_tcp(void **state)
{
	const struct xapian_c_timeouts t = { .connect = 60000, .operation = 60000 },
		brief = { .connect = 10000, .operation = 300 };
	struct xapian_c_database *db, *hasty, *all;
	struct xapian_c_error err;
	struct tmpdir dir;
	uint16_t port;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	pid_t pid = tcpsrv_start(dir.path, "--timeout=60000", &port);
	db = open_server(port, &t);
	hasty = open_server(port, &brief);
	assert_int_equal(count_hits(db, "sharing", &err), 2);
	xapian_ok(xapian_c_database_new(&all, &err), &err);
	struct xapian_c_database *local = xapian_db_open(dir.path);
	xapian_ok(xapian_c_database_add(all, local, &err), &err);
	xapian_ok(xapian_c_database_add(all, db, &err), &err);
	assert_int_equal(count_hits(all, "sharing", &err), 4);
	xapian_c_database_free(all);
	xapian_c_database_free(local);

	(void)kill(-pid, SIGSTOP); /* frozen */
	assert_int_equal(count_hits(hasty, "sharing", &err), UINT32_MAX);
	assert_int_equal(err.status, XAPIAN_C_ETIMEOUT);
	xapian_c_database_free(hasty);
	tcpsrv_end(pid); /* dead */
	assert_int_equal(count_hits(db, "sharing", &err), UINT32_MAX);
	assert_true(err.status == XAPIAN_C_ENETWORK || err.status == XAPIAN_C_ETIMEOUT);
	xapian_c_database_free(db);
	assert_int_equal(xapian_c_database_open_tcp("127.0.0.1", port, &t, &db, &err), XAPIAN_C_ENETWORK);
	assert_int_equal(err.system, ECONNREFUSED);
	assert_null(db);
	tmpdir_release(&dir);
}

static void test_writable(void **state)
{
	struct xapian_c_database *db;
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	struct tmpdir dir;
	uint16_t port;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	pid_t pid = tcpsrv_start(dir.path, "--writable", &port);
	int rc = XAPIAN_C_ENETWORK;
	for (int ms = 0; ms < 60000 && rc != XAPIAN_C_OK; ms += 10) { /* who looked whether it listens has the lock for a moment */
		rc = xapian_c_writer_open_tcp("127.0.0.1", port, NULL, &w, &err);
		(void)usleep(10000);
	}
	xapian_ok(rc, &err);
	xapian_db_add(w, "sharing again", 3);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_c_writer_free(w);
	db = xapian_db_open(dir.path);
	assert_int_equal(count_hits(db, "sharing", &err), 3);
	xapian_c_database_free(db);
	tcpsrv_end(pid);
	tmpdir_release(&dir);
}

/* Writing through a program: locked for others, seen after a commit, refused by
 * one that may not write. */
static void test_writable_prog(void **state)
{
	char args[PATH_MAX + 16];
	struct xapian_c_database *db;
	struct xapian_c_writer *w, *second;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	(void)snprintf(args, sizeof args, "--writable %s", dir.path);
	xapian_ok(xapian_c_writer_open_prog("xapian-progsrv", args, 60000, &w, &err), &err);
	assert_int_equal(xapian_c_writer_open_prog("xapian-progsrv", args, 60000, &second, &err), XAPIAN_C_ELOCK);
	assert_null(second);
	assert_int_equal(xapian_c_writer_open(dir.path, XAPIAN_C_WRITE_OPEN, &second, &err), XAPIAN_C_ELOCK);
	xapian_db_add(w, "sharing again", 3);
	db = xapian_db_open(dir.path);
	assert_int_equal(count_hits(db, "sharing", &err), 2);
	assert_int_equal(count_hits(xapian_c_writer_database(w), "sharing", &err), 3);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_ok(xapian_c_database_reopen(db, NULL, &err), &err);
	assert_int_equal(count_hits(db, "sharing", &err), 3);
	xapian_c_database_free(db);
	xapian_ok(xapian_c_writer_close(w, &err), &err);
	assert_int_equal(xapian_c_writer_commit(w, &err), XAPIAN_C_ECLOSED);
	xapian_c_writer_free(w);

	assert_int_equal(xapian_c_writer_open_prog("xapian-progsrv", dir.path, 60000, &w, &err), XAPIAN_C_EOPERATION);
	assert_null(w);
	(void)snprintf(args, sizeof args, "--writable %s/new", dir.path); /* is not made */
	assert_int_equal(xapian_c_writer_open_prog("xapian-progsrv", args, 60000, &w, &err), XAPIAN_C_ENOTFOUND);
	assert_null(w);
	assert_int_equal(xapian_c_writer_open_prog("/nonesuch/prog", "", 60000, &w, &err), XAPIAN_C_ENETWORK);
	assert_null(w);
	tmpdir_release(&dir);
}

/* Something else answers there: it is not believed. */
static void test_not_a_server(void **state)
{
	const struct xapian_c_timeouts t = { .connect = 1000, .operation = 300 };
	struct xapian_c_database *db;
	struct xapian_c_error err;
	uint16_t port;

	(void)state;
	int fd = listen_somewhere(&port);
	assert_int_equal(xapian_c_database_open_tcp("127.0.0.1", port, &t, &db, &err), XAPIAN_C_ETIMEOUT);
	(void)close(fd);
	fd = listen_somewhere(&port);
	pid_t pid = fork();
	if (pid == 0) {
		int c = accept(fd, NULL, NULL);
		(void)!write(c, "\0\x03\x27\x01\xff* HELLO {}\n", 16);
		(void)usleep(100000);
		_exit(0);
	}
	int rc = xapian_c_database_open_tcp("127.0.0.1", port, &t, &db, &err);
	assert_true(rc == XAPIAN_C_ENETWORK || rc == XAPIAN_C_ETIMEOUT || rc == XAPIAN_C_ESERIALISATION);
	assert_null(db);
	(void)waitpid(pid, NULL, 0);
	(void)close(fd);
	assert_int_equal(xapian_c_database_open_tcp("no such host.invalid", 1, &t, &db, &err), XAPIAN_C_ENETWORK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prog),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_writable),
		cmocka_unit_test(test_writable_prog),
		cmocka_unit_test(test_not_a_server),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
