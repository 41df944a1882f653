/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Anything may stand in a query.  Random pieces of the language, and lists in
 * lists as deep as they may be: no crash, an
 * error names a byte of the query, and what a tree prints parses to the same
 * tree and finds the same documents.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/query.h>

#include "lib/mem_index.h"
#include "lib/rng.h"

enum { ROUNDS = 4000 };

static const char *const pieces[] = { "data", "city", "sharing", "the", " ", " ", " ", " ", "\"", "\"", "(", ")",
	"+", "-", " OR ", " AND ", " NOT ", "title:", "name:", "path:", "~", "*", "?", "^", "=", "1", "/", "NEAR",
	" NEAR/3 ", " ADJ/2 ", "\"~2", "\"* ", "101", "東", "京", "é", "\xff", "\xe6\x9d", ":", "'", "_", "\xc2\xa0",
	"\xe3\x80\x80", "½", "ﬁ", "\xcc\x81", "U.S.", "OR", "\t" };
enum { N_PIECES = sizeof pieces / sizeof pieces[0] };

#define DOC(t) { .path = BQ_SPAN_INIT("p"), .title = BQ_SPAN_INIT("data city"), .text = BQ_SPAN_INIT(t) }

static const struct mem_doc docs[] = { DOC("data sharing city é"), DOC("the city's 1 data"),
	DOC("東京 u s fi 1 2"), DOC("sharing sharing"), DOC("name path or and not") };
enum { N_DOCS = sizeof docs / sizeof docs[0] };

struct bench {
	struct rng rng;
	struct bq_index *index;
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_query_opts opts;
};

static void make_text(struct rng *r, struct bq_buf *out)
{
	bq_buf_clear(out);
	if (rng_one_in(r, 50)) { /* one piece, very often */
		const char *p = pieces[rng_below(r, N_PIECES)];
		for (uint64_t n = rng_below(r, 5000); n > 0; n--)
			bq_buf_put_span(out, bq_span_of(p));
		return;
	}
	for (uint64_t n = rng_below(r, 25); n > 0; n--) {
		const char *p = pieces[rng_one_in(r, 2) ? rng_below(r, 16) : rng_below(r, N_PIECES)];
		bq_buf_put_span(out, bq_span_of(p));
	}
}

/* A list of operands, nested at most `depth` deep. */
static void put_list(struct rng *r, uint32_t depth, struct bq_buf *out)
{
	static const char *const joints[] = { " ", " ", " AND ", " OR ", " +", " AND +", " OR +", " -" };
	uint64_t n = rng_between(r, 1, 3), deep = rng_below(r, n);

	for (uint64_t i = 0; i < n; i++) {
		if (i != 0)
			bq_buf_put_span(out, bq_span_of(joints[rng_below(r, 8)]));
		if (depth == 0 || (i != deep && !rng_one_in(r, 8))) {
			bq_buf_put_span(out, bq_span_of(pieces[rng_below(r, 4)]));
			continue;
		}
		bq_buf_put_u8(out, '(');
		put_list(r, depth - 1, out);
		bq_buf_put_u8(out, ')');
	}
}

/* Lists in lists, as deep as a query may nest. */
static void make_nested(struct rng *r, struct bq_buf *out)
{
	bq_buf_clear(out);
	put_list(r, (uint32_t)rng_between(r, 0, BQ_QUERY_MAX_NESTING), out);
}

/* Search `text`; NULL if it does not parse. */
static struct bq_query *find(struct bench *b, struct bq_span text, struct bq_hits *out)
{
	struct bq_error err = { 0 };
	struct bq_query *q;
	int rc = bq_query_parse(b->searcher, &b->view, text, &b->opts, &b->mem, &q, &err);

	if (rc == BQ_OK)
		rc = bq_query_search(q, out, &err);
	if (rc == BQ_OK)
		return q;
	if ((rc != BQ_EQUERY && rc != BQ_ELIMIT) || err.at > text.len || err.msg[0] == '\0')
		fail_msg("%.*s: error %d at %u: %s", (int)text.len, text.ptr, rc, (unsigned)err.at, err.msg);
	return NULL;
}

static void check_text(struct bench *b, struct bq_span text)
{
	struct bq_query_opts was = b->opts;
	struct bq_hits hits, again;
	struct bq_query *q = find(b, text, &hits), *p;

	if (q == NULL)
		return;
	struct bq_span tree = bq_query_format(q);
	b->opts.words_only = b->opts.partial = false;
	p = find(b, tree, &again);
	b->opts = was;
	if (p == NULL)
		fail_msg("%.*s: does not parse as %.*s", (int)text.len, text.ptr, (int)tree.len, tree.ptr);
	struct bq_span tree2 = bq_query_format(p);
	if (!bq_span_eq(tree, tree2))
		fail_msg("%.*s: %.*s reads back as %.*s", (int)text.len, text.ptr, (int)tree.len, tree.ptr,
			(int)tree2.len, tree2.ptr);
	assert_int_equal(hits.n, again.n);
	assert_int_equal(hits.total, again.total);
	for (uint32_t i = 0; i < hits.n; i++) {
		assert_int_equal(hits.hits[i].doc, again.hits[i].doc);
		assert_true(hits.hits[i].score == again.hits[i].score);
	}
}

static void any_text_is_a_query_or_an_error(void **state)
{
	struct bench b = { .rng = rng_start("prop_parse") };
	struct mem_opts how = { .text.lang = "en" };
	struct bq_buf text = BQ_BUF_INIT;

	(void)state;
	b.index = mem_index_new(docs, N_DOCS, &how);
	b.view = (struct bq_view){ &b.index, 1 };
	b.searcher = bq_searcher_new();
	bq_arena_init(&b.mem, 64 << 20);
	for (int i = 0; i < ROUNDS; i++) {
		b.opts = (struct bq_query_opts){ .limit = 10, .match = (enum bq_match)rng_below(&b.rng, 3),
			.keep_stopwords = rng_one_in(&b.rng, 2), .partial = rng_one_in(&b.rng, 4),
			.words_only = rng_one_in(&b.rng, 8) };
		if (rng_one_in(&b.rng, 4))
			make_nested(&b.rng, &text);
		else
			make_text(&b.rng, &text);
		check_text(&b, bq_buf_span(&text));
		bq_arena_reset(&b.mem);
	}
	bq_buf_release(&text);
	bq_arena_release(&b.mem);
	bq_searcher_free(b.searcher);
	mem_index_free(b.index);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(any_text_is_a_query_or_an_error) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
