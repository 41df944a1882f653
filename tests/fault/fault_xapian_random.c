/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random calls of xapian-c over a pool of objects, as a careless program makes
 * them: databases that were closed, documents that outlive their database, lists
 * over what a commit changed, empty and over-long strings and ones with NUL,
 * numbers of any size; then the same with operator new failing in some calls that
 * do not write.  Each call gives a result or an error of a type that
 * the header names, and nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault/operator_new.h"
#include "fault/xapian_pool.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

enum { CALLS = 6000, LIST_MAX = 64, MAX_SHARDS = 12, MAX_QUERY = 200, MAX_NEW = 60 };

static const char *const texts[] = { "biometric data sharing", "data sharing among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static char path[2][512], compact_path[512];

typedef struct xapian_c_error error;

/* ---- databases ------------------------------------------------------------------ */

static int open_db(error *e)
{
	static const int backends[] = { 0, 0, 0, XAPIAN_C_BACKEND_GLASS, XAPIAN_C_BACKEND_STUB, 0x999, -1 };
	const char *where = rng_one_in(&r, 8) ? "/nonesuch" : path[any_bool()];

	return xapian_c_database_open(where, backends[rng_below(&r, 7)], PLACE(db), e);
}

static int new_db(error *e) { return xapian_c_database_new(PLACE(db), e); }

static int add_db(error *e)
{
	struct xapian_c_database_counts a, b;
	ANY(db, db);
	ANY(db, other);
	if (xapian_c_database_count(db, &a, NULL) < 0 || xapian_c_database_count(other, &b, NULL) < 0 ||
		a.shards + b.shards > MAX_SHARDS)
		return 0;
	return xapian_c_database_add(db, other, e);
}

static int reopen_db(error *e)
{
	ANY(db, db);
	return xapian_c_database_reopen(db, NULL, e);
}

static int close_db(error *e)
{
	ANY(db, db);
	return xapian_c_database_close(db, e);
}

static int count_db(error *e)
{
	struct xapian_c_database_counts counts;
	struct xapian_c_term_counts of_term;
	uint32_t n;
	ANY(db, db);
	switch (any_flags(4)) {
	case 0: return xapian_c_database_count(db, &counts, e);
	case 1: return xapian_c_database_count_term(db, any_text(), &of_term, e);
	case 2: return xapian_c_database_count_value(db, any_number(), &n, e);
	default: return xapian_c_database_document_length(db, any_number(), &n, e);
	}
}

static int ask_db(error *e)
{
	struct xapian_c_bytes a, b;
	uint64_t revision;
	bool locked;
	ANY(db, db);
	switch (any_flags(6)) {
	case 0: return xapian_c_database_uuid(db, &a, e);
	case 1: return xapian_c_database_revision(db, &revision, e);
	case 2: return xapian_c_database_locked(db, &locked, e);
	case 3: return xapian_c_database_value_bounds(db, any_number(), &a, &b, e);
	case 4: return xapian_c_database_metadata(db, any_text(), &a, e);
	default: return xapian_c_database_suggest(db, any_text(), (uint32_t)any_flags(4), &a, e);
	}
}

static int get_document(error *e)
{
	ANY(db, db);
	return xapian_c_database_document(db, any_number(), PLACE(doc), e);
}

/* ---- writers --------------------------------------------------------------------- */

static int open_writer(error *e)
{
	static const int flags[] = { 0, XAPIAN_C_WRITE_CREATE, XAPIAN_C_WRITE_OPEN, -1, 1 << 20 };
	unsigned i = (unsigned)rng_below(&r, EACH);

	if (pool.writer[i] != NULL)
		return 0;
	return xapian_c_writer_open(path[any_bool()], flags[rng_below(&r, 5)] | XAPIAN_C_WRITE_NO_SYNC, &pool.writer[i], e);
}

static int change(error *e)
{
	ANY(writer, w);
	ANY(doc, d);
	switch (any_flags(6)) {
	case 0: return xapian_c_writer_replace(w, (uint32_t)any_flags(9), d, e);
	case 1: return xapian_c_writer_replace_term(w, any_text(), d, NULL, e);
	case 2: return xapian_c_writer_delete(w, any_number(), e);
	case 3: return xapian_c_writer_delete_term(w, any_text(), e);
	default: return xapian_c_writer_add(w, d, NULL, e);
	}
}

static int note(error *e)
{
	ANY(writer, w);
	switch (any_flags(5)) {
	case 0: return xapian_c_writer_set_metadata(w, any_text(), any_text(), e);
	case 1: return xapian_c_writer_add_spelling(w, any_text(), any_number() % 1000, e);
	case 2: return xapian_c_writer_remove_spelling(w, any_text(), any_number(), e);
	case 3: return xapian_c_writer_add_synonym(w, any_text(), any_text(), e);
	default: return xapian_c_writer_remove_synonym(w, any_text(), any_text(), e);
	}
}

static int finish(error *e)
{
	ANY(writer, w);
	switch (any_flags(6)) {
	case 0: return xapian_c_writer_begin(w, any_bool(), e);
	case 1: return xapian_c_writer_end(w, e);
	case 2: return xapian_c_writer_cancel(w, e);
	case 3: return rng_one_in(&r, 4) ? xapian_c_writer_close(w, e) : 0;
	default: return xapian_c_writer_commit(w, e);
	}
}

static int look_in_writer(error *e)
{
	struct xapian_c_database_counts counts;
	ANY(writer, w);
	return any_bool() ? xapian_c_database_count(xapian_c_writer_database(w), &counts, e) :
			    xapian_c_database_document(xapian_c_writer_database(w), any_number(), PLACE(doc), e);
}

static int compact_db(error *e)
{
	ANY(db, db);
	return rng_one_in(&r, 8) ? xapian_c_database_compact(db, compact_path, (unsigned)any_flags(64), any_number(), e) : 0;
}

/* ---- documents -------------------------------------------------------------------- */

static int new_document(error *e) { return xapian_c_document_new(PLACE(doc), e); }

static int fill_document(error *e)
{
	const struct xapian_c_place places[] = { { any_text(), any_number(), 1 }, { any_text(), 1, any_number() } };
	ANY(doc, d);
	free_lists();
	switch (any_flags(6)) {
	case 0: return xapian_c_document_set_data(d, any_text(), e);
	case 1: return xapian_c_document_set_value(d, any_number(), any_text(), e);
	case 2: return xapian_c_document_set_number(d, any_number(), any_real(), e);
	case 3: return xapian_c_document_add_term(d, any_text(), any_number(), e);
	case 4: return xapian_c_document_add_posting(d, any_text(), any_number(), any_number(), e);
	default: return xapian_c_document_add_postings(d, places, (size_t)any_flags(3), e);
	}
}

static int empty_document(error *e)
{
	ANY(doc, d);
	free_lists();
	switch (any_flags(4)) {
	case 0: return xapian_c_document_remove_posting(d, any_text(), any_number(), any_number(), e);
	case 1: return xapian_c_document_remove_term(d, any_text(), e);
	case 2: return xapian_c_document_clear_terms(d, e);
	default: return xapian_c_document_clear_values(d, e);
	}
}

static int read_document(error *e)
{
	struct xapian_c_document *copy;
	struct xapian_c_bytes out;
	uint32_t terms, values;
	int rc;
	ANY(doc, d);
	switch (any_flags(4)) {
	case 0: return xapian_c_document_data(d, &out, e);
	case 1: return xapian_c_document_value(d, any_number(), &out, e);
	case 2: return xapian_c_document_counts(d, &terms, &values, e);
	default:
		rc = xapian_c_document_serialise(d, &out, e);
		if (rc == 0 && (rc = xapian_c_document_unserialise(out, &copy, e)) == 0)
			*PLACE(doc) = copy;
		return rc;
	}
}

/* ---- queries --------------------------------------------------------------------- */

static int term_query(error *e)
{
	const struct xapian_c_wildcard how = { any_number(), any_flags(4), 10 + any_flags(6) };
	struct xapian_c_bytes from = any_text(), to = any_text();

	switch (any_flags(5)) {
	case 0: return xapian_c_query_all(PLACE(query), e);
	case 1: return xapian_c_query_nothing(PLACE(query), e);
	case 2:
		return xapian_c_query_value_range(
			any_number(), any_bool() ? &from : NULL, any_bool() ? &to : NULL, PLACE(query), e);
	case 3: return xapian_c_query_wildcard(any_text(), &how, PLACE(query), e);
	default: return xapian_c_query_term(any_text(), any_number() % 100, any_number(), PLACE(query), e);
	}
}

static int combine_terms(error *e)
{
	const struct xapian_c_bytes terms[] = { any_text(), any_text(), any_text() };
	const struct xapian_c_combination how = { any_flags(18) - 1, any_number() };

	return xapian_c_query_combine_terms(how, terms, (size_t)any_flags(4), PLACE(query), e);
}

static int combine(error *e)
{
	const struct xapian_c_combination how = { any_flags(18) - 1, any_number() };
	struct xapian_c_query *out;
	ANY(query, a);
	ANY(query, b);
	const struct xapian_c_query *const parts[] = { a, b };
	if (xapian_c_query_length(a) + xapian_c_query_length(b) > MAX_QUERY)
		return 0;
	int rc = any_bool() ? xapian_c_query_combine(how, parts, 2, &out, e) : xapian_c_query_scale(a, any_real(), &out, e);
	if (rc == 0)
		*PLACE(query) = out;
	return rc;
}

static int look_at_query(error *e)
{
	char out[64], *bytes = malloc(LONG_TEXT * 4);
	size_t len;
	int rc = 0;
	const struct xapian_c_query *q = pool.query[rng_below(&r, EACH)];
	struct xapian_c_query *part = NULL;

	assert_non_null(bytes);
	if (q != NULL && any_bool())
		rc = any_bool() ? xapian_c_query_describe(q, out, sizeof out, &len, e) :
				  xapian_c_query_part(q, any_number(), &part, e);
	else if (q != NULL && (rc = xapian_c_query_serialise(q, bytes, LONG_TEXT * 4, &len, e)) == 0)
		rc = xapian_c_query_unserialise((struct xapian_c_bytes){ bytes, len }, &part, e);
	xapian_c_query_free(part);
	free(bytes);
	return rc;
}

/* ---- searching -------------------------------------------------------------------- */

static int new_enquire(error *e)
{
	ANY(db, db);
	return xapian_c_enquire_new(db, PLACE(enquire), e);
}

static int set_enquire(error *e)
{
	const struct xapian_c_bm25 bm25 = { any_real(), any_real(), any_real(), any_real(), any_real() };
	const struct xapian_c_order order = { any_flags(5), any_number(), any_bool(), any_flags(4) };
	const struct xapian_c_sort_key keys[] = { { any_number(), any_bool() }, { any_number(), any_bool() } };
	ANY(enquire, q);
	switch (any_flags(7)) {
	case 0: return xapian_c_enquire_set_bm25(q, &bm25, e);
	case 1: return xapian_c_enquire_set_ranking(q, any_flags(8) - 1, e);
	case 2: return xapian_c_enquire_set_order(q, &order, e);
	case 3: return xapian_c_enquire_set_collapse(q, any_number(), any_number(), e);
	case 4: return xapian_c_enquire_set_cutoff(q, any_flags(140) - 20, any_real(), e);
	case 5: return xapian_c_enquire_count_values(q, any_number(), e);
	default: return xapian_c_enquire_set_order_keys(q, keys, (size_t)any_flags(3), &order, e);
	}
}

static int ask(error *e)
{
	ANY(enquire, q);
	ANY(query, of);
	return xapian_c_enquire_set_query(q, of, any_number(), e);
}

static int search(error *e)
{
	ANY(enquire, q);
	return xapian_c_enquire_search(q, any_number(), any_number(), any_number(), PLACE(mset), e);
}

static int look_back(error *e)
{
	const uint32_t ids[] = { any_number(), any_number() };
	const struct xapian_c_relevant relevant = { ids, (size_t)any_flags(3), any_bool() };
	struct xapian_c_expansion more[8];
	struct xapian_c_value_count counts[8];
	ANY(enquire, q);
	return any_bool() ? xapian_c_enquire_expand(q, &relevant, more, 8, e) :
			    xapian_c_enquire_read_counts(q, any_number(), counts, 8, e);
}

static int read_mset(error *e)
{
	struct xapian_c_match_counts counts;
	struct xapian_c_hit hits[8];
	struct xapian_c_bytes out;
	uint32_t documents;
	double weight;
	ANY(mset, m);
	switch (any_flags(8)) {
	case 0: return xapian_c_mset_read(m, any_number(), hits, 8, e);
	case 1: return xapian_c_mset_count(m, &counts, e);
	case 2: return xapian_c_mset_term(m, any_text(), &documents, &weight, e);
	case 3: return xapian_c_mset_fetch(m, e);
	case 4: return xapian_c_mset_document(m, any_number(), PLACE(doc), e);
	case 5: return xapian_c_mset_collapse_key(m, any_number(), &out, e);
	case 6: return xapian_c_mset_sort_key(m, any_number(), &out, e);
	default: return xapian_c_mset_snippet(m, any_text(), NULL, &out, e);
	}
}

/* ---- lists ------------------------------------------------------------------------ */

static int open_terms(error *e)
{
	ANY(db, db);
	ANY(doc, d);
	ANY(query, q);
	ANY(terms, t);
	switch (any_flags(7)) {
	case 0: return xapian_c_terms_of_database(db, any_text(), PLACE(terms), e);
	case 1: return xapian_c_terms_of_document(d, PLACE(terms), e);
	case 2: return xapian_c_terms_of_query(q, PLACE(terms), e);
	case 3: return xapian_c_terms_of_metadata(db, any_text(), PLACE(terms), e);
	case 4: return xapian_c_terms_of_spelling(db, PLACE(terms), e);
	case 5: return xapian_c_terms_of_synonyms(db, any_text(), PLACE(terms), e);
	default: return xapian_c_terms_open(t, db, any_number(), e);
	}
}

static int open_terms_of_match(error *e)
{
	ANY(enquire, q);
	return xapian_c_terms_of_match(q, any_number(), PLACE(terms), e);
}

static int new_lists(error *e)
{
	return any_bool() ? xapian_c_terms_new(PLACE(terms), e) : xapian_c_positions_new(PLACE(positions), e);
}

static int open_lists(error *e)
{
	ANY(db, db);
	ANY(doc, d);
	ANY(positions, p);
	switch (any_flags(4)) {
	case 0: return xapian_c_postings_new(db, any_text(), any_bool(), PLACE(postings), e);
	case 1: return xapian_c_values_of_database(db, any_number(), PLACE(values), e);
	case 2: return xapian_c_values_of_document(d, PLACE(values), e);
	default: return xapian_c_positions_open(p, db, any_number(), any_text(), e);
	}
}

/* After an error a list is good for freeing only. */
#define READ(kind, type, how)                                                                                 \
	static int read_##kind(error *e)                                                                      \
	{                                                                                                     \
		type out[LIST_MAX];                                                                           \
		unsigned i = (unsigned)rng_below(&r, EACH);                                                   \
		if (pool.kind[i] == NULL)                                                                     \
			return 0;                                                                             \
		int rc = how ? xapian_c_##kind##_read(pool.kind[i], out, 1 + any_flags(LIST_MAX), e) : (SEEK_##kind); \
		if (rc < 0)                                                                                   \
			free_##kind(i);                                                                       \
		return rc;                                                                                    \
	}
#define SEEK_terms     xapian_c_terms_seek(pool.terms[i], any_text(), e)
#define SEEK_postings  xapian_c_postings_seek(pool.postings[i], any_number(), e)
#define SEEK_values    xapian_c_values_seek(pool.values[i], any_number(), e)
#define SEEK_positions 0

READ(terms, struct xapian_c_term, any_bool())
READ(postings, struct xapian_c_posting, any_bool())
READ(values, struct xapian_c_value, any_bool())
READ(positions, uint32_t, true)

/* ---- text ------------------------------------------------------------------------- */

static int new_words(error *e)
{
	switch (any_flags(4)) {
	case 0: return xapian_c_stemmer_new(any_bool() ? "en" : any_bool() ? "" : "klingon", PLACE(stemmer), e);
	case 1: return xapian_c_stopper_new(PLACE(stopper), e);
	case 2: return xapian_c_parser_new(PLACE(parser), e);
	default: return xapian_c_termgen_new(PLACE(termgen), e);
	}
}

static int use_words(error *e)
{
	char out[32];
	const struct xapian_c_bytes word = any_text();
	ANY(stemmer, s);
	ANY(stopper, stop);
	return any_bool() ? xapian_c_stopper_add(stop, word, e) :
			    xapian_c_stemmer_stem(s, word.len == 0 ? "" : word.ptr, word.len, out, sizeof out, NULL, e);
}

static int set_parser(error *e)
{
	const char *marker = any_bool() ? NULL : "d:";
	const struct xapian_c_range range = { any_flags(4), any_number(), marker, any_bool(), any_bool(), any_bool() };
	ANY(parser, p);
	switch (any_flags(8)) {
	case 0: return pool.stemmer[0] == NULL ? 0 : xapian_c_parser_set_stemmer(p, pool.stemmer[0], any_flags(7) - 1, e);
	case 1: return xapian_c_parser_set_stopper(p, pool.stopper[0], e);
	case 2: return xapian_c_parser_set_default_op(p, any_flags(18) - 1, e);
	case 3: return pool.db[0] == NULL ? 0 : xapian_c_parser_set_database(p, pool.db[0], e);
	case 4: return xapian_c_parser_set_expansion(p, any_number(), any_flags(4), e);
	case 5: return xapian_c_parser_add_prefix(p, any_bool() ? "" : "x", "X", e);
	case 6: return xapian_c_parser_add_boolean_prefix(p, any_bool() ? "x" : "y", "Y", any_bool(), e);
	default: return xapian_c_parser_add_range(p, &range, e);
	}
}

static int parse(error *e)
{
	struct xapian_c_bytes out;
	ANY(parser, p);
	return rng_one_in(&r, 5) ? xapian_c_parser_corrected(p, &out, e) :
				   xapian_c_parser_parse(p, any_text(), (unsigned)any_flags(0x40000), PLACE(query), e);
}

static int set_termgen(error *e)
{
	ANY(termgen, g);
	switch (any_flags(7)) {
	case 0: return pool.stemmer[0] == NULL ? 0 : xapian_c_termgen_set_stemmer(g, pool.stemmer[0], any_flags(7) - 1, e);
	case 1: return xapian_c_termgen_set_stopper(g, pool.stopper[0], e);
	case 2: return pool.writer[0] == NULL ? 0 : xapian_c_termgen_set_writer(g, pool.writer[0], e);
	case 3: return xapian_c_termgen_set_flags(g, any_number(), e);
	case 4: return xapian_c_termgen_set_longest(g, any_number(), e);
	case 5: return xapian_c_termgen_skip(g, any_number(), e);
	default: return pool.doc[0] == NULL ? 0 : xapian_c_termgen_set_document(g, pool.doc[0], e);
	}
}

static int generate(error *e)
{
	const struct xapian_c_piece piece = { any_text(), any_text(), any_number(), any_bool() };
	ANY(termgen, g);
	free_lists();
	return xapian_c_termgen_index(g, &piece, e);
}

/* ---- calls ------------------------------------------------------------------------- */

/* Where memory fails.  In a commit libxapian 1.4 ends the process. */
enum failing { OFTEN, IN_DATABASE, NEVER };

static const struct {
	const char *name;
	int (*call)(error *e);
	enum failing failing;
} calls[] = {
	{ "open_db", open_db, IN_DATABASE }, { "new_db", new_db, OFTEN }, { "add_db", add_db, IN_DATABASE },
	{ "reopen_db", reopen_db, IN_DATABASE }, { "close_db", close_db, IN_DATABASE },
	{ "count_db", count_db, IN_DATABASE }, { "ask_db", ask_db, IN_DATABASE },
	{ "get_document", get_document, IN_DATABASE }, { "open_writer", open_writer, NEVER },
	{ "change", change, NEVER }, { "change", change, NEVER }, { "note", note, NEVER },
	{ "finish", finish, NEVER }, { "look_in_writer", look_in_writer, NEVER },
	{ "compact_db", compact_db, NEVER }, { "new_document", new_document, OFTEN },
	{ "fill_document", fill_document, IN_DATABASE }, { "fill_document", fill_document, IN_DATABASE },
	{ "empty_document", empty_document, IN_DATABASE }, { "read_document", read_document, IN_DATABASE },
	{ "term_query", term_query, OFTEN }, { "combine_terms", combine_terms, OFTEN },
	{ "combine", combine, OFTEN }, { "look_at_query", look_at_query, OFTEN },
	{ "new_enquire", new_enquire, IN_DATABASE }, { "set_enquire", set_enquire, OFTEN }, { "ask", ask, OFTEN },
	{ "search", search, IN_DATABASE }, { "search", search, IN_DATABASE },
	{ "look_back", look_back, IN_DATABASE }, { "read_mset", read_mset, IN_DATABASE },
	{ "read_mset", read_mset, IN_DATABASE }, { "new_lists", new_lists, OFTEN },
	{ "open_terms", open_terms, IN_DATABASE }, { "open_terms_of_match", open_terms_of_match, IN_DATABASE },
	{ "open_lists", open_lists, IN_DATABASE }, { "read_terms", read_terms, IN_DATABASE },
	{ "read_postings", read_postings, IN_DATABASE }, { "read_values", read_values, IN_DATABASE },
	{ "read_positions", read_positions, IN_DATABASE }, { "new_words", new_words, OFTEN },
	{ "use_words", use_words, OFTEN }, { "set_parser", set_parser, OFTEN }, { "parse", parse, IN_DATABASE },
	{ "set_termgen", set_termgen, NEVER }, { "generate", generate, NEVER },
};
enum { N_CALLS = sizeof calls / sizeof calls[0] };

/* Types by their status, -1 first; none for those that have no Xapian type. */
static const char *const types[] = { "InvalidArgumentError", "std::bad_alloc", "xapian_c", NULL, NULL,
	"InvalidOperationError", "UnimplementedError", "DatabaseError", "DatabaseCorruptError", "DatabaseCreateError",
	"DatabaseLockError", "DatabaseModifiedError", "DatabaseOpeningError", "DatabaseVersionError",
	"DatabaseNotFoundError", "DatabaseClosedError", "DocNotFoundError", "FeatureUnavailableError", "InternalError",
	"NetworkError", "NetworkTimeoutError", "QueryParserError", "SerialisationError", "RangeError", "WildcardError",
	"AssertionError" };
enum { N_TYPES = sizeof types / sizeof types[0] };

static void check_error(const char *name, int rc, const error *e)
{
	if (rc >= 0)
		return;
	if (rc < -N_TYPES || types[-rc - 1] == NULL || strcmp(e->type, types[-rc - 1]) != 0 || e->status != rc ||
		memchr(e->msg, 0, sizeof e->msg) == NULL || e->msg[0] == '\0')
		fail_msg("%s: %d, of type %s: %s", name, rc, e->type, e->msg);
}

/* For AddressSanitizer's runtime, where there is one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) { return "leak:libxapian.so\n"; }

/* CALLS random ones; in some an allocation fails, if asked. */
static void call_often(bool is_failing)
{
	unsigned failed = 0;

	for (unsigned n = 0; n < CALLS; n++) {
		error e = { .status = 1 };
		unsigned which = (unsigned)rng_below(&r, N_CALLS);
		unsigned one_in = calls[which].failing == OFTEN ? 3 : 30;
		if (is_failing && calls[which].failing != NEVER && rng_one_in(&r, one_in))
			new_arm((unsigned)rng_between(&r, 1, MAX_NEW));
		int rc = calls[which].call(&e);
		if (new_disarm() && calls[which].failing == IN_DATABASE)
			free_all(); /* as the header says */
		check_error(calls[which].name, rc, &e);
		failed += rc < 0;
	}
	free_all();
	print_message("%u of %d calls failed\n", failed, CALLS);
	assert_true(failed > CALLS / 50 && failed < CALLS / 2);
}

static void write_databases(const struct tmpdir *dir)
{
	memset(long_text, 'x', sizeof long_text);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof path[i], "%s/db%u", dir->path, i);
		xapian_db_write(path[i], texts, N_TEXTS);
	}
	(void)snprintf(compact_path, sizeof compact_path, "%s/compact", dir->path);
}

static void call_in_directory(bool is_failing)
{
	struct tmpdir dir;

	tmpdir_init(&dir);
	write_databases(&dir);
	call_often(is_failing);
	tmpdir_release(&dir);
}

static void test_calls(void **state) { (void)state, call_in_directory(false); }
static void test_calls_without_memory(void **state) { (void)state, call_in_directory(true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_calls_without_memory),
	};

	r = rng_start("fault_xapian_random");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
