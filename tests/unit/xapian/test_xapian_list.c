/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

enum { DOCS = 1000 };

/* Document i (1 ..) has "all" i % 3 + 1 times, "fifth" if 5 divides i; then come
 * value 3 of even ones, and metadata. */
struct fixture {
	struct tmpdir dir;
	struct xapian_c_database *db;
};

static void add_number(struct xapian_c_writer *w, uint32_t i)
{
	struct xapian_c_document *d;
	struct xapian_c_error err;
	char text[16];

	xapian_ok(xapian_c_document_new(&d, &err), &err);
	for (uint32_t p = 0; p <= i % 3; p++)
		xapian_ok(xapian_c_document_add_posting(d, xapian_c_str("all"), 10 + 2 * p, 1, &err), &err);
	if (i % 5 == 0)
		xapian_ok(xapian_c_document_add_term(d, xapian_c_str("fifth"), 1, &err), &err);
	(void)snprintf(text, sizeof text, "n%u", i);
	xapian_ok(xapian_c_document_add_term(d, xapian_c_str(text), 2, &err), &err);
	if (i % 2 == 0)
		xapian_ok(xapian_c_document_set_value(d, 3, xapian_c_str(text), &err), &err);
	xapian_ok(xapian_c_writer_add(w, d, NULL, &err), &err);
	xapian_c_document_free(d);
}

static int set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);
	struct xapian_c_writer *w;
	struct xapian_c_error err;

	assert_non_null(f);
	tmpdir_init(&f->dir);
	xapian_ok(xapian_c_writer_open(f->dir.path, 0, &w, &err), &err);
	for (uint32_t i = 1; i <= DOCS; i++)
		add_number(w, i);
	xapian_ok(xapian_c_writer_set_metadata(w, xapian_c_str("key-a"), xapian_c_str("1"), &err), &err);
	xapian_ok(xapian_c_writer_set_metadata(w, xapian_c_str("key-b"), xapian_c_str("2"), &err), &err);
	xapian_ok(xapian_c_writer_set_metadata(w, xapian_c_str("other"), xapian_c_str("3"), &err), &err);
	xapian_ok(xapian_c_writer_add_spelling(w, xapian_c_str("all"), 4, &err), &err);
	xapian_ok(xapian_c_writer_add_synonym(w, xapian_c_str("all"), xapian_c_str("every"), &err), &err);
	xapian_ok(xapian_c_writer_add_synonym(w, xapian_c_str("all"), xapian_c_str("whole"), &err), &err);
	xapian_ok(xapian_c_writer_remove_synonym(w, xapian_c_str("all"), xapian_c_str("whole"), &err), &err);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_c_writer_free(w);
	f->db = xapian_db_open(f->dir.path);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	xapian_c_database_free(f->db);
	tmpdir_release(&f->dir);
	free(f);
	return 0;
}

static struct xapian_c_postings *postings(struct fixture *f, const char *term, bool lengths)
{
	struct xapian_c_postings *p;
	struct xapian_c_error err;

	xapian_ok(xapian_c_postings_new(f->db, xapian_c_str(term), lengths, &p, &err), &err);
	return p;
}

/* All batch sizes give the same. */
static void test_postings(void **state)
{
	static const int batches[] = { 1, 7, 256, DOCS, DOCS + 1 };
	static struct xapian_c_posting out[DOCS + 1];

	for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
		struct xapian_c_postings *p = postings(*state, "all", true);
		uint32_t docid = 0;
		int n;
		while ((n = xapian_c_postings_read(p, out, batches[b], NULL)) > 0) {
			assert_true(n <= batches[b]);
			for (int i = 0; i < n; i++) {
				docid++;
				assert_int_equal(out[i].docid, docid);
				assert_int_equal(out[i].wdf, docid % 3 + 1);
				assert_int_equal(out[i].length, docid % 3 + 1 + (docid % 5 == 0) + 2);
			}
		}
		assert_int_equal(n, 0);
		assert_int_equal(docid, DOCS);
		assert_int_equal(xapian_c_postings_read(p, out, 1, NULL), 0);
		xapian_c_postings_free(p);
	}
}

static void test_seek(void **state)
{
	struct xapian_c_postings *p = postings(*state, "fifth", false);
	struct xapian_c_posting out[2];
	struct xapian_c_error err;

	assert_int_equal(xapian_c_postings_read(p, out, 2, &err), 2);
	assert_int_equal(out[1].docid, 10);
	assert_int_equal(out[1].length, 0);
	xapian_ok(xapian_c_postings_seek(p, 501, &err), &err);
	assert_int_equal(xapian_c_postings_read(p, out, 1, &err), 1);
	assert_int_equal(out[0].docid, 505);
	xapian_ok(xapian_c_postings_seek(p, 3, &err), &err);
	assert_int_equal(xapian_c_postings_read(p, out, 1, &err), 1);
	assert_int_equal(out[0].docid, 510);
	xapian_ok(xapian_c_postings_seek(p, DOCS + 1, &err), &err);
	assert_int_equal(xapian_c_postings_read(p, out, 1, &err), 0);
	xapian_ok(xapian_c_postings_seek(p, DOCS + 2, &err), &err);
	xapian_c_postings_free(p);
}

/* The empty term is in all documents; an unknown one in none. */
static void test_special_postings(void **state)
{
	struct xapian_c_postings *p = postings(*state, "", true);
	struct xapian_c_posting out[DOCS];

	assert_int_equal(xapian_c_postings_read(p, out, DOCS, NULL), DOCS);
	assert_int_equal(out[4].docid, 5);
	assert_int_equal(out[4].wdf, 1);
	assert_int_equal(out[4].length, 6);
	xapian_c_postings_free(p);
	p = postings(*state, "nonesuch", true);
	assert_int_equal(xapian_c_postings_read(p, out, DOCS, NULL), 0);
	xapian_c_postings_free(p);
	xapian_c_postings_free(NULL);
}

static int positions_of(struct fixture *f, struct xapian_c_positions *p, uint32_t docid, const char *term)
{
	struct xapian_c_error err;
	uint32_t out[8];

	xapian_ok(xapian_c_positions_open(p, f->db, docid, xapian_c_str(term), &err), &err);
	int n = xapian_c_positions_read(p, out, 8, &err);
	for (int i = 0; i < n; i++)
		assert_int_equal(out[i], 10 + 2 * i);
	assert_int_equal(xapian_c_positions_read(p, out, 8, &err), 0);
	return n;
}

static void test_positions(void **state)
{
	struct xapian_c_positions *p;
	struct xapian_c_error err;
	uint32_t out[2];

	xapian_ok(xapian_c_positions_new(&p, &err), &err);
	assert_int_equal(xapian_c_positions_read(p, out, 2, &err), 0);
	for (uint32_t docid = 1; docid <= DOCS; docid++)
		assert_int_equal(positions_of(*state, p, docid, "all"), docid % 3 + 1);
	assert_int_equal(positions_of(*state, p, 5, "fifth"), 0);
	assert_int_equal(positions_of(*state, p, 5, "nonesuch"), 0);
	assert_int_equal(positions_of(*state, p, DOCS + 1, "all"), 0);
	struct fixture *f = *state;
	xapian_ok(xapian_c_positions_open(p, f->db, 2, xapian_c_str("all"), &err), &err);
	assert_int_equal(xapian_c_positions_read(p, out, 2, &err), 2);
	assert_int_equal(xapian_c_positions_read(p, out, 2, &err), 1);
	assert_int_equal(out[0], 14);
	xapian_c_positions_free(p);
	xapian_c_positions_free(NULL);
}

/* ---- terms and values -------------------------------------------------------- */

static void test_terms_of_database(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_terms *t;
	struct xapian_c_error err;
	struct xapian_c_term out[64];
	char last[16] = "";
	int n, total = 0;

	xapian_ok(xapian_c_terms_of_database(f->db, xapian_c_str("n"), &t, &err), &err);
	while ((n = xapian_c_terms_read(t, out, 64, &err)) > 0)
		for (int i = 0; i < n; i++, total++) {
			char term[16];
			(void)snprintf(term, sizeof term, "%.*s", (int)out[i].text.len, out[i].text.ptr);
			assert_true(strcmp(last, term) < 0);
			assert_int_equal(out[i].documents, 1);
			memcpy(last, term, sizeof last);
		}
	assert_int_equal(n, 0);
	assert_int_equal(total, DOCS);
	xapian_c_terms_free(t);
	xapian_ok(xapian_c_terms_of_database(f->db, xapian_c_str(""), &t, &err), &err);
	xapian_ok(xapian_c_terms_seek(t, xapian_c_str("b"), &err), &err);
	assert_int_equal(xapian_c_terms_read(t, out, 1, &err), 1);
	assert_memory_equal(out[0].text.ptr, "fifth", 5);
	assert_int_equal(out[0].documents, DOCS / 5);
	xapian_ok(xapian_c_terms_seek(t, xapian_c_str("z"), &err), &err);
	assert_int_equal(xapian_c_terms_read(t, out, 1, &err), 0);
	xapian_ok(xapian_c_terms_seek(t, xapian_c_str("z"), &err), &err);
	xapian_c_terms_free(t);
	xapian_c_terms_free(NULL);
}

static void assert_list(struct xapian_c_terms *t, const char *expected)
{
	struct xapian_c_term term;
	char out[200] = "";

	while (xapian_c_terms_read(t, &term, 1, NULL) == 1) {
		size_t len = strlen(out);
		(void)snprintf(out + len, sizeof out - len, "%.*s/%u ", (int)term.text.len, term.text.ptr,
			term.documents);
	}
	assert_string_equal(out, expected);
	xapian_c_terms_free(t);
}

static void test_other_terms(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_terms *t;
	struct xapian_c_error err;

	xapian_ok(xapian_c_terms_of_metadata(f->db, xapian_c_str("key"), &t, &err), &err);
	assert_list(t, "key-a/0 key-b/0 ");
	xapian_ok(xapian_c_terms_of_spelling(f->db, &t, &err), &err);
	assert_list(t, "all/4 ");
	xapian_ok(xapian_c_terms_of_synonyms(f->db, xapian_c_str("all"), &t, &err), &err);
	assert_list(t, "every/0 ");
	xapian_ok(xapian_c_terms_of_synonyms(f->db, xapian_c_str("none"), &t, &err), &err);
	assert_list(t, "");
}

static int read_terms(struct xapian_c_terms *t, struct xapian_c_term *out, int max)
{
	struct xapian_c_error err;
	int n = xapian_c_terms_read(t, out, max, &err);

	assert_true(n >= 0);
	return n;
}

/* One list over many documents gives what a list of each does; also after an error, and
 * one that was of something else. */
static void test_one_list_of_many(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_document *d;
	struct xapian_c_terms *many, *one;
	struct xapian_c_error err;

	xapian_ok(xapian_c_terms_new(&many, &err), &err);
	assert_int_equal(read_terms(many, (struct xapian_c_term[1]){ { .wdf = 0 } }, 1), 0);
	for (uint32_t docid = 1; docid <= DOCS; docid += 17) {
		struct xapian_c_term a[8], b[8];
		xapian_ok(xapian_c_database_document(f->db, docid, &d, &err), &err);
		xapian_ok(xapian_c_terms_of_document(d, &one, &err), &err);
		xapian_ok(xapian_c_terms_open(many, f->db, docid, &err), &err);
		int n = read_terms(one, a, 8);
		assert_in_range(n, 1, 8);
		assert_int_equal(read_terms(many, b, 8), n);
		for (int i = 0; i < n; i++) {
			assert_true(a[i].text.len == b[i].text.len && a[i].wdf == b[i].wdf && b[i].documents == 0);
			assert_memory_equal(a[i].text.ptr, b[i].text.ptr, a[i].text.len);
		}
		xapian_c_terms_free(one);
		xapian_c_document_free(d);
		if (docid % 2 == 0)
			assert_int_equal(xapian_c_terms_open(many, f->db, DOCS + 1000, &err), XAPIAN_C_ENODOC);
	}
	xapian_c_terms_free(many);
	xapian_ok(xapian_c_terms_of_database(f->db, xapian_c_str(""), &many, &err), &err);
	xapian_ok(xapian_c_terms_open(many, f->db, 1, &err), &err);
	assert_true(read_terms(many, (struct xapian_c_term[1]){ { .wdf = 0 } }, 1) == 1);
	xapian_c_terms_free(many);
}

/* Term number i of the next test: a number and 0 .. 32 letters, so that some fit a
 * std::string's own room and some do not. */
static struct xapian_c_bytes term_of_length(unsigned i, char out[48])
{
	unsigned n = i * 7 % 33;

	(void)snprintf(out, 48, "%03u%.*s", i, (int)n, "abcdefghijklmnopqrstuvwxyzabcdefgh");
	return xapian_c_str(out);
}

/* Short and long ones together, in reads of every size, all of a read still there
 * when it ends; from the start, and freed half-way. */
static void test_any_length(void **state)
{
	enum { TERMS = 300 };
	static const int sizes[] = { 1, 2, 31, 32, 33, 63, 64, 65, 100, TERMS, 2 * TERMS };
	static struct xapian_c_term out[2 * TERMS];
	struct xapian_c_document *d;
	struct xapian_c_error err;
	char text[48];

	(void)state;
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	for (unsigned i = 0; i < TERMS; i++)
		xapian_ok(xapian_c_document_add_term(d, term_of_length(i, text), i + 1, &err), &err);
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		struct xapian_c_terms *t;
		int n, seen = 0;

		xapian_ok(xapian_c_terms_of_document(d, &t, &err), &err);
		for (int size = sizes[k]; (n = xapian_c_terms_read(t, out, size, &err)) > 0; seen += n) {
			assert_true(n == size || n == TERMS - seen);
			for (int i = 0; i < n; i++) {
				struct xapian_c_bytes term = term_of_length((unsigned)(seen + i), text);
				assert_int_equal(out[i].text.len, term.len);
				assert_memory_equal(out[i].text.ptr, term.ptr, term.len);
				assert_int_equal(out[i].wdf, seen + i + 1);
			}
			if (k % 2 == 1 && seen > TERMS / 2)
				break;
		}
		assert_true(n >= 0);
		xapian_c_terms_free(t);
	}
	xapian_c_document_free(d);
}

static void test_values(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_document *d;
	struct xapian_c_value out[100];
	struct xapian_c_values *v;
	struct xapian_c_error err;
	uint32_t docid = 0;
	int n;

	xapian_ok(xapian_c_values_of_database(f->db, 3, &v, &err), &err);
	while ((n = xapian_c_values_read(v, out, 100, &err)) > 0)
		for (int i = 0; i < n; i++) {
			char text[16];
			docid += 2;
			int len = snprintf(text, sizeof text, "n%u", docid);
			assert_int_equal(out[i].number, docid);
			assert_int_equal(out[i].text.len, len);
			assert_memory_equal(out[i].text.ptr, text, (size_t)len);
		}
	assert_int_equal(docid, DOCS);
	xapian_c_values_free(v);
	xapian_ok(xapian_c_values_of_database(f->db, 3, &v, &err), &err);
	xapian_ok(xapian_c_values_seek(v, 501, &err), &err);
	assert_int_equal(xapian_c_values_read(v, out, 1, &err), 1);
	assert_int_equal(out[0].number, 502);
	xapian_c_values_free(v);
	xapian_ok(xapian_c_database_document(f->db, 2, &d, &err), &err);
	xapian_ok(xapian_c_values_of_document(d, &v, &err), &err);
	assert_int_equal(xapian_c_values_read(v, out, 9, &err), 1);
	assert_int_equal(out[0].number, 3);
	assert_memory_equal(out[0].text.ptr, "n2", 2);
	xapian_c_values_free(v);
	xapian_c_values_free(NULL);
	xapian_c_document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_postings),
		cmocka_unit_test(test_seek),
		cmocka_unit_test(test_special_postings),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_terms_of_database),
		cmocka_unit_test(test_other_terms),
		cmocka_unit_test(test_one_list_of_many),
		cmocka_unit_test(test_any_length),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
