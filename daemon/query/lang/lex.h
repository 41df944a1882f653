/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Query text -> words, quotes, parentheses, operators.
 *
 *   +title:"open data" OR (foo -bar)
 *   ~~~~~~~~~~~~~~~~~~              QUOTED  sign '+', is_title, text `open data`
 *                      ~~           OR
 *                         ~         OPEN
 *                          ~~~      WORD
 *                              ~~~~ WORD    sign '-'
 *                                  ~ CLOSE
 */
#ifndef QUERY_LEX_H
#define QUERY_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

enum lex_kind { LEX_END, LEX_WORD, LEX_QUOTED, LEX_OPEN, LEX_CLOSE, LEX_AND, LEX_OR, LEX_NOT, LEX_NEAR, LEX_ADJ };

struct lex_token {
	enum lex_kind kind;
	char sign;            /* '+', '-' or 0; of WORD, QUOTED and OPEN */
	bool is_title;        /* `title:` stands before it */
	bool is_open;         /* QUOTED that the end of the text closed */
	bool is_prefix;       /* a `*` ends WORD or stands behind QUOTED */
	uint32_t distance;    /* n of NEAR/n and ADJ/n, and of `~n` behind QUOTED, else 0 */
	struct bq_span text;  /* of WORD and QUOTED, without the quotes */
	struct bq_span field; /* an unknown `name:` that was read as text, else empty */
	uint64_t at;          /* first byte, sign included */
};

struct lex {
	struct bq_span query;
	size_t at;
	bool is_partial; /* the end of the text closes an open quote */
};

/* Read the next token; LEX_END at the end.  BQ_EQUERY with err->at for an
 * unbalanced quote and for every form of the language that is not built. */
int lex_next(struct lex *lx, struct lex_token *out, struct bq_error *err);

#endif
