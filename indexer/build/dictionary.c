/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "build/unite.h"

/* A written word under its stem. */
struct form {
	struct bq_span stem;
	uint32_t index; /* into dictionary.sorted */
};

/* The stems over one kind of words. */
struct stems {
	struct form *forms; /* by stem, then index */
	uint32_t n_forms;
	uint32_t n_terms;   /* stems that get a term */
};

struct dictionary {
	const struct inverter *v;
	struct segment_writer *w;
	struct bq_arena mem;         /* texts of stems */
	const struct slot **sorted;  /* TITLE, MARKED, WORD */
	uint32_t n_title, n_marked, n_word;
	struct stems words, titles;
	uint32_t *places;            /* of one stem's forms */
	struct unite merge;
};

/* ---- stems ------------------------------------------------------------- */

static int compare_forms(const void *pa, const void *pb)
{
	const struct form *a = pa, *b = pb;
	int c = bq_span_cmp(a->stem, b->stem);

	return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

/* The end of the group of forms that starts at `from`. */
static uint32_t group_end(const struct stems *s, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < s->n_forms && bq_span_eq(s->forms[to].stem, s->forms[from].stem))
		to++;
	return to;
}

/* Whether the group's only written word is the stem itself. */
static bool is_plain(const struct dictionary *d, const struct stems *s, uint32_t from, uint32_t to)
{
	return to - from == 1 && bq_span_eq(slot_word(d->sorted[s->forms[from].index]), s->forms[from].stem);
}

/* Group the words sorted[from, to) by stem. */
static bool collect_stems(struct dictionary *d, struct bq_text *text, struct stems *s, uint32_t from, uint32_t to)
{
	s->n_forms = to - from;
	s->forms = malloc((s->n_forms == 0 ? 1 : s->n_forms) * sizeof *s->forms);
	if (s->forms == NULL)
		return false;
	for (uint32_t i = from; i < to; i++) {
		struct bq_span word = slot_word(d->sorted[i]), stem = bq_text_stem(text, word);
		stem = bq_span_eq(stem, word) ? word : bq_arena_dup(&d->mem, stem);
		s->forms[i - from] = (struct form){ stem, i };
	}
	if (d->mem.oom)
		return false;
	qsort(s->forms, s->n_forms, sizeof *s->forms, compare_forms);
	for (uint32_t i = 0, end; i < s->n_forms; i = end) {
		end = group_end(s, i);
		s->n_terms += !is_plain(d, s, i, end);
	}
	return true;
}

/* ---- writing ----------------------------------------------------------- */

/* A word's own list. */
static bool write_slot(struct dictionary *d, const struct slot *s)
{
	struct chain c;
	bool ok;

	segment_writer_term(d->w, s->kind, slot_word(s), NULL, 0);
	chain_init(&c, d->v, s);
	while (chain_next(&c))
		segment_writer_posting(d->w, c.doc, c.tf, s->kind == BQ_TERM_WORD ? c.positions : NULL);
	ok = !c.oom;
	chain_release(&c);
	return ok;
}

static bool write_slots(struct dictionary *d, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (!write_slot(d, d->sorted[i]))
			return false;
	return true;
}

/* One stem: its forms by place, and their union if there are several. */
static bool write_stem(struct dictionary *d, enum bq_term_kind kind, const struct form *forms, uint32_t n)
{
	/* sorted[] leaves out STEM terms, and TITLE_STEM terms from MARKED on */
	uint32_t shift = d->words.n_terms + (kind == BQ_TERM_STEM ? d->titles.n_terms : 0);

	for (uint32_t i = 0; i < n; i++)
		d->places[i] = forms[i].index + shift;
	segment_writer_term(d->w, kind, forms[0].stem, d->places, n);
	if (n == 1)
		return true;
	if (!unite_start(&d->merge, n))
		return false;
	for (uint32_t i = 0; i < n; i++)
		unite_add(&d->merge, d->v, d->sorted[forms[i].index]);
	while (unite_next(&d->merge))
		segment_writer_posting(d->w, d->merge.doc, d->merge.tf, NULL);
	return !d->merge.oom;
}

static bool write_stems(struct dictionary *d, enum bq_term_kind kind, const struct stems *s)
{
	for (uint32_t i = 0, end; i < s->n_forms; i = end) {
		end = group_end(s, i);
		if (!is_plain(d, s, i, end) && !write_stem(d, kind, &s->forms[i], end - i))
			return false;
	}
	return true;
}

static bool write_all(struct dictionary *d, struct bq_text *text)
{
	uint32_t words = d->n_title + d->n_marked, n = d->v->n_terms;

	d->places = malloc((n == 0 ? 1 : n) * sizeof *d->places);
	return d->places != NULL && collect_stems(d, text, &d->words, words, n) &&
		collect_stems(d, text, &d->titles, 0, d->n_title) && write_stems(d, BQ_TERM_STEM, &d->words) &&
		write_slots(d, 0, d->n_title) && write_stems(d, BQ_TERM_TITLE_STEM, &d->titles) &&
		write_slots(d, d->n_title, n);
}

int dictionary_write(const struct inverter *v, struct bq_text *text, struct segment_writer *w, struct bq_error *err)
{
	struct dictionary d = { .v = v, .w = w, .sorted = inverter_sort(v) };
	bool ok = d.sorted != NULL;

	bq_arena_init(&d.mem, SIZE_MAX);
	for (uint32_t i = 0; ok && i < v->n_terms; i++) {
		d.n_title += d.sorted[i]->kind == BQ_TERM_TITLE;
		d.n_marked += d.sorted[i]->kind == BQ_TERM_MARKED;
	}
	ok = ok && write_all(&d, text);
	unite_release(&d.merge);
	free(d.places);
	free(d.words.forms);
	free(d.titles.forms);
	free(d.sorted);
	bq_arena_release(&d.mem);
	return ok ? BQ_OK : bq_error_set(err, BQ_ENOMEM, 0, "no memory to sort %u words", v->n_terms);
}
