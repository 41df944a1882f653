/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists asked about many documents at once say what they say a document at a
 * time: fill, hold, load_block and seek in any mixture, on every CPU path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <bq/buf.h>

#include "lib/native_index.h"
#include "lib/rng.h"

enum { N_DOCS = 30000, MAX_ASKED = 700 };

static const char *const words[] = { "all", "most", "half", "eighth", "fortieth", "burst", "end", "rare", "once" };
enum { N_WORDS = sizeof words / sizeof words[0] };

static struct rng rng;
static struct mem_doc docs[N_DOCS];
static struct bq_buf texts[N_DOCS];

static void put_word(uint32_t doc, const char *word, bool is_there)
{
	for (uint64_t n = !is_there ? 0 : 1 + rng_skewed(&rng, rng_one_in(&rng, 300) ? 900 : 4); n > 0; n--)
		bq_buf_printf(&texts[doc], "%s ", word);
}

static void make_text(uint32_t doc)
{
	put_word(doc, words[0], true);
	put_word(doc, words[1], !rng_one_in(&rng, 9));
	put_word(doc, words[2], rng_one_in(&rng, 2));
	put_word(doc, words[3], rng_one_in(&rng, 8));
	put_word(doc, words[4], rng_one_in(&rng, 40));
	put_word(doc, words[5], doc / 600 % 7 == 3 && rng_one_in(&rng, doc / 6000 + 1));
	put_word(doc, words[6], doc >= N_DOCS - 280);
	put_word(doc, words[7], rng_one_in(&rng, 300));
	put_word(doc, words[8], doc == N_DOCS / 3);
}

struct list {
	uint32_t n;
	uint32_t docs[N_DOCS], tfs[N_DOCS];
};

static struct list truth[N_WORDS];

static struct bq_cursor *open_list(const struct bq_leaf *l, unsigned word, struct bq_read *rd)
{
	struct bq_cursor *c;
	struct bq_term t;

	assert_int_equal(bq_leaf_find(l, BQ_TERM_WORD, bq_span_of(words[word]), &t, rd), BQ_OK);
	c = bq_cursor_open(l, &t, rd);
	assert_non_null(c);
	return c;
}

static void read_truth(const struct bq_leaf *l, struct bq_read *rd)
{
	for (unsigned w = 0; w < N_WORDS; w++) {
		struct bq_cursor *c = open_list(l, w, rd);
		truth[w].n = 0;
		for (uint32_t doc = bq_cursor_next(c); doc != BQ_DOC_END; doc = bq_cursor_next(c)) {
			truth[w].tfs[truth[w].n] = bq_cursor_tf(c);
			truth[w].docs[truth[w].n++] = doc;
		}
	}
}

/* Where the list goes on at `doc`. */
static uint32_t place_of(const struct list *l, uint32_t doc)
{
	uint32_t i = 0;

	while (i < l->n && l->docs[i] < doc)
		i++;
	return i;
}

static uint32_t check_fill(struct bq_cursor *c, const struct list *l, uint32_t from)
{
	uint32_t base = (from + 63) & ~63u, to = base + 1 + (uint32_t)rng_below(&rng, 9000);
	uint64_t bits[9064 / 64 + 1] = { 0 };
	uint32_t i = place_of(l, base), next = bq_cursor_fill(c, base, to, bits);

	for (uint32_t doc = base; doc < to; doc++) {
		bool is_there = i < l->n && l->docs[i] == doc;
		i += is_there;
		assert_int_equal((bits[(doc - base) / 64] >> (doc & 63)) & 1, is_there);
	}
	assert_true(next >= to);
	assert_true(i == l->n || l->docs[i] >= next);
	return to;
}

static uint32_t check_hold(struct bq_cursor *c, const struct list *l, uint32_t from)
{
	uint32_t asked[MAX_ASKED] = { 0 }, tfs[MAX_ASKED], n = 0, step = 1 + (uint32_t)rng_skewed(&rng, 2000);
	uint16_t at[MAX_ASKED];
	bool with_tfs = rng_one_in(&rng, 2);

	for (uint32_t max = (uint32_t)rng_between(&rng, 1, MAX_ASKED); n < max && from < N_DOCS; n++) {
		asked[n] = from;
		from += 1 + (uint32_t)rng_below(&rng, step);
	}
	uint32_t held = bq_cursor_hold(c, asked, n, at, with_tfs ? tfs : NULL), j = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t p = place_of(l, asked[i]);
		if (p == l->n || l->docs[p] != asked[i])
			continue;
		assert_true(j < held);
		assert_int_equal(at[j], i);
		if (with_tfs)
			assert_int_equal(tfs[j], l->tfs[p]);
		j++;
	}
	assert_int_equal(j, held);
	return from;
}

static uint32_t check_seek(struct bq_cursor *c, const struct list *l, uint32_t from)
{
	uint32_t target = from + (uint32_t)rng_skewed(&rng, 3000), p = place_of(l, target);

	assert_int_equal(bq_cursor_seek(c, target), p == l->n ? BQ_DOC_END : l->docs[p]);
	if (p != l->n)
		assert_int_equal(bq_cursor_tf(c), l->tfs[p]);
	return target;
}

static void check_blocks(struct bq_cursor *c, const struct list *l)
{
	uint32_t n_blocks, block;

	(void)bq_cursor_block_impacts(c, &n_blocks);
	assert_int_equal(n_blocks, (l->n + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS);
	for (int i = 0; i < 5; i++) {
		block = (uint32_t)rng_below(&rng, n_blocks);
		assert_true(c->ops->load_block(c, block));
		assert_memory_equal(c->docs, l->docs + (size_t)block * BQ_BLOCK_DOCS, c->n * sizeof *c->docs);
		assert_memory_equal(bq_cursor_tfs(c), l->tfs + (size_t)block * BQ_BLOCK_DOCS, c->n * sizeof *c->tfs);
	}
	assert_false(c->ops->load_block(c, n_blocks));
}

static void check_list(const struct bq_leaf *leaf, unsigned w, struct bq_read *rd)
{
	struct bq_cursor *c = open_list(leaf, w, rd);

	for (int round = 0; round < 30; round++) {
		uint32_t from = rng_one_in(&rng, 4) ? (uint32_t)rng_below(&rng, N_DOCS) : 0;
		uint64_t kind = rng_below(&rng, 4);
		while (from < N_DOCS && c->doc != BQ_DOC_END) {
			uint64_t how = kind == 3 ? rng_below(&rng, 3) : kind;
			from = how == 0 ? check_fill(c, &truth[w], from) : how == 1 ? check_hold(c, &truth[w], from)
				: check_seek(c, &truth[w], from);
		}
		bq_cursor_rewind(c);
	}
	check_blocks(open_list(leaf, w, rd), &truth[w]);
}

static void check_index(const struct bq_index *ix)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };

	bq_arena_init(&mem, 16 << 20);
	assert_int_equal(ix->n_leaves, 1);
	read_truth(ix->leaves[0], &rd);
	for (unsigned w = 0; w < N_WORDS; w++)
		check_list(ix->leaves[0], w, &rd);
	assert_int_equal(rd.error.status, BQ_OK);
	bq_arena_release(&mem);
}

static void many_are_as_one_by_one(void **state)
{
	struct mem_opts opts = { .text.lang = "none", .k1 = 0.9f, .b = 0.4f };
	struct native_index native;
	struct bq_index *scalar;
	struct bq_error err;

	(void)state;
	for (uint32_t i = 0; i < N_DOCS; i++) {
		make_text(i);
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("x"), .text = bq_buf_span(&texts[i]) };
	}
	native_index_init(&native, docs, N_DOCS, &opts, false);
	check_index(native.index);
	setenv("BQ_CPU", "scalar", 1);
	assert_int_equal(bq_index_open(native.dir.path, &scalar, &err), BQ_OK);
	unsetenv("BQ_CPU");
	check_index(scalar);
	bq_index_unref(scalar);
	native_index_release(&native);
	for (uint32_t i = 0; i < N_DOCS; i++)
		bq_buf_release(&texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_are_as_one_by_one),
	};

	rng = rng_start("prop_cursor");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
