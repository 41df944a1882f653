/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A request to shards while the n-th allocation fails, for n = 1, 2, 3 .. until
 * none does, once or from then on: it says so, or leaves a shard out and names it,
 * or gives the whole answer.  Nothing leaks, no descriptor stays open.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/descriptors.h"
#include "lib/fault.h"
#include "lib/remote_pair.h"

enum { MAX_CALLS = 5000, PATIENCE_MS = 60000 };

static struct remote_pair pair;

static int set_up(void **state)
{
	(void)state;
	pair_init(&pair);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pair_release(&pair);
	return 0;
}

/* Without memory for a connection, its shard is named as one that fails. */
static void check(const struct pair_answer *a, unsigned n, bool has_failed)
{
	if (!has_failed) {
		pair_check_whole(&pair, a);
		return;
	}
	if (a->status != BQ_OK && a->status != BQ_ENOMEM && a->status != BQ_EREMOTE && a->status != BQ_EIO)
		fail_msg("call %u: %d %s", n, a->status, a->error.msg);
	for (uint32_t i = 0, k = 0; i < a->n && a->status == BQ_OK; i++, k++) {
		while (k < pair.whole.n && (pair.whole.hits[k].hit.leaf != a->hits[i].hit.leaf ||
			pair.whole.hits[k].hit.doc != a->hits[i].hit.doc))
			k++;
		if (k == pair.whole.n || (a->hits[i].is_here && a->hits[i].print != pair.whole.hits[k].print))
			fail_msg("call %u: hit %u is none, or out of order", n, i);
	}
	if (a->status == BQ_OK && a->n < pair.whole.n && !a->has_failed[0] && !a->has_failed[1])
		fail_msg("call %u: %u hits of %u, and nobody is named", n, a->n, pair.whole.n);
}

static void fail_each(bool for_good)
{
	unsigned n = 1, open = descriptors_count();
	bool has_failed = true;

	for (; has_failed && n < MAX_CALLS; n++) {
		struct pair_answer a;
		fault_arm(FAULT_MEMORY, n, ENOMEM, for_good);
		pair_ask(&pair, PATIENCE_MS, &a);
		has_failed = fault_disarm();
		check(&a, n, has_failed);
		if (a.ms > PATIENCE_MS / 4)
			fail_msg("call %u: waits for what was never asked", n);
	}
	print_message("%u calls\n", n - 2);
	assert_true(n > 20 && n < MAX_CALLS);
	for (int ms = 0; descriptors_count() > open && ms < PATIENCE_MS; ms += 10) /* the players' own close later */
		(void)usleep(10000);
	assert_true(descriptors_count() <= open);
}

static void test_once(void **state) { (void)state, fail_each(false); }
static void test_for_good(void **state) { (void)state, fail_each(true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_for_good),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
