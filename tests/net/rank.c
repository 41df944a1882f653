/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one local Xapian database of bqindex answers, asked by Xapian's own means
 * alone: the slow, obvious twin of bqd over shards.
 *
 *   rank DATABASE K1 B LIMIT < queries      a line each: ids, best first
 *
 * A query is words (all of them), words with OR between (any), or one phrase in
 * quotes; of small letters.  All matches are looked at: Xapian 1.4.22 now and then
 * skips one that would rank.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xapian-c.h>

enum { MAX_WORDS = 16, MAX_LINE = 4096, MAX_HITS = 1000 };

static struct xapian_c_error x;

static void must(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "rank: %s: %s\n", x.type, x.msg);
	exit(1);
}

/* Words as they are, or "Z" and their stems. */
static struct xapian_c_query *make_query(char *line, struct xapian_c_stemmer *stemmer)
{
	struct xapian_c_combination how = { XAPIAN_C_OP_AND, 0 };
	struct xapian_c_query *parts[MAX_WORDS], *whole;
	size_t n = 0;

	if (line[0] == '"')
		how.op = XAPIAN_C_OP_PHRASE;
	for (char *word = strtok(line, " \"\n"); word != NULL && n < MAX_WORDS; word = strtok(NULL, " \"\n")) {
		char term[256];
		if (strcmp(word, "OR") == 0) {
			how.op = XAPIAN_C_OP_OR;
			continue;
		}
		if (how.op == XAPIAN_C_OP_PHRASE) {
			(void)snprintf(term, sizeof term, "%s", word);
		} else {
			term[0] = 'Z';
			must(xapian_c_stemmer_stem(stemmer, word, strlen(word), term + 1, sizeof term - 1, NULL, &x));
		}
		must(xapian_c_query_term(xapian_c_str(term), 1, 0, &parts[n++], &x));
	}
	how.window = how.op == XAPIAN_C_OP_PHRASE ? (uint32_t)n : 0;
	must(xapian_c_query_combine(how, (const struct xapian_c_query *const *)parts, n, &whole, &x));
	while (n > 0)
		xapian_c_query_free(parts[--n]);
	return whole;
}

/* The `id=` line of the document's data. */
static void print_id(struct xapian_c_mset *m, uint32_t i)
{
	struct xapian_c_document *d;
	struct xapian_c_bytes data;

	must(xapian_c_mset_document(m, i, &d, &x));
	must(xapian_c_document_data(d, &data, &x));
	const char *end = data.len == 0 ? NULL : memchr(data.ptr, '\n', data.len);
	if (end != NULL && data.len > 3 && memcmp(data.ptr, "id=", 3) == 0)
		printf(" %.*s", (int)(end - data.ptr) - 3, data.ptr + 3);
	xapian_c_document_free(d);
}

static void answer(struct xapian_c_enquire *e, struct xapian_c_query *q, uint32_t limit)
{
	struct xapian_c_mset *m;

	must(xapian_c_enquire_set_query(e, q, 0, &x));
	must(xapian_c_enquire_search(e, 0, limit, INT32_MAX, &m, &x));
	for (uint32_t i = 0; i < xapian_c_mset_size(m); i++)
		print_id(m, i);
	putchar('\n');
	xapian_c_mset_free(m);
}

int main(int argc, char **argv)
{
	struct xapian_c_database *db;
	struct xapian_c_enquire *e;
	struct xapian_c_stemmer *stemmer;
	char line[MAX_LINE];

	if (argc != 5) {
		fputs("usage: rank DATABASE K1 B LIMIT < queries\n", stderr);
		return 2;
	}
	struct xapian_c_bm25 bm25 = { .k1 = strtof(argv[2], NULL), .b = strtof(argv[3], NULL) };
	must(xapian_c_database_open(argv[1], XAPIAN_C_BACKEND_AUTO, &db, &x));
	must(xapian_c_enquire_new(db, &e, &x));
	must(xapian_c_enquire_set_bm25(e, &bm25, &x));
	must(xapian_c_stemmer_new("en", &stemmer, &x));
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct xapian_c_query *q = make_query(line, stemmer);
		answer(e, q, (uint32_t)atoi(argv[4]));
		xapian_c_query_free(q);
	}
	xapian_c_stemmer_free(stemmer);
	xapian_c_enquire_free(e);
	xapian_c_database_free(db);
	return 0;
}
