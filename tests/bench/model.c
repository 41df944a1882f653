/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/model.h"

/* One way of answering: time in the kernels, bytes that must come by. */
struct cost {
	double ns, bytes;
};

static void add(struct cost *to, double times, double ns, double bytes)
{
	to->ns += times * ns;
	to->bytes += times * bytes;
}

static double smaller(double a, double b) { return a < b ? a : b; }

/* Low bits of a document in a list of `df` among `n_docs`; -1: such a list is bitsets. */
static int low_bits(uint64_t n_docs, uint64_t df)
{
	uint64_t gap = df == 0 ? 1 : n_docs / df;
	int bits = gap <= 4 ? -1 : 63 - __builtin_clzll(gap);

	return bits < CONSTANTS_WIDTHS ? bits : CONSTANTS_WIDTHS - 1;
}

/* Decoding a document of full blocks of a list of `df`. */
static double decode_ns(const struct constants *c, const struct model_query *q, uint64_t df)
{
	int bits = low_bits(q->n_docs, df);

	return bits < 0 ? smaller(c->bitset, c->decode[1]) : c->decode[bits];
}

/* Two bits more than the low ones. */
static double decode_bytes(const struct model_query *q, uint64_t df)
{
	int bits = low_bits(q->n_docs, df);

	return bits < 0 ? 0.5 : (bits + 2) / 8.0;
}

/* Reading all documents of a list: full blocks, and those behind them. */
static void read_list(const struct constants *c, const struct model_query *q, uint64_t df, struct cost *out)
{
	double rest = (double)(df % BQ_BLOCK_DOCS);

	add(out, (double)df - rest, decode_ns(c, q, df), decode_bytes(q, df));
	add(out, rest, c->tail, decode_bytes(q, df));
}

static const struct constants_list *list_of(const struct constants *c, const struct model_query *q, uint64_t df)
{
	return low_bits(q->n_docs, df) < 0 ? &c->bits : &c->sorted;
}

/* What is asked of a list with a document. */
static enum constants_ask ask_of(const struct model_query *q)
{
	return q->n_joints != 0 ? CONSTANTS_SPOT : q->k != 0 ? CONSTANTS_TF : CONSTANTS_PLAIN;
}

/* Looking one of `n` documents up in a list of `df`, from the two distances that were measured next to theirs. */
static double lookup_ns(const struct constants *c, const struct model_query *q, uint64_t df, uint64_t n)
{
	const double *ns = list_of(c, q, df)->look_up[ask_of(q)];
	double apart = (double)df / (double)n, from = 1;
	unsigned i = 0;

	if (apart <= 1)
		return ns[0];
	for (; i + 1 < CONSTANTS_APART && apart > 4 * from; i++)
		from *= 4;
	return i + 1 == CONSTANTS_APART ? ns[i] : ns[i] + (ns[i + 1] - ns[i]) * (apart - from) / (3 * from);
}

/* Marking a list in windows of bits; a short one is read for that. */
static void fill(const struct constants *c, const struct model_query *q, uint64_t df, struct cost *out)
{
	double rest = df < BQ_BLOCK_DOCS ? (double)df : 0;

	add(out, (double)df, list_of(c, q, df)->fill, decode_bytes(q, df));
	add(out, rest, c->tail, 0);
}

/* Meeting one list at `n` places: reading it all, or looking them up. */
static void meet(const struct constants *c, const struct model_query *q, uint64_t df, uint64_t n, struct cost *out)
{
	struct cost all = { 0 };

	if (n == 0)
		return;
	read_list(c, q, df, &all);
	double each = lookup_ns(c, q, df, n);
	if (df < BQ_BLOCK_DOCS || all.ns < (double)n * each)
		add(out, 1, all.ns, all.bytes);
	else
		add(out, (double)n, each, 4);
}

/* Required lists first, rare ones before frequent ones; then those left out. */
static bool comes_before(const struct model_list *a, const struct model_list *b)
{
	return a->sign != b->sign ? a->sign == '+' : a->df < b->df;
}

/* The required lists and those left out, in that order; how many. */
static uint32_t sort_lists(const struct model_query *q, struct model_list *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < q->n_lists; i++) {
		uint32_t at = n;
		if (q->lists[i].sign == 0)
			continue;
		for (; at > 0 && comes_before(&q->lists[i], &out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = q->lists[i];
		n++;
	}
	return n;
}

/* Windows of bits of all required lists, and of those left out. */
static void intersect_bits(const struct constants *c, const struct model_query *q, struct cost *out)
{
	for (uint32_t i = 0; i < q->n_lists; i++)
		if (q->lists[i].sign != 0)
			fill(c, q, q->lists[i].df, out);
}

/* All documents with the required words: the rarest list is read, the next one met at
 * its documents, the others at least at what is left in the end. */
static void intersect_lists(const struct constants *c, const struct model_query *q, struct cost *out)
{
	struct model_list lists[MODEL_MAX_LISTS];
	uint32_t n = sort_lists(q, lists);
	uint64_t left = q->n_joints == 0 ? q->matches : q->candidates;

	read_list(c, q, lists[0].df, out);
	for (uint32_t i = 1; i < n; i++)
		meet(c, q, lists[i].df, i == 1 || left > lists[0].df ? lists[0].df : left, out);
}

/* To count, windows of bits may be cheaper. */
static void intersect(const struct constants *c, const struct model_query *q, struct cost *out)
{
	struct cost lists = { 0 }, bits = { 0 };

	intersect_lists(c, q, &lists);
	intersect_bits(c, q, &bits);
	const struct cost *least = q->k == 0 && q->n_joints == 0 && bits.ns < lists.ns ? &bits : &lists;
	add(out, 1, least->ns, least->bytes);
}

static bool is_required(const struct model_query *q)
{
	for (uint32_t i = 0; i < q->n_lists; i++)
		if (q->lists[i].sign == '+')
			return true;
	return false;
}

/* Every list is read and added up, or marked. */
static void unite(const struct constants *c, const struct model_query *q, struct cost *out)
{
	for (uint32_t i = 0; i < q->n_lists; i++) {
		uint64_t df = q->lists[i].df;
		if (q->k == 0) {
			fill(c, q, df, out);
			continue;
		}
		read_list(c, q, df, out);
		add(out, (double)df, c->accumulate + c->tf + c->score, 0.25);
	}
}

/* Of two words: df a + df b - both. */
static void unite_two(const struct constants *c, const struct model_query *q, struct cost *out)
{
	struct model_query both = *q;

	both.class = BENCH_AND;
	both.lists[0].sign = both.lists[1].sign = '+';
	intersect(c, &both, out);
}

/* The best k of one list: its bounds, and at most k of its blocks. */
static void pick_blocks(const struct constants *c, const struct model_query *q, uint64_t df, struct cost *out)
{
	uint64_t blocks = (df + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS;
	uint64_t docs = blocks <= q->k ? df : q->k * BQ_BLOCK_DOCS;

	out->bytes += 2 * (double)blocks;
	read_list(c, q, docs, out);
	add(out, (double)docs, c->tf + c->score, 0.25);
}

/* What is not pruned, of the lists that an exact count reads. */
static double share_of(const struct model_query *q)
{
	bool is_counted = q->k == 0 || (q->wants_total && q->class != BENCH_OR);

	/* pick_blocks() prunes */
	return is_counted || q->pair_df != 0 || q->class == BENCH_WORD ? 1 : q->share;
}

/* The best k, once they are found, in order. */
static double rank_ns(const struct constants *c, const struct model_query *q)
{
	return c->rank * (double)(q->matches < q->k ? q->matches : q->k);
}

/* The matches' points, and the words that only add looked up there. */
static void score(const struct constants *c, const struct model_query *q, struct cost *out)
{
	uint32_t n_scored = 0;

	for (uint32_t i = 0; i < q->n_lists; i++) {
		n_scored += q->lists[i].sign != '-' && !q->lists[i].only_restricts;
		if (q->lists[i].sign == 0)
			meet(c, q, q->lists[i].df, q->matches, out);
	}
	/* a phrase scores as one */
	add(out, (double)q->matches * (n_scored - (n_scored == 0 ? 0 : q->n_joints)), c->score, 1);
}

static void answer(const struct constants *c, const struct model_query *q, struct cost *out)
{
	if (q->is_absent)
		return;
	if (q->class == BENCH_WORD || q->pair_df != 0) {
		if (q->k != 0)
			pick_blocks(c, q, q->pair_df != 0 ? q->pair_df : q->lists[0].df, out);
		return; /* its count stands in the dictionary */
	}
	if (q->class == BENCH_OR && q->k == 0 && q->n_lists == 2) {
		unite_two(c, q, out);
		return;
	}
	if (!is_required(q)) {
		unite(c, q, out);
		return;
	}
	intersect(c, q, out);
	if (q->k != 0)
		score(c, q, out);
}

/* Two neighbours in a document: those of all candidates, but for what is known without positions. */
static double verify_ns(const struct constants *c, const struct model_query *q)
{
	double all = (double)q->candidates * q->n_joints, read = (double)q->places / 2;

	return q->n_joints == 0 || q->pair_df != 0 || q->is_absent ? 0 : smaller(all, read) * c->batch_hot;
}

/* Answering with the words found. */
static double answer_ns(const struct constants *c, const struct model_query *q)
{
	struct cost cost = { 0 };

	answer(c, q, &cost);
	double memory = cost.bytes / c->bandwidth;
	return share_of(q) * (cost.ns > memory ? cost.ns : memory) + verify_ns(c, q);
}

double model_floor(const struct constants *c, const struct model_query *q)
{
	double ns = answer_ns(c, q) + rank_ns(c, q);

	if (q->class == BENCH_OR && q->k != 0 && q->wants_total) {
		/* all are counted, without scores, and the best found */
		struct model_query count = *q;
		count.k = 0;
		ns += answer_ns(c, &count);
	}
	return (ns + q->n_words * c->find + q->n_pairs * c->find_pair) / 1000;
}

double model_show_floor(const struct constants *c, uint64_t hits, uint64_t bytes)
{
	return ((double)hits + (double)bytes / BQ_FRAME_BYTES) * c->frame / 1000;
}
