/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that xapian-c does, with the n-th operator new failing for n = 1,
 * 2, 3 .. until none does, libxapian's own included.  Each call answers, no
 * exception escapes, nothing is lost but what libxapian 1.4 loses itself: parts
 * of queries while it parses and unserialises them, weights while it matches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault/operator_new.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

enum { MAX_CALLS = 2000 };

static const char *const texts[] = { "biometric data sharing", "data sharing among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

/* What the steps share; where a step failed its objects are NULL. */
static char db_path[512], new_path[512];

#define TRY(call)                  \
	do {                       \
		if (rc == 0)       \
			rc = call; \
	} while (0)

static int read_list(struct xapian_c_terms *t)
{
	struct xapian_c_term out[64];
	int n = 1;

	while (n > 0)
		n = xapian_c_terms_read(t, out, 64, NULL);
	xapian_c_terms_free(t);
	return n;
}

/* The terms of document 1, by a list that is freed in either case. */
static int read_opened(struct xapian_c_terms *t, const struct xapian_c_database *db)
{
	int rc = xapian_c_terms_open(t, db, 1, NULL);

	if (rc == 0)
		return read_list(t);
	xapian_c_terms_free(t);
	return rc;
}

static int make_document(void)
{
	const struct xapian_c_piece piece = { xapian_c_str("Shared words a b c d e f g h i j k l m n o p q r s t u v w x y z"),
		xapian_c_str("S"), 1, false };
	struct xapian_c_document *d = NULL, *copy = NULL;
	struct xapian_c_termgen *g = NULL;
	struct xapian_c_stemmer *s = NULL;
	struct xapian_c_stopper *stop = NULL;
	struct xapian_c_terms *t = NULL;
	struct xapian_c_bytes out = { NULL, 0 };
	int rc = xapian_c_document_new(&d, NULL);

	TRY(xapian_c_stemmer_new("en", &s, NULL));
	TRY(xapian_c_stopper_new(&stop, NULL));
	TRY(xapian_c_stopper_add(stop, xapian_c_str("a stop word longer than what a string holds itself"), NULL));
	TRY(xapian_c_termgen_new(&g, NULL));
	TRY(xapian_c_termgen_set_stemmer(g, s, XAPIAN_C_STEM_SOME, NULL));
	TRY(xapian_c_termgen_set_stopper(g, stop, NULL));
	TRY(xapian_c_termgen_set_document(g, d, NULL));
	TRY(xapian_c_termgen_index(g, &piece, NULL));
	TRY(xapian_c_document_set_data(d, xapian_c_str("data longer than what a string holds itself"), NULL));
	TRY(xapian_c_document_set_number(d, 1, 2.5, NULL));
	TRY(xapian_c_document_serialise(d, &out, NULL));
	TRY(xapian_c_document_unserialise(out, &copy, NULL));
	TRY(xapian_c_terms_of_document(copy, &t, NULL));
	TRY(read_list(t));
	xapian_c_termgen_free(g);
	xapian_c_stopper_free(stop);
	xapian_c_stemmer_free(s);
	xapian_c_document_free(copy);
	xapian_c_document_free(d);
	return rc;
}

static int unserialise_query(void)
{
	struct xapian_c_query *q = NULL, *copy = NULL;
	char bytes[100];
	size_t len = 0;
	int rc = xapian_c_query_combine_terms((struct xapian_c_combination){ XAPIAN_C_OP_PHRASE, 2 },
		(struct xapian_c_bytes[]){ { "data", 4 }, { "sharing", 7 } }, 2, &q, NULL);

	TRY(xapian_c_query_serialise(q, bytes, sizeof bytes, &len, NULL));
	TRY(xapian_c_query_unserialise((struct xapian_c_bytes){ bytes, len }, &copy, NULL));
	xapian_c_query_free(q);
	xapian_c_query_free(copy);
	return rc;
}

static int make_queries(void)
{
	const struct xapian_c_wildcard how = { 10, XAPIAN_C_WILDCARD_FIRST, XAPIAN_C_OP_SYNONYM };
	const struct xapian_c_bytes words[] = { xapian_c_str("data"), xapian_c_str("sharing") };
	struct xapian_c_query *parts[3] = { NULL }, *all = NULL, *scaled = NULL;
	char out[400];
	int rc = xapian_c_query_term(words[0], 1, 0, &parts[0], NULL);

	TRY(xapian_c_query_combine_terms((struct xapian_c_combination){ XAPIAN_C_OP_PHRASE, 2 }, words, 2, &parts[1],
		NULL));
	TRY(xapian_c_query_wildcard(xapian_c_str("s"), &how, &parts[2], NULL));
	TRY(xapian_c_query_combine((struct xapian_c_combination){ XAPIAN_C_OP_OR, 0 },
		(const struct xapian_c_query *const *)parts, 3, &all, NULL));
	TRY(xapian_c_query_scale(all, 2, &scaled, NULL));
	TRY(xapian_c_query_describe(scaled, out, sizeof out, NULL, NULL));
	TRY(xapian_c_query_serialise(scaled, out, sizeof out, NULL, NULL));
	for (int i = 0; i < 3; i++)
		xapian_c_query_free(parts[i]);
	xapian_c_query_free(all);
	xapian_c_query_free(scaled);
	return rc;
}

static int parse(void)
{
	const struct xapian_c_range range = { .kind = XAPIAN_C_RANGE_DATE, .slot = 1, .marker = "date:" };
	struct xapian_c_parser *p = NULL;
	struct xapian_c_query *q = NULL;
	struct xapian_c_bytes out;
	int rc = xapian_c_parser_new(&p, NULL);

	TRY(xapian_c_parser_add_prefix(p, "title", "S", NULL));
	TRY(xapian_c_parser_add_boolean_prefix(p, "ext", "E", true, NULL));
	TRY(xapian_c_parser_add_range(p, &range, NULL));
	TRY(xapian_c_parser_corrected(p, &out, NULL));
	TRY(xapian_c_parser_parse(p, xapian_c_str("data"), XAPIAN_C_SYNTAX_DEFAULT, &q, NULL));
	xapian_c_query_free(q);
	xapian_c_parser_free(p);
	return rc;
}

static int search(void)
{
	const struct xapian_c_bm25 bm25 = { 1.2, 0, 1, 0.75, 0.5 };
	struct xapian_c_database *db = NULL;
	struct xapian_c_enquire *e = NULL;
	struct xapian_c_query *q = NULL;
	struct xapian_c_mset *m = NULL;
	struct xapian_c_document *d = NULL;
	struct xapian_c_terms *t = NULL;
	struct xapian_c_bytes out = { NULL, 0 };
	int rc = xapian_c_database_open(db_path, 0, &db, NULL);

	TRY(xapian_c_query_term(xapian_c_str("sharing"), 1, 0, &q, NULL));
	TRY(xapian_c_enquire_new(db, &e, NULL));
	TRY(xapian_c_enquire_set_bm25(e, &bm25, NULL));
	TRY(xapian_c_enquire_set_query(e, q, 0, NULL));
	TRY(xapian_c_enquire_search(e, 0, 10, 0, &m, NULL));
	TRY(xapian_c_mset_document(m, 0, &d, NULL));
	TRY(xapian_c_document_data(d, &out, NULL));
	TRY(xapian_c_mset_snippet(m, out, NULL, &out, NULL));
	TRY(xapian_c_terms_of_match(e, 1, &t, NULL));
	TRY(read_list(t));
	xapian_c_document_free(d);
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	xapian_c_database_free(db);
	return rc;
}

/* Counts, an order by several values, more like these. */
static int look_back(void)
{
	static const struct xapian_c_sort_key keys[] = { { 1, false }, { 0, true } };
	const struct xapian_c_order order = { .by = XAPIAN_C_SORT_VALUE_RELEVANCE };
	const struct xapian_c_relevant relevant = { (const uint32_t[]){ 1, 2 }, 2, true };
	struct xapian_c_value_count counts[4];
	struct xapian_c_expansion terms[40];
	struct xapian_c_database *db = NULL;
	struct xapian_c_enquire *e = NULL;
	struct xapian_c_query *q = NULL;
	struct xapian_c_mset *m = NULL;
	int rc = xapian_c_database_open(db_path, 0, &db, NULL);

	TRY(xapian_c_query_term(xapian_c_str("sharing"), 1, 0, &q, NULL));
	TRY(xapian_c_enquire_new(db, &e, NULL));
	TRY(xapian_c_enquire_set_query(e, q, 0, NULL));
	TRY(xapian_c_enquire_count_values(e, 1, NULL));
	TRY(xapian_c_enquire_set_order_keys(e, keys, 2, &order, NULL));
	TRY(xapian_c_enquire_search(e, 0, 10, 10, &m, NULL));
	TRY(-(xapian_c_enquire_read_counts(e, 1, counts, 4, NULL) < 0));
	TRY(-(xapian_c_enquire_expand(e, &relevant, terms, 40, NULL) < 0));
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	xapian_c_database_free(db);
	return rc;
}

static int read_lists(void)
{
	struct xapian_c_database *db = NULL;
	struct xapian_c_postings *p = NULL;
	struct xapian_c_positions *pos = NULL;
	struct xapian_c_values *v = NULL;
	struct xapian_c_terms *t = NULL;
	struct xapian_c_posting postings[4];
	struct xapian_c_value values[4];
	uint32_t positions[4];
	int rc = xapian_c_database_open(db_path, 0, &db, NULL);

	TRY(xapian_c_terms_of_database(db, xapian_c_str(""), &t, NULL));
	TRY(read_list(t));
	TRY(xapian_c_terms_new(&t, NULL));
	TRY(read_opened(t, db));
	TRY(xapian_c_postings_new(db, xapian_c_str("sharing"), true, &p, NULL));
	TRY(-(xapian_c_postings_read(p, postings, 4, NULL) < 0));
	TRY(xapian_c_postings_seek(p, 9, NULL));
	TRY(xapian_c_positions_new(&pos, NULL));
	TRY(xapian_c_positions_open(pos, db, 1, xapian_c_str("sharing"), NULL));
	TRY(-(xapian_c_positions_read(pos, positions, 4, NULL) < 0));
	TRY(xapian_c_values_of_database(db, 1, &v, NULL));
	TRY(-(xapian_c_values_read(v, values, 4, NULL) < 0));
	xapian_c_postings_free(p);
	xapian_c_positions_free(pos);
	xapian_c_values_free(v);
	xapian_c_database_free(db);
	return rc;
}

/* Whatever fails, what is there afterwards opens and is sound. */
static int write_database(void)
{
	struct xapian_c_document *d = NULL;
	struct xapian_c_writer *w = NULL;
	int rc = xapian_c_document_new(&d, NULL);

	TRY(xapian_c_document_add_posting(d, xapian_c_str("herring"), 1, 1, NULL));
	TRY(xapian_c_writer_open(new_path, XAPIAN_C_WRITE_CREATE_OR_OVERWRITE | XAPIAN_C_WRITE_NO_SYNC, &w, NULL));
	TRY(xapian_c_writer_add(w, d, NULL, NULL));
	TRY(xapian_c_writer_set_metadata(w, xapian_c_str("key"), xapian_c_str("value"), NULL));
	TRY(xapian_c_writer_commit(w, NULL));
	TRY(xapian_c_writer_replace_term(w, xapian_c_str("herring"), d, NULL, NULL));
	TRY(xapian_c_writer_close(w, NULL));
	xapian_c_writer_free(w);
	xapian_c_document_free(d);
	return rc;
}

/* Only the error itself: building its message needs memory, too. */
static int fail_to_open(void)
{
	struct xapian_c_database *db = NULL;
	struct xapian_c_error err;
	int rc = xapian_c_database_open("/nonesuch/a/long/path/to/no/database/at/all", 0, &db, &err);

	if (rc != err.status || err.msg[0] == '\0' || db != NULL)
		return 1;
	return rc == XAPIAN_C_ENOTFOUND || rc == XAPIAN_C_EOPENING ? 0 : rc;
}

/* For AddressSanitizer's runtime, where there is one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) { return "leak:libxapian.so\n"; }

/* ---- the n-th fails ---------------------------------------------------------- */

static void try_all(const char *name, int (*step)(void), bool xapian_leaks)
{
	unsigned n = 1;
	bool has_failed = true;

	assert_int_equal(step(), 0); /* what libxapian keeps for ever is kept now */
	for (; has_failed && n < MAX_CALLS; n++) {
		long live = new_count_live();
		new_arm(n);
		int rc = step();
		has_failed = new_disarm();
		if (rc > 0 || (!has_failed && rc != 0))
			fail_msg("%s, call %u: %d", name, n, rc);
		if (!xapian_leaks && new_count_live() != live)
			fail_msg("%s, call %u: %ld pieces of memory lost", name, n, new_count_live() - live);
	}
	print_message("%s: %u calls\n", name, n - 2);
	assert_true(n > 2 && n < MAX_CALLS);
}

static int set_up(void **state)
{
	struct tmpdir *dir = malloc(sizeof *dir);

	assert_non_null(dir);
	tmpdir_init(dir);
	(void)snprintf(db_path, sizeof db_path, "%s/db", dir->path);
	(void)snprintf(new_path, sizeof new_path, "%s/new", dir->path);
	xapian_db_write(db_path, texts, N_TEXTS);
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	tmpdir_release(*state);
	free(*state);
	return 0;
}

static void test_documents(void **state) { (void)state, try_all("documents", make_document, false); }
static void test_queries(void **state) { (void)state, try_all("queries", make_queries, false); }
static void test_parser(void **state) { (void)state, try_all("parser", parse, true); }
static void test_search(void **state) { (void)state, try_all("search", search, true); }
static void test_feedback(void **state) { (void)state, try_all("feedback", look_back, true); }
static void test_lists(void **state) { (void)state, try_all("lists", read_lists, false); }
static void test_errors(void **state) { (void)state, try_all("errors", fail_to_open, false); }
static void test_writer(void **state) { (void)state, try_all("writer", write_database, false); }
static void test_unserialise(void **state) { (void)state, try_all("unserialise", unserialise_query, true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_parser),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_unserialise),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
