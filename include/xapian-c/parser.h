/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian's query parser: what people type, as a query.
 */
#ifndef XAPIAN_C_PARSER_H
#define XAPIAN_C_PARSER_H

#include <xapian-c/query.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_database;
struct xapian_c_parser;
struct xapian_c_stemmer;
struct xapian_c_stopper;

/* What people may type. */
enum xapian_c_syntax {
	XAPIAN_C_SYNTAX_BOOLEAN = 1,      /* AND, OR, ( ) .. */
	XAPIAN_C_SYNTAX_PHRASE = 2,       /* ".." */
	XAPIAN_C_SYNTAX_LOVEHATE = 4,     /* + and - */
	XAPIAN_C_SYNTAX_BOOLEAN_ANY_CASE = 8,
	XAPIAN_C_SYNTAX_WILDCARD = 16,    /* word* */
	XAPIAN_C_SYNTAX_PURE_NOT = 32,    /* NOT x on its own */
	XAPIAN_C_SYNTAX_PARTIAL = 64,     /* the last word may be unfinished */
	XAPIAN_C_SYNTAX_SPELLING = 128,   /* see xapian_c_parser_corrected() */
	XAPIAN_C_SYNTAX_SYNONYM = 256,    /* ~word */
	XAPIAN_C_SYNTAX_AUTO_SYNONYMS = 512,
	XAPIAN_C_SYNTAX_AUTO_MULTIWORD_SYNONYMS = 1024,
	XAPIAN_C_SYNTAX_CJK_NGRAM = 2048, /* as the database was written, or nothing is found */
	XAPIAN_C_SYNTAX_NO_POSITIONS = 0x20000,
	XAPIAN_C_SYNTAX_DEFAULT = 7,
};

/* Which words are stemmed; the stems have the prefix Z but for ALL. */
enum xapian_c_stemming {
	XAPIAN_C_STEM_NONE,
	XAPIAN_C_STEM_SOME, /* not those in capitals, quotes or with an operator on positions */
	XAPIAN_C_STEM_ALL,  /* all, without the prefix */
	XAPIAN_C_STEM_ALL_Z,
	XAPIAN_C_STEM_SOME_FULL_POS,
};

/* A parser that stems nothing, stops nothing and takes OR between words. */
int xapian_c_parser_new(struct xapian_c_parser **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_parser_free(struct xapian_c_parser *p) XAPIAN_C_API;

/* Stem with `s`, from now on sharing it; `which` is an enum xapian_c_stemming. */
int xapian_c_parser_set_stemmer(struct xapian_c_parser *p, const struct xapian_c_stemmer *s,
	int which, struct xapian_c_error *err) XAPIAN_C_API;

/* Leave out the words of `s` as it is now; NULL: none. */
int xapian_c_parser_set_stopper(struct xapian_c_parser *p, const struct xapian_c_stopper *s,
	struct xapian_c_error *err) XAPIAN_C_API;

/* What stands between words without an operator: AND, OR, NEAR, PHRASE,
 * ELITE_SET, SYNONYM or MAX; XAPIAN_C_EARGUMENT for others. */
int xapian_c_parser_set_default_op(
	struct xapian_c_parser *p, int op, struct xapian_c_error *err) XAPIAN_C_API;

/* Where wildcards, spelling and synonyms are looked up. */
int xapian_c_parser_set_database(struct xapian_c_parser *p, const struct xapian_c_database *db,
	struct xapian_c_error *err) XAPIAN_C_API;

/* How many terms wildcards and unfinished words may stand for, 0 any number, and
 * what is done with more (enum xapian_c_wildcard_limit). */
int xapian_c_parser_set_expansion(struct xapian_c_parser *p, uint32_t max, int beyond,
	struct xapian_c_error *err) XAPIAN_C_API;

/* `field:word` means the term `prefix` + word. */
int xapian_c_parser_add_prefix(struct xapian_c_parser *p, const char *field, const char *prefix,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The same for filters, which have no weight; `exclusive`: several of one
 * field are alternatives. */
int xapian_c_parser_add_boolean_prefix(struct xapian_c_parser *p, const char *field, const char *prefix,
	bool exclusive, struct xapian_c_error *err) XAPIAN_C_API;

/* What a range `a..b` may be. */
enum xapian_c_range_kind { XAPIAN_C_RANGE_TEXT, XAPIAN_C_RANGE_NUMBER, XAPIAN_C_RANGE_DATE };

struct xapian_c_range {
	int kind;            /* enum xapian_c_range_kind */
	uint32_t slot;
	const char *marker;  /* "date:" before, or "kg" behind; NULL or "" none */
	bool is_suffix;      /* the marker stands behind */
	bool is_repeated;    /* the marker may stand at both ends */
	bool is_month_first; /* of dates: 12/24/2025 */
};

/* Understand such ranges of values. */
int xapian_c_parser_add_range(struct xapian_c_parser *p, const struct xapian_c_range *range,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Parse `text` with `flags` of enum xapian_c_syntax.  XAPIAN_C_EPARSE with
 * a message for people. */
int xapian_c_parser_parse(struct xapian_c_parser *p, struct xapian_c_bytes text, unsigned flags,
	struct xapian_c_query **out, struct xapian_c_error *err) XAPIAN_C_API;

/* The text of the last parse with its spelling corrected, "" if nothing was; lives
 * in `p`. */
int xapian_c_parser_corrected(
	struct xapian_c_parser *p, struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
