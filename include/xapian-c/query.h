/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Queries: values that never change.  What a query is combined from may be
 * freed at once.
 */
#ifndef XAPIAN_C_QUERY_H
#define XAPIAN_C_QUERY_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_query;

enum xapian_c_op {
	XAPIAN_C_OP_AND = 0,
	XAPIAN_C_OP_OR = 1,
	XAPIAN_C_OP_AND_NOT = 2,   /* the first without the others */
	XAPIAN_C_OP_XOR = 3,
	XAPIAN_C_OP_AND_MAYBE = 4, /* the first; the others only add weight */
	XAPIAN_C_OP_FILTER = 5,    /* as AND; only the first has weight */
	XAPIAN_C_OP_NEAR = 6,      /* within `window` positions, in any order */
	XAPIAN_C_OP_PHRASE = 7,    /* within `window` positions, in this order */
	XAPIAN_C_OP_VALUE_RANGE = 8,
	XAPIAN_C_OP_SCALE_WEIGHT = 9,
	XAPIAN_C_OP_ELITE_SET = 10, /* OR of the `window` rarest */
	XAPIAN_C_OP_VALUE_GE = 11,
	XAPIAN_C_OP_VALUE_LE = 12,
	XAPIAN_C_OP_SYNONYM = 13, /* OR, weighted as one term; over a value range searching is XAPIAN_C_EOPERATION */
	XAPIAN_C_OP_MAX = 14,     /* OR with the largest weight instead of the sum */
	XAPIAN_C_OP_WILDCARD = 15,
	/* What xapian_c_query_op() also says. */
	XAPIAN_C_OP_TERM = 100,
	XAPIAN_C_OP_SOURCE = 101,
	XAPIAN_C_OP_ALL = 102,
	XAPIAN_C_OP_NOTHING = 103,
};

/* What is done when a wildcard stands for more terms than allowed. */
enum xapian_c_wildcard_limit {
	XAPIAN_C_WILDCARD_ERROR = 0,     /* XAPIAN_C_EWILDCARD, when it is searched */
	XAPIAN_C_WILDCARD_FIRST = 1,     /* the first in byte order stand for all */
	XAPIAN_C_WILDCARD_FREQUENT = 2,  /* the most frequent stand for all */
};

/* ---- making ------------------------------------------------------------------------ */

/* A term that counts `wqf` times; `position` orders the terms of a query. */
int xapian_c_query_term(struct xapian_c_bytes term, uint32_t wqf, uint32_t position, struct xapian_c_query **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Every document. */
int xapian_c_query_all(struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* No document. */
int xapian_c_query_nothing(struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* How queries are combined. */
struct xapian_c_combination {
	int op;          /* enum xapian_c_op */
	uint32_t window; /* of NEAR, PHRASE, ELITE_SET; 0 is the number of parts (ELITE_SET: 10) */
};

/* Combine `n` queries; none at all match nothing.  XAPIAN_C_EARGUMENT for an op
 * that does not combine (VALUE_RANGE, SCALE_WEIGHT, WILDCARD, ..) or a NEAR or
 * PHRASE over parts without positions. */
int xapian_c_query_combine(struct xapian_c_combination how, const struct xapian_c_query *const *parts, size_t n,
	struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* The same for terms. */
int xapian_c_query_combine_terms(struct xapian_c_combination how, const struct xapian_c_bytes *terms, size_t n,
	struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* `q` with `factor` times its weight; 0 makes it a filter.  XAPIAN_C_EARGUMENT
 * for a negative one. */
int xapian_c_query_scale(const struct xapian_c_query *q, double factor, struct xapian_c_query **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Documents whose value in `slot` is from `lower` to `upper`, both included, in
 * byte order.  NULL is no bound; both NULL: any document. */
int xapian_c_query_value_range(uint32_t slot, const struct xapian_c_bytes *lower,
	const struct xapian_c_bytes *upper, struct xapian_c_query **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Which terms a wildcard stands for. */
struct xapian_c_wildcard {
	uint32_t max; /* terms; 0 is no limit */
	int beyond;   /* enum xapian_c_wildcard_limit */
	int combiner; /* XAPIAN_C_OP_OR, _SYNONYM or _MAX */
};

/* All terms that start with `prefix`.  Not more: Xapian 1.4 takes '*' and '?'
 * for themselves. */
int xapian_c_query_wildcard(struct xapian_c_bytes prefix, const struct xapian_c_wildcard *how,
	struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_query_free(struct xapian_c_query *q) XAPIAN_C_API;

/* ---- looking ------------------------------------------------------------------------- */

/* What it is: an enum xapian_c_op. */
int xapian_c_query_op(const struct xapian_c_query *q) XAPIAN_C_API;

/* Whether it is the query that matches nothing. */
bool xapian_c_query_is_empty(const struct xapian_c_query *q) XAPIAN_C_API;

/* The sum of the wqf of its terms. */
uint32_t xapian_c_query_length(const struct xapian_c_query *q) XAPIAN_C_API;

/* How many parts it has. */
size_t xapian_c_query_parts(const struct xapian_c_query *q) XAPIAN_C_API;

/* Part `i`.  XAPIAN_C_EARGUMENT if there is none. */
int xapian_c_query_part(const struct xapian_c_query *q, size_t i, struct xapian_c_query **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* For people: "Query((share@1 OR data@2))"; copied into `out`. */
int xapian_c_query_describe(const struct xapian_c_query *q, char *out, size_t size, size_t *len,
	struct xapian_c_error *err) XAPIAN_C_API;

/* As bytes, for another thread or machine; copied into `out`. */
int xapian_c_query_serialise(const struct xapian_c_query *q, char *out, size_t size, size_t *len,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The query of such bytes.  XAPIAN_C_ESERIALISATION or (from within Xapian)
 * XAPIAN_C_ENETWORK for others.  Only for bytes of a trusted side: nesting is
 * not limited. */
int xapian_c_query_unserialise(
	struct xapian_c_bytes bytes, struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
