/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bisection against its plain twin, which sums every wish anew, sorts, and drops
 * nothing; and against what it is for: shorter gaps.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "reorder/bisect.h"
#include "reorder/gain.h"

enum { MAX_DOCS = 700, MAX_WORDS = 120, TOPICS = 8 };

static struct rng rng;
static struct bq_error err;
static bool has[MAX_DOCS][MAX_WORDS];
static uint32_t n_docs, n_words;

/* ---- documents --------------------------------------------------------- */

/* Each of one of some topics, which come in any order. */
static void make_docs(uint32_t docs, uint32_t words)
{
	n_docs = docs;
	n_words = words;
	memset(has, 0, sizeof has);
	for (uint32_t d = 0; d < docs; d++) {
		uint32_t topic = (uint32_t)rng_below(&rng, TOPICS);
		for (uint32_t w = 0; w < words; w++)
			has[d][w] = w == 0 ? !rng_one_in(&rng, 50) : rng_one_in(&rng, w % TOPICS == topic ? 3 : 40);
	}
}

static struct graph make_graph(void)
{
	struct graph g;
	uint32_t end = 0;

	assert_true(graph_init(&g, n_docs, n_docs * n_words));
	g.n_words = n_words;
	for (uint32_t d = 0; d < n_docs; d++) {
		for (uint32_t w = 0; w < n_words; w++)
			if (has[d][w])
				g.words[end++] = w;
		g.docs[d] = d;
		g.starts[d + 1] = end;
	}
	return g;
}

/* Bits of all gaps. */
static double cost(const uint32_t *order)
{
	double bits = 0;

	for (uint32_t w = 0; w < n_words; w++) {
		uint32_t last = 0;
		for (uint32_t i = 0; i < n_docs; i++) {
			if (!has[order == NULL ? i : order[i]][w])
				continue;
			bits += log2(i + 1 - last);
			last = i + 1;
		}
	}
	return bits;
}

/* ---- the twin ---------------------------------------------------------- */

struct twin_doc {
	uint32_t doc;
	int side;
	int64_t wish;
};

static int by_wish(const void *pa, const void *pb)
{
	const struct twin_doc *a = pa, *b = pb;

	if (a->wish != b->wish)
		return a->wish < b->wish ? -1 : 1;
	return (a->doc > b->doc) - (a->doc < b->doc);
}

static int by_side(const void *pa, const void *pb)
{
	const struct twin_doc *a = pa, *b = pb;

	if (a->side != b->side)
		return a->side - b->side;
	return (a->doc > b->doc) - (a->doc < b->doc);
}

static uint32_t count(const struct twin_doc *d, uint32_t n, uint32_t w, int side)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += has[d[i].doc][w] && (side < 0 || d[i].side == side);
	return sum;
}

static int64_t step(uint32_t x)
{
	static struct gain g;

	if (g.steps[0] == 0)
		gain_init(&g);
	return gain_step(&g, x);
}

static void twin_wishes(struct twin_doc *d, uint32_t n, bool is_all, int64_t toll)
{
	for (uint32_t i = 0; i < n; i++)
		d[i].wish = d[i].side == 0 ? -toll : toll;
	for (uint32_t w = 0; w < n_words; w++) {
		uint32_t l = count(d, n, w, 0), r = count(d, n, w, 1);
		for (uint32_t i = 0; i < n; i++) {
			if (!has[d[i].doc][w] || (!is_all && l + r == n))
				continue;
			d[i].wish += d[i].side == 0 ? step(r) - step(l - 1) : step(r - 1) - step(l);
		}
	}
}

/* The half with more words first; of words that one or all of the documents have only
 * at the beginning. */
static void put_denser_first(struct twin_doc *d, uint32_t n, bool is_all)
{
	uint32_t words[2] = { 0, 0 };

	for (uint32_t w = 0; w < n_words; w++) {
		uint32_t both = count(d, n, w, -1);
		if (!is_all && (both == n || both < 2))
			continue;
		words[0] += count(d, n, w, 0);
		words[1] += count(d, n, w, 1);
	}
	for (uint32_t i = 0; i < n && words[1] > words[0]; i++)
		d[i].side = !d[i].side;
}

static void twin_order(struct twin_doc *d, uint32_t n, bool is_all, uint32_t *order)
{
	uint32_t moved = 1;

	qsort(d, n, sizeof *d, by_side); /* of one side: by number */
	for (uint32_t i = 0; i < n; i++)
		d[i].side = i >= n / 2;
	if (n <= BISECT_LEAF) {
		for (uint32_t i = 0; i < n; i++)
			order[i] = d[i].doc;
		return;
	}
	for (int round = 0; round < BISECT_ROUNDS && moved != 0; round++) {
		twin_wishes(d, n, is_all, (int64_t)round * GAIN_BIT / 2);
		qsort(d, n, sizeof *d, by_wish);
		moved = 0;
		for (uint32_t i = 0; i < n; i++) {
			moved += d[i].side != (i >= n / 2);
			d[i].side = i >= n / 2;
		}
	}
	put_denser_first(d, n, is_all);
	qsort(d, n, sizeof *d, by_side);
	uint32_t n_left = 0;
	for (uint32_t i = 0; i < n; i++) {
		n_left += d[i].side == 0;
		d[i].side = 0;
	}
	twin_order(d, n_left, false, order);
	twin_order(d + n_left, n - n_left, false, order + n_left);
}

/* ---- tests ------------------------------------------------------------- */

static void find_order(struct pool *pool, uint32_t *order)
{
	struct bisect b = { .pool = pool };
	struct graph g = make_graph();

	memset(order, 0xff, n_docs * sizeof *order);
	if (bisect_order(&b, &g, order, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static void expect_permutation(const uint32_t *order)
{
	bool seen[MAX_DOCS] = { false };

	for (uint32_t i = 0; i < n_docs; i++) {
		assert_true(order[i] < n_docs && !seen[order[i]]);
		seen[order[i]] = true;
	}
}

static void test_twin(void **state)
{
	static struct twin_doc docs[MAX_DOCS];
	uint32_t got[MAX_DOCS], want[MAX_DOCS];
	struct pool *pool = pool_new(3);

	(void)state;
	for (int i = 0; i < 12; i++) {
		make_docs((uint32_t)rng_below(&rng, i < 10 ? 160 : MAX_DOCS), (uint32_t)rng_below(&rng, MAX_WORDS / 2));
		for (uint32_t d = 0; d < n_docs; d++)
			docs[d] = (struct twin_doc){ .doc = d };
		twin_order(docs, n_docs, true, want);
		find_order(i % 2 == 0 ? pool : NULL, got);
		expect_permutation(got);
		assert_memory_equal(got, want, n_docs * sizeof *got);
	}
	pool_free(pool);
}

static void test_gaps_shrink(void **state)
{
	uint32_t order[MAX_DOCS];

	(void)state;
	for (int i = 0; i < 4; i++) {
		make_docs(MAX_DOCS, MAX_WORDS);
		find_order(NULL, order);
		assert_true(cost(order) < 0.75 * cost(NULL));
	}
}

/* Topics that already stand together are left so. */
static void test_nothing_to_gain(void **state)
{
	uint32_t order[MAX_DOCS];

	(void)state;
	n_docs = 512;
	n_words = TOPICS;
	memset(has, 0, sizeof has);
	for (uint32_t d = 0; d < n_docs; d++)
		has[d][d / (n_docs / TOPICS)] = true;
	find_order(NULL, order);
	for (uint32_t i = 0; i < n_docs; i++)
		assert_int_equal(order[i], i);
}

static void test_stop(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct bisect b = { .stop = &stop };
	uint32_t order[MAX_DOCS];

	(void)state;
	make_docs(MAX_DOCS, MAX_WORDS);
	struct graph g = make_graph();
	assert_int_equal(bisect_order(&b, &g, order, &err), BQ_ECANCELLED);
}

static uint64_t told_part, told_whole, n_told;

static void note(void *arg, const char *step_name, uint64_t part, uint64_t whole)
{
	(void)arg;
	assert_string_equal(step_name, "finding an order");
	assert_true(part >= told_part && part <= whole);
	told_part = part;
	told_whole = whole;
	n_told++;
}

static void test_progress(void **state)
{
	struct bisect b = { .progress = note };
	uint32_t order[MAX_DOCS];

	(void)state;
	make_docs(MAX_DOCS, MAX_WORDS);
	struct graph g = make_graph();
	assert_int_equal(bisect_order(&b, &g, order, &err), BQ_OK);
	assert_true(n_told > 4 && told_part > told_whole / 2);
}

static void test_gain(void **state)
{
	static struct gain g;

	(void)state;
	gain_init(&g);
	assert_int_equal(g.steps[0], GAIN_BIT);
	for (uint32_t x = 1; x < 100000; x += 7) {
		double exact = (x + 1) * log2(x + 2.0) - x * log2(x + 1.0);
		assert_true(fabs(gain_step(&g, x) - exact * GAIN_BIT) < 0.001 * GAIN_BIT);
		assert_true(fabs(gain_log2(x) - log2(x) * GAIN_BIT) < 1.001);
		assert_true(gain_step(&g, x) >= gain_step(&g, x - 1));
	}
	assert_int_equal(gain_log2(1), 0);
	assert_true(gain_log2(UINT32_MAX) < 32 * GAIN_BIT && gain_log2(UINT32_MAX) > 32 * GAIN_BIT - 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_gaps_shrink),
		cmocka_unit_test(test_nothing_to_gain),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_gain),
	};

	rng = rng_start("test_reorder");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
