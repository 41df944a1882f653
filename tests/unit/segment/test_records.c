/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rows of records: what fits, and that parts make the same rows as one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pairs/records.h"

static void test_fit(void **state)
{
	struct bq_term terms[] = { { .ttf = 1000 }, { .ttf = 3 } };

	(void)state;
	assert_false(records_fit(terms, 2, 1, 1003 * 6));
	assert_true(records_fit(terms, 2, 1, 100000));
	assert_false(records_fit(terms, 2, 64, 100000));
	/* documents of a row are counted in 32 bits */
	terms[0].ttf = UINT32_MAX;
	assert_true(records_fit(terms, 2, 1, UINT64_MAX));
	terms[0].ttf++;
	assert_false(records_fit(terms, 2, 1, UINT64_MAX));
}

/* Two documents of the words 1 2 1 2 and 2 1 - 1, in the window's slots. */
static uint16_t slots[] = { 0, 1, 2, 1, 2, 0, 2, 1, 0, 1, 0 };
static uint64_t bases[] = { 1, 6, 11 };
static uint32_t ends[] = { 4, 4 };

static void expect_rows(const struct records *r, const struct bq_term *terms)
{
	struct row row;

	assert_true(row_init(&row, terms, 2, 2));
	records_sort(r, 0, &row);
	assert_int_equal(row.ends[0], 0);
	assert_int_equal(row.ends[1], 2);
	assert_int_equal(row.docs[0], 0);
	assert_int_equal(row.docs[1], 0);
	records_sort(r, 1, &row);
	assert_int_equal(row.ends[0], 2);
	assert_int_equal(row.ends[1], 2);
	assert_int_equal(row.docs[0], 0);
	assert_int_equal(row.docs[1], 1);
	row_release(&row);
}

static void test_parts(void **state)
{
	static const uint64_t one[] = { 4, 3 }, two[] = { 2, 2, 2, 1 };
	const struct bq_term terms[] = { { .ttf = 4 }, { .ttf = 3 } };
	struct scan all = { .first = 0, .end = 2, .ends = ends, .bases = bases, .slots = slots };
	struct scan first = all, second = all;
	struct records r;

	(void)state;
	assert_int_equal(records_init(&r, 2, 1, one), BQ_OK);
	records_add(&r, 0, &all);
	expect_rows(&r, terms);
	records_release(&r);

	first.end = second.first = 1;
	second.ends = ends + 1;
	second.bases = bases + 1;
	assert_int_equal(records_init(&r, 2, 2, two), BQ_OK);
	records_add(&r, 1, &second);
	records_add(&r, 0, &first);
	expect_rows(&r, terms);
	records_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
