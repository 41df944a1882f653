/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/far_expr.h"

enum { MAX_CHAR_WORDS = 10000 }; /* that one CJK character stands for */

/* One translation under way; sticky: `status`. */
struct maker {
	struct bq_query *q;
	struct bq_index *ix;
	bool has_stems;
	bool is_inexact, has_choice;
	int status;
	struct bq_error *err;
};

static struct bq_expr *make(struct maker *m, enum bq_expr_kind kind)
{
	struct bq_expr *e = BQ_ARENA_NEW(m->q->mem, struct bq_expr, 1);

	if (e == NULL) {
		static struct bq_expr nothing; /* never asked: status says so */
		m->status = bq_error_set(m->err, BQ_ENOMEM, 0, "no memory for the query");
		return &nothing;
	}
	e->kind = kind;
	return e;
}

static void add_last(struct bq_expr *list, struct bq_expr *kid)
{
	struct bq_expr **at = &list->kids;

	while (*at != NULL)
		at = &(*at)->next;
	*at = kid;
}

static struct bq_expr *make_term(struct maker *m, enum bq_term_kind kind, struct bq_span word)
{
	struct bq_expr *e = make(m, BQ_EXPR_TERM);

	e->term = kind;
	e->word = word;
	return e;
}

/* ---- leaves ------------------------------------------------------------------------ */

/* The words that a prefix stands for. */
static struct bq_expr *make_prefix(struct maker *m, const struct ast_word *w, enum bq_term_kind kind,
	enum bq_expr_kind how)
{
	struct bq_remote_prefix of = { kind, w->text, w->is_char ? MAX_CHAR_WORDS : PLAN_MAX_EXPANSIONS };
	struct bq_remote_words found = { 0 };
	struct bq_expr *e = make(m, how);
	struct bq_expr **last = &e->kids;

	if (m->status == BQ_OK)
		m->status = bq_remote_expand(m->ix, &of, m->q->mem, &found, m->err);
	if (found.has_more)
		plan_warn(m->q, bq_arena_printf(m->q->mem, "%.*s* stands for its %u most frequent words only",
			(int)w->text.len, w->text.ptr, of.max));
	for (uint32_t i = 0; i < found.n && m->status == BQ_OK; i++) {
		*last = make_term(m, kind, found.words[i]);
		last = &(*last)->next;
	}
	return e;
}

static struct bq_expr *make_word(struct maker *m, const struct ast_word *w, enum bq_term_kind kind,
	enum bq_expr_kind how)
{
	return w->is_prefix ? make_prefix(m, w, kind, how) : make_term(m, kind, w->text);
}

/* Words [i] in order or not, within `window` positions; `is_back`: the last
 * first. */
static struct bq_expr *make_near(struct maker *m, const struct ast *a, enum bq_expr_kind kind, uint32_t window,
	bool is_back)
{
	struct bq_expr *e = make(m, kind);

	e->n = window;
	for (uint32_t i = 0; i < a->n_words; i++) {
		const struct ast_word *w = &a->words[is_back ? a->n_words - 1 - i : i];
		add_last(e, make_word(m, w, BQ_TERM_WORD, BQ_EXPR_OR));
	}
	return e;
}

static bool says_a_word_twice(const struct ast *a)
{
	for (uint32_t i = 0; i < a->n_words; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct ast_word *x = &a->words[i], *y = &a->words[k];
			if (x->is_prefix || y->is_prefix || bq_span_eq(x->text, y->text))
				return true;
		}
	return false;
}

/* The words are in places 0, 1, 2 .. */
static bool has_no_gaps(const struct ast *a)
{
	for (uint32_t i = 0; i < a->n_words; i++)
		if (a->words[i].at != i)
			return false;
	return true;
}

/* b may stand from n - 1 places before a to n + 1 behind. */
static struct bq_expr *make_sloppy_pair(struct maker *m, const struct ast *a)
{
	struct bq_expr *there = make_near(m, a, BQ_EXPR_PHRASE, a->distance + 2, false), *either;

	if (a->distance < 2)
		return there;
	m->has_choice = true;
	either = make(m, BQ_EXPR_BEST);
	add_last(either, there);
	add_last(either, make_near(m, a, BQ_EXPR_PHRASE, a->distance, true));
	return either;
}

/* A phrase of several words in the text. */
static struct bq_expr *make_phrase(struct maker *m, const struct ast *a)
{
	uint32_t span = a->words[a->n_words - 1].at + 1;

	if (a->near == AST_EXACT) {
		m->is_inexact |= !has_no_gaps(a);
		return make_near(m, a, BQ_EXPR_PHRASE, span, false);
	}
	m->is_inexact |= says_a_word_twice(a);
	if (a->near == AST_ADJ)
		return make_near(m, a, BQ_EXPR_PHRASE, a->distance + 1, false);
	if (a->near == AST_NEAR)
		return make_near(m, a, BQ_EXPR_NEAR, a->distance + 1, false);
	if (a->n_words == 2 && has_no_gaps(a) && !says_a_word_twice(a))
		return make_sloppy_pair(m, a);
	m->is_inexact = true;
	return make_near(m, a, BQ_EXPR_NEAR, span + a->distance, false);
}

/* In titles: the phrase somewhere, and its words in the title. */
static struct bq_expr *make_title(struct maker *m, const struct ast *a)
{
	struct bq_expr *all = make(m, BQ_EXPR_AND);

	m->is_inexact = true;
	add_last(all, make_phrase(m, a));
	for (uint32_t i = 0; i < a->n_words; i++)
		add_last(all, make_word(m, &a->words[i], BQ_TERM_TITLE, BQ_EXPR_SYNONYM));
	return all;
}

static struct bq_expr *make_leaf(struct maker *m, const struct ast *a)
{
	struct bq_expr *e;

	if (a->kind == AST_WORD && m->has_stems)
		e = make_term(m, a->is_title ? BQ_TERM_TITLE_STEM : BQ_TERM_STEM, a->stem);
	else if (a->kind == AST_WORD)
		e = make_term(m, a->is_title ? BQ_TERM_TITLE : BQ_TERM_WORD, a->stem);
	else if (a->n_words == 1)
		e = make_word(m, &a->words[0], a->is_title ? BQ_TERM_TITLE : BQ_TERM_WORD, BQ_EXPR_SYNONYM);
	else
		e = a->is_title ? make_title(m, a) : make_phrase(m, a);
	e->times = a->times;
	return e;
}

/* ---- lists -------------------------------------------------------------------------- */

static struct bq_expr *make_tree(struct maker *m, const struct ast *a, enum ast_mode mode);

/* `first` with others behind it, or itself if there are none. */
static struct bq_expr *behind(struct maker *m, enum bq_expr_kind kind, struct bq_expr *first, struct bq_expr *others)
{
	struct bq_expr *e;

	if (others == NULL)
		return first;
	e = make(m, kind);
	e->kids = first;
	first->next = others;
	return e;
}

/* What is left out, unless it would be too much: that is seen later. */
static void add_negated(struct maker *m, struct bq_expr *nots, const struct ast *kid)
{
	bool was_inexact = m->is_inexact;

	m->is_inexact = false;
	struct bq_expr *e = make_tree(m, kid, AST_STRICT);
	if (!m->is_inexact)
		add_last(nots, e);
	m->is_inexact |= was_inexact;
}

static struct bq_expr *make_list(struct maker *m, const struct ast *a, enum ast_mode mode)
{
	struct bq_expr *musts = make(m, BQ_EXPR_AND), *shoulds = make(m, BQ_EXPR_OR);
	struct bq_expr nots = { .kind = BQ_EXPR_OR };

	for (const struct ast *k = a->kids; k != NULL && m->status == BQ_OK; k = k->next) {
		if (k->occur == AST_NOT)
			add_negated(m, &nots, k);
		else
			add_last(ast_requires(a, k, mode) ? musts : shoulds, make_tree(m, k, mode));
	}
	if (m->status != BQ_OK)
		return musts;
	m->has_choice |= shoulds->kids != NULL && (musts->kids != NULL || shoulds->kids->next != NULL);
	struct bq_expr *base = musts->kids == NULL ? shoulds : behind(m, BQ_EXPR_MAYBE, musts, shoulds->kids);
	return behind(m, BQ_EXPR_WITHOUT, base, nots.kids);
}

/* Recursion is as deep as the parser's nesting. */
static struct bq_expr *make_tree(struct maker *m, const struct ast *a, enum ast_mode mode)
{
	switch (a->kind) {
	case AST_WORD:
	case AST_PHRASE: return make_leaf(m, a);
	case AST_GROUP:
	case AST_OR: return make_list(m, a, mode);
	case AST_EMPTY: break;
	}
	return make(m, BQ_EXPR_OR); /* of nothing */
}

int far_expr_make(struct bq_query *q, enum ast_mode mode, struct far_expr *out, struct bq_error *err)
{
	struct bq_index *ix = q->view->indexes[0];
	struct maker m = { .q = q, .ix = ix, .has_stems = strcmp(ix->text.lang, "none") != 0, .err = err };

	out->root = make_tree(&m, q->groups[0].root, mode);
	out->is_inexact = m.is_inexact;
	out->has_choice = m.has_choice;
	return m.status;
}

const struct bq_expr *far_expr_without(struct bq_query *q, const struct far_expr *what, const struct far_expr *not)
{
	struct bq_expr *e = BQ_ARENA_NEW(q->mem, struct bq_expr, 3);

	if (e == NULL)
		return what->root;
	e[0].kind = BQ_EXPR_WITHOUT;
	e[0].kids = &e[1];
	e[1] = *what->root;
	e[1].next = &e[2];
	e[2] = *not->root;
	e[2].next = NULL;
	return e;
}

/* ---- words ---------------------------------------------------------------------------- */

static int want_leaf(struct bq_index *ix, const struct ast *a)
{
	int rc = BQ_OK;

	if (a->kind == AST_WORD)
		return bq_remote_want(ix, BQ_TERM_STEM, a->stem, false);
	for (uint32_t i = 0; i < a->n_words && rc == BQ_OK; i++)
		rc = bq_remote_want(ix, BQ_TERM_WORD, a->words[i].text, a->words[i].is_prefix);
	return rc;
}

static int want_tree(struct bq_index *ix, const struct ast *a)
{
	int rc = ast_is_leaf(a) ? want_leaf(ix, a) : BQ_OK;

	for (const struct ast *k = a->kids; k != NULL && rc == BQ_OK; k = k->next)
		rc = want_tree(ix, k);
	return rc;
}

int far_expr_want(struct bq_query *q, struct bq_error *err)
{
	struct bq_index *ix = q->view->indexes[0];

	bq_remote_begin(ix, q->groups[0].text);
	return want_tree(ix, q->groups[0].root) == BQ_OK ? BQ_OK :
		bq_error_set(err, BQ_ENOMEM, 0, "no memory for the query");
}
