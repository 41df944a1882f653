/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What crosses the wire to shards: numbers come back as they went, cut or random
 * bytes are refused or read within their bounds; and what lets a page pass over
 * words: English stems begin as their words do.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/text.h>

#include "lib/rng.h"
#include "xapian/remote/number.h"
#include "xapian/remote/stats.h"

enum { ROUNDS = 20000 };

static struct rng rng;

/* Of any size, small ones more often. */
static uint64_t any_number(void) { return rng_next(&rng) >> rng_below(&rng, 64); }

static double any_real(void)
{
	double v = scalbn((double)rng_next(&rng), (int)rng_below(&rng, 1800) - 900);

	return rng_one_in(&rng, 2) ? v : -v;
}

static void test_known(void **state)
{
	static const struct { uint64_t v; size_t n; uint8_t bytes[4]; } known[] = { { 0, 1, { 0 } },
		{ 254, 1, { 254 } },
		{ 255, 2, { 255, 0x80 } }, { 382, 2, { 255, 0xff } }, { 383, 3, { 255, 0, 0x81 } } };
	struct bq_buf b = BQ_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		bq_buf_clear(&b);
		number_put(&b, known[i].v);
		assert_int_equal(b.len, known[i].n);
		assert_memory_equal(b.ptr, known[i].bytes, b.len);
	}
	bq_buf_clear(&b);
	number_put_real(&b, 0);
	number_put_real(&b, 1);
	number_put_real(&b, -0.5);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.ptr, "\6\0\7\1\206\200", 6);
	bq_buf_release(&b);
}

static void test_there_and_back(void **state)
{
	struct bq_buf b = BQ_BUF_INIT;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t v = any_number();
		double real = any_real();
		bq_buf_clear(&b);
		number_put(&b, v);
		number_put_real(&b, real);
		number_put_string(&b, bq_span_make("abc", (unsigned)i % 4));
		struct number_reader r = number_reader_of(bq_buf_span(&b));
		assert_true(number_take(&r, UINT64_MAX) == v);
		assert_true(number_take_real(&r) == real);
		assert_true(bq_span_eq(number_take_string(&r), bq_span_make("abc", (unsigned)i % 4)));
		assert_true(!r.is_bad && r.at == r.end);
		/* each cut of it is bad */
		r = number_reader_of(bq_span_first(bq_buf_span(&b), rng_below(&rng, b.len)));
		(void)number_take(&r, UINT64_MAX);
		(void)number_take_real(&r);
		(void)number_take_string(&r);
		assert_true(r.is_bad);
		r = number_reader_of(bq_buf_span(&b));
		assert_true(v == 0 || (number_take(&r, v - 1) == 0 && r.is_bad));
	}
	bq_buf_release(&b);
}

/* In memory of just that size, for the sanitizers. */
static void test_random_bytes(void **state)
{
	struct bq_arena mem;

	(void)state;
	bq_arena_init(&mem, 1 << 20);
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = rng_below(&rng, 40);
		uint8_t *bytes = malloc(n + 1);
		struct stats s;
		assert_non_null(bytes);
		rng_bytes(&rng, bytes, n);
		bytes[n] = 0;
		for (size_t k = 0; k < n; k++) /* lengths that may be right */
			bytes[k] = rng_one_in(&rng, 2) ? bytes[k] : (uint8_t)rng_below(&rng, 6);
		uint8_t *exact = malloc(n == 0 ? 1 : n);
		assert_non_null(exact);
		memcpy(exact, bytes, n);
		struct number_reader r = number_reader_of(bq_span_make(exact, n));
		while (!r.is_bad && r.at != r.end) {
			double v = number_take_real(&r);
			assert_true(isfinite(v));
			struct bq_span string = number_take_string(&r);
			assert_true(string.len <= n);
			(void)number_take(&r, UINT32_MAX);
		}
		bq_arena_reset(&mem);
		if (stats_read(bq_span_make(exact, n), 4, &mem, &s))
			assert_true(s.n <= 4);
		free(exact);
		free(bytes);
	}
	bq_arena_release(&mem);
}

static void test_sums(void **state)
{
	struct bq_arena mem;
	struct bq_buf b = BQ_BUF_INIT;

	(void)state;
	bq_arena_init(&mem, 1 << 20);
	for (int i = 0; i < ROUNDS / 10; i++) {
		struct stats_word words[3][2];
		struct stats parts[3], sum;
		bool counts[3];
		uint64_t documents = 0, of_a = 0, of_b = 0;
		for (int k = 0; k < 3; k++) {
			counts[k] = rng_one_in(&rng, 2);
			words[k][0] = (struct stats_word){ BQ_SPAN("b"), rng_below(&rng, 100), rng_below(&rng, 1000) };
			words[k][1] = (struct stats_word){ BQ_SPAN("a"), rng_below(&rng, 100), rng_below(&rng, 1000) };
			parts[k] = (struct stats){ rng_below(&rng, 1000), rng_between(&rng, 100, 900), words[k], 2 };
			documents += counts[k] ? parts[k].documents : 0;
			of_b += counts[k] ? words[k][0].documents : 0;
			of_a += counts[k] ? words[k][1].documents : 0;
		}
		bq_arena_reset(&mem);
		bq_buf_clear(&b);
		assert_true(stats_put_sum(parts, counts, 3, &mem, &b));
		assert_true(stats_read(bq_buf_span(&b), 2, &mem, &sum));
		assert_true(sum.documents == documents);
		if (documents == 0)
			continue;
		assert_int_equal(sum.n, 2);
		assert_true(bq_span_eq(sum.words[0].word, BQ_SPAN("a")) && sum.words[0].documents == of_a);
		assert_true(bq_span_eq(sum.words[1].word, BQ_SPAN("b")) && sum.words[1].documents == of_b);
	}
	bq_buf_release(&b);
	bq_arena_release(&mem);
}

static void test_stems_begin_so(void **state)
{
	static const char *const ends[] = { "", "s", "es", "ies", "ing", "ed", "ly", "ally", "ness", "ization", "ful",
		"'s", "ement", "y", "ying", "eed", "ator", "ical" };
	struct bq_text_config config = { .lang = "en" };
	struct bq_text *text;
	struct bq_error err;

	(void)state;
	assert_int_equal(bq_text_new(&config, &text, &err), BQ_OK);
	for (int i = 0; i < 4 * ROUNDS; i++) {
		char word[32];
		size_t n = rng_between(&rng, 1, 7);
		for (size_t k = 0; k < n; k++) /* of few letters, so that short and odd words come, too */
			word[k] = "aeiouylstdgkn"[rng_below(&rng, 13)];
		strcpy(word + n, ends[rng_below(&rng, sizeof ends / sizeof ends[0])]);
		struct bq_span stem = bq_text_stem(text, bq_span_of(word));
		if (stem.len == 0 || stem.ptr[0] != word[0])
			fail_msg("%s has the stem %.*s", word, (int)stem.len, stem.ptr);
	}
	bq_text_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_stems_begin_so),
	};

	rng = rng_start("prop_remote");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
