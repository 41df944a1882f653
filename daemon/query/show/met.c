/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/met.h"

#include <string.h>

static bool is_same_leaf(const struct bq_hit *a, const struct bq_hit *b)
{
	return a->index == b->index && a->leaf == b->leaf;
}

/* Keep the documents ascending. */
static void insert(struct met *m, uint32_t doc)
{
	uint32_t i = m->n_docs++;

	for (; i > 0 && m->docs[i - 1] > doc; i--)
		m->docs[i] = m->docs[i - 1];
	m->docs[i] = doc;
}

/* The place of `hit` on the page; behind its end if it is not there. */
static uint32_t rank_of(const struct bq_query *q, const struct bq_hit *hit)
{
	uint32_t i = 0;

	while (i < q->n_page && !(is_same_leaf(&q->page[i], hit) && q->page[i].doc == hit->doc))
		i++;
	return i;
}

void met_begin(struct met *m, const struct bq_query *q, const struct bq_hit *hit)
{
	uint32_t rank = rank_of(q, hit);

	m->n_docs = 0;
	insert(m, hit->doc);
	for (uint32_t i = rank + 1; i < q->n_page && m->n_docs < MET_DOCS; i++)
		if (is_same_leaf(&q->page[i], hit))
			insert(m, q->page[i].doc);
	for (uint32_t i = 0; i < MET_DOCS; i++)
		m->of[i].n = 0; /* their room stays */
}

static bool put(struct met_doc *d, const struct bq_spot *spot, struct bq_arena *mem)
{
	uint32_t cap = d->cap == 0 ? 4 : 2 * d->cap;

	if (d->n == d->cap) {
		struct bq_spot *spots = bq_arena_alloc(mem, cap * sizeof *spots);
		if (spots == NULL)
			return false;
		if (d->n != 0)
			memcpy(spots, d->spots, d->n * sizeof *spots);
		d->spots = spots;
		d->cap = cap;
	}
	d->spots[d->n++] = *spot;
	return true;
}

bool met_add(struct met *m, struct bq_cursor *c, struct bq_arena *mem)
{
	struct bq_spot spots[MET_DOCS];
	uint16_t kept[MET_DOCS];
	uint32_t n = bq_cursor_meet(c, m->docs, m->n_docs, kept, spots);

	for (uint32_t i = 0; i < n; i++)
		if (!put(&m->of[kept[i]], &spots[i], mem))
			return false;
	return true;
}

const struct met_doc *met_find(const struct met *m, uint32_t doc)
{
	for (uint32_t i = 0; i < m->n_docs; i++)
		if (m->docs[i] == doc)
			return &m->of[i];
	return NULL;
}
