/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phrases in one document, from packed positions: as a scan of the text finds
 * them, with a map and without, in documents longer than the map, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "lib/rng.h"
#include "query/phrase/verify.h"
#include "segment/positions.h"

enum { MAX_WORDS = 5, MAX_PLACES = 12000, N = 1500, PAD = 64 };

/* A document: the word at each place, and the places of each word, packed. */
struct doc {
	uint32_t n;
	uint8_t *words; /* MAX_WORDS: another one */
	uint32_t places[MAX_PLACES], tfs[MAX_WORDS];
	struct bq_buf packed[MAX_WORDS];
	struct bq_spot spots[MAX_WORDS];
};

static struct doc doc;

static void write_text(struct rng *r)
{
	uint32_t rarity[MAX_WORDS];

	doc.n = (uint32_t)rng_between(r, 30, rng_one_in(r, 4) ? MAX_PLACES : 400);
	for (uint32_t w = 0; w < MAX_WORDS; w++)
		rarity[w] = (uint32_t)rng_between(r, 1, rng_one_in(r, 2) ? 4 : 60);
	for (uint32_t i = 0; i < doc.n; i++) {
		uint32_t w = (uint32_t)rng_below(r, MAX_WORDS);
		doc.words[i] = rng_one_in(r, rarity[w]) ? (uint8_t)w : MAX_WORDS;
	}
	for (uint32_t w = 0; w < MAX_WORDS; w++) /* each is there */
		doc.words[rng_below(r, doc.n / MAX_WORDS) * MAX_WORDS + w] = (uint8_t)w;
}

/* The spot of a word whose block has this document alone. */
static void pack(uint32_t w)
{
	doc.tfs[w] = 0;
	for (uint32_t i = 0; i < doc.n; i++)
		if (doc.words[i] == w)
			doc.places[doc.tfs[w]++] = i;
	doc.packed[w].len = 0;
	positions_put_block(&doc.packed[w], &doc.tfs[w], 1, doc.places);
	struct bq_span block = bq_buf_span(&doc.packed[w]);
	for (uint32_t i = 0; i < PAD; i++)
		bq_buf_put_u8(&doc.packed[w], 0);
	assert_false(doc.packed[w].oom);
	block.ptr = (const char *)doc.packed[w].ptr;
	doc.spots[w] = (struct bq_spot){ .tf = doc.tfs[w] };
	positions_set_spot(&doc.spots[w], block, 1, 0);
}

/* The slow twin. */
static uint32_t scan(const struct verify_member *members, uint32_t n, uint32_t span)
{
	uint32_t found = 0;

	for (uint32_t start = 0; start + span <= doc.n; start++) {
		uint32_t i = 0;
		while (i < n && doc.words[start + members[i].at] == members[i].list)
			i++;
		found += i == n;
	}
	return found;
}

static void check_phrase(struct rng *r, struct verify_map *map)
{
	struct verify_member members[MAX_WORDS];
	struct bq_spot_walk walks[MAX_WORDS];
	const struct bq_spot *spots[MAX_WORDS];
	uint32_t n = (uint32_t)rng_between(r, 2, MAX_WORDS), at = 0, from = (uint32_t)rng_below(r, doc.n - 20);

	for (uint32_t i = 0; i < n; i++, at += rng_one_in(r, 5) ? 2 : 1) { /* now and then as it stands there */
		uint32_t there = doc.words[from + at];
		members[i] = (struct verify_member){ there < MAX_WORDS && !rng_one_in(r, 4) ? there
			: (uint32_t)rng_below(r, MAX_WORDS), at };
	}
	for (uint32_t w = 0; w < MAX_WORDS; w++)
		spots[w] = &doc.spots[w];
	struct verify v = { members, n, members[n - 1].at + 1, UINT32_MAX, walks, NULL };
	uint32_t want = scan(members, n, v.span);
	for (int with_map = 0; with_map < 2; with_map++) {
		v.map = with_map ? map : NULL;
		v.most = UINT32_MAX;
		assert_int_equal(verify_starts(&v, spots, verify_anywhere, false), want);
		assert_int_equal(verify_starts(&v, spots, verify_anywhere, true), want != 0);
		v.most = want == 0 ? 1 : want;
		assert_int_equal(verify_starts(&v, spots, verify_anywhere, false), want);
	}
}

static void starts_are_as_scanned(void **state)
{
	static struct verify_map map;
	struct rng r = rng_start("prop_verify");

	(void)state;
	map.stamp = 200; /* it goes round, too */
	doc.words = malloc(MAX_PLACES + MAX_WORDS);
	assert_non_null(doc.words);
	for (uint32_t i = 0; i < N; i++) {
		write_text(&r);
		for (uint32_t w = 0; w < MAX_WORDS; w++)
			pack(w);
		assert_true(positions_ready(doc.spots, MAX_WORDS));
		for (uint32_t p = 0; p < 20; p++)
			check_phrase(&r, &map);
	}
	for (uint32_t w = 0; w < MAX_WORDS; w++)
		bq_buf_release(&doc.packed[w]);
	free(doc.words);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(starts_are_as_scanned) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
