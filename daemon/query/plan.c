/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/plan.h"

#include <string.h>

#include "query/far.h"
#include "query/far_expr.h"
#include "query/lang/parse.h"

static int no_memory(struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the query");
}

void plan_warn(struct bq_query *q, const char *warning)
{
	for (uint32_t i = 0; i < q->n_warnings; i++)
		if (strcmp(q->warnings[i], warning) == 0)
			return;
	if (q->n_warnings < q->max_warnings)
		q->warnings[q->n_warnings++] = warning;
}

/* A GROUP that the two readings see differently. */
static bool tree_has_tiers(const struct ast *a)
{
	if (a->kind == AST_GROUP && ast_count(a, AST_MUST) == 0 && ast_count(a, AST_BARE) > 1)
		return true;
	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		if (k->occur != AST_NOT && tree_has_tiers(k))
			return true;
	return false;
}

/* Sort the indexes of the view into groups. */
static int make_groups(struct bq_query *q, struct bq_error *err)
{
	q->groups = BQ_ARENA_NEW(q->mem, struct plan_group, q->view->n);
	q->indexes = BQ_ARENA_NEW(q->mem, struct plan_index, q->view->n); /* counts read weights of 0 */
	if (q->groups == NULL || q->indexes == NULL)
		return no_memory(err);
	for (uint32_t i = 0; i < q->view->n; i++) {
		const struct bq_index *ix = q->view->indexes[i];
		uint32_t g = 0;
		while (g < q->n_groups && q->groups[g].text_id != ix->text_id)
			g++;
		if (g == q->n_groups) {
			int rc = searcher_text(q->searcher, ix, &q->groups[g].text, err);
			if (rc != BQ_OK)
				return rc;
			q->groups[g].text_id = ix->text_id;
			q->n_groups++;
		}
		q->indexes[i].group = g;
		q->indexes[i].first_leaf = q->groups[g].n_leaves;
		q->groups[g].n_leaves += ix->n_leaves;
		q->groups[g].n_docs += ix->n_docs;
	}
	return BQ_OK;
}

static int parse_group(struct bq_query *q, struct plan_group *g, struct bq_error *err)
{
	struct parse p = { .text = g->text, .opts = q->opts, .mem = q->mem, .err = err, .lex.query = q->text };
	int rc = parse_query(&p);

	if (rc != BQ_OK)
		return rc;
	g->root = p.root;
	g->n_clauses = p.n_leaves;
	g->has_tiers = tree_has_tiers(p.root);
	for (uint32_t i = 0; i < p.n_warnings; i++)
		plan_warn(q, p.warnings[i]);
	return BQ_OK;
}

int bq_query_parse(struct bq_searcher *s, const struct bq_view *view, struct bq_span text,
	const struct bq_query_opts *opts, struct bq_arena *mem, struct bq_query **out, struct bq_error *err)
{
	struct bq_query *q = bq_arena_alloc(mem, sizeof *q);
	int rc;

	if (q == NULL)
		return no_memory(err);
	*q = (struct bq_query){ .searcher = s, .view = view, .text = text, .opts = opts, .mem = mem };
	q->max_warnings = 2 * PARSE_MAX_WARNINGS;
	q->warnings = bq_arena_alloc(mem, q->max_warnings * sizeof *q->warnings);
	if (q->warnings == NULL)
		return no_memory(err);
	rc = far_check_view(view, err);
	if (rc == BQ_OK)
		rc = make_groups(q, err);
	for (uint32_t g = 0; rc == BQ_OK && g < q->n_groups; g++)
		rc = parse_group(q, &q->groups[g], err);
	if (rc == BQ_OK && far_is(view))
		rc = far_expr_want(q, err);
	*out = q;
	return rc;
}

/* ---- lists and weights ------------------------------------------------- */

uint32_t plan_list_add(struct bq_query *q, struct plan_group *g, const struct plan_list *like)
{
	for (uint32_t i = 0; i < g->n_lists; i++) {
		const struct plan_list *l = &g->lists[i];
		if (l->kind == like->kind && l->is_prefix == like->is_prefix && l->is_char == like->is_char &&
			bq_span_eq(l->word, like->word))
			return i;
	}
	struct plan_list *l = &g->lists[g->n_lists];
	*l = *like;
	l->in_leaf = BQ_ARENA_NEW(q->mem, struct plan_terms, g->n_leaves);
	return l->in_leaf == NULL ? UINT32_MAX : g->n_lists++;
}

static uint32_t add_word(struct bq_query *q, struct plan_group *g, const struct ast_word *w, enum bq_term_kind kind)
{
	struct plan_list like = { .kind = kind, .word = w->text, .is_prefix = w->is_prefix, .is_char = w->is_char };

	return plan_list_add(q, g, &like);
}

/* The lists of one clause:
 *   plain word        its stem
 *   word as written   itself
 *   phrase            its words; `title:` also the title lists of its words */
static int add_clause(struct bq_query *q, struct plan_group *g, struct ast *a, struct bq_error *err)
{
	bool is_long = a->n_words > 1;
	uint32_t n = a->is_title && is_long ? 2 * a->n_words : a->n_words;

	a->lists = BQ_ARENA_NEW(q->mem, uint32_t, n);
	if (a->lists == NULL)
		return no_memory(err);
	if (a->kind == AST_WORD) {
		struct plan_list like = { .kind = a->is_title ? BQ_TERM_TITLE_STEM : BQ_TERM_STEM, .word = a->stem,
			.is_self = a->is_self };
		a->lists[0] = plan_list_add(q, g, &like);
		return a->lists[0] == UINT32_MAX ? no_memory(err) : BQ_OK;
	}
	for (uint32_t i = 0; i < n; i++) {
		bool in_title = a->is_title && (!is_long || i >= a->n_words);
		a->lists[i] = add_word(q, g, &a->words[i % a->n_words], in_title ? BQ_TERM_TITLE : BQ_TERM_WORD);
		if (a->lists[i] == UINT32_MAX)
			return no_memory(err);
	}
	return BQ_OK;
}

static uint32_t count_lists(const struct ast *a)
{
	uint32_t n = ast_is_leaf(a) ? 2 * a->n_words : 0;

	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		n += count_lists(k);
	return n;
}

static int add_clauses(struct bq_query *q, struct plan_group *g, struct ast *a, struct bq_error *err)
{
	int rc = ast_is_leaf(a) ? add_clause(q, g, a, err) : BQ_OK;

	for (struct ast *k = a->kids; rc == BQ_OK && k != NULL; k = k->next)
		rc = add_clauses(q, g, k, err);
	return rc;
}

/* What a clause weighs: a phrase the sum of its words' idf, left to right,
 * repetitions included.  Returns the sum over all that can score. */
static double weigh_tree(struct plan_group *g, const struct ast *a)
{
	double sum = 0, idf = 0;

	if (ast_is_leaf(a)) {
		uint32_t n = a->kind == AST_WORD ? 1 : a->n_words;
		uint32_t from = a->is_title && a->n_words > 1 ? a->n_words : 0;
		for (uint32_t i = 0; i < n; i++)
			idf += bm25_idf(g->n_docs, g->lists[a->lists[from + i]].df);
		g->weights[a->id] = (double)a->times * idf;
		return g->weights[a->id];
	}
	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		sum += k->occur == AST_NOT ? 0 : weigh_tree(g, k);
	return sum;
}

static int resolve_group(struct bq_query *q, struct plan_group *g, struct watch *watch, struct bq_error *err)
{
	int rc;

	g->lists = BQ_ARENA_NEW(q->mem, struct plan_list, count_lists(g->root));
	g->weights = BQ_ARENA_NEW(q->mem, double, g->n_clauses);
	if (g->lists == NULL || g->weights == NULL)
		return no_memory(err);
	g->n_lists = 0;
	rc = add_clauses(q, g, g->root, err);
	return rc == BQ_OK ? plan_lists_find(q, g, watch, err) : rc;
}

int plan_resolve(struct bq_query *q, struct watch *watch, struct bq_error *err)
{
	for (uint32_t i = 0; i < q->n_groups && !q->is_resolved; i++) {
		int rc = resolve_group(q, &q->groups[i], watch, err);
		if (rc != BQ_OK)
			return rc;
	}
	q->is_resolved = true;
	return BQ_OK;
}

void plan_weigh(struct bq_query *q)
{
	double most = 0;

	if (q->is_weighed)
		return;
	for (uint32_t i = 0; i < q->n_groups; i++) {
		double sum = weigh_tree(&q->groups[i], q->groups[i].root);
		most = sum > most ? sum : most;
	}
	q->shift = bm25_shift(most);
	for (uint32_t i = 0; i < q->view->n; i++) {
		const struct bq_index *ix = q->view->indexes[i];
		q->indexes[i].bm25 = bm25_of(ix->k1, ix->b, ix->avg_len);
	}
	q->is_weighed = true;
}
