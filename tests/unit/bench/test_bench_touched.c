/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counting the bytes that a walk touches: what is counted is what the segment
 * says, and the walk is the same as without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/touched.h"
#include "lib/native_index.h"
#include "segment/segment.h"

enum { DOCS = 4000, COMMON = 2000, RARE = 10 };

/* Ten gaps of 8 low bits, and a one for each; of 399, which nine are, a zero. */
enum { RARE_BYTES = 1 + (10 * 8 + 10 + 9 + 7) / 8 };

static struct native_index native;
static struct bq_arena mem;
static struct bq_read rd;
static struct touched touched;

/* "common" is in every second document, "rare" in ten. */
static int make_index(void **state)
{
	static struct mem_doc docs[DOCS];
	const struct mem_opts opts = { .text.lang = "none" };

	(void)state;
	for (uint32_t i = 0; i < DOCS; i++)
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("a"), .text = i % 400 == 0 ? BQ_SPAN("common rare common")
			: i % 2 == 0 ? BQ_SPAN("a common word") : BQ_SPAN("another") };
	native_index_init(&native, docs, DOCS, &opts, false);
	bq_arena_init(&mem, (size_t)1 << 24);
	rd.mem = &mem;
	return 0;
}

static int drop_index(void **state)
{
	(void)state;
	bq_arena_release(&mem);
	native_index_release(&native);
	return 0;
}

static struct bq_cursor *open_word(const char *word, uint32_t df)
{
	const struct bq_leaf *leaf = native.index->leaves[0];
	struct bq_term t;
	struct bq_cursor *c;

	assert_int_equal(bq_leaf_find(leaf, BQ_TERM_WORD, bq_span_of(word), &t, &rd), BQ_OK);
	assert_int_equal(t.df, df);
	c = bq_cursor_open(leaf, &t, &rd);
	assert_non_null(c);
	return c;
}

static struct postings_list list_of(const struct bq_cursor *c)
{
	const struct segment *s = segment_of(c->leaf);
	struct postings_list list;
	struct tinfo info = tinfo_get((const uint8_t *)s->tinfo.ptr + c->term.priv[SEGMENT_PRIV_POST] * TINFO_BYTES);

	assert_true(postings_open(s->post, &info, c->leaf->n_docs, &list));
	return list;
}

static void test_scan(void **state)
{
	uint32_t n = 0;

	(void)state;
	touched_begin(native.index, &touched);
	struct bq_cursor *c = open_word("common", COMMON);
	for (; bq_cursor_next(c) != BQ_DOC_END; n++)
		assert_int_equal(c->doc, 2 * n);
	touched_end(native.index);
	assert_int_equal(n, COMMON);
	assert_int_equal(touched.postings, COMMON);
	assert_int_equal(touched.blocks, 8);
	/* without tfs: nine of the full blocks' are exceptions of 2 bytes, all others take no bit */
	assert_int_equal(touched.post, list_of(c).blocks.len - 9 * 2);
	assert_int_equal(touched.skip, 8 * 12);
	assert_int_equal(touched.pos + touched.places, 0);
}

static void test_seek(void **state)
{
	(void)state;
	touched_begin(native.index, &touched);
	struct bq_cursor *c = open_word("common", COMMON);
	assert_int_equal(bq_cursor_seek(c, 3997), 3998);
	touched_end(native.index);
	struct postings_list list = list_of(c);
	assert_int_equal(touched.blocks, 1);
	assert_int_equal(touched.post, postings_block_at(&list, 7).len);
	assert_int_equal(touched.skip, 12 + 7 * 4);
}

static void test_positions(void **state)
{
	const uint32_t *positions;
	uint32_t n;

	(void)state;
	touched_begin(native.index, &touched);
	struct bq_cursor *c = open_word("common", COMMON);
	assert_int_equal(bq_cursor_seek(c, 800), 800);
	positions = bq_cursor_positions(c, &n);
	assert_true(n == 2 && positions[1] == positions[0] + 2);
	assert_int_equal(bq_cursor_next(c), 802);
	(void)bq_cursor_positions(c, &n);
	touched_end(native.index);
	assert_int_equal(touched.places, 2);
	assert_int_equal(touched.pos, 2 * 64);
}

static void test_small_list(void **state)
{
	uint32_t n = 0;

	(void)state;
	touched_begin(native.index, &touched);
	struct bq_cursor *c = open_word("rare", RARE);
	while (bq_cursor_next(c) != BQ_DOC_END)
		n++;
	touched_end(native.index);
	assert_int_equal(n, RARE);
	assert_int_equal(touched.postings, RARE);
	assert_int_equal(touched_bytes(&touched), RARE_BYTES);
}

static void test_bounds(void **state)
{
	uint32_t last;

	(void)state;
	touched_begin(native.index, &touched);
	struct bq_cursor *c = open_word("common", COMMON);
	assert_true(bq_cursor_range_impact(c, 0, 100) != 0);
	assert_true(bq_cursor_block_impact(c, 0, &last) != 0);
	assert_int_equal(last, 2 * 255);
	assert_true(bq_cursor_nth_impact(c, 3) != 0);
	assert_int_equal(bq_cursor_nth_impact(c, 17), 0);
	c = open_word("rare", RARE);
	(void)bq_cursor_range_impact(c, 0, 100);
	touched_end(native.index);
	assert_int_equal(touched.bound, 6 + 6 + 16);
	assert_int_equal(touched_bytes(&touched), 6 + 6 + 16 + RARE_BYTES);
}

/* After the end nothing counts, and nothing is left behind. */
static void test_end(void **state)
{
	const struct bq_leaf_ops *before = native.index->leaves[0]->ops;

	(void)state;
	touched_begin(native.index, &touched);
	assert_ptr_not_equal(native.index->leaves[0]->ops, before);
	touched_end(native.index);
	assert_ptr_equal(native.index->leaves[0]->ops, before);
	assert_int_equal(bq_cursor_next(open_word("common", COMMON)), 0);
	assert_int_equal(touched_bytes(&touched), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_seek),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_small_list),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, make_index, drop_index);
}
