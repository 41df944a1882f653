/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs of pairs against a table of counts, and runs that a disk has changed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bq/bytes.h>

#include "lib/rng.h"
#include "pairs/runs.h"

enum { WORDS = 5, DOCS = 40, DOC_WORDS = 12 };

static struct rng rng;
static uint16_t slots[DOCS * (DOC_WORDS + 1) + 1]; /* a 0 before each document */
static uint64_t bases[DOCS + 1];
static uint32_t ends[DOCS];
static uint32_t counts[WORDS][WORDS][DOCS];

/* ---- documents --------------------------------------------------------- */

static void make_docs(void)
{
	memset(slots, 0, sizeof slots);
	memset(counts, 0, sizeof counts);
	for (uint32_t d = 0; d < DOCS; d++) {
		bases[d] = d * (DOC_WORDS + 1ull) + 1;
		ends[d] = DOC_WORDS;
		uint16_t *p = slots + bases[d];
		for (uint32_t i = 0; i < DOC_WORDS; i++) {
			p[i] = (uint16_t)rng_below(&rng, WORDS + 1);
			if (i > 0 && p[i - 1] != 0 && p[i] != 0)
				counts[p[i - 1] - 1][p[i] - 1][d]++;
		}
	}
	bases[DOCS] = sizeof slots / sizeof *slots;
}

/* Runs of all documents, in as little memory as there may be: some. */
static void add_all(struct runs *r)
{
	struct scan window = { .first = 0, .end = DOCS, .ends = ends, .bases = bases, .slots = slots };

	memset(r, 0, sizeof *r);
	spool_init(&r->file, -1, 0);
	assert_int_equal(runs_init(r, WORDS, DOCS, 0), BQ_OK);
	assert_int_equal(runs_add(r, &window), BQ_OK);
	assert_true(r->ends.len >= 3 * sizeof(uint64_t));
}

/* ---- tests ------------------------------------------------------------- */

/* Whether the pair at hand is the next one that documents have, from `at` on. */
static void expect_pair(const struct runs *r, uint32_t *at)
{
	uint32_t df = 0, ttf = 0;

	for (; df == 0; ++*at) {
		assert_true(*at < WORDS * WORDS);
		for (uint32_t d = 0; d < DOCS; d++) {
			uint32_t n = counts[*at / WORDS][*at % WORDS][d];
			if (n == 0)
				continue;
			assert_true(df < r->df);
			assert_int_equal(r->docs[df], d);
			assert_int_equal(r->tfs[df++], n);
			ttf += n;
		}
	}
	assert_int_equal(r->a * WORDS + r->b, *at - 1);
	assert_int_equal(r->df, df);
	assert_int_equal(r->ttf, ttf);
}

static void test_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct runs r;
		uint32_t at = 0;
		int rc;

		make_docs();
		add_all(&r);
		assert_int_equal(runs_finish(&r), BQ_OK);
		while ((rc = runs_next(&r)) == BQ_OK)
			expect_pair(&r, &at);
		assert_int_equal(rc, BQ_END);
		for (; at < WORDS * WORDS; at++)
			for (uint32_t d = 0; d < DOCS; d++)
				assert_int_equal(counts[at / WORDS][at % WORDS][d], 0);
		runs_release(&r);
	}
}

/* From any byte on a run of bytes that end no number: never the end of the run, nor
 * a document counted again. */
static void test_damage(void **state)
{
	(void)state;
	make_docs();
	for (uint64_t from = 0, end = 1; from < end; from++) {
		struct runs r;

		add_all(&r);
		end = bq_get_u64(r.ends.ptr); /* of the first run */
		memset(r.file.buf.ptr + from, 0xff, end - from);
		errno = 0;
		int rc = runs_finish(&r);
		while (rc == BQ_OK)
			rc = runs_next(&r);
		if (rc != BQ_EIO || errno != EIO)
			fail_msg("0xff from byte %u of %u on: %d", (unsigned)from, (unsigned)end, rc);
		runs_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_damage),
	};

	rng = rng_start("test_runs");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
