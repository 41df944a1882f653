/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A shard whose server closes, stops or pauses at every byte of all it says, says
 * each byte by itself, or says another byte.  The answer comes in time; it is
 * whole, or what the other shard has, and the broken one is named.  A byte that is
 * another one may be anything in what that shard says, and nothing in what the
 * other one does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/remote_pair.h"
#include "lib/rng.h"
#include "xapian/remote/line.h"

enum { PATIENCE_MS = 60000, SHORT_MS = 60, LATE_MS = 400, TRIES = 6, STOPS = 12, PAUSES = 12, FLIPS = 1500 };

static struct remote_pair pair;
static struct rng rng;
static size_t n_bytes, n_opening; /* that shard 1 says; until the index is open */

static int set_up(void **state)
{
	struct pair_answer a;

	(void)state;
	rng = rng_start("corrupt_remote");
	pair_init(&pair);
	player_set(&pair.players[1], PLAYER_HONEST, 0);
	pair_ask(&pair, PATIENCE_MS, &a);
	pair_check_whole(&pair, &a);
	n_bytes = player_said(&pair.players[1]);
	n_opening = pair.players[1].greeting.len + pair.players[1].replies[SAY_METADATA].len;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pair_release(&pair);
	return 0;
}

/* Ask with little time, of which a busy machine may leave none to the honest shard or
 * to us: what is so with more of it, too, has another cause. */
static void ask_briefly(enum player_fault fault, size_t at, struct pair_answer *a)
{
	unsigned ms = SHORT_MS;

	for (int i = 0; i < TRIES; i++, ms *= 2) {
		player_set(&pair.players[1], fault, at);
		pair_ask(&pair, ms, a);
		if (a->status != BQ_EDEADLINE && !a->has_failed[0] && a->ms <= ms + LATE_MS)
			return;
	}
	fail_msg("byte %zu: %d %s; %s; after %lu ms of %u", at, a->status, a->error.msg, a->why[0],
		(unsigned long)a->ms, ms / 2);
}

static void test_closes(void **state)
{
	struct pair_answer a;
	uint32_t partial = 0;

	(void)state;
	for (size_t at = 0; at < n_bytes; at++) {
		player_set(&pair.players[1], PLAYER_CLOSES, at);
		pair_ask(&pair, PATIENCE_MS, &a);
		pair_check_partial(&pair, &a);
		partial += a.has_failed[1];
		if (a.ms > PATIENCE_MS / 2)
			fail_msg("byte %zu: waited %lu ms for a connection that is closed", at, (unsigned long)a.ms);
	}
	assert_int_equal(partial, n_bytes);
}

static void test_stops(void **state)
{
	struct pair_answer a;

	(void)state;
	for (uint32_t i = 0; i < STOPS; i++) {
		ask_briefly(PLAYER_STOPS, n_opening + rng_below(&rng, n_bytes - n_opening), &a);
		pair_check_partial(&pair, &a);
		assert_true(a.has_failed[1]);
	}
}

static void test_pauses(void **state)
{
	struct pair_answer a;

	(void)state;
	pair.players[1].ms = 30;
	for (uint32_t i = 0; i < PAUSES; i++) {
		player_set(&pair.players[1], PLAYER_PAUSES, rng_below(&rng, n_bytes));
		pair_ask(&pair, PATIENCE_MS, &a);
		pair_check_whole(&pair, &a);
	}
}

static void test_crumbles(void **state)
{
	struct pair_answer a;

	(void)state;
	player_set(&pair.players[1], PLAYER_CRUMBLES, 0);
	pair_ask(&pair, PATIENCE_MS, &a);
	pair_check_whole(&pair, &a);
}

/* The hits of shard 0, whole and in order, whatever stands between them. */
static void check_other_shard(const struct pair_answer *a)
{
	uint32_t k = 0;

	if (a->status != BQ_OK || a->has_failed[0])
		fail_msg("%d %s; %s; %s", a->status, a->error.msg, a->why[0], a->why[1]);
	for (uint32_t i = 0; i < pair.whole.n; i++) {
		const struct pair_hit *want = &pair.whole.hits[i];
		if (want->hit.leaf != 0)
			continue;
		while (k < a->n && a->hits[k].hit.leaf != 0)
			k++;
		assert_true(k < a->n);
		assert_int_equal(a->hits[k].hit.doc, want->hit.doc);
		assert_true(a->hits[k].is_here && a->hits[k].print == want->print);
		k++;
	}
}

/* Where a length became larger, the rest is waited for: hence little time. */
static void test_flips(void **state)
{
	struct pair_answer a;
	uint32_t partial = 0;

	(void)state;
	for (uint32_t i = 0; i < FLIPS; i++) {
		size_t at = rng_below(&rng, n_bytes);
		pair.players[1].mask = rng_one_in(&rng, 2) ? (uint8_t)(1u << rng_below(&rng, 8)) :
			(uint8_t)rng_between(&rng, 1, 255);
		if (at < n_opening && !rng_one_in(&rng, 20))
			continue; /* opening waits longer */
		ask_briefly(PLAYER_FLIPS, at, &a);
		partial += a.has_failed[1];
		check_other_shard(&a);
	}
	assert_true(partial > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closes),
		cmocka_unit_test(test_crumbles),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_flips),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
