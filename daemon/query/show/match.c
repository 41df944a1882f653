/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/match.h"

#include <stdlib.h>

#include "query/show/walk.h"

enum { MAX_RUNS = 16 };

/* What node_each_clause() carries along. */
struct collect {
	struct walk *walk;
	struct matches *all;
	bool is_failed;
};

/* The array with room for one more than `n`; NULL when the arena is full. */
static void *grow(struct bq_arena *mem, void *old, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap == 0 ? 16 : 2 * *cap;
	void *p;

	if (n < *cap)
		return old;
	p = bq_arena_alloc(mem, more * size);
	if (p == NULL)
		return NULL;
	if (n != 0)
		memcpy(p, old, n * size);
	*cap = more;
	return p;
}

static void count_span(struct matches *all, uint32_t span)
{
	if (span > all->max_span)
		all->max_span = span;
}

bool match_add(struct matches *all, const struct match *m)
{
	struct match *odd = grow(all->mem, all->odd, all->n_odd, &all->max_odd, sizeof *odd);

	if (odd == NULL)
		return false;
	all->odd = odd;
	all->odd[all->n_odd++] = *m;
	count_span(all, m->span);
	return true;
}

static void add_positions(struct collect *c, const struct ast *a, const uint32_t *positions, uint32_t n)
{
	struct matches *all = c->all;
	const struct ast_word *last = &a->words[a->n_words - 1];
	uint32_t span = a->kind == AST_WORD ? 1 : last->at + 1;
	struct match_run *runs;

	if (n == 0)
		return;
	runs = grow(all->mem, all->runs, all->n_runs, &all->max_runs, sizeof *runs);
	c->is_failed |= runs == NULL;
	if (runs == NULL)
		return;
	all->runs = runs;
	all->runs[all->n_runs++] = (struct match_run){ .pos = positions, .n = n,
		.like = { .span = span, .clause = a->id, .is_char = last->is_char } };
	count_span(all, span);
}

/* A plain word: the positions of every written form of its stem. */
static void add_forms(struct collect *c, struct node *n)
{
	uint32_t count;

	if (n->cursor->term.kind == BQ_TERM_WORD) { /* its own only form */
		const uint32_t *positions = bq_cursor_positions(n->cursor, &count);
		add_positions(c, n->ast, positions, count);
		return;
	}
	const struct walk_forms *forms = walk_forms(c->walk, n);
	c->is_failed |= forms == NULL;
	for (uint32_t i = 0; forms != NULL && i < forms->n; i++) {
		if (forms->cursors[i]->doc != n->doc)
			continue;
		const uint32_t *positions = bq_cursor_positions(forms->cursors[i], &count);
		add_positions(c, n->ast, positions, count);
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
		uint32_t *starts = bq_arena_alloc(c->all->mem, n->tf * sizeof *starts);
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

/* A document may have more runs than pay to be merged: then all are sorted. */
static bool spread_runs(struct matches *all)
{
	for (uint32_t i = 0; i < all->n_runs; i++) {
		struct match m = all->runs[i].like;
		for (uint32_t k = 0; k < all->runs[i].n; k++) {
			m.pos = all->runs[i].pos[k];
			if (!match_add(all, &m))
				return false;
		}
	}
	all->n_runs = 0;
	return true;
}

static bool put_in_order(struct matches *all)
{
	if (all->n_runs > MAX_RUNS && !spread_runs(all))
		return false;
	if (all->n_odd > 1)
		qsort(all->odd, all->n_odd, sizeof *all->odd, compare_match);
	return true;
}

/* The next match in order; false behind the last. */
static bool next_match(struct matches *all, struct match *out)
{
	struct match_run *from = NULL;
	bool has_one = all->at_odd < all->n_odd;

	if (has_one)
		*out = all->odd[all->at_odd];
	for (struct match_run *r = all->runs; r < all->runs + all->n_runs; r++) {
		if (r->at == r->n || (has_one && r->pos[r->at] > out->pos))
			continue;
		struct match m = r->like;
		m.pos = r->pos[r->at];
		if (has_one && compare_match(&m, out) >= 0)
			continue;
		*out = m;
		from = r;
		has_one = true;
	}
	if (from != NULL)
		from->at++;
	else if (has_one)
		all->at_odd++;
	return has_one;
}

bool match_reach(struct matches *all, uint32_t i)
{
	struct match next;

	while (all->n <= i && next_match(all, &next)) {
		struct match *m = grow(all->mem, all->m, all->n, &all->cap, sizeof *m);
		if (m == NULL)
			return false;
		all->m = m;
		all->m[all->n++] = next;
	}
	return i < all->n;
}

uint32_t match_at(struct matches *all, uint32_t pos)
{
	uint32_t from = 0, to = all->n;

	if (to == 0 || all->m[to - 1].pos < pos) {
		while (match_reach(all, to) && all->m[to].pos < pos)
			to++;
		return to;
	}
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		if (all->m[mid].pos < pos)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
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

/* Walk the tree to the hit's document and gather what matches there. */
static int collect(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	struct matches *all, struct bq_error *err)
{
	struct walk *walk = walk_over(q, hit);
	struct collect c = { .walk = walk, .all = all };

	all->mem = &q->searcher->match_mem;
	if (walk == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches");
	all->clauses = BQ_ARENA_NEW(all->mem, const struct ast *, walk->ev.group->n_clauses);
	struct node *root = all->clauses == NULL ? NULL : walk_to(walk, hit);
	if (root != NULL) {
		node_each_clause(root, add_clause, &c);
		if (!c.is_failed && title_match(all, walk->ev.group->text, head))
			(void)put_in_order(all);
	}
	int rc = pass_failure(&walk->ev, err);
	if (rc == BQ_OK && all->mem->oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches");
	if (rc != BQ_OK)
		walk_drop(q);
	return rc;
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
	if (rc != BQ_OK)
		return rc;
	q->matches_of = *hit;
	q->matches_serial = s->match_serial;
	*out = q->matches;
	return BQ_OK;
}
