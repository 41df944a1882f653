/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Term generators: text into terms, as Xapian's query parser expects them.
 */
#ifndef XAPIAN_C_TERMGEN_H
#define XAPIAN_C_TERMGEN_H

#include <xapian-c/parser.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_document;
struct xapian_c_termgen;
struct xapian_c_writer;

enum xapian_c_generation {
	XAPIAN_C_GENERATE_SPELLING = 128, /* words become targets of suggestions: set a writer */
	XAPIAN_C_GENERATE_CJK_NGRAM = 2048,
};

/* A generator that stems nothing and stops nothing. */
int xapian_c_termgen_new(struct xapian_c_termgen **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_termgen_free(struct xapian_c_termgen *g) XAPIAN_C_API;

/* Stem with `s`, from now on sharing it; `which` is an enum
 * xapian_c_stemming.  SOME, the usual way, gives words with
 * positions and stems (Z..) without. */
int xapian_c_termgen_set_stemmer(struct xapian_c_termgen *g, const struct xapian_c_stemmer *s,
	int which, struct xapian_c_error *err) XAPIAN_C_API;

/* Give no stems of the words of `s` as it is now; NULL: all have stems. */
int xapian_c_termgen_set_stopper(struct xapian_c_termgen *g, const struct xapian_c_stopper *s,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Where spelling targets go. */
int xapian_c_termgen_set_writer(
	struct xapian_c_termgen *g, struct xapian_c_writer *w, struct xapian_c_error *err) XAPIAN_C_API;

/* Set all flags of enum xapian_c_generation. */
int xapian_c_termgen_set_flags(
	struct xapian_c_termgen *g, unsigned flags, struct xapian_c_error *err) XAPIAN_C_API;

/* Leave out words of more than `bytes` bytes (64). */
int xapian_c_termgen_set_longest(
	struct xapian_c_termgen *g, uint32_t bytes, struct xapian_c_error *err) XAPIAN_C_API;

/* Go on with document `d`, at position 0. */
int xapian_c_termgen_set_document(
	struct xapian_c_termgen *g, struct xapian_c_document *d, struct xapian_c_error *err) XAPIAN_C_API;

/* What a piece of text is. */
struct xapian_c_piece {
	struct xapian_c_bytes text;   /* UTF-8 */
	struct xapian_c_bytes prefix; /* of its terms; a NUL in it is XAPIAN_C_EARGUMENT */
	uint32_t wdf;                 /* each word counts so often */
	bool without_positions;
};

/* Index a piece of text, from the current position on. */
int xapian_c_termgen_index(struct xapian_c_termgen *g, const struct xapian_c_piece *piece,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Skip `n` positions, so that no phrase crosses (100). */
int xapian_c_termgen_skip(
	struct xapian_c_termgen *g, uint32_t n, struct xapian_c_error *err) XAPIAN_C_API;

/* The position of the last word. */
uint32_t xapian_c_termgen_position(const struct xapian_c_termgen *g) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
