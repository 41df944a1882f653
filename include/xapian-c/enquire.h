/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Searches: a query over a database, how hits are ranked, which come back.
 */
#ifndef XAPIAN_C_ENQUIRE_H
#define XAPIAN_C_ENQUIRE_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_database;
struct xapian_c_enquire;
struct xapian_c_mset;
struct xapian_c_query;

/* A search over `db`, ranked by Xapian's own BM25 (1, 0, 1, 0.5, 0.5).
 * XAPIAN_C_EARGUMENT for a database of no databases. */
int xapian_c_enquire_new(const struct xapian_c_database *db, struct xapian_c_enquire **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_enquire_free(struct xapian_c_enquire *e) XAPIAN_C_API;

/* Search for `q`.  `length` is its length as weights see it; 0: what it is. */
int xapian_c_enquire_set_query(struct xapian_c_enquire *e, const struct xapian_c_query *q, uint32_t length,
	struct xapian_c_error *err) XAPIAN_C_API;

/* ---- ranking ------------------------------------------------------------------------ */

/* BM25 as Xapian has it: with r = (N - n + 0.5) / (n + 0.5), idf is ln(r), but
 * ln(1 + r / 2) where r < 2; weights have a factor (k1 + 1). */
struct xapian_c_bm25 {
	double k1;         /* >= 0: how much the frequency in the document counts */
	double k2;         /* >= 0: correction for the query's length; 0 none */
	double k3;         /* >= 0: how much the frequency in the query counts */
	double b;          /* 0..1: how much the document's length counts */
	double min_length; /* shorter documents count as this part of the average length */
};

/* Rank by BM25 with these parameters.  XAPIAN_C_EARGUMENT outside the ranges. */
int xapian_c_enquire_set_bm25(struct xapian_c_enquire *e, const struct xapian_c_bm25 *bm25,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Rank otherwise. */
enum xapian_c_ranking {
	XAPIAN_C_RANK_NONE,       /* all weights 0 */
	XAPIAN_C_RANK_COORDINATE, /* the number of terms that match */
	XAPIAN_C_RANK_TF_IDF,
	XAPIAN_C_RANK_TRADITIONAL,
	XAPIAN_C_RANK_BM25_PLUS,
	XAPIAN_C_RANK_DPH,
};

/* Rank by one of enum xapian_c_ranking with its default parameters. */
int xapian_c_enquire_set_ranking(
	struct xapian_c_enquire *e, int ranking, struct xapian_c_error *err) XAPIAN_C_API;

enum xapian_c_sorting {
	XAPIAN_C_SORT_RELEVANCE,
	XAPIAN_C_SORT_VALUE, /* by the bytes of the value in `slot`, without one first */
	XAPIAN_C_SORT_VALUE_RELEVANCE,
	XAPIAN_C_SORT_RELEVANCE_VALUE,
};

/* What comes first of equals. */
enum xapian_c_ties {
	XAPIAN_C_TIES_FIRST = 0,
	XAPIAN_C_TIES_LAST = 1,
	XAPIAN_C_TIES_ANY = 2,
};

/* How hits are ordered; zeroes are how they are without being told. */
struct xapian_c_order {
	int by;           /* enum xapian_c_sorting */
	uint32_t slot;
	bool is_reversed; /* large values first */
	int ties;         /* enum xapian_c_ties */
};

/* Order hits so. */
int xapian_c_enquire_set_order(struct xapian_c_enquire *e, const struct xapian_c_order *order,
	struct xapian_c_error *err) XAPIAN_C_API;

/* ---- which come back ------------------------------------------------------------------- */

/* Not more than `max` hits with the same value in `slot`; `max` 0: all of them. */
int xapian_c_enquire_set_collapse(
	struct xapian_c_enquire *e, uint32_t slot, uint32_t max, struct xapian_c_error *err) XAPIAN_C_API;

/* Only hits with at least this part (0..100) of the best possible weight, and
 * this weight. */
int xapian_c_enquire_set_cutoff(
	struct xapian_c_enquire *e, int percent, double weight, struct xapian_c_error *err) XAPIAN_C_API;

/* Stop looking for more than the hits asked for after so many seconds: the
 * counts become bounds (check_at_least is given up).  0: no limit.  It does not
 * end a search that has not found `max` hits, nor one on a frozen server. */
int xapian_c_enquire_set_time_limit(
	struct xapian_c_enquire *e, double seconds, struct xapian_c_error *err) XAPIAN_C_API;

/* Search: hits `first` .. `first + max - 1` by rank.  `check_at_least` documents
 * are looked at, for better counts; all of them give exact ones. */
int xapian_c_enquire_search(struct xapian_c_enquire *e, uint32_t first, uint32_t max, uint32_t check_at_least,
	struct xapian_c_mset **out, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
