/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

static const char *const texts[] = {
	"biometric data sharing",
	"data sharing among states, data about data",
	"a treaty on fishing",
	"sharing of biometric samples <b>and</b> more",
	"nothing to see",
	"sharing data",
};
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

struct fixture {
	struct tmpdir dir;
	struct xapian_c_database *db;
	struct xapian_c_enquire *e;
};

static int set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);
	struct xapian_c_error err;

	assert_non_null(f);
	tmpdir_init(&f->dir);
	xapian_db_write(f->dir.path, texts, N_TEXTS);
	f->db = xapian_db_open(f->dir.path);
	xapian_ok(xapian_c_enquire_new(f->db, &f->e, &err), &err);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	xapian_c_database_free(f->db); /* before the enquire: the order does not matter */
	xapian_c_enquire_free(f->e);
	tmpdir_release(&f->dir);
	free(f);
	return 0;
}

static struct xapian_c_query *term(const char *word)
{
	struct xapian_c_query *q;
	struct xapian_c_error err;

	xapian_ok(xapian_c_query_term(xapian_c_str(word), 1, 0, &q, &err), &err);
	return q;
}

static struct xapian_c_query *both(int op, const char *a, const char *b)
{
	const struct xapian_c_bytes terms[] = { xapian_c_str(a), xapian_c_str(b) };
	struct xapian_c_query *q;
	struct xapian_c_error err;

	xapian_ok(xapian_c_query_combine_terms((struct xapian_c_combination){ op, 0 }, terms, 2, &q, &err), &err);
	return q;
}

/* Search for `q`, which is freed. */
static struct xapian_c_mset *search(struct fixture *f, struct xapian_c_query *q, uint32_t max)
{
	struct xapian_c_mset *m;
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_query(f->e, q, 0, &err), &err);
	xapian_c_query_free(q);
	xapian_ok(xapian_c_enquire_search(f->e, 0, max, N_TEXTS, &m, &err), &err);
	return m;
}

/* "1 3 " for documents in the order they came; frees `m`. */
static const char *ids(struct xapian_c_mset *m)
{
	static char out[100];
	struct xapian_c_hit hits[N_TEXTS];
	int n = xapian_c_mset_read(m, 0, hits, N_TEXTS, NULL);

	out[0] = '\0';
	for (int i = 0; i < n; i++)
		(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%u ", hits[i].docid);
	xapian_c_mset_free(m);
	return out;
}

/* ---- what is found ----------------------------------------------------------- */

static void test_operators(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_error err;
	struct xapian_c_order by_id = { .by = XAPIAN_C_SORT_VALUE };

	xapian_ok(xapian_c_enquire_set_order(f->e, &by_id, &err), &err);
	assert_string_equal(ids(search(f, term("data"), 10)), "1 2 6 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_AND, "data", "biometric"), 10)), "1 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_OR, "treaty", "biometric"), 10)), "1 3 4 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_AND_NOT, "sharing", "data"), 10)), "4 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_XOR, "biometric", "data"), 10)), "2 4 6 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_PHRASE, "data", "sharing"), 10)), "1 2 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_NEAR, "data", "sharing"), 10)), "1 2 6 ");
	assert_string_equal(ids(search(f, both(XAPIAN_C_OP_AND_MAYBE, "biometric", "data"), 10)), "1 4 ");
	struct xapian_c_query *q;
	xapian_ok(xapian_c_query_all(&q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "1 2 3 4 5 6 ");
	xapian_ok(xapian_c_query_nothing(&q, &err), &err);
	assert_true(xapian_c_query_is_empty(q));
	assert_string_equal(ids(search(f, q, 10)), "");
	xapian_ok(xapian_c_query_combine((struct xapian_c_combination){ XAPIAN_C_OP_OR, 0 }, NULL, 0, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "");
}

static void test_value_ranges(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_order by_id = { .by = XAPIAN_C_SORT_VALUE };
	char two[XAPIAN_C_NUMBER_MAX], four[XAPIAN_C_NUMBER_MAX];
	struct xapian_c_bytes lower = { two, xapian_c_number_write(2, two) };
	struct xapian_c_bytes upper = { four, xapian_c_number_write(4, four) };
	struct xapian_c_query *q;
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_order(f->e, &by_id, &err), &err);
	xapian_ok(xapian_c_query_value_range(0, &lower, &upper, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "3 4 5 ");
	xapian_ok(xapian_c_query_value_range(0, &lower, NULL, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "3 4 5 6 ");
	xapian_ok(xapian_c_query_value_range(0, NULL, &upper, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "1 2 3 4 5 ");
	xapian_ok(xapian_c_query_value_range(0, NULL, NULL, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "1 2 3 4 5 6 ");
	xapian_ok(xapian_c_query_value_range(0, &upper, &lower, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "");
}

static void test_wildcards(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_wildcard how = { .max = 0, .beyond = XAPIAN_C_WILDCARD_ERROR, .combiner = XAPIAN_C_OP_OR };
	struct xapian_c_order by_id = { .by = XAPIAN_C_SORT_VALUE };
	struct xapian_c_query *q;
	struct xapian_c_mset *m = NULL;
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_order(f->e, &by_id, &err), &err);
	xapian_ok(xapian_c_query_wildcard(xapian_c_str("s"), &how, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "1 2 4 5 6 ");
	how.max = 1;
	xapian_ok(xapian_c_query_wildcard(xapian_c_str("s"), &how, &q, &err), &err);
	xapian_ok(xapian_c_enquire_set_query(f->e, q, 0, &err), &err);
	assert_int_equal(xapian_c_enquire_search(f->e, 0, 10, 0, &m, &err), XAPIAN_C_EWILDCARD);
	assert_null(m);
	xapian_c_query_free(q);
	how.beyond = XAPIAN_C_WILDCARD_FREQUENT;
	xapian_ok(xapian_c_query_wildcard(xapian_c_str("s"), &how, &q, &err), &err);
	assert_string_equal(ids(search(f, q, 10)), "1 2 4 6 ");
	how.combiner = XAPIAN_C_OP_PHRASE;
	assert_int_equal(xapian_c_query_wildcard(xapian_c_str("s"), &how, &q, &err), XAPIAN_C_EARGUMENT);
	assert_null(q);
	how = (struct xapian_c_wildcard){ .beyond = 3, .combiner = XAPIAN_C_OP_OR };
	assert_int_equal(xapian_c_query_wildcard(xapian_c_str("s"), &how, &q, &err), XAPIAN_C_EARGUMENT);
}

/* ---- looking at queries -------------------------------------------------------- */

static void test_query_parts(void **state)
{
	struct xapian_c_query *q = both(XAPIAN_C_OP_AND_NOT, "data", "sharing"), *part, *copy;
	struct xapian_c_terms *t;
	struct xapian_c_term out[4];
	struct xapian_c_error err;
	char bytes[100];
	size_t len;

	(void)state;
	assert_int_equal(xapian_c_query_op(q), XAPIAN_C_OP_AND_NOT);
	assert_int_equal(xapian_c_query_parts(q), 2);
	assert_int_equal(xapian_c_query_length(q), 2);
	xapian_ok(xapian_c_query_part(q, 1, &part, &err), &err);
	assert_int_equal(xapian_c_query_op(part), XAPIAN_C_OP_TERM);
	assert_int_equal(xapian_c_query_part(q, 2, &copy, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_query_describe(q, bytes, sizeof bytes, &len, &err), &err);
	assert_string_equal(bytes, "Query((data AND_NOT sharing))");
	assert_int_equal(len, strlen(bytes));
	assert_int_equal(xapian_c_query_describe(q, bytes, len, &len, &err), XAPIAN_C_ETOOLONG);
	assert_int_equal(len, strlen("Query((data AND_NOT sharing))"));
	assert_int_equal(xapian_c_query_serialise(q, NULL, 0, &len, NULL), XAPIAN_C_ETOOLONG);
	assert_in_range(len, 1, sizeof bytes - 1);
	xapian_ok(xapian_c_query_serialise(q, bytes, len + 1, NULL, &err), &err);
	xapian_c_query_free(q);
	xapian_ok(xapian_c_query_unserialise((struct xapian_c_bytes){ bytes, len }, &copy, &err), &err);
	xapian_ok(xapian_c_terms_of_query(copy, &t, &err), &err);
	assert_int_equal(xapian_c_terms_read(t, out, 4, &err), 2);
	assert_memory_equal(out[0].text.ptr, "data", 4);
	xapian_c_terms_free(t);
	xapian_c_query_free(copy);
	for (size_t cut = 1; cut < len; cut++) {
		struct xapian_c_bytes damaged = { bytes, cut };
		int rc = xapian_c_query_unserialise(damaged, &copy, &err);
		assert_true(rc == XAPIAN_C_OK || rc == XAPIAN_C_ESERIALISATION || rc == XAPIAN_C_ENETWORK);
		assert_true((rc == XAPIAN_C_OK) == (copy != NULL));
		xapian_c_query_free(copy);
	}
	xapian_c_query_free(part);
	xapian_c_query_free(NULL);
}

static void test_wrong_queries(void **state)
{
	static const int not_combining[] = { -1, XAPIAN_C_OP_VALUE_RANGE, XAPIAN_C_OP_SCALE_WEIGHT,
		XAPIAN_C_OP_VALUE_GE, XAPIAN_C_OP_VALUE_LE, XAPIAN_C_OP_WILDCARD, 16, XAPIAN_C_OP_TERM, XAPIAN_C_OP_ALL,
		12345 };
	struct xapian_c_query *a = term("a"), *q;
	const struct xapian_c_query *parts[] = { a, a };
	struct xapian_c_error err;

	(void)state;
	for (size_t i = 0; i < sizeof not_combining / sizeof not_combining[0]; i++) {
		struct xapian_c_combination how = { not_combining[i], 0 };
		assert_int_equal(xapian_c_query_combine(how, parts, 2, &q, &err), XAPIAN_C_EARGUMENT);
		assert_null(q);
	}
	assert_int_equal(xapian_c_query_scale(a, -1, &q, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_query_scale(a, NAN, &q, &err), XAPIAN_C_EARGUMENT);
	xapian_c_query_free(a);
}

/* ---- ranking ---------------------------------------------------------------------- */

/* The weight of `docid` in a search for `word`. */
static double weight_of(struct fixture *f, const char *word, uint32_t docid)
{
	struct xapian_c_mset *m = search(f, term(word), N_TEXTS);
	struct xapian_c_hit hits[N_TEXTS];
	int n = xapian_c_mset_read(m, 0, hits, N_TEXTS, NULL);

	xapian_c_mset_free(m);
	for (int i = 0; i < n; i++)
		if (hits[i].docid == docid)
			return hits[i].weight;
	return -1;
}

/* BM25 by its formula. */
static void test_bm25(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_bm25 w = { .k1 = 1.2, .k2 = 0, .k3 = 0, .b = 0.75, .min_length = 0 };
	struct xapian_c_database_counts c;
	struct xapian_c_error err;
	uint32_t length;

	xapian_ok(xapian_c_enquire_set_bm25(f->e, &w, &err), &err);
	xapian_ok(xapian_c_database_count(f->db, &c, &err), &err);
	xapian_ok(xapian_c_database_document_length(f->db, 4, &length, &err), &err);
	double norm = length / c.average_length, k = 1.2 * (0.25 + 0.75 * norm);
	double odds = (6 - 2 + 0.5) / (2 + 0.5), idf = log(1 + odds / 2), expected = idf * 2.2 * 1 / (1 + k);
	double got = weight_of(f, "biometric", 4);
	if (fabs(got - expected) > 1e-9)
		fail_msg("%f instead of %f", got, expected);
	w.b = 1.5;
	assert_int_equal(xapian_c_enquire_set_bm25(f->e, &w, &err), XAPIAN_C_EARGUMENT);
	w.b = NAN;
	assert_int_equal(xapian_c_enquire_set_bm25(f->e, &w, &err), XAPIAN_C_EARGUMENT);
}

static void test_rankings(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_error err;

	for (int i = XAPIAN_C_RANK_NONE; i <= XAPIAN_C_RANK_DPH; i++) {
		xapian_ok(xapian_c_enquire_set_ranking(f->e, i, &err), &err);
		double one = weight_of(f, "data", 1), three = weight_of(f, "data", 2);
		assert_true(i == XAPIAN_C_RANK_NONE ? one == 0 : i == XAPIAN_C_RANK_COORDINATE ? one == 1 : one > 0);
		assert_true(i <= XAPIAN_C_RANK_COORDINATE ? one == three : one != three);
	}
	assert_int_equal(xapian_c_enquire_set_ranking(f->e, XAPIAN_C_RANK_DPH + 1, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_enquire_set_ranking(f->e, -1, &err), XAPIAN_C_EARGUMENT);
}

static void test_scale(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_query *q, *scaled;
	struct xapian_c_hit hit;
	struct xapian_c_error err;
	double plain = weight_of(f, "data", 1);

	q = term("data");
	xapian_ok(xapian_c_query_scale(q, 2.5, &scaled, &err), &err);
	xapian_c_query_free(q);
	struct xapian_c_mset *m = search(f, scaled, N_TEXTS);
	assert_true(xapian_c_mset_read(m, 0, &hit, 1, &err) == 1);
	assert_true(hit.weight > 2 * plain);
	xapian_c_mset_free(m);
	assert_true(plain > 0);
}

static void test_order(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_order order = { .by = XAPIAN_C_SORT_VALUE, .slot = 0, .is_reversed = true };
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_order(f->e, &order, &err), &err);
	assert_string_equal(ids(search(f, term("sharing"), 10)), "6 4 2 1 ");
	order = (struct xapian_c_order){ .by = XAPIAN_C_SORT_VALUE_RELEVANCE, .slot = 1 };
	xapian_ok(xapian_c_enquire_set_order(f->e, &order, &err), &err);
	assert_string_equal(ids(search(f, term("sharing"), 10)), "1 6 2 4 ");
	order = (struct xapian_c_order){ .ties = XAPIAN_C_TIES_LAST };
	xapian_ok(xapian_c_enquire_set_order(f->e, &order, &err), &err);
	xapian_ok(xapian_c_enquire_set_ranking(f->e, XAPIAN_C_RANK_NONE, &err), &err);
	assert_string_equal(ids(search(f, term("sharing"), 10)), "6 4 2 1 ");
	order.ties = 3;
	assert_int_equal(xapian_c_enquire_set_order(f->e, &order, &err), XAPIAN_C_EARGUMENT);
	order = (struct xapian_c_order){ .by = 4 };
	assert_int_equal(xapian_c_enquire_set_order(f->e, &order, &err), XAPIAN_C_EARGUMENT);
}

static void test_collapse_and_cutoff(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_match_counts c;
	struct xapian_c_bytes key;
	struct xapian_c_hit hits[N_TEXTS];
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_collapse(f->e, 1, 1, &err), &err);
	struct xapian_c_mset *m = search(f, term("sharing"), 10);
	assert_int_equal(xapian_c_mset_read(m, 0, hits, N_TEXTS, &err), 2);
	assert_int_equal(hits[0].collapsed + hits[1].collapsed, 2);
	xapian_ok(xapian_c_mset_collapse_key(m, 0, &key, &err), &err);
	assert_true(key.len == 3 || key.len == 4);
	xapian_ok(xapian_c_mset_count(m, &c, &err), &err);
	assert_int_equal(c.estimate, 2);
	assert_int_equal(c.all_estimate, 4);
	xapian_c_mset_free(m);
	xapian_ok(xapian_c_enquire_set_collapse(f->e, 1, 0, &err), &err);
	xapian_ok(xapian_c_enquire_set_cutoff(f->e, 100, 0, &err), &err);
	m = search(f, both(XAPIAN_C_OP_OR, "data", "sharing"), 10);
	assert_int_equal(xapian_c_mset_size(m), 1);
	xapian_c_mset_free(m);
	assert_int_equal(xapian_c_enquire_set_cutoff(f->e, 101, 0, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_enquire_set_cutoff(f->e, -1, 0, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_enquire_set_cutoff(f->e, 0, 1000, &err), &err);
	assert_string_equal(ids(search(f, term("sharing"), 10)), "");
	xapian_ok(xapian_c_enquire_set_time_limit(f->e, 0.5, &err), &err);
}

/* ---- match sets ------------------------------------------------------------------------ */

static void test_pages(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_query *q = term("sharing");
	struct xapian_c_hit all[4], hit;
	struct xapian_c_match_counts c;
	struct xapian_c_document *d;
	struct xapian_c_mset *m;
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_set_query(f->e, q, 0, &err), &err);
	xapian_c_query_free(q);
	xapian_ok(xapian_c_enquire_search(f->e, 0, 10, 10, &m, &err), &err);
	assert_int_equal(xapian_c_mset_read(m, 0, all, 4, &err), 4);
	assert_int_equal(xapian_c_mset_read(m, 4, all, 4, &err), 0);
	assert_int_equal(xapian_c_mset_read(m, UINT32_MAX, all, 4, &err), 0);
	xapian_ok(xapian_c_mset_count(m, &c, &err), &err);
	assert_int_equal(c.least, 4);
	assert_int_equal(c.estimate, 4);
	assert_int_equal(c.most, 4);
	assert_true(c.best_weight == all[0].weight && c.best_possible_weight >= c.best_weight);
	assert_int_equal(all[0].percent, 100);
	xapian_c_mset_free(m);
	for (uint32_t i = 0; i < 4; i++) {
		xapian_ok(xapian_c_enquire_search(f->e, i, 1, 0, &m, &err), &err);
		assert_int_equal(xapian_c_mset_read(m, 0, &hit, 1, &err), 1);
		assert_int_equal(hit.docid, all[i].docid);
		assert_int_equal(hit.rank, i);
		xapian_ok(xapian_c_mset_fetch(m, &err), &err); /* also a set that does not begin at 0 */
		xapian_ok(xapian_c_mset_document(m, 0, &d, &err), &err);
		assert_int_equal(xapian_c_document_id(d), hit.docid);
		xapian_c_document_free(d);
		xapian_c_mset_free(m);
	}
	xapian_c_mset_free(NULL);
}

static void test_hit(void **state)
{
	struct fixture *f = *state;
	struct xapian_c_mset *m = search(f, both(XAPIAN_C_OP_OR, "treaty", "data"), 10);
	struct xapian_c_order order = { .by = XAPIAN_C_SORT_VALUE, .slot = 1 };
	struct xapian_c_document *d;
	struct xapian_c_bytes text;
	struct xapian_c_terms *t;
	struct xapian_c_term word;
	struct xapian_c_hit hit;
	struct xapian_c_error err;
	uint32_t df = 0;
	double weight = 0;

	xapian_ok(xapian_c_mset_fetch(m, &err), &err);
	assert_int_equal(xapian_c_mset_read(m, 0, &hit, 1, &err), 1);
	xapian_ok(xapian_c_mset_document(m, 0, &d, &err), &err);
	xapian_ok(xapian_c_document_data(d, &text, &err), &err);
	assert_memory_equal(text.ptr, texts[hit.docid - 1], text.len);
	xapian_c_document_free(d);
	assert_int_equal(xapian_c_mset_document(m, 4, &d, &err), XAPIAN_C_EARGUMENT);
	assert_int_equal(xapian_c_mset_sort_key(m, 4, &text, &err), XAPIAN_C_EARGUMENT);
	xapian_ok(xapian_c_mset_term(m, xapian_c_str("data"), &df, &weight, &err), &err);
	assert_int_equal(df, 3);
	assert_int_equal(xapian_c_mset_term(m, (struct xapian_c_bytes){ "\0x", 2 }, &df, &weight, &err), XAPIAN_C_EARGUMENT);
	assert_memory_equal(err.msg, "?x", 2); /* a NUL in it does not end the message */
	assert_true(weight > 0);
	xapian_ok(xapian_c_terms_of_match(f->e, 3, &t, &err), &err);
	assert_int_equal(xapian_c_terms_read(t, &word, 1, &err), 1);
	assert_memory_equal(word.text.ptr, "treaty", 6);
	xapian_c_terms_free(t);
	xapian_c_mset_free(m);
	xapian_ok(xapian_c_enquire_set_order(f->e, &order, &err), &err);
	m = search(f, term("treaty"), 10);
	xapian_ok(xapian_c_mset_sort_key(m, 0, &text, &err), &err);
	assert_int_equal(text.len, 4);
	xapian_c_mset_free(m);
	m = search(f, term("nonesuch"), 10);
	xapian_ok(xapian_c_mset_fetch(m, &err), &err);
	xapian_c_mset_free(m);
}

/* ---- snippets ---------------------------------------------------------------------------- */

static const char *snippet(struct xapian_c_mset *m, const char *text, const struct xapian_c_snippet *how)
{
	static char out[400];
	struct xapian_c_bytes got;
	struct xapian_c_error err;

	xapian_ok(xapian_c_mset_snippet(m, xapian_c_str(text), how, &got, &err), &err);
	(void)snprintf(out, sizeof out, "%.*s", (int)got.len, got.ptr);
	return out;
}

static void test_snippets(void **state)
{
	struct xapian_c_snippet how = { .mark = "[", .unmark = "]", .omit = "~" }, bad = { .mark = "" };
	struct xapian_c_mset *m = search(*state, both(XAPIAN_C_OP_PHRASE, "biometric", "samples"), 10);
	struct xapian_c_bytes out;
	struct xapian_c_error err;

	assert_string_equal(snippet(m, texts[3], NULL),
		"sharing of <b>biometric samples</b> &lt;b&gt;and&lt;/b&gt; more");
	assert_string_equal(snippet(m, texts[3], &how), "sharing of [biometric samples] &lt;b&gt;and&lt;/b&gt; more");
	assert_string_equal(snippet(m, texts[0], &how), texts[0]);
	how.empty_without_match = true;
	assert_string_equal(snippet(m, texts[0], &how), "");
	how.weigh_by_rarity = how.first_good = how.cjk_ngram = true;
	how.length = 20;
	assert_non_null(strstr(snippet(m, texts[3], &how), "[biometric samples]"));
	assert_int_equal(xapian_c_mset_snippet(m, xapian_c_str("x"), &bad, &out, &err), XAPIAN_C_EARGUMENT);
	bad = (struct xapian_c_snippet){ .unmark = "" };
	assert_int_equal(xapian_c_mset_snippet(m, xapian_c_str("x"), &bad, &out, &err), XAPIAN_C_EARGUMENT);
	xapian_c_mset_free(m);
}

static void test_no_databases(void **state)
{
	struct xapian_c_database *db;
	struct xapian_c_enquire *e;
	struct xapian_c_error err;

	(void)state;
	xapian_ok(xapian_c_database_new(&db, &err), &err);
	assert_int_equal(xapian_c_enquire_new(db, &e, &err), XAPIAN_C_EARGUMENT);
	assert_null(e);
	xapian_c_database_free(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* For AddressSanitizer's runtime, where there is one: libxapian 1.4 loses the parts of damaged queries
 * and, when a search throws, the weights. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:Xapian::Query::Internal::unserialise\nleak:Xapian::BM25Weight::clone\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_operators),
		TEST(test_value_ranges),
		TEST(test_wildcards),
		TEST(test_query_parts),
		TEST(test_wrong_queries),
		TEST(test_bm25),
		TEST(test_rankings),
		TEST(test_scale),
		TEST(test_order),
		TEST(test_collapse_and_cutoff),
		TEST(test_pages),
		TEST(test_hit),
		TEST(test_snippets),
		cmocka_unit_test(test_no_databases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
