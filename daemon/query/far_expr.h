/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree as a question for the shards of a remote index.
 *
 *   "a b"        a, b in 2 places          "a b"~2      a, b in 4, or b, a in 2
 *   a ADJ/3 b    a, b in 4                 a NEAR/3 b   a, b in 4 in any order
 *   shar*        the words that start so, asked for first
 *
 * What shards cannot say exactly (`"a b c"~2`, title:"a b") is asked as something
 * that more documents match: who asks looks at the documents, too.
 */
#ifndef QUERY_FAR_EXPR_H
#define QUERY_FAR_EXPR_H

#include <bq/remote.h>

#include "query/plan.h"

struct far_expr {
	const struct bq_expr *root;
	bool is_inexact; /* other documents match, too */
	bool has_choice; /* alternatives: see below */
};

/* The question of the whole query in one reading; lives in q->mem.  Asks for the
 * words of prefixes, once a call. */
int far_expr_make(struct bq_query *q, enum ast_mode mode, struct far_expr *out, struct bq_error *err);

/* `what` without what matches `not`. */
const struct bq_expr *far_expr_without(struct bq_query *q, const struct far_expr *what, const struct far_expr *not);

/* Have the words of the query looked for in the documents fetched from now on. */
int far_expr_want(struct bq_query *q, struct bq_error *err);

#endif
