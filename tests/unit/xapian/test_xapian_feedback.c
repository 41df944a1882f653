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

/* Documents 1 .. 6: value 0 their number from 0, value 1 "even" or "odd" by it. */
static const char *const texts[] = { "herring data", "herring boats", "treaty", "herring boats fishing", "data",
	"herring fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static struct tmpdir dir;
static struct xapian_c_database *db;
static struct xapian_c_enquire *e;
static struct xapian_c_error err;

static int set_up(void **state)
{
	struct xapian_c_query *q;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	db = xapian_db_open(dir.path);
	xapian_ok(xapian_c_enquire_new(db, &e, &err), &err);
	xapian_ok(xapian_c_query_term(xapian_c_str("herring"), 1, 0, &q, &err), &err);
	xapian_ok(xapian_c_enquire_set_query(e, q, 0, &err), &err);
	xapian_c_query_free(q);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xapian_c_enquire_free(e);
	xapian_c_database_free(db);
	tmpdir_release(&dir);
	return 0;
}

/* The numbers of the documents found, as digits. */
static void check_search(const char *expected)
{
	struct xapian_c_hit hits[N_TEXTS];
	struct xapian_c_mset *m;
	char got[N_TEXTS + 1] = "";

	xapian_ok(xapian_c_enquire_search(e, 0, N_TEXTS, N_TEXTS, &m, &err), &err);
	int n = xapian_c_mset_read(m, 0, hits, N_TEXTS, &err);
	for (int i = 0; i < n; i++)
		got[i] = (char)('0' + hits[i].docid);
	xapian_c_mset_free(m);
	assert_string_equal(got, expected);
}

static void check_count(int n, const struct xapian_c_value_count *c, const char *text, uint32_t documents)
{
	assert_true(n > 0);
	assert_int_equal(c->text.len, strlen(text));
	assert_memory_equal(c->text.ptr, text, c->text.len);
	assert_int_equal(c->documents, documents);
}

static void test_counts(void **state)
{
	struct xapian_c_value_count out[N_TEXTS];

	(void)state;
	assert_int_equal(xapian_c_enquire_read_counts(e, 1, out, N_TEXTS, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_enquire_count_values(e, 1, &err), &err);
	xapian_ok(xapian_c_enquire_count_values(e, 1, &err), &err); /* twice is once */
	assert_int_equal(xapian_c_enquire_read_counts(e, 1, out, N_TEXTS, &err), XAPIAN_C_EARGUMENT);
	for (int again = 0; again < 2; again++) { /* each search counts anew */
		check_search("1264");
		int n = xapian_c_enquire_read_counts(e, 1, out, N_TEXTS, &err);
		assert_int_equal(n, 2);
		check_count(n, &out[0], "odd", 3);
		check_count(n, &out[1], "even", 1);
		n = xapian_c_enquire_read_counts(e, 1, out, 1, &err);
		assert_int_equal(n, 1);
		check_count(n, &out[0], "odd", 3);
		assert_int_equal(xapian_c_enquire_read_counts(e, 1, out, 0, &err), 0);
		assert_int_equal(xapian_c_enquire_read_counts(e, 1, out, -1, &err), 0);
	}
	xapian_ok(xapian_c_enquire_count_values(e, 0, &err), &err);
	check_search("1264");
	assert_int_equal(xapian_c_enquire_read_counts(e, 0, out, N_TEXTS, &err), 4);
	assert_int_equal(xapian_c_enquire_read_counts(e, 1, out, N_TEXTS, &err), 2);
	assert_int_equal(xapian_c_enquire_read_counts(e, 7, out, N_TEXTS, &err), XAPIAN_C_EARGUMENT);
}

static void test_order(void **state)
{
	static const struct xapian_c_sort_key parity_number[] = { { 1, false }, { 0, false } },
		parity_number_down[] = { { 1, false }, { 0, true } };
	struct xapian_c_order order = { .by = XAPIAN_C_SORT_VALUE };

	(void)state;
	xapian_ok(xapian_c_enquire_set_order_keys(e, parity_number, 2, &order, &err), &err);
	check_search("1246");
	xapian_ok(xapian_c_enquire_set_order_keys(e, parity_number_down, 2, &order, &err), &err);
	check_search("1642");
	order.is_reversed = true;
	xapian_ok(xapian_c_enquire_set_order_keys(e, parity_number, 2, &order, &err), &err);
	check_search("6421");
	order = (struct xapian_c_order){ .by = XAPIAN_C_SORT_VALUE_RELEVANCE };
	xapian_ok(xapian_c_enquire_set_order_keys(e, parity_number, 1, &order, &err), &err);
	check_search("1264");
	order.by = XAPIAN_C_SORT_RELEVANCE_VALUE;
	xapian_ok(xapian_c_enquire_set_order_keys(e, parity_number_down, 2, &order, &err), &err);
	check_search("1624");
	assert_int_equal(xapian_c_enquire_set_order_keys(e, NULL, 0, &order, &err), XAPIAN_C_EARGUMENT);
	order.by = XAPIAN_C_SORT_RELEVANCE;
	assert_int_equal(xapian_c_enquire_set_order_keys(e, parity_number, 2, &order, &err), XAPIAN_C_EARGUMENT);
	order = (struct xapian_c_order){ .by = XAPIAN_C_SORT_VALUE, .ties = 9 };
	assert_int_equal(xapian_c_enquire_set_order_keys(e, parity_number, 2, &order, &err), XAPIAN_C_EARGUMENT);
	check_search("1624"); /* what failed changed nothing */
}

static bool has_term(const struct xapian_c_expansion *out, int n, const char *term)
{
	for (int i = 0; i < n; i++)
		if (out[i].text.len == strlen(term) && memcmp(out[i].text.ptr, term, out[i].text.len) == 0)
			return true;
	return false;
}

static void test_expansion(void **state)
{
	static const uint32_t boats[] = { 2, 4 }, none_such[] = { 99 }, zero[] = { 0 };
	struct xapian_c_relevant r = { boats, 2, false };
	struct xapian_c_expansion out[20];

	(void)state;
	int n = xapian_c_enquire_expand(e, &r, out, 20, &err);
	assert_in_range(n, 2, 20);
	assert_true(has_term(out, n, "boats"));
	assert_false(has_term(out, n, "herring"));
	for (int i = 1; i < n; i++)
		assert_true(out[i].weight <= out[i - 1].weight && out[i].weight > 0);
	assert_int_equal(xapian_c_enquire_expand(e, &r, out, 1, &err), 1);
	assert_int_equal(xapian_c_enquire_expand(e, &r, out, 0, &err), 0);
	r.with_query_terms = true;
	n = xapian_c_enquire_expand(e, &r, out, 20, &err);
	assert_true(has_term(out, n, "herring"));
	r = (struct xapian_c_relevant){ NULL, 0, false };
	assert_int_equal(xapian_c_enquire_expand(e, &r, out, 20, &err), 0);
	r = (struct xapian_c_relevant){ none_such, 1, false };
	assert_int_equal(xapian_c_enquire_expand(e, &r, out, 20, &err), XAPIAN_C_ENODOC);
	r.docids = zero;
	assert_int_equal(xapian_c_enquire_expand(e, &r, out, 20, &err), XAPIAN_C_EARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expansion, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
