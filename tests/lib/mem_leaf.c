/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/mem_leaf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One entry of one document, before terms are made of them. */
struct occ {
	uint8_t kind;
	struct bq_span word; /* allocated */
	struct bq_span form; /* of a stem: the written word */
	uint32_t doc, pos;
};

void *mem_leaf_must(void *p)
{
	if (p == NULL) {
		fputs("mem_index: no memory\n", stderr);
		abort();
	}
	return p;
}

static struct bq_span copy(struct bq_span s)
{
	char *p = mem_leaf_must(malloc(s.len + 1));

	memcpy(p, s.ptr, s.len);
	return bq_span_make(p, s.len);
}

/* ---- reading documents ------------------------------------------------- */

static void add_occ(struct mem_leaf *l, struct occ o)
{
	if (l->n_occs == l->max_occs) {
		l->max_occs = 2 * l->max_occs + 1024;
		l->occs = mem_leaf_must(realloc(l->occs, l->max_occs * sizeof *l->occs));
	}
	o.word = copy(o.word);
	o.form = o.form.len == 0 ? o.form : copy(o.form);
	l->occs[l->n_occs++] = o;
}

/* One word at one position, with its stem; `title`: the lists of titles. */
static void add_word(struct mem_leaf *l, struct bq_text *text, const struct bq_token *t, struct occ at, bool title)
{
	at.kind = title ? BQ_TERM_TITLE : BQ_TERM_WORD;
	at.word = t->word;
	add_occ(l, at);
	at.kind = title ? BQ_TERM_TITLE_STEM : BQ_TERM_STEM;
	at.word = bq_text_stem(text, t->word);
	at.form = t->word;
	add_occ(l, at);
}

static void add_title(struct mem_leaf *l, struct bq_text *text, struct mem_text *m, uint32_t doc)
{
	struct bq_tokens it;
	struct bq_token t;

	for (bq_tokens_init(&it, text, m->in->title, 0); bq_tokens_next(&it, &t); m->title_words++) {
		struct occ at = { .doc = doc, .pos = t.ord };
		add_word(l, text, &t, at, true);
		if (!m->in->title_in_text)
			add_word(l, text, &t, at, false);
	}
	if (!m->in->title_in_text && m->title_words != 0)
		m->body_pos = m->title_words + BQ_TITLE_GAP;
}

static void add_text(struct mem_leaf *l, struct bq_text *text, struct mem_text *m, uint32_t doc)
{
	struct bq_span s = m->in->text;
	uint64_t line = 1, seen = 0;
	struct bq_tokens it;
	struct bq_token t;

	m->offs = mem_leaf_must(malloc((s.len + 1) * sizeof *m->offs));
	m->lines = mem_leaf_must(malloc((s.len + 1) * sizeof *m->lines));
	for (bq_tokens_init(&it, text, s, 0); bq_tokens_next(&it, &t); m->words++) {
		for (; seen < t.off; seen++)
			line += s.ptr[seen] == '\n';
		m->offs[t.ord] = t.off;
		m->lines[t.ord] = line;
		if (m->in->title_in_text && t.off < m->in->title_off)
			m->title_pos = m->body_pos + t.ord + 1;
		add_word(l, text, &t, (struct occ){ .doc = doc, .pos = m->body_pos + t.ord }, false);
	}
}

static int compare_key(uint8_t ka, struct bq_span a, uint8_t kb, struct bq_span b)
{
	/* words follow all other kinds, as their keys have no number in front */
	if (ka != kb && (ka == 0 || kb == 0))
		return ka == 0 ? 1 : -1;
	if (ka != kb)
		return ka < kb ? -1 : 1;
	return bq_span_cmp(a, b);
}

static int compare_occ(const void *a, const void *b)
{
	const struct occ *x = a, *y = b;
	int c = compare_key(x->kind, x->word, y->kind, y->word);

	if (c != 0)
		return c;
	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	return (x->pos > y->pos) - (x->pos < y->pos);
}

static void add_form(struct mem_term *t, struct bq_span form)
{
	for (uint32_t i = 0; i < t->n_forms; i++)
		if (bq_span_eq(t->forms[i], form))
			return;
	t->forms = mem_leaf_must(realloc(t->forms, (t->n_forms + 1) * sizeof *t->forms));
	t->forms[t->n_forms++] = copy(form);
}

static void pack(struct mem_posting *p)
{
	p->packed = mem_leaf_must(calloc(p->tf + 2, sizeof *p->packed)); /* two more are readable */
	p->packed[0] = p->pos[0];
	for (uint32_t i = 1; i < p->tf; i++)
		p->packed[i] = p->pos[i] - p->pos[i - 1] - 1;
}

/* Occurrences [0, n) of one term. */
static struct mem_term make_term(const struct occ *o, size_t n)
{
	struct mem_term t = { .kind = o->kind, .word = copy(o->word), .ttf = n };

	for (size_t i = 0; i < n; i++) {
		if (t.df == 0 || t.list[t.df - 1].doc != o[i].doc) {
			t.list = mem_leaf_must(realloc(t.list, (t.df + 1) * sizeof *t.list));
			t.list[t.df++] = (struct mem_posting){ .doc = o[i].doc };
		}
		struct mem_posting *p = &t.list[t.df - 1];
		p->pos = mem_leaf_must(realloc(p->pos, (p->tf + 1) * sizeof *p->pos));
		p->pos[p->tf++] = o[i].pos;
		if (o[i].form.len != 0)
			add_form(&t, o[i].form);
	}
	for (uint32_t i = 0; i < t.df && t.kind == BQ_TERM_WORD; i++)
		pack(&t.list[i]);
	return t;
}

static void free_term(struct mem_term *t)
{
	for (uint32_t i = 0; i < t->df; i++) {
		free(t->list[i].pos);
		free(t->list[i].packed);
	}
	for (uint32_t i = 0; i < t->n_forms; i++)
		free((void *)(uintptr_t)t->forms[i].ptr);
	free(t->list);
	free(t->forms);
	free((void *)(uintptr_t)t->word.ptr);
}

static void make_terms(struct mem_leaf *l)
{
	if (l->n_occs != 0)
		qsort(l->occs, l->n_occs, sizeof *l->occs, compare_occ);
	for (size_t i = 0, n; i < l->n_occs; i += n) {
		for (n = 1; i + n < l->n_occs && l->occs[i + n].kind == l->occs[i].kind &&
			bq_span_eq(l->occs[i + n].word, l->occs[i].word);)
			n++;
		struct mem_term t = make_term(&l->occs[i], n);
		if (t.n_forms == 1 && bq_span_eq(t.forms[0], t.word)) {
			free_term(&t); /* the word stands for its stem */
			continue;
		}
		l->terms = mem_leaf_must(realloc(l->terms, (l->leaf.n_terms + 1) * sizeof *l->terms));
		l->terms[l->leaf.n_terms++] = t;
	}
	for (size_t i = 0; i < l->n_occs; i++) {
		free((void *)(uintptr_t)l->occs[i].word.ptr);
		free((void *)(uintptr_t)l->occs[i].form.ptr);
	}
	free(l->occs);
	l->occs = NULL;
}

/* ---- the whole --------------------------------------------------------- */

struct mem_leaf *mem_leaf_new(const struct mem_opts *opts, struct bq_text *analyser, const struct mem_doc *docs,
	uint32_t n)
{
	struct mem_leaf *l = mem_leaf_must(calloc(1, sizeof *l));
	uint8_t *norms = mem_leaf_must(calloc(1, n + 64));
	uint64_t *dead = mem_leaf_must(calloc(n / 64 + 1, sizeof *dead));

	l->opts = opts;
	l->texts = mem_leaf_must(calloc(n, sizeof *l->texts));
	l->leaf.n_docs = n;
	l->leaf.norms = norms;
	l->leaf.dead = dead;
	for (uint32_t i = 0; i < n; i++) {
		struct mem_text *m = &l->texts[i];
		m->in = &docs[i];
		add_title(l, analyser, m, i);
		add_text(l, analyser, m, i);
		uint32_t len = m->words + (docs[i].title_in_text ? 0 : m->title_words);
		norms[i] = bq_len_encode(len);
		l->leaf.n_tokens += len;
		l->leaf.n_dead += docs[i].is_dead;
		dead[i >> 6] |= (uint64_t)docs[i].is_dead << (i & 63);
	}
	make_terms(l);
	l->leaf.k1 = opts->k1;
	l->leaf.b = opts->b;
	l->leaf.avg_len = n == 0 || l->leaf.n_tokens == 0 ? 1 : (float)((double)l->leaf.n_tokens / n);
	bq_length_norms(l->leaf.k1, l->leaf.b, l->leaf.avg_len, l->k);
	return l;
}

void mem_leaf_free(struct mem_leaf *l)
{
	struct bq_leaf *leaf = &l->leaf;

	for (uint32_t i = 0; i < leaf->n_terms; i++)
		free_term(&l->terms[i]);
	for (uint32_t i = 0; i < leaf->n_docs; i++) {
		free(l->texts[i].offs);
		free(l->texts[i].lines);
	}
	free(l->terms);
	free(l->texts);
	free((void *)(uintptr_t)leaf->norms);
	free((void *)(uintptr_t)leaf->dead);
	free(l);
}
