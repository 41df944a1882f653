/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words of fetched documents as terms of a leaf.
 */
#include <stdlib.h>

#include "xapian/remote/page.h"

enum { PRIV_LIST = 0, PRIV_FORM = 1, READABLE = 8 };

static const struct page_leaf *leaf_of(const struct bq_leaf *l) { return (const struct page_leaf *)(const void *)l; }

/* Whether a wanted form counts for the term. */
static bool fits(const struct page_form *f, enum bq_term_kind kind, struct bq_span word)
{
	bool is_stem = kind == BQ_TERM_STEM || kind == BQ_TERM_TITLE_STEM;
	return bq_span_eq(is_stem ? f->stem : f->word, word);
}

static bool is_of_titles(enum bq_term_kind kind) { return kind == BQ_TERM_TITLE || kind == BQ_TERM_TITLE_STEM; }

/* How often the posting counts for a term of this kind in leaf `l`. */
static uint32_t tf_of(const struct page_posting *p, const struct page_leaf *l, enum bq_term_kind kind)
{
	if (p->leaf != l->number)
		return 0;
	return is_of_titles(kind) ? p->title_tf : p->tf;
}

struct found {
	uint32_t doc, tf;
	const uint32_t *positions;
};

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->doc > y->doc) - (x->doc < y->doc);
}

/* The postings of all forms that fit, a document once. */
static struct found *gather(const struct page_leaf *l, enum bq_term_kind kind, struct bq_span word, uint32_t *n,
	struct bq_arena *mem)
{
	const struct page *p = l->page;
	struct found *all;
	uint32_t most = 0;

	for (uint32_t i = 0; i < p->n_wanted; i++)
		most += fits(p->wanted[i], kind, word) ? p->wanted[i]->n : 0;
	all = bq_arena_alloc(mem, (most + 1) * sizeof *all);
	*n = 0;
	for (uint32_t i = 0; all != NULL && i < p->n_wanted; i++) {
		const struct page_form *f = p->wanted[i];
		for (uint32_t k = 0; fits(f, kind, word) && k < f->n; k++)
			if (tf_of(&f->postings[k], l, kind) != 0)
				all[(*n)++] = (struct found){ f->postings[k].doc, tf_of(&f->postings[k], l, kind),
					f->postings[k].positions };
	}
	if (all == NULL || *n < 2)
		return all;
	qsort(all, *n, sizeof *all, compare_found);
	uint32_t kept = 0;
	for (uint32_t i = 1; i < *n; i++) {
		if (all[i].doc == all[kept].doc)
			all[kept].tf += all[i].tf; /* of a stem: then nobody asks for positions */
		else
			all[++kept] = all[i];
	}
	*n = kept + 1;
	return all;
}

/* What was gathered as a list; NULL without memory. */
static struct list *make_list(enum bq_term_kind kind, const struct found *all, uint32_t n, struct bq_arena *mem)
{
	struct xapian_c_bytes no_key = { NULL, 0 };
	void *memory = bq_arena_alloc(mem, list_bytes(n, 0));
	const uint32_t **positions = bq_arena_alloc(mem, n * sizeof *positions);

	if (memory == NULL || positions == NULL)
		return NULL;
	struct list *l = list_place(memory, n, no_key, 0);
	for (uint32_t i = 0; i < n; i++) {
		l->docs[i] = all[i].doc;
		l->tfs[i] = all[i].tf;
		positions[i] = all[i].positions;
	}
	memset(l->bounds, UINT8_MAX, 2 * ((n + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS));
	l->positions = kind == BQ_TERM_WORD ? positions : NULL;
	return l;
}

int page_find_term(const struct bq_leaf *leaf, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd)
{
	const struct page_leaf *l = leaf_of(leaf);
	uint32_t n;

	if (l->page == NULL)
		return BQ_ENOTFOUND;
	const struct found *all = gather(l, kind, word, &n, rd->mem);
	if (all == NULL || n == 0)
		return all == NULL ? BQ_ENOMEM : BQ_ENOTFOUND;
	const struct list *list = make_list(kind, all, n, rd->mem);
	struct bq_span copy = bq_arena_dup(rd->mem, word);
	if (list == NULL || copy.ptr == NULL)
		return BQ_ENOMEM;
	*out = (struct bq_term){ .df = n, .kind = (uint8_t)kind, .impact = UINT8_MAX };
	for (uint32_t i = 0; i < n; i++)
		out->ttf += list->tfs[i];
	out->priv[PRIV_LIST] = (uint64_t)(uintptr_t)list;
	out->priv[PRIV_FORM] = (uint64_t)(uintptr_t)copy.ptr;
	out->priv[PRIV_FORM + 1] = copy.len;
	return BQ_OK;
}

/* Places in the dictionary mean nothing here. */
int page_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	(void)l;
	(void)ord;
	(void)out;
	(void)rd;
	return BQ_ENOTFOUND;
}

/* In no order: who asks counts them, or takes them all. */
bool page_terms_next(struct bq_terms *it)
{
	const struct page_leaf *l = leaf_of(it->leaf);
	const struct page *p = l->page;

	while (p != NULL && it->priv[0] < p->n_wanted) {
		const struct page_form *f = p->wanted[it->priv[0]++];
		if (!bq_span_starts(f->word, it->prefix))
			continue;
		int rc = page_find_term(it->leaf, (enum bq_term_kind)it->kind, f->word, &it->term, it->read);
		if (rc == BQ_ENOMEM)
			return false;
		if (rc != BQ_OK)
			continue;
		it->key_len = (uint32_t)f->word.len;
		memcpy(it->key, f->word.ptr, f->word.len);
		it->word = bq_span_make(it->key, it->key_len);
		return true;
	}
	return false;
}

int page_forms(const struct bq_leaf *leaf, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd)
{
	const struct page *p = leaf_of(leaf)->page;
	const char *from = (const char *)(uintptr_t)stem->priv[PRIV_FORM];
	struct bq_span text = bq_span_make(from, (size_t)stem->priv[PRIV_FORM + 1]);
	bool is_stem = stem->kind == BQ_TERM_STEM || stem->kind == BQ_TERM_TITLE_STEM;
	enum bq_term_kind kind = is_of_titles(stem->kind) ? BQ_TERM_TITLE : BQ_TERM_WORD;
	struct bq_term *all = BQ_ARENA_NEW(rd->mem, struct bq_term, is_stem ? p->n_wanted + 1 : 1);
	uint32_t found = 0;

	*out = all;
	*n = 0;
	if (all == NULL)
		return BQ_ENOMEM;
	if (!is_stem) {
		all[0] = *stem;
		*n = 1;
		return BQ_OK;
	}
	for (uint32_t i = 0; i < p->n_wanted; i++) {
		if (!fits(p->wanted[i], (enum bq_term_kind)stem->kind, text))
			continue;
		int rc = page_find_term(leaf, kind, p->wanted[i]->word, &all[found], rd);
		if (rc == BQ_ENOMEM)
			return rc;
		found += rc == BQ_OK;
	}
	*n = found;
	return BQ_OK;
}

/* ---- walks ----------------------------------------------------------------------- */

struct bq_cursor *page_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd)
{
	return list_cursor(l, t, (const struct list *)(uintptr_t)t->priv[PRIV_LIST], rd);
}

static int compare_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What bq_cursor_meet() left: the list and the document. */
static bool make_ready(struct bq_spot *spot, struct bq_read *rd)
{
	static const uint8_t nothing[READABLE];
	const struct list *l = (const struct list *)(const void *)spot->first;
	uint32_t doc = (uint32_t)spot->base;

	if (spot->rest != NULL)
		return true;
	const uint32_t *at = l->df == 0 ? NULL : bsearch(&doc, l->docs, l->df, sizeof doc, compare_number);
	if (at != NULL && l->positions != NULL)
		return list_pack_spot(spot, l->positions[at - l->docs], spot->tf, 0, rd->mem);
	*spot = (struct bq_spot){ .first = nothing, .rest = nothing, .tf = 1, .base = BQ_MAX_POS - 1 };
	return true;
}

bool page_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	(void)l;
	for (uint32_t i = 0; i < n; i++) {
		if (!make_ready(&spots[i], rd)) {
			rd->mem->oom = true;
			return false;
		}
	}
	return true;
}
