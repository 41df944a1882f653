/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/phrased.h"

#include "query/phrase/lookup.h"

/* One clause: its bound over the leaf, and how its phrase is looked up. */
struct part {
	struct flat_clause *clause;
	struct lookup *lookup; /* a phrase's */
	uint32_t most;
	bool is_must;
};

struct phrased {
	struct pass *pass;
	struct eval *ev;
	struct node *strict;
	uint32_t index;
	struct flat flat;
	struct part *parts;   /* words before phrases, what is required before what adds */
	uint32_t n_parts;
	bool wants_points;    /* not only a count */
	uint32_t known;       /* points below which nobody wants to know from the start */
	uint64_t n;           /* documents counted */
	bool is_cut;          /* some were not */

	uint32_t rest;        /* points that parts still to come may add */

	/* the documents at hand; from here on not cleared at first */
	uint32_t n_docs;
	uint32_t docs[LOOKUP_DOCS], points[LOOKUP_DOCS], lead_tfs[LOOKUP_DOCS];
	uint8_t lead_at[LOOKUP_DOCS]; /* places in the lead's block */
	uint32_t least[LOOKUP_DOCS], tfs[LOOKUP_DOCS];
	uint16_t kept[LOOKUP_DOCS];
	struct bq_spot spots[LOOKUP_DOCS];
};

/* ---- the parts --------------------------------------------------------- */

/* No document has more points for the clause, anywhere in the leaf. */
static uint32_t most_of(const struct flat_clause *c)
{
	uint8_t least = UINT8_MAX;

	for (uint32_t i = 0; i < c->n_lists; i++)
		if (c->lists[i]->cursor->term.impact < least)
			least = c->lists[i]->cursor->term.impact;
	return bound_points(&c->bound, least);
}

static bool has_only_terms(const struct flat_clause *c)
{
	for (uint32_t i = 0; i < c->n_lists; i++)
		if (c->lists[i]->kind != NODE_TERM)
			return false;
	return true;
}

static bool add_part(struct phrased *s, struct flat_clause *c, bool is_must)
{
	struct part *p = &s->parts[s->n_parts++];

	*p = (struct part){ .clause = c, .is_must = is_must, .most = most_of(c) };
	if (c->is_phrase)
		p->lookup = lookup_new(c->node, s->flat.lead);
	return !c->is_phrase || p->lookup != NULL;
}

/* flat.h has words before phrases, in both lists. */
static bool add_parts(struct phrased *s)
{
	struct flat *f = &s->flat;
	bool ok = true;

	s->parts = BQ_ARENA_NEW(s->ev->read.mem, struct part, f->n_must + f->n_should);
	if (s->parts == NULL)
		return false;
	for (int phrases = 0; phrases < 2; phrases++) {
		for (uint32_t i = 0; i < f->n_must && ok; i++)
			if (f->must[i].is_phrase == phrases)
				ok = add_part(s, &f->must[i], true);
		for (uint32_t i = 0; i < f->n_should && ok; i++)
			if (f->should[i]->is_phrase == phrases)
				ok = add_part(s, f->should[i], false);
	}
	return ok;
}

/* ---- points ------------------------------------------------------------ */

/* The fewest points with which the next document ranks. */
static uint32_t rank_need(const struct phrased *s)
{
	const struct topk *top = s->pass->top;
	uint32_t need = top == NULL ? 0 : topk_need(top, true);

	return need > s->known ? need : s->known;
}

/* The fewest points that make a document worth a look. */
static uint32_t need_of(const struct phrased *s)
{
	return s->pass->wants_count || s->pass->q->opts->sort != BQ_SORT_SCORE ? 0 : rank_need(s);
}

/* Keep document i of the batch, as number *n. */
static void keep(struct phrased *s, uint32_t i, uint32_t *n, uint32_t points)
{
	s->docs[*n] = s->docs[i];
	s->lead_tfs[*n] = s->lead_tfs[i];
	s->lead_at[*n] = s->lead_at[i];
	s->points[(*n)++] = points;
}

/* Drop who cannot reach `need` with all that is still to come. */
static void drop_low(struct phrased *s, uint32_t need)
{
	uint32_t n = 0;

	if (need <= s->rest)
		return;
	for (uint32_t i = 0; i < s->n_docs; i++)
		if (s->points[i] + s->rest >= need)
			keep(s, i, &n, s->points[i]);
	s->is_cut |= n != s->n_docs;
	s->n_docs = n;
}

/* ---- one part of a batch ----------------------------------------------- */

static void meet_word(struct phrased *s, const struct part *p)
{
	const struct node *word = p->clause->node;
	uint32_t met = bq_cursor_meet(word->cursor, s->docs, s->n_docs, s->kept, s->wants_points ? s->spots : NULL);
	uint32_t n = 0;

	for (uint32_t j = 0; j < met; j++) {
		uint32_t i = s->kept[j], more = s->wants_points
			? bm25_points(word->weight, s->spots[j].tf, node_k(s->ev, s->docs[i])) : 0;
		if (p->is_must)
			keep(s, i, &n, s->points[i] + more);
		else
			s->points[i] += more;
	}
	if (p->is_must)
		s->n_docs = n;
}

/* What the phrase must bring each document for it to stay. */
static void set_least(struct phrased *s, uint32_t need)
{
	for (uint32_t i = 0; i < s->n_docs; i++) {
		uint32_t others = s->points[i] + s->rest;
		s->least[i] = others < need ? need - others : 0;
	}
}

/* From how many points on a phrase's tf matters: where it alone scores, below
 * the k-th best any will do. */
static uint32_t exact_from(const struct phrased *s)
{
	if (!s->wants_points)
		return UINT32_MAX;
	return s->n_parts == 1 && s->pass->q->opts->sort == BQ_SORT_SCORE ? rank_need(s) : 0;
}

static void look_up_phrase(struct phrased *s, const struct part *p, uint32_t need)
{
	struct lookup_batch b = { .docs = s->docs, .n = s->n_docs, .lead_tfs = s->lead_tfs, .lead_at = s->lead_at,
		.tfs = s->tfs, .exact_from = exact_from(s) };
	uint32_t n = 0;

	if (need > s->rest) {
		set_least(s, need);
		b.least = s->least;
	}
	lookup_run(p->lookup, &b);
	s->is_cut |= b.is_cut;
	for (uint32_t i = 0; i < b.n; i++) {
		if (s->tfs[i] != 0)
			keep(s, i, &n, s->points[i] + (s->wants_points
				? bm25_points(p->clause->node->weight, s->tfs[i], node_k(s->ev, s->docs[i])) : 0));
		else if (!p->is_must)
			keep(s, i, &n, s->points[i]);
	}
	s->n_docs = n;
}

/* ---- a batch ----------------------------------------------------------- */

static bool is_out(struct phrased *s, uint32_t doc)
{
	if (bq_leaf_is_dead(s->ev->leaf, doc))
		return true;
	for (uint32_t i = 0; i < s->flat.n_not; i++)
		if (node_holds(s->flat.not[i], doc))
			return true;
	return s->strict != NULL && node_holds(s->strict, doc);
}

static void offer(struct phrased *s)
{
	for (uint32_t i = 0; i < s->n_docs; i++) {
		if (is_out(s, s->docs[i]))
			continue;
		s->n++;
		if (s->pass->top != NULL)
			pass_keep(s->pass, s->ev, s->index, s->docs[i], s->points[i]);
	}
}

/* All documents of the lead's block from number `from` on. */
static void fill_all(struct phrased *s, uint32_t from, uint32_t to)
{
	struct bq_cursor *lead = s->flat.lead->cursor;
	const uint32_t *tfs = bq_cursor_tfs(lead);

	s->n_docs = to - from;
	memcpy(s->docs, lead->docs + from, s->n_docs * sizeof *s->docs);
	memcpy(s->lead_tfs, tfs + from, s->n_docs * sizeof *s->lead_tfs);
	memset(s->points, 0, s->n_docs * sizeof *s->points);
	for (uint32_t i = 0; i < s->n_docs; i++)
		s->lead_at[i] = (uint8_t)(from + i);
}

/* Those that their tf does not rule out, where other clauses may add `others`. */
static void fill_some(struct phrased *s, uint32_t from, uint32_t to, uint32_t need, uint32_t others)
{
	struct bq_cursor *lead = s->flat.lead->cursor;
	const struct flat_clause *c = s->flat.lead_clause;
	const uint32_t *tfs = bq_cursor_tfs(lead);

	s->n_docs = 0;
	for (uint32_t i = from; i < to; i++) {
		if (bound_points_tf(c->node->weight, tfs[i], node_k(s->ev, lead->docs[i])) + others < need) {
			s->is_cut = true;
			continue;
		}
		s->points[s->n_docs] = 0;
		s->lead_tfs[s->n_docs] = tfs[i];
		s->lead_at[s->n_docs] = (uint8_t)i;
		s->docs[s->n_docs++] = lead->docs[i];
	}
}

static void fill(struct phrased *s, uint32_t from, uint32_t to, uint32_t need)
{
	uint32_t others = s->rest - most_of(s->flat.lead_clause);

	if (need > others)
		fill_some(s, from, to, need, others);
	else
		fill_all(s, from, to);
}

static void run_batch(struct phrased *s, uint32_t from, uint32_t to, uint32_t all)
{
	uint32_t need = need_of(s);

	s->rest = all;
	fill(s, from, to, need);
	for (uint32_t i = 0; i < s->n_parts && s->n_docs != 0; i++) {
		const struct part *p = &s->parts[i];
		s->rest -= p->most;
		if (p->lookup != NULL)
			look_up_phrase(s, p, need);
		else
			meet_word(s, p);
		drop_low(s, need);
	}
	offer(s);
}

/* ---- a leaf ------------------------------------------------------------ */

/* Load the lead's first block from document `next` on whose bound does not
 * rule it out; false at the end. */
static bool next_block(struct phrased *s, uint32_t next, uint32_t all)
{
	struct bq_cursor *lead = s->flat.lead->cursor;
	const struct flat_clause *c = s->flat.lead_clause;
	uint32_t others = all - most_of(c), need = need_of(s), last = 0;

	while (need > others) {
		uint8_t impact = bq_cursor_block_impact(lead, next, &last);
		if (impact == 0)
			return false;
		if (bound_points(&c->bound, impact) + others >= need)
			break;
		s->is_cut = true;
		next = last + 1;
	}
	return lead->ops->seek_block(lead, next);
}

static void run(struct phrased *s)
{
	struct bq_cursor *lead = s->flat.lead->cursor;
	uint32_t all = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
		all += s->parts[i].most;
	if (all < need_of(s)) {
		s->is_cut = true;
		return;
	}
	for (uint32_t next = 0; next_block(s, next, all) && !watch_check(s->pass->watch); next = lead->last + 1) {
		uint32_t n = lead->n;
		for (uint32_t from = 0; from < n && s->ev->read.error.status == BQ_OK; from += LOOKUP_DOCS)
			run_batch(s, from, from + LOOKUP_DOCS < n ? from + LOOKUP_DOCS : n, all);
	}
}

/* Whether documents must have a phrase. */
static bool needs_phrase(const struct node *root)
{
	if (root->kind != NODE_BOOL)
		return root->kind == NODE_PHRASE;
	for (uint32_t i = 0; i < root->n_must; i++)
		if (root->must[i]->kind == NODE_PHRASE)
			return true;
	return false;
}

bool phrased_leaf(struct pass *pass, struct eval *ev, struct node *root, struct node *strict, uint32_t index)
{
	struct phrased *s;
	struct flat flat;

	if (pass->q->opts->exhaustive || !needs_phrase(root) || !flat_build(&flat, root, pass->q->view->indexes[index]))
		return false;
	for (uint32_t i = 0; i < flat.n_must; i++)
		if (!has_only_terms(&flat.must[i]))
			return false;
	for (uint32_t i = 0; i < flat.n_should; i++)
		if (!has_only_terms(flat.should[i]))
			return false;
	s = bq_arena_alloc(ev->read.mem, sizeof *s);
	if (s == NULL)
		return false;
	memset(s, 0, offsetof(struct phrased, n_docs));
	s->pass = pass;
	s->ev = ev;
	s->strict = strict;
	s->index = index;
	s->flat = flat;
	s->wants_points = pass->top != NULL;
	s->known = s->wants_points ? pass_known(pass) : 0;
	if (!s->wants_points)
		s->flat.n_should = 0; /* they only add points */
	if (!add_parts(s))
		return false;
	run(s);
	pass->n += s->n;
	pass->is_cut |= s->is_cut;
	return true;
}
