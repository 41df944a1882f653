/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian's own matcher over our databases against our evaluator: the same
 * documents are found by words, AND, OR, NOT, must + should and phrases; and
 * what differs is what the table in indexer/xapian/engine/README.md says, row by
 * row: [X1] .. [X9].  A row that is no difference fails, and so does a difference that
 * is in no row: documents are the same, and weights are what the rows make of ours.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "lib/sides.h"
#include "lib/xapian_db.h"
#include "lib/xapian_index.h"

enum { MAX_DOCS = 120, VOCABULARY = 9, N_ROWS = 9 };

#define K1 0.9
#define B  0.4

static struct rng rng;

/* One database, asked both ways. */
struct oracle {
	struct mem_doc docs[MAX_DOCS];
	struct bq_buf text[MAX_DOCS];
	uint32_t n;
	struct xapian_index x;
	struct side ours;
	struct xapian_c_database *db;
};

/* By document: < 0 is not found. */
typedef double found[MAX_DOCS];

/* ---- documents ------------------------------------------------------------------ */

static void start(struct oracle *o, const char *lang)
{
	struct mem_opts opts = { .k1 = (float)K1, .b = (float)B };

	(void)snprintf(opts.text.lang, sizeof opts.text.lang, "%s", lang);
	for (uint32_t i = 0; i < o->n; i++) {
		o->docs[i].path = BQ_SPAN("a.txt");
		o->docs[i].mtime_us = 0;
		if (o->text[i].len != 0)
			o->docs[i].text = bq_buf_span(&o->text[i]);
	}
	xapian_index_init(&o->x, o->docs, o->n, &opts, 1);
	side_init(&o->ours, o->x.index);
	o->db = xapian_db_open(o->x.dir.path);
}

static void start_with(struct oracle *o, const char *lang, const char *const *texts, uint32_t n)
{
	memset(o, 0, sizeof *o);
	o->n = n;
	for (uint32_t i = 0; i < n; i++) {
		o->docs[i].text = bq_span_of(texts[i]);
		o->docs[i].id = o->docs[i].title = BQ_SPAN("");
	}
	start(o, lang);
}

static void start_random(struct oracle *o)
{
	memset(o, 0, sizeof *o);
	o->n = (uint32_t)rng_between(&rng, 5, MAX_DOCS);
	for (uint32_t i = 0; i < o->n; i++) {
		uint32_t words = (uint32_t)rng_between(&rng, 1, 12);
		o->docs[i].id = o->docs[i].title = BQ_SPAN("");
		for (uint32_t k = 0; k < words; k++)
			bq_buf_printf(&o->text[i], "w%c ", (char)('a' + rng_skewed(&rng, VOCABULARY - 1)));
	}
	start(o, "none");
}

static void end(struct oracle *o)
{
	xapian_c_database_free(o->db);
	side_release(&o->ours);
	xapian_index_release(&o->x);
	for (uint32_t i = 0; i < o->n; i++)
		bq_buf_release(&o->text[i]);
}

/* ---- asking ------------------------------------------------------------------------ */

static uint32_t ask_ours(struct oracle *o, const char *text, enum bq_match match, found f)
{
	struct bq_query_opts opts = { .match = match, .total = BQ_TOTAL_EXACT, .limit = MAX_DOCS };
	struct bq_buf query = BQ_BUF_INIT;

	bq_buf_printf(&query, "%s", text);
	side_ask(&o->ours, &query, &opts);
	bq_buf_release(&query);
	for (uint32_t i = 0; i < o->n; i++)
		f[i] = -1;
	for (uint32_t i = 0; i < o->ours.hits.n; i++)
		f[o->ours.hits.hits[i].doc] = o->ours.hits.hits[i].score;
	return o->ours.hits.n;
}

/* Takes `q`.  `min_length` is BM25's. */
static uint32_t ask_xapian(struct oracle *o, struct xapian_c_query *q, double min_length, found f)
{
	struct xapian_c_bm25 bm25 = { .k1 = K1, .k3 = 1, .b = B, .min_length = min_length };
	struct xapian_c_hit hits[MAX_DOCS];
	struct xapian_c_enquire *e;
	struct xapian_c_mset *m;
	struct xapian_c_error err;

	xapian_ok(xapian_c_enquire_new(o->db, &e, &err), &err);
	xapian_ok(xapian_c_enquire_set_query(e, q, 0, &err), &err);
	xapian_ok(xapian_c_enquire_set_bm25(e, &bm25, &err), &err);
	xapian_ok(xapian_c_enquire_search(e, 0, MAX_DOCS, MAX_DOCS, &m, &err), &err);
	int n = xapian_c_mset_read(m, 0, hits, MAX_DOCS, &err);
	assert_true(n >= 0);
	for (uint32_t i = 0; i < o->n; i++)
		f[i] = -1;
	for (int i = 0; i < n; i++)
		f[hits[i].docid - 1] = hits[i].weight;
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	return (uint32_t)n;
}

/* A query of words; "" ends them. */
static struct xapian_c_query *combine(int op, uint32_t window, const char *a, const char *b, const char *c)
{
	struct xapian_c_bytes terms[3] = { xapian_c_str(a), xapian_c_str(b), xapian_c_str(c) };
	struct xapian_c_combination how = { op, window };
	struct xapian_c_query *q;
	struct xapian_c_error err;

	xapian_ok(xapian_c_query_combine_terms(how, terms, *b == '\0' ? 1 : *c == '\0' ? 2 : 3, &q, &err), &err);
	return q;
}

/* ---- what a word weighs ----------------------------------------------------------------- */

static void assert_ratio(double a, double b, double want, const char *what)
{
	if (!(a > 0) || !(b > 0) || fabs(a / b - want) > 1e-4 * want)
		fail_msg("%s: %.9g is %.9g times %.9g, not %.9g times", what, a, a / b, b, want);
}

/* r of both idfs for a word in n of N documents. */
static double rarity(double docs, double n) { return (docs - n + 0.5) / (n + 0.5); }

static double rare_idf(double r) { return log(r); }
static double frequent_idf(double r) { return log(1 + r / 2); }

/* What we say a word of n of N documents weighs, times this, is what Xapian says: [X1] [X2] [X3]. */
static double to_theirs(double docs, double n)
{
	double r = rarity(docs, n);

	return (K1 + 1) * (r < 2 ? frequent_idf(r) : rare_idf(r)) / log(1 + r);
}

/* ---- what is the same ----------------------------------------------------------------- */

/* The forms that both engines have, of three different words. */
static const struct form {
	const char *ours; /* a printf format of them */
	enum bq_match match;
	int op;
	uint32_t n;
} forms[] = {
	{ "%s", BQ_MATCH_ALL, XAPIAN_C_OP_AND, 1 },
	{ "%s %s", BQ_MATCH_ALL, XAPIAN_C_OP_AND, 2 },
	{ "+%s +%s +%s", BQ_MATCH_ANY, XAPIAN_C_OP_AND, 3 },
	{ "%s AND %s", BQ_MATCH_ALL, XAPIAN_C_OP_AND, 2 },
	{ "%s OR %s", BQ_MATCH_ALL, XAPIAN_C_OP_OR, 2 },
	{ "%s %s %s", BQ_MATCH_ANY, XAPIAN_C_OP_OR, 3 },
	{ "%s -%s", BQ_MATCH_ALL, XAPIAN_C_OP_AND_NOT, 2 },
	{ "+%s -%s -%s", BQ_MATCH_ALL, XAPIAN_C_OP_AND_NOT, 3 },
	{ "+%s %s", BQ_MATCH_ANY, XAPIAN_C_OP_AND_MAYBE, 2 },
	{ "\"%s %s\"", BQ_MATCH_ALL, XAPIAN_C_OP_PHRASE, 2 },
	{ "\"%s %s %s\"", BQ_MATCH_ALL, XAPIAN_C_OP_PHRASE, 3 },
};

/* Xapian weighs each document by what the rows say, and nothing else: the sum of what we
 * say of each word, converted; of a phrase, too [X4].  `words` are those that score. */
static void check_weights(
	struct oracle *o, const char (*words)[4], uint32_t n_words, const found theirs, const char *text)
{
	double want[MAX_DOCS] = { 0 };
	found ours;

	for (uint32_t k = 0; k < n_words; k++) {
		uint32_t n = ask_ours(o, words[k], BQ_MATCH_ALL, ours);
		for (uint32_t i = 0; i < o->n; i++)
			want[i] += ours[i] < 0 ? 0 : ours[i] * to_theirs(o->n, n);
	}
	for (uint32_t i = 0; i < o->n; i++)
		if (theirs[i] >= 0)
			assert_ratio(theirs[i], want[i], 1, text);
}

static void check_form(struct oracle *o, const struct form *form)
{
	char w[3][4], text[100];
	found ours, theirs;
	uint32_t first = (uint32_t)rng_below(&rng, VOCABULARY), step = (uint32_t)rng_between(&rng, 1, 3);

	for (uint32_t i = 0; i < 3; i++)
		(void)snprintf(w[i], sizeof w[i], "w%c", (char)('a' + (first + i * step) % VOCABULARY));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	(void)snprintf(text, sizeof text, form->ours, w[0], w[1], w[2]);
#pragma GCC diagnostic pop
	(void)ask_ours(o, text, form->match, ours);
	(void)ask_xapian(o, combine(form->op, 0, w[0], form->n > 1 ? w[1] : "", form->n > 2 ? w[2] : ""), 0, theirs);
	for (uint32_t i = 0; i < o->n; i++)
		if ((ours[i] < 0) != (theirs[i] < 0))
			fail_msg("%s: document %u is found by %s only", text, i, ours[i] < 0 ? "Xapian" : "us");
	check_weights(o, (const char(*)[4])w, form->op == XAPIAN_C_OP_AND_NOT ? 1 : form->n, theirs, text);
}

static void test_same_but_for_the_table(void **state)
{
	static struct oracle o;

	(void)state;
	for (int round = 0; round < 12; round++) {
		start_random(&o);
		for (uint32_t i = 0; i < 15 * sizeof forms / sizeof forms[0]; i++)
			check_form(&o, &forms[i % (sizeof forms / sizeof forms[0])]);
		end(&o);
	}
}

/* Also where a word stands in a phrase twice. */
static void test_repeats(void **state)
{
	static const char *const texts[] = { "wa", "wa wa", "wa wb wa", "wa wa wa" };
	static struct oracle o;
	found ours, theirs;

	(void)state;
	start_with(&o, "none", texts, 4);
	assert_int_equal(ask_ours(&o, "\"wa wa\"", BQ_MATCH_ALL, ours), 2);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_PHRASE, 0, "wa", "wa", ""), 0, theirs), 2);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(ours[i] < 0, theirs[i] < 0);
	end(&o);
}

/* ---- what differs, row by row ------------------------------------------------------------ */

/* Words of one document each, so that lengths, which both round differently, are small. */
static void check_idf(uint32_t n_with, uint32_t n_all, double (*idf)(double r), const char *row)
{
	static struct oracle o;
	const char *texts[MAX_DOCS];
	found ours, theirs;

	for (uint32_t i = 0; i < n_all; i++)
		texts[i] = i < n_with ? "data wa wb" : "wa wb wc";
	start_with(&o, "none", texts, n_all);
	assert_int_equal(ask_ours(&o, "data", BQ_MATCH_ALL, ours), n_with);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_OR, 0, "data", "", ""), 0, theirs), n_with);
	double r = rarity(n_all, n_with), want = (K1 + 1) * idf(r) / log(1 + r);
	assert_ratio(theirs[0], ours[0], want, row);
	assert_true(fabs(idf(r) / log(1 + r) - 1) > 0.001);
	end(&o);
}

/* [X1] a factor (k1 + 1), [X2] idf of rare words, [X3] of frequent ones */
static void row_bm25(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		uint32_t n = (uint32_t)rng_between(&rng, 30, MAX_DOCS);
		check_idf((uint32_t)rng_between(&rng, 1, n / 4), n, rare_idf, "[X1] [X2]");
		check_idf((uint32_t)rng_between(&rng, n / 2, n - 1), n, frequent_idf, "[X1] [X3]");
	}
}

/* [X4] how often a phrase stands there */
static void row_phrase_frequency(void **state)
{
	static const char *const texts[] = { "wa wb wa wb", "wa wb wb wa", "wc" };
	static struct oracle o;
	found ours, theirs;

	(void)state;
	start_with(&o, "none", texts, 3);
	assert_int_equal(ask_ours(&o, "\"wa wb\"", BQ_MATCH_ALL, ours), 2);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_PHRASE, 0, "wa", "wb", ""), 0, theirs), 2);
	assert_true(ours[0] > ours[1] * 1.01);
	assert_true(theirs[0] == theirs[1]);
	end(&o);
}

/* [X5] what a document's length is */
static void row_length(void **state)
{
	static const char *const texts[] = { "shared data shared", "data" };
	static struct oracle o;
	struct xapian_c_error err;
	uint32_t length;

	(void)state;
	start_with(&o, "en", texts, 2);
	xapian_ok(xapian_c_database_document_length(o.db, 1, &length, &err), &err);
	assert_int_equal(o.x.index->leaves[0]->norms[0], bq_len_encode(3));
	assert_int_equal(length, 6);
	end(&o);
}

/* [X6] short documents */
static void row_short(void **state)
{
	static const char *const texts[] = { "data", "wa wb wc wd we wf wg wh wi wj wk wl data",
		"wa wb wc wd we wf wg wh wi wj", "wa wb wc wd we wf wg wh wi", "wa wb wc wd we wf wg wh wi" };
	static struct oracle o;
	found ours, all, bounded;

	(void)state;
	start_with(&o, "none", texts, 5);
	assert_int_equal(ask_ours(&o, "data", BQ_MATCH_ALL, ours), 2);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_OR, 0, "data", "", ""), 0, all), 2);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_OR, 0, "data", "", ""), 0.5, bounded), 2);
	assert_ratio(all[0] / all[1], ours[0] / ours[1], 1, "[X6] without a least length");
	assert_true(bounded[0] / bounded[1] < all[0] / all[1] * 0.99);
	end(&o);
}

/* [X7] sloppy phrases */
static void row_sloppy(void **state)
{
	static const char *const texts[] = { "wa wb", "wb wa", "wa wc wb", "wb wc wc wa" };
	static struct oracle o;
	found ours, theirs;

	(void)state;
	start_with(&o, "none", texts, 4);
	assert_int_equal(ask_ours(&o, "\"wa wb\"~2", BQ_MATCH_ALL, ours), 3);
	assert_true(ours[1] >= 0);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_PHRASE, 4, "wa", "wb", ""), 0, theirs), 2);
	assert_true(theirs[1] < 0);
	end(&o);
}

/* [X8] words and names that are too long for a term */
static void row_long(void **state)
{
	static char word[200], name[300];
	static const char *texts[2] = { word, "wb" };
	static struct oracle o;
	struct xapian_c_term_counts counts;
	struct xapian_c_error err;
	found ours, theirs;

	(void)state;
	memset(word, 'w', sizeof word - 1);
	start_with(&o, "none", texts, 2);
	assert_int_equal(ask_ours(&o, word, BQ_MATCH_ALL, ours), 1);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_OR, 0, word, "", ""), 0, theirs), 0);
	end(&o);
	memset(name, 'n', sizeof name - 1);
	name[0] = 'Q';
	memset(&o, 0, sizeof o);
	o.n = 2;
	o.docs[0] = (struct mem_doc){ .text = BQ_SPAN("wa"), .id = bq_span_of(name + 1), .title = BQ_SPAN("") };
	o.docs[1] = (struct mem_doc){ .text = BQ_SPAN("wa"), .id = BQ_SPAN("n2"), .title = BQ_SPAN("") };
	start(&o, "none");
	assert_int_equal(ask_ours(&o, "wa", BQ_MATCH_ALL, ours), 2);
	xapian_ok(xapian_c_database_count_term(o.db, xapian_c_str("Qn2"), &counts, &err), &err);
	assert_int_equal(counts.documents, 1);
	struct xapian_c_bytes cut = { name, 245 };
	xapian_ok(xapian_c_database_count_term(o.db, cut, &counts, &err), &err);
	assert_int_equal(counts.documents, 0);
	end(&o);
}

/* [X9] stop words */
static void row_stopwords(void **state)
{
	static const char *const texts[] = { "the data", "the", "data" };
	static struct oracle o;
	found ours, theirs;

	(void)state;
	start_with(&o, "en", texts, 3);
	assert_int_equal(ask_ours(&o, "the data", BQ_MATCH_ANY, ours), 2);
	assert_true(ours[1] < 0);
	assert_int_equal(ask_xapian(&o, combine(XAPIAN_C_OP_OR, 0, "the", "data", ""), 0, theirs), 3);
	end(&o);
}

/* The table has these rows and no others. */
static void test_table(void **state)
{
	const char *repository = getenv("BQ_SOURCE_DIR");
	char path[4096], line[4096];
	uint32_t seen = 0;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/indexer/xapian/engine/README.md", repository == NULL ? "." : repository);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		skip();
	while (fgets(line, sizeof line, f) != NULL) {
		uint32_t row;
		if (sscanf(line, "| X%u |", &row) != 1)
			continue;
		if (row != seen + 1)
			fail_msg("row X%u after X%u", row, seen);
		seen = row;
	}
	(void)fclose(f);
	assert_int_equal(seen, N_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_but_for_the_table),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(row_bm25),
		cmocka_unit_test(row_phrase_frequency),
		cmocka_unit_test(row_length),
		cmocka_unit_test(row_short),
		cmocka_unit_test(row_sloppy),
		cmocka_unit_test(row_long),
		cmocka_unit_test(row_stopwords),
		cmocka_unit_test(test_table),
	};

	rng = rng_start("prop_xapian_oracle");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
