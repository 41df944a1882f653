/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/match.h"

#include <stdlib.h>

/* The hit whose matches are gathered. */
struct collect {
	struct walk *walk;
	struct matches *all;
	const struct bq_doc_head *head;
	uint32_t doc;
	bool is_failed; /* the arena is full, or a list damaged */
};

/* ---- the tree at one document ------------------------------------------ */

static bool has_failed(struct collect *c)
{
	c->is_failed |= c->walk->read.error.status != BQ_OK || c->all->mem->oom;
	return c->is_failed;
}

static struct stand *stand_of(struct collect *c, uint32_t list)
{
	struct matches *all = c->all;

	if (!all->is_asked[list])
		all->stands[list] = walk_stand(c->walk, list, c->doc);
	all->is_asked[list] = true;
	return all->stands[list];
}

/* Where the words of a clause of the text stand; NULL if one is nowhere. */
static struct stand **stands_of(struct collect *c, const struct ast *a)
{
	struct stand **stands = bq_arena_alloc(c->all->mem, a->n_words * sizeof *stands);

	for (uint32_t i = 0; stands != NULL && i < a->n_words; i++) {
		stands[i] = stand_of(c, a->lists[i]);
		if (stands[i] == NULL)
			return NULL;
	}
	return stands;
}

static bool is_in_text(struct collect *c, const struct ast *a)
{
	const uint64_t anywhere[2] = { 0, UINT64_MAX };
	struct stand **stands = stands_of(c, a);
	struct run *r = stands == NULL ? NULL : run_new(c->all->mem, a, stands, anywhere);

	if (r == NULL || !run_more(r, UINT64_MAX))
		return false;
	c->all->runs[c->all->n_runs++] = r;
	return true;
}

/* A phrase in titles is one whose words the title's lists hold, and that stands
 * there. */
static bool is_in_title(struct collect *c, const struct ast *a)
{
	const struct bq_doc_head *head = c->head;
	const uint64_t zone[2] = { head->title_pos, (uint64_t)head->title_pos + head->title_words };
	struct stand **stands;
	struct run *r;

	if (a->n_words == 1)
		return walk_holds(c->walk, a->lists[0], c->doc);
	for (uint32_t i = 0; i < a->n_words; i++)
		if (!walk_holds(c->walk, a->lists[a->n_words + i], c->doc))
			return false;
	stands = stands_of(c, a);
	r = stands == NULL ? NULL : run_new(c->all->mem, a, stands, zone);
	return r != NULL && run_more(r, UINT64_MAX);
}

static bool match_leaf(struct collect *c, const struct ast *a)
{
	bool is_in = a->is_title ? is_in_title(c, a) : is_in_text(c, a);

	if (is_in)
		c->all->clauses[c->all->n_clauses++] = a;
	return is_in;
}

static bool match_tree(struct collect *c, const struct ast *a, enum ast_mode mode);

/* Leaves that match are kept if all of the list does, and of a negation never. */
static bool match_list(struct collect *c, const struct ast *a, enum ast_mode mode)
{
	struct matches *all = c->all;
	uint32_t n_clauses = all->n_clauses, n_runs = all->n_runs;
	bool needs_bare = ast_requires_bare(a, mode), is_in = false, is_out = false;

	for (const struct ast *k = a->kids; k != NULL && !is_out && !has_failed(c); k = k->next) {
		uint32_t clauses_before = all->n_clauses, runs_before = all->n_runs;
		bool is_not = k->occur == AST_NOT;
		bool is_kid_in = match_tree(c, k, is_not ? AST_STRICT : mode);
		if (is_not) {
			all->n_clauses = clauses_before;
			all->n_runs = runs_before;
			is_out = is_kid_in;
			continue;
		}
		is_in |= is_kid_in;
		is_out = !is_kid_in && (k->occur == AST_MUST || needs_bare);
	}
	if (is_in && !is_out)
		return true;
	all->n_clauses = n_clauses;
	all->n_runs = n_runs;
	return false;
}

/* Whether the tree matches.  Recursion is as deep as the parser's nesting. */
static bool match_tree(struct collect *c, const struct ast *a, enum ast_mode mode)
{
	switch (a->kind) {
	case AST_WORD:
	case AST_PHRASE:
		return match_leaf(c, a);
	case AST_GROUP:
	case AST_OR:
		return match_list(c, a, mode);
	case AST_EMPTY:
		break;
	}
	return false;
}

/* The reading that made the document a hit. */
static bool match_root(struct collect *c, const struct ast *root, enum bq_match match)
{
	if (match != BQ_MATCH_ANY && match_tree(c, root, AST_STRICT))
		return true;
	return match != BQ_MATCH_ALL && match_tree(c, root, AST_LOOSE);
}

/* ---- in order ---------------------------------------------------------- */

bool match_add(struct matches *all, const struct ast *a, uint32_t start, uint32_t end)
{
	struct run *last = all->n_runs == 0 ? NULL : all->runs[all->n_runs - 1];

	if (last == NULL || last->kind != RUN_GIVEN || last->clause != a) {
		last = run_given(all->mem, a);
		if (last == NULL)
			return false;
		all->runs[all->n_runs++] = last;
	}
	return run_put(last, start, end);
}

static bool put_match(struct matches *all, const struct run *r, uint32_t i)
{
	if (all->n == all->cap) {
		uint32_t cap = all->cap == 0 ? 64 : 2 * all->cap;
		struct match *list = bq_arena_alloc(all->mem, cap * sizeof *list);
		if (list == NULL)
			return false;
		if (all->n != 0)
			memcpy(list, all->list, all->n * sizeof *list);
		all->list = list;
		all->cap = cap;
	}
	all->list[all->n++] = (struct match){ .pos = r->pos[i], .span = run_end(r, i) - r->pos[i] + 1,
		.clause = r->clause->id, .is_char = r->is_char };
	return true;
}

static int compare_match(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->pos != y->pos)
		return x->pos < y->pos ? -1 : 1;
	if (x->span != y->span)
		return x->span > y->span ? -1 : 1;
	return (x->clause > y->clause) - (x->clause < y->clause);
}

bool match_between(struct matches *all, uint64_t from, uint64_t to)
{
	uint32_t n_runs = 0;

	all->n = 0;
	for (uint32_t k = 0; k < all->n_runs; k++) {
		struct run *r = all->runs[k];
		uint32_t before = all->n;
		run_reach(r, to);
		for (uint32_t i = run_at(r, from); i < r->n && r->pos[i] < to; i++)
			if (!put_match(all, r, i))
				return false;
		n_runs += all->n != before;
	}
	if (n_runs > 1)
		qsort(all->list, all->n, sizeof *all->list, compare_match);
	return match_status(all, NULL) == BQ_OK;
}

int match_status(const struct matches *all, struct bq_error *err)
{
	for (uint32_t i = 0; i < all->n_lists; i++)
		if (all->stands[i] != NULL && all->stands[i]->is_damaged)
			return bq_error_set(err, BQ_EFORMAT, 0, "positions out of order [F24]");
	return all->mem->oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches") : BQ_OK;
}

static int compare_range(const void *a, const void *b)
{
	const struct bq_range *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

uint32_t match_join(struct bq_range *ranges, uint32_t n)
{
	uint32_t kept = 0;

	if (n != 0)
		qsort(ranges, n, sizeof *ranges, compare_range);
	for (uint32_t i = 0; i < n; i++) {
		if (kept != 0 && ranges[i].from < ranges[kept - 1].to) {
			if (ranges[i].to > ranges[kept - 1].to)
				ranges[kept - 1].to = ranges[i].to;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

/* ---- a hit ------------------------------------------------------------- */

static bool make_room(struct matches *all, const struct plan_group *g)
{
	all->n_ids = g->n_clauses;
	all->n_lists = g->n_lists;
	all->stands = BQ_ARENA_NEW(all->mem, struct stand *, g->n_lists);
	all->is_asked = BQ_ARENA_NEW(all->mem, bool, g->n_lists);
	all->clauses = BQ_ARENA_NEW(all->mem, const struct ast *, g->n_clauses);
	all->runs = BQ_ARENA_NEW(all->mem, struct run *, g->n_clauses);
	return !all->mem->oom;
}

/* Gather what matches in the hit's document. */
static int collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches *all, struct bq_error *err)
{
	struct walk *walk = walk_over(q, hit);
	struct collect c = { .walk = walk, .all = all, .head = head, .doc = hit->doc };

	all->mem = &q->searcher->match_mem;
	if (walk == NULL || !make_room(all, walk->group))
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches");
	if (match_root(&c, walk->group->root, q->opts->match) && !has_failed(&c))
		(void)title_match(all, walk->group->text, head);
	for (uint32_t i = 0; i < all->n_runs; i++)
		if (all->runs[i]->span > all->max_span)
			all->max_span = all->runs[i]->span;
	if (walk->read.error.status == BQ_OK)
		return match_status(all, err);
	if (err != NULL)
		*err = walk->read.error;
	return walk->read.error.status;
}

int match_collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches **out, struct bq_error *err)
{
	struct bq_searcher *s = q->searcher;
	struct watch unhurried = { 0 };
	int rc;

	if (q->matches_serial == s->match_serial && s->match_serial != 0 && q->matches_of.index == hit->index &&
		q->matches_of.leaf == hit->leaf && q->matches_of.doc == hit->doc && !s->match_mem.oom) {
		*out = q->matches;
		return BQ_OK;
	}
	bq_arena_reset(&s->match_mem);
	s->match_serial++;
	q->matches_serial = 0;
	q->matches = BQ_ARENA_NEW(&s->match_mem, struct matches, 1);
	if (q->matches == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches");
	rc = plan_resolve(q, &unhurried, err);
	if (rc == BQ_OK)
		rc = collect(q, hit, head, q->matches, err);
	if (rc != BQ_OK) {
		walk_drop(q);
		return rc;
	}
	q->matches_of = *hit;
	q->matches_serial = s->match_serial;
	*out = q->matches;
	return BQ_OK;
}
