/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * radix_sort() against qsort(): numbers that differ in some bytes, in none, in all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build/radix.h"
#include "lib/rng.h"

enum { ROUNDS = 300, MOST = 3000 };

/* As large as a sorted term, and as a form. */
struct small {
	uint64_t key;
	uint32_t rest, number;
};

struct large {
	struct small s;
	uint64_t more;
};

static struct rng rng;

static int compare(const void *pa, const void *pb)
{
	const struct small *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->rest != b->rest ? (a->rest > b->rest) - (a->rest < b->rest) :
		(a->number > b->number) - (a->number < b->number);
}

/* Numbers from a mask of bytes: many ties where few bits are set. */
static uint64_t make_key(uint64_t mask)
{
	uint64_t key = rng_below(&rng, UINT64_C(1) << 32) << 32 | rng_below(&rng, UINT64_C(1) << 32);

	return key & mask;
}

static uint64_t make_mask(void)
{
	uint64_t mask = 0;

	for (unsigned byte = 0; byte < 8; byte++)
		mask |= (rng_one_in(&rng, 2) ? rng_below(&rng, 256) : 0) << 8 * byte;
	return mask;
}

static void test_as_qsort(void **state)
{
	static struct small a[MOST], b[MOST];
	static struct large la[MOST];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t n = round < 4 ? round : (uint32_t)rng_skewed(&rng, MOST);
		uint64_t mask = make_mask();
		for (uint32_t i = 0; i < n; i++) {
			a[i] = b[i] = (struct small){ make_key(mask), (uint32_t)rng_below(&rng, 3), i };
			la[i] = (struct large){ a[i], ~(uint64_t)i };
		}
		qsort(b, n, sizeof *b, compare);
		assert_true(radix_sort(a, n, sizeof *a, compare));
		assert_true(radix_sort(la, n, sizeof *la, compare));
		for (uint32_t i = 0; i < n; i++) {
			assert_memory_equal(&a[i], &b[i], sizeof *a);
			assert_memory_equal(&la[i].s, &b[i], sizeof *b);
			assert_true(la[i].more == ~(uint64_t)b[i].number);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_qsort) };

	rng = rng_start("prop_radix");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
