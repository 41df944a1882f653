/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The threading rules of xapian-c.h: objects that have nothing in common in
 * different threads at the same time, queries that travel as bytes, and a
 * family of objects that is handed on.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

static const char *const texts[] = { "biometric data sharing", "data sharing among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0], THREADS = 8, ROUNDS = 200 };

struct shared {
	const char *path;
	char query[200];
	size_t query_len;
};

/* Two hits, or the status of what failed. */
static int search(const struct xapian_c_database *db, const struct xapian_c_query *q)
{
	struct xapian_c_enquire *e = NULL;
	struct xapian_c_mset *m = NULL;
	struct xapian_c_document *d = NULL;
	struct xapian_c_bytes out;
	int rc = xapian_c_enquire_new(db, &e, NULL);

	if (rc == XAPIAN_C_OK)
		rc = xapian_c_enquire_set_query(e, q, 0, NULL);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_enquire_search(e, 0, 10, 10, &m, NULL);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_mset_document(m, 0, &d, NULL);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_document_data(d, &out, NULL);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_mset_snippet(m, out, NULL, &out, NULL);
	if (rc == XAPIAN_C_OK)
		rc = (int)xapian_c_mset_size(m);
	xapian_c_document_free(d);
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	return rc;
}

static void *search_often(void *arg)
{
	const struct shared *s = arg;
	struct xapian_c_database *db = NULL;
	struct xapian_c_query *q = NULL, *all = NULL;
	struct xapian_c_bytes bytes = { s->query, s->query_len };
	intptr_t wrong = xapian_c_database_open(s->path, 0, &db, NULL) != XAPIAN_C_OK;

	for (int i = 0; i < ROUNDS && wrong == 0; i++) {
		wrong += xapian_c_query_unserialise(bytes, &q, NULL) != XAPIAN_C_OK;
		wrong += xapian_c_query_all(&all, NULL) != XAPIAN_C_OK;
		wrong += wrong != 0 || search(db, q) != 2;
		wrong += wrong != 0 || search(db, all) != N_TEXTS;
		xapian_c_query_free(q);
		xapian_c_query_free(all);
	}
	xapian_c_database_free(db);
	return (void *)wrong; /* NOLINT: a number travels as a pointer */
}

static void test_at_the_same_time(void **state)
{
	struct shared s = { 0 };
	struct xapian_c_query *q;
	struct xapian_c_error err;
	struct tmpdir dir;
	pthread_t threads[THREADS];

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	s.path = dir.path;
	xapian_ok(xapian_c_query_term(xapian_c_str("sharing"), 1, 0, &q, &err), &err);
	xapian_ok(xapian_c_query_serialise(q, s.query, sizeof s.query, &s.query_len, &err), &err);
	xapian_c_query_free(q);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, search_often, &s), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong = NULL;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	tmpdir_release(&dir);
}

/* ---- from hand to hand ------------------------------------------------------------ */

struct family {
	struct xapian_c_database *db;
	struct xapian_c_query *q;
	int hits;
};

static void *search_once(void *arg)
{
	struct family *f = arg;

	f->hits = search(f->db, f->q);
	return NULL;
}

static void test_handed_on(void **state)
{
	struct family f = { 0 };
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	f.db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_query_term(xapian_c_str("sharing"), 1, 0, &f.q, &err), &err);
	for (int i = 0; i < 50; i++) {
		pthread_t t;
		assert_int_equal(pthread_create(&t, NULL, search_once, &f), 0);
		assert_int_equal(pthread_join(t, NULL), 0);
		assert_int_equal(f.hits, 2);
	}
	xapian_c_query_free(f.q);
	xapian_c_database_free(f.db);
	tmpdir_release(&dir);
}

/* Writers of different databases, generators and parsers of different threads. */
static void *write_one(void *arg)
{
	const char *path = arg;
	struct xapian_c_database *db;

	xapian_db_write(path, texts, N_TEXTS);
	db = xapian_db_open(path);
	intptr_t wrong = 0;
	struct xapian_c_database_counts c;
	if (xapian_c_database_count(db, &c, NULL) != XAPIAN_C_OK || c.documents != N_TEXTS)
		wrong = 1;
	xapian_c_database_free(db);
	return (void *)wrong; /* NOLINT: a number travels as a pointer */
}

static void test_writers(void **state)
{
	pthread_t threads[THREADS];
	char *paths[THREADS];
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	for (int i = 0; i < THREADS; i++) {
		char name[] = { (char)('a' + i), '\0' };
		paths[i] = tmpdir_path(&dir, name);
		assert_int_equal(pthread_create(&threads[i], NULL, write_one, paths[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *wrong = NULL;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
		free(paths[i]);
	}
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_the_same_time),
		cmocka_unit_test(test_handed_on),
		cmocka_unit_test(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
