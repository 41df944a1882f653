/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

static const char *const texts[] = { "biometric data sharing", "data sharing among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static void assert_bytes(struct xapian_c_bytes got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.ptr, expected, got.len);
}

static struct xapian_c_database_counts count(const struct xapian_c_database *db)
{
	struct xapian_c_database_counts c;
	struct xapian_c_error err;

	xapian_ok(xapian_c_database_count(db, &c, &err), &err);
	return c;
}

static void test_counts(void **state)
{
	struct xapian_c_database *db;
	struct xapian_c_term_counts t;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	db = xapian_db_open(dir.path);
	struct xapian_c_database_counts c = count(db);
	assert_int_equal(c.documents, 3);
	assert_int_equal(c.last_id, 3);
	assert_int_equal(c.total_length, 22); /* each word and its stem */
	assert_int_equal(c.shards, 1);
	assert_int_equal(c.shortest, 6);
	assert_true(c.has_positions);
	assert_true(c.longest >= 8 && c.average_length > 7.3 && c.average_length < 7.4);
	xapian_ok(xapian_c_database_count_term(db, xapian_c_str("sharing"), &t, &err), &err);
	assert_int_equal(t.documents, 2);
	assert_int_equal(t.occurrences, 2);
	assert_true(t.most >= 1);
	xapian_ok(xapian_c_database_count_term(db, xapian_c_str("nonesuch"), &t, &err), &err);
	assert_int_equal(t.documents, 0);
	assert_int_equal(t.occurrences, 0);
	uint32_t length = 0;
	xapian_ok(xapian_c_database_document_length(db, 2, &length, &err), &err);
	assert_int_equal(length, 8);
	assert_int_equal(xapian_c_database_document_length(db, 4, &length, &err), XAPIAN_C_ENODOC);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
}

static void test_values(void **state)
{
	struct xapian_c_bytes lower, upper;
	struct xapian_c_database *db;
	struct xapian_c_error err;
	struct tmpdir dir;
	uint32_t n = 0;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_database_count_value(db, 1, &n, &err), &err);
	assert_int_equal(n, 3);
	xapian_ok(xapian_c_database_count_value(db, 7, &n, &err), &err);
	assert_int_equal(n, 0);
	xapian_ok(xapian_c_database_value_bounds(db, 1, &lower, &upper, &err), &err);
	assert_bytes(lower, "even");
	assert_bytes(upper, "odd");
	xapian_ok(xapian_c_database_value_bounds(db, 0, &lower, &upper, &err), &err);
	assert_true(xapian_c_number_read(upper) == 2);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
}

static void test_no_database(void **state)
{
	struct xapian_c_database *db = (struct xapian_c_database *)&db;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	assert_int_equal(xapian_c_database_open(dir.path, 0, &db, &err), XAPIAN_C_ENOTFOUND);
	assert_null(db);
	assert_string_equal(err.type, "DatabaseNotFoundError");
	assert_int_equal(xapian_c_database_open("/nonesuch/db", 0, &db, &err), XAPIAN_C_ENOTFOUND);
	assert_int_equal(xapian_c_database_open(dir.path, 0x12345, &db, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_database_open(dir.path, 0, &db, NULL), XAPIAN_C_ENOTFOUND);
	tmpdir_put(&dir, "file", BQ_SPAN("this is no database\n"));
	char *file = tmpdir_path(&dir, "file");
	assert_true(xapian_c_database_open(file, 0, &db, &err) < 0);
	assert_null(db);
	free(file);
	xapian_c_database_free(NULL);
	tmpdir_release(&dir);
}

/* Every file of a database in turn is cut in the middle: opening or counting or
 * reading says so, or the answers are those of the whole. */
static void test_cut_files(void **state)
{
	static const char *const names[] = { "iamglass", "postlist.glass", "docdata.glass", "termlist.glass",
		"position.glass" };
	struct xapian_c_error err;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct xapian_c_document *d = NULL;
		struct xapian_c_database *db;
		struct xapian_c_bytes data = { 0 };
		struct tmpdir dir;
		tmpdir_init(&dir);
		xapian_db_write(dir.path, texts, N_TEXTS);
		char *path = tmpdir_path(&dir, names[i]);
		assert_int_equal(truncate(path, 100), 0);
		free(path);
		int rc = xapian_c_database_open(dir.path, 0, &db, &err);
		if (rc == XAPIAN_C_OK)
			rc = xapian_c_database_document(db, 1, &d, &err);
		if (rc == XAPIAN_C_OK)
			rc = xapian_c_document_data(d, &data, &err);
		if (rc == XAPIAN_C_OK)
			assert_bytes(data, texts[0]);
		else
			assert_true(err.msg[0] != '\0' && err.type[0] != '\0');
		if (i <= 2)
			assert_true(rc < 0);
		xapian_c_document_free(d);
		xapian_c_database_free(db);
		tmpdir_release(&dir);
	}
}

static void test_changes_are_seen_after_reopen(void **state)
{
	struct xapian_c_database *db;
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	struct tmpdir dir;
	bool changed = true;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, 1);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_writer_open(dir.path, XAPIAN_C_WRITE_OPEN, &w, &err), &err);
	xapian_ok(xapian_c_database_reopen(db, &changed, &err), &err);
	assert_false(changed);
	xapian_db_add(w, texts[1], 1);
	assert_int_equal(count(xapian_c_writer_database(w)).documents, 2);
	assert_int_equal(count(db).documents, 1);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_ok(xapian_c_database_reopen(db, &changed, &err), &err);
	assert_true(changed);
	assert_int_equal(count(db).documents, 2);
	xapian_c_writer_free(w);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
}

/* Read the data of documents 1 .. n until something fails. */
static int read_all(const struct xapian_c_database *db, uint32_t n, struct xapian_c_error *err)
{
	struct xapian_c_document *d;
	struct xapian_c_bytes data;
	int rc = XAPIAN_C_OK;

	for (uint32_t i = 1; i <= n && rc == XAPIAN_C_OK; i++) {
		rc = xapian_c_database_document(db, i, &d, err);
		if (rc == XAPIAN_C_OK)
			rc = xapian_c_document_data(d, &data, err);
		xapian_c_document_free(d);
	}
	return rc;
}

/* A reader some commits behind says so, and goes on after a reopen. */
static void test_modified(void **state)
{
	enum { DOCS = 400 };
	struct xapian_c_document *d;
	struct xapian_c_database *db;
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	for (unsigned i = 0; i < DOCS; i++)
		xapian_db_add(w, texts[0], i);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	xapian_ok(xapian_c_document_set_data(d, xapian_c_str(texts[1]), &err), &err);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= DOCS; i++)
			xapian_ok(xapian_c_writer_replace(w, i, d, &err), &err);
		xapian_ok(xapian_c_writer_commit(w, &err), &err);
	}
	assert_int_equal(read_all(db, DOCS, &err), XAPIAN_C_EMODIFIED);
	assert_string_equal(err.type, "DatabaseModifiedError");
	xapian_ok(xapian_c_database_reopen(db, NULL, &err), &err);
	assert_int_equal(read_all(db, DOCS, &err), XAPIAN_C_OK);
	xapian_c_document_free(d);
	xapian_c_writer_free(w);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
}

static void ask_closed(struct xapian_c_database *db)
{
	const struct xapian_c_bytes x = xapian_c_str("x");
	struct xapian_c_database_counts counts;
	struct xapian_c_term_counts term;
	struct xapian_c_bytes text, text2;
	uint64_t revision;
	uint32_t n;
	bool is;

	assert_int_equal(xapian_c_database_count(db, &counts, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_reopen(db, &is, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_uuid(db, &text, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_revision(db, &revision, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_locked(db, &is, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_count_term(db, x, &term, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_count_value(db, 0, &n, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_value_bounds(db, 0, &text, &text2, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_document_length(db, 1, &n, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_metadata(db, x, &text, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_suggest(db, x, 2, &text, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_keep_alive(db, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_database_compact(db, "nowhere", 0, 0, NULL), XAPIAN_C_ECLOSED);
}

static void list_closed(struct xapian_c_database *db)
{
	const struct xapian_c_bytes x = xapian_c_str("x"), all = { NULL, 0 };
	struct xapian_c_document *d;
	struct xapian_c_enquire *e;
	struct xapian_c_postings *p;
	struct xapian_c_terms *t;
	struct xapian_c_values *v;

	assert_int_equal(xapian_c_database_document(db, 1, &d, NULL), XAPIAN_C_ECLOSED);
	assert_null(d);
	assert_int_equal(xapian_c_enquire_new(db, &e, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_postings_new(db, all, false, &p, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_terms_of_database(db, all, &t, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_terms_of_metadata(db, all, &t, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_terms_of_spelling(db, &t, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_terms_of_synonyms(db, x, &t, NULL), XAPIAN_C_ECLOSED);
	assert_int_equal(xapian_c_values_of_database(db, 0, &v, NULL), XAPIAN_C_ECLOSED);
}

/* libxapian answers some of these on a closed database, as if all were well. */
static void test_closed(void **state)
{
	struct xapian_c_database *db, *several;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, 1);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_database_close(db, &err), &err);
	ask_closed(db);
	list_closed(db);
	xapian_ok(xapian_c_database_new(&several, &err), &err);
	assert_int_equal(xapian_c_database_add(several, db, &err), XAPIAN_C_ECLOSED);
	assert_string_equal(err.type, "DatabaseClosedError");
	xapian_ok(xapian_c_database_close(db, &err), &err);
	xapian_c_database_free(several);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
}

/* A document outlives the database it is of. */
static void test_document_alone(void **state)
{
	struct xapian_c_document *d;
	struct xapian_c_database *db;
	struct xapian_c_bytes data;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, 1);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_database_document(db, 1, &d, &err), &err);
	xapian_c_database_free(db);
	assert_int_equal(xapian_c_document_id(d), 1);
	xapian_ok(xapian_c_document_data(d, &data, &err), &err);
	assert_bytes(data, texts[0]);
	xapian_c_document_free(d);
	tmpdir_release(&dir);
}

/* ---- several as one -------------------------------------------------------- */

static void check_data(const struct xapian_c_database *db, uint32_t docid, const char *expected)
{
	struct xapian_c_document *d;
	struct xapian_c_bytes data;
	struct xapian_c_error err;

	xapian_ok(xapian_c_database_document(db, docid, &d, &err), &err);
	xapian_ok(xapian_c_document_data(d, &data, &err), &err);
	assert_bytes(data, expected);
	xapian_c_document_free(d);
}

static void test_several(void **state)
{
	struct xapian_c_database *a, *b, *all;
	struct xapian_c_bytes uuid;
	struct xapian_c_error err;
	struct tmpdir dir;
	char stub[600];

	(void)state;
	tmpdir_init(&dir);
	char *pa = tmpdir_path(&dir, "a"), *pb = tmpdir_path(&dir, "b"), *ps = tmpdir_path(&dir, "stub");
	xapian_db_write(pa, texts, 2);
	xapian_db_write(pb, texts + 2, 1);
	a = xapian_db_open(pa);
	b = xapian_db_open(pb);
	xapian_ok(xapian_c_database_new(&all, &err), &err);
	assert_int_equal(count(all).documents, 0);
	xapian_ok(xapian_c_database_add(all, a, &err), &err);
	xapian_ok(xapian_c_database_add(all, b, &err), &err);
	xapian_c_database_free(a);
	xapian_c_database_free(b);
	assert_int_equal(count(all).documents, 3);
	assert_int_equal(count(all).shards, 2);
	check_data(all, 1, texts[0]);
	check_data(all, 2, texts[2]);
	check_data(all, 3, texts[1]);
	xapian_ok(xapian_c_database_uuid(all, &uuid, &err), &err);
	assert_int_equal(uuid.len, 36 + 1 + 36);
	assert_int_equal(xapian_c_database_add(all, all, &err), XAPIAN_C_EARGUMENT);
	xapian_c_database_free(all);

	(void)snprintf(stub, sizeof stub, "auto %s\nauto %s\n", pa, pb);
	tmpdir_put(&dir, "stub", bq_span_of(stub));
	xapian_ok(xapian_c_database_open(ps, XAPIAN_C_BACKEND_STUB, &all, &err), &err);
	assert_int_equal(count(all).documents, 3);
	check_data(all, 2, texts[2]);
	xapian_c_database_free(all);
	tmpdir_put(&dir, "stub", BQ_SPAN("nonsense\n"));
	assert_int_equal(xapian_c_database_open(ps, XAPIAN_C_BACKEND_STUB, &all, &err), XAPIAN_C_EOPENING);
	free(pa);
	free(pb);
	free(ps);
	tmpdir_release(&dir);
}

static void test_compaction(void **state)
{
	static const unsigned ways[] = { XAPIAN_C_COMPACT_STANDARD, XAPIAN_C_COMPACT_FULL,
		XAPIAN_C_COMPACT_FULLER | XAPIAN_C_COMPACT_ONE_FILE };
	struct xapian_c_database *a, *b, *out;
	struct xapian_c_error err;
	struct tmpdir dir;
	uint64_t errors = 1;

	(void)state;
	tmpdir_init(&dir);
	char *pa = tmpdir_path(&dir, "a"), *pb = tmpdir_path(&dir, "b");
	xapian_db_write(pa, texts, 2);
	xapian_db_write(pb, texts + 2, 1);
	a = xapian_db_open(pa);
	b = xapian_db_open(pb);
	xapian_ok(xapian_c_database_add(a, b, &err), &err);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		char name[] = { 'c', (char)('0' + i), '\0' };
		char *path = tmpdir_path(&dir, name);
		xapian_ok(xapian_c_database_compact(a, path, ways[i], 0, &err), &err);
		out = xapian_db_open(path);
		assert_int_equal(count(out).documents, 3);
		check_data(out, 3, texts[2]);
		xapian_c_database_free(out);
		if ((ways[i] & XAPIAN_C_COMPACT_ONE_FILE) == 0)
			xapian_ok(xapian_c_database_check(path, &errors, &err), &err);
		assert_int_equal(errors, 0);
		free(path);
	}
	assert_int_equal(xapian_c_database_compact(a, pa, 3, 0, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_database_compact(a, pa, 1024, 0, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_database_compact(a, pa, 0, 1024, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_database_compact(a, pa, 0, 5000, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_database_compact(a, pa, 0, 131072, &err), XAPIAN_C_EARGUMENT);
	xapian_c_database_free(a);
	xapian_c_database_free(b);
	xapian_ok(xapian_c_database_new(&a, &err), &err);
	assert_int_equal(xapian_c_database_compact(a, pa, 0, 0, &err), XAPIAN_C_EARGUMENT);
	xapian_c_database_free(a);
	assert_true(xapian_c_database_check("/nonesuch", &errors, &err) < 0);
	free(pa);
	free(pb);
	tmpdir_release(&dir);
}

/* For AddressSanitizer's runtime, where there is one: Database::check() of libxapian 1.4
 * deletes a derived object as its base. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void) { return "new_delete_type_mismatch=0"; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_changes_are_seen_after_reopen),
		cmocka_unit_test(test_modified),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_document_alone),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_compaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
