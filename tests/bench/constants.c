/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/constants.h"

#include <stdlib.h>

#include "bench/clock.h"
#include "bench/kernels.h"

enum { RUNS = 7 };

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median cost of one of the operations that `run` does; others on the
 * machine do not count. */
static double measure(uint64_t (*run)(struct kernels *), struct kernels *k)
{
	double each[RUNS];

	(void)run(k);
	for (int i = 0; i < RUNS; i++) {
		uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		uint64_t n = run(k);
		each[i] = n == 0 ? 0 : (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / (double)n;
	}
	qsort(each, RUNS, sizeof *each, compare_doubles);
	return each[RUNS / 2];
}

static void measure_widths(struct kernels *k, const struct bitpack_ops *codec, double out[CONSTANTS_WIDTHS])
{
	k->codec = codec;
	for (unsigned bits = 0; bits < CONSTANTS_WIDTHS; bits++) {
		kernels_sort(k, bits);
		out[bits] = measure(kernels_decode_docs, k);
	}
}

static void measure_list(struct kernels *k, const struct bq_term *list, struct constants_list *out)
{
	k->list = list;
	out->fill = measure(kernels_fill, k);
	for (unsigned i = 0; i < CONSTANTS_APART; i++) {
		kernels_ask(k, 1u << (2 * i));
		for (k->ask = 0; k->ask < CONSTANTS_ASKS; k->ask++)
			out->look_up[k->ask][i] = measure(kernels_look_up, k);
	}
}

int constants_measure(const struct bq_index *ix, struct constants *out, struct bq_error *err)
{
	struct kernels *k;
	int rc = kernels_new(ix, &k, err);

	*out = (struct constants){ .path = bitpack_best()->name };
	if (rc != BQ_OK)
		return rc;
	measure_widths(k, &bitpack_scalar, out->decode_scalar);
	measure_widths(k, bitpack_best(), out->decode);
	k->bits = 2;
	out->tf = measure(kernels_decode_tfs, k);
	out->tail = measure(kernels_tail, k);
	out->block = measure(kernels_sorted_block, k);
	out->bitset = measure(kernels_bitset_block, k);
	out->score = measure(kernels_score, k);
	out->accumulate = measure(kernels_accumulate, k);
	out->rank = measure(kernels_rank, k);
	out->scan = measure(kernels_scan, k);
	measure_list(k, &k->longest, &out->bits);
	measure_list(k, &k->rarer, &out->sorted);
	out->find = measure(kernels_find, k);
	out->find_pair = measure(kernels_find_pair, k);
	out->frame = measure(kernels_frame, k);
	k->spread = 1;
	out->verify_hot = measure(kernels_verify, k);
	out->batch_hot = measure(kernels_verify_batch, k);
	k->spread = k->n_places;
	out->verify_random = measure(kernels_verify, k);
	out->batch_random = measure(kernels_verify_batch, k);
	out->meet = measure(kernels_meet, k);
	out->bandwidth = 1 / measure(kernels_read, k);
	out->miss = measure(kernels_chase, k);
	rc = kernels_status(k, err);
	kernels_free(k);
	return rc;
}

static void put_each(struct bq_buf *b, const char *name, const double each[], unsigned n)
{
	bq_buf_printf(b, "\"%s\":[", name);
	for (unsigned i = 0; i < n; i++)
		bq_buf_printf(b, "%s%.4f", i == 0 ? "" : ",", each[i]);
	bq_buf_printf(b, "],");
}

static void put_list(struct bq_buf *b, const char *name, const struct constants_list *l)
{
	bq_buf_printf(b, "\"%s\":{", name);
	put_each(b, "look_up_ns", l->look_up[CONSTANTS_PLAIN], CONSTANTS_APART);
	put_each(b, "look_up_tf_ns", l->look_up[CONSTANTS_TF], CONSTANTS_APART);
	put_each(b, "look_up_spot_ns", l->look_up[CONSTANTS_SPOT], CONSTANTS_APART);
	bq_buf_printf(b, "\"fill_ns\":%.4f},", l->fill);
}

void constants_put_json(struct bq_buf *b, const struct constants *c)
{
	bq_buf_printf(b, "{\"cpu_path\":\"%s\",", c->path);
	put_each(b, "decode_ns", c->decode, CONSTANTS_WIDTHS);
	put_each(b, "decode_scalar_ns", c->decode_scalar, CONSTANTS_WIDTHS);
	put_list(b, "bits", &c->bits);
	put_list(b, "sorted", &c->sorted);
	bq_buf_printf(b, "\"tf_ns\":%.4f,\"block_ns\":%.4f,\"bitset_ns\":%.4f,\"score_ns\":%.4f,", c->tf, c->block,
		c->bitset, c->score);
	bq_buf_printf(b, "\"accumulate_ns\":%.4f,\"rank_ns\":%.2f,", c->accumulate, c->rank);
	bq_buf_printf(b, "\"scan_ns\":%.4f,\"tail_ns\":%.3f,\"find_ns\":%.1f,\"find_pair_ns\":%.1f,\"frame_ns\":%.1f,",
		c->scan, c->tail, c->find, c->find_pair, c->frame);
	bq_buf_printf(b, "\"verify_hot_ns\":%.2f,\"verify_random_ns\":%.2f,", c->verify_hot, c->verify_random);
	bq_buf_printf(b, "\"batch_hot_ns\":%.2f,\"batch_random_ns\":%.2f,\"meet_ns\":%.3f,", c->batch_hot,
		c->batch_random, c->meet);
	bq_buf_printf(b, "\"bandwidth_gb_s\":%.2f,\"miss_ns\":%.1f}", c->bandwidth, c->miss);
}
