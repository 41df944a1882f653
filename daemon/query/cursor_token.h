/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cursor of the next page: where the last hit of this one stands, as text
 * that is opaque to clients.
 *
 *   hex of  u64 generations | u32 query | u8 tier | u32 points
 *           | u32 index | u32 leaf | u32 doc | u32 check        little-endian
 */
#ifndef QUERY_CURSOR_TOKEN_H
#define QUERY_CURSOR_TOKEN_H

#include "query/plan.h"

/* The last hit shown. */
struct cursor_token {
	uint8_t tier; /* 1: all the words, 2: some */
	uint32_t points, index, leaf, doc;
};

/* The token of a mark; lives in q->mem. */
struct bq_span cursor_token_format(const struct bq_query *q, const struct cursor_token *m);

/* The mark of a token.  BQ_EQUERY for one that is none of this query's,
 * BQ_EGONE for one of other generations. */
int cursor_token_parse(const struct bq_query *q, struct bq_span token, struct cursor_token *out, struct bq_error *err);

#endif
