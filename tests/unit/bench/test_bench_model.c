/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cost model, against sums worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/model.h"

/* A document looked up costs `look_up` ns and `apart` for each entry from the one before, up to 256 of them; 8 more
 * with its tf, 20 more with its positions. */
static void set_list(struct constants_list *l, double fill, double look_up, double apart)
{
	static const double more[CONSTANTS_ASKS] = { 0, 8, 20 };

	l->fill = fill;
	for (unsigned ask = 0; ask < CONSTANTS_ASKS; ask++)
		for (unsigned i = 0; i < CONSTANTS_APART; i++)
			l->look_up[ask][i] = look_up + apart * (1 << (2 * i)) + more[ask];
}

/* Decoding costs 1 ns, one of few 5, tf 2, score 4, accumulating 8, marking 3 (in bitsets .5), verifying 100,
 * ranking a hit 20, finding a word 1,000, a pair 700; memory is no limit. */
static struct constants made_up(void)
{
	struct constants c = { .tail = 5, .tf = 2, .bitset = 1, .score = 4, .accumulate = 8,
		.batch_hot = 100, .rank = 20, .find = 1000, .find_pair = 700, .bandwidth = 1e6 };

	for (unsigned i = 0; i < CONSTANTS_WIDTHS; i++)
		c.decode[i] = 1;
	set_list(&c.sorted, 3, 15, .5);
	set_list(&c.bits, .5, 3, .25);
	return c;
}

/* Reading as many: full blocks and a rest. */
enum { READ_1000 = 768 + 232 * 5, READ_20000 = 19968 + 32 * 5, READ_100000 = 99840 + 160 * 5 };

/* Two lists, of 1,000 and 100,000 among a million documents. */
static struct model_query pair(enum bench_class class, char sign_a, char sign_b)
{
	return (struct model_query){ .class = class, .n_docs = 1000000, .n_lists = 2, .n_words = 2,
		.lists = { { sign_a, 1000, false }, { sign_b, 100000, false } } };
}

static void expect(const struct model_query *q, double us)
{
	struct constants c = made_up();
	double got = model_floor(&c, q);

	if (got < us * 0.9999 || got > us * 1.0001)
		fail_msg("%s: %f us, not %f", bench_class_name(q->class), got, us);
}

static void test_count(void **state)
{
	struct model_query and = pair(BENCH_AND, '+', '+'), or = pair(BENCH_OR, 0, 0);
	struct model_query phrase = pair(BENCH_PHRASE, '+', '+'), three = pair(BENCH_OR, 0, 0);
	struct model_query word = { .class = BENCH_WORD, .n_docs = 1000, .n_lists = 1, .n_words = 1,
		.lists = { { '+', 500, false } } };

	(void)state;
	expect(&word, 1);                                   /* it stands in the dictionary */
	expect(&and, 2 + (READ_1000 + 1000 * 65) / 1e3);    /* 100 apart: cheaper than reading 100,000 */
	expect(&or, 2 + (READ_1000 + 1000 * 65) / 1e3);     /* a + b - both */
	and.lists[1].df = 20000;
	expect(&and, 2 + (READ_1000 + READ_20000) / 1e3);   /* now reading is: 25 each */
	and.lists[0].df = 400000;
	and.lists[1].df = 500000;
	expect(&and, 2 + 900000 * .5 / 1e3);                /* bitsets are met bit by bit */
	phrase.candidates = 300;
	phrase.n_joints = 1;
	phrase.places = 600;
	expect(&phrase, 2 + (READ_1000 + 1000 * 85 + 300 * 100) / 1e3);
	phrase.places = 400; /* of 100 documents it was known without positions */
	expect(&phrase, 2 + (READ_1000 + 1000 * 85 + 200 * 100) / 1e3);
	phrase.pair_df = 40;
	phrase.n_pairs = 1;
	expect(&phrase, 2.7); /* it stands in the dictionary of pairs */
	phrase.pair_df = 0;
	phrase.is_absent = true;
	expect(&phrase, 2.7);
	three.lists[2] = (struct model_list){ 0, 2000, false };
	three.n_lists = three.n_words = 3;
	expect(&three, 3 + 103000 * 3 / 1e3);
	three.lists[2].df = 200; /* a short one is decoded for that */
	expect(&three, 3 + (101200 * 3 + 200 * 5) / 1e3);
}

static void test_top(void **state)
{
	struct model_query word = { .class = BENCH_WORD, .k = 10, .n_docs = 1000000, .n_lists = 1, .n_words = 1,
		.lists = { { '+', 100000, false } }, .matches = 100000 };
	struct model_query and = pair(BENCH_AND, '+', '+'), should = pair(BENCH_MUST_SHOULD, '+', 0);
	struct model_query not = pair(BENCH_NEGATION, '+', '-'), or = pair(BENCH_OR, 0, 0);

	(void)state;
	expect(&word, 1 + (10 * 256 * 7 + 10 * 20) / 1e3); /* ten blocks, ten hits */
	word.wants_total = true;
	expect(&word, 1 + (10 * 256 * 7 + 10 * 20) / 1e3); /* and its count is known */
	and.k = should.k = not.k = or.k = 10;
	and.share = should.share = not.share = 0.3;
	or.share = 0.2;
	and.matches = not.matches = 200;
	should.matches = 1000;
	or.matches = 4; /* so many are ranked */
	expect(&and, 2 + (0.3 * (READ_1000 + 1000 * 73 + 200 * 2 * 4) + 10 * 20) / 1e3);
	expect(&should, 2 + (0.3 * (READ_1000 + 1000 * 73 + 1000 * 2 * 4) + 10 * 20) / 1e3);
	expect(&not, 2 + (0.3 * (READ_1000 + 1000 * 73 + 200 * 4) + 10 * 20) / 1e3);
	expect(&or, 2 + (0.2 * (READ_1000 + READ_100000 + 101000 * 14) + 4 * 20) / 1e3);
	or.wants_total = true; /* counted as well */
	expect(&or, 2 + (0.2 * (READ_1000 + READ_100000 + 101000 * 14) + 4 * 20 + READ_1000 + 1000 * 65) / 1e3);
}

/* Required lists behind the second are met where all the others are, at least; then those left out. */
static void test_three(void **state)
{
	struct model_query q = { .class = BENCH_NEGATION, .n_docs = 1000000, .n_words = 3, .n_lists = 3,
		.lists = { { '-', 20000, false }, { '+', 100000, false }, { '+', 1000, false } }, .matches = 10 };

	(void)state;
	expect(&q, 3 + (READ_1000 + 1000 * 65 + 10 * 143) / 1e3);
	q.matches = 0; /* no need to look there */
	expect(&q, 3 + (READ_1000 + 1000 * 65) / 1e3);
}

/* +"a b" +c: of 5,000, 80,000 and 100,000 documents. */
static void test_mixed(void **state)
{
	enum { READ_5000 = 4864 + 136 * 5, READ_80000 = 79872 + 128 * 5, READ_60 = 60 * 5, READ_40 = 40 * 5 };
	struct model_query listed = { .class = BENCH_MIXED, .n_docs = 1000000, .n_words = 3, .n_pairs = 1, .n_lists = 2,
		.lists = { { '+', 40, false }, { '+', 100000, false } } };
	struct model_query apart = { .class = BENCH_MIXED, .n_docs = 1000000, .n_words = 3, .n_lists = 3,
		.lists = { { '+', 5000, false }, { '+', 80000, false }, { '+', 100000, false } }, .n_joints = 1,
		.candidates = 300, .places = 600 };
	struct model_query absent = listed;

	(void)state;
	expect(&listed, 3 + .7 + (READ_40 + 40 * 143) / 1e3); /* the pair's list is met with the word's */
	expect(&apart, 3 + (READ_5000 + READ_80000 + 300 * 163 + 300 * 100) / 1e3);
	absent.is_absent = true;
	expect(&absent, 3.7);
	listed.k = apart.k = 10;
	listed.share = apart.share = .5;
	listed.matches = apart.matches = 20;
	apart.places = 100; /* its positions are counted where the k-th score is known */
	expect(&listed, 3 + .7 + (.5 * (READ_40 + 40 * 151 + 20 * 2 * 4) + 10 * 20) / 1e3); /* as `and` */
	expect(&apart, 3 + (.5 * (READ_5000 + READ_80000 + 300 * 163 + 20 * 2 * 4) + 50 * 100 + 10 * 20) / 1e3);
	apart.lists[3] = (struct model_list){ '+', 60, true };
	apart.n_lists = 4;
	apart.n_pairs = 1; /* of three words, one pair has a list: it leads, and has no score */
	expect(&apart, 3 + .7 + (.5 * (READ_60 + 60 * (35 + .5 * 5000 / 60) + 2 * 60 * 163 + 20 * 2 * 4) + 50 * 100
		+ 10 * 20) / 1e3);
}

/* Where memory is slow, bytes count: 6 + 2 bits of a document and 2 of tf. */
static void test_memory(void **state)
{
	struct model_query q = { .class = BENCH_WORD, .k = 10, .wants_total = true, .n_docs = 100000, .n_lists = 1,
		.n_words = 1, .lists = { { '+', 1000, false } } };
	struct constants c = made_up();
	double us;

	(void)state;
	c.bandwidth = 0.001;
	us = model_floor(&c, &q);
	assert_true(us > 1258.9 && us < 1259.1); /* a word found, and 1,000 * 10/8 + 4 * 2 bytes at a us each */
}

static void test_show(void **state)
{
	struct constants c = { .frame = 5000 };
	double got = model_show_floor(&c, 10, (uint64_t)10 * 2048); /* half a frame long: in one or two */

	(void)state;
	assert_true(got > 74.99 && got < 75.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_three),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
