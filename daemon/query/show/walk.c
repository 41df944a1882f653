/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/walk.h"

#include <string.h>

#define KEEP_BYTES ((size_t)64 << 20) /* of forms, from which on walks begin afresh */

void walk_drop(struct bq_query *q)
{
	q->walks_serial = 0;
}

/* Another query may have used the memory since. */
static void keep_or_begin(struct bq_query *q)
{
	struct bq_searcher *s = q->searcher;

	if (q->walks_serial != 0 && q->walks_serial == s->walk_serial && s->walk_mem.bytes <= KEEP_BYTES &&
		!s->walk_mem.oom)
		return;
	bq_arena_reset(&s->walk_mem);
	q->walks_serial = ++s->walk_serial;
	q->walks = NULL;
}

static struct walk *begin_walk(struct bq_query *q, const struct bq_hit *hit)
{
	struct bq_arena *mem = &q->searcher->walk_mem;
	struct walk *w = BQ_ARENA_NEW(mem, struct walk, 1);
	const struct plan_index *in = &q->indexes[hit->index];

	if (w == NULL)
		return NULL;
	w->index = hit->index;
	w->leaf = hit->leaf;
	w->of = q->view->indexes[hit->index]->leaves[hit->leaf];
	w->group = &q->groups[in->group];
	w->leaf_no = in->first_leaf + hit->leaf;
	w->q = q;
	w->forms = BQ_ARENA_NEW(mem, struct plan_terms, w->group->n_lists);
	w->met = BQ_ARENA_NEW(mem, struct met, w->group->n_lists);
	if (w->forms == NULL || w->met == NULL)
		return NULL;
	w->next = q->walks;
	return q->walks = w;
}

struct walk *walk_over(struct bq_query *q, const struct bq_hit *hit)
{
	struct walk *w;

	keep_or_begin(q);
	for (w = q->walks; w != NULL; w = w->next)
		if (w->index == hit->index && w->leaf == hit->leaf)
			break;
	if (w == NULL)
		w = begin_walk(q, hit);
	if (w != NULL)
		w->read = (struct bq_read){ .mem = &q->searcher->match_mem };
	return w;
}

/* The terms of a list; of a stem those with positions: its written words. */
static const struct plan_terms *terms_of(struct walk *w, uint32_t list)
{
	const struct plan_list *l = &w->group->lists[list];
	const struct plan_terms *terms = &l->in_leaf[w->leaf_no];
	struct plan_terms *forms = &w->forms[list];
	struct bq_read rd = { .mem = &w->q->searcher->walk_mem };

	if (l->kind != BQ_TERM_STEM || terms->n == 0)
		return terms;
	if (forms->terms == NULL && bq_leaf_forms(w->of, terms->terms, &forms->terms, &forms->n, &rd) != BQ_OK) {
		*forms = (struct plan_terms){ NULL, 0 };
		w->read.error = rd.error;
		w->read.mem->oom |= rd.mem->oom;
	}
	return forms;
}

/* One word's list, with the hits that `m` is to meet. */
static bool meet(struct walk *w, struct met *m, const struct bq_term *t)
{
	struct bq_arena *walk_mem = &w->q->searcher->walk_mem;
	struct bq_read rd = { .mem = &w->q->searcher->list_mem };
	struct bq_cursor *c = bq_cursor_open(w->of, t, &rd);
	bool is_met = c != NULL && met_add(m, c, walk_mem);

	w->read.mem->oom |= rd.mem->oom || walk_mem->oom;
	bq_arena_reset(rd.mem); /* spots need no cursor */
	if (rd.error.status != BQ_OK && w->read.error.status == BQ_OK)
		w->read.error = rd.error;
	return is_met && rd.error.status == BQ_OK;
}

/* What a document holds of the words of a list, which the next hits of the page
 * are asked for at once; NULL after a failure. */
static const struct met_doc *met_of(struct walk *w, uint32_t list, const struct plan_terms *terms, uint32_t doc)
{
	const struct bq_hit hit = { .index = w->index, .leaf = w->leaf, .doc = doc };
	struct met *m = &w->met[list];
	const struct met_doc *found = met_find(m, doc);

	if (found != NULL)
		return found;
	met_begin(m, w->q, &hit);
	for (uint32_t i = 0; i < terms->n; i++)
		if (!meet(w, m, &terms->terms[i])) {
			m->n_docs = 0;
			return NULL;
		}
	return met_find(m, doc);
}

bool walk_holds(struct walk *w, uint32_t list, uint32_t doc)
{
	const struct met_doc *met = met_of(w, list, &w->group->lists[list].in_leaf[w->leaf_no], doc);

	return met != NULL && met->n != 0;
}

struct stand *walk_stand(struct walk *w, uint32_t list, uint32_t doc)
{
	const struct met_doc *met = met_of(w, list, terms_of(w, list), doc);
	struct bq_spot *spots;

	if (met == NULL || met->n == 0)
		return NULL;
	spots = bq_arena_alloc(w->read.mem, met->n * sizeof *spots);
	if (spots == NULL)
		return NULL;
	memcpy(spots, met->spots, met->n * sizeof *spots);
	return bq_leaf_ready(w->of, spots, met->n, &w->read) ? stand_new(w->read.mem, spots, met->n) : NULL;
}
