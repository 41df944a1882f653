/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build/inverted.h"
#include "build/inverter.h"
#include "build/unite.h"

static struct inverter v;

static int make_inverter(void **state)
{
	(void)state;
	inverter_init(&v, 42);
	return 0;
}

static int release_inverter(void **state)
{
	(void)state;
	inverter_release(&v);
	return 0;
}

static void add(enum bq_term_kind kind, const char *word, uint32_t doc, uint32_t pos)
{
	char bytes[BQ_WORD_MAX] = { 0 }; /* inverter_add() reads 16 of them */

	memcpy(bytes, word, strlen(word));
	inverter_add(&v, kind, bq_span_make(bytes, strlen(word)), doc, pos);
	inverter_flush(&v);
}

static void test_order_of_the_dictionary(void **state)
{
	static const char *const want[] = { "2b", "2z", "4a", "0!", "0a", "0ab", "0b" };
	struct sorted_term *sorted;

	(void)state;
	add(BQ_TERM_WORD, "b", 0, 0);
	add(BQ_TERM_WORD, "ab", 0, 1);
	add(BQ_TERM_MARKED, "a", 0, 1);
	add(BQ_TERM_TITLE, "z", 0, 1);
	add(BQ_TERM_TITLE, "b", 0, 1);
	add(BQ_TERM_WORD, "!", 0, 2);
	add(BQ_TERM_WORD, "a", 0, 3);
	add(BQ_TERM_WORD, "a", 1, 3);
	assert_int_equal(v.n_terms, 7);
	sorted = inverter_sort(&v);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(sorted[i].term->kind, want[i][0] - '0');
		assert_true(bq_span_eq(term_word(sorted[i].term), bq_span_of(want[i] + 1)));
	}
	free(sorted);
}

static void test_documents_and_positions(void **state)
{
	struct sorted_term *sorted;
	struct chain c;

	(void)state;
	add(BQ_TERM_WORD, "w", 0, 0); /* zero everywhere: nothing tells it from nothing but the event */
	add(BQ_TERM_WORD, "w", 0, 7);
	add(BQ_TERM_WORD, "w", 1, 0);
	add(BQ_TERM_WORD, "w", UINT32_MAX - 20, 0x7fffffff);
	sorted = inverter_sort(&v);
	chain_init(&c, &v, sorted[0].term);
	assert_true(chain_next(&c));
	assert_int_equal(c.doc, 0);
	assert_int_equal(c.tf, 2);
	assert_int_equal(c.positions[0], 0);
	assert_int_equal(c.positions[1], 7);
	assert_true(chain_next(&c));
	assert_int_equal(c.doc, 1);
	assert_int_equal(c.tf, 1);
	assert_int_equal(c.positions[0], 0);
	assert_true(chain_next(&c));
	assert_int_equal(c.doc, UINT32_MAX - 20);
	assert_int_equal(c.positions[0], 0x7fffffff);
	assert_false(chain_next(&c));
	assert_false(chain_next(&c));
	chain_release(&c);
	free(sorted);
}

/* Many at a time or one by one: the same terms, in the same order of occurrences. */
static void test_short_words(void **state)
{
	enum { LENGTHS = SHORT_MAX, DOCS = 100 };
	struct short_word words[SHORT_WORDS] = { 0 };
	struct sorted_term *sorted;

	(void)state;
	for (uint32_t d = 0; d < DOCS; d++) {
		for (uint32_t i = 0; i < SHORT_WORDS; i++) {
			words[i] = (struct short_word){ .len = (uint8_t)(1 + i % LENGTHS) };
			memset(words[i].key, 'a', words[i].len);
			inverter_add(&v, BQ_TERM_WORD, bq_span_make((char *)words[i].key, words[i].len), 2 * d, i);
		}
		inverter_add_short(&v, words, d % SHORT_WORDS, 2 * d, SHORT_WORDS); /* after a part of a batch */
		inverter_add_short(&v, words, SHORT_WORDS, 2 * d + 1, 7);
	}
	inverter_flush(&v);
	assert_int_equal(v.n_terms, LENGTHS);
	sorted = inverter_sort(&v);
	for (uint32_t i = 0; i < LENGTHS; i++) {
		struct chain c;
		chain_init(&c, &v, sorted[i].term);
		for (uint32_t d = 0; d < DOCS; d++) {
			uint32_t n = (d % SHORT_WORDS + LENGTHS - 1 - i) / LENGTHS; /* of those in between */
			assert_true(chain_next(&c));
			assert_int_equal(c.doc, 2 * d);
			assert_int_equal(c.tf, 2 + n);
			for (uint32_t k = 0; k < c.tf; k++)
				assert_int_equal(c.positions[k], i + k * LENGTHS);
			assert_true(chain_next(&c));
			assert_int_equal(c.doc, 2 * d + 1);
			assert_int_equal(c.tf, 2);
			assert_int_equal(c.positions[1], 7 + i + LENGTHS);
		}
		assert_false(chain_next(&c));
		chain_release(&c);
	}
	free(sorted);
}

/* Slices of all sizes, up to several of the largest. */
static void test_long_chains(void **state)
{
	enum { DOCS = 5000, TF = 3 };
	struct sorted_term *sorted;
	struct chain c;

	(void)state;
	for (uint32_t d = 0; d < DOCS; d++)
		for (uint32_t i = 0; i < TF; i++)
			add(BQ_TERM_WORD, "often", d * 3, i * 1000 + d);
	sorted = inverter_sort(&v);
	chain_init(&c, &v, sorted[0].term);
	for (uint32_t d = 0; d < DOCS; d++) {
		assert_true(chain_next(&c));
		assert_int_equal(c.doc, d * 3);
		assert_int_equal(c.tf, TF);
		for (uint32_t i = 0; i < TF; i++)
			assert_int_equal(c.positions[i], i * 1000 + d);
	}
	assert_false(chain_next(&c));
	chain_release(&c);
	free(sorted);
}

/* Enough words that the index grows, short ones and long ones, and that some have the
 * same 32 bits of hash: 4 or 5 are to be expected. */
static void test_many_words(void **state)
{
	enum { WORDS = 200000 };
	struct sorted_term *sorted;
	struct chain c;
	char word[64];
	uint64_t before = inverter_bytes(&v);

	(void)state;
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < WORDS; i++) {
			(void)snprintf(word, sizeof word, i % 3 == 0 ? "%u-and-a-tail-that-does-not-fit-a-slot" : "%u",
				i);
			add(BQ_TERM_WORD, word, round, i);
		}
	assert_false(v.oom);
	assert_int_equal(v.n_terms, WORDS);
	assert_true(inverter_bytes(&v) > before + WORDS * sizeof(struct term));
	sorted = inverter_sort(&v);
	for (uint32_t i = 0; i < WORDS; i++) {
		chain_init(&c, &v, sorted[i].term);
		assert_true(chain_next(&c) && chain_next(&c));
		assert_int_equal(c.doc, 1);
		assert_false(chain_next(&c));
		chain_release(&c);
		assert_true(i == 0 || bq_span_cmp(term_word(sorted[i - 1].term), term_word(sorted[i].term)) < 0);
	}
	free(sorted);
}

/* Words that are the beginnings of one another, of all lengths: those that fit a
 * term, those that do not, and events of one to five bytes across all borders. */
static void test_all_lengths(void **state)
{
	enum { DOCS = 40 };
	struct sorted_term *sorted;
	char word[BQ_WORD_MAX + 1];

	(void)state;
	for (uint32_t d = 0; d < DOCS; d++)
		for (uint32_t len = 1; len <= BQ_WORD_MAX; len++) {
			memset(word, 'a', len);
			word[len] = '\0';
			add(BQ_TERM_WORD, word, d << len % 25, d % 7);
			add(BQ_TERM_WORD, word, d << len % 25, 1u << d % 31 | 8);
		}
	assert_int_equal(v.n_terms, BQ_WORD_MAX);
	sorted = inverter_sort(&v);
	for (uint32_t i = 0; i < BQ_WORD_MAX; i++) {
		struct chain c;
		assert_int_equal(sorted[i].term->len, i + 1);
		chain_init(&c, &v, sorted[i].term);
		for (uint32_t d = 0; d < DOCS; d++) {
			assert_int_equal(chain_peek(&c), d << (i + 1) % 25);
			assert_true(chain_next(&c));
			assert_int_equal(c.doc, d << (i + 1) % 25);
			assert_int_equal(c.tf, 2);
			assert_int_equal(c.positions[0], d % 7);
			assert_int_equal(c.positions[1], 1u << d % 31 | 8);
		}
		assert_int_equal(chain_peek(&c), BQ_DOC_END);
		assert_false(chain_next(&c));
		chain_release(&c);
	}
	free(sorted);
}

static void test_release_makes_it_empty_and_usable(void **state)
{
	(void)state;
	add(BQ_TERM_WORD, "a", 5, 0);
	inverter_release(&v);
	assert_int_equal(v.n_terms, 0);
	assert_int_equal(inverter_bytes(&v), 0);
	add(BQ_TERM_WORD, "a", 0, 0);
	assert_int_equal(v.n_terms, 1);
}

static void test_union(void **state)
{
	static const uint32_t want[][2] = { { 0, 1 }, { 2, 3 }, { 3, 1 }, { 4, 1 }, { 9, 2 } };
	uint32_t docs[2], tfs[2];
	struct postings_room room;
	struct inverted words;
	struct unite u = { 0 };

	(void)state;
	add(BQ_TERM_WORD, "a", 2, 0);
	add(BQ_TERM_WORD, "a", 9, 0);
	add(BQ_TERM_WORD, "b", 0, 0);
	add(BQ_TERM_WORD, "b", 2, 0);
	add(BQ_TERM_WORD, "b", 2, 1);
	add(BQ_TERM_WORD, "b", 3, 0);
	add(BQ_TERM_WORD, "c", 4, 0);
	add(BQ_TERM_WORD, "c", 9, 0);
	assert_true(inverted_init(&words, (const struct inverter *[]){ &v }, 1, NULL));
	for (int round = 0; round < 2; round++) { /* used again */
		assert_true(unite_start(&u, 3));
		for (uint32_t i = 0; i < 3; i++)
			unite_add(&u, &words.v, i);
		for (uint32_t n = 0; n <= 5; n += room.n) {
			room = (struct postings_room){ .docs = docs, .tfs = tfs, .max = 1 + (uint32_t)round };
			unite_take(&u, &room);
			assert_int_equal(room.n, 5 - n < room.max ? 5 - n : room.max);
			for (uint32_t i = 0; i < room.n; i++) {
				assert_int_equal(docs[i], want[n + i][0]);
				assert_int_equal(tfs[i], want[n + i][1]);
			}
			if (room.n == 0)
				break;
		}
	}
	unite_release(&u);
	assert_int_equal(words.v.ops->check(&words.v, NULL), BQ_OK);
	inverted_release(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_of_the_dictionary, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_documents_and_positions, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_short_words, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_long_chains, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_many_words, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_all_lengths, make_inverter, release_inverter),
		cmocka_unit_test_setup_teardown(test_release_makes_it_empty_and_usable, make_inverter,
			release_inverter),
		cmocka_unit_test_setup_teardown(test_union, make_inverter, release_inverter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
