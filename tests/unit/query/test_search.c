/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bq_query_search() and its kin promise, one promise a test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <bq/query.h>

#include "query/eval/bm25.h"

#include "lib/mem_index.h"

#define DOC(p, t) { .path = BQ_SPAN_INIT(p), .text = BQ_SPAN_INIT(t) }

static const struct mem_doc docs[] = {
	/* 0 */ DOC("a", "biometric data sharing between cities"),
	/* 1 */ DOC("b", "data about the city, shared openly"),
	/* 2 */ DOC("c", "a city without any"),
	/* 3 */ DOC("d", "sharing data, not data sharing"),
	/* 4 */ DOC("e", "to be or not to be"),
	/* 5 */ DOC("f", "東京都 and 東 and 京都"),
	/* 6 */ DOC("g", "data data data"),
	/* 7 */ { .path = BQ_SPAN_INIT("h"), .title = BQ_SPAN_INIT("Open Data"), .text = BQ_SPAN_INIT("nothing else") },
	/* 8 */ DOC("i", "one line of data\nanother of sharing\nand data sharing on one line\n"),
};
enum { N_DOCS = sizeof docs / sizeof docs[0] };

struct bench {
	struct bq_index *index;
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_query_opts opts;
	struct bq_query *q;
	struct bq_hits hits;
	struct bq_error err;
};

static int open_bench(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	struct mem_opts how = { .text.lang = "en", .leaf_docs = 4, .gen = 7 };

	assert_non_null(b);
	b->index = mem_index_new(docs, N_DOCS, &how);
	b->view = (struct bq_view){ &b->index, 1 };
	b->searcher = bq_searcher_new();
	bq_arena_init(&b->mem, 64 << 20);
	b->opts.limit = 10;
	*state = b;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *b = *state;

	bq_arena_release(&b->mem);
	bq_searcher_free(b->searcher);
	mem_index_free(b->index);
	free(b);
	return 0;
}

static int ask(struct bench *b, const char *query)
{
	memset(&b->err, 0, sizeof b->err);
	memset(&b->hits, 0, sizeof b->hits);
	int rc = bq_query_parse(b->searcher, &b->view, bq_span_of(query), &b->opts, &b->mem, &b->q, &b->err);
	return rc == BQ_OK ? bq_query_search(b->q, &b->hits, &b->err) : rc;
}

/* The hits as a string of paths, a bar between the tiers. */
static const char *paths(struct bench *b, const char *query)
{
	static char out[64];
	size_t n = 0;

	if (ask(b, query) != BQ_OK)
		fail_msg("%s: %s", query, b->err.msg);
	for (uint32_t i = 0; i < b->hits.n; i++) {
		const struct bq_hit *h = &b->hits.hits[i];
		if (i != 0 && b->hits.hits[i - 1].all && !h->all)
			out[n++] = '|';
		out[n++] = docs[h->leaf * 4 + h->doc].path.ptr[0];
	}
	out[n] = '\0';
	return out;
}

static struct bq_doc_head head_of(struct bench *b, const struct bq_hit *h)
{
	struct bq_doc_head head;
	struct bq_read rd = { .mem = &b->mem };

	assert_int_equal(bq_leaf_head(b->index->leaves[h->leaf], h->doc, &head, &rd), BQ_OK);
	return head;
}

/* ---- meaning ----------------------------------------------------------- */

static void tiers(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "data city"), "ab|cgdih");
	assert_int_equal(b->hits.total, 2);
	assert_true(b->hits.has_any);
	assert_int_equal(b->hits.any, 7);
	assert_true(b->hits.exact);

	b->opts.match = BQ_MATCH_ALL;
	assert_string_equal(paths(b, "data city"), "ab");
	assert_false(b->hits.has_any);

	b->opts.match = BQ_MATCH_ANY;
	(void)paths(b, "data city");
	assert_int_equal(b->hits.total, 7);

	b->opts = (struct bq_query_opts){ .limit = 2 };
	assert_string_equal(paths(b, "data city"), "ab");
	assert_false(b->hits.has_any);
}

static void words_match_stems_and_phrases_do_not(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "cities"), "cab");
	assert_string_equal(paths(b, "\"cities\""), "a");
	assert_string_equal(paths(b, "\"data sharing\""), "adi");
	assert_string_equal(paths(b, "\"data shared\""), "");
	assert_string_equal(paths(b, "\"sharing data\""), "d");
	assert_string_equal(paths(b, "\"to be or not to be\""), "e");
	assert_string_equal(paths(b, "title:data"), "h");
	assert_string_equal(paths(b, "title:\"open data\""), "h");
	assert_string_equal(paths(b, "\"data nothing\""), ""); /* never from title into text */
}

static void plus_and_minus(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "+sharing city"), "abdi");
	assert_string_equal(paths(b, "data -sharing"), "gh");
	assert_string_equal(paths(b, "data -\"data sharing\" -title:open"), "gb");
}

static void single_characters_are_prefixes(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "東"), "f");
	assert_string_equal(paths(b, "東京都"), "f");
	assert_string_equal(paths(b, "\"京東\""), "");
}

static void last_word_as_prefix(void **state)
{
	struct bench *b = *state;

	b->opts.partial = true;
	assert_string_equal(paths(b, "biom"), "a");
	assert_string_equal(paths(b, "\"data shar"), "adi");
	assert_string_equal(paths(b, "title:op"), "h");
	assert_string_equal(paths(b, "zzz"), "");
}

static void too_many_expansions_are_said(void **state)
{
	struct bench *b = *state;
	struct mem_opts how = { .text.lang = "none" };
	char *text = malloc(16 * 1200), *p = text;

	assert_non_null(text);
	for (int i = 0; i < 1200; i++)
		p += sprintf(p, "w%04d ", i);
	struct mem_doc big = { .path = BQ_SPAN("big"), .text = bq_span_make(text, (size_t)(p - text)) };
	struct bq_index *ix = mem_index_new(&big, 1, &how);
	struct bq_view view = b->view;
	b->view = (struct bq_view){ &ix, 1 };
	b->opts.partial = true;
	assert_int_equal(ask(b, "w"), BQ_OK);
	assert_int_equal(b->hits.n, 1);
	assert_int_equal(b->hits.n_warnings, 1);
	assert_non_null(strstr(b->hits.warnings[0], "1000"));
	b->view = view;
	mem_index_free(ix);
	free(text);
}

static void empty_queries_say_so(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "!!!"), "");
	assert_int_equal(b->hits.n_warnings, 1);
	assert_int_equal(b->hits.total, 0);
	assert_true(b->hits.exact);
}

static void phrase_without_a_hit_gets_a_hint(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "\"sharing city\""), "");
	assert_true(b->hits.has_hint);
	assert_int_equal(b->hits.hint_all, 2);
	assert_int_equal(b->hits.hint_any, 5);
	assert_int_equal(b->hits.hint_near, 0);
	assert_string_equal(paths(b, "\"data biometric\""), "");
	assert_int_equal(b->hits.hint_near, 1);
	(void)paths(b, "\"data sharing\"");
	assert_false(b->hits.has_hint);
	(void)paths(b, "zzz");
	assert_false(b->hits.has_hint);
	b->opts.partial = true; /* the last word is not whole */
	assert_string_equal(paths(b, "\"sharing cit"), "");
	assert_true(b->hits.has_hint);
	assert_int_equal(b->hits.hint_all, 2);
	assert_int_equal(b->hits.hint_any, 5);
	b->opts.partial = false;
	b->opts.total = BQ_TOTAL_NONE;
	(void)paths(b, "\"sharing city\"");
	assert_false(b->hits.has_hint);
	b->opts.total = BQ_TOTAL_EXACT;
	(void)paths(b, "\"sharing city\"");
	assert_true(b->hits.has_hint);
	b->opts.no_hint = true;
	(void)paths(b, "\"sharing city\"");
	assert_false(b->hits.has_hint);
	assert_int_equal(b->hits.total, 0);
	assert_true(b->hits.exact);
}

/* ---- order and pages --------------------------------------------------- */

static void hits_come_in_the_order_asked_for(void **state)
{
	struct bench *b = *state;

	assert_string_equal(paths(b, "between OR about OR not"), "abde");
	b->opts.sort = BQ_SORT_PATH;
	assert_string_equal(paths(b, "data"), "abdghi");
}

static void cursors_are_checked(void **state)
{
	struct bench *b = *state;
	char token[128];

	b->opts.limit = 1;
	assert_int_equal(ask(b, "data"), BQ_OK);
	assert_true(b->hits.next.len != 0 && b->hits.next.len < sizeof token);
	memcpy(token, b->hits.next.ptr, b->hits.next.len);
	b->opts.after = bq_span_make(token, b->hits.next.len);
	assert_int_equal(ask(b, "data"), BQ_OK);
	assert_int_equal(ask(b, "city"), BQ_EQUERY);
	b->index->gen++;
	assert_int_equal(ask(b, "data"), BQ_EGONE);
	b->index->gen--;
	for (size_t i = 0; i < b->opts.after.len; i++) {
		token[i] ^= 1;
		assert_int_equal(ask(b, "data"), BQ_EQUERY);
		token[i] ^= 1;
	}
	b->opts.after = BQ_SPAN("x");
	assert_int_equal(ask(b, "data"), BQ_EQUERY);
}

static void windows_have_limits(void **state)
{
	struct bench *b = *state;

	b->opts.limit = BQ_QUERY_MAX_LIMIT + 1;
	assert_int_equal(ask(b, "data"), BQ_ELIMIT);
	b->opts.limit = 1000;
	b->opts.offset = 9001;
	assert_int_equal(ask(b, "data"), BQ_ELIMIT);
	b->opts.offset = 9000;
	assert_int_equal(ask(b, "data"), BQ_OK);
	assert_int_equal(b->hits.n, 0);
	b->opts = (struct bq_query_opts){ .limit = 0 };
	assert_int_equal(ask(b, "data"), BQ_OK);
	assert_int_equal(b->hits.n, 0);
	assert_int_equal(b->hits.total, 6);
	assert_int_equal(b->hits.next.len, 0);
}

static void query_sizes_have_limits(void **state)
{
	struct bench *b = *state;
	static char text[BQ_QUERY_MAX_BYTES + 2];

	memset(text, ' ', sizeof text - 1);
	text[BQ_QUERY_MAX_BYTES] = '\0';
	for (size_t i = 0; i < 2 * BQ_QUERY_MAX_WORDS; i += 2)
		text[i] = 'x';
	assert_int_equal(ask(b, text), BQ_OK);
	text[2 * BQ_QUERY_MAX_WORDS] = 'x';
	assert_int_equal(ask(b, text), BQ_ELIMIT);
	assert_int_equal(b->err.at, 2 * BQ_QUERY_MAX_WORDS);
	memset(text, 'x', sizeof text - 1);
	assert_int_equal(ask(b, text), BQ_ELIMIT);
	assert_int_equal(b->err.at, BQ_QUERY_MAX_BYTES);
}

/* ---- what can go wrong ------------------------------------------------- */

static void time_and_cancelling(void **state)
{
	struct bench *b = *state;
	atomic_bool cancel = true;
	uint64_t n;

	b->opts.deadline_ns = 1;
	assert_int_equal(ask(b, "data"), BQ_EDEADLINE);
	assert_int_equal(bq_query_count(b->q, &n, &b->err), BQ_EDEADLINE);
	b->opts = (struct bq_query_opts){ .limit = 10, .cancel = &cancel };
	assert_int_equal(ask(b, "data"), BQ_ECANCELLED);
	atomic_store(&cancel, false);
	assert_int_equal(ask(b, "data"), BQ_OK);
}

static void damage_is_an_error_not_a_shorter_answer(void **state)
{
	struct bench *b = *state;
	struct mem_opts how = { .text.lang = "en", .block_docs = 1 };
	struct bq_index *ix = mem_index_new(docs, N_DOCS, &how);
	struct bq_view view = b->view;
	uint64_t n;

	b->view = (struct bq_view){ &ix, 1 };
	mem_index_damage(ix, "data");
	assert_int_equal(ask(b, "data"), BQ_EFORMAT);
	assert_string_equal(b->err.msg, "a block is damaged");
	assert_int_equal(bq_query_count(b->q, &n, &b->err), BQ_OK); /* the dictionary knows */
	assert_int_equal(ask(b, "data sharing"), BQ_EFORMAT);
	assert_int_equal(bq_query_count(b->q, &n, &b->err), BQ_EFORMAT);
	assert_int_equal(ask(b, "\"data sharing\""), BQ_EFORMAT);
	b->opts.match = BQ_MATCH_ANY;
	assert_int_equal(ask(b, "data sharing statement"), BQ_EFORMAT);
	assert_int_equal(bq_query_count(b->q, &n, &b->err), BQ_EFORMAT);
	assert_int_equal(ask(b, "+data sharing"), BQ_EFORMAT);
	assert_int_equal(ask(b, "biometric"), BQ_OK);
	b->view = view;
	mem_index_free(ix);
}

static void small_memory_is_an_error(void **state)
{
	struct bench *b = *state;
	int rc = BQ_ENOMEM;

	for (size_t cap = 0; rc != BQ_OK; cap += 16 * 1024) {
		bq_arena_release(&b->mem);
		bq_arena_init(&b->mem, cap);
		rc = ask(b, "data \"sharing data\" OR title:open");
		assert_true(rc == BQ_OK || rc == BQ_ENOMEM);
		assert_true(cap < 8 << 20);
	}
	assert_int_equal(b->hits.n, 6);
}

static void views_may_mix_languages(void **state)
{
	struct bench *b = *state;
	struct mem_opts how = { .text.lang = "none" };
	struct bq_index *two[] = { b->index, mem_index_new(docs, N_DOCS, &how) };
	struct bq_view view = b->view;

	b->view = (struct bq_view){ two, 2 };
	assert_int_equal(ask(b, "cities"), BQ_OK);
	assert_int_equal(b->hits.total, 4); /* by stem in one, as written in the other */
	b->view = (struct bq_view){ two, 0 };
	assert_int_equal(ask(b, "cities"), BQ_OK);
	assert_int_equal(b->hits.total, 0);
	b->view = view;
	mem_index_free(two[1]);
}

static void rounding_is_that_of_lrintf(void **state)
{
	uint32_t bits = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		float x;
		bits = bits * 1664525u + 1013904223u;
		x = (float)(bits >> (bits & 31)) * 0.5f; /* below 2^31, many halves */
		assert_int_equal(bm25_round(x), (uint32_t)lrintf(x));
	}
}

/* ---- places ------------------------------------------------------------ */

static void best_place_has_all_words_on_one_line(void **state)
{
	struct bench *b = *state;
	struct bq_places p;
	struct bq_snip s;

	assert_string_equal(paths(b, "+line data sharing"), "i");
	struct bq_doc_head head = head_of(b, &b->hits.hits[0]);
	assert_int_equal(bq_query_places(b->q, &b->hits.hits[0], &head, 10, &p, &b->err), BQ_OK);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.places[0].line, 3);
	assert_int_equal(p.places[0].col, 5);
	assert_int_equal(p.places[1].line, 1);
	assert_int_equal(p.places[2].line, 2);
	assert_int_equal(bq_query_snip(b->q, &b->hits.hits[0], &head, &p.places[0], 0, &s, &b->err), BQ_OK);
	assert_true(bq_span_eq(s.text, BQ_SPAN("and data sharing on one line")));
	assert_int_equal(s.tline, 3);
	assert_int_equal(s.n_marks, 3);
	assert_int_equal(s.marks[0].from, 4);
	assert_int_equal(s.marks[0].to, 8);
}

static void hit_in_the_title_only(void **state)
{
	struct bench *b = *state;
	struct bq_places p;

	assert_string_equal(paths(b, "\"open data\""), "h");
	struct bq_doc_head head = head_of(b, &b->hits.hits[0]);
	assert_int_equal(bq_query_places(b->q, &b->hits.hits[0], &head, 1, &p, &b->err), BQ_OK);
	assert_int_equal(p.n, 1);
	assert_true(p.places[0].in_title);
	assert_int_equal(p.places[0].line, 0);
	assert_int_equal(p.n_title_marks, 1);
	assert_int_equal(p.title_marks[0].from, 0);
	assert_int_equal(p.title_marks[0].to, 9);
}

static void only_what_matched_is_marked(void **state)
{
	struct bench *b = *state;
	struct bq_places p;
	struct bq_snip s;

	/* "sharing data" is in the document, its members elsewhere stay unmarked */
	assert_string_equal(paths(b, "\"sharing data\""), "d");
	struct bq_doc_head head = head_of(b, &b->hits.hits[0]);
	assert_int_equal(bq_query_places(b->q, &b->hits.hits[0], &head, 1, &p, &b->err), BQ_OK);
	assert_int_equal(bq_query_snip(b->q, &b->hits.hits[0], &head, &p.places[0], 1, &s, &b->err), BQ_OK);
	assert_int_equal(s.n_marks, 1);
	assert_int_equal(s.marks[0].from, 0);
	assert_int_equal(s.marks[0].to, 12);

	/* one character is one character, not its bigram */
	assert_string_equal(paths(b, "東"), "f");
	head = head_of(b, &b->hits.hits[0]);
	assert_int_equal(bq_query_places(b->q, &b->hits.hits[0], &head, 1, &p, &b->err), BQ_OK);
	assert_int_equal(p.places[0].len, 3);
}

static void without_stored_text_there_are_no_places(void **state)
{
	struct bench *b = *state;
	struct mem_opts how = { .text.lang = "en", .no_store = true, .leaf_docs = 4 };
	struct bq_index *ix = mem_index_new(docs, N_DOCS, &how), *was = b->index;
	struct bq_place place = { .line = 1, .col = 1, .len = 1 };
	struct bq_places p;
	struct bq_snip s;

	b->index = ix;
	assert_string_equal(paths(b, "biometric"), "a");
	struct bq_doc_head head = head_of(b, &b->hits.hits[0]);
	assert_int_equal(bq_query_places(b->q, &b->hits.hits[0], &head, 5, &p, &b->err), BQ_OK);
	assert_int_equal(p.n, 0);
	assert_int_equal(bq_query_snip(b->q, &b->hits.hits[0], &head, &place, 1, &s, &b->err), BQ_ENOTFOUND);
	b->index = was;
	mem_index_free(ix);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tiers),
		TEST(words_match_stems_and_phrases_do_not),
		TEST(plus_and_minus),
		TEST(single_characters_are_prefixes),
		TEST(last_word_as_prefix),
		TEST(too_many_expansions_are_said),
		TEST(empty_queries_say_so),
		TEST(phrase_without_a_hit_gets_a_hint),
		TEST(hits_come_in_the_order_asked_for),
		TEST(cursors_are_checked),
		TEST(windows_have_limits),
		TEST(query_sizes_have_limits),
		TEST(time_and_cancelling),
		TEST(damage_is_an_error_not_a_shorter_answer),
		TEST(small_memory_is_an_error),
		TEST(views_may_mix_languages),
		TEST(rounding_is_that_of_lrintf),
		TEST(best_place_has_all_words_on_one_line),
		TEST(hit_in_the_title_only),
		TEST(only_what_matched_is_marked),
		TEST(without_stored_text_there_are_no_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
