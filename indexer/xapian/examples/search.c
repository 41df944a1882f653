/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Search such databases: search DATABASE.. -- QUERY
 *
 * A DATABASE is a directory or HOST:PORT of a xapian-tcpsrv; several are
 * searched as one.  The query is what people type: words, "a phrase", AND, OR,
 * -word, word*.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xapian-c.h>

static struct xapian_c_error err;

static void check(int rc)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "search: %s: %s\n", err.type, err.msg);
	exit(1);
}

static void add_database(struct xapian_c_database *all, const char *name)
{
	const struct xapian_c_timeouts t = { .connect = 2000, .operation = 5000 };
	const char *colon = strrchr(name, ':');
	struct xapian_c_database *db;
	char host[256];

	if (colon == NULL || strchr(name, '/') != NULL) {
		check(xapian_c_database_open(name, XAPIAN_C_BACKEND_AUTO, &db, &err));
	} else {
		(void)snprintf(host, sizeof host, "%.*s", (int)(colon - name), name);
		check(xapian_c_database_open_tcp(host, (uint16_t)atoi(colon + 1), &t, &db, &err));
	}
	check(xapian_c_database_add(all, db, &err));
	xapian_c_database_free(db);
}

static struct xapian_c_query *parse(struct xapian_c_database *db, const struct xapian_c_stemmer *s, const char *text)
{
	const unsigned flags = XAPIAN_C_SYNTAX_DEFAULT | XAPIAN_C_SYNTAX_WILDCARD;
	struct xapian_c_parser *p;
	struct xapian_c_query *q;

	check(xapian_c_parser_new(&p, &err));
	check(xapian_c_parser_set_stemmer(p, s, XAPIAN_C_STEM_SOME, &err));
	check(xapian_c_parser_set_default_op(p, XAPIAN_C_OP_AND, &err));
	check(xapian_c_parser_set_database(p, db, &err));
	check(xapian_c_parser_parse(p, xapian_c_str(text), flags, &q, &err));
	xapian_c_parser_free(p);
	return q;
}

static void print_hits(struct xapian_c_mset *m, const struct xapian_c_stemmer *s)
{
	const struct xapian_c_snippet how = { .length = 100, .stemmer = s, .mark = "[", .unmark = "]" };
	struct xapian_c_hit hits[10];
	int n = xapian_c_mset_read(m, 0, hits, 10, &err);

	check(n);
	check(xapian_c_mset_fetch(m, &err));
	for (int i = 0; i < n; i++) {
		struct xapian_c_document *d;
		struct xapian_c_bytes text, value;
		check(xapian_c_mset_document(m, (uint32_t)i, &d, &err));
		check(xapian_c_document_value(d, 0, &value, &err));
		double line = xapian_c_number_read(value);
		check(xapian_c_document_data(d, &text, &err));
		check(xapian_c_mset_snippet(m, text, &how, &text, &err));
		(void)printf("%.0f: %.3f %.*s\n", line, hits[i].weight, (int)text.len, text.ptr);
		xapian_c_document_free(d);
	}
}

int main(int argc, char **argv)
{
	const struct xapian_c_bm25 bm25 = { .k1 = 1.2, .k3 = 1, .b = 0.75 };
	struct xapian_c_match_counts c;
	struct xapian_c_database *db;
	struct xapian_c_stemmer *s;
	struct xapian_c_enquire *e;
	struct xapian_c_query *q;
	struct xapian_c_mset *m;

	if (argc < 4 || strcmp(argv[argc - 2], "--") != 0) {
		(void)fprintf(stderr, "usage: search DATABASE.. -- QUERY\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* remote databases write to sockets */
	check(xapian_c_database_new(&db, &err));
	for (int i = 1; i < argc - 2; i++)
		add_database(db, argv[i]);
	check(xapian_c_stemmer_new("english", &s, &err));
	q = parse(db, s, argv[argc - 1]);
	check(xapian_c_enquire_new(db, &e, &err));
	check(xapian_c_enquire_set_bm25(e, &bm25, &err));
	check(xapian_c_enquire_set_query(e, q, 0, &err));
	check(xapian_c_enquire_search(e, 0, 10, 1000, &m, &err));
	print_hits(m, s);
	check(xapian_c_mset_count(m, &c, &err));
	(void)printf("%s%u matches\n", c.least == c.most ? "" : "about ", c.estimate);
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	xapian_c_stemmer_free(s);
	xapian_c_database_free(db);
	return 0;
}
