/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include <bq/arena.h>

#include "build/unite.h"

enum { FORGET_WORDS = 1 << 15 }; /* stemmed, before the analyser's memory of stems is emptied */

/* A written word under its stem. */
struct form {
	const char *stem; /* the word's own first bytes, or in dictionary.mem */
	uint32_t word;    /* number in the vocabulary */
	uint8_t len;      /* of the stem */
};

/* The stems over one kind of words. */
struct stems {
	struct form *forms; /* by stem, then word */
	uint32_t n_forms;
	uint32_t n_terms;   /* stems that get a term */
};

struct dictionary {
	struct vocabulary *v;
	struct segment_writer *w;
	struct bq_arena mem;         /* texts of stems */
	struct stems words, titles;
	uint32_t *places;            /* of one stem's forms */
	uint32_t max_places;
	struct unite merge;
	struct bq_error *err;
};

static int no_memory(const struct dictionary *d)
{
	return bq_error_set(d->err, BQ_ENOMEM, 0, "no memory to sort %u words", d->v->n);
}

/* Between two terms. */
static int take_breath(const struct dictionary *d)
{
	if (d->v->ops->rest != NULL)
		d->v->ops->rest(d->v);
	if (d->v->stop != NULL && *d->v->stop != 0)
		return bq_error_set(d->err, BQ_ECANCELLED, 0, "stopped by a signal");
	return d->v->ops->check(d->v, d->err);
}

/* ---- stems ------------------------------------------------------------- */

static struct bq_span form_stem(const struct form *f)
{
	return bq_span_make(f->stem, f->len);
}

static int compare_forms(const void *pa, const void *pb)
{
	const struct form *a = pa, *b = pb;
	int c = bq_span_cmp(form_stem(a), form_stem(b));

	return c != 0 ? c : (a->word > b->word) - (a->word < b->word);
}

/* The end of the group of forms that starts at `from`. */
static uint32_t group_end(const struct stems *s, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < s->n_forms && bq_span_eq(form_stem(&s->forms[to]), form_stem(&s->forms[from])))
		to++;
	return to;
}

/* Whether the group's only written word is the stem itself. */
static bool is_plain(const struct dictionary *d, const struct stems *s, uint32_t from, uint32_t to)
{
	return to - from == 1 && d->v->ops->word(d->v, s->forms[from].word).len == s->forms[from].len &&
		bq_span_eq(d->v->ops->word(d->v, s->forms[from].word), form_stem(&s->forms[from]));
}

/* The form that word `i` is.  Most stems are the first bytes of their word. */
static struct form make_form(struct dictionary *d, struct bq_text *text, uint32_t i)
{
	struct bq_span word = d->v->ops->word(d->v, i), stem = bq_text_stem(text, word);

	stem = bq_span_starts(word, stem) ? bq_span_first(word, stem.len) : bq_arena_dup(&d->mem, stem);
	return (struct form){ stem.ptr, i, (uint8_t)stem.len };
}

/* Group the words [from, to) by stem. */
static int collect_stems(struct dictionary *d, struct bq_text *text, struct stems *s, uint32_t from, uint32_t to)
{
	int rc;

	s->n_forms = to - from;
	s->forms = malloc((s->n_forms == 0 ? 1 : s->n_forms) * sizeof *s->forms);
	if (s->forms == NULL)
		return no_memory(d);
	for (uint32_t i = from; i < to; i++) {
		s->forms[i - from] = make_form(d, text, i);
		if (i % FORGET_WORDS == 0) {
			bq_text_forget(text);
			rc = take_breath(d);
			if (rc != BQ_OK)
				return rc;
		}
	}
	if (d->mem.oom)
		return no_memory(d);
	rc = bq_text_check(text, d->err);
	if (rc != BQ_OK)
		return rc;
	qsort(s->forms, s->n_forms, sizeof *s->forms, compare_forms);
	for (uint32_t i = 0, end; i < s->n_forms; i = end) {
		end = group_end(s, i);
		s->n_terms += !is_plain(d, s, i, end);
		d->max_places = end - i > d->max_places ? end - i : d->max_places;
	}
	return BQ_OK;
}

/* ---- writing ----------------------------------------------------------- */

/* A word's own list. */
static void write_word(struct dictionary *d, uint32_t i)
{
	struct vocabulary *v = d->v;
	enum bq_term_kind kind = vocabulary_kind(v, i);
	const uint32_t *positions = NULL;
	struct walk w;

	segment_writer_term(d->w, kind, v->ops->word(v, i), NULL, 0);
	v->ops->start(v, i, &w);
	while (v->ops->next(&w)) {
		if (kind == BQ_TERM_WORD && (positions = v->ops->positions(&w)) == NULL)
			break;
		segment_writer_posting(d->w, w.doc, w.tf, positions);
	}
	v->ops->stop(&w);
}

static int write_words(struct dictionary *d, uint32_t from, uint32_t to)
{
	int rc = BQ_OK;

	for (uint32_t i = from; i < to && rc == BQ_OK; i++) {
		write_word(d, i);
		rc = take_breath(d);
	}
	return rc;
}

/* One stem: its forms by place, and their union if there are several. */
static int write_stem(struct dictionary *d, enum bq_term_kind kind, const struct form *forms, uint32_t n)
{
	/* the vocabulary leaves out STEM terms, and TITLE_STEM terms from MARKED on */
	uint32_t shift = d->words.n_terms + (kind == BQ_TERM_STEM ? d->titles.n_terms : 0);

	for (uint32_t i = 0; i < n; i++)
		d->places[i] = forms[i].word + shift;
	segment_writer_term(d->w, kind, form_stem(&forms[0]), d->places, n);
	if (n == 1)
		return BQ_OK;
	if (!unite_start(&d->merge, n))
		return no_memory(d);
	for (uint32_t i = 0; i < n; i++)
		unite_add(&d->merge, d->v, forms[i].word);
	while (unite_next(&d->merge))
		segment_writer_posting(d->w, d->merge.doc, d->merge.tf, NULL);
	return take_breath(d);
}

static int write_stems(struct dictionary *d, enum bq_term_kind kind, const struct stems *s)
{
	int rc = BQ_OK;

	for (uint32_t i = 0, end; i < s->n_forms && rc == BQ_OK; i = end) {
		end = group_end(s, i);
		if (!is_plain(d, s, i, end))
			rc = write_stem(d, kind, &s->forms[i], end - i);
	}
	return rc;
}

static int write_all(struct dictionary *d, struct bq_text *text)
{
	uint32_t titles = d->v->n_title, words = titles + d->v->n_marked, n = d->v->n;
	int rc = BQ_OK;

	if (text != NULL)
		rc = collect_stems(d, text, &d->words, words, n);
	if (rc == BQ_OK && text != NULL)
		rc = collect_stems(d, text, &d->titles, 0, titles);
	d->places = malloc((d->max_places + 1ull) * sizeof *d->places);
	if (rc == BQ_OK && d->places == NULL)
		rc = no_memory(d);
	if (rc == BQ_OK)
		rc = write_stems(d, BQ_TERM_STEM, &d->words);
	if (rc == BQ_OK)
		rc = write_words(d, 0, titles);
	if (rc == BQ_OK)
		rc = write_stems(d, BQ_TERM_TITLE_STEM, &d->titles);
	return rc == BQ_OK ? write_words(d, titles, n) : rc;
}

int dictionary_write(struct vocabulary *v, struct bq_text *text, struct segment_writer *w, struct bq_error *err)
{
	struct bq_error why;
	struct dictionary d = { .v = v, .w = w, .err = err == NULL ? &why : err };
	int rc;

	bq_arena_init(&d.mem, SIZE_MAX);
	rc = write_all(&d, text);
	unite_release(&d.merge);
	free(d.places);
	free(d.words.forms);
	free(d.titles.forms);
	bq_arena_release(&d.mem);
	return rc;
}
