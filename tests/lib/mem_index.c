/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/mem_index.h"

#include <stdlib.h>

#include "lib/mem_leaf.h"

struct mem_index {
	struct bq_index ix;
	struct mem_opts opts;
};

/* ---- the boundary ------------------------------------------------------ */

static struct bq_term term_value(const struct mem_leaf *l, uint32_t ord)
{
	const struct mem_term *t = &l->terms[ord];

	return (struct bq_term){ .df = t->df, .ttf = t->ttf, .ord = ord, .kind = t->kind, .impact = 255 };
}

static int find(const struct bq_leaf *leaf, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd)
{
	const struct mem_leaf *l = mem_leaf_of(leaf);

	(void)rd;
	for (uint32_t i = 0; i < leaf->n_terms; i++) {
		if (l->terms[i].kind == kind && bq_span_eq(l->terms[i].word, word)) {
			*out = term_value(l, i);
			return BQ_OK;
		}
	}
	return BQ_ENOTFOUND;
}

static int term_at(const struct bq_leaf *leaf, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	const struct mem_leaf *l = mem_leaf_of(leaf);

	(void)rd;
	if (ord >= leaf->n_terms)
		return BQ_ENOTFOUND;
	out->term = term_value(l, ord);
	out->kind = l->terms[ord].kind;
	memcpy(out->key, l->terms[ord].word.ptr, l->terms[ord].word.len);
	out->word = bq_span_make(out->key, l->terms[ord].word.len);
	return BQ_OK;
}

static bool terms_next(struct bq_terms *it)
{
	const struct mem_leaf *l = mem_leaf_of(it->leaf);
	uint32_t i = it->next_ord == UINT32_MAX ? 0 : it->next_ord;

	while (i < l->leaf.n_terms &&
		(l->terms[i].kind != it->kind || !bq_span_starts(l->terms[i].word, it->prefix)))
		i++;
	it->next_ord = i + 1;
	return i < l->leaf.n_terms && term_at(it->leaf, i, it, it->read) == BQ_OK;
}

static int forms(const struct bq_leaf *leaf, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd)
{
	const struct mem_leaf *l = mem_leaf_of(leaf);
	const struct mem_term *t = &l->terms[stem->ord];
	enum bq_term_kind kind = t->kind == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE;

	*n = t->n_forms == 0 ? 1 : t->n_forms;
	*out = mem_leaf_must(BQ_ARENA_NEW(rd->mem, struct bq_term, *n));
	(*out)[0] = *stem;
	for (uint32_t i = 0; i < t->n_forms; i++)
		if (find(leaf, kind, t->forms[i], &(*out)[i], rd) != BQ_OK)
			abort();
	return BQ_OK;
}

static int head(const struct bq_leaf *leaf, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	const struct mem_text *m = &mem_leaf_of(leaf)->texts[doc];

	(void)rd;
	*out = (struct bq_doc_head){
		.id = m->in->id,
		.path = m->in->path,
		.title = m->in->title,
		.title_in_text = m->in->title_in_text,
		.title_pos = m->title_pos,
		.title_words = m->title_words,
		.body_pos = m->body_pos,
		.words = m->words,
		.text_bytes = m->in->text.len,
		.mtime_us = m->in->mtime_us,
		.file_bytes = -1,
		.priv[0] = doc,
	};
	return BQ_OK;
}

static int text(const struct bq_leaf *leaf, const struct bq_doc_head *h, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	struct bq_span s = mem_leaf_of(leaf)->texts[h->priv[0]].in->text;

	if (mem_leaf_of(leaf)->opts->no_store)
		return BQ_ENOTFOUND;
	*out = bq_arena_dup(rd->mem, bq_span_first(bq_span_from(s, off), len));
	return BQ_OK;
}

static int fields(const struct bq_leaf *leaf, const struct bq_doc_head *h, struct bq_span *out, struct bq_read *rd)
{
	(void)leaf;
	(void)h;
	(void)rd;
	*out = (struct bq_span){ NULL, 0 };
	return BQ_OK;
}

static int mark(const struct bq_leaf *leaf, const struct bq_doc_head *h, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd)
{
	const struct mem_leaf *l = mem_leaf_of(leaf);
	const struct mem_text *m = &l->texts[h->priv[0]];
	uint32_t at = ord < m->words ? ord / l->opts->mark_words * l->opts->mark_words : 0;

	(void)rd;
	*out = at == 0 ? (struct bq_mark){ 0, 0, 1 } : (struct bq_mark){ at, m->offs[at], m->lines[at] };
	return BQ_OK;
}

static bool ready(const struct bq_leaf *leaf, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	(void)leaf;
	(void)spots;
	(void)n;
	(void)rd;
	return true;
}

static const struct bq_leaf_ops leaf_ops = { find, term_at, terms_next, forms, mem_cursor_new, head, text, fields, mark,
	NULL, ready, NULL };

/* ---- the whole --------------------------------------------------------- */

struct bq_index *mem_index_new(const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts)
{
	struct mem_index *mi = mem_leaf_must(calloc(1, sizeof *mi));
	struct bq_index *ix = &mi->ix;
	struct bq_text *analyser;
	struct bq_error err;

	mi->opts = *opts;
	if (opts->k1 == 0 && opts->b == 0) {
		mi->opts.k1 = 0.9f;
		mi->opts.b = 0.4f;
	}
	mi->opts.block_docs = opts->block_docs == 0 ? 3 : opts->block_docs;
	mi->opts.mark_words = opts->mark_words == 0 ? 5 : opts->mark_words;
	if (bq_text_new(&opts->text, &analyser, &err) != BQ_OK)
		abort();
	uint32_t per_leaf = opts->leaf_docs == 0 || opts->leaf_docs > n ? n : opts->leaf_docs;
	ix->leaves = mem_leaf_must(calloc(n + 1, sizeof(struct bq_leaf *)));
	for (uint32_t from = 0; from < n; from += per_leaf) {
		uint32_t many = n - from < per_leaf ? n - from : per_leaf;
		struct bq_leaf *l = &mem_leaf_new(&mi->opts, analyser, docs + from, many)->leaf;
		l->ops = &leaf_ops;
		ix->leaves[ix->n_leaves++] = l;
		ix->n_docs += l->n_docs;
		ix->n_live += l->n_docs - l->n_dead;
		ix->n_tokens += l->n_tokens;
	}
	ix->gen = opts->gen;
	ix->k1 = mi->opts.k1;
	ix->b = mi->opts.b;
	ix->avg_len = ix->n_docs == 0 ? 1 : (float)((double)ix->n_tokens / (double)ix->n_docs);
	ix->text = opts->text;
	ix->text_id = bq_text_id(analyser);
	ix->dir = "memory";
	bq_text_free(analyser);
	return ix;
}

void mem_index_free(struct bq_index *ix)
{
	if (ix == NULL)
		return;
	for (uint32_t i = 0; i < ix->n_leaves; i++)
		mem_leaf_free((struct mem_leaf *)(void *)ix->leaves[i]);
	free(ix->leaves);
	free(ix);
}

void mem_index_damage(struct bq_index *ix, const char *word)
{
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		struct mem_leaf *l = (struct mem_leaf *)(void *)ix->leaves[i];
		for (uint32_t t = 0; t < l->leaf.n_terms; t++)
			l->terms[t].is_damaged |= bq_span_eq(l->terms[t].word, bq_span_of(word));
	}
}
