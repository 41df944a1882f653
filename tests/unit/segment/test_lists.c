/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which lists of pairs are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pairs/lists.h"

static uint32_t rank[] = { 1, 0, 2 };
static uint64_t cost[3];

static void prepare(struct kept *k, uint64_t budget)
{
	memset(cost, 0, sizeof cost);
	*k = (struct kept){ .rank = rank, .cost = cost, .n_keep = 3, .budget = budget };
	spool_init(&k->lists, -1, 1);
}

static void put(struct bq_buf *b, uint16_t first, uint16_t second)
{
	struct waiting e = { .ttf = 1, .df = 1, .a = first, .b = second, .bytes = 3 };

	bq_buf_put(b, &e, sizeof e);
	bq_buf_put(b, "abc", 3);
}

static void test_words_that_do_not_fit(void **state)
{
	struct bq_buf from = BQ_BUF_INIT;
	struct kept k;

	(void)state;
	prepare(&k, UINT64_MAX);
	k.n_keep = 2; /* the third word has gone */
	put(&from, 0, 1);
	put(&from, 2, 1);
	put(&from, 1, 1);
	kept_take(&k, &from);
	assert_int_equal(k.lists.buf.len, 2 * (sizeof(struct waiting) + 3));
	assert_int_equal(k.used, cost[0] + cost[1]);
	assert_true(cost[0] != 0 && cost[1] == cost[0] && cost[2] == 0);
	kept_fit(&k);
	assert_int_equal(k.n_keep, 2);
	k.budget = 0;
	kept_fit(&k);
	assert_int_equal(k.n_keep, 0);
	assert_int_equal(k.used, 0);
	spool_release(&k.lists);
	bq_buf_release(&from);
}

/* The last list may lack its bytes, and its length. */
static void test_no_memory(void **state)
{
	struct bq_buf from = BQ_BUF_INIT;
	struct kept k;

	(void)state;
	prepare(&k, UINT64_MAX);
	put(&from, 0, 1);
	bq_buf_put(&from, "\xff\xff\xff", 3);
	from.oom = true;
	kept_take(&k, &from);
	assert_int_equal(k.used, 0);
	assert_true(k.lists.buf.oom);
	spool_release(&k.lists);
	bq_buf_release(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_that_do_not_fit),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
