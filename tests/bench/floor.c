/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench floor: what the kernels cost here, and what each class of queries
 * would cost if it cost nothing else, for two words of the index: one that
 * about a tenth of the documents hold, and one in a hundredth.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/args.h"
#include "bench/ask.h"
#include "bench/verb.h"

struct pair {
	struct bq_span common, rare; /* with a NUL behind them */
	uint32_t common_df, rare_df;
};

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

/* The words whose lists are nearest to the wanted lengths, in one leaf. */
static bool find_pair(const struct bq_index *ix, struct bq_arena *mem, struct pair *out)
{
	const struct bq_leaf *leaf = ix->n_leaves == 0 ? NULL : ix->leaves[0];
	struct bq_read read = { .mem = mem };
	uint32_t tenth = leaf == NULL ? 0 : leaf->n_docs / 10, hundredth = tenth / 10;
	struct bq_terms it;

	if (leaf == NULL)
		return false;
	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN(""), &read);
	*out = (struct pair){ 0 };
	while (bq_terms_next(&it)) {
		uint32_t df = it.term.df;
		if (out->common.len == 0 || distance(df, tenth) < distance(out->common_df, tenth)) {
			out->common = bq_arena_dup(mem, it.word);
			out->common_df = df;
		} else if (out->rare.len == 0 || distance(df, hundredth) < distance(out->rare_df, hundredth)) {
			out->rare = bq_arena_dup(mem, it.word);
			out->rare_df = df;
		}
	}
	return read.error.status == BQ_OK && out->rare.len != 0;
}

/* The pair in one class's form. */
static const char *write_query(enum bench_class class, const struct pair *p, struct bq_arena *mem)
{
	const char *a = p->common.ptr, *b = p->rare.ptr;

	switch (class) {
	case BENCH_WORD:
		return a;
	case BENCH_AND:
		return bq_arena_printf(mem, "+%s +%s", a, b);
	case BENCH_OR:
		return bq_arena_printf(mem, "%s %s", a, b);
	case BENCH_PHRASE:
		return bq_arena_printf(mem, "\"%s %s\"", a, b);
	case BENCH_NEGATION:
		return bq_arena_printf(mem, "+%s -%s", a, b);
	case BENCH_MUST_SHOULD:
		return bq_arena_printf(mem, "+%s %s", a, b);
	default:
		return bq_arena_printf(mem, "+\"%s %s\" +%s", a, b, b);
	}
}

/* The floor of one command for the pair in one class's form. */
static int put_floor(struct bq_buf *b, struct ask *a, const struct constants *c, const struct ask_command *command,
	struct bq_span text, bool as_json)
{
	struct model_query facts;
	struct bench_query q;
	struct bq_arena mem;
	int rc = BQ_OK;

	bq_arena_init(&mem, (size_t)1 << 20);
	if (!bench_query_parse(text, &mem, &q))
		rc = bq_error_set(&a->error, BQ_ENOMEM, 0, "out of memory");
	if (rc == BQ_OK)
		rc = ask_facts(a, command, &q, &facts);
	if (rc == BQ_OK && as_json) {
		bq_buf_printf(b, "{\"command\":\"%s\",\"class\":\"%s\",\"query\":", command->name,
			bench_class_name(q.class));
		bq_buf_put_json(b, q.text);
		bq_buf_printf(b, ",\"floor_us\":%.3f}", model_floor(c, &facts));
	} else if (rc == BQ_OK) {
		bq_buf_printf(b, "  %-12s %-14s %10.2f us   %.*s\n", bench_class_name(q.class), command->name,
			model_floor(c, &facts), (int)q.text.len, q.text.ptr);
	}
	bq_arena_release(&mem);
	return rc;
}

static int put_classes(struct bq_buf *b, struct ask *a, const struct constants *c, const struct pair *p, bool as_json)
{
	static const char *const names[] = { "COUNT", "TOP_10", "TOP_100_COUNT" };
	enum { N_NAMES = sizeof names / sizeof names[0] };
	struct bq_arena mem;
	int rc = BQ_OK;

	bq_arena_init(&mem, (size_t)1 << 20);
	for (unsigned i = 0; rc == BQ_OK && i < BENCH_CLASSES * N_NAMES; i++) {
		const char *text = write_query((enum bench_class)(i / N_NAMES), p, &mem);
		if (as_json && i != 0)
			bq_buf_put_u8(b, ',');
		rc = put_floor(b, a, c, ask_command_find(bq_span_of(names[i % N_NAMES])), bq_span_of(text), as_json);
	}
	bq_arena_release(&mem);
	return rc;
}

static void put_line(struct bq_buf *b, const char *what, double value, const char *unit)
{
	bq_buf_printf(b, "  %-28s  %8.3f%s\n", what, value, unit);
}

static void put_lookups(struct bq_buf *b, const struct constants *c)
{
	bq_buf_printf(b, "a document looked up, among 256 that lie n entries apart, ns\n"
		"  %28s  %26s %26s\n  %28s  %8s %8s %8s %8s %8s %8s\n", "", "bitsets", "sorted", "", "plain", "tf", "spot",
		"plain", "tf", "spot");
	for (unsigned i = 0; i < CONSTANTS_APART; i++) {
		bq_buf_printf(b, "  %28u ", 1u << (2 * i));
		for (unsigned ask = 0; ask < CONSTANTS_ASKS; ask++)
			bq_buf_printf(b, " %8.2f", c->bits.look_up[ask][i]);
		for (unsigned ask = 0; ask < CONSTANTS_ASKS; ask++)
			bq_buf_printf(b, " %8.2f", c->sorted.look_up[ask][i]);
		bq_buf_printf(b, "\n");
	}
}

static void put_constants(struct bq_buf *b, const struct constants *c)
{
	bq_buf_printf(b, "kernels, ns a posting\n  documents with n low bits     %8s %8s\n", c->path, "scalar");
	for (unsigned bits = 0; bits <= 16; bits += bits < 8 ? 1 : 4)
		bq_buf_printf(b, "  %28u  %8.3f %8.3f\n", bits, c->decode[bits], c->decode_scalar[bits]);
	put_line(b, "one of few, with its tf", c->tail, "");
	put_line(b, "tf of 2 bits", c->tf, "");
	put_line(b, "a sorted block, checked", c->block, "");
	put_line(b, "a bitset block, checked", c->bitset, "");
	put_line(b, "score", c->score, "");
	put_line(b, "accumulate", c->accumulate, "");
	put_line(b, "mark as bits, of bitsets", c->bits.fill, "");
	put_line(b, "mark as bits, of sorted", c->sorted.fill, "");
	put_line(b, "rank a hit", c->rank, "   100 of 100");
	put_line(b, "the longest list, by cursor", c->scan, "");
	put_line(b, "a list met with that one", c->meet, "");
	put_lookups(b, c);
	bq_buf_printf(b, "single steps\n");
	put_line(b, "find a word", c->find, " ns");
	put_line(b, "find a pair of words", c->find_pair, " ns");
	put_line(b, "4 KiB of stored text", c->frame, " ns");
	put_line(b, "verify two words, hot", c->verify_hot, " ns");
	put_line(b, "verify two words, random", c->verify_random, " ns");
	put_line(b, "the same, 128 at once, hot", c->batch_hot, " ns");
	put_line(b, "the same, 128 at once, random", c->batch_random, " ns");
	bq_buf_printf(b, "memory\n");
	put_line(b, "read in order", c->bandwidth, " GB/s");
	put_line(b, "dependent miss", c->miss, " ns");
}

static int run(struct ask *a, const char *dir, bool as_json, struct bq_buf *b)
{
	struct constants c;
	struct pair pair = { 0 };

	if (ask_init(a, dir) != BQ_OK)
		return complain("%s", a->error.msg);
	if (constants_measure(a->index, &c, &a->error) != BQ_OK)
		return complain("%s", a->error.msg);
	struct bq_arena mem;
	bq_arena_init(&mem, (size_t)256 << 20);
	bool has_pair = find_pair(a->index, &mem, &pair);
	if (as_json) {
		bq_buf_printf(b, "{\"constants\":");
		constants_put_json(b, &c);
		bq_buf_printf(b, ",\"classes\":[");
	} else {
		put_constants(b, &c);
	}
	if (has_pair && !as_json)
		bq_buf_printf(b, "floor of each class, for words of %u and %u among %llu documents\n", pair.common_df,
			pair.rare_df, (unsigned long long)a->index->n_docs);
	int rc = has_pair ? put_classes(b, a, &c, &pair, as_json) : BQ_OK;
	if (as_json)
		bq_buf_printf(b, "]}\n");
	bq_arena_release(&mem);
	return rc == BQ_OK ? 0 : complain("%s", a->error.msg);
}

int verb_floor(char **argv)
{
	const char *dir = NULL;
	bool as_json = false;
	const struct arg args[] = { { "json", ARG_FLAG, &as_json } };
	struct bq_buf b = BQ_BUF_INIT;
	struct ask a;
	int code;

	if (!args_parse(argv, args, 1, &dir))
		return 2;
	if (dir == NULL)
		return complain("floor: which index?");
	code = run(&a, dir, as_json, &b);
	if (code == 0 && (b.oom || fwrite(b.ptr, 1, b.len, stdout) != b.len || fflush(stdout) != 0))
		code = complain("could not write the report");
	bq_buf_release(&b);
	ask_release(&a);
	return code;
}
