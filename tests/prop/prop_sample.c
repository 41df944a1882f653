/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a dictionary is trained on, against its plain twin: the live documents'
 * text as one string, and of it the bytes whose place says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/build.h>

#include "build/merged.h"
#include "lib/native_index.h"
#include "lib/rng.h"
#include "reorder/sample.h"

enum { MAX_DOCS = 60, MAX_TEXT = 30000 };

static struct rng rng;
static struct mem_doc docs[MAX_DOCS];
static struct bq_buf texts[MAX_DOCS];
static struct merge_input in[MERGED_MAX];
static struct bq_error err;

static void make_docs(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t len = rng_one_in(&rng, 5) ? 0 : (size_t)rng_skewed(&rng, MAX_TEXT);
		bq_buf_clear(&texts[i]);
		while (texts[i].len < len)
			bq_buf_printf(&texts[i], "w%u ", (unsigned)rng_below(&rng, 50));
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("p"), .text = bq_buf_span(&texts[i]),
			.is_dead = rng_one_in(&rng, 4) };
	}
}

/* The twin. */
static void expect(uint32_t n, uint64_t most, struct bq_buf *out)
{
	struct bq_buf all = BQ_BUF_INIT;
	size_t frames = (size_t)most / BQ_FRAME_BYTES, stride;

	for (uint32_t i = 0; i < n; i++)
		if (!docs[i].is_dead)
			bq_buf_put_span(&all, docs[i].text);
	stride = (all.len + frames - 1) / frames;
	for (size_t i = 0; i < all.len; i++)
		if (stride <= BQ_FRAME_BYTES || i % stride < BQ_FRAME_BYTES)
			bq_buf_put_u8(out, all.ptr[i]);
	assert_true(out->len <= most);
	bq_buf_release(&all);
}

static uint32_t list_inputs(const struct bq_index *ix)
{
	memset(in, 0, sizeof in);
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		in[i].segment = segment_of(ix->leaves[i]);
		in[i].dead = ix->leaves[i]->dead;
	}
	return ix->n_leaves;
}

static void test_equal_distances(void **state)
{
	static const struct mem_opts opts = { .text = { .lang = "none" }, .k1 = 0.9f, .b = 0.4f };

	(void)state;
	for (int round = 0; round < 40; round++) {
		uint32_t n = (uint32_t)rng_between(&rng, 1, MAX_DOCS);
		struct bq_buf got = BQ_BUF_INIT, want = BQ_BUF_INIT;
		struct native_index ix;
		make_docs(n);
		native_index_init(&ix, docs, n, &opts, rng_one_in(&rng, 2));
		uint32_t n_in = list_inputs(ix.index);
		for (uint64_t most = BQ_FRAME_BYTES; most < 64 * BQ_FRAME_BYTES; most *= 2) {
			bq_buf_clear(&got);
			bq_buf_clear(&want);
			struct sample_limits limits = { most, rng_below(&rng, 1 << 20) };
			assert_int_equal(sample_take(in, n_in, &limits, &got, &err), BQ_OK);
			expect(n, most, &want);
			assert_int_equal(got.len, want.len);
			assert_true(got.len == 0 || memcmp(got.ptr, want.ptr, got.len) == 0);
		}
		native_index_release(&ix);
		bq_buf_release(&got);
		bq_buf_release(&want);
	}
}

/* Frames of nonsense are told, not learnt from. */
static void test_damage(void **state)
{
	static const struct mem_opts opts = { .text = { .lang = "none" }, .k1 = 0.9f, .b = 0.4f };
	const struct sample_limits limits = { MAX_TEXT, 0 };
	struct bq_buf text = BQ_BUF_INIT, copy = BQ_BUF_INIT, got = BQ_BUF_INIT;
	struct native_index ix;
	struct segment *bad;

	(void)state;
	while (text.len < MAX_TEXT)
		bq_buf_printf(&text, "word ");
	docs[0] = (struct mem_doc){ .path = BQ_SPAN("p"), .text = bq_buf_span(&text) };
	native_index_init(&ix, docs, 1, &opts, false);
	(void)list_inputs(ix.index);
	const struct segment *s = in[0].segment;
	bq_buf_put_span(&copy, mapfile_span(&s->map));
	memset(copy.ptr + (s->docs.frames.ptr - (const char *)s->map.ptr), 0xff, s->docs.frames.len);
	assert_int_equal(segment_open_bytes(bq_buf_span(&copy), "bad", &bad, &err), BQ_OK);
	in[0].segment = bad;
	assert_int_equal(sample_take(in, 1, &limits, &got, &err), BQ_EFORMAT);
	assert_non_null(strstr(err.msg, "[F29]"));
	segment_close(bad);
	native_index_release(&ix);
	bq_buf_release(&copy);
	bq_buf_release(&text);
	bq_buf_release(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_distances),
		cmocka_unit_test(test_damage),
	};

	rng = rng_start("prop_sample");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (uint32_t i = 0; i < MAX_DOCS; i++)
		bq_buf_release(&texts[i]);
	return failed;
}
