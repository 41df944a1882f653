/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/bm25.h"

/* bq_len_decode() as floats: exact, and defined for codes that no length has. */
void bm25_init(struct bm25 *t, float k1, float b, float avg_len)
{
	float unit = 1;

	t->c0 = k1 * (1.0f - b);
	t->c1 = avg_len > 0 ? k1 * b / avg_len : 0;
	for (unsigned code = 0; code < 256; code++) {
		unsigned m = code & 7, e = code >> 3;
		unit = e > 1 && m == 0 ? 2 * unit : unit;
		float length = (float)(e == 0 ? m : 8 | m) * unit, scaled = t->c1 * length;
		t->k[code] = t->c0 + scaled;
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
