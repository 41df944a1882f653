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

/* Decoding the documents of a list of `df`, for each of them. */
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

/* How many documents the rarest required list has; UINT64_MAX if none is required. */
static uint64_t rarest_required(const struct model_query *q)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < q->n_lists; i++)
		if (q->lists[i].sign == '+' && q->lists[i].df < least)
			least = q->lists[i].df;
	return least;
}

/* Meeting one list at `n` places: reading it all, or seeking in it. */
static void meet(const struct constants *c, const struct model_query *q, uint64_t df, uint64_t n, struct cost *out)
{
	double all = (double)df * decode_ns(c, q, df), probes = (double)n * c->probe;

	if (all < probes)
		add(out, (double)df, decode_ns(c, q, df), decode_bytes(q, df));
	else
		add(out, (double)n, c->probe, 4);
}

/* All documents with the required words: the rarest list is read, the others
 * are met; so are those left out. */
static void intersect(const struct constants *c, const struct model_query *q, struct cost *out)
{
	uint64_t lead = rarest_required(q);
	bool lead_is_read = false;

	for (uint32_t i = 0; i < q->n_lists; i++) {
		const struct model_list *l = &q->lists[i];
		if (l->sign == '+' && l->df == lead && !lead_is_read) {
			add(out, (double)lead, decode_ns(c, q, lead), decode_bytes(q, lead));
			lead_is_read = true;
		} else if (l->sign != 0) {
			meet(c, q, l->df, lead, out);
		}
	}
}

/* Every list is read and added up. */
static void unite(const struct constants *c, const struct model_query *q, struct cost *out)
{
	double each = q->k != 0 ? c->accumulate + c->tf + c->score : c->set_bits;

	for (uint32_t i = 0; i < q->n_lists; i++)
		add(out, (double)q->lists[i].df, decode_ns(c, q, q->lists[i].df) + each,
			decode_bytes(q, q->lists[i].df) + (q->k != 0 ? 0.25 : 0));
}

/* The best k of one list: its bounds, and at most k of its blocks. */
static void pick_blocks(const struct constants *c, const struct model_query *q, uint64_t df, struct cost *out)
{
	uint64_t blocks = (df + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS;
	uint64_t read = blocks < q->k ? blocks : q->k;
	uint64_t docs = read * BQ_BLOCK_DOCS < df ? read * BQ_BLOCK_DOCS : df;

	out->bytes += 2 * (double)blocks;
	add(out, (double)docs, decode_ns(c, q, df) + c->tf + c->score, decode_bytes(q, df) + 0.25);
}

/* What is not pruned, of the work that an exact count takes. */
static double share_of(const struct model_query *q)
{
	if (q->k == 0 || (q->wants_total && q->class != BENCH_OR) || q->pair_df != 0)
		return 1;
	switch (q->class) {
	case BENCH_WORD:
		return 1; /* pick_blocks() prunes */
	case BENCH_PHRASE:
		return 0.6;
	case BENCH_MIXED:
		return q->n_joints != 0 ? 0.6 : q->share;
	default:
		return q->share;
	}
}

/* The best k, once they are found, in order. */
static double rank_ns(const struct constants *c, const struct model_query *q)
{
	return c->rank * (double)(q->matches < q->k ? q->matches : q->k);
}

static void answer(const struct constants *c, const struct model_query *q, struct cost *out)
{
	bool is_required = rarest_required(q) != UINT64_MAX;
	uint32_t n_scored = 0;

	if (q->is_absent)
		return;
	if (q->class == BENCH_WORD || q->pair_df != 0) {
		if (q->k != 0)
			pick_blocks(c, q, q->pair_df != 0 ? q->pair_df : q->lists[0].df, out);
		return; /* its count stands in the dictionary */
	}
	if (q->class == BENCH_OR && q->k == 0 && q->n_lists == 2) {
		/* df a + df b - both */
		uint64_t a = q->lists[0].df, b = q->lists[1].df, least = a < b ? a : b;
		add(out, (double)least, decode_ns(c, q, least), decode_bytes(q, least));
		meet(c, q, a < b ? b : a, least, out);
		return;
	}
	add(out, (double)q->candidates * q->n_joints, c->batch_hot, 2);
	if (!is_required) {
		unite(c, q, out);
		return;
	}
	intersect(c, q, out);
	for (uint32_t i = 0; i < q->n_lists && q->k != 0; i++) {
		n_scored += q->lists[i].sign != '-' && !q->lists[i].only_restricts;
		if (q->lists[i].sign == 0)
			meet(c, q, q->lists[i].df, q->matches, out);
	}
	/* a phrase scores as one */
	add(out, (double)q->matches * (n_scored - (n_scored == 0 ? 0 : q->n_joints)), c->score, 1);
}

/* Answering with the words found. */
static double answer_ns(const struct constants *c, const struct model_query *q)
{
	struct cost cost = { 0 };

	answer(c, q, &cost);
	double memory = cost.bytes / c->bandwidth;
	return share_of(q) * (cost.ns > memory ? cost.ns : memory);
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
