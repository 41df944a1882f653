/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A steady query takes no memory: once every form of query has been asked, all
 * are asked again while each allocation fails.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/query.h>

#include "lib/docgen.h"
#include "lib/fault.h"
#include "lib/native_index.h"

enum { N_DOCS = 9000, VOCABULARY = 60, WARM_UPS = 3, ROUNDS = 1000 };

/* A digit stands for one of the words. */
static const char *const queries[] = { "1", "1 2", "+1 +2", "+1 2 3", "+1 -2", "1 2 3 4", "\"1 2\"", "+\"1 2\" +3",
	"title:1", "(1 2) OR 3", "\"1 2\"~3", "1 NEAR/4 2", "\"1 2\" 3", "+1 +2 +3 -4 5", "\"1 2 3\" -4",
	"1 2 3 4 5 6 7 8 9" };
enum { N_QUERIES = sizeof queries / sizeof queries[0] };

static struct mem_doc docs[N_DOCS];
static struct bq_buf texts[N_DOCS];
static char words[9][64];

static void make_docs(struct rng *r)
{
	struct bq_buf word = BQ_BUF_INIT;

	for (uint32_t i = 0; i < N_DOCS; i++) {
		docgen_text(r, 9, VOCABULARY, &texts[i]);
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("x"), .title = BQ_SPAN("data sharing"),
			.text = bq_buf_span(&texts[i]), .is_dead = i % 50 == 7 };
	}
	for (int i = 0; i < 9; i++) {
		bq_buf_clear(&word);
		docgen_query(r, 1, VOCABULARY, &word);
		(void)snprintf(words[i], sizeof words[i], "%.*s", (int)word.len, (const char *)word.ptr);
	}
	bq_buf_release(&word);
}

struct asker {
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
};

static void ask(struct asker *a, const char *form, const struct bq_query_opts *opts)
{
	char text[400] = "";
	struct bq_error err;
	struct bq_query *q;
	struct bq_hits hits;
	uint64_t n;

	for (size_t n_text = 0; *form != '\0'; form++, n_text = strlen(text)) {
		if (*form >= '1' && *form <= '9')
			(void)snprintf(text + n_text, sizeof text - n_text, "%s", words[*form - '1']);
		else
			(void)snprintf(text + n_text, sizeof text - n_text, "%c", *form);
	}
	bq_arena_reset(&a->mem);
	if (bq_query_parse(a->searcher, &a->view, bq_span_of(text), opts, &a->mem, &q, &err) != BQ_OK ||
		bq_query_search(q, &hits, &err) != BQ_OK || bq_query_count(q, &n, &err) != BQ_OK)
		fail_msg("%s: %s", text, err.msg);
}

/* Under all rules of matching and of counting. */
static void ask_every_way(struct asker *a, const char *form)
{
	struct bq_query_opts opts = { 0 };

	for (int total = BQ_TOTAL_AUTO; total <= BQ_TOTAL_NONE; total++) {
		for (int match = BQ_MATCH_AUTO; match <= BQ_MATCH_ANY; match++) {
			opts.match = (enum bq_match)match;
			opts.total = (enum bq_total)total;
			opts.limit = match == BQ_MATCH_ANY ? 300 : 10;
			ask(a, form, &opts);
		}
	}
}

static void ask_all(struct asker *a)
{
	for (uint32_t i = 0; i < N_QUERIES; i++)
		ask_every_way(a, queries[i]);
}

static void steady_queries_take_no_memory(void **state)
{
	struct mem_opts opts = { .text.lang = "en", .k1 = 0.9f, .b = 0.4f };
	struct native_index native;
	struct rng r = rng_make(5);

	(void)state;
	make_docs(&r);
	native_index_init(&native, docs, N_DOCS, &opts, false);
	struct asker a = { .view = { &native.index, 1 }, .searcher = bq_searcher_new() };
	bq_arena_init(&a.mem, 64 << 20);
	for (int i = 0; i < WARM_UPS; i++)
		ask_all(&a);
	fault_arm(FAULT_MEMORY, 1, ENOMEM, true);
	for (int i = 0; i < ROUNDS / (int)N_QUERIES / 12; i++)
		ask_all(&a);
	assert_false(fault_disarm());
	bq_arena_release(&a.mem);
	bq_searcher_free(a.searcher);
	native_index_release(&native);
	for (uint32_t i = 0; i < N_DOCS; i++)
		bq_buf_release(&texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_queries_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
