/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/match.h"

#include <stdlib.h>

/* What node_each_clause() carries along. */
struct collect {
	struct eval *ev;
	struct matches *all;
	struct bq_arena *mem;
	bool is_failed;
};

bool match_add(struct matches *all, const struct match *m, struct bq_arena *mem)
{
	if (all->n == all->cap) {
		uint32_t cap = all->cap == 0 ? 64 : 2 * all->cap;
		struct match *more = bq_arena_alloc(mem, (size_t)cap * sizeof *more);
		if (more == NULL)
			return false;
		if (all->n != 0)
			memcpy(more, all->m, all->n * sizeof *more);
		all->m = more;
		all->cap = cap;
	}
	if (m->span > all->max_span)
		all->max_span = m->span;
	all->m[all->n++] = *m;
	return true;
}

static void add_positions(struct collect *c, const struct ast *a, const uint32_t *positions, uint32_t n)
{
	const struct ast_word *last = &a->words[a->n_words - 1];
	uint32_t span = a->kind == AST_WORD ? 1 : last->at + 1;

	for (uint32_t i = 0; i < n && !c->is_failed; i++) {
		struct match m = { .pos = positions[i], .span = span, .clause = a->id, .is_char = last->is_char };
		c->is_failed = !match_add(c->all, &m, c->mem);
	}
}

/* A plain word: the positions of every written form of its stem. */
static void add_forms(struct collect *c, struct node *n)
{
	struct eval *ev = c->ev;
	struct bq_term *forms;
	uint32_t n_forms, count;

	if (bq_leaf_forms(ev->leaf, &n->cursor->term, &forms, &n_forms, &ev->read) != BQ_OK) {
		c->is_failed = true;
		return;
	}
	for (uint32_t i = 0; i < n_forms && !c->is_failed; i++) {
		struct bq_cursor *cur = bq_cursor_open(ev->leaf, &forms[i], &ev->read);
		if (cur == NULL) {
			c->is_failed = true;
		} else if (bq_cursor_seek(cur, n->doc) == n->doc) {
			const uint32_t *positions = bq_cursor_positions(cur, &count);
			add_positions(c, n->ast, positions, count);
		}
	}
}

static void add_clause(void *arg, struct node *n)
{
	struct collect *c = arg;
	uint32_t count;

	c->all->clauses[c->all->n_clauses++] = n->ast;
	if (n->ast->is_title || c->is_failed)
		return;
	if (n->kind == NODE_PHRASE) {
		uint32_t *starts = bq_arena_alloc(c->mem, n->tf * sizeof *starts);
		c->is_failed = starts == NULL;
		if (starts != NULL)
			add_positions(c, n->ast, starts, phrase_starts(n, starts));
	} else if (n->ast->kind == AST_WORD) {
		add_forms(c, n);
	} else {
		const uint32_t *positions = phrase_positions(n, &count);
		add_positions(c, n->ast, positions, count);
	}
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

/* One word's positions come in order; several words' must be sorted. */
static void sort_matches(struct match *m, uint32_t n)
{
	uint32_t i = 1;

	while (i < n && compare_match(&m[i - 1], &m[i]) <= 0)
		i++;
	if (i < n)
		qsort(m, n, sizeof *m, compare_match);
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

/* The tree at the hit's document, in the reading that made it one: NULL if
 * neither matches there. */
static struct node *find_hit(struct eval *ev, const struct bq_hit *hit)
{
	enum bq_match match = ev->q->opts->match;
	struct node *root = NULL;

	if (match != BQ_MATCH_ANY) {
		root = node_build(ev, ev->group->root, AST_STRICT);
		if (root != NULL && node_seek(root, hit->doc) == hit->doc)
			return root;
	}
	if (match == BQ_MATCH_ALL || (match == BQ_MATCH_AUTO && root == NULL))
		return NULL;
	root = node_build(ev, ev->group->root, AST_LOOSE);
	return root != NULL && node_seek(root, hit->doc) == hit->doc ? root : NULL;
}

/* Walk the tree to the hit's document and gather what matches there. */
static int collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches *all, struct bq_error *err)
{
	struct bq_arena *mem = &q->searcher->match_mem;
	struct watch unhurried = { 0 };
	struct eval ev = pass_eval(q, hit->index, hit->leaf, &unhurried);
	struct collect c = { .ev = &ev, .all = all, .mem = mem };

	ev.with_positions = true;
	all->clauses = BQ_ARENA_NEW(mem, const struct ast *, ev.group->n_clauses);
	struct node *root = all->clauses == NULL ? NULL : find_hit(&ev, hit);
	if (root != NULL) {
		node_each_clause(root, add_clause, &c);
		if (!c.is_failed)
			c.is_failed = !title_match(all, ev.group->text, head, mem);
	}
	if (mem->oom)
		ev.read.mem->oom = true;
	sort_matches(all->m, all->n);
	return pass_failure(&ev, err);
}

int match_collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches **out, struct bq_error *err)
{
	struct bq_searcher *s = q->searcher;
	struct watch unhurried = { 0 };
	int rc;

	if (q->matches_serial == s->match_serial && s->match_serial != 0 && q->matches_of.index == hit->index &&
		q->matches_of.leaf == hit->leaf && q->matches_of.doc == hit->doc) {
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
	if (rc != BQ_OK)
		return rc;
	q->matches_of = *hit;
	q->matches_serial = s->match_serial;
	*out = q->matches;
	return BQ_OK;
}
