/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists taken many documents at a time against the same lists walked document by
 * document, over one inverter or several that have shared them; and unions of them
 * against sums in a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/format.h>

#include "build/inverted.h"
#include "build/unite.h"
#include "lib/rng.h"

enum { INVERTERS = 3, WORDS = 40, ROUNDS = 60, MAX_ROOM = 300 };

static struct rng rng;

/* A list as plain arrays. */
struct list {
	struct bq_buf docs, tfs, positions; /* u32 */
};

static void put_u32(struct bq_buf *b, uint32_t v)
{
	bq_buf_put(b, &v, sizeof v);
}

static void release_list(struct list *l)
{
	bq_buf_release(&l->docs);
	bq_buf_release(&l->tfs);
	bq_buf_release(&l->positions);
}

static void assert_same(const struct bq_buf *a, const struct bq_buf *b)
{
	assert_int_equal(a->len, b->len);
	if (a->len != 0)
		assert_memory_equal(a->ptr, b->ptr, a->len);
}

/* ---- documents ---------------------------------------------------------- */

/* How far on: mostly one byte of an event, sometimes two or more. */
static uint32_t step(uint32_t max)
{
	return 1 + (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 30) ? max : 100);
}

static void add_word(struct inverter *v, uint32_t doc, uint32_t word)
{
	char text[] = "w0 starts as others do:w0", *at = word % 2 == 0 ? text : text + 1;
	uint32_t n = 1 + (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 20) ? 500 : 4);

	/* two letters, or 24 of which the last is its own */
	text[1] = word % 2 == 0 ? (char)('0' + word) : '0';
	text[24] = (char)('0' + word);
	for (uint32_t i = 0, pos = (uint32_t)rng_below(&rng, 50); i < n; i++, pos += step(1 << 20))
		inverter_add(v, BQ_TERM_WORD, bq_span_make(at, word % 2 == 0 ? 2 : 24), doc, pos);
}

/* Some documents to one inverter, then some to another: the first words are in most of them. */
static void add_documents(struct inverter *v, uint32_t n)
{
	uint64_t doc = rng_one_in(&rng, 4) ? BQ_MAX_DOCS - 40000 : rng_below(&rng, 1000);
	uint32_t inverter = 0;

	for (uint32_t i = 0, left = 1 + (uint32_t)rng_below(&rng, 400); i < left && doc < BQ_MAX_DOCS; i++,
		doc += step(1 << 17)) {
		if (rng_one_in(&rng, 20))
			inverter = (uint32_t)rng_below(&rng, n);
		for (uint32_t w = 0; w < WORDS; w++)
			if (rng_one_in(&rng, 1 + w * w / 4))
				add_word(&v[inverter], (uint32_t)doc, w);
	}
	for (uint32_t i = 0; i < n; i++)
		inverter_flush(&v[i]);
}

/* ---- both ways ---------------------------------------------------------- */

static void walk_list(struct vocabulary *v, uint32_t word, struct list *out)
{
	struct walk w;

	v->ops->start(v, word, &w);
	while (v->ops->next(&w)) {
		put_u32(&out->docs, w.doc);
		put_u32(&out->tfs, w.tf);
		bq_buf_put(&out->positions, v->ops->positions(&w), w.tf * sizeof(uint32_t));
	}
	v->ops->stop(&w);
}

/* The same by vocabulary_take(), with limits and rooms of any size. */
static void take_list(struct vocabulary *v, uint32_t word, bool wants_positions, struct list *out)
{
	uint32_t docs[MAX_ROOM], tfs[MAX_ROOM], limit = 0;
	struct walk w;

	v->ops->start(v, word, &w);
	do {
		struct postings_room room = { .docs = docs, .tfs = tfs, .positions = wants_positions ? &out->positions :
			NULL };
		room.max = room.n = (uint32_t)rng_below(&rng, 3);
		room.max += (uint32_t)rng_skewed(&rng, MAX_ROOM - 3);
		uint32_t before = room.n;
		vocabulary_take(&w, limit, &room);
		assert_in_range(room.n, before, room.max);
		assert_true(room.n == room.max || w.doc >= limit);
		for (uint32_t i = before; i < room.n; i++)
			assert_true(docs[i] < limit);
		bq_buf_put(&out->docs, docs + before, (room.n - before) * sizeof *docs);
		bq_buf_put(&out->tfs, tfs + before, (room.n - before) * sizeof *tfs);
		if (room.n != room.max)
			limit = rng_one_in(&rng, 3) || w.doc > BQ_DOC_END - 70000 ? BQ_DOC_END :
				w.doc + (uint32_t)rng_below(&rng, 70000);
	} while (w.doc != BQ_DOC_END);
	v->ops->stop(&w);
}

/* Words of all inverters ascend. */
static void compare_words(const struct vocabulary *v)
{
	assert_int_equal(v->n_title + v->n_marked, 0);
	for (uint32_t i = 0; i + 1 < v->n; i++)
		assert_true(bq_span_cmp(v->ops->word(v, i), v->ops->word(v, i + 1)) < 0);
}

static void compare_lists(struct vocabulary *v)
{
	struct vocabulary_ops slow_ops = *v->ops;
	const struct vocabulary_ops *fast_ops = v->ops;

	slow_ops.take = NULL;
	for (uint32_t i = 0; i < v->n; i++) {
		for (unsigned way = 0; way < 4; way++) {
			struct list want = { .docs = BQ_BUF_INIT }, got = { .docs = BQ_BUF_INIT };
			walk_list(v, i, &want);
			v->ops = (way & 1) != 0 ? &slow_ops : fast_ops;
			take_list(v, i, way < 2, &got);
			v->ops = fast_ops;
			assert_same(&got.docs, &want.docs);
			assert_same(&got.tfs, &want.tfs);
			if (way < 2)
				assert_same(&got.positions, &want.positions);
			release_list(&want);
			release_list(&got);
		}
	}
}

/* ---- unions ------------------------------------------------------------- */

struct sum {
	uint32_t doc, tf;
};

static int compare_sums(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	return (x->doc > y->doc) - (x->doc < y->doc);
}

/* All documents of the words [from, to), sorted, those of a document added up. */
static void sum_up(struct vocabulary *v, uint32_t from, uint32_t to, struct list *out)
{
	struct bq_buf all = BQ_BUF_INIT;
	struct walk w;

	for (uint32_t i = from; i < to; i++) {
		v->ops->start(v, i, &w);
		while (v->ops->next(&w))
			bq_buf_put(&all, &(struct sum){ w.doc, w.tf }, sizeof(struct sum));
		v->ops->stop(&w);
	}
	struct sum *s = (struct sum *)(void *)all.ptr;
	size_t n = all.len / sizeof *s;
	if (n != 0)
		qsort(s, n, sizeof *s, compare_sums);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && s[i + 1].doc == s[i].doc) {
			s[i + 1].tf += s[i].tf;
			continue;
		}
		put_u32(&out->docs, s[i].doc);
		put_u32(&out->tfs, s[i].tf);
	}
	bq_buf_release(&all);
}

static void compare_union(struct vocabulary *v, struct unite *u)
{
	uint32_t from = (uint32_t)rng_below(&rng, v->n + 1), to = from + (uint32_t)rng_below(&rng, v->n - from + 1);
	uint32_t docs[MAX_ROOM], tfs[MAX_ROOM], calls = rng_one_in(&rng, 5) ? 1 : UINT32_MAX;
	struct list want = { .docs = BQ_BUF_INIT }, got = { .docs = BQ_BUF_INIT };
	struct postings_room room;

	sum_up(v, from, to, &want);
	assert_true(unite_start(u, to - from));
	for (uint32_t i = from; i < to; i++)
		unite_add(u, v, i);
	do {
		room = (struct postings_room){ .docs = docs, .tfs = tfs,
			.max = 1 + (uint32_t)rng_below(&rng, MAX_ROOM) };
		unite_take(u, &room);
		bq_buf_put(&got.docs, docs, room.n * sizeof *docs);
		bq_buf_put(&got.tfs, tfs, room.n * sizeof *tfs);
	} while (room.n != 0 && --calls != 0);
	if (calls != 0) { /* else it is left half done, and the next one must not notice */
		assert_same(&got.docs, &want.docs);
		assert_same(&got.tfs, &want.tfs);
	}
	release_list(&want);
	release_list(&got);
}

/* ---- rounds ------------------------------------------------------------- */

static void test_taken_as_walked(void **state)
{
	struct unite u = { 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		static struct inverter v[INVERTERS];
		const struct inverter *from[INVERTERS];
		uint32_t n = 1 + (uint32_t)rng_below(&rng, INVERTERS);
		unsigned threads = (unsigned)rng_below(&rng, 5);
		struct pool *pool = threads == 0 ? NULL : pool_new(threads);
		struct inverted words;
		for (uint32_t i = 0; i < n; i++) {
			inverter_init(&v[i], round);
			from[i] = &v[i];
		}
		add_documents(v, n);
		assert_true(inverted_init(&words, from, n, pool));
		compare_words(&words.v);
		compare_lists(&words.v);
		for (unsigned i = 0; i < 20; i++)
			compare_union(&words.v, &u);
		assert_int_equal(words.v.ops->check(&words.v, NULL), BQ_OK);
		inverted_release(&words);
		pool_free(pool);
		for (uint32_t i = 0; i < n; i++)
			inverter_release(&v[i]);
	}
	unite_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_taken_as_walked) };

	rng = rng_start("prop_take");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
