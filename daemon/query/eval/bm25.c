/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/bm25.h"

#include <bq/format.h>

void bm25_init(struct bm25 *t, float k1, float b, float avg_len)
{
	float c0 = k1 * (1.0f - b);
	float c1 = avg_len > 0 ? k1 * b / avg_len : 0;

	for (unsigned code = 0; code < 256; code++) {
		float scaled = c1 * (float)bq_len_decode((uint8_t)code);
		t->k[code] = c0 + scaled;
	}
}

double bm25_idf(uint64_t n_docs, uint64_t df)
{
	if (df > n_docs)
		df = n_docs;
	return log(1.0 + ((double)(n_docs - df) + 0.5) / ((double)df + 0.5));
}

int bm25_shift(double weight_sum)
{
	int exponent;

	if (!(weight_sum > 0))
		return 0;
	(void)frexp(weight_sum, &exponent); /* weight_sum < 2^exponent */
	return 30 - exponent;
}
