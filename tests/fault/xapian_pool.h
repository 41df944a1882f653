/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pool of objects of every kind that xapian-c has, and arguments for its
 * functions, sensible ones and others: for fault_xapian_random.c alone.
 */
#ifndef BQ_TESTS_XAPIAN_POOL_H
#define BQ_TESTS_XAPIAN_POOL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <xapian-c.h>

#include "lib/rng.h"

enum { EACH = 4, LONG_TEXT = 20000 };

/* Objects of each kind; NULL where there is none. */
static struct pool {
	struct xapian_c_database *db[EACH];
	struct xapian_c_writer *writer[EACH];
	struct xapian_c_document *doc[EACH];
	struct xapian_c_query *query[EACH];
	struct xapian_c_enquire *enquire[EACH];
	struct xapian_c_mset *mset[EACH];
	struct xapian_c_terms *terms[EACH];
	struct xapian_c_postings *postings[EACH];
	struct xapian_c_positions *positions[EACH];
	struct xapian_c_values *values[EACH];
	struct xapian_c_parser *parser[EACH];
	struct xapian_c_termgen *termgen[EACH];
	struct xapian_c_stemmer *stemmer[EACH];
	struct xapian_c_stopper *stopper[EACH];
} pool;

static struct rng r;
static char long_text[LONG_TEXT];

/* ---- arguments -------------------------------------------------------------------- */

static struct xapian_c_bytes any_text(void)
{
	static const struct xapian_c_bytes some[] = {
		{ NULL, 0 }, { "", 0 }, { "data", 4 }, { "sharing", 7 }, { "Zshare", 6 }, { "Q1", 2 }, { "even", 4 },
		{ "a\0b", 3 }, { "\0", 1 }, { "\xff\xfe\x80", 3 }, { "\xe2\x82", 2 }, { "data AND (", 10 },
		{ "\"data sharing", 13 }, { "sha*", 4 }, { "*", 1 }, { "+a -b NEAR/3 c", 14 }, { "1..2", 4 },
		{ long_text, 245 }, { long_text, 246 }, { long_text, 600 }, { long_text, LONG_TEXT },
	};

	return some[rng_below(&r, sizeof some / sizeof some[0])];
}

static uint32_t any_number(void)
{
	static const uint32_t some[] = { 0, 1, 2, 3, 7, 64, 1000, 0x7fffffff, 0x80000000u, UINT32_MAX - 1, UINT32_MAX };

	return some[rng_below(&r, sizeof some / sizeof some[0])];
}

static double any_real(void)
{
	static const double some[] = { -1, 0, 0.25, 1, 2.5, 1e300, -INFINITY, NAN };

	return some[rng_below(&r, sizeof some / sizeof some[0])];
}

static bool any_bool(void) { return rng_one_in(&r, 2); }
static int any_flags(int of) { return (int)rng_below(&r, (uint64_t)of); }

/* Any object of a kind; leaves the function where that place is empty. */
#define ANY(kind, name)                                     \
	__typeof__(pool.kind[0]) name = pool.kind[rng_below(&r, EACH)]; \
	if (name == NULL)                                   \
		return 0

/* An empty place of a kind, after its object was freed. */
#define PLACE(kind) (pool.kind + free_##kind((unsigned)rng_below(&r, EACH)))

#define FREES(kind)                                     \
	static unsigned free_##kind(unsigned i)         \
	{                                               \
		xapian_c_##kind##_free(pool.kind[i]);   \
		pool.kind[i] = NULL;                    \
		return i;                               \
	}

static void xapian_c_db_free(struct xapian_c_database *db) { xapian_c_database_free(db); }
static void xapian_c_doc_free(struct xapian_c_document *d) { xapian_c_document_free(d); }

FREES(db)
FREES(writer)
FREES(doc)
FREES(query)
FREES(enquire)
FREES(mset)
FREES(terms)
FREES(postings)
FREES(positions)
FREES(values)
FREES(parser)
FREES(termgen)
FREES(stemmer)
FREES(stopper)

/* Lists of a document that is changed are good for freeing only. */
static void free_lists(void)
{
	for (unsigned i = 0; i < EACH; i++)
		free_terms(i), free_values(i);
}

static void free_all(void)
{
	for (unsigned i = 0; i < EACH; i++) {
		free_db(i), free_doc(i), free_enquire(i), free_mset(i), free_query(i), free_stemmer(i), free_stopper(i);
		free_terms(i), free_postings(i), free_positions(i), free_values(i), free_parser(i), free_termgen(i);
		free_writer(i);
	}
}

#endif
