/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Single tfs picked from a block are those that decoding all gives, exceptions
 * included, in blocks as they are written and in damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "segment/postings.h"

static struct rng rng;

enum { BEHIND = 32 }; /* readable behind a block */

/* tfs of up to `bits` bits, now and then a larger one. */
static void make_tfs(uint32_t tfs[BQ_BLOCK_DOCS])
{
	unsigned bits = (unsigned)rng_below(&rng, 32), rare = 1 + (unsigned)rng_below(&rng, 60);

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++) {
		unsigned more = rng_one_in(&rng, rare) ? (unsigned)rng_below(&rng, 9) : 0;
		more = bits + more < 32 ? bits + more : 31;
		tfs[i] = 1 + (uint32_t)(rng_next(&rng) & ((UINT64_C(1) << more) - 1));
	}
}

/* A block alone in its memory, of sorted documents or bits. */
static struct bq_span make_block(const uint32_t *tfs)
{
	uint32_t docs[BQ_BLOCK_DOCS], doc = 0, far = 1 + (uint32_t)rng_below(&rng, 200);
	struct bq_buf b = BQ_BUF_INIT;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++) {
		docs[i] = doc;
		doc += 1 + (uint32_t)rng_below(&rng, far);
	}
	postings_put_block(&b, docs, tfs, BQ_BLOCK_DOCS, 0);
	assert_false(b.oom);
	char *bytes = malloc(b.len + BEHIND);
	assert_non_null(bytes);
	memcpy(bytes, b.ptr, b.len);
	memset(bytes + b.len, 0xff, BEHIND); /* nobody takes them for exceptions */
	struct bq_span block = bq_span_make(bytes, b.len);
	bq_buf_release(&b);
	return block;
}

/* All places, a few at a time; whether no tf was none. */
static bool pick_all(struct bq_span block, uint32_t picked[BQ_BLOCK_DOCS])
{
	uint8_t places[BQ_BLOCK_DOCS];
	bool ok = true;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++)
		places[i] = (uint8_t)i;
	for (uint32_t i = 0, n; i < BQ_BLOCK_DOCS; i += n) {
		n = 1 + (uint32_t)rng_below(&rng, 4);
		n = n < BQ_BLOCK_DOCS - i ? n : BQ_BLOCK_DOCS - i;
		ok &= postings_pick_tfs(block, places + i, n, picked + i);
	}
	return ok;
}

static void test_written(void **state)
{
	uint32_t tfs[BQ_BLOCK_DOCS], picked[BQ_BLOCK_DOCS], n_exceptions = 0;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		make_tfs(tfs);
		struct bq_span block = make_block(tfs);
		n_exceptions += (uint8_t)block.ptr[2];
		if (postings_can_pick(block)) {
			assert_true(pick_all(block, picked));
			assert_memory_equal(picked, tfs, sizeof tfs);
		}
		free((void *)(uintptr_t)block.ptr);
	}
	assert_true(n_exceptions > 3000);
}

/* Bytes behind the header change; what decoding takes is picked alike. */
static void test_damaged(void **state)
{
	uint32_t tfs[BQ_BLOCK_DOCS + 8], picked[BQ_BLOCK_DOCS], taken = 0;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		make_tfs(tfs);
		struct bq_span block = make_block(tfs);
		char *bytes = (char *)(uintptr_t)block.ptr;
		size_t at = rng_one_in(&rng, 3) ? rng_below(&rng, 4) : 4 + rng_below(&rng, block.len - 4);
		bytes[at] ^= (char)(1u << rng_below(&rng, 8));
		if (postings_block_fits(block, BQ_BLOCK_DOCS) && postings_can_pick(block)) {
			bool picks = pick_all(block, picked), is_sound = postings_get_tfs(&bitpack_scalar, block, tfs);
			assert_true(picks || !is_sound);
			if (is_sound) {
				assert_memory_equal(picked, tfs, sizeof picked);
				taken++;
			}
		}
		free(bytes);
	}
	assert_in_range(taken, 100, 2999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_damaged),
	};

	rng = rng_start("prop_postings");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
