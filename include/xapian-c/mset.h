/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Match sets: the hits of a search, counts, snippets.
 */
#ifndef XAPIAN_C_MSET_H
#define XAPIAN_C_MSET_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_document;
struct xapian_c_mset;
struct xapian_c_stemmer;

struct xapian_c_hit {
	uint32_t docid;
	uint32_t rank;      /* from 0, over all hits */
	uint32_t collapsed; /* at least so many with the same key were left out */
	int percent;        /* of the best possible weight */
	double weight;
};

/* How many documents match: between `least` and `most`. */
struct xapian_c_match_counts {
	uint32_t least, estimate, most;
	uint32_t all_least, all_estimate, all_most; /* had nothing been collapsed */
	double best_weight;                         /* of a hit */
	double best_possible_weight;
};

/* Release it.  NULL is fine. */
void xapian_c_mset_free(struct xapian_c_mset *m) XAPIAN_C_API;

/* How many hits it has. */
uint32_t xapian_c_mset_size(const struct xapian_c_mset *m) XAPIAN_C_API;

/* Copy up to `max` hits from hit `first` of this set on; how many there were, 0
 * past the end. */
int xapian_c_mset_read(const struct xapian_c_mset *m, uint32_t first, struct xapian_c_hit *out, int max,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Count the matches. */
int xapian_c_mset_count(const struct xapian_c_mset *m, struct xapian_c_match_counts *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* How many documents have a term of the query, over all databases searched,
 * and what it weighs; either may be NULL. */
int xapian_c_mset_term(const struct xapian_c_mset *m, struct xapian_c_bytes term, uint32_t *documents,
	double *weight, struct xapian_c_error *err) XAPIAN_C_API;

/* Ask remote servers for all documents of the set at once, before they are
 * asked for one by one.  Nothing to do for a set whose first rank is not 0: see
 * xapian_c_mset_document(), which asks for each. */
int xapian_c_mset_fetch(const struct xapian_c_mset *m, struct xapian_c_error *err) XAPIAN_C_API;

/* The document of hit `i` of this set.  XAPIAN_C_EARGUMENT past the end. */
int xapian_c_mset_document(const struct xapian_c_mset *m, uint32_t i, struct xapian_c_document **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The value by which hit `i` was collapsed; lives in `m`. */
int xapian_c_mset_collapse_key(struct xapian_c_mset *m, uint32_t i, struct xapian_c_bytes *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The key by which hit `i` was sorted; lives in `m`. */
int xapian_c_mset_sort_key(struct xapian_c_mset *m, uint32_t i, struct xapian_c_bytes *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* How a snippet is made; what is 0 or NULL is the default. */
struct xapian_c_snippet {
	size_t length;                          /* bytes of text about (500) */
	const struct xapian_c_stemmer *stemmer; /* as the database was written; NULL none */
	const char *mark, *unmark;              /* around words that match ("<b>", "</b>") */
	const char *omit;                       /* where text is left out ("...") */
	bool weigh_by_rarity;     /* look up the frequency of each word: not over remote databases, where
				   * every word costs a round trip (Xapian's default; not here) */
	bool first_good;          /* take the first good place, not the best of the whole text */
	bool empty_without_match; /* "" where nothing matches, not the beginning */
	bool cjk_ngram;           /* as the database was written */
};

/* The part of `text` that says most about the query, HTML-escaped (<, >, &, ");
 * lives in `m`.  `how` NULL: all defaults.  An empty `mark` or `unmark` is
 * XAPIAN_C_EARGUMENT: Xapian 1.4 before 1.4.32 then does not escape. */
int xapian_c_mset_snippet(struct xapian_c_mset *m, struct xapian_c_bytes text, const struct xapian_c_snippet *how,
	struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
