/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

/* A database without files, with three documents. */
static struct xapian_c_writer *start(void)
{
	struct xapian_c_writer *w;
	struct xapian_c_error err;

	xapian_ok(xapian_c_writer_open("", XAPIAN_C_BACKEND_INMEMORY, &w, &err), &err);
	xapian_db_add(w, "biometric data sharing", 0);
	xapian_db_add(w, "data sharing among states", 1);
	xapian_db_add(w, "a treaty on fishing", 2);
	return w;
}

static uint32_t count_of(struct xapian_c_writer *w, const char *term)
{
	struct xapian_c_term_counts c;
	struct xapian_c_error err;

	xapian_ok(xapian_c_database_count_term(xapian_c_writer_database(w), xapian_c_str(term), &c, &err), &err);
	return c.documents;
}

static struct xapian_c_document *document(const char *term)
{
	struct xapian_c_document *d;
	struct xapian_c_error err;

	xapian_ok(xapian_c_document_new(&d, &err), &err);
	xapian_ok(xapian_c_document_add_posting(d, xapian_c_str(term), 1, 1, &err), &err);
	return d;
}

static void test_replace_and_delete(void **state)
{
	struct xapian_c_writer *w = start();
	struct xapian_c_document *d = document("herring");
	struct xapian_c_error err;
	uint32_t docid = 0;

	(void)state;
	xapian_ok(xapian_c_writer_add(w, d, &docid, &err), &err);
	assert_int_equal(docid, 4);
	xapian_ok(xapian_c_writer_replace(w, 3, d, &err), &err);
	assert_int_equal(count_of(w, "herring"), 2);
	assert_int_equal(count_of(w, "fishing"), 0);
	xapian_ok(xapian_c_writer_replace_term(w, xapian_c_str("sharing"), d, &docid, &err), &err);
	assert_int_equal(docid, 1);
	assert_int_equal(count_of(w, "sharing"), 0);
	assert_int_equal(count_of(w, "herring"), 3);
	xapian_ok(xapian_c_writer_replace_term(w, xapian_c_str("unheard-of"), d, &docid, &err), &err);
	assert_int_equal(docid, 5);
	xapian_ok(xapian_c_writer_delete(w, 5, &err), &err);
	assert_int_equal(xapian_c_writer_delete(w, 5, &err), XAPIAN_C_ENODOC);
	assert_string_equal(err.type, "DocNotFoundError");
	assert_int_equal(xapian_c_writer_delete(w, 0, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_writer_delete_term(w, xapian_c_str("herring"), &err), &err);
	assert_int_equal(count_of(w, "herring"), 0);
	xapian_ok(xapian_c_writer_delete_term(w, xapian_c_str("herring"), &err), &err);
	xapian_c_document_free(d);
	xapian_c_writer_free(w);
	xapian_c_writer_free(NULL);
}

static void test_locked(void **state)
{
	struct xapian_c_writer *w, *v;
	struct xapian_c_error err;
	struct tmpdir dir;
	bool locked = false;

	(void)state;
	tmpdir_init(&dir);
	char *path = tmpdir_path(&dir, "db");
	assert_int_equal(xapian_c_writer_open(path, XAPIAN_C_WRITE_OPEN, &w, &err), XAPIAN_C_ENOTFOUND);
	xapian_ok(xapian_c_writer_open(path, XAPIAN_C_WRITE_CREATE, &w, &err), &err);
	assert_int_equal(xapian_c_writer_open(path, XAPIAN_C_WRITE_OPEN, &v, &err), XAPIAN_C_ELOCK);
	assert_null(v);
	struct xapian_c_database *db = xapian_db_open(path);
	xapian_ok(xapian_c_database_locked(db, &locked, &err), &err);
	assert_true(locked);
	xapian_ok(xapian_c_writer_close(w, &err), &err);
	struct xapian_c_document *d = document("x");
	assert_int_equal(xapian_c_writer_add(w, d, NULL, &err), XAPIAN_C_ECLOSED);
	xapian_ok(xapian_c_writer_open(path, XAPIAN_C_WRITE_OPEN, &v, &err), &err);
	xapian_c_writer_free(v);
	assert_int_equal(xapian_c_writer_open(path, XAPIAN_C_WRITE_CREATE, &v, &err), XAPIAN_C_ECREATE);
	xapian_c_document_free(d);
	xapian_c_database_free(db);
	xapian_c_writer_free(w);
	free(path);
	tmpdir_release(&dir);
}

/* What is cancelled never was; what ends counts, and for readers too. */
static void test_transactions(void **state)
{
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	struct tmpdir dir;
	uint64_t before = 0, after = 0;

	(void)state;
	tmpdir_init(&dir);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	struct xapian_c_database *db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_database_revision(db, &before, &err), &err);
	xapian_ok(xapian_c_writer_begin(w, true, &err), &err);
	xapian_db_add(w, "herring", 1);
	assert_int_equal(count_of(w, "herring"), 1);
	assert_int_equal(xapian_c_writer_begin(w, true, &err), XAPIAN_C_EOPERATION);
	xapian_ok(xapian_c_writer_cancel(w, &err), &err);
	assert_int_equal(count_of(w, "herring"), 0);
	assert_int_equal(xapian_c_writer_cancel(w, &err), XAPIAN_C_EOPERATION);
	assert_int_equal(xapian_c_writer_end(w, &err), XAPIAN_C_EOPERATION);
	xapian_ok(xapian_c_writer_begin(w, true, &err), &err);
	xapian_db_add(w, "herring", 1);
	xapian_ok(xapian_c_writer_end(w, &err), &err);
	xapian_ok(xapian_c_database_reopen(db, NULL, &err), &err);
	struct xapian_c_term_counts c;
	xapian_ok(xapian_c_database_count_term(db, xapian_c_str("herring"), &c, &err), &err);
	assert_int_equal(c.documents, 1);
	xapian_ok(xapian_c_database_revision(db, &after, &err), &err);
	assert_true(after > before);
	xapian_c_database_free(db);
	xapian_c_writer_free(w);
	tmpdir_release(&dir);
}

static void assert_bytes(struct xapian_c_bytes got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.ptr, expected, got.len);
}

static void test_metadata(void **state)
{
	struct xapian_c_writer *w = start();
	struct xapian_c_database *db = xapian_c_writer_database(w);
	struct xapian_c_bytes binary = { "a\0b", 3 }, got;
	struct xapian_c_error err;

	(void)state;
	xapian_ok(xapian_c_writer_set_metadata(w, binary, binary, &err), &err);
	xapian_ok(xapian_c_database_metadata(db, binary, &got, &err), &err);
	assert_int_equal(got.len, 3);
	assert_memory_equal(got.ptr, "a\0b", 3);
	xapian_ok(xapian_c_database_metadata(db, xapian_c_str("a"), &got, &err), &err);
	assert_int_equal(got.len, 0);
	xapian_ok(xapian_c_writer_set_metadata(w, binary, xapian_c_str(""), &err), &err);
	xapian_ok(xapian_c_database_metadata(db, binary, &got, &err), &err);
	assert_int_equal(got.len, 0);
	assert_int_equal(xapian_c_database_metadata(db, xapian_c_str(""), &got, &err), XAPIAN_C_EARGUMENT);
	xapian_c_writer_free(w);
}

static void test_spelling(void **state)
{
	struct xapian_c_writer *w;
	struct xapian_c_bytes got;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	struct xapian_c_database *db = xapian_c_writer_database(w);
	xapian_ok(xapian_c_writer_add_spelling(w, xapian_c_str("biometric"), 2, &err), &err);
	xapian_ok(xapian_c_database_suggest(db, xapian_c_str("biometrc"), 2, &got, &err), &err);
	assert_bytes(got, "biometric");
	xapian_ok(xapian_c_database_suggest(db, xapian_c_str("fishery"), 2, &got, &err), &err);
	assert_bytes(got, "");
	xapian_ok(xapian_c_writer_remove_spelling(w, xapian_c_str("biometric"), 1, &err), &err);
	xapian_ok(xapian_c_database_suggest(db, xapian_c_str("biometrc"), 2, &got, &err), &err);
	assert_bytes(got, "biometric");
	xapian_ok(xapian_c_writer_remove_spelling(w, xapian_c_str("biometric"), 1, &err), &err);
	xapian_ok(xapian_c_database_suggest(db, xapian_c_str("biometrc"), 2, &got, &err), &err);
	assert_bytes(got, "");
	xapian_c_writer_free(w);
	tmpdir_release(&dir);
}

/* Terms are limited, and their length is checked where they are written. */
/* Terms up to what a key holds, where a NUL takes two bytes: all that a document
 * takes can be committed. */
static void test_long_terms(void **state)
{
	struct xapian_c_document *d;
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	struct tmpdir dir;
	char term[300];

	(void)state;
	tmpdir_init(&dir);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	for (size_t nuls = 0; nuls <= 130; nuls += 13)
		for (size_t len = nuls + 1; len < sizeof term; len++) {
			const struct xapian_c_place place = { { term, len }, 1, 1 };
			const int want = len + nuls <= XAPIAN_C_TERM_MAX ? XAPIAN_C_OK : XAPIAN_C_EARGUMENT;
			memset(term, 'x', sizeof term);
			memset(term, '\0', nuls);
			xapian_ok(xapian_c_document_new(&d, &err), &err);
			assert_int_equal(xapian_c_document_add_term(d, place.term, 1, &err), want);
			assert_int_equal(xapian_c_document_add_posting(d, place.term, 1, 1, &err), want);
			assert_int_equal(xapian_c_document_add_postings(d, &place, 1, &err), want);
			xapian_ok(xapian_c_writer_add(w, d, NULL, &err), &err);
			assert_int_equal(xapian_c_writer_add_spelling(w, place.term, 1, &err), want);
			assert_int_equal(xapian_c_writer_add_synonym(w, place.term, xapian_c_str("y"), &err), want);
			xapian_c_document_free(d);
		}
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_c_writer_free(w);
	tmpdir_release(&dir);
}

/* The bytes of a document may hold a term that no key has room for, and so may a prefix. */
static void test_long_terms_by_other_ways(void **state)
{
	/* as the library writes it: no data, no values, one term of 245 bytes with no positions */
	char nuls[XAPIAN_C_TERM_MAX] = { 0 }, bytes[512];
	const struct xapian_c_piece piece = { xapian_c_str("word"), { nuls, 1 }, 1, false };
	struct xapian_c_document *d, *copy;
	struct xapian_c_termgen *g;
	struct xapian_c_bytes out;
	struct xapian_c_error err;
	char plain[XAPIAN_C_TERM_MAX];

	(void)state;
	memset(plain, 'x', sizeof plain);
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	xapian_ok(xapian_c_document_add_term(d, (struct xapian_c_bytes){ plain, sizeof plain }, 1, &err), &err);
	xapian_ok(xapian_c_document_serialise(d, &out, &err), &err);
	assert_in_range(out.len, sizeof plain, sizeof bytes);
	for (size_t i = 0; i < out.len; i++)
		bytes[i] = out.ptr[i] == 'x' ? '\0' : out.ptr[i];
	xapian_ok(xapian_c_document_unserialise(out, &copy, &err), &err);
	xapian_c_document_free(copy);
	assert_int_equal(xapian_c_document_unserialise((struct xapian_c_bytes){ bytes, out.len }, &copy, &err),
		XAPIAN_C_EARGUMENT);
	assert_null(copy);
	xapian_ok(xapian_c_termgen_new(&g, &err), &err);
	xapian_ok(xapian_c_termgen_set_document(g, d, &err), &err);
	assert_int_equal(xapian_c_termgen_index(g, &piece, &err), XAPIAN_C_EARGUMENT);
	xapian_c_termgen_free(g);
	xapian_c_document_free(d);
}

static void write_to_closed(struct xapian_c_writer *w)
{
	const struct xapian_c_bytes x = xapian_c_str("x");
	struct xapian_c_document *d = document("x");

	assert_int_equal(xapian_c_writer_add(w, d, NULL, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_replace(w, 1, d, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_replace_term(w, x, d, NULL, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_delete(w, 1, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_delete_term(w, x, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_commit(w, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_begin(w, true, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_end(w, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_cancel(w, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_set_metadata(w, x, x, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_add_spelling(w, x, 1, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_remove_spelling(w, x, 1, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_add_synonym(w, x, x, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_writer_remove_synonym(w, x, x, NULL), XAPIAN_C_ECLOSED);
	xapian_c_document_free(d);
}

/* libxapian lets one commit, count and reopen what is closed, and says all is well. */
static void test_closed(void **state)
{
	static const int backends[] = { 0, XAPIAN_C_BACKEND_INMEMORY };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct xapian_c_database_counts counts;
		struct xapian_c_writer *w;
		struct xapian_c_error err;
		struct tmpdir dir;
		tmpdir_init(&dir);
		xapian_ok(xapian_c_writer_open(dir.path, backends[i], &w, &err), &err);
		xapian_ok(xapian_c_writer_close(w, &err), &err);
		xapian_ok(xapian_c_writer_close(w, &err), &err);
		write_to_closed(w);
		assert_int_equal(xapian_c_database_count(xapian_c_writer_database(w), &counts, &err), XAPIAN_C_ECLOSED);
		assert_int_equal(xapian_c_database_reopen(xapian_c_writer_database(w), NULL, &err), XAPIAN_C_ECLOSED);
		xapian_c_writer_free(w);
		tmpdir_release(&dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace_and_delete),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_long_terms),
		cmocka_unit_test(test_long_terms_by_other_ways),
		cmocka_unit_test(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
