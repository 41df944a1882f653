/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A segment against the plain arrays it was written from: every list by next
 * and by seek, positions, forms, heads, stored bytes and marks, on every CPU
 * path; and verify finds it sound.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/arena.h>

#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/heads.h"
#include "segment/segment.h"
#include "segment/segment_write.h"

struct list {
	enum bq_term_kind kind;
	char word[24];
	uint32_t df;
	uint32_t *docs, *tfs;
	uint32_t *positions; /* of all documents, one after the other */
	uint64_t ttf;
};

struct model {
	uint32_t n_docs, n_lists;
	struct list *lists;
	uint32_t *words, *lengths;
	struct bq_span *texts;
	struct bq_mark **marks;
};

static struct rng rng;

static void *need(size_t n)
{
	void *p = calloc(n == 0 ? 1 : n, 1);

	assert_non_null(p);
	return p;
}

/* Documents of one list: a share of all, evenly, in runs or in one corner. */
static void choose_docs(struct list *l, uint32_t n_docs, uint32_t want)
{
	uint32_t span = rng_one_in(&rng, 3) ? want + (uint32_t)rng_below(&rng, want / 4 + 1) : n_docs;
	uint32_t from = span >= n_docs ? 0 : (uint32_t)rng_below(&rng, n_docs - span + 1);

	if (span > n_docs)
		span = n_docs;
	l->docs = need(want * sizeof *l->docs);
	for (uint32_t d = from; d < from + span && l->df < want; d++) {
		uint32_t left = from + span - d;
		if (rng_below(&rng, left) < want - l->df)
			l->docs[l->df++] = d;
	}
}

static uint32_t choose_tf(void)
{
	if (!rng_one_in(&rng, 3))
		return 1;
	return rng_one_in(&rng, 50) ? (uint32_t)rng_between(&rng, 1, 900) : (uint32_t)rng_between(&rng, 1, 6);
}

static void make_list(struct model *m, struct list *l, enum bq_term_kind kind, uint32_t want)
{
	l->kind = kind;
	choose_docs(l, m->n_docs, want);
	l->tfs = need(l->df * sizeof *l->tfs);
	for (uint32_t i = 0; i < l->df; i++) {
		l->tfs[i] = choose_tf();
		l->ttf += l->tfs[i];
		m->lengths[l->docs[i]] += l->tfs[i];
	}
	l->positions = need(l->ttf * sizeof *l->positions);
	uint32_t *p = l->positions;
	for (uint32_t i = 0; i < l->df; i++) {
		uint32_t pos = (uint32_t)rng_skewed(&rng, 5000);
		for (uint32_t j = 0; j < l->tfs[i]; j++, p++) {
			*p = pos;
			pos += 1 + (rng_one_in(&rng, 2) ? 0 : (uint32_t)rng_skewed(&rng, 300));
		}
		if (pos > m->words[l->docs[i]])
			m->words[l->docs[i]] = pos;
	}
}

static void make_model(struct model *m, uint32_t n_docs)
{
	static const uint32_t sizes[] = { 1, 2, 3, 31, 32, 33, 64, 255, 256, 257, 511, 512, 513, 1000, 3000, 8400 };
	size_t n_sizes = sizeof sizes / sizeof *sizes;

	memset(m, 0, sizeof *m);
	m->n_docs = n_docs;
	m->n_lists = 200;
	m->lists = need(m->n_lists * sizeof *m->lists);
	m->words = need(n_docs * sizeof *m->words);
	m->lengths = need(n_docs * sizeof *m->lengths);
	m->texts = need(n_docs * sizeof *m->texts);
	m->marks = need(n_docs * sizeof *m->marks);
	for (uint32_t i = 0; i < m->n_lists; i++) {
		uint32_t want = rng_one_in(&rng, 2) ? 1 : sizes[rng_below(&rng, n_sizes)];
		bool is_title = i < 20;
		/* Long shared prefixes: many blocks with the same first 8 bytes. */
		(void)snprintf(m->lists[i].word, sizeof m->lists[i].word, "prefixed%06u", i * 7);
		make_list(m, &m->lists[i], is_title ? BQ_TERM_TITLE : BQ_TERM_WORD, want < n_docs ? want : n_docs);
	}
	for (uint32_t d = 0; d < n_docs; d++) {
		size_t n = (size_t)m->words[d] + (size_t)rng_skewed(&rng, 3000);
		char *text = need(n + 1);
		for (size_t i = 0; i < n; i++)
			text[i] = (char)('a' + rng_skewed(&rng, 26));
		m->texts[d] = bq_span_make(text, n);
		uint32_t n_marks = heads_marks(m->words[d]);
		m->marks[d] = need(n_marks * sizeof *m->marks[d]);
		for (uint32_t i = 0; i < n_marks; i++) /* a letter a word, a line a mark */
			m->marks[d][i] = (struct bq_mark){ (i + 1) * BQ_MARK_WORDS, (i + 1) * BQ_MARK_WORDS, i + 2 };
	}
}

static void free_model(struct model *m)
{
	for (uint32_t i = 0; i < m->n_lists; i++) {
		free(m->lists[i].docs);
		free(m->lists[i].tfs);
		free(m->lists[i].positions);
	}
	for (uint32_t d = 0; d < m->n_docs; d++) {
		free((void *)(uintptr_t)m->texts[d].ptr);
		free(m->marks[d]);
	}
	free(m->lists);
	free(m->words);
	free(m->lengths);
	free(m->texts);
	free(m->marks);
}

static void write_docs(const struct model *m, struct segment_writer *w)
{
	for (uint32_t d = 0; d < m->n_docs; d++) {
		char id[16];
		(void)snprintf(id, sizeof id, "id%u", d);
		struct bq_doc_in in = { .id = bq_span_of(id), .path = d % 3 == 0 ? BQ_SPAN("a.jsonl") :
			BQ_SPAN("b.jsonl"), .text = m->texts[d], .fields = d % 5 == 0 ? BQ_SPAN("{\"x\":1}") :
			BQ_SPAN(""), .at = BQ_AT_RECORD, .file_line = d + 1, .mtime_us = d % 7 == 0 ? INT64_MIN :
			(int64_t)d * 1000 - 5, .file_bytes = d };
		struct segment_doc doc = { .in = &in, .words = m->words[d], .length = m->lengths[d],
			.marks = m->marks[d], .n_marks = heads_marks(m->words[d]) };
		segment_writer_doc(w, &doc);
	}
}

static void write_segment(const struct model *m, int dirfd, struct segment_info *info)
{
	struct segment_params params = { .number = 7, .text_id = 99, .k1 = 0.9f, .b = 0.4f };
	struct bq_error err;
	struct segment_writer *w = segment_writer_new(dirfd, &params, &err);
	const uint32_t one[] = { 25 }, three[] = { 22, 23, 40 };

	assert_non_null(w);
	write_docs(m, w);
	segment_writer_begin_terms(w, 120.5f);
	segment_writer_term(w, BQ_TERM_STEM, BQ_SPAN("alone"), one, 1);
	segment_writer_term(w, BQ_TERM_STEM, BQ_SPAN("family"), three, 3);
	segment_writer_posting(w, 1, 2, NULL);
	for (uint32_t i = 0; i < m->n_lists; i++) {
		const struct list *l = &m->lists[i];
		const uint32_t *p = l->positions;
		segment_writer_term(w, l->kind, bq_span_of(l->word), NULL, 0);
		for (uint32_t j = 0; j < l->df; j++) {
			segment_writer_posting(w, l->docs[j], l->tfs[j], l->kind == BQ_TERM_WORD ? p : NULL);
			p += l->tfs[j];
		}
	}
	assert_int_equal(segment_writer_finish(w, info, &err), BQ_OK);
}

static void check_current(const struct list *l, struct bq_cursor *c, uint32_t i, const uint32_t *want)
{
	uint32_t n;

	assert_int_equal(c->doc, l->docs[i]);
	assert_int_equal(bq_cursor_tf(c), l->tfs[i]);
	const uint32_t *p = bq_cursor_positions(c, &n);
	if (l->kind != BQ_TERM_WORD) {
		assert_int_equal(n, 0);
		return;
	}
	assert_int_equal(n, l->tfs[i]);
	assert_memory_equal(p, want, n * sizeof *p);
}

static void check_by_next(const struct list *l, struct bq_cursor *c)
{
	const uint32_t *p = l->positions;

	for (uint32_t i = 0; i < l->df; i++) {
		(void)bq_cursor_next(c);
		check_current(l, c, i, p);
		p += l->tfs[i];
	}
	assert_int_equal(bq_cursor_next(c), BQ_DOC_END);
	assert_int_equal(bq_cursor_next(c), BQ_DOC_END);
}

static void check_by_seek(const struct model *m, const struct list *l, struct bq_cursor *c)
{
	uint32_t target = 0, step = (uint32_t)rng_between(&rng, 1, m->n_docs / 4 + 2);

	for (uint32_t i = 0; target < m->n_docs + 2; target += (uint32_t)rng_below(&rng, step) + 1) {
		while (i < l->df && l->docs[i] < target)
			i++;
		assert_int_equal(bq_cursor_seek(c, target), i < l->df ? l->docs[i] : BQ_DOC_END);
		if (i < l->df)
			assert_int_equal(bq_cursor_tf(c), l->tfs[i]);
	}
}

/* The documents asked for from `from` on, with random gaps; returns how many. */
static uint32_t draw_docs(const struct model *m, uint32_t from, uint32_t step, uint32_t max, uint32_t *out)
{
	uint32_t n = 0;

	for (uint64_t doc = from; n < max && doc < m->n_docs + 3; doc += 1 + rng_below(&rng, step))
		out[n++] = (uint32_t)doc;
	return n;
}

static void check_spot(const struct list *l, uint32_t i, const uint32_t *want, const struct bq_spot *spot)
{
	assert_int_equal(spot->tf, l->tfs[i]);
	if (l->kind != BQ_TERM_WORD)
		return;
	struct bq_spot_walk w = bq_spot_start(spot);
	for (uint32_t j = 0; j < l->tfs[i]; j++) {
		assert_int_equal(w.pos, want[j]);
		assert_int_equal(bq_spot_next(&w), j + 1 < l->tfs[i]);
	}
}

/* Ask for many at once: what is found must be what stands in the list.  `walk`:
 * the cursor loads blocks, too, and only their documents are asked for. */
static void check_by_meet(const struct model *m, const struct list *l, struct bq_cursor *c, bool walk)
{
	enum { MAX = 300 };
	static uint32_t docs[MAX];
	static struct bq_spot spots[MAX];
	uint16_t kept[MAX];
	uint32_t step = 1 + (uint32_t)rng_skewed(&rng, 600), from = 0, i = 0, at = 0;

	while (from < m->n_docs + 3) {
		if (walk && !c->ops->seek_block(c, from))
			return;
		uint32_t n = draw_docs(m, walk && c->docs[0] > from ? c->docs[0] : from, step,
			1 + (uint32_t)rng_below(&rng, MAX), docs);
		while (walk && n > 1 && docs[n - 1] > c->last)
			n--;
		bool wants_spots = !rng_one_in(&rng, 4);
		uint32_t met = bq_cursor_meet(c, docs, n, kept, wants_spots ? spots : NULL), k = 0;
		if (wants_spots && l->kind == BQ_TERM_WORD)
			assert_true(bq_leaf_ready(c->leaf, spots, met, c->read));
		for (uint32_t j = 0; j < n; j++) {
			for (; i < l->df && l->docs[i] < docs[j]; i++)
				at += l->tfs[i];
			if (i == l->df || l->docs[i] != docs[j])
				continue;
			assert_true(k < met);
			assert_int_equal(kept[k], j);
			if (wants_spots)
				check_spot(l, i, l->positions + at, &spots[k]);
			k++;
		}
		assert_int_equal(met, k);
		from = docs[n - 1] + 1;
		if (walk && from <= c->last)
			from = c->last + 1;
	}
}

/* Take some documents of each block, by their places in it. */
static void check_by_pick(const struct list *l, struct bq_cursor *c)
{
	struct bq_spot spots[BQ_BLOCK_DOCS];
	uint8_t places[BQ_BLOCK_DOCS];
	uint32_t i = 0, at = 0;

	while (c->ops->next_block(c)) {
		uint32_t n = 0, k = 0, rarity = (uint32_t)rng_between(&rng, 1, 40);
		for (uint32_t d = 0; d < c->n; d++)
			if (rng_one_in(&rng, rarity))
				places[n++] = (uint8_t)d;
		assert_true(bq_cursor_pick(c, places, n, spots));
		if (l->kind == BQ_TERM_WORD)
			assert_true(bq_leaf_ready(c->leaf, spots, n, c->read));
		for (uint32_t d = 0; d < c->n; at += l->tfs[i], i++, d++)
			if (k < n && places[k] == d)
				check_spot(l, i, l->positions + at, &spots[k++]);
	}
	assert_int_equal(i, l->df);
}

static struct bq_cursor *open_cursor(const struct bq_leaf *leaf, const struct bq_term *t, struct bq_read *rd)
{
	struct bq_cursor *c = bq_cursor_open(leaf, t, rd);

	if (c == NULL)
		fail_msg("df %u: %s", t->df, rd->error.msg);
	return c;
}

static void check_lists(const struct model *m, const struct bq_leaf *leaf, struct bq_read *rd)
{
	for (uint32_t i = 0; i < m->n_lists; i++) {
		const struct list *l = &m->lists[i];
		struct bq_term t;
		struct bq_terms at;
		bq_arena_reset(rd->mem);
		assert_int_equal(bq_leaf_find(leaf, l->kind, bq_span_of(l->word), &t, rd), BQ_OK);
		assert_int_equal(t.df, l->df);
		assert_int_equal(t.ttf, l->ttf);
		assert_int_equal(bq_leaf_term_at(leaf, t.ord, &at, rd), BQ_OK);
		assert_true(bq_span_eq(at.word, bq_span_of(l->word)) && at.term.df == l->df);
		check_by_next(l, open_cursor(leaf, &t, rd));
		check_by_seek(m, l, open_cursor(leaf, &t, rd));
		check_by_meet(m, l, open_cursor(leaf, &t, rd), false);
		check_by_meet(m, l, open_cursor(leaf, &t, rd), true);
		check_by_pick(l, open_cursor(leaf, &t, rd));
		assert_int_equal(bq_leaf_find(leaf, BQ_TERM_MARKED, bq_span_of(l->word), &t, rd), BQ_ENOTFOUND);
	}
}

static void check_stems(const struct bq_leaf *leaf, struct bq_read *rd)
{
	struct bq_term t, *forms;
	uint32_t n;

	assert_int_equal(bq_leaf_find_stem(leaf, BQ_TERM_STEM, BQ_SPAN("alone"), false, &t, rd), BQ_OK);
	assert_int_equal(t.ord, 25);
	assert_int_equal(t.kind, BQ_TERM_WORD);
	assert_int_equal(bq_leaf_find_stem(leaf, BQ_TERM_STEM, BQ_SPAN("family"), false, &t, rd), BQ_OK);
	assert_int_equal(bq_leaf_forms(leaf, &t, &forms, &n, rd), BQ_OK);
	assert_int_equal(n, 3);
	assert_int_equal(forms[2].ord, 40);
	assert_int_equal(bq_leaf_find_stem(leaf, BQ_TERM_STEM, BQ_SPAN("prefixed000140"), false, &t, rd), BQ_ENOTFOUND);
	assert_int_equal(bq_leaf_find_stem(leaf, BQ_TERM_STEM, BQ_SPAN("prefixed000140"), true, &t, rd), BQ_OK);
}

/* Any word of the model as any kind of term: stems that words stand for or not,
 * and words that are not there. */
static struct bq_wanted draw_wanted(const struct model *m)
{
	static const enum bq_term_kind kinds[] = { BQ_TERM_WORD, BQ_TERM_TITLE, BQ_TERM_STEM, BQ_TERM_TITLE_STEM,
		BQ_TERM_MARKED };
	static const char *const stems[] = { "alone", "family", "prefixed000140", "zzz", "" };
	const struct list *l = &m->lists[rng_below(&rng, m->n_lists)];
	struct bq_wanted w = { .kind = rng_one_in(&rng, 2) ? l->kind : kinds[rng_below(&rng, 5)],
		.word = bq_span_of(rng_one_in(&rng, 3) ? stems[rng_below(&rng, 5)] : l->word) };

	w.is_self = (w.kind == BQ_TERM_STEM || w.kind == BQ_TERM_TITLE_STEM) && rng_one_in(&rng, 2);
	return w;
}

/* Many at once are found as one by one. */
static void check_find_all(const struct model *m, const struct bq_leaf *leaf, struct bq_read *rd)
{
	struct bq_wanted wanted[BQ_FIND_MAX];
	uint32_t n = (uint32_t)rng_below(&rng, BQ_FIND_MAX + 1);

	for (uint32_t i = 0; i < n; i++)
		wanted[i] = draw_wanted(m);
	assert_int_equal(bq_leaf_find_all(leaf, wanted, n, rd), BQ_OK);
	for (uint32_t i = 0; i < n; i++) {
		struct bq_term t;
		int rc = bq_leaf_find_stem(leaf, wanted[i].kind, wanted[i].word, wanted[i].is_self, &t, rd);
		assert_int_equal(rc, wanted[i].is_found ? BQ_OK : BQ_ENOTFOUND);
		if (rc == BQ_OK)
			assert_memory_equal(&t, &wanted[i].term, sizeof t);
	}
}

static void check_walk(const struct model *m, const struct bq_leaf *leaf, struct bq_read *rd)
{
	struct bq_terms it;
	uint32_t i = 20;

	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN(""), rd);
	for (; bq_terms_next(&it); i++)
		assert_true(bq_span_eq(it.word, bq_span_of(m->lists[i].word)));
	assert_int_equal(i, m->n_lists);
	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN("prefixed0002"), rd);
	for (i = 0; bq_terms_next(&it); i++)
		assert_true(bq_span_starts(it.word, BQ_SPAN("prefixed0002")));
	assert_int_equal(i, 14); /* multiples of 7 from 203 to 294 */
}

static void check_docs(const struct model *m, const struct bq_leaf *leaf, struct bq_read *rd)
{
	for (uint32_t round = 0; round < 400; round++) {
		uint32_t d = (uint32_t)rng_below(&rng, m->n_docs);
		struct bq_doc_head h;
		struct bq_span s;
		struct bq_mark mark;
		char id[16];
		bq_arena_reset(rd->mem);
		assert_int_equal(bq_leaf_head(leaf, d, &h, rd), BQ_OK);
		(void)snprintf(id, sizeof id, "id%u", d);
		assert_true(bq_span_eq(h.id, bq_span_of(id)));
		assert_true(bq_span_eq(h.path, d % 3 == 0 ? BQ_SPAN("a.jsonl") : BQ_SPAN("b.jsonl")));
		assert_int_equal(h.file_line, d + 1);
		assert_true(h.mtime_us == (d % 7 == 0 ? INT64_MIN : (int64_t)d * 1000 - 5));
		assert_true(h.file_bytes == d);
		uint64_t off = rng_below(&rng, m->texts[d].len + 2), len = rng_skewed(&rng, 9000);
		assert_int_equal(bq_leaf_text(leaf, &h, off, len, &s, rd), BQ_OK);
		struct bq_span want = bq_span_first(bq_span_from(m->texts[d], off), len);
		assert_true(bq_span_eq(s, want));
		assert_int_equal(bq_leaf_fields(leaf, &h, &s, rd), BQ_OK);
		assert_true(bq_span_eq(s, d % 5 == 0 ? BQ_SPAN("{\"x\":1}") : BQ_SPAN("")));
		if (h.words == 0)
			continue;
		uint32_t ord = (uint32_t)rng_below(&rng, h.words);
		assert_int_equal(bq_leaf_mark(leaf, &h, ord, &mark, rd), BQ_OK);
		assert_int_equal(mark.ord, ord / BQ_MARK_WORDS * BQ_MARK_WORDS);
		assert_int_equal(mark.off, mark.ord);
		assert_int_equal(mark.line, mark.ord / BQ_MARK_WORDS + 1);
	}
}

static void run(uint32_t n_docs)
{
	struct model m;
	struct tmpdir dir;
	struct segment_info info;
	struct segment *s;
	struct bq_error err = { 0 };
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };

	tmpdir_init(&dir);
	int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
	make_model(&m, n_docs);
	write_segment(&m, dirfd, &info);
	bq_arena_init(&mem, 64 << 20);
	for (int scalar = 0; scalar < 2; scalar++) {
		assert_int_equal(setenv("BQ_CPU", scalar ? "scalar" : "best", 1), 0);
		if (segment_open(dirfd, "00000007.seg", &s, &err) != BQ_OK)
			fail_msg("%s", err.msg);
		check_lists(&m, &s->leaf, &rd);
		check_stems(&s->leaf, &rd);
		for (unsigned i = 0; i < 100; i++)
			check_find_all(&m, &s->leaf, &rd);
		check_walk(&m, &s->leaf, &rd);
		check_docs(&m, &s->leaf, &rd);
		assert_int_equal(rd.error.status, BQ_OK);
		if (segment_verify(s, &err) != BQ_OK)
			fail_msg("%s", err.msg);
		segment_close(s);
	}
	bq_arena_release(&mem);
	free_model(&m);
	(void)close(dirfd);
	tmpdir_release(&dir);
}

static void test_small(void **state)
{
	(void)state;
	run(50);
}

static void test_middle(void **state)
{
	(void)state;
	run(700);
}

static void test_large(void **state)
{
	(void)state;
	run(9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_large),
	};

	rng = rng_start("prop_segment");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
