/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the numbers of words and pairs say of a phrase, against the text itself:
 * never more starts than there are, and words are spared only where the others'
 * places are enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/rng.h"
#include "query/phrase/joints.h"

enum { MAX_WORDS = 6, MAX_LISTS = 2 * MAX_WORDS, MAX_PLACES = 80, N = 3000 };

/* Texts of numbers, and a phrase of them. */
struct fixture {
	uint8_t text[JOINTS_DOCS][MAX_PLACES];
	uint32_t len[JOINTS_DOCS], n_docs;
	uint32_t words[MAX_WORDS], pairs[MAX_WORDS];
	uint32_t tfs[MAX_LISTS][JOINTS_DOCS], needed[MAX_LISTS][JOINTS_DOCS];
	struct joints_list lists[MAX_LISTS];
	struct joints joints;
};

static struct fixture f;

/* Whether a lookup would come to the document: it has all pairs. */
static bool has_pairs(uint32_t doc)
{
	for (uint32_t i = 0; i + 1 < f.joints.n; i++)
		if (f.tfs[f.pairs[i]][doc] == 0)
			return false;
	return true;
}

/* How often words i to i + n - 1 of the phrase stand side by side; those of
 * another list than `but` only. */
static uint32_t count(uint32_t doc, uint32_t i, uint32_t n, uint32_t but)
{
	uint32_t found = 0;

	for (uint32_t at = 0; at + n <= f.len[doc]; at++) {
		uint32_t k = 0;
		while (k < n && (f.words[i + k] == but || f.text[doc][at + k] == f.words[i + k]))
			k++;
		found += k == n;
	}
	return found;
}

static void make_texts(struct rng *r, uint32_t n_words)
{
	f.n_docs = (uint32_t)rng_between(r, 1, JOINTS_DOCS);
	for (uint32_t d = 0; d < f.n_docs; d++) {
		uint32_t *n = &f.len[d];
		uint32_t most = (uint32_t)rng_between(r, MAX_WORDS, MAX_PLACES);
		for (*n = 0; *n < most;) {
			if (rng_one_in(r, 3)) { /* a part of the phrase */
				for (uint32_t i = (uint32_t)rng_below(r, n_words);
					i < n_words && *n < most && !rng_one_in(r, 6); i++)
					f.text[d][(*n)++] = (uint8_t)f.words[i];
			} else {
				f.text[d][(*n)++] = (uint8_t)rng_below(r, 2 * MAX_WORDS);
			}
		}
	}
}

/* A phrase all of whose neighbours are pairs, two of the same having one list. */
static void make_phrase(struct rng *r)
{
	uint32_t n = (uint32_t)rng_between(r, 3, MAX_WORDS), n_lists = n;

	for (uint32_t i = 0; i < n; i++)
		f.words[i] = (uint32_t)rng_below(r, n); /* its list, too */
	for (uint32_t i = 0; i < n; i++) {
		f.pairs[i] = i + 1 < n ? n_lists++ : JOINTS_NONE;
		for (uint32_t k = 0; k < i && i + 1 < n; k++)
			if (f.words[k] == f.words[i] && f.words[k + 1] == f.words[i + 1])
				f.pairs[i] = f.pairs[k];
	}
	make_texts(r, n);
	memset(f.tfs, 0, sizeof f.tfs);
	memset(f.needed, 0, sizeof f.needed);
	for (uint32_t i = 0; i < MAX_LISTS; i++)
		f.lists[i] = (struct joints_list){ f.tfs[i], f.needed[i] };
	for (uint32_t d = 0; d < f.n_docs; d++) {
		for (uint32_t i = 0; i < n; i++)
			f.tfs[f.words[i]][d] = count(d, i, 1, UINT32_MAX);
		for (uint32_t i = 0; i + 1 < n; i++)
			f.tfs[f.pairs[i]][d] = count(d, i, 2, UINT32_MAX);
	}
	f.joints = (struct joints){ n, f.words, f.pairs, n, f.lists };
}

static void check_fewest(void)
{
	uint32_t fewest[JOINTS_DOCS];

	assert_true(joints_is_chain(&f.joints));
	joints_fewest(&f.joints, f.n_docs, fewest);
	for (uint32_t d = 0; d < f.n_docs; d++) {
		uint32_t starts = count(d, 0, f.joints.n, UINT32_MAX);
		assert_true(fewest[d] <= starts);
		/* Every second word is behind a first. */
		if (f.joints.n == 3 && f.tfs[f.words[1]][d] == f.tfs[f.pairs[0]][d])
			assert_int_equal(fewest[d], starts);
	}
}

static void check_spared(uint32_t list)
{
	uint32_t spared[JOINTS_DOCS];

	(void)joints_spare(&f.joints, list, f.n_docs, spared);
	for (uint32_t d = 0; d < f.n_docs; d++)
		if (spared[d] != 0 && has_pairs(d))
			assert_int_equal(count(d, 0, f.joints.n, list), count(d, 0, f.joints.n, UINT32_MAX));
}

static void test_numbers(void **state)
{
	struct rng r = rng_start("prop_joints");

	(void)state;
	for (int i = 0; i < N; i++) {
		make_phrase(&r);
		check_fewest();
		check_spared((uint32_t)rng_below(&r, f.joints.n));
	}
}

static void test_shapes(void **state)
{
	uint32_t words[4] = { 0, 1, 2, 1 }, pairs[4] = { 4, JOINTS_NONE, 5, JOINTS_NONE };
	struct joints j = { .n = 4, .words = words, .pairs = pairs };

	(void)state;
	assert_false(joints_is_chain(&j));
	pairs[1] = 6;
	assert_true(joints_is_chain(&j));
	assert_false(joints_is_inner(&j, 0));
	assert_true(joints_is_inner(&j, 1));
	assert_true(joints_is_inner(&j, 2));
	j.n = 2; /* nothing between them */
	assert_false(joints_is_chain(&j));
	j.n = 0; /* no pairs */
	assert_false(joints_is_chain(&j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
