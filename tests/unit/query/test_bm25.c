/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of a query's scores against what the index's bounds are made by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bq/format.h>

#include "query/eval/bm25.h"

static void equals_the_norms_of_the_index(void **state)
{
	static const float k1[] = { 0, 0.1f, 0.9f, 1.2f, 2.5f }, b[] = { 0, 0.4f, 0.75f, 1 };
	static const float avg_len[] = { 0.5f, 1, 37.25f, 312, 100000 };
	unsigned last = bq_len_encode(UINT32_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof k1 / sizeof k1[0] * 4 * 5; i++) {
		float want[256], k = k1[i / 20], share = b[i / 5 % 4], avg = avg_len[i % 5];
		struct bm25 t = bm25_of(k, share, avg);
		bq_length_norms(k, share, avg, want);
		for (unsigned code = 0; code < 256; code++) {
			float got = bm25_k(&t, (uint8_t)code);
			assert_true(code > last || memcmp(&got, &want[code], sizeof got) == 0);
			assert_true(got >= bm25_k(&t, (uint8_t)(code == 0 ? 0 : code - 1)));
		}
	}
}

static void leaves_lengths_out_without_an_average(void **state)
{
	struct bm25 t = bm25_of(0.9f, 0.4f, 0);

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		assert_true(bm25_k(&t, (uint8_t)code) == 0.9f * (1.0f - 0.4f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_norms_of_the_index),
		cmocka_unit_test(leaves_lengths_out_without_an_average),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
