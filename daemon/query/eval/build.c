/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tree of clauses -> tree of nodes over one leaf.
 */
#include <stdlib.h>

#include "query/phrase/cover.h"
#include "query/phrase/expand.h"

static struct node *node_new(struct eval *ev, enum node_kind kind)
{
	struct node *n = BQ_ARENA_NEW(ev->read.mem, struct node, 1);

	if (n == NULL)
		return NULL;
	n->kind = kind;
	n->ev = ev;
	return n;
}

/* Who goes by positions, or by everything, gets all entries sorted. */
static bool build_union(struct node *n, const struct plan_terms *terms, bool with_positions)
{
	return with_positions || n->ev->q->opts->exhaustive ? union_build(n, terms, with_positions)
		: expand_words(n, terms);
}

/* A node of its own for one list; NONE when the leaf does not have it. */
static struct node *build_list(struct eval *ev, uint32_t list_no, bool with_positions)
{
	const struct plan_list *l = &ev->group->lists[list_no];
	const struct plan_terms *terms = &l->in_leaf[ev->leaf_no];
	struct node *n = node_new(ev, terms->n == 0 ? NODE_NONE : l->is_prefix ? NODE_UNION : NODE_TERM);

	if (n == NULL)
		return NULL;
	for (uint32_t i = 0; i < terms->n; i++)
		n->cost += terms->terms[i].df;
	if (n->kind == NODE_UNION && !build_union(n, terms, with_positions && l->kind == BQ_TERM_WORD))
		return NULL;
	if (n->kind == NODE_TERM) {
		n->cursor = bq_cursor_open(ev->leaf, &terms->terms[0], &ev->read);
		if (n->cursor == NULL)
			return NULL;
	}
	return n;
}

/* Documents that a list of the group has in this leaf. */
static uint64_t list_cost(const struct eval *ev, uint32_t list_no)
{
	const struct plan_terms *terms = &ev->group->lists[list_no].in_leaf[ev->leaf_no];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < terms->n; i++)
		sum += terms->terms[i].df;
	return sum;
}

/* The distinct ones of the phrase's word lists, rarest first; returns how
 * many. */
static uint32_t pick_lists(const struct eval *ev, const struct ast *a, uint32_t *lists)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n_words; i++) {
		uint32_t at = 0;
		while (at < n && lists[at] != a->lists[i])
			at++;
		if (at < n)
			continue;
		uint64_t cost = list_cost(ev, a->lists[i]);
		for (at = n++; at > 0 && list_cost(ev, lists[at - 1]) > cost; at--)
			lists[at] = lists[at - 1];
		lists[at] = a->lists[i];
	}
	return n;
}

/* Words that need not stand in their places. */
static bool add_slots(struct node *n, const struct ast *a)
{
	n->slots = BQ_ARENA_NEW(n->ev->read.mem, struct near_slot, a->n_words);
	if (n->slots == NULL)
		return false;
	near_init(n->slots, a, a->lists);
	return true;
}

static bool add_members(struct node *n, const struct ast *a, const uint32_t *lists)
{
	struct bq_arena *mem = n->ev->read.mem;

	n->n_members = a->n_words;
	n->members = BQ_ARENA_NEW(mem, struct node_member, a->n_words);
	n->positions = BQ_ARENA_NEW(mem, struct node_positions, n->n_lists);
	if (n->members == NULL || n->positions == NULL)
		return false;
	for (uint32_t i = 0; i < a->n_words; i++) {
		uint32_t list = 0;
		while (lists[list] != a->lists[i])
			list++;
		n->members[i] = (struct node_member){ list, a->words[i].at, 0 };
	}
	return a->near == AST_EXACT || add_slots(n, a);
}

static struct node *build_term(struct eval *ev, const struct bq_term *t)
{
	struct node *n = node_new(ev, NODE_TERM);

	if (n == NULL)
		return NULL;
	n->cost = t->df;
	n->cursor = bq_cursor_open(ev->leaf, t, &ev->read);
	return n->cursor == NULL ? NULL : n;
}

/* Room for the phrase's own lists and for `n_more` that only restrict. */
static bool begin_phrase(struct node *n, const struct ast *a, uint32_t *lists, uint32_t n_more)
{
	struct eval *ev = n->ev;

	n->n_lists = pick_lists(ev, a, lists);
	n->must = BQ_ARENA_NEW(ev->read.mem, struct node *, n->n_lists + n_more);
	if (n->must == NULL || !add_members(n, a, lists))
		return false;
	n->cost = list_cost(ev, lists[0]);
	for (uint32_t i = 0; i < n->n_lists; i++) {
		n->must[n->n_must] = build_list(ev, lists[i], true);
		if (n->must[n->n_must++] == NULL)
			return false;
	}
	return true;
}

/* A list that the phrase's documents are in. */
static bool add_restricting(struct node *n, struct node *list)
{
	if (list == NULL)
		return false;
	n->must[n->n_must++] = list;
	n->cost = list->cost < n->cost ? list->cost : n->cost;
	return true;
}

/* A phrase in titles: its words' title lists say which documents are worth a
 * look. */
static struct node *build_title(struct eval *ev, const struct ast *a, uint32_t *lists)
{
	struct node *n = node_new(ev, NODE_PHRASE);

	if (n == NULL || !begin_phrase(n, a, lists, a->n_words))
		return NULL;
	for (uint32_t i = 0; i < a->n_words; i++)
		if (!add_restricting(n, build_list(ev, a->lists[a->n_words + i], false)))
			return NULL;
	return n;
}

static bool wants_pairs(const struct eval *ev)
{
	return !ev->q->opts->exhaustive;
}

/* The one word of the phrase that is a prefix; UINT32_MAX if none or several
 * are. */
static uint32_t only_prefix(const struct eval *ev, const struct ast *a)
{
	uint32_t found = UINT32_MAX;

	for (uint32_t i = 0; i < a->n_words; i++) {
		if (!ev->group->lists[a->lists[i]].is_prefix)
			continue;
		if (found != UINT32_MAX)
			return UINT32_MAX;
		found = i;
	}
	return found;
}

static struct node *build_text(struct eval *ev, const struct ast *a, uint32_t *lists)
{
	struct cover cover;
	struct node *n;

	if (wants_pairs(ev) && a->near == AST_EXACT)
		cover_find(ev, a, &cover);
	else
		cover_none(&cover);
	if (cover.is_absent)
		return node_new(ev, NODE_NONE);
	uint32_t prefix = wants_pairs(ev) && a->near == AST_EXACT ? only_prefix(ev, a) : UINT32_MAX;
	if (prefix != UINT32_MAX) {
		n = node_new(ev, NODE_UNION);
		return n != NULL && expand_phrase(n, a, prefix) ? n : NULL;
	}
	if (cover.is_whole)
		return build_term(ev, &cover.pairs[0]);
	n = node_new(ev, NODE_PHRASE);
	if (n == NULL || !begin_phrase(n, a, lists, cover.n))
		return NULL;
	n->joints = BQ_ARENA_NEW(ev->read.mem, uint32_t, cover.n);
	if (n->joints == NULL)
		return NULL;
	for (uint32_t i = 0; i < cover.n; i++) {
		n->joints[i] = cover.at[i];
		if (!add_restricting(n, build_term(ev, &cover.pairs[i])))
			return NULL;
	}
	return n;
}

/* A phrase of several words. */
static struct node *build_phrase(struct eval *ev, const struct ast *a)
{
	uint32_t n_lists = a->is_title ? 2 * a->n_words : a->n_words;
	uint32_t *lists = BQ_ARENA_NEW(ev->read.mem, uint32_t, a->n_words);

	if (lists == NULL)
		return NULL;
	for (uint32_t i = 0; i < n_lists; i++)
		if (list_cost(ev, a->lists[i]) == 0)
			return node_new(ev, NODE_NONE);
	return a->is_title ? build_title(ev, a, lists) : build_text(ev, a, lists);
}

static struct node *build_leaf(struct eval *ev, const struct ast *a)
{
	struct node *n = a->n_words > 1 ? build_phrase(ev, a) : build_list(ev, a->lists[0], false);

	if (n == NULL)
		return NULL;
	n->ast = a;
	n->weight = bm25_weight(ev->group->weights[a->id], ev->q->shift);
	return n;
}

static int compare_cost(const void *a, const void *b)
{
	uint64_t x = (*(struct node *const *)a)->cost, y = (*(struct node *const *)b)->cost;

	return (x > y) - (x < y);
}

enum { FEW_NODES = 16 };

/* Rarest first.  Few are put in place without a call for each two. */
static void sort_by_cost(struct node **nodes, uint32_t n)
{
	if (n > FEW_NODES) {
		qsort(nodes, n, sizeof *nodes, compare_cost);
		return;
	}
	for (uint32_t i = 1; i < n; i++) {
		struct node *node = nodes[i];
		uint32_t at = i;
		for (; at > 0 && nodes[at - 1]->cost > node->cost; at--)
			nodes[at] = nodes[at - 1];
		nodes[at] = node;
	}
}

/* Where a child of a list goes. */
enum role { ROLE_MUST, ROLE_SHOULD, ROLE_NOT };

static enum role role_of(const struct ast *list, const struct ast *kid, enum ast_mode mode)
{
	if (kid->occur == AST_NOT)
		return ROLE_NOT;
	return ast_requires(list, kid, mode) ? ROLE_MUST : ROLE_SHOULD;
}

static bool add_kid(struct node *n, struct node *kid, enum role role)
{
	if (kid->kind == NODE_NONE && role != ROLE_MUST)
		return true;
	switch (role) {
	case ROLE_MUST:
		n->must[n->n_must++] = kid;
		return kid->kind != NODE_NONE;
	case ROLE_SHOULD:
		n->should[n->n_should++] = kid;
		return true;
	case ROLE_NOT:
		n->not[n->n_not++] = kid;
		return true;
	}
	return true;
}

static void set_cost(struct node *n)
{
	if (n->n_must != 0) {
		sort_by_cost(n->must, n->n_must);
		n->cost = n->must[0]->cost;
		return;
	}
	for (uint32_t i = 0; i < n->n_should; i++)
		n->cost += n->should[i]->cost;
}

static struct node *build_tree(struct eval *ev, const struct ast *a, enum ast_mode mode);

static struct node *build_list_of(struct eval *ev, const struct ast *a, enum ast_mode mode)
{
	struct node *n = node_new(ev, NODE_BOOL);
	uint32_t n_kids = 0;

	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		n_kids++;
	struct node **kids = BQ_ARENA_NEW(ev->read.mem, struct node *, (size_t)3 * n_kids);
	if (n == NULL || kids == NULL)
		return NULL;
	n->must = kids;
	n->should = kids + n_kids;
	n->not = kids + (size_t)2 * n_kids;
	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		enum role role = role_of(a, k, mode);
		struct node *kid = build_tree(ev, k, role == ROLE_NOT ? AST_STRICT : mode);
		if (kid == NULL)
			return NULL;
		if (!add_kid(n, kid, role))
			return node_new(ev, NODE_NONE);
	}
	if (n->n_must + n->n_should == 0)
		return node_new(ev, NODE_NONE);
	set_cost(n);
	return n;
}

/* Recursion is as deep as the parser's nesting. */
static struct node *build_tree(struct eval *ev, const struct ast *a, enum ast_mode mode)
{
	switch (a->kind) {
	case AST_WORD:
	case AST_PHRASE:
		return build_leaf(ev, a);
	case AST_GROUP:
	case AST_OR:
		return build_list_of(ev, a, mode);
	case AST_EMPTY:
		break;
	}
	return node_new(ev, NODE_NONE);
}

struct node *node_build(struct eval *ev, const struct ast *a, enum ast_mode mode)
{
	if (!ev->counts_only)
		plan_weigh(ev->q);
	return build_tree(ev, a, mode);
}
