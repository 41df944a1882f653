/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents: terms with positions, values in numbered slots, data.
 *
 * A document read from a database loads its parts when they are asked for, so
 * every function may fail with a database's errors.
 */
#ifndef XAPIAN_C_DOCUMENT_H
#define XAPIAN_C_DOCUMENT_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_document;

/* An empty document. */
int xapian_c_document_new(struct xapian_c_document **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_document_free(struct xapian_c_document *d) XAPIAN_C_API;

/* Its number in the database it was read from; 0 for one made by hand. */
uint32_t xapian_c_document_id(const struct xapian_c_document *d) XAPIAN_C_API;

/* ---- data ----------------------------------------------------------------- */

/* The stored bytes, for the program's own use. */
int xapian_c_document_data(
	struct xapian_c_document *d, struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

/* Replace the stored bytes. */
int xapian_c_document_set_data(
	struct xapian_c_document *d, struct xapian_c_bytes data, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- values ---------------------------------------------------------------- */

/* The value in `slot`; empty if there is none. */
int xapian_c_document_value(struct xapian_c_document *d, uint32_t slot, struct xapian_c_bytes *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Put a value into `slot`, replacing what was there; an empty one removes it. */
int xapian_c_document_set_value(struct xapian_c_document *d, uint32_t slot, struct xapian_c_bytes value,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Put a number into `slot`, in the form whose byte order is the numbers'. */
int xapian_c_document_set_number(
	struct xapian_c_document *d, uint32_t slot, double number, struct xapian_c_error *err) XAPIAN_C_API;

/* Remove all values. */
int xapian_c_document_clear_values(struct xapian_c_document *d, struct xapian_c_error *err) XAPIAN_C_API;

/* Room for any number in that form. */
#define XAPIAN_C_NUMBER_MAX 9

/* Write `number` in the form of xapian_c_document_set_number(); the length. */
size_t xapian_c_number_write(double number, char out[XAPIAN_C_NUMBER_MAX]) XAPIAN_C_API;

/* The number of such a value; of other bytes some number. */
double xapian_c_number_read(struct xapian_c_bytes value) XAPIAN_C_API;

/* ---- terms ----------------------------------------------------------------- */

/* Add a term without a position, `wdf` times: 0 for a filter that does not
 * count in ranking.  XAPIAN_C_EARGUMENT for an empty one and for one over
 * XAPIAN_C_TERM_MAX. */
int xapian_c_document_add_term(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t wdf,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Add a term at a position, counting `wdf` times; the same twice is once in
 * the positions and twice in the count.  Errors as of
 * xapian_c_document_add_term(). */
int xapian_c_document_add_posting(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t position,
	uint32_t wdf, struct xapian_c_error *err) XAPIAN_C_API;

/* A term at a position, as xapian_c_document_add_postings() takes many. */
struct xapian_c_place {
	struct xapian_c_bytes term;
	uint32_t position, wdf;
};

/* Add `n` of them in one call, as xapian_c_document_add_posting() does; the
 * first failure ends it. */
int xapian_c_document_add_postings(struct xapian_c_document *d, const struct xapian_c_place *places, size_t n,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Remove a term at a position and `wdf` of its count.  XAPIAN_C_EARGUMENT if it
 * is not there. */
int xapian_c_document_remove_posting(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t position,
	uint32_t wdf, struct xapian_c_error *err) XAPIAN_C_API;

/* Remove a term with all positions.  XAPIAN_C_EARGUMENT if it is not there. */
int xapian_c_document_remove_term(
	struct xapian_c_document *d, struct xapian_c_bytes term, struct xapian_c_error *err) XAPIAN_C_API;

/* Remove all terms. */
int xapian_c_document_clear_terms(struct xapian_c_document *d, struct xapian_c_error *err) XAPIAN_C_API;

/* How many different terms and how many values it has; either may be NULL. */
int xapian_c_document_counts(const struct xapian_c_document *d, uint32_t *terms, uint32_t *values,
	struct xapian_c_error *err) XAPIAN_C_API;

/* ---- as bytes ---------------------------------------------------------------- */

/* The whole document as bytes; they live in `d`. */
int xapian_c_document_serialise(
	struct xapian_c_document *d, struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

/* The document of such bytes.  XAPIAN_C_ESERIALISATION or (from within Xapian)
 * XAPIAN_C_ENETWORK for others, XAPIAN_C_EARGUMENT for a term that is too long. */
int xapian_c_document_unserialise(
	struct xapian_c_bytes bytes, struct xapian_c_document **out, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
