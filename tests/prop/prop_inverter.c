/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A built index against the documents it was built from, read again word by
 * word: every list of every kind with its positions, stems and their forms,
 * titles, lengths and marks, over one segment or many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/arena.h>
#include <bq/buf.h>
#include <bq/build.h>
#include <bq/index.h>

#include "lib/rng.h"
#include "lib/tmpdir.h"

enum { MAX_DOCS = 80, MAX_WORDS = 500, MAX_TITLE = 6, ROUNDS = 40 };

/* A word as it stands in text, and what the analyser makes of it. */
static const struct vocabulary {
	const char *text, *word, *marked;
} vocabulary[] = {
	{ "share", "share", NULL }, { "Shares", "shares", NULL }, { "SHARING", "sharing", NULL },
	{ "the", "the", NULL },
	{ "Caf\xc3\xa9", "cafe", "caf\xc3\xa9" }, { "cafe", "cafe", NULL }, { "cafes", "cafes", NULL },
	{ "na\xc3\xafve", "naive", "na\xc3\xafve" }, { "run", "run", NULL }, { "Running", "running", NULL },
	{ "data", "data", NULL }, { "Biometric", "biometric", NULL }, { "2024", "2024", NULL }, { "x86", "x86", NULL },
	{ "electroencephalographically", "electroencephalographically", NULL }, { "electroencephalographic",
	"electroencephalographic", NULL }, { "\xd0\x9c\xd0\xb8\xd1\x80", "\xd0\xbc\xd0\xb8\xd1\x80", NULL },
	{ "a", "a", NULL },
};

enum { N_VOCABULARY = sizeof vocabulary / sizeof vocabulary[0] };

/* One entry: which word, where, and whether it is the title's. */
struct entry {
	uint32_t word, pos;
	bool is_title;
	uint64_t off, line;
};

struct model_doc {
	struct bq_doc_in in;
	struct bq_buf title, text;
	uint32_t n_title, n_text, n; /* n: all entries, a title outside the text first */
	uint32_t title_at, body;
	struct entry entries[MAX_TITLE + MAX_WORDS];
};

static struct rng rng;
static struct model_doc docs[MAX_DOCS];
static uint32_t n_docs;
static char stems[N_VOCABULARY][BQ_WORD_MAX + 1];
static struct bq_arena mem;
static struct bq_read reading;

/* ---- documents --------------------------------------------------------- */

static void put_words(struct model_doc *d, struct bq_buf *b, uint32_t n, bool is_title)
{
	static const char *const gaps[] = { " ", " ", ", ", "\n", "\r\n", " -- ", "." };
	uint64_t line = 1;

	for (uint32_t i = 0; i < n; i++) {
		const char *gap = gaps[rng_below(&rng, sizeof gaps / sizeof gaps[0])];
		struct entry *e = &d->entries[d->n++];
		*e = (struct entry){ .word = (uint32_t)rng_skewed(&rng, N_VOCABULARY), .is_title = is_title,
			.off = b->len, .line = line };
		bq_buf_put_span(b, bq_span_of(vocabulary[e->word].text));
		bq_buf_put_span(b, bq_span_of(gap));
		line += strchr(gap, '\n') != NULL;
	}
}

/* A title that is a run of the text's words. */
static void choose_title(struct model_doc *d)
{
	uint32_t from = (uint32_t)rng_below(&rng, d->n_text), n = (uint32_t)rng_between(&rng, 1, MAX_TITLE);
	struct entry *last;

	if (n > d->n_text - from)
		n = d->n_text - from;
	last = &d->entries[from + n - 1];
	for (uint32_t i = from; i < from + n; i++)
		d->entries[i].is_title = true;
	d->n_title = n;
	d->title_at = from;
	d->in.title_in_text = true;
	d->in.title_off = d->entries[from].off;
	d->in.title = bq_span_make(d->text.ptr + d->in.title_off,
		(size_t)(last->off - d->in.title_off) + strlen(vocabulary[last->word].text));
}

static void make_doc(struct model_doc *d, uint32_t number)
{
	bool outside = rng_one_in(&rng, 3);

	bq_buf_clear(&d->title);
	bq_buf_clear(&d->text);
	d->n = d->n_title = d->title_at = d->body = 0;
	d->n_text = rng_one_in(&rng, 10) ? 0 : (uint32_t)rng_skewed(&rng, MAX_WORDS);
	d->in = (struct bq_doc_in){ .path = BQ_SPAN("p"), .mtime_us = number, .file_bytes = -1 };
	if (outside) {
		d->n_title = (uint32_t)rng_below(&rng, MAX_TITLE);
		put_words(d, &d->title, d->n_title, true);
		d->in.title = bq_buf_span(&d->title);
		d->body = d->n_title == 0 ? 0 : d->n_title - 1 + BQ_TITLE_GAP;
	}
	put_words(d, &d->text, d->n_text, false);
	d->in.text = bq_buf_span(&d->text);
	if (!outside && d->n_text != 0 && rng_one_in(&rng, 2))
		choose_title(d);
	for (uint32_t i = 0; i < d->n; i++)
		d->entries[i].pos = outside ? (i < d->n_title ? i : d->body + i - d->n_title) : i;
}

/* ---- the slow truth ---------------------------------------------------- */

/* What an entry is called in lists of this kind, or NULL. */
static const char *name_of(const struct entry *e, enum bq_term_kind kind)
{
	switch (kind) {
	case BQ_TERM_WORD:
		return vocabulary[e->word].word;
	case BQ_TERM_MARKED:
		return vocabulary[e->word].marked;
	case BQ_TERM_STEM:
		return stems[e->word];
	case BQ_TERM_TITLE:
		return e->is_title ? vocabulary[e->word].word : NULL;
	case BQ_TERM_TITLE_STEM:
		return e->is_title ? stems[e->word] : NULL;
	case BQ_TERM_PAIR: /* no name: made of two words */
		break;
	}
	return NULL;
}

static uint32_t find_places(const struct model_doc *d, enum bq_term_kind kind, const char *word, uint32_t *positions)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		const char *name = name_of(&d->entries[i], kind);
		if (name != NULL && strcmp(name, word) == 0)
			positions[n++] = d->entries[i].pos;
	}
	return n;
}

/* How many different written words of documents [from, from + n) have this
 * stem, and whether the stem itself is one of them. */
static uint32_t count_forms(uint32_t from, uint32_t n, enum bq_term_kind kind, const char *stem, bool *has_self)
{
	bool seen[N_VOCABULARY] = { false };
	uint32_t forms = 0;

	*has_self = false;
	for (uint32_t d = from; d < from + n; d++)
		for (uint32_t i = 0; i < docs[d].n; i++) {
			const struct entry *e = &docs[d].entries[i];
			const char *name = name_of(e, kind);
			if (name == NULL || strcmp(name, stem) != 0)
				continue;
			for (uint32_t w = 0; w < N_VOCABULARY; w++)
				seen[w] |= strcmp(vocabulary[w].word, vocabulary[e->word].word) == 0;
			*has_self |= strcmp(vocabulary[e->word].word, stem) == 0;
		}
	for (uint32_t w = 0; w < N_VOCABULARY; w++) {
		bool is_first = true;
		for (uint32_t x = 0; x < w; x++)
			is_first &= strcmp(vocabulary[x].word, vocabulary[w].word) != 0;
		forms += seen[w] && is_first;
	}
	return forms;
}

/* ---- comparing --------------------------------------------------------- */

/* The list of `t` is that of (kind, word) in documents from `base` on. */
static void check_list(const struct bq_leaf *l, uint32_t base, const struct bq_term *t, enum bq_term_kind kind,
	const char *word)
{
	static uint32_t want[MAX_TITLE + MAX_WORDS];
	struct bq_cursor *c = bq_cursor_open(l, t, &reading);
	uint32_t df = 0, n;

	assert_non_null(c);
	for (uint32_t doc = 0; doc < l->n_docs; doc++) {
		uint32_t tf = find_places(&docs[base + doc], kind, word, want);
		const uint32_t *positions;
		if (tf == 0)
			continue;
		df++;
		assert_int_equal(bq_cursor_next(c), doc);
		assert_int_equal(bq_cursor_tf(c), tf);
		if (t->kind != BQ_TERM_WORD)
			continue;
		positions = bq_cursor_positions(c, &n);
		if (kind == BQ_TERM_WORD) {
			assert_int_equal(n, tf);
			assert_memory_equal(positions, want, tf * sizeof *want);
		}
	}
	assert_int_equal(bq_cursor_next(c), BQ_DOC_END);
	assert_int_equal(t->df, df);
}

/* One (kind, word): there exactly if it should be.  Returns whether it is. */
static bool check_term(const struct bq_leaf *l, uint32_t base, enum bq_term_kind kind, const char *word)
{
	static uint32_t places[MAX_TITLE + MAX_WORDS];
	struct bq_term t, *forms;
	bool is_there = false, has_self, is_stem = kind == BQ_TERM_STEM || kind == BQ_TERM_TITLE_STEM;
	uint32_t n_forms, n;

	bq_arena_reset(&mem);
	for (uint32_t d = 0; d < l->n_docs; d++)
		is_there |= find_places(&docs[base + d], kind, word, places) != 0;
	if (is_there && is_stem) {
		n_forms = count_forms(base, l->n_docs, kind, word, &has_self);
		assert_int_equal(bq_leaf_find_stem(l, kind, bq_span_of(word), has_self, &t, &reading), BQ_OK);
		check_list(l, base, &t, kind, word);
		assert_int_equal(bq_leaf_forms(l, &t, &forms, &n, &reading), BQ_OK);
		assert_int_equal(n, n_forms);
		is_there = n_forms != 1 || !has_self;
	}
	assert_int_equal(bq_leaf_find(l, kind, bq_span_of(word), &t, &reading), is_there ? BQ_OK : BQ_ENOTFOUND);
	if (is_there)
		check_list(l, base, &t, kind, word);
	return is_there;
}

static bool is_first_of_name(uint32_t w, enum bq_term_kind kind)
{
	struct entry e = { .is_title = true, .word = w }, before = e;
	const char *name = name_of(&e, kind);

	for (before.word = 0; name != NULL && before.word < w; before.word++)
		if (name_of(&before, kind) != NULL && strcmp(name_of(&before, kind), name) == 0)
			return false;
	return name != NULL;
}

static void check_terms(const struct bq_leaf *l, uint32_t base)
{
	uint32_t n = 0;

	for (unsigned kind = 0; kind <= BQ_TERM_MARKED; kind++)
		for (uint32_t w = 0; w < N_VOCABULARY; w++) {
			struct entry e = { .is_title = true, .word = w };
			if (is_first_of_name(w, (enum bq_term_kind)kind))
				n += check_term(l, base, (enum bq_term_kind)kind, name_of(&e, (enum bq_term_kind)kind));
		}
	assert_int_equal(l->n_terms, n);
}

static void check_doc(const struct bq_leaf *l, uint32_t doc, const struct model_doc *d)
{
	const struct entry *text = d->entries + (d->in.title_in_text ? 0 : d->n_title);
	struct bq_doc_head h;
	struct bq_mark m;
	struct bq_span bytes;

	bq_arena_reset(&mem);
	assert_int_equal(bq_leaf_head(l, doc, &h, &reading), BQ_OK);
	assert_int_equal(h.words, d->n_text);
	assert_int_equal(h.body_pos, d->body);
	assert_int_equal(h.title_words, d->n_title);
	assert_int_equal(h.title_pos, d->title_at);
	assert_int_equal(h.title_in_text, d->in.title_in_text);
	assert_int_equal(h.mtime_us, d->in.mtime_us);
	assert_true(bq_span_eq(h.title, d->in.title));
	assert_int_equal(l->norms[doc], bq_len_encode(d->n));
	assert_int_equal(bq_leaf_text(l, &h, 0, UINT64_MAX, &bytes, &reading), BQ_OK);
	assert_true(bq_span_eq(bytes, d->in.text));
	for (uint32_t i = 0; i < d->n_text; i += 61) {
		assert_int_equal(bq_leaf_mark(l, &h, i, &m, &reading), BQ_OK);
		assert_true(m.ord <= i && i - m.ord < BQ_MARK_WORDS);
		assert_int_equal(m.off, m.ord == 0 ? 0 : text[m.ord].off);
		assert_int_equal(m.line, m.ord == 0 ? 1 : text[m.ord].line);
	}
}

static void check_index(const char *dir)
{
	struct bq_error err = { 0 };
	struct bq_index *ix = NULL;
	uint32_t base = 0;

	if (bq_index_verify(dir, &err) != BQ_OK || bq_index_open(dir, &ix, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(ix->n_docs, n_docs);
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		const struct bq_leaf *l = ix->leaves[i];
		for (uint32_t doc = 0; doc < l->n_docs; doc++)
			check_doc(l, doc, &docs[base + doc]);
		check_terms(l, base);
		base += l->n_docs;
	}
	assert_int_equal(base, n_docs);
	assert_int_equal(reading.error.status, BQ_OK);
	bq_index_unref(ix);
}

static void fill_stems(const struct bq_text_config *config)
{
	struct bq_text *text;

	assert_int_equal(bq_text_new(config, &text, NULL), BQ_OK);
	for (uint32_t i = 0; i < N_VOCABULARY; i++) {
		struct bq_span stem = bq_text_stem(text, bq_span_of(vocabulary[i].word));
		memcpy(stems[i], stem.ptr, stem.len);
		stems[i][stem.len] = '\0';
	}
	bq_text_free(text);
}

static void test_build(void **state)
{
	static const struct bq_span root = BQ_SPAN_INIT("/r");
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .n_sources = 1,
		.sources = &root };
	struct bq_build_report report;

	(void)state;
	fill_stems(&opts.text);
	for (int round = 0; round < ROUNDS; round++) {
		struct tmpdir dir;
		struct bq_build *b;
		tmpdir_init(&dir);
		/* one segment, or as many as may be, or some in between */
		opts.memory_bytes = rng_one_in(&rng, 2) ? UINT64_MAX : rng_one_in(&rng, 2) ? 1 : 5000000;
		opts.threads = (uint32_t)rng_below(&rng, 5);
		n_docs = (uint32_t)rng_skewed(&rng, MAX_DOCS + 1);
		assert_int_equal(bq_build_open(dir.path, &opts, &b, NULL), BQ_OK);
		for (uint32_t d = 0; d < n_docs; d++) {
			make_doc(&docs[d], d);
			assert_int_equal(bq_build_add(b, &docs[d].in, NULL), BQ_OK);
		}
		assert_int_equal(bq_build_commit(b, &report, NULL), BQ_OK);
		assert_int_equal(report.documents, n_docs);
		check_index(dir.path);
		tmpdir_release(&dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_build) };
	int failed;

	rng = rng_start("prop_inverter");
	bq_arena_init(&mem, 64 << 20);
	reading.mem = &mem;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (uint32_t d = 0; d < MAX_DOCS; d++) {
		bq_buf_release(&docs[d].title);
		bq_buf_release(&docs[d].text);
	}
	bq_arena_release(&mem);
	return failed;
}
