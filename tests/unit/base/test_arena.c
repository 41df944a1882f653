/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bq/arena.h>

static struct bq_arena arena;

static int begin(void **state)
{
	(void)state;
	bq_arena_init(&arena, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bq_arena_release(&arena);
	return 0;
}

/* Also the first of all, and apart from what follows. */
static void test_nothing_is_a_place(void **state)
{
	uint8_t *none = bq_arena_alloc(&arena, 0), *byte = bq_arena_alloc(&arena, 1);

	(void)state;
	assert_non_null(none);
	assert_non_null(byte);
	assert_ptr_not_equal(none, byte);
	assert_false(arena.oom);
}

static void test_places_are_aligned_and_apart(void **state)
{
	uint8_t *p[40];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		p[i] = bq_arena_alloc(&arena, i * 97);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, i * 97);
	}
	for (size_t i = 0; i < 40; i++)
		for (size_t k = 0; k < i * 97; k++)
			assert_int_equal(p[i][k], i);
}

static void test_the_cap_holds(void **state)
{
	(void)state;
	while (bq_arena_alloc(&arena, 5000) != NULL)
		;
	assert_true(arena.oom);
	assert_true(arena.bytes <= 1 << 20);
	assert_null(bq_arena_alloc(&arena, 2 << 20));
	assert_null(bq_arena_zalloc(&arena, SIZE_MAX / 2, 3));
	bq_arena_reset(&arena);
	assert_false(arena.oom);
	assert_non_null(bq_arena_alloc(&arena, 5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_a_place, begin, end),
		cmocka_unit_test_setup_teardown(test_places_are_aligned_and_apart, begin, end),
		cmocka_unit_test_setup_teardown(test_the_cap_holds, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
