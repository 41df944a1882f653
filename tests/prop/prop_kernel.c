/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every table of evaluation loops gives what the scalar one gives, to the last
 * bit, on random and on hostile numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/rng.h"
#include "lib/twins.h"
#include "query/eval/kernel.h"

enum { N_DOCS = 4096, ROUNDS = 600 };

static struct rng rng;
static const struct kernel_ops *twins[TWINS_MAX];
static size_t n_twins;

#define SKIP_WITHOUT_TWINS()        \
	do {                        \
		if (n_twins == 0)   \
			skip();     \
	} while (0)

/* Few bits often, all 31 now and then. */
static uint32_t any_number(void)
{
	return (uint32_t)rng_next(&rng) & (uint32_t)((UINT64_C(1) << rng_between(&rng, 1, 31)) - 1);
}

static void test_score(void **state)
{
	static uint8_t norms[N_DOCS];
	struct bm25 bm25;

	(void)state;
	SKIP_WITHOUT_TWINS();
	for (unsigned round = 0; round < ROUNDS * n_twins; round++) {
		const struct kernel_ops *twin = twins[round % n_twins];
		uint32_t docs[KERNEL_BLOCK + 8] = { 0 }, tfs[KERNEL_BLOCK + 8] = { 0 },
			others[KERNEL_BLOCK + 8] = { 0 };
		uint32_t want[KERNEL_BLOCK + 8], got[KERNEL_BLOCK + 8],
			n = (uint32_t)rng_between(&rng, 1, KERNEL_BLOCK);
		struct kernel_score s = { &bm25, norms, (float)(1 + any_number()) };
		const struct kernel_score two[2] = { s, { &bm25, norms, (float)(1 + any_number()) } };
		const uint32_t *const both[2] = { tfs, others };
		bm25 = bm25_of((float)rng_below(&rng, 30) / 10, (float)rng_below(&rng, 11) / 10,
			rng_one_in(&rng, 9) ? 0 : (float)rng_between(&rng, 1, 100000) / 7);
		rng_bytes(&rng, norms, sizeof norms);
		for (uint32_t i = 0; i < n; i++) {
			docs[i] = (uint32_t)rng_below(&rng, N_DOCS);
			tfs[i] = 1 + any_number() / 2;
			others[i] = 1 + any_number() / 2;
		}
		kernel_scalar.score(&s, docs, tfs, n, want);
		twin->score(&s, docs, tfs, n, got);
		assert_memory_equal(want, got, n * sizeof *want);
		kernel_scalar.score_two(two, docs, both, n, want);
		twin->score_two(two, docs, both, n, got);
		assert_memory_equal(want, got, n * sizeof *want);
	}
}

static void test_select(void **state)
{
	(void)state;
	SKIP_WITHOUT_TWINS();
	for (unsigned round = 0; round < ROUNDS * n_twins; round++) {
		const struct kernel_ops *twin = twins[round % n_twins];
		uint32_t points[KERNEL_BLOCK], n = (uint32_t)rng_below(&rng, KERNEL_BLOCK + 1);
		uint32_t need = rng_one_in(&rng, 5) ? (uint32_t)rng_below(&rng, 2) << 31 : any_number();
		uint16_t want[KERNEL_BLOCK], got[KERNEL_BLOCK];
		for (uint32_t i = 0; i < n; i++)
			points[i] = rng_one_in(&rng, 6) ? need & INT32_MAX : any_number();
		uint32_t n_want = kernel_scalar.select(points, n, need, want);
		assert_int_equal(twin->select(points, n, need, got), n_want);
		assert_memory_equal(want, got, n_want * sizeof *want);
	}
}

static void test_scan(void **state)
{
	static struct kernel_window a, b;
	static uint16_t want[KERNEL_WINDOW], got[KERNEL_WINDOW];
	static uint32_t want_points[KERNEL_WINDOW], got_points[KERNEL_WINDOW];

	(void)state;
	SKIP_WITHOUT_TWINS();
	for (unsigned round = 0; round < ROUNDS * n_twins; round++) {
		const struct kernel_ops *twin = twins[round % n_twins];
		uint32_t need = rng_one_in(&rng, 3) ? 0 : any_number();
		uint64_t one_in = rng_between(&rng, 1, 50);
		for (uint32_t i = 0; i < KERNEL_WINDOW; i++) {
			if (!rng_one_in(&rng, one_in))
				continue;
			a.sums[i] = KERNEL_PRESENT | (rng_one_in(&rng, 4) ? need : rng_one_in(&rng, 9) ? 0 :
				any_number());
			a.touched[i / KERNEL_GROUP] = 1;
		}
		b = a;
		uint32_t n = kernel_scalar.scan(&a, need, want, want_points);
		assert_int_equal(twin->scan(&b, need, got, got_points), n);
		assert_memory_equal(want_points, got_points, n * sizeof *want_points);
		assert_memory_equal(want, got, n * sizeof *want);
		assert_memory_equal(&a, &b, sizeof a);
		for (uint32_t i = 0; i < KERNEL_WINDOW; i++)
			assert_int_equal(a.sums[i], 0);
	}
}

static void test_pick(void **state)
{
	(void)state;
	SKIP_WITHOUT_TWINS();
	for (unsigned round = 0; round < ROUNDS * n_twins; round++) {
		const struct kernel_ops *twin = twins[round % n_twins];
		uint8_t bounds[2 * 200], least = (uint8_t)rng_next(&rng);
		uint32_t want[200], got[200], n = (uint32_t)rng_below(&rng, 201);
		rng_bytes(&rng, bounds, sizeof bounds);
		for (uint32_t i = 0; i < 2 * n; i++)
			if (rng_one_in(&rng, 3))
				bounds[i] = least;
		uint32_t n_want = kernel_scalar.pick(bounds, n, least, want);
		assert_int_equal(twin->pick(bounds, n, least, got), n_want);
		assert_memory_equal(want, got, n_want * sizeof *want);
	}
}

static void test_count(void **state)
{
	(void)state;
	SKIP_WITHOUT_TWINS();
	for (unsigned round = 0; round < ROUNDS * n_twins; round++) {
		const struct kernel_ops *twin = twins[round % n_twins];
		uint64_t bits[KERNEL_WINDOW / 64];
		uint32_t n = 0;
		for (unsigned i = 0; i < KERNEL_WINDOW / 64; i++) {
			bits[i] = rng_one_in(&rng, 4) ? UINT64_MAX : rng_one_in(&rng, 4) ? 0 : rng_next(&rng);
			for (unsigned k = 0; k < 64; k++)
				n += (uint32_t)(bits[i] >> k & 1);
		}
		assert_int_equal(kernel_scalar.count(bits), n);
		assert_int_equal(twin->count(bits), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_count),
	};

	rng = rng_start("prop_kernel");
	n_twins = twins_kernel(twins);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
