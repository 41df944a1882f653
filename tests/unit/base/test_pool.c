/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pool: tasks start in their order, and the owner does not get stuck in a long one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pool.h"

enum { TASKS = 200, ROUNDS = 200 };

#define NEVER_NS UINT64_C(60000000000)

struct numbered {
	struct task task; /* first */
	unsigned number, worker;
};

static atomic_uint n_started;
static atomic_bool may_end, was_stuck;

static void run_numbered(struct task *t, unsigned worker)
{
	struct numbered *n = (struct numbered *)t;

	n->number = atomic_fetch_add(&n_started, 1);
	n->worker = worker;
}

static void submit_numbered(struct pool *p, struct numbered *tasks, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		tasks[i] = (struct numbered){ .task.run = run_numbered };
		pool_submit(p, &tasks[i].task);
	}
}

/* Ends when the owner says so, which it cannot while it runs this. */
static void run_long(struct task *t, unsigned worker)
{
	uint64_t start = clock_now_ns();

	(void)t;
	(void)worker;
	while (!atomic_load(&may_end)) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000 }, NULL);
		if (clock_now_ns() - start > NEVER_NS) {
			atomic_store(&was_stuck, true);
			return;
		}
	}
}

static void check_order(unsigned threads)
{
	static struct numbered tasks[TASKS];
	unsigned last[POOL_MAX] = { 0 };
	struct pool *p = pool_new(threads);

	assert_non_null(p);
	atomic_store(&n_started, 1);
	submit_numbered(p, tasks, TASKS);
	for (unsigned i = TASKS; i-- > 0;)
		pool_wait(p, &tasks[i].task);
	for (unsigned i = 0; i < TASKS; i++) {
		assert_in_range(tasks[i].worker, 0, threads - 1);
		assert_true(tasks[i].number > last[tasks[i].worker]);
		last[tasks[i].worker] = tasks[i].number;
	}
	pool_free(p);
}

static void test_each_thread_in_order(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++)
		check_order(threads);
}

static void test_owner_leaves_long_tasks_to_others(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct task slow = { .run = run_long, .is_long = true };
		struct numbered quick[3];
		struct pool *p = pool_new(2);
		assert_int_equal(pool_threads(p), 2);
		atomic_store(&may_end, false);
		pool_submit(p, &slow);
		submit_numbered(p, quick, 3);
		for (unsigned i = 0; i < 3; i++)
			pool_wait(p, &quick[i].task);
		atomic_store(&may_end, true);
		pool_wait(p, &slow);
		pool_free(p);
		assert_false(atomic_load(&was_stuck));
	}
}

/* No one else runs it: the only other thread is in another long one. */
static void test_owner_runs_a_long_task_it_waits_for(void **state)
{
	struct task slow = { .run = run_long, .is_long = true };
	struct numbered longs[2];
	struct pool *p = pool_new(2);

	(void)state;
	atomic_store(&may_end, false);
	pool_submit(p, &slow);
	for (unsigned i = 0; i < 2; i++) {
		longs[i] = (struct numbered){ .task = { .run = run_numbered, .is_long = true } };
		pool_submit(p, &longs[i].task);
	}
	pool_wait(p, &longs[1].task);
	pool_wait(p, &longs[0].task);
	atomic_store(&may_end, true);
	pool_wait(p, &slow);
	pool_free(p);
	assert_false(atomic_load(&was_stuck));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_thread_in_order),
		cmocka_unit_test(test_owner_leaves_long_tasks_to_others),
		cmocka_unit_test(test_owner_runs_a_long_task_it_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
