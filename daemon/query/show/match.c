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

/* The next position of `r`. */
static void step_run(struct matches *all, struct match_run *r)
{
	if (r->pos != NULL) {
		r->is_over = r->n == 0;
		r->next.pos = r->is_over ? 0 : *r->pos++;
		r->n -= !r->is_over;
		return;
	}
	r->is_over = !bq_spot_next(&r->walk);
	r->next.pos = (uint32_t)r->walk.pos;
	all->is_damaged |= r->walk.pos >= BQ_MAX_POS;
}

static void add_run(struct collect *c, const struct ast *a, struct match_run run)
{
	struct matches *all = c->all;
	const struct ast_word *last = &a->words[a->n_words - 1];
	struct match_run *runs = grow(all->mem, all->runs, all->n_runs, &all->max_runs, sizeof *runs);

	c->is_failed |= runs == NULL;
	if (runs == NULL)
		return;
	run.next.span = a->kind == AST_WORD ? 1 : last->at + 1;
	run.next.clause = a->id;
	run.next.is_char = last->is_char;
	count_span(all, run.next.span);
	all->runs = runs;
	all->runs[all->n_runs++] = run;
}

static void add_positions(struct collect *c, const struct ast *a, const uint32_t *positions, uint32_t n)
{
	if (n != 0)
		add_run(c, a, (struct match_run){ .next.pos = positions[0], .pos = positions + 1, .n = n - 1 });
}

/* A word: the positions of each of its written forms. */
static void add_forms(struct collect *c, struct node *n)
{
	const struct walk_forms *forms = walk_forms(c->walk, n);

	c->is_failed |= forms == NULL;
	for (uint32_t i = 0; forms != NULL && i < forms->n; i++) {
		struct bq_spot_walk walk = bq_spot_start(&forms->spots[i]);
		c->all->is_damaged |= walk.pos >= BQ_MAX_POS;
		add_run(c, n->ast, (struct match_run){ .next.pos = (uint32_t)walk.pos, .walk = walk });
	}
}

static void add_phrase(struct collect *c, struct node *n)
{
	uint32_t *starts = bq_arena_alloc(c->all->mem, n->tf * sizeof *starts), count;
	uint32_t *ends = bq_arena_alloc(c->all->mem, n->tf * sizeof *ends);

	c->is_failed = starts == NULL || ends == NULL;
	if (c->is_failed)
		return;
	count = phrase_starts(n, starts, ends);
	if (n->slots == NULL) {
		add_positions(c, n->ast, starts, count);
		return;
	}
	for (uint32_t i = 0; i < count && !c->is_failed; i++) {
		struct match m = { .pos = starts[i], .span = ends[i] - starts[i] + 1, .clause = n->ast->id };
		c->is_failed = !match_add(c->all, &m);
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
		add_phrase(c, n);
	} else if (n->kind == NODE_TERM) {
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
	for (struct match_run *r = all->runs; r < all->runs + all->n_runs; r++)
		for (; !r->is_over && !all->is_damaged; step_run(all, r))
			if (!match_add(all, &r->next))
				return false;
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
		if (r->is_over || (has_one && compare_match(&r->next, out) >= 0))
			continue;
		*out = r->next;
		from = r;
		has_one = true;
	}
	if (from != NULL)
		step_run(all, from);
	else if (has_one)
		all->at_odd++;
	return has_one;
}

bool match_reach(struct matches *all, uint32_t i)
{
	struct match next;

	while (all->n <= i && !all->is_damaged && next_match(all, &next)) {
		struct match *m = grow(all->mem, all->m, all->n, &all->cap, sizeof *m);
		if (m == NULL)
			return false;
		all->m = m;
		all->m[all->n++] = next;
	}
	return i < all->n;
}

int match_status(const struct matches *all, struct bq_error *err)
{
	if (all->is_damaged)
		return bq_error_set(err, BQ_EFORMAT, 0, "positions out of order [F24]");
	return all->mem->oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for the matches") : BQ_OK;
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
	if (rc == BQ_OK)
		rc = match_status(all, err);
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
