/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random queries over random documents find through xapian-c what a plain
 * reading of their meaning finds, in one database and in three added together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"

enum { DOCS = 96, MAX_LEN = 24, VOCABULARY = 8, QUERIES = 600, MAX_PARTS = 4, SHARDS = 3 };

/* Document d is words[d][0 .. len[d]), each 0 .. VOCABULARY - 1, at positions 1 ..;
 * its value 0 is the letter 'a' + value[d]. */
static struct {
	uint8_t words[DOCS][MAX_LEN], len[DOCS], value[DOCS];
} corpus;

typedef bool hits[DOCS];

static struct xapian_c_bytes word_text(unsigned w, char out[2])
{
	out[0] = (char)('a' + w / 4);
	out[1] = (char)('a' + w % 4);
	return (struct xapian_c_bytes){ out, 2 };
}

/* ---- writing ---------------------------------------------------------------- */

static void add_document(struct xapian_c_writer *w, unsigned d)
{
	struct xapian_c_document *doc;
	struct xapian_c_error err;
	char text[2], value = (char)('a' + corpus.value[d]);

	xapian_ok(xapian_c_document_new(&doc, &err), &err);
	for (uint32_t i = 0; i < corpus.len[d]; i++)
		xapian_ok(xapian_c_document_add_posting(doc, word_text(corpus.words[d][i], text), i + 1, 1, &err),
			&err);
	xapian_ok(xapian_c_document_set_value(doc, 0, (struct xapian_c_bytes){ &value, 1 }, &err), &err);
	xapian_ok(xapian_c_writer_add(w, doc, NULL, &err), &err);
	xapian_c_document_free(doc);
}

/* Documents first, first + step, .. */
static struct xapian_c_database *write_database(const struct tmpdir *dir, const char *name, unsigned first,
	unsigned step)
{
	struct xapian_c_writer *w;
	struct xapian_c_error err;
	char *path = tmpdir_path(dir, name);

	xapian_ok(xapian_c_writer_open(path, XAPIAN_C_WRITE_NO_SYNC, &w, &err), &err);
	for (unsigned d = first; d < DOCS; d += step)
		add_document(w, d);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_c_writer_free(w);
	struct xapian_c_database *db = xapian_db_open(path);
	free(path);
	return db;
}

/* ---- random queries, with what they mean ------------------------------------- */

static bool has_word(unsigned d, unsigned w)
{
	return corpus.len[d] != 0 && memchr(corpus.words[d], (int)w, corpus.len[d]) != NULL;
}

/* Whether positions of the n words, different ones, in order if asked, span less
 * than `window`. */
static bool has_close(unsigned d, const unsigned *w, unsigned n, unsigned window, bool in_order)
{
	unsigned at[MAX_PARTS] = { 0 };

	for (;;) {
		unsigned low = UINT32_MAX, high = 0;
		bool ok = true;
		for (unsigned i = 0; i < n; i++) {
			ok = ok && at[i] < corpus.len[d] && corpus.words[d][at[i]] == w[i];
			ok = ok && (!in_order || i == 0 || at[i - 1] < at[i]);
			for (unsigned k = 0; k < i; k++)
				ok = ok && at[k] != at[i];
			low = at[i] < low ? at[i] : low;
			high = at[i] > high ? at[i] : high;
		}
		if (ok && high - low < window)
			return true;
		unsigned i = 0;
		while (i < n && ++at[i] >= corpus.len[d])
			at[i++] = 0;
		if (i == n)
			return false;
	}
}

static struct xapian_c_query *make_word(struct rng *r, hits h)
{
	struct xapian_c_query *q;
	struct xapian_c_error err;
	unsigned w = (unsigned)rng_below(r, VOCABULARY);
	char text[2];

	for (unsigned d = 0; d < DOCS; d++)
		h[d] = has_word(d, w);
	xapian_ok(xapian_c_query_term(word_text(w, text), 1, 0, &q, &err), &err);
	return q;
}

static struct xapian_c_query *make_close(struct rng *r, hits h)
{
	unsigned w[MAX_PARTS], n = (unsigned)rng_between(r, 2, 3), window = n + (unsigned)rng_below(r, 4);
	bool in_order = rng_one_in(r, 2);
	struct xapian_c_combination how = { in_order ? XAPIAN_C_OP_PHRASE : XAPIAN_C_OP_NEAR, window };
	struct xapian_c_bytes terms[MAX_PARTS];
	char text[MAX_PARTS][2];
	struct xapian_c_query *q;
	struct xapian_c_error err;

	for (unsigned i = 0; i < n; i++) {
		w[i] = (unsigned)rng_below(r, VOCABULARY);
		for (unsigned k = 0; k < i; k++)
			if (w[k] == w[i])
				w[i] = (w[i] + 1) % VOCABULARY, k = UINT32_MAX;
		terms[i] = word_text(w[i], text[i]);
	}
	for (unsigned d = 0; d < DOCS; d++)
		h[d] = corpus.len[d] != 0 && has_close(d, w, n, window, in_order);
	xapian_ok(xapian_c_query_combine_terms(how, terms, n, &q, &err), &err);
	return q;
}

static struct xapian_c_query *make_range(struct rng *r, hits h)
{
	char low = (char)('a' + rng_below(r, 5)), high = (char)('a' + rng_below(r, 5));
	struct xapian_c_bytes lower = { &low, 1 }, upper = { &high, 1 };
	bool has_lower = !rng_one_in(r, 3), has_upper = !rng_one_in(r, 3);
	struct xapian_c_query *q;
	struct xapian_c_error err;

	for (unsigned d = 0; d < DOCS; d++)
		h[d] = (!has_lower || 'a' + corpus.value[d] >= low) && (!has_upper || 'a' + corpus.value[d] <= high);
	xapian_ok(xapian_c_query_value_range(0, has_lower ? &lower : NULL, has_upper ? &upper : NULL, &q, &err), &err);
	return q;
}

static struct xapian_c_query *make_wildcard(struct rng *r, hits h)
{
	struct xapian_c_wildcard how = { .combiner = rng_one_in(r, 2) ? XAPIAN_C_OP_OR : XAPIAN_C_OP_SYNONYM };
	struct xapian_c_query *q;
	struct xapian_c_error err;
	unsigned letter = (unsigned)rng_below(r, 3);
	char text[] = { (char)('a' + letter), '\0' };

	for (unsigned d = 0; d < DOCS; d++) {
		h[d] = false;
		for (unsigned w = 4 * letter; w < 4 * letter + 4 && w < VOCABULARY; w++)
			h[d] = h[d] || has_word(d, w);
	}
	xapian_ok(xapian_c_query_wildcard(xapian_c_str(text), &how, &q, &err), &err);
	return q;
}

/* What `op` makes of the hits of its parts, left to right. */
static void combine_hits(int op, hits into, const bool *part)
{
	for (unsigned d = 0; d < DOCS; d++) {
		switch (op) {
		case XAPIAN_C_OP_AND:
		case XAPIAN_C_OP_FILTER: into[d] = into[d] && part[d]; break;
		case XAPIAN_C_OP_AND_NOT: into[d] = into[d] && !part[d]; break;
		case XAPIAN_C_OP_XOR: into[d] = into[d] != part[d]; break;
		case XAPIAN_C_OP_AND_MAYBE: break;
		default: into[d] = into[d] || part[d]; break;
		}
	}
}

static struct xapian_c_query *make_query(struct rng *r, unsigned depth, hits h);

static struct xapian_c_query *make_combination(struct rng *r, unsigned depth, hits h)
{
	static const int ops[] = { XAPIAN_C_OP_AND, XAPIAN_C_OP_OR, XAPIAN_C_OP_AND_NOT, XAPIAN_C_OP_XOR,
		XAPIAN_C_OP_AND_MAYBE, XAPIAN_C_OP_FILTER, XAPIAN_C_OP_MAX };
	int op = ops[rng_below(r, sizeof ops / sizeof ops[0])];
	struct xapian_c_query *parts[MAX_PARTS], *q;
	struct xapian_c_error err;
	size_t n = rng_between(r, 1, MAX_PARTS);
	hits part;

	for (size_t i = 0; i < n; i++) {
		parts[i] = make_query(r, depth - 1, i == 0 ? h : part);
		if (i > 0)
			combine_hits(op, h, part);
	}
	struct xapian_c_combination how = { op, 0 };
	xapian_ok(xapian_c_query_combine(how, (const struct xapian_c_query *const *)parts, n, &q, &err), &err);
	for (size_t i = 0; i < n; i++)
		xapian_c_query_free(parts[i]);
	return q;
}

static struct xapian_c_query *make_query(struct rng *r, unsigned depth, hits h)
{
	struct xapian_c_query *q, *scaled;
	struct xapian_c_error err;

	switch (depth == 0 ? rng_below(r, 6) : rng_below(r, 12)) {
	case 0: return make_close(r, h);
	case 1: return make_range(r, h);
	case 2: return make_wildcard(r, h);
	case 3:
	case 4:
	case 5: return make_word(r, h);
	case 6:
		q = make_query(r, depth - 1, h);
		xapian_ok(xapian_c_query_scale(q, (double)rng_below(r, 3), &scaled, &err), &err);
		xapian_c_query_free(q);
		return scaled;
	default: return make_combination(r, depth, h);
	}
}

/* ---- comparing ----------------------------------------------------------------- */

static void compare(const struct xapian_c_database *db, struct xapian_c_query *q, const bool *expected)
{
	struct xapian_c_enquire *e;
	struct xapian_c_mset *m;
	struct xapian_c_hit hit[DOCS];
	struct xapian_c_error err;
	hits got = { false };
	char text[2000];

	xapian_ok(xapian_c_enquire_new(db, &e, &err), &err);
	xapian_ok(xapian_c_enquire_set_query(e, q, 0, &err), &err);
	xapian_ok(xapian_c_enquire_search(e, 0, DOCS, DOCS, &m, &err), &err);
	int n = xapian_c_mset_read(m, 0, hit, DOCS, &err);
	for (int i = 0; i < n; i++)
		got[hit[i].docid - 1] = true;
	(void)xapian_c_query_describe(q, text, sizeof text, NULL, NULL); /* "" where it is too long */
	for (unsigned d = 0; d < DOCS; d++)
		if (got[d] != expected[d])
			fail_msg("document %u %s: %s", d, got[d] ? "found" : "not found", text);
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
}

static void test_queries(void **state)
{
	struct rng r = rng_start("prop_xapian_query");
	struct xapian_c_database *one, *many, *shard[SHARDS];
	struct xapian_c_error err;
	struct tmpdir dir;

	(void)state;
	for (unsigned d = 0; d < DOCS; d++) {
		corpus.len[d] = (uint8_t)rng_below(&r, MAX_LEN + 1);
		corpus.value[d] = (uint8_t)rng_below(&r, 5);
		for (unsigned i = 0; i < corpus.len[d]; i++)
			corpus.words[d][i] = (uint8_t)rng_skewed(&r, VOCABULARY);
	}
	tmpdir_init(&dir);
	one = write_database(&dir, "one", 0, 1);
	xapian_ok(xapian_c_database_new(&many, &err), &err);
	for (unsigned i = 0; i < SHARDS; i++) {
		char name[] = { (char)('0' + i), '\0' };
		shard[i] = write_database(&dir, name, i, SHARDS);
		xapian_ok(xapian_c_database_add(many, shard[i], &err), &err);
		xapian_c_database_free(shard[i]);
	}
	for (int i = 0; i < QUERIES; i++) {
		hits expected;
		struct xapian_c_query *q = make_query(&r, 3, expected);
		compare(one, q, expected);
		compare(many, q, expected);
		xapian_c_query_free(q);
	}
	xapian_c_database_free(one);
	xapian_c_database_free(many);
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_queries) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
