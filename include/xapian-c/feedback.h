/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Searches that look back: counts of values over the matches (facets), terms
 * that documents found relevant share, order by several values.
 */
#ifndef XAPIAN_C_FEEDBACK_H
#define XAPIAN_C_FEEDBACK_H

#include <xapian-c/enquire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- order by several values --------------------------------------------------------- */

struct xapian_c_sort_key {
	uint32_t slot;
	bool is_reversed; /* this value's large ones first */
};

/* As xapian_c_enquire_set_order(), by `n` values instead of the one in
 * order->slot: by the first, of those that have the same by the second, and so
 * on.  XAPIAN_C_EARGUMENT for none. */
int xapian_c_enquire_set_order_keys(struct xapian_c_enquire *e, const struct xapian_c_sort_key *keys, size_t n,
	const struct xapian_c_order *order, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- counts of values ---------------------------------------------------------------- */

struct xapian_c_value_count {
	struct xapian_c_bytes text; /* lives in the enquire until counts are read again, or it searches */
	uint32_t documents;         /* that match and have it */
};

/* Count the values in `slot`, too, in every search from now on: over the
 * documents it looks at, all that match if `check_at_least` is that many. */
int xapian_c_enquire_count_values(
	struct xapian_c_enquire *e, uint32_t slot, struct xapian_c_error *err) XAPIAN_C_API;

/* Up to `max` values of `slot` in the last search, the most frequent first;
 * how many there were.  XAPIAN_C_EARGUMENT if they are not counted. */
int xapian_c_enquire_read_counts(struct xapian_c_enquire *e, uint32_t slot, struct xapian_c_value_count *out, int max,
	struct xapian_c_error *err) XAPIAN_C_API;

/* ---- terms of relevant documents ------------------------------------------------------ */

/* Documents that somebody found relevant. */
struct xapian_c_relevant {
	const uint32_t *docids;
	size_t n;
	bool with_query_terms; /* give the terms of the query, too */
};

struct xapian_c_expansion {
	struct xapian_c_bytes text; /* lives in the enquire until the next xapian_c_enquire_expand() */
	double weight;              /* how well it tells them from others */
};

/* Up to `max` terms to add to a query so that it finds more like these, the
 * best first; how many there were.  XAPIAN_C_ENODOC for a document that is not
 * there. */
int xapian_c_enquire_expand(struct xapian_c_enquire *e, const struct xapian_c_relevant *relevant,
	struct xapian_c_expansion *out, int max, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
