/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tests/cases/query.test: query text -> the tree as text, or an error.  What a
 * tree prints must parse to a tree that prints the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <bq/query.h>

#include "lib/cases.h"
#include "lib/mem_index.h"

/* One case as read. */
struct expect {
	struct bq_span query;
	struct bq_query_opts opts;
	const char *lang;
	const char *tree;    /* NULL: an error is expected */
	const char *error;   /* part of its message */
	unsigned long at;
	int status;
	const char *warning; /* part of the only one, or NULL for none */
};

static void read_options(char *line, struct expect *e)
{
	for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
		if (strcmp(word, "words") == 0)
			e->opts.words_only = true;
		else if (strcmp(word, "partial") == 0)
			e->opts.partial = true;
		else if (strcmp(word, "keep") == 0)
			e->opts.keep_stopwords = true;
		else if (strcmp(word, "all") == 0)
			e->opts.match = BQ_MATCH_ALL;
		else if (strcmp(word, "any") == 0)
			e->opts.match = BQ_MATCH_ANY;
		else if (strcmp(word, "none") == 0)
			e->lang = "none";
		else
			fail_msg("unknown option %s", word);
	}
}

static void read_line(char *line, unsigned number, struct expect *e)
{
	char *rest;

	if ((rest = cases_after(line, "query")) != NULL) {
		size_t n = cases_unescape(rest);
		e->query = bq_span_make(rest, n);
	} else if ((rest = cases_after(line, "tree")) != NULL) {
		cases_unescape(rest);
		e->tree = rest;
	} else if ((rest = cases_after(line, "options")) != NULL) {
		read_options(rest, e);
	} else if ((rest = cases_after(line, "warning")) != NULL) {
		e->warning = rest;
	} else if ((rest = cases_after(line, "error")) != NULL || (rest = cases_after(line, "limit")) != NULL) {
		e->status = line[0] == 'e' ? BQ_EQUERY : BQ_ELIMIT;
		e->at = strtoul(rest, &rest, 10);
		e->error = rest + (*rest == ' ');
	} else {
		fail_msg("line %u: what is this?", number);
	}
}

static void check_warning(struct bq_query *q, const struct expect *e, unsigned number)
{
	struct bq_error err;
	struct bq_hits hits;

	assert_int_equal(bq_query_search(q, &hits, &err), BQ_OK);
	if (e->warning == NULL && hits.n_warnings != 0)
		fail_msg("line %u: warning \"%s\"", number, hits.warnings[0]);
	if (e->warning == NULL)
		return;
	if (hits.n_warnings != 1 || strstr(hits.warnings[0], e->warning) == NULL)
		fail_msg("line %u: not the warning \"%s\" but %u, \"%s\"", number, e->warning, hits.n_warnings,
			hits.n_warnings == 0 ? "" : hits.warnings[0]);
}

/* Where queries are parsed. */
struct bench {
	struct bq_searcher *searcher;
	struct bq_view view;
	struct bq_arena mem;
	struct bq_query *q;
	struct bq_error err;
};

/* The tree of `text` as text, or NULL with b->err set. */
static const char *parse(struct bench *b, struct bq_span text, const struct bq_query_opts *opts)
{
	if (bq_query_parse(b->searcher, &b->view, text, opts, &b->mem, &b->q, &b->err) != BQ_OK)
		return NULL;
	return bq_arena_dup(&b->mem, bq_query_format(b->q)).ptr;
}

static void check_tree(struct bench *b, const struct expect *e, const char *tree, unsigned number)
{
	struct bq_query_opts again_opts = e->opts;

	if (strcmp(tree, e->tree) != 0)
		fail_msg("line %u: tree %s", number, tree);
	check_warning(b->q, e, number);
	again_opts.words_only = again_opts.partial = false;
	const char *again = parse(b, bq_span_of(tree), &again_opts);
	if (again == NULL || strcmp(again, tree) != 0)
		fail_msg("line %u: %s reads back as %s", number, tree, again == NULL ? b->err.msg : again);
}

static void check_case(const struct expect *e, unsigned number)
{
	struct bench b = { .searcher = bq_searcher_new() };
	struct mem_opts opts = { 0 };

	memcpy(opts.text.lang, e->lang, strlen(e->lang) + 1);
	struct bq_index *ix = mem_index_new(NULL, 0, &opts);
	b.view = (struct bq_view){ &ix, 1 };
	bq_arena_init(&b.mem, 64 << 20);

	const char *tree = parse(&b, e->query, &e->opts);
	if (tree == NULL && e->tree != NULL)
		fail_msg("line %u: error at %u: %s", number, (unsigned)b.err.at, b.err.msg);
	if (tree != NULL && e->tree == NULL)
		fail_msg("line %u: no error but %s", number, tree);
	if (tree != NULL)
		check_tree(&b, e, tree, number);
	else if (b.err.status != e->status || b.err.at != e->at || strstr(b.err.msg, e->error) == NULL)
		fail_msg("line %u: error %d at %u: %s", number, b.err.status, (unsigned)b.err.at, b.err.msg);
	bq_arena_release(&b.mem);
	bq_searcher_free(b.searcher);
	mem_index_free(ix);
}

static void run_cases(void **state)
{
	struct cases c;
	struct cases_group g;
	size_t n = 0;

	(void)state;
	cases_init(&c, "query.test");
	while (cases_next(&c, &g)) {
		struct expect e = { .lang = "en", .opts.limit = 10 };
		for (size_t i = 0; i < g.n; i++)
			read_line(g.lines[i], g.numbers[i], &e);
		check_case(&e, g.numbers[0]);
		n++;
	}
	cases_release(&c);
	assert_true(n >= 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(run_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
