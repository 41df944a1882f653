/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/lang/parse.h"

#include <string.h>

static int parse_any(struct parse *p, struct ast **out);

struct ast *parse_node(struct parse *p, enum ast_kind kind, uint64_t at)
{
	struct ast *a = BQ_ARENA_NEW(p->mem, struct ast, 1);

	if (a == NULL)
		return NULL;
	a->kind = kind;
	a->at = at;
	a->times = 1;
	return a;
}

void parse_warn(struct parse *p, const char *warning)
{
	for (uint32_t i = 0; i < p->n_warnings; i++)
		if (strcmp(p->warnings[i], warning) == 0)
			return;
	if (p->n_warnings < PARSE_MAX_WARNINGS)
		p->warnings[p->n_warnings++] = warning;
}

static int step(struct parse *p)
{
	int rc = lex_next(&p->lex, &p->token, p->err);

	if (rc == BQ_OK && p->token.field.len != 0)
		parse_warn(p, bq_arena_printf(p->mem, "no field named %.*s: read as text",
			(int)p->token.field.len, p->token.field.ptr));
	return rc;
}

static bool starts_operand(const struct parse *p)
{
	switch (p->token.kind) {
	case LEX_WORD:
	case LEX_QUOTED:
	case LEX_OPEN:
	case LEX_NOT:
		return true;
	default:
		return false;
	}
}

/* "( any )", p->token being the parenthesis. */
static int parse_nested(struct parse *p, struct ast **out)
{
	uint64_t at = p->token.at;
	bool was_title = p->is_title;
	int rc;

	if (p->depth == BQ_QUERY_MAX_NESTING)
		return bq_error_set(p->err, BQ_ELIMIT, at, "parentheses nested deeper than %u",
			BQ_QUERY_MAX_NESTING);
	p->depth++;
	p->is_title |= p->token.is_title;
	rc = step(p);
	if (rc == BQ_OK)
		rc = parse_any(p, out);
	if (rc != BQ_OK)
		return rc;
	p->depth--;
	p->is_title = was_title;
	if (p->token.kind == LEX_CLOSE)
		return step(p);
	if (p->opts->partial)
		return BQ_OK;
	return bq_error_set(p->err, BQ_EQUERY, at, "unbalanced parenthesis");
}

/* The operator at `at` with no operand behind it. */
static int miss_operand(struct parse *p, const char *op, uint64_t at)
{
	return bq_error_set(p->err, BQ_EQUERY, at, "%s needs a word or phrase %s (to search for the word, write it small)",
		op, strcmp(op, "NOT") == 0 ? "behind it" : "on both sides");
}

static bool is_near(const struct parse *p)
{
	return p->token.kind == LEX_NEAR || p->token.kind == LEX_ADJ;
}

/* "NEAR/n word" or "ADJ/n word", p->token being the operator; *a is the word
 * before it and becomes both. */
static int parse_near(struct parse *p, struct ast **a)
{
	struct lex_token op = p->token;
	const char *name = op.kind == LEX_NEAR ? "NEAR/n" : "ADJ/n";
	struct ast *first = *a, *second;
	int rc = step(p);

	if (rc != BQ_OK)
		return rc;
	if (p->token.kind != LEX_WORD && p->token.kind != LEX_QUOTED)
		return miss_operand(p, name, op.at);
	rc = analyse_token(p, &p->token, &second);
	if (rc != BQ_OK)
		return rc;
	if (second->n_words == 1 && !second->words[0].is_char) /* one still being typed is taken as it is */
		second->words[0].is_prefix = p->token.is_prefix;
	if (first->n_words != 1 || second->n_words != 1 || first->words[0].is_prefix || second->words[0].is_prefix)
		return bq_error_set(p->err, BQ_EQUERY, op.at, "%s stands between two single, whole words", name);
	if (p->token.sign != 0 || (p->token.is_title && !first->is_title))
		return bq_error_set(p->err, BQ_EQUERY, p->token.at, "what stands here belongs before the words of %s", name);
	rc = analyse_pair(p, first, second, &op);
	return rc == BQ_OK ? step(p) : rc;
}

static int parse_primary(struct parse *p, struct ast **out)
{
	if (p->token.kind == LEX_OPEN)
		return parse_nested(p, out);
	int rc = analyse_token(p, &p->token, out);
	if (rc == BQ_OK)
		rc = step(p);
	while (rc == BQ_OK && is_near(p) && (*out)->kind != AST_EMPTY)
		rc = parse_near(p, out);
	return rc;
}

static int parse_operand(struct parse *p, struct ast **out)
{
	uint64_t at = p->token.at;
	bool was_negated = p->is_negated;
	enum ast_occur occur = p->token.sign == '+' ? AST_MUST : p->token.sign == '-' ? AST_NOT : AST_BARE;
	int rc;

	if (p->token.kind == LEX_NOT) {
		rc = step(p);
		if (rc != BQ_OK)
			return rc;
		if (p->token.kind == LEX_NOT || p->token.sign != 0)
			return bq_error_set(p->err, BQ_EQUERY, p->token.at, "one sign or NOT is enough");
		if (!starts_operand(p))
			return miss_operand(p, "NOT", at);
		occur = AST_NOT;
	}
	p->is_negated |= occur == AST_NOT;
	rc = parse_primary(p, out);
	p->is_negated = was_negated;
	if (rc != BQ_OK)
		return rc;
	(*out)->occur = occur;
	if (occur != AST_BARE)
		(*out)->at = at;
	if (occur == AST_NOT)
		(*out)->times = 1;
	return BQ_OK;
}

/* Operands joined by AND.  One operand stays as it is; several make a GROUP of
 * what is required; nothing but negations are handed on one by one. */
static int parse_both(struct parse *p, struct ast **out)
{
	struct ast *kids = NULL, **tail = &kids;
	bool is_must = false;
	uint32_t n = 0, n_not = 0;
	int rc;

	for (;;) {
		rc = parse_operand(p, tail);
		if (rc != BQ_OK)
			return rc;
		is_must |= (*tail)->occur == AST_MUST;
		n_not += (*tail)->occur == AST_NOT;
		n++;
		tail = &(*tail)->next;
		if (p->token.kind != LEX_AND)
			break;
		uint64_t at = p->token.at;
		rc = step(p);
		if (rc != BQ_OK)
			return rc;
		if (!starts_operand(p))
			return miss_operand(p, "AND", at);
	}
	*out = kids;
	if (n == 1 || n_not == n)
		return BQ_OK;
	for (struct ast *k = kids; k != NULL; k = k->next)
		if (k->occur == AST_BARE)
			k->occur = AST_MUST;
	rc = normal_list(p, AST_GROUP, kids, out);
	if (rc == BQ_OK)
		(*out)->occur = is_must ? AST_MUST : AST_BARE;
	return rc;
}

static int parse_beside(struct parse *p, struct ast **out)
{
	struct ast *kids = NULL, **tail = &kids;

	while (starts_operand(p)) {
		int rc = parse_both(p, tail);
		if (rc != BQ_OK)
			return rc;
		while (*tail != NULL)
			tail = &(*tail)->next;
	}
	return normal_list(p, AST_GROUP, kids, out);
}

static int parse_any(struct parse *p, struct ast **out)
{
	struct ast *kids = NULL, **tail = &kids;
	uint64_t op_at = 0;
	bool is_behind = false; /* behind an OR */

	for (;;) {
		if (!starts_operand(p) && is_behind)
			return miss_operand(p, "OR", op_at);
		if (!starts_operand(p) && (p->token.kind == LEX_OR || p->token.kind == LEX_AND))
			return miss_operand(p, p->token.kind == LEX_OR ? "OR" : "AND", p->token.at);
		int rc = parse_beside(p, tail);
		if (rc != BQ_OK)
			return rc;
		(*tail)->occur = AST_BARE;
		tail = &(*tail)->next;
		if (p->token.kind != LEX_OR)
			break;
		op_at = p->token.at;
		is_behind = true;
		rc = step(p);
		if (rc != BQ_OK)
			return rc;
	}
	if (p->token.kind == LEX_AND)
		return miss_operand(p, "AND", p->token.at);
	if (is_near(p))
		return miss_operand(p, p->token.kind == LEX_NEAR ? "NEAR/n" : "ADJ/n", p->token.at);
	return normal_list(p, AST_OR, kids, out);
}

static int parse_text(struct parse *p)
{
	int rc;

	p->lex.is_partial = p->opts->partial;
	rc = step(p);
	if (rc == BQ_OK)
		rc = parse_any(p, &p->root);
	if (rc == BQ_OK && p->token.kind == LEX_CLOSE)
		return bq_error_set(p->err, BQ_EQUERY, p->token.at, "unbalanced parenthesis");
	return rc;
}

int parse_query(struct parse *p)
{
	int rc;

	if (p->lex.query.len > BQ_QUERY_MAX_BYTES)
		return bq_error_set(p->err, BQ_ELIMIT, BQ_QUERY_MAX_BYTES, "query longer than %u bytes",
			BQ_QUERY_MAX_BYTES);
	rc = p->opts->words_only ? analyse_plain(p, &p->root) : parse_text(p);
	if (rc == BQ_OK && p->mem->oom)
		rc = bq_error_set(p->err, BQ_ENOMEM, 0, "no memory for the query");
	if (rc != BQ_OK)
		return rc;
	p->root->occur = AST_BARE;
	if (p->root->kind == AST_EMPTY)
		parse_warn(p, "the query holds no word");
	normal_number(p);
	return BQ_OK;
}
