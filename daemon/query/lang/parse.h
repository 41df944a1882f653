/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Query text -> tree.
 *
 *   any     := beside ( "OR" beside )*
 *   beside  := both+                          side by side
 *   both    := operand ( "AND" operand )*     `a AND b` is `+a +b`
 *   operand := ( "+" | "-" | "NOT" )? primary
 *   primary := word | "quoted words" | "(" any ")" | "title:" primary | word "NEAR/n" word | word "ADJ/n" word
 */
#ifndef QUERY_PARSE_H
#define QUERY_PARSE_H

#include <bq/arena.h>
#include <bq/query.h>
#include <bq/text.h>

#include "query/lang/ast.h"
#include "query/lang/lex.h"

#define PARSE_MAX_WARNINGS 8u

struct parse {
	struct bq_text *text;             /* the analyser, **borrowed** */
	const struct bq_query_opts *opts; /* **borrowed** */
	struct bq_arena *mem;
	struct bq_error *err;
	struct lex lex;
	struct lex_token token; /* the one to look at */
	unsigned depth;         /* open parentheses */
	bool is_title;          /* inside title:( ) */
	bool is_negated;        /* inside -( ) */

	/* the outcome */
	struct ast *root;       /* never NULL; EMPTY for a query without a word */
	uint32_t n_words;
	uint32_t n_leaves;
	const char *warnings[PARSE_MAX_WARNINGS];
	uint32_t n_warnings;
};

/* Parse p->lex.query with p->text, which the caller has set beside opts, mem
 * and err.  BQ_EQUERY, BQ_ELIMIT, BQ_ENOMEM with the byte in err. */
int parse_query(struct parse *p);

/* One more thing to tell the user; beyond PARSE_MAX_WARNINGS they are dropped. */
void parse_warn(struct parse *p, const char *warning);

/* A tree node of `kind` that starts at query byte `at`; NULL when the arena is
 * full. */
struct ast *parse_node(struct parse *p, enum ast_kind kind, uint64_t at);

/* analyse.c: the leaf that a word or a quoted text stands for: EMPTY without a
 * word, PHRASE for several. */
int analyse_token(struct parse *p, const struct lex_token *t, struct ast **out);

/* analyse.c: make leaf `first`, of one word like `second`, the phrase of both
 * that operator `op` says. */
int analyse_pair(struct parse *p, struct ast *first, const struct ast *second, const struct lex_token *op);

/* analyse.c: all words of the query side by side, no operators. */
int analyse_plain(struct parse *p, struct ast **out);

/* normal.c: the list of `kids`, without what is empty, said twice or, in a
 * GROUP, a stop word that need not count.  A list of one is that one.
 * BQ_EQUERY if only negations are left. */
int normal_list(struct parse *p, enum ast_kind kind, struct ast *kids, struct ast **out);

/* normal.c: number the leaves of the finished tree. */
void normal_number(struct parse *p);

#endif
