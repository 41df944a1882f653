/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The histogram of latencies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/hist.h"
#include "lib/rng.h"

/* Each value lies in its bucket: not above its top, above the top before. */
static void check_value(uint64_t v)
{
	uint32_t b = hist_bucket(v);

	assert_true(b < HIST_BUCKETS);
	assert_true(v <= hist_bucket_top(b));
	if (b != 0)
		assert_true(v > hist_bucket_top(b - 1));
	/* known to less than 1/128 */
	assert_true(hist_bucket_top(b) - v <= v / 128);
}

static void test_buckets(void **state)
{
	struct rng r = rng_make(7);

	(void)state;
	for (uint64_t v = 0; v < 5000; v++)
		check_value(v);
	for (unsigned bits = 9; bits < 64; bits++) {
		check_value((UINT64_C(1) << bits) - 1);
		check_value(UINT64_C(1) << bits);
		check_value((UINT64_C(1) << bits) + 1);
	}
	check_value(UINT64_MAX);
	for (unsigned i = 0; i < 10000; i++)
		check_value(rng_next(&r) >> rng_below(&r, 64));
	assert_int_equal(hist_bucket(255), 255);
	assert_int_equal(hist_bucket(256), hist_bucket(257));
	assert_int_not_equal(hist_bucket(257), hist_bucket(258));
}

static void test_percentiles(void **state)
{
	struct hist *h = calloc(1, sizeof *h);

	(void)state;
	assert_non_null(h);
	assert_int_equal(hist_percentile(h, 99), 0);
	assert_true(hist_mean(h) >= 0 && hist_mean(h) <= 0);
	for (uint64_t v = 200; v >= 1; v--)
		hist_add(h, v);
	assert_int_equal(hist_percentile(h, 50), 100);
	assert_int_equal(hist_percentile(h, 99), 198);
	assert_int_equal(hist_percentile(h, 99.5), 199);
	assert_int_equal(hist_percentile(h, 100), 200);
	assert_int_equal(hist_percentile(h, 0), 1);
	assert_true(hist_mean(h) > 100.4 && hist_mean(h) < 100.6);
	/* one that is far away is the largest, and only that */
	hist_add(h, 1000003);
	assert_int_equal(hist_percentile(h, 100), 1000003);
	assert_int_equal(hist_percentile(h, 99.5), 200);
	free(h);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against sorting them all. */
static void test_like_sorting(void **state)
{
	static const double percents[] = { 1, 25, 50, 90, 99, 99.9, 100 };
	static uint64_t all[10000];
	const size_t n = sizeof all / sizeof all[0];
	struct hist *h = calloc(1, sizeof *h);
	struct rng r = rng_make(11);

	(void)state;
	assert_non_null(h);
	for (size_t i = 0; i < n; i++) {
		all[i] = rng_next(&r) >> (20 + rng_below(&r, 30));
		hist_add(h, all[i]);
	}
	qsort(all, n, sizeof *all, compare);
	for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
		double rank = (double)n * percents[i] / 100;
		uint64_t exact = all[(size_t)(rank + 0.999999) - 1], got = hist_percentile(h, percents[i]);
		assert_true(got >= exact && got <= exact + exact / 128);
	}
	assert_int_equal(hist_percentile(h, 100), all[n - 1]);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_like_sorting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
