/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SQLite's FTS5 beside bq: a table without content, words split at blanks by a
 * tokenizer of our own, optimized to one segment.  Its bm25() has fixed
 * constants, and its language no optional words.
 *
 *   peer_fts5 index FILE < WORDS
 *   peer_fts5 run FILE RUNS < QUERIES
 */
#include <sqlite3.h>

#include "query.h"

/* ---- words between blanks ---------------------------------------------- */

static int create_blanks(void *context, const char **args, int n, Fts5Tokenizer **out)
{
	(void)args;
	(void)n;
	*out = (Fts5Tokenizer *)context; /* it has no state: any pointer does */
	return SQLITE_OK;
}

static void free_blanks(Fts5Tokenizer *t) { (void)t; }

static int split_blanks(Fts5Tokenizer *t, void *context, int flags, const char *text, int len,
	int (*token)(void *, int, const char *, int, int, int))
{
	int rc = SQLITE_OK;

	(void)t;
	(void)flags;
	for (int from = 0, to; from < len && rc == SQLITE_OK; from = to + 1) {
		const char *blank = memchr(text + from, ' ', (size_t)(len - from));
		to = blank == NULL ? len : (int)(blank - text);
		if (to > from)
			rc = token(context, 0, text + from, to - from, from, to);
	}
	return rc;
}

/* ---- the database ------------------------------------------------------ */

static void check(sqlite3 *db, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return;
	(void)fprintf(stderr, "peer_fts5: %s\n", sqlite3_errmsg(db));
	exit(2);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;

	check(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL));
	return s;
}

static void run(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, NULL, NULL, NULL)); }

static sqlite3 *open_database(const char *path)
{
	static fts5_tokenizer blanks = { create_blanks, free_blanks, split_blanks };
	fts5_api *api = NULL;
	sqlite3 *db;

	check(NULL, sqlite3_open(path, &db));
	sqlite3_stmt *s = prepare(db, "SELECT fts5(?1)");
	check(db, sqlite3_bind_pointer(s, 1, &api, "fts5_api_ptr", NULL));
	check(db, sqlite3_step(s));
	check(db, sqlite3_finalize(s));
	if (api == NULL)
		query_fail("peer_fts5: this SQLite has no FTS5");
	check(db, api->xCreateTokenizer(api, "blanks", &blanks, &blanks, NULL));
	run(db, "PRAGMA cache_size = -524288; PRAGMA mmap_size = 4294967296");
	return db;
}

static void index_words(sqlite3 *db)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize='blanks'); BEGIN");
	sqlite3_stmt *insert = prepare(db, "INSERT INTO t(rowid, text) VALUES (?1, ?2)");
	for (sqlite3_int64 id = 1; (len = getline(&line, &room, stdin)) > 0; id++) {
		check(db, sqlite3_bind_int64(insert, 1, id));
		check(db, sqlite3_bind_text(insert, 2, line, (int)(len - (line[len - 1] == '\n')), SQLITE_STATIC));
		check(db, sqlite3_step(insert));
		check(db, sqlite3_reset(insert));
	}
	check(db, sqlite3_finalize(insert));
	free(line);
	run(db, "INSERT INTO t(t) VALUES ('optimize'); COMMIT; VACUUM");
}

/* ---- queries ----------------------------------------------------------- */

struct engine {
	sqlite3 *db;
	sqlite3_stmt *top, *count;
};

/* Append the operands with `sign`, `joint` between them; how many there are. */
static unsigned put_atoms(char *out, size_t size, const struct query *q, char sign, const char *joint)
{
	unsigned n = 0;

	for (unsigned i = 0; i < q->n_atoms; i++) {
		const struct query_atom *a = &q->atoms[i];
		if (a->sign != sign)
			continue;
		size_t at = strlen(out);
		at += (size_t)snprintf(out + at, size - at, "%s", n++ == 0 ? "" : joint);
		for (unsigned w = 0; w < a->n_words; w++)
			at += (size_t)snprintf(out + at, size - at, "%s%s", w == 0 ? "\"" : " ", a->words[w]);
		(void)snprintf(out + at, size - at, "\"");
	}
	return n;
}

/* 0: FTS5 cannot say that. */
static int make_match(char *out, size_t size, const struct query *q)
{
	char part[8192] = "";

	out[0] = '\0';
	unsigned must = put_atoms(out, size, q, '+', " AND ");
	unsigned should = put_atoms(part, sizeof part, q, 0, " OR ");
	if (must > 0 && should > 0)
		return 0;
	(void)snprintf(out + strlen(out), size - strlen(out), "%s", part);
	part[0] = '\0';
	if (put_atoms(part, sizeof part, q, '-', " OR ") > 0) {
		char whole[8192];
		(void)snprintf(whole, sizeof whole, "(%.4000s) NOT (%.4000s)", out, part);
		(void)snprintf(out, size, "%s", whole);
	}
	return 1;
}

static long ask(void *arg, const struct query *q, int wants_count)
{
	struct engine *e = arg;
	sqlite3_stmt *s = wants_count ? e->count : e->top;
	char match[8192];
	long n = 0;
	int rc;

	if (!make_match(match, sizeof match, q))
		return -1;
	check(e->db, sqlite3_bind_text(s, 1, match, -1, SQLITE_STATIC));
	for (; (rc = sqlite3_step(s)) == SQLITE_ROW; n++)
		if (wants_count)
			n = (long)sqlite3_column_int64(s, 0) - 1;
	check(e->db, rc);
	check(e->db, sqlite3_reset(s));
	return n;
}

int main(int argc, char **argv)
{
	struct engine e;

	if (argc == 3 && strcmp(argv[1], "index") == 0) {
		index_words(open_database(argv[2]));
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "run") == 0) {
		e.db = open_database(argv[2]);
		e.top = prepare(e.db, "SELECT rowid FROM t WHERE t MATCH ?1 ORDER BY rank LIMIT 10");
		e.count = prepare(e.db, "SELECT count(*) FROM t WHERE t MATCH ?1");
		query_time_all(stdin, (unsigned)atoi(argv[3]), ask, &e);
		return 0;
	}
	(void)fprintf(stderr, "usage: peer_fts5 index FILE < WORDS | run FILE RUNS < QUERIES\n");
	return 2;
}
