/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/xapian_db.h"

static struct xapian_c_document *document(void)
{
	struct xapian_c_document *d;
	struct xapian_c_error err;

	xapian_ok(xapian_c_document_new(&d, &err), &err);
	return d;
}

static void test_data_and_values(void **state)
{
	struct xapian_c_document *d = document();
	struct xapian_c_bytes binary = { "\0\xff x", 4 }, got;
	struct xapian_c_error err;
	uint32_t terms = 9, values = 9;

	(void)state;
	assert_int_equal(xapian_c_document_id(d), 0);
	xapian_ok(xapian_c_document_data(d, &got, &err), &err);
	assert_int_equal(got.len, 0);
	xapian_ok(xapian_c_document_set_data(d, binary, &err), &err);
	xapian_ok(xapian_c_document_data(d, &got, &err), &err);
	assert_int_equal(got.len, 4);
	assert_memory_equal(got.ptr, binary.ptr, 4);
	xapian_ok(xapian_c_document_set_data(d, (struct xapian_c_bytes){ NULL, 0 }, &err), &err);
	xapian_ok(xapian_c_document_data(d, &got, &err), &err);
	assert_int_equal(got.len, 0);
	xapian_ok(xapian_c_document_set_value(d, 7, binary, &err), &err);
	xapian_ok(xapian_c_document_set_number(d, 8, -2.5, &err), &err);
	xapian_ok(xapian_c_document_value(d, 8, &got, &err), &err);
	assert_true(xapian_c_number_read(got) == -2.5);
	xapian_ok(xapian_c_document_counts(d, &terms, &values, &err), &err);
	assert_int_equal(terms, 0);
	assert_int_equal(values, 2);
	xapian_ok(xapian_c_document_set_value(d, 7, xapian_c_str(""), &err), &err);
	xapian_ok(xapian_c_document_counts(d, NULL, &values, &err), &err);
	assert_int_equal(values, 1);
	xapian_ok(xapian_c_document_clear_values(d, &err), &err);
	xapian_ok(xapian_c_document_value(d, 8, &got, &err), &err);
	assert_int_equal(got.len, 0);
	xapian_c_document_free(d);
	xapian_c_document_free(NULL);
}

/* "term:wdf " of each term. */
static void list_terms(const struct xapian_c_document *d, char *out, size_t size)
{
	struct xapian_c_term term;
	struct xapian_c_terms *t;
	struct xapian_c_error err;

	*out = '\0';
	xapian_ok(xapian_c_terms_of_document(d, &t, &err), &err);
	while (xapian_c_terms_read(t, &term, 1, &err) == 1) {
		size_t len = strlen(out);
		(void)snprintf(out + len, size - len, "%.*s:%u ", (int)term.text.len, term.text.ptr, term.wdf);
	}
	xapian_c_terms_free(t);
}

static void test_terms(void **state)
{
	struct xapian_c_document *d = document();
	struct xapian_c_place places[] = { { { "c", 1 }, 5, 1 }, { { "a", 1 }, 6, 2 }, { { "c", 1 }, 7, 1 } };
	struct xapian_c_error err;
	char out[100];

	(void)state;
	xapian_ok(xapian_c_document_add_term(d, xapian_c_str("b"), 0, &err), &err);
	xapian_ok(xapian_c_document_add_posting(d, xapian_c_str("c"), 5, 1, &err), &err);
	xapian_ok(xapian_c_document_add_postings(d, places, 3, &err), &err);
	list_terms(d, out, sizeof out);
	assert_string_equal(out, "a:2 b:0 c:3 ");
	xapian_ok(xapian_c_document_remove_posting(d, xapian_c_str("c"), 5, 2, &err), &err);
	assert_int_equal(xapian_c_document_remove_posting(d, xapian_c_str("c"), 5, 1, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_document_remove_term(d, xapian_c_str("a"), &err), &err);
	assert_int_equal(xapian_c_document_remove_term(d, xapian_c_str("a"), &err), XAPIAN_C_EARGUMENT);
	list_terms(d, out, sizeof out);
	assert_string_equal(out, "b:0 c:1 ");
	assert_int_equal(xapian_c_document_add_term(d, xapian_c_str(""), 1, &err), XAPIAN_C_EARGUMENT);
	places[1].term.len = 0;
	assert_int_equal(xapian_c_document_add_postings(d, places, 3, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_document_clear_terms(d, &err), &err);
	list_terms(d, out, sizeof out);
	assert_string_equal(out, "");
	xapian_c_document_free(d);
}

/* Numbers as bytes keep their order. */
static void test_numbers(void **state)
{
	static const double numbers[] = { -1e300, -2.5, -1, -0.25, 0, 1e-10, 0.5, 1, 2, 1e15 + 1, 1e300 };
	char last[XAPIAN_C_NUMBER_MAX], out[XAPIAN_C_NUMBER_MAX];
	size_t last_len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		size_t len = xapian_c_number_write(numbers[i], out), least = len < last_len ? len : last_len;
		int order = memcmp(last, out, least);
		assert_in_range(len, 1, sizeof out);
		assert_true(i == 0 || order < 0 || (order == 0 && last_len < len));
		assert_true(xapian_c_number_read((struct xapian_c_bytes){ out, len }) == numbers[i]);
		memcpy(last, out, len);
		last_len = len;
	}
	(void)xapian_c_number_read(xapian_c_str("not a number at all"));
	(void)xapian_c_number_read(xapian_c_str(""));
}

/* Bytes of a document give the document; any other bytes an error or some document. */
static void test_serialised(void **state)
{
	struct xapian_c_document *d = document(), *e;
	struct xapian_c_bytes bytes, data;
	struct xapian_c_error err;
	char copy[200], out[100];

	(void)state;
	xapian_ok(xapian_c_document_add_posting(d, xapian_c_str("word"), 3, 1, &err), &err);
	xapian_ok(xapian_c_document_set_data(d, xapian_c_str("data"), &err), &err);
	xapian_ok(xapian_c_document_set_value(d, 1, xapian_c_str("value"), &err), &err);
	xapian_ok(xapian_c_document_serialise(d, &bytes, &err), &err);
	assert_in_range(bytes.len, 10, sizeof copy);
	memcpy(copy, bytes.ptr, bytes.len);
	size_t len = bytes.len;
	xapian_ok(xapian_c_document_unserialise((struct xapian_c_bytes){ copy, len }, &e, &err), &err);
	list_terms(e, out, sizeof out);
	assert_string_equal(out, "word:1 ");
	xapian_ok(xapian_c_document_data(e, &data, &err), &err);
	assert_int_equal(data.len, 4);
	xapian_c_document_free(e);
	for (size_t cut = 0; cut < len; cut++) {
		int rc = xapian_c_document_unserialise((struct xapian_c_bytes){ copy, cut }, &e, &err);
		assert_true(rc == XAPIAN_C_OK || rc == XAPIAN_C_ESERIALISATION || rc == XAPIAN_C_ENETWORK);
		assert_true((rc == XAPIAN_C_OK) == (e != NULL));
		xapian_c_document_free(e);
	}
	xapian_c_document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_and_values),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_serialised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
