/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Queries of a segment with damage behind checksums that match: in its dictionary,
 * its lists, its positions, its lists of pairs.  A query gets an answer or
 * BQ_EFORMAT and never reads outside the bytes.  What verify calls sound is an
 * index like any other: no query complains, and the fast way and the slow one, on
 * the scalar path, find the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/query.h>

#include "lib/docgen.h"
#include "lib/made_index.h"
#include "lib/rng.h"
#include "lib/segfile.h"
#include "lib/tmpdir.h"
#include "query/phrase/starts.h"
#include "segment/segment.h"

enum { DOCS = 700, WORDS = 24, VOCABULARY = 30, FILES = 200, QUERIES = 12, LIMIT = 1000 };

static struct rng rng;

/* ---- a sound file ------------------------------------------------------- */

static void make_doc(uint32_t d, struct bq_buf *text, struct bq_doc_in *in)
{
	(void)d;
	(void)in;
	docgen_text(&rng, 1 + (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 50) ? 600 : 2 * WORDS), VOCABULARY, text);
}

/* Some words are in more than 256 documents and, with pairs, some are covered. */
static void make_sound(const char *dir, bool has_pairs, struct segfile *out)
{
	struct bq_build_opts opts = made_index_opts(has_pairs ? 250 : 0);

	if (!has_pairs)
		opts.pairs_percent = BQ_PAIRS_OFF;
	made_index_build(dir, &opts, DOCS, make_doc);
	struct bq_buf file = made_index_segment(dir);
	segfile_take(out, bq_buf_span(&file));
	bq_buf_release(&file);
}

/* ---- damage --------------------------------------------------------------- */

/* Change a bit, a byte or a run of bytes; returns where and keeps what was. */
struct damage {
	struct bq_buf *section;
	size_t at, n;
	uint8_t was[64];
};

static void do_damage(struct segfile *f, bool has_pairs, struct damage *d)
{
	static const enum section_kind kinds[] = { SECTION_POS, SECTION_POS, SECTION_POST, SECTION_POST, SECTION_TERMS,
		SECTION_TINFO, SECTION_NORM, SECTION_PPOST, SECTION_PAIRS };

	d->section = segfile_section(f, kinds[rng_below(&rng, has_pairs ? 9 : 7)]);
	d->n = rng_one_in(&rng, 4) ? (size_t)rng_between(&rng, 1, sizeof d->was) : 1;
	if (d->n > d->section->len)
		d->n = d->section->len;
	assert_true(d->n != 0);
	d->at = (size_t)rng_below(&rng, d->section->len - d->n + 1);
	uint8_t *p = d->section->ptr + d->at;
	memcpy(d->was, p, d->n);
	if (d->n != 1)
		rng_bytes(&rng, p, d->n);
	else
		*p ^= rng_one_in(&rng, 2) ? (uint8_t)(1u << rng_below(&rng, 8)) : 0xff;
}

static void undo_damage(const struct damage *d)
{
	memcpy(d->section->ptr + d->at, d->was, d->n);
}

/* ---- queries -------------------------------------------------------------- */

static void put_phrase(uint32_t n, struct bq_buf *out)
{
	bq_buf_printf(out, "\"");
	docgen_query(&rng, n, VOCABULARY, out);
	bq_buf_printf(out, "\"");
}

/* A phrase of two to four words, the last a prefix. */
static void put_prefix_phrase(struct bq_buf *out)
{
	char last[DOCGEN_WORD_MAX];

	docgen_word((uint32_t)rng_skewed(&rng, VOCABULARY), last);
	bq_buf_printf(out, "\"");
	docgen_query(&rng, (uint32_t)rng_between(&rng, 1, 3), VOCABULARY, out);
	bq_buf_printf(out, " %.*s\"*", (int)rng_between(&rng, 1, 3), last);
}

/* Words, some of them with a sign, or the beginning of some. */
static void put_words(struct bq_buf *out)
{
	char word[DOCGEN_WORD_MAX];

	for (uint64_t n = rng_between(&rng, 1, 6); n > 0; n--) {
		const char *const signs[] = { "", "", "", "+", "-" };
		docgen_word((uint32_t)rng_skewed(&rng, VOCABULARY), word);
		if (rng_one_in(&rng, 8))
			bq_buf_printf(out, "%.2s* ", word);
		else
			bq_buf_printf(out, "%s%s ", n == 1 ? "" : signs[rng_below(&rng, 5)], word);
	}
}

/* Returns whether it is a phrase with a prefix. */
static bool make_query(struct bq_buf *out)
{
	char a[DOCGEN_WORD_MAX], b[DOCGEN_WORD_MAX];
	uint32_t form = (uint32_t)rng_below(&rng, 10), n = 1 + (uint32_t)rng_skewed(&rng, 20);

	docgen_word((uint32_t)rng_skewed(&rng, VOCABULARY), a);
	docgen_word((uint32_t)rng_skewed(&rng, VOCABULARY), b);
	bq_buf_clear(out);
	if (form == 3) {
		bq_buf_printf(out, "%s %s/%u %s", a, rng_one_in(&rng, 2) ? "NEAR" : "ADJ", n, b);
	} else if (form == 4) {
		put_prefix_phrase(out);
	} else if (form >= 7) {
		put_words(out);
	} else {
		put_phrase((uint32_t)rng_between(&rng, 2, 5), out);
		if (form == 5)
			bq_buf_printf(out, "~%u", n);
		else if (form == 6)
			bq_buf_printf(out, rng_one_in(&rng, 2) ? " +%s" : " %s -\"%s %s\"", a, b, a);
	}
	return form == 4;
}

/* One way to answer. */
struct way {
	struct bq_searcher *searcher;
	struct bq_index index; /* with one leaf: the damaged one */
	struct bq_leaf *leaf;
};

struct trial {
	struct way fast, slow; /* slow: on the scalar path */
	struct bq_arena mem;
	struct bq_buf text;
};

/* The answer, and how many documents a count finds; a status of both. */
static int search(struct trial *t, struct way *w, const struct bq_query_opts *opts, struct bq_hits *out, uint64_t *n)
{
	struct bq_index *index = &w->index;
	const struct bq_view view = { &index, 1 };
	struct bq_error err = { 0 };
	struct bq_query *q;
	int rc = BQ_OK;

	memset(out, 0, sizeof *out);
	for (int is_count = 0; is_count < 2 && rc == BQ_OK; is_count++) {
		rc = bq_query_parse(w->searcher, &view, bq_buf_span(&t->text), opts, &t->mem, &q, &err);
		if (rc == BQ_OK)
			rc = is_count ? bq_query_count(q, n, &err) : bq_query_search(q, out, &err);
	}
	/* the slow way asks for room for all positions that a list claims */
	bool is_told = rc == BQ_EFORMAT || (rc == BQ_ENOMEM && opts->exhaustive);
	if (rc != BQ_OK && (!is_told || err.msg[0] == '\0'))
		fail_msg("%.*s: %d %s", (int)t->text.len, (const char *)t->text.ptr, rc, err.msg);
	for (uint32_t i = 0; rc == BQ_OK && i < out->n; i++) {
		assert_true(out->hits[i].doc < DOCS);
		assert_true(i == 0 || opts->match == BQ_MATCH_AUTO || out->hits[i].score <= out->hits[i - 1].score);
	}
	return rc;
}

static void expect_same(const struct trial *t, const struct bq_hits *have, const struct bq_hits *want)
{
	assert_int_equal(have->n, want->n);
	for (uint32_t i = 0; i < have->n; i++) {
		const struct bq_hit *a = &have->hits[i], *b = &want->hits[i];
		if (a->doc != b->doc || a->score != b->score)
			fail_msg("%.*s: hit %u is %u %.9f, the slow way %u %.9f", (int)t->text.len,
				(const char *)t->text.ptr, i, a->doc, a->score, b->doc, b->score);
	}
}

/* The documents are the same; their order need not be. */
static void expect_same_set(const struct trial *t, const struct bq_hits *have, const struct bq_hits *want)
{
	bool found[DOCS] = { false };

	assert_int_equal(have->n, want->n);
	for (uint32_t i = 0; i < have->n; i++)
		found[have->hits[i].doc] = true;
	for (uint32_t i = 0; i < want->n; i++)
		if (!found[want->hits[i].doc])
			fail_msg("%.*s: only the slow way finds %u", (int)t->text.len, (const char *)t->text.ptr,
				want->hits[i].doc);
}

/* The fast way and the slow; returns how many found something. */
static uint32_t run_query(struct trial *t, bool is_sound)
{
	struct bq_query_opts how = { .match = (enum bq_match)rng_below(&rng, 3),
		.limit = rng_one_in(&rng, 2) ? LIMIT : 1 + (uint32_t)rng_below(&rng, 20) };
	static const uint32_t rooms[] = { 16, 300, 4 << 20 };
	struct bq_hits fast, slow;
	uint64_t n_fast = 0, n_slow = 0;

	starts_room = rooms[rng_below(&rng, 3)];
	/* Damage can put two words into one place, which verify cannot see:
	 * whether a phrase with a prefix is there once or twice is open then. */
	bool is_prefix = make_query(&t->text);
	if (is_prefix)
		how.limit = LIMIT;
	int rc = search(t, &t->fast, &how, &fast, &n_fast);
	how.exhaustive = true;
	int slow_rc = search(t, &t->slow, &how, &slow, &n_slow);
	if (is_sound) {
		assert_int_equal(rc, BQ_OK);
		assert_int_equal(slow_rc, BQ_OK);
		assert_int_equal(n_fast, n_slow);
		(is_prefix ? expect_same_set : expect_same)(t, &fast, &slow);
	}
	uint32_t found = rc == BQ_OK && fast.n != 0;
	bq_arena_reset(&t->mem);
	return found;
}

/* ---- files ---------------------------------------------------------------- */

struct seen {
	uint32_t found, sound, refused;
};

static struct segment *open_on(const char *cpu, struct bq_span file, struct way *w)
{
	struct segment *s = NULL;
	struct bq_error err;

	assert_int_equal(setenv("BQ_CPU", cpu, 1), 0);
	if (segment_open_bytes(file, "x.seg", &s, &err) != BQ_OK)
		return NULL;
	w->leaf = &s->leaf;
	w->index.leaves = &w->leaf;
	return s;
}

static void run_file(struct trial *t, const struct segfile *f, struct seen *seen)
{
	struct bq_error err;
	struct bq_buf joined = segfile_join(f), file = made_index_copy(bq_buf_span(&joined));
	struct segment *slow = open_on("scalar", bq_buf_span(&file), &t->slow);
	struct segment *fast = open_on("best", bq_buf_span(&file), &t->fast);

	bq_buf_release(&joined);
	assert_true((slow == NULL) == (fast == NULL));
	if (fast != NULL) {
		bool is_sound = segment_verify(fast, &err) == BQ_OK;
		for (int i = 0; i < QUERIES; i++)
			seen->found += run_query(t, is_sound);
		seen->sound += is_sound;
		segment_close(fast);
		segment_close(slow);
	} else {
		seen->refused++;
	}
	bq_buf_release(&file);
}

static void way_init(struct way *w, const char *cpu, const struct bq_index *index)
{
	assert_int_equal(setenv("BQ_CPU", cpu, 1), 0);
	*w = (struct way){ .searcher = bq_searcher_new(), .index = *index };
	assert_non_null(w->searcher);
}

static void run(bool has_pairs)
{
	struct trial t = { .text = BQ_BUF_INIT };
	struct bq_index *index;
	struct tmpdir dir;
	struct segfile f;
	struct damage d;
	struct bq_error err;
	struct seen seen = { 0 };

	tmpdir_init(&dir);
	make_sound(dir.path, has_pairs, &f);
	assert_int_equal(bq_index_open(dir.path, &index, &err), BQ_OK);
	assert_int_equal(index->n_leaves, 1);
	way_init(&t.slow, "scalar", index);
	way_init(&t.fast, "best", index);
	bq_arena_init(&t.mem, 256 << 20);
	run_file(&t, &f, &seen);
	assert_int_equal(seen.sound, 1);
	assert_true(seen.found != 0);
	for (int i = 0; i < FILES; i++) {
		do_damage(&f, has_pairs, &d);
		run_file(&t, &f, &seen);
		undo_damage(&d);
	}
	print_message("%d damaged files: %u not opened, %u sound; %u queries found something\n", FILES, seen.refused,
		seen.sound - 1, seen.found);
	assert_true(seen.found > FILES);
	segfile_release(&f);
	bq_arena_release(&t.mem);
	bq_buf_release(&t.text);
	bq_searcher_free(t.fast.searcher);
	bq_searcher_free(t.slow.searcher);
	bq_index_unref(index);
	tmpdir_release(&dir);
}

static void positions_damaged(void **state)
{
	(void)state;
	run(false);
}

static void pairs_damaged(void **state)
{
	(void)state;
	run(true);
}

/* Among these files is one with a word whose positions take no bytes. */
static void known_damage(void **state)
{
	struct rng was = rng;

	(void)state;
	rng = rng_make(303);
	run(false);
	rng = was;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_damage), cmocka_unit_test(positions_damaged),
		cmocka_unit_test(pairs_damaged) };

	rng = rng_start("corrupt_queries");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
