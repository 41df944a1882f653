/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/ask.h"

#include <stdlib.h>
#include <string.h>

#include "xapian/engine/naming.h"

static int make(const struct bq_expr *e, struct xapian_c_query **out, struct xapian_c_error *x);

/* The term of a word; nothing for one that is too long for a term. */
static int make_term(const struct bq_expr *e, struct xapian_c_query **out, struct xapian_c_error *x)
{
	char room[NAMING_MAX_TERM];
	const char *prefix = naming_prefix(e->term);
	size_t n = prefix == NULL ? 0 : strlen(prefix);

	if (prefix == NULL || e->word.len == 0 || e->word.len + n > sizeof room)
		return xapian_c_query_nothing(out, x);
	memcpy(room, prefix, n);
	memcpy(room + n, e->word.ptr, e->word.len);
	struct xapian_c_bytes term = { room, n + e->word.len };
	return xapian_c_query_term(term, 1, 0, out, x);
}

static int op_of(enum bq_expr_kind kind)
{
	switch (kind) {
	case BQ_EXPR_AND: return XAPIAN_C_OP_AND;
	case BQ_EXPR_OR: return XAPIAN_C_OP_OR;
	case BQ_EXPR_WITHOUT: return XAPIAN_C_OP_AND_NOT;
	case BQ_EXPR_MAYBE: return XAPIAN_C_OP_AND_MAYBE;
	case BQ_EXPR_PHRASE: return XAPIAN_C_OP_PHRASE;
	case BQ_EXPR_SYNONYM: return XAPIAN_C_OP_SYNONYM;
	case BQ_EXPR_BEST: return XAPIAN_C_OP_MAX;
	default: return XAPIAN_C_OP_NEAR;
	}
}

static int combine(const struct bq_expr *e, struct xapian_c_query **out, struct xapian_c_error *x)
{
	struct xapian_c_combination how = { op_of(e->kind), e->n };
	struct xapian_c_query **parts;
	size_t n = 0, made = 0;
	int rc = XAPIAN_C_OK;

	for (const struct bq_expr *k = e->kids; k != NULL; k = k->next)
		n++;
	parts = calloc(n + 1, sizeof *parts);
	if (parts == NULL)
		return x->status = XAPIAN_C_ENOMEM;
	for (const struct bq_expr *k = e->kids; k != NULL && rc == XAPIAN_C_OK; k = k->next)
		rc = make(k, &parts[made++], x);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_query_combine(how, (const struct xapian_c_query *const *)parts, n, out, x);
	for (size_t i = 0; i < made; i++)
		xapian_c_query_free(parts[i]);
	free(parts);
	return rc;
}

static int make(const struct bq_expr *e, struct xapian_c_query **out, struct xapian_c_error *x)
{
	struct xapian_c_query *once;
	int rc = e->kind == BQ_EXPR_TERM ? make_term(e, out, x) : combine(e, out, x);

	if (rc != XAPIAN_C_OK || e->times <= 1)
		return rc;
	once = *out;
	rc = xapian_c_query_scale(once, e->times, out, x);
	xapian_c_query_free(once);
	return rc;
}

int ask_make(const struct bq_expr *e, struct xapian_c_query **out, struct bq_error *err)
{
	struct xapian_c_error x = { 0 };
	int rc = make(e, out, &x);

	if (rc == XAPIAN_C_OK)
		return BQ_OK;
	*out = NULL;
	if (rc == XAPIAN_C_ENOMEM)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question");
	return bq_error_set(err, BQ_EQUERY, 0, "Xapian: %.60s: %.160s", x.type, x.msg);
}
