/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking a key up in the dictionary against walking there: keys that are in
 * it, beginnings, continuations and neighbours of them, of every kind.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"
#include "segment/segment_write.h"

enum { MAX_KEYS = 3000, N_DOCS = 300, ROUNDS = 30, QUESTIONS = 4000 };

struct key {
	char bytes[TERMS_MAX_KEY]; /* with the kind byte, if any */
	size_t len;
};

static struct rng rng;
static struct key keys[MAX_KEYS];
static uint32_t n_keys;

static struct bq_span span_of(const struct key *k)
{
	return bq_span_make(k->bytes, k->len);
}

static int compare_keys(const void *a, const void *b)
{
	return bq_span_cmp(span_of(a), span_of(b));
}

/* Few letters, so that keys begin alike; now and then a byte above ASCII. */
static char draw_letter(unsigned n_letters)
{
	return rng_one_in(&rng, 40) ? (char)0xc3 : (char)('a' + rng_below(&rng, n_letters));
}

static struct key draw_key(unsigned n_letters)
{
	struct key k = { .len = 0 };
	size_t n = rng_one_in(&rng, 8) ? rng_below(&rng, TERMS_MAX_KEY - 1) : rng_below(&rng, 12);

	if (rng_one_in(&rng, 2))
		k.bytes[k.len++] = (char)rng_between(&rng, BQ_TERM_STEM, BQ_TERM_MARKED);
	if (n_keys != 0 && rng_one_in(&rng, 3)) { /* begins as another */
		const struct key *like = &keys[rng_below(&rng, n_keys)];
		k.len = rng_below(&rng, like->len + 1);
		memcpy(k.bytes, like->bytes, k.len);
	}
	while (n-- > 0 && k.len < TERMS_MAX_KEY - 1)
		k.bytes[k.len++] = draw_letter(n_letters);
	if (k.len < 1 + (terms_kind(span_of(&k)) != BQ_TERM_WORD))
		k.bytes[k.len++] = 'a';
	return k;
}

static void draw_keys(void)
{
	unsigned n_letters = 1 + (unsigned)rng_below(&rng, 5), want = (unsigned)rng_below(&rng, MAX_KEYS) + 1;
	uint32_t n = 0;

	for (n_keys = 0; n_keys < want; n_keys++)
		keys[n_keys] = draw_key(n_letters);
	qsort(keys, n_keys, sizeof *keys, compare_keys);
	for (uint32_t i = 0; i < n_keys; i++)
		if (n == 0 || compare_keys(&keys[i], &keys[n - 1]) != 0)
			keys[n++] = keys[i];
	n_keys = n;
}

static void put_postings(struct segment_writer *w, unsigned kind)
{
	uint32_t df = rng_one_in(&rng, 3) ? 1 : rng_one_in(&rng, 30) ? N_DOCS : (uint32_t)rng_below(&rng, 40) + 1;
	const uint32_t positions[] = { 3, 5, 90 };

	for (uint32_t d = 0; d < df; d++)
		segment_writer_posting(w, d, 1 + (uint32_t)rng_below(&rng, 3), kind == BQ_TERM_WORD ? positions : NULL);
}

/* A stem names words by their place, sound or not: nobody follows them here. */
static void put_term(struct segment_writer *w, const struct key *k)
{
	unsigned kind = terms_kind(span_of(k));
	const uint32_t forms[] = { 0, 7, 1000000 };
	uint32_t n_forms = terms_kind_is_stem(kind) ? 1 + (uint32_t)rng_below(&rng, 3) : 0;

	segment_writer_term(w, (enum bq_term_kind)kind, bq_span_from(span_of(k), kind != BQ_TERM_WORD), forms, n_forms);
	if (n_forms != 1)
		put_postings(w, kind);
}

static struct segment *write_and_open(int dirfd)
{
	struct segment_params params = { .number = 7, .text_id = 99, .k1 = 0.9f, .b = 0.4f, .is_temporary = true };
	struct bq_doc_in in = { .id = BQ_SPAN("id"), .path = BQ_SPAN("-"), .text = BQ_SPAN("a") };
	struct segment_doc doc = { .in = &in, .words = 100, .length = 100 };
	struct segment_info info;
	struct bq_error err;
	struct segment *s;
	struct segment_writer *w = segment_writer_new(dirfd, &params, &err);

	assert_non_null(w);
	for (uint32_t d = 0; d < N_DOCS; d++)
		segment_writer_doc(w, &doc);
	segment_writer_begin_terms(w, 100);
	for (uint32_t i = 0; i < n_keys; i++)
		put_term(w, &keys[i]);
	assert_int_equal(segment_writer_finish(w, &info, &err), BQ_OK);
	assert_int_equal(segment_open(dirfd, "00000007.seg", &s, &err), BQ_OK);
	return s;
}

/* A key of the dictionary, or one that might be beside it. */
static struct key draw_question(void)
{
	struct key k = keys[rng_below(&rng, n_keys)];

	switch (rng_below(&rng, 6)) {
	case 0:
		return draw_key(1 + (unsigned)rng_below(&rng, 6));
	case 1:
		k.len = rng_below(&rng, k.len + 1);
		return k;
	case 2:
		if (k.len < TERMS_MAX_KEY - 1)
			k.bytes[k.len++] = draw_letter(3);
		return k;
	case 3:
		if (k.len != 0)
			k.bytes[rng_below(&rng, k.len)] ^= (char)(1u << rng_below(&rng, 8));
		return k;
	default:
		return k;
	}
}

/* By walking: the slow twin. */
static bool walk_to(const struct terms_reader *t, struct bq_span key, struct terms_iter *it)
{
	assert_int_equal(terms_seek(t, key, it), BQ_OK);
	int rc = terms_next(it);
	assert_true(rc == BQ_OK || rc == BQ_END);
	return rc == BQ_OK && bq_span_eq(terms_key(it), key);
}

static void check_question(const struct terms_reader *t, const struct key *k)
{
	struct terms_iter want, got;
	bool is_there = walk_to(t, span_of(k), &want);

	assert_int_equal(terms_find(t, span_of(k), &got), is_there ? BQ_OK : BQ_ENOTFOUND);
	assert_true(is_there == (bsearch(k, keys, n_keys, sizeof *keys, compare_keys) != NULL));
	if (!is_there)
		return;
	assert_true(bq_span_eq(terms_key(&got), span_of(k)));
	assert_int_equal(got.ord, want.ord);
	assert_memory_equal(&got.entry, &want.entry, sizeof want.entry);
	/* both go on alike */
	assert_int_equal(terms_next(&got), terms_next(&want));
	assert_true(bq_span_eq(terms_key(&got), terms_key(&want)));
}

static void finds_what_a_walk_comes_to(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct tmpdir dir;
		tmpdir_init(&dir);
		int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
		draw_keys();
		struct segment *s = write_and_open(dirfd);
		for (unsigned i = 0; i < QUESTIONS; i++) {
			struct key k = draw_question();
			check_question(&s->terms, &k);
		}
		segment_close(s);
		(void)close(dirfd);
		tmpdir_release(&dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_what_a_walk_comes_to) };

	rng = rng_start("prop_terms");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
