/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phrases of two words, many documents at once, from packed positions: those of
 * one word against those of the other, each with each.  Near and far apart, few
 * and many, up to the last position a document may have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/rng.h"
#include "query/phrase/two.h"
#include "segment/positions.h"

enum { MAX_TF = 90, N = 2000, PAD = 64 };

/* A word in one document: its positions, and the same packed. */
struct word {
	uint32_t n, places[MAX_TF];
	struct bq_buf packed;
};

struct docs {
	uint32_t n, gap;
	struct word first[LOOKUP_DOCS], second[LOOKUP_DOCS];
	struct bq_spot spots[2][LOOKUP_DOCS];
};

static struct docs docs;

/* Distances of one width or any. */
static uint32_t step(struct rng *r, uint32_t most)
{
	return 1 + (uint32_t)(rng_one_in(r, 3) ? rng_skewed(r, most) : rng_below(r, most));
}

static uint32_t draw_tf(struct rng *r)
{
	return rng_one_in(r, 3) ? 1 : 1 + (uint32_t)rng_skewed(r, rng_one_in(r, 3) ? MAX_TF - 1 : 5);
}

static void draw_places(struct rng *r, struct word *w, uint32_t n, uint64_t at, uint32_t most)
{
	w->n = 0;
	for (; w->n < n && at < BQ_MAX_POS; at += step(r, most))
		w->places[w->n++] = (uint32_t)at;
}

/* The second word stands here and there behind the first, or anywhere. */
static void draw_doc(struct rng *r, struct word *first, struct word *second)
{
	uint32_t most = 1u << rng_below(r, rng_one_in(r, 4) ? 24 : 9), n = draw_tf(r), n_first = draw_tf(r);
	uint32_t from = rng_one_in(r, 20) ? BQ_MAX_POS - 300 : (uint32_t)rng_below(r, 3 * (uint64_t)most);

	draw_places(r, first, n_first, from, most);
	if (rng_one_in(r, 3)) {
		draw_places(r, second, n, from + rng_below(r, 3), most);
		return;
	}
	second->n = 0;
	for (uint32_t i = 0; i < first->n && second->n < n; i++)
		if (rng_one_in(r, 2) && first->places[i] + docs.gap < BQ_MAX_POS)
			second->places[second->n++] = first->places[i] + docs.gap;
	if (second->n == 0)
		draw_places(r, second, n, from + 1, most);
}

static void pack(struct word *w, struct bq_spot *spot)
{
	w->packed.len = 0;
	positions_put_block(&w->packed, &w->n, 1, w->places);
	size_t len = w->packed.len;
	for (uint32_t i = 0; i < PAD; i++)
		bq_buf_put_u8(&w->packed, 0);
	assert_false(w->packed.oom);
	*spot = (struct bq_spot){ .tf = w->n };
	positions_set_spot(spot, bq_span_make((const char *)w->packed.ptr, len), 1, 0);
}

static void draw_docs(struct rng *r)
{
	docs.n = (uint32_t)rng_between(r, 1, LOOKUP_DOCS);
	docs.gap = rng_one_in(r, 4) ? (uint32_t)rng_between(r, 2, 9) : 1;
	for (uint32_t i = 0; i < docs.n; i++) {
		draw_doc(r, &docs.first[i], &docs.second[i]);
		pack(&docs.first[i], &docs.spots[0][i]);
		pack(&docs.second[i], &docs.spots[1][i]);
	}
	assert_true(positions_ready(docs.spots[0], docs.n) && positions_ready(docs.spots[1], docs.n));
}

/* The slow twin. */
static uint32_t count(const struct word *first, const struct word *second)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < first->n; i++)
		for (uint32_t j = 0; j < second->n; j++)
			n += first->places[i] + docs.gap == second->places[j];
	return n;
}

static void starts_are_as_counted(void **state)
{
	struct rng r = rng_start("prop_two");
	struct two_spots s = { .first = docs.spots[0], .second = docs.spots[1] };
	uint32_t tfs[LOOKUP_DOCS], n_rest, done = 0, all = 0;
	uint16_t rest[LOOKUP_DOCS];

	(void)state;
	for (uint32_t round = 0; round < N; round++) {
		draw_docs(&r);
		s.gap = docs.gap;
		assert_true(two_starts(&s, docs.n, tfs, rest, &n_rest));
		for (uint32_t i = 0, k = 0; i < docs.n; i++) {
			all++;
			if (k < n_rest && rest[k] == i)
				k++;
			else if (++done)
				assert_int_equal(tfs[i], count(&docs.first[i], &docs.second[i]));
		}
	}
	assert_true(done > all / 2); /* not all is left to others */
	for (uint32_t i = 0; i < LOOKUP_DOCS; i++) {
		bq_buf_release(&docs.first[i].packed);
		bq_buf_release(&docs.second[i].packed);
	}
}

/* A first position out of range in one document of several. */
static void damage_is_seen(void **state)
{
	static const uint8_t zeros[PAD];
	struct bq_spot fine[3] = { { 0 } }, bad[3];
	uint32_t tfs[3], n_rest;
	uint16_t rest[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		fine[i] = (struct bq_spot){ .first = zeros, .rest = zeros, .base = 7, .tf = 1 + i };
	assert_true(two_starts(&(struct two_spots){ fine, fine, 1 }, 3, tfs, rest, &n_rest));
	for (uint32_t i = 0; i < 3; i++) {
		memcpy(bad, fine, sizeof bad);
		bad[i].base = BQ_MAX_POS;
		assert_false(two_starts(&(struct two_spots){ fine, bad, 1 }, 3, tfs, rest, &n_rest));
		assert_false(two_starts(&(struct two_spots){ bad, fine, 1 }, 3, tfs, rest, &n_rest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_are_as_counted),
		cmocka_unit_test(damage_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
