/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

static struct xapian_c_parser *parser(void)
{
	struct xapian_c_parser *p;
	struct xapian_c_error err;

	xapian_ok(xapian_c_parser_new(&p, &err), &err);
	return p;
}

static struct xapian_c_stemmer *english(void)
{
	struct xapian_c_stemmer *s;
	struct xapian_c_error err;

	xapian_ok(xapian_c_stemmer_new("en", &s, &err), &err);
	return s;
}

static void check(struct xapian_c_parser *p, const char *text, unsigned flags, const char *expected)
{
	struct xapian_c_query *q;
	struct xapian_c_error err;
	char out[400];

	xapian_ok(xapian_c_parser_parse(p, xapian_c_str(text), flags, &q, &err), &err);
	xapian_ok(xapian_c_query_describe(q, out, sizeof out, NULL, &err), &err);
	assert_string_equal(out, expected);
	xapian_c_query_free(q);
}

static void test_words(void **state)
{
	struct xapian_c_parser *p = parser();
	struct xapian_c_stemmer *s = english();
	struct xapian_c_stopper *stop;
	struct xapian_c_error err;

	(void)state;
	check(p, "data sharing", XAPIAN_C_SYNTAX_DEFAULT, "Query((data@1 OR sharing@2))");
	check(p, "", XAPIAN_C_SYNTAX_DEFAULT, "Query()");
	xapian_ok(xapian_c_parser_set_default_op(p, XAPIAN_C_OP_AND, &err), &err);
	check(p, "data sharing", XAPIAN_C_SYNTAX_DEFAULT, "Query((data@1 AND sharing@2))");
	xapian_ok(xapian_c_parser_set_stemmer(p, s, XAPIAN_C_STEM_SOME, &err), &err);
	xapian_c_stemmer_free(s);
	check(p, "data \"sharing it\"", XAPIAN_C_SYNTAX_DEFAULT, "Query((Zdata@1 AND (sharing@2 PHRASE 2 it@3)))");
	xapian_ok(xapian_c_stopper_new(&stop, &err), &err);
	xapian_ok(xapian_c_stopper_add(stop, xapian_c_str("the"), &err), &err);
	xapian_ok(xapian_c_parser_set_stopper(p, stop, &err), &err);
	xapian_c_stopper_free(stop);
	xapian_c_stopper_free(NULL);
	check(p, "the data", XAPIAN_C_SYNTAX_DEFAULT, "Query(Zdata@2)");
	xapian_ok(xapian_c_parser_set_stopper(p, NULL, &err), &err);
	check(p, "the data", XAPIAN_C_SYNTAX_DEFAULT, "Query((Zthe@1 AND Zdata@2))");
	assert_int_equal(xapian_c_parser_set_default_op(p, XAPIAN_C_OP_WILDCARD, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_parser_set_default_op(p, 77, &err), XAPIAN_C_EARGUMENT);
	xapian_c_parser_free(p);
	xapian_c_parser_free(NULL);
}

/* Each flag alone does what it is for. */
static void test_flags(void **state)
{
	struct xapian_c_parser *p = parser();
	struct xapian_c_stemmer *s = english();
	struct xapian_c_error err;

	(void)state;
	check(p, "a AND b", XAPIAN_C_SYNTAX_BOOLEAN, "Query((a@1 AND b@2))");
	check(p, "a and b", XAPIAN_C_SYNTAX_BOOLEAN | XAPIAN_C_SYNTAX_BOOLEAN_ANY_CASE, "Query((a@1 AND b@2))");
	check(p, "\"a b\"", XAPIAN_C_SYNTAX_PHRASE, "Query((a@1 PHRASE 2 b@2))");
	check(p, "+a b", XAPIAN_C_SYNTAX_LOVEHATE, "Query((a@1 AND_MAYBE b@2))");
	check(p, "a -b", XAPIAN_C_SYNTAX_LOVEHATE, "Query((a@1 AND_NOT b@2))");
	check(p, "NOT a", XAPIAN_C_SYNTAX_BOOLEAN | XAPIAN_C_SYNTAX_PURE_NOT, "Query((<alldocuments> AND_NOT a@1))");
	xapian_ok(xapian_c_parser_set_stemmer(p, s, XAPIAN_C_STEM_ALL, &err), &err);
	check(p, "\"shared data\"", XAPIAN_C_SYNTAX_DEFAULT, "Query((share@1 PHRASE 2 data@2))");
	xapian_ok(xapian_c_parser_set_stemmer(p, s, XAPIAN_C_STEM_ALL_Z, &err), &err);
	check(p, "Shared", XAPIAN_C_SYNTAX_DEFAULT, "Query(Zshare@1)");
	xapian_ok(xapian_c_parser_set_stemmer(p, s, XAPIAN_C_STEM_NONE, &err), &err);
	check(p, "shared", XAPIAN_C_SYNTAX_DEFAULT, "Query(shared@1)");
	xapian_c_stemmer_free(s);
	xapian_c_parser_free(p);
}

static void test_fields_and_ranges(void **state)
{
	struct xapian_c_parser *p = parser();
	struct xapian_c_range date = { .kind = XAPIAN_C_RANGE_DATE, .slot = 2, .marker = "date:" };
	struct xapian_c_range kg = { .kind = XAPIAN_C_RANGE_NUMBER, .slot = 3, .marker = "kg", .is_suffix = true };
	struct xapian_c_range text = { .kind = XAPIAN_C_RANGE_TEXT, .slot = 4 }, bad = { .kind = 3 };
	struct xapian_c_error err;

	(void)state;
	xapian_ok(xapian_c_parser_add_prefix(p, "title", "S", &err), &err);
	xapian_ok(xapian_c_parser_add_boolean_prefix(p, "ext", "E", true, &err), &err);
	xapian_ok(xapian_c_parser_add_range(p, &date, &err), &err);
	xapian_ok(xapian_c_parser_add_range(p, &kg, &err), &err);
	xapian_ok(xapian_c_parser_add_range(p, &text, &err), &err);
	check(p, "title:data", XAPIAN_C_SYNTAX_DEFAULT, "Query(Sdata@1)");
	check(p, "a ext:md ext:txt", XAPIAN_C_SYNTAX_DEFAULT, "Query((a@1 FILTER (Emd OR Etxt)))");
	check(p, "date:2025-01-02..2025-03-04", XAPIAN_C_SYNTAX_DEFAULT, "Query(VALUE_RANGE 2 20250102 20250304)");
	check(p, "b..d", XAPIAN_C_SYNTAX_DEFAULT, "Query(VALUE_RANGE 4 b d)");
	check(p, "..d", XAPIAN_C_SYNTAX_DEFAULT, "Query(VALUE_LE 4 d)");
	assert_int_equal(xapian_c_parser_add_range(p, &bad, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_parser_add_boolean_prefix(p, "title", "X", true, &err), XAPIAN_C_EOPERATION);
	xapian_c_parser_free(p);
}

static void test_errors(void **state)
{
	struct xapian_c_parser *p = parser();
	struct xapian_c_query *q;
	struct xapian_c_error err;

	(void)state;
	assert_int_equal(xapian_c_parser_parse(p, xapian_c_str("a AND"), 7, &q, &err), XAPIAN_C_EPARSE);
	assert_null(q);
	assert_string_equal(err.type, "QueryParserError");
	assert_non_null(strstr(err.msg, "AND"));
	assert_int_equal(xapian_c_parser_parse(p, xapian_c_str("a*"), XAPIAN_C_SYNTAX_WILDCARD, &q, &err), XAPIAN_C_OK);
	xapian_c_query_free(q);
	assert_int_equal(xapian_c_parser_set_expansion(p, 5, 3, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_parser_set_stemmer(p, NULL, 9, &err), XAPIAN_C_EARGUMENT);
	xapian_c_parser_free(p);
}

/* Wildcards, unfinished words, spelling and synonyms are looked up in a database. */
static void test_with_a_database(void **state)
{
	static const char *const texts[] = { "biometric data", "bioscope" };
	struct xapian_c_parser *p = parser();
	struct xapian_c_writer *w;
	struct xapian_c_bytes corrected;
	struct xapian_c_query *q;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, 2);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	xapian_ok(xapian_c_writer_add_spelling(w, xapian_c_str("biometric"), 1, &err), &err);
	xapian_ok(xapian_c_writer_add_synonym(w, xapian_c_str("facts"), xapian_c_str("data"), &err), &err);
	xapian_ok(xapian_c_parser_set_database(p, xapian_c_writer_database(w), &err), &err);
	xapian_ok(xapian_c_parser_set_expansion(p, 1, XAPIAN_C_WILDCARD_ERROR, &err), &err);
	check(p, "~facts", XAPIAN_C_SYNTAX_SYNONYM, "Query((facts@1 SYNONYM data@1))");
	xapian_ok(xapian_c_parser_parse(p, xapian_c_str("biometrc data"), XAPIAN_C_SYNTAX_SPELLING, &q, &err), &err);
	xapian_c_query_free(q);
	xapian_ok(xapian_c_parser_corrected(p, &corrected, &err), &err);
	assert_int_equal(corrected.len, strlen("biometric data"));
	assert_memory_equal(corrected.ptr, "biometric data", corrected.len);
	struct xapian_c_enquire *e;
	struct xapian_c_mset *m;
	xapian_ok(xapian_c_parser_parse(p, xapian_c_str("bio*"), XAPIAN_C_SYNTAX_WILDCARD, &q, &err), &err);
	xapian_ok(xapian_c_enquire_new(xapian_c_writer_database(w), &e, &err), &err);
	xapian_ok(xapian_c_enquire_set_query(e, q, 0, &err), &err);
	xapian_c_query_free(q);
	assert_int_equal(xapian_c_enquire_search(e, 0, 10, 0, &m, &err), XAPIAN_C_EWILDCARD);
	xapian_c_enquire_free(e);
	xapian_c_parser_free(p);
	xapian_c_writer_free(w);
	tmpdir_release(&dir);
}

/* ---- term generators ------------------------------------------------------------ */

static void list_terms(const struct xapian_c_document *d, char *out, size_t size)
{
	struct xapian_c_term word;
	struct xapian_c_terms *t;
	struct xapian_c_error err;

	*out = '\0';
	xapian_ok(xapian_c_terms_of_document(d, &t, &err), &err);
	while (xapian_c_terms_read(t, &word, 1, &err) == 1) {
		size_t len = strlen(out);
		(void)snprintf(out + len, size - len, "%.*s:%u ", (int)word.text.len, word.text.ptr, word.wdf);
	}
	xapian_c_terms_free(t);
}

static void test_generator(void **state)
{
	struct xapian_c_piece title = { xapian_c_str("Sharing"), xapian_c_str("S"), 3, false };
	struct xapian_c_piece text = { xapian_c_str("Shared the words"), xapian_c_str(""), 1, false };
	struct xapian_c_piece loose = { xapian_c_str("loose xxxxxxxxxxxxx"), xapian_c_str(""), 1, true };
	struct xapian_c_stemmer *s = english();
	struct xapian_c_stopper *stop;
	struct xapian_c_termgen *g;
	struct xapian_c_document *d;
	struct xapian_c_error err;
	char out[300];

	(void)state;
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	xapian_ok(xapian_c_termgen_new(&g, &err), &err);
	xapian_ok(xapian_c_stopper_new(&stop, &err), &err);
	xapian_ok(xapian_c_stopper_add(stop, xapian_c_str("the"), &err), &err);
	xapian_ok(xapian_c_termgen_set_stemmer(g, s, XAPIAN_C_STEM_SOME, &err), &err);
	xapian_ok(xapian_c_termgen_set_stopper(g, stop, &err), &err);
	xapian_ok(xapian_c_termgen_set_longest(g, 10, &err), &err);
	xapian_ok(xapian_c_termgen_set_document(g, d, &err), &err);
	xapian_ok(xapian_c_termgen_index(g, &title, &err), &err);
	assert_int_equal(xapian_c_termgen_position(g), 1);
	xapian_ok(xapian_c_termgen_skip(g, 100, &err), &err);
	xapian_ok(xapian_c_termgen_index(g, &text, &err), &err);
	assert_int_equal(xapian_c_termgen_position(g), 104);
	xapian_ok(xapian_c_termgen_index(g, &loose, &err), &err);
	assert_int_equal(xapian_c_termgen_position(g), 104);
	list_terms(d, out, sizeof out);
	assert_string_equal(out, "Ssharing:3 ZSshare:3 Zloos:1 Zshare:1 Zword:1 loose:1 shared:1 the:1 words:1 ");
	assert_int_equal(xapian_c_termgen_set_stemmer(g, s, -1, &err), XAPIAN_C_EARGUMENT);
	xapian_c_stopper_free(stop);
	xapian_c_stemmer_free(s);
	xapian_c_termgen_free(g);
	xapian_c_termgen_free(NULL);
	xapian_c_document_free(d);
}

/* Words become spelling targets of the writer. */
static void test_generator_spelling(void **state)
{
	struct xapian_c_piece text = { xapian_c_str("biometric"), xapian_c_str(""), 1, false };
	struct xapian_c_termgen *g;
	struct xapian_c_document *d;
	struct xapian_c_writer *w;
	struct xapian_c_bytes got;
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &err), &err);
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	xapian_ok(xapian_c_termgen_new(&g, &err), &err);
	xapian_ok(xapian_c_termgen_set_writer(g, w, &err), &err);
	xapian_ok(xapian_c_termgen_set_flags(g, XAPIAN_C_GENERATE_SPELLING, &err), &err);
	xapian_ok(xapian_c_termgen_set_document(g, d, &err), &err);
	xapian_ok(xapian_c_termgen_index(g, &text, &err), &err);
	xapian_ok(xapian_c_database_suggest(xapian_c_writer_database(w), xapian_c_str("biometrik"), 1, &got, &err),
		&err);
	assert_int_equal(got.len, strlen("biometric"));
	xapian_c_termgen_free(g);
	xapian_c_document_free(d);
	xapian_c_writer_free(w);
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_fields_and_ranges),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_with_a_database),
		cmocka_unit_test(test_generator),
		cmocka_unit_test(test_generator_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
