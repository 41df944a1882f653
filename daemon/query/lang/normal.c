/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of clauses in their normal form.
 */
#include "query/lang/parse.h"

static bool same_words(const struct ast *a, const struct ast *b)
{
	if (a->n_words != b->n_words || a->near != b->near || a->distance != b->distance)
		return false;
	for (uint32_t i = 0; i < a->n_words; i++) {
		const struct ast_word *v = &a->words[i], *w = &b->words[i];
		if (v->at != w->at || v->is_prefix != w->is_prefix || v->is_char != w->is_char ||
			!bq_span_eq(v->text, w->text))
			return false;
	}
	return true;
}

/* Two leaves that match the same places. */
static bool same_leaf(const struct ast *a, const struct ast *b)
{
	if (!ast_is_leaf(a) || a->kind != b->kind || a->is_title != b->is_title)
		return false;
	return a->kind == AST_WORD ? bq_span_eq(a->stem, b->stem) : same_words(a, b);
}

/* The earlier clause of `kids` that `a` repeats.  A clause and its negation are
 * not the same; `+a a` is. */
static struct ast *find_equal(struct ast *kids, const struct ast *a)
{
	for (struct ast *k = kids; k != a && k != NULL; k = k->next)
		if ((k->occur == AST_NOT) == (a->occur == AST_NOT) && same_leaf(k, a))
			return k;
	return NULL;
}

/* Count repetitions in their first clause and unlink them; unlink what is
 * empty.  Quadratic in at most BQ_QUERY_MAX_WORDS clauses. */
static struct ast *drop_repeated(struct ast *kids)
{
	for (struct ast **at = &kids; *at != NULL;) {
		struct ast *a = *at, *first = find_equal(kids, a);
		if (first != NULL && a->occur == AST_MUST)
			first->occur = AST_MUST;
		if (first != NULL && a->occur != AST_NOT)
			first->times += a->times;
		if (first != NULL || a->kind == AST_EMPTY)
			*at = a->next;
		else
			at = &a->next;
	}
	return kids;
}

static bool is_bare_stop(const struct ast *a)
{
	return a->occur == AST_BARE && a->kind == AST_WORD && a->is_stop;
}

/* Unlink the bare stop words, unless there is nothing else to find. */
static struct ast *drop_stopwords(struct ast *kids)
{
	bool has_other = false;

	for (struct ast *k = kids; k != NULL; k = k->next)
		has_other |= k->occur != AST_NOT && !is_bare_stop(k);
	if (!has_other)
		return kids;
	for (struct ast **at = &kids; *at != NULL;) {
		if (is_bare_stop(*at))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	return kids;
}

int normal_list(struct parse *p, enum ast_kind kind, struct ast *kids, struct ast **out)
{
	bool keep_stopwords = p->opts->keep_stopwords || p->opts->match == BQ_MATCH_ALL;
	struct ast *list;

	kids = drop_repeated(kids);
	if (kind == AST_GROUP && !keep_stopwords)
		kids = drop_stopwords(kids);
	list = parse_node(p, kids == NULL ? AST_EMPTY : kind, kids == NULL ? 0 : kids->at);
	if (list == NULL)
		return bq_error_set(p->err, BQ_ENOMEM, 0, "no memory for the query");
	list->kids = kids;
	*out = list;
	if (kids == NULL)
		return BQ_OK;
	if (ast_count(list, AST_NOT) != 0 && ast_count(list, AST_MUST) + ast_count(list, AST_BARE) == 0)
		return bq_error_set(p->err, BQ_EQUERY, kids->at,
			"a negation alone finds nothing: say first what to look for");
	if (kids->next == NULL) {
		*out = kids;
		kids->occur = AST_BARE;
	}
	return BQ_OK;
}

static void number_leaves(struct parse *p, struct ast *a)
{
	if (ast_is_leaf(a))
		a->id = p->n_leaves++;
	for (struct ast *k = a->kids; k != NULL; k = k->next)
		number_leaves(p, k);
}

void normal_number(struct parse *p)
{
	p->n_leaves = 0;
	number_leaves(p, p->root);
}
