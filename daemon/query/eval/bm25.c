/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/bm25.h"

#define LENGTH(e, m) ((e) == 0 ? (float)(m) : (float)(8 | (m)) * (float)(UINT64_C(1) << ((e) == 0 ? 0 : (e) - 1)))
#define LENGTHS(e) LENGTH(e, 0), LENGTH(e, 1), LENGTH(e, 2), LENGTH(e, 3), LENGTH(e, 4), LENGTH(e, 5), LENGTH(e, 6), \
	LENGTH(e, 7)

const float bm25_lengths[256] = {
	LENGTHS(0), LENGTHS(1), LENGTHS(2), LENGTHS(3), LENGTHS(4), LENGTHS(5), LENGTHS(6), LENGTHS(7),
	LENGTHS(8), LENGTHS(9), LENGTHS(10), LENGTHS(11), LENGTHS(12), LENGTHS(13), LENGTHS(14), LENGTHS(15),
	LENGTHS(16), LENGTHS(17), LENGTHS(18), LENGTHS(19), LENGTHS(20), LENGTHS(21), LENGTHS(22), LENGTHS(23),
	LENGTHS(24), LENGTHS(25), LENGTHS(26), LENGTHS(27), LENGTHS(28), LENGTHS(29), LENGTHS(30), LENGTHS(31),
};

struct bm25 bm25_of(float k1, float b, float avg_len)
{
	return (struct bm25){ .c0 = k1 * (1.0f - b), .c1 = avg_len > 0 ? k1 * b / avg_len : 0 };
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
