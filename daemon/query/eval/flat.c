/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/flat.h"

static struct flat_clause clause_of(struct node *n, const struct bq_index *ix)
{
	struct flat_clause c = { .node = n, .n_lists = 1, .is_phrase = n->kind == NODE_PHRASE };

	c.bound = bound_of(n->weight, ix, n->ev->leaf);
	if (c.is_phrase) {
		c.lists = n->must;
		c.n_lists = n->n_must;
	}
	return c;
}

/* Append the clauses of `nodes` that are phrases, or those that are not. */
static uint32_t add_clauses(struct flat_clause *to, struct node **nodes, uint32_t n, bool phrases,
	const struct bq_index *ix)
{
	uint32_t added = 0;

	for (uint32_t i = 0; i < n; i++)
		if ((nodes[i]->kind == NODE_PHRASE) == phrases)
			to[added++] = clause_of(nodes[i], ix);
	return added;
}

static bool are_leaves(struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (nodes[i]->kind == NODE_BOOL)
			return false;
	return true;
}

/* `node` is in the arena, so that its address may stand for a list of one. */
static void point_to_lists(struct flat_clause *clauses, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!clauses[i].is_phrase)
			clauses[i].lists = &clauses[i].node;
}

static void find_lead(struct flat *f)
{
	for (uint32_t i = 0; i < f->n_must; i++) {
		struct flat_clause *c = &f->must[i];
		for (uint32_t l = 0; l < c->n_lists; l++) {
			if (f->lead != NULL && c->lists[l]->cost >= f->lead->cost)
				continue;
			f->lead = c->lists[l];
			f->lead_clause = c;
		}
	}
}

bool flat_build(struct flat *f, struct node *root, const struct bq_index *ix)
{
	struct bq_arena *mem = root->ev->read.mem;
	bool is_bool = root->kind == NODE_BOOL;
	struct node **must = is_bool ? root->must : &root, **should = root->should;
	uint32_t n_must = is_bool ? root->n_must : 1, n_should = is_bool ? root->n_should : 0;

	memset(f, 0, sizeof *f);
	if (!are_leaves(must, n_must) || !are_leaves(should, n_should))
		return false;
	struct flat_clause *all = BQ_ARENA_NEW(mem, struct flat_clause, (size_t)n_must + n_should);
	f->should = BQ_ARENA_NEW(mem, struct flat_clause *, n_should);
	if (all == NULL || f->should == NULL)
		return false;
	f->must = all;
	f->n_must = add_clauses(all, must, n_must, false, ix);
	f->n_must += add_clauses(all + f->n_must, must, n_must, true, ix);
	f->n_should = add_clauses(all + n_must, should, n_should, false, ix);
	f->n_should += add_clauses(all + n_must + f->n_should, should, n_should, true, ix);
	for (uint32_t i = 0; i < n_should; i++)
		f->should[i] = &all[n_must + i];
	f->not = root->not;
	f->n_not = root->n_not;
	point_to_lists(all, n_must + n_should);
	find_lead(f);
	return true;
}

bool flat_is_words(const struct flat *f)
{
	for (uint32_t i = 0; i < f->n_must; i++)
		if (f->must[i].node->kind != NODE_TERM)
			return false;
	for (uint32_t i = 0; i < f->n_should; i++)
		if (f->should[i]->node->kind != NODE_TERM)
			return false;
	for (uint32_t i = 0; i < f->n_not; i++)
		if (f->not[i]->kind != NODE_TERM)
			return false;
	return true;
}

struct node *flat_rarest(const struct flat_clause *c)
{
	struct node *rarest = c->lists[0];

	for (uint32_t i = 1; i < c->n_lists; i++)
		if (c->lists[i]->cost < rarest->cost)
			rarest = c->lists[i];
	return rarest;
}

uint32_t flat_hold_all(const struct flat *f, uint32_t *docs, uint32_t n)
{
	uint16_t at[256];

	for (uint32_t i = 0; i < f->n_must; i++) {
		uint32_t kept = 0;
		for (uint32_t from = 0, some; from < n; from += some) {
			some = n - from < 256 ? n - from : 256;
			uint32_t held = bq_cursor_hold(f->must[i].node->cursor, docs + from, some, at, NULL);
			for (uint32_t h = 0; h < held; h++)
				docs[kept++] = docs[from + at[h]];
		}
		n = kept;
	}
	return n;
}

void flat_rewind(const struct flat *f)
{
	for (uint32_t i = 0; i < f->n_must; i++)
		node_rewind(f->must[i].node);
	for (uint32_t i = 0; i < f->n_should; i++)
		node_rewind(f->should[i]->node);
	for (uint32_t i = 0; i < f->n_not; i++)
		node_rewind(f->not[i]);
}

static uint8_t list_impact(struct node *list, uint32_t from, uint32_t to)
{
	if (list->kind == NODE_TERM)
		return bq_cursor_range_impact(list->cursor, from, to);
	return node_seek(list, from) < to ? UINT8_MAX : 0;
}

bool flat_bound(struct flat_clause *c, uint32_t from, uint32_t to)
{
	uint8_t least = UINT8_MAX;

	for (uint32_t i = 0; i < c->n_lists && least != 0; i++) {
		uint8_t impact = list_impact(c->lists[i], from, to);
		least = impact < least ? impact : least;
	}
	c->most = least == 0 ? 0 : bound_points(&c->bound, least);
	return least != 0;
}

void flat_sort_should(const struct flat *f)
{
	for (uint32_t i = 1; i < f->n_should; i++) {
		struct flat_clause *c = f->should[i];
		uint32_t at = i;
		for (; at > 0 && f->should[at - 1]->most > c->most; at--)
			f->should[at] = f->should[at - 1];
		f->should[at] = c;
	}
}
