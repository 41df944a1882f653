/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree as query text that parses to the same tree.  Brackets stand only
 * where no other form says the same, so that it nests no deeper than any query
 * with this tree:
 *
 *   a list       in an OR    in a GROUP
 *   GROUP        a b OR c    a AND b c   if all of it is required or negated
 *                            (a b) c     else, and -(a b) in any case
 *   OR           (a OR b) OR c   (a OR b) c
 */
#include <bq/buf.h>

#include "query/plan.h"

/* A word as folded, where that reads back as itself; else as it was written. */
static struct bq_span spelling(const struct plan_group *g, const struct ast_word *w)
{
	struct bq_tokens it;
	struct bq_token t;

	bq_tokens_init(&it, g->text, w->text, BQ_TOKENS_QUERY);
	if (!bq_tokens_next(&it, &t) || !bq_span_eq(t.word, w->text) || t.off != 0 || t.len != w->text.len)
		return w->raw;
	return bq_tokens_next(&it, &t) ? w->raw : w->text;
}

/* Words side by side, or the text they came from where their places have gaps
 * or overlap (CJK). */
static void put_phrase(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	const struct ast_word *first = &a->words[0], *last = &a->words[a->n_words - 1];
	bool is_plain = last->at == a->n_words - 1;

	for (uint32_t i = 1; i < a->n_words; i++)
		is_plain &= a->words[i].raw.ptr >= a->words[i - 1].raw.ptr + a->words[i - 1].raw.len;
	if (!is_plain) {
		bq_buf_put(out, first->raw.ptr, (size_t)(last->raw.ptr + last->raw.len - first->raw.ptr));
		return;
	}
	for (uint32_t i = 0; i < a->n_words; i++) {
		if (i != 0)
			bq_buf_put_u8(out, ' ');
		bq_buf_put_span(out, spelling(g, &a->words[i]));
	}
}

/* `"a" NEAR/n "b"` */
static void put_near(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	bq_buf_put_u8(out, '"');
	bq_buf_put_span(out, spelling(g, &a->words[0]));
	bq_buf_printf(out, "\" %s/%u \"", a->near == AST_NEAR ? "NEAR" : "ADJ", a->distance);
	bq_buf_put_span(out, spelling(g, &a->words[1]));
	bq_buf_put_u8(out, '"');
}

static void put_leaf(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	const struct ast_word *last = &a->words[a->n_words - 1];
	bool is_bare = a->kind == AST_WORD || (a->n_words == 1 && last->is_char);

	if (a->is_title)
		bq_buf_put_span(out, BQ_SPAN("title:"));
	if (a->near == AST_NEAR || a->near == AST_ADJ) {
		put_near(out, g, a);
		return;
	}
	if (!is_bare)
		bq_buf_put_u8(out, '"');
	put_phrase(out, g, a);
	if (!is_bare)
		bq_buf_put_u8(out, '"');
	if (a->near == AST_SLOPPY)
		bq_buf_printf(out, "~%u", a->distance);
	else if (last->is_prefix && !last->is_char)
		bq_buf_put_u8(out, '*');
}

static void put_list(struct bq_buf *out, const struct plan_group *g, const struct ast *a);

/* What one operand can be. */
static void put_primary(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	if (ast_is_leaf(a)) {
		put_leaf(out, g, a);
		return;
	}
	bq_buf_put_u8(out, '(');
	put_list(out, g, a);
	bq_buf_put_u8(out, ')');
}

static void put_signed(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	if (a->occur != AST_BARE)
		bq_buf_put_u8(out, a->occur == AST_MUST ? '+' : '-');
	put_primary(out, g, a);
}

/* Whether `a AND b` can say it. */
static bool is_joined(const struct ast *a)
{
	return a->kind == AST_GROUP && a->occur != AST_NOT && ast_count(a, AST_MUST) != 0 && ast_count(a, AST_BARE) == 0;
}

/* `a AND b`; of a required group one operand says so: `+a AND b`. */
static void put_joined(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	bool wants_sign = a->occur == AST_MUST;

	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		for (uint32_t i = 0; i < k->times; i++) {
			if (k != a->kids || i != 0)
				bq_buf_put_span(out, BQ_SPAN(" AND "));
			if (k->occur == AST_NOT || wants_sign)
				put_signed(out, g, k);
			else
				put_primary(out, g, k);
			wants_sign &= k->occur == AST_NOT;
		}
	}
}

/* One clause of list `list`. */
static void put_clause(struct bq_buf *out, const struct plan_group *g, const struct ast *list, const struct ast *a)
{
	if (list->kind == AST_OR && a->kind == AST_GROUP)
		put_list(out, g, a);
	else if (list->kind == AST_GROUP && is_joined(a))
		put_joined(out, g, a);
	else
		put_signed(out, g, a);
}

static void put_list(struct bq_buf *out, const struct plan_group *g, const struct ast *a)
{
	struct bq_span between = a->kind == AST_OR ? BQ_SPAN(" OR ") : BQ_SPAN(" ");

	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		for (uint32_t i = 0; i < k->times; i++) {
			if (k != a->kids || i != 0)
				bq_buf_put_span(out, between);
			put_clause(out, g, a, k);
		}
	}
}

struct bq_span bq_query_format(const struct bq_query *q)
{
	const struct plan_group *g = q->n_groups == 0 ? NULL : &q->groups[0];
	struct bq_buf out = BQ_BUF_INIT;
	struct bq_span text;

	if (g == NULL || g->root->kind == AST_EMPTY)
		return (struct bq_span){ "", 0 };
	if (ast_is_leaf(g->root)) {
		struct ast one = { .kind = AST_GROUP, .kids = g->root };
		put_list(&out, g, &one);
	} else {
		put_list(&out, g, g->root);
	}
	text = out.oom ? (struct bq_span){ NULL, 0 } : bq_arena_dup(q->mem, bq_buf_span(&out));
	bq_buf_release(&out);
	return text;
}
