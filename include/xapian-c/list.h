/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks: the documents of a term, its positions, terms, values.  They read
 * many entries a call, best 64; a call costs next to nothing beside Xapian's own
 * work.
 *
 * After an error a list is good for freeing only, and so is one of a document's
 * terms or values after the document was changed.
 */
#ifndef XAPIAN_C_LIST_H
#define XAPIAN_C_LIST_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_database;
struct xapian_c_document;
struct xapian_c_enquire;
struct xapian_c_query;

/* ---- the documents of a term --------------------------------------------------- */

struct xapian_c_postings;

struct xapian_c_posting {
	uint32_t docid;
	uint32_t wdf;    /* how often the document has the term */
	uint32_t length; /* of the document; 0 unless asked for */
};

/* The documents of `term` by rising number; the empty term is in every
 * document, once.  An unknown one gives an empty list.  `lengths` asks for
 * document lengths, which costs a second walk but for the empty term. */
int xapian_c_postings_new(const struct xapian_c_database *db, struct xapian_c_bytes term, bool lengths,
	struct xapian_c_postings **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_postings_free(struct xapian_c_postings *p) XAPIAN_C_API;

/* Read up to `max` > 0 postings; how many there were, 0 at the end. */
int xapian_c_postings_read(struct xapian_c_postings *p, struct xapian_c_posting *out, int max,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Read on at the first document >= docid; never backwards. */
int xapian_c_postings_seek(
	struct xapian_c_postings *p, uint32_t docid, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- the positions of a term in a document --------------------------------------- */

struct xapian_c_positions;

/* An empty list, to be opened as often as needed. */
int xapian_c_positions_new(struct xapian_c_positions **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_positions_free(struct xapian_c_positions *p) XAPIAN_C_API;

/* Start over with the positions of `term` in document `docid`; none if either
 * is unknown or was indexed without positions. */
int xapian_c_positions_open(struct xapian_c_positions *p, const struct xapian_c_database *db, uint32_t docid,
	struct xapian_c_bytes term, struct xapian_c_error *err) XAPIAN_C_API;

/* Read up to `max` > 0 positions, ascending; how many there were, 0 at the end. */
int xapian_c_positions_read(
	struct xapian_c_positions *p, uint32_t *out, int max, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- terms ------------------------------------------------------------------------ */

struct xapian_c_terms;

struct xapian_c_term {
	struct xapian_c_bytes text; /* lives in the list until its next read */
	uint32_t documents;         /* that have it; 0 where the list does not know */
	uint32_t wdf;               /* in the list's document; 0 where there is none */
};

/* All terms of a database that start with `prefix`, in byte order, with
 * `documents`. */
int xapian_c_terms_of_database(const struct xapian_c_database *db, struct xapian_c_bytes prefix,
	struct xapian_c_terms **out, struct xapian_c_error *err) XAPIAN_C_API;

/* The terms of a document, in byte order, with `wdf`. */
int xapian_c_terms_of_document(const struct xapian_c_document *d, struct xapian_c_terms **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* An empty list, for xapian_c_terms_open(). */
int xapian_c_terms_new(struct xapian_c_terms **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Start over with the terms of document `docid` of `db`, as of
 * xapian_c_terms_of_document(): for many documents with one list, and without an object
 * for each.  Any list may be opened so.  XAPIAN_C_ENODOC. */
int xapian_c_terms_open(struct xapian_c_terms *t, const struct xapian_c_database *db, uint32_t docid,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The terms of a query, in the order of their positions. */
int xapian_c_terms_of_query(const struct xapian_c_query *q, struct xapian_c_terms **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The terms of the query of `e` that document `docid` has. */
int xapian_c_terms_of_match(const struct xapian_c_enquire *e, uint32_t docid, struct xapian_c_terms **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The keys of metadata that start with `prefix`. */
int xapian_c_terms_of_metadata(const struct xapian_c_database *db, struct xapian_c_bytes prefix,
	struct xapian_c_terms **out, struct xapian_c_error *err) XAPIAN_C_API;

/* The targets of spelling suggestions, with their counts as `documents`. */
int xapian_c_terms_of_spelling(const struct xapian_c_database *db, struct xapian_c_terms **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The synonyms of `term`. */
int xapian_c_terms_of_synonyms(const struct xapian_c_database *db, struct xapian_c_bytes term,
	struct xapian_c_terms **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_terms_free(struct xapian_c_terms *t) XAPIAN_C_API;

/* Read up to `max` > 0 terms; how many there were, 0 at the end. */
int xapian_c_terms_read(
	struct xapian_c_terms *t, struct xapian_c_term *out, int max, struct xapian_c_error *err) XAPIAN_C_API;

/* Read on at the first term >= `term`; for lists in byte order. */
int xapian_c_terms_seek(
	struct xapian_c_terms *t, struct xapian_c_bytes term, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- values -------------------------------------------------------------------------- */

struct xapian_c_values;

struct xapian_c_value {
	uint32_t number;            /* of the document, or of the slot */
	struct xapian_c_bytes text; /* lives in the list until its next read */
};

/* The values in `slot`, by document. */
int xapian_c_values_of_database(const struct xapian_c_database *db, uint32_t slot, struct xapian_c_values **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The values of a document, by slot. */
int xapian_c_values_of_document(const struct xapian_c_document *d, struct xapian_c_values **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_values_free(struct xapian_c_values *v) XAPIAN_C_API;

/* Read up to `max` > 0 values; how many there were, 0 at the end. */
int xapian_c_values_read(struct xapian_c_values *v, struct xapian_c_value *out, int max,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Read on at the first document or slot >= number. */
int xapian_c_values_seek(
	struct xapian_c_values *v, uint32_t number, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
