/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/expand.h"

#include <stdlib.h>

#include "query/phrase/lookup.h"

/* ---- documents and their tfs, added up --------------------------------- */

static void add_tfs(uint32_t *sums, const uint32_t *docs, const uint32_t *tfs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sums[docs[i]] += tfs[i];
}

/* A zero for each document of the leaf; NULL when malloc fails. */
static uint32_t *begin_sums(struct eval *ev)
{
	struct bq_searcher *s = ev->q->searcher;
	uint32_t n = ev->leaf->n_docs;

	if (s->sums != NULL && n <= s->n_sums)
		return s->sums;
	free(s->sums);
	s->n_sums = n;
	s->sums = calloc(n, sizeof *s->sums);
	ev->read.mem->oom |= s->sums == NULL;
	return s->sums;
}

/* The documents with a sum become those of n->u; leaves all sums 0. */
static bool put_documents(struct node *n, uint32_t *sums)
{
	struct bq_arena *mem = n->ev->read.mem;
	uint32_t n_docs = n->ev->leaf->n_docs, count = 0;

	for (uint32_t doc = 0; doc < n_docs; doc++)
		count += sums[doc] != 0;
	n->u.docs = bq_arena_alloc(mem, (size_t)count * sizeof *n->u.docs);
	n->u.tfs = bq_arena_alloc(mem, (size_t)count * sizeof *n->u.tfs);
	for (uint32_t doc = 0; doc < n_docs && n->u.docs != NULL && n->u.tfs != NULL; doc++) {
		if (sums[doc] == 0)
			continue;
		n->u.docs[n->u.n] = doc;
		n->u.tfs[n->u.n++] = sums[doc];
	}
	memset(sums, 0, (size_t)n_docs * sizeof *sums);
	n->cost = count;
	return n->u.n == count;
}

/* Keep the first damage, and want of memory, of work done in other memory. */
static bool take_state(struct eval *ev, const struct bq_read *of)
{
	if (of->error.status != BQ_OK && ev->read.error.status == BQ_OK)
		ev->read.error = of->error;
	ev->read.mem->oom |= of->mem->oom;
	return of->error.status == BQ_OK && !of->mem->oom;
}

/* ---- words ------------------------------------------------------------- */

static void walk_list(struct eval *ev, struct bq_cursor *c, uint32_t *sums)
{
	while (c->ops->next_block(c) && !watch_check(ev->watch))
		add_tfs(sums, c->docs, bq_cursor_tfs(c), c->n);
}

bool expand_words(struct node *n, const struct plan_terms *terms)
{
	struct eval *ev = n->ev;
	uint32_t *sums = begin_sums(ev);
	struct bq_read rd = { .mem = &ev->q->searcher->list_mem };
	bool ok = sums != NULL;

	for (uint32_t i = 0; i < terms->n && ok && ev->watch->status == BQ_OK; i++) {
		struct bq_cursor *c = bq_cursor_open(ev->leaf, &terms->terms[i], &rd);
		if (c != NULL)
			walk_list(ev, c, sums);
		ok = take_state(ev, &rd);
		bq_arena_reset(rd.mem);
	}
	return sums != NULL && put_documents(n, sums) && ok;
}

/* ---- phrases ----------------------------------------------------------- */

/* Look the phrase up in the documents of its rarest list. */
static void look_up(struct node *phrase, uint32_t *sums)
{
	struct node *lead = phrase->must[0];
	struct lookup *l;

	for (uint32_t i = 1; i < phrase->n_must; i++)
		if (phrase->must[i]->cost < lead->cost)
			lead = phrase->must[i];
	l = lookup_new(phrase, lead);
	if (l == NULL)
		return;
	struct bq_cursor *c = lead->cursor;
	for (uint32_t next = 0; c->ops->seek_block(c, next) && !watch_check(phrase->ev->watch); next = c->last + 1) {
		uint32_t tfs[LOOKUP_DOCS], n = c->n;
		for (uint32_t from = 0; from < n; from += LOOKUP_DOCS) {
			struct lookup_batch b = { .docs = c->docs + from, .tfs = tfs,
				.lead_tfs = bq_cursor_tfs(c) + from,
				.n = n - from < LOOKUP_DOCS ? n - from : LOOKUP_DOCS };
			lookup_run(l, &b);
			add_tfs(sums, b.docs, tfs, b.n);
		}
	}
}

static bool add_phrase(struct eval *ev, struct eval *sub, const struct ast *a, uint32_t *sums)
{
	struct node *n = node_build(sub, a, AST_STRICT);

	if (n != NULL && n->kind == NODE_TERM)
		walk_list(ev, n->cursor, sums);
	else if (n != NULL && n->kind == NODE_PHRASE)
		look_up(n, sums);
	bool ok = take_state(ev, &sub->read);
	bq_arena_reset(sub->read.mem);
	return ok;
}

bool expand_phrase(struct node *n, const struct ast *a, uint32_t prefix)
{
	struct eval *ev = n->ev, sub = *ev;
	struct bq_arena *mem = ev->read.mem;
	const struct plan_terms *all = &ev->group->lists[a->lists[prefix]].in_leaf[ev->leaf_no];
	struct plan_group group = *ev->group; /* in which the prefix is one word at a time */
	uint32_t *sums = begin_sums(ev);
	bool ok;

	group.lists = BQ_ARENA_NEW(mem, struct plan_list, group.n_lists);
	struct plan_terms *one = BQ_ARENA_NEW(mem, struct plan_terms, group.n_leaves);
	ok = sums != NULL && group.lists != NULL && one != NULL;
	if (!ok)
		return false;
	memcpy(group.lists, ev->group->lists, group.n_lists * sizeof *group.lists);
	group.lists[a->lists[prefix]].is_prefix = false;
	group.lists[a->lists[prefix]].in_leaf = one;
	sub.group = &group;
	sub.read = (struct bq_read){ .mem = &ev->q->searcher->list_mem };
	for (uint32_t i = 0; i < all->n && ok && ev->watch->status == BQ_OK; i++) {
		one[ev->leaf_no] = (struct plan_terms){ &all->terms[i], 1 };
		ok = add_phrase(ev, &sub, a, sums);
	}
	return sums != NULL && put_documents(n, sums) && ok;
}
