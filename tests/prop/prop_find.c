/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents looked up in one block, on each CPU path, against a walk over the
 * block's documents: in bits, in decoded documents, in sorted ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/find.h"
#include "lib/rng.h"
#include "lib/twins.h"

enum { BYTES = 32 * 31 + 8 * BITPACK_MAX_WORDS + 64, ASKED = 256 };

static struct rng rng;
static const struct find_ops *twins[TWINS_MAX];
static size_t n_twins;

struct asked {
	uint32_t n, docs[ASKED];
	uint32_t n_found; /* what a walk finds */
	uint16_t at[ASKED];
	uint8_t place[ASKED];
};

/* `n` documents from `base` on, close or far apart, in runs. */
static void make_block(uint32_t base, uint32_t n, uint32_t docs[FIND_N + 8])
{
	unsigned bits = (unsigned)rng_below(&rng, 22);

	for (uint32_t i = 0; i < n; i++, base++) {
		base += rng_one_in(&rng, 3) ? 0 : (uint32_t)rng_next(&rng) & ((1u << bits) - 1);
		docs[i] = base;
	}
	memset(docs + n, 0xff, 8 * sizeof *docs);
}

/* Some documents, ascending, none behind the block's last; some before its base,
 * some that it has and some beside them. */
static void ask(const uint32_t *docs, uint32_t n, uint32_t base, struct asked *out)
{
	uint32_t one_in = 1 + (uint32_t)rng_below(&rng, 60), p = 0;

	out->n = out->n_found = 0;
	if (base > 100 && rng_one_in(&rng, 4))
		out->docs[out->n++] = base - 1 - (uint32_t)rng_below(&rng, 99);
	for (uint32_t i = 0; i < n && out->n < ASKED; i++) {
		uint32_t doc = docs[i] - (rng_one_in(&rng, 3) ? (uint32_t)rng_below(&rng, 5) : 0);
		if (rng_one_in(&rng, one_in) && (out->n == 0 || doc > out->docs[out->n - 1]) && doc <= docs[i])
			out->docs[out->n++] = doc;
	}
	for (uint32_t i = 0; i < out->n; i++) {
		while (docs[p] < out->docs[i])
			p++;
		if (docs[p] != out->docs[i])
			continue;
		out->at[out->n_found] = (uint16_t)i;
		out->place[out->n_found++] = (uint8_t)p;
	}
}

static void expect(const struct asked *a, uint32_t n, const uint16_t *at, const uint8_t *place)
{
	assert_int_equal(n, a->n_found);
	assert_memory_equal(at, a->at, n * sizeof *at);
	assert_memory_equal(place, a->place, n);
}

static void check_docs(const struct find_ops *ops)
{
	uint32_t docs[FIND_N + 8];
	uint16_t at[ASKED];
	uint8_t place[ASKED];
	struct asked a;

	for (unsigned round = 0; round < 3000; round++) {
		uint32_t base = (uint32_t)rng_below(&rng, 1u << 31), n = rng_one_in(&rng, 2) ? FIND_N :
			1 + (uint32_t)rng_below(&rng, 255);
		make_block(base, n, docs);
		ask(docs, n, base, &a);
		if (a.n != 0)
			expect(&a, ops->in_docs(docs, n, a.docs, a.n, at, place), at, place);
	}
}

static void check_sorted(const struct find_ops *ops)
{
	uint32_t docs[FIND_N + 8];
	uint16_t at[ASKED];
	uint8_t place[ASKED], bytes[BYTES];
	struct asked a;

	for (unsigned round = 0; round < 3000; round++) {
		uint32_t base = (uint32_t)rng_below(&rng, 1u << 31);
		make_block(base, FIND_N, docs);
		ask(docs, FIND_N, base, &a);
		struct find_sorted b = { bytes, bitpack_choose_sorted(base, docs[FIND_N - 1]), base };
		if (rng_one_in(&rng, 3) && b.how.bits > 0 && b.how.n_words * 2 < BITPACK_MAX_WORDS) {
			b.how.bits--; /* another way that holds them, too */
			b.how.n_words *= 2;
		}
		memset(bytes, 0, sizeof bytes);
		bitpack_encode_sorted(docs, base, &b.how, bytes);
		expect(&a, ops->in_sorted(&b, a.docs, a.n, at, place), at, place);
	}
}

static void check_set(const struct find_ops *ops)
{
	uint32_t docs[FIND_N + 8];
	uint16_t at[ASKED];
	uint8_t place[ASKED];
	struct asked a;

	for (unsigned round = 0; round < 3000; round++) {
		uint32_t first = (uint32_t)rng_below(&rng, 1u << 25) * 64, base = first + (uint32_t)rng_below(&rng, 64),
			doc = base;
		uint32_t rare = 1 + (uint32_t)rng_below(&rng, 20);
		uint8_t words[128 * 8 + 8] = { 0 };
		for (uint32_t i = 0; i < FIND_N; i++, doc++) {
			doc += rng_one_in(&rng, rare) ? (uint32_t)rng_below(&rng, 30) : 0;
			docs[i] = doc;
			words[(doc - first) / 8] |= (uint8_t)(1u << ((doc - first) & 7));
		}
		uint32_t n_words = (docs[FIND_N - 1] - first) / 64 + 1;
		assert_int_equal(ops->count(words, n_words), FIND_N);
		ask(docs, FIND_N, base, &a);
		if (a.n != 0)
			expect(&a, ops->in_set(words, first, a.docs, a.n, at, place), at, place);
	}
}

static void check_sum(const struct find_ops *ops)
{
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t tfs[FIND_N], n = 0, one_in = 1 + (uint32_t)rng_below(&rng, 20);
		uint64_t got[FIND_N], want[FIND_N], sum = 0;
		uint8_t places[FIND_N];
		for (uint32_t i = 0; i < FIND_N; i++) {
			tfs[i] = 1 + (uint32_t)(rng_one_in(&rng, 50) ? rng_below(&rng, UINT32_MAX) :
				rng_below(&rng, 9));
			sum = i % FIND_GROUP == 0 ? 0 : sum;
			if (rng_one_in(&rng, one_in)) {
				want[n] = sum;
				places[n++] = (uint8_t)i;
			}
			sum += tfs[i] - 1;
		}
		ops->sum(tfs, places, n, got);
		assert_memory_equal(got, want, n * sizeof *got);
	}
}

/* Any bytes with 256 high bits: all paths find the same, nobody reads outside. */
static void test_hostile(void **state)
{
	uint16_t at[2][ASKED];
	uint8_t place[2][ASKED];

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct bitpack_sorted how = { (unsigned)rng_below(&rng, 32),
			(unsigned)rng_between(&rng, 4, BITPACK_MAX_WORDS) };
		size_t len = bitpack_sorted_bytes(&how) + 32;
		uint8_t *bytes = calloc(len, 1); /* of its own: sanitizers watch its end */
		uint32_t base = (uint32_t)rng_next(&rng), docs[ASKED], n = 0, doc = base, left = FIND_N;
		assert_non_null(bytes);
		struct find_sorted b = { bytes, how, base };
		rng_bytes(&rng, bytes, bitpack_bytes(how.bits));
		for (uint32_t i = 0; i < how.n_words * 64 && left != 0; i++)
			if (rng_below(&rng, how.n_words * 64 - i) < left) {
				bytes[bitpack_bytes(how.bits) + i / 8] |= (uint8_t)(1u << (i & 7));
				left--;
			}
		for (uint64_t step; n < ASKED; doc += (uint32_t)step) {
			docs[n++] = doc;
			step = 1 + (rng_next(&rng) & ((UINT64_C(1) << how.bits) - 1));
			if (doc + step > UINT32_MAX)
				break;
		}
		uint32_t found = find_scalar.in_sorted(&b, docs, n, at[0], place[0]);
		for (size_t t = 0; t < n_twins; t++) {
			assert_int_equal(twins[t]->in_sorted(&b, docs, n, at[1], place[1]), found);
			assert_memory_equal(at[0], at[1], found * sizeof **at);
			assert_memory_equal(place[0], place[1], found);
		}
		free(bytes);
	}
}

static void each_path(void (*check)(const struct find_ops *))
{
	check(&find_scalar);
	for (size_t t = 0; t < n_twins; t++)
		check(twins[t]);
}

static void test_docs(void **state) { (void)state; each_path(check_docs); }
static void test_sorted(void **state) { (void)state; each_path(check_sorted); }
static void test_set(void **state) { (void)state; each_path(check_set); }
static void test_sum(void **state) { (void)state; each_path(check_sum); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docs),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_hostile),
	};

	rng = rng_start("prop_find");
	n_twins = twins_find(twins);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
