/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * BM25 in exact integers (Robertson & Zaragoza 2009).  A clause of weight w
 * adds to a document of length code L
 *
 *   points = round( W * (tf / (tf + K[L])) )        W = (float)(w * 2^s)
 *
 * in single precision, each operation rounded on its own (no FMA), ties to
 * even.  s is one number a query, so that all points of a document sum below
 * 2^31: sums do not depend on order.  The score is the sum / 2^s.
 */
#ifndef QUERY_BM25_H
#define QUERY_BM25_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* K = c0 + c1 * length: k1 * (1 - b + b * length / avg_len). */
struct bm25 {
	float c0, c1;
};

/* bq_len_decode() of every code as a float: exact, and defined for codes that no
 * length has. */
extern const float bm25_lengths[256];

/* An avg_len of 0 or less leaves lengths out. */
struct bm25 bm25_of(float k1, float b, float avg_len);

/* K of a length code. */
static inline float bm25_k(const struct bm25 *t, uint8_t code)
{
	float scaled = t->c1 * bm25_lengths[code];

	return t->c0 + scaled;
}

/* ln(1 + (n_docs - df + 0.5) / (df + 0.5)); never negative. */
double bm25_idf(uint64_t n_docs, uint64_t df);

/* The s under which weights of this sum stay below 2^30, which leaves room for
 * rounding. */
int bm25_shift(double weight_sum);

static inline float bm25_weight(double w, int shift)
{
	return (float)ldexp(w, shift);
}

/* lrintf() without the call, for 0 <= x < 2^31: adding 1.5 * 2^52 leaves no
 * bits for a fraction, and the integer in the low ones. */
static inline uint32_t bm25_round(float x)
{
	double d = (double)x + 0x1.8p52;
	uint64_t bits;

	memcpy(&bits, &d, sizeof bits);
	return (uint32_t)bits;
}

static inline uint32_t bm25_points(float weight, uint32_t tf, float k)
{
	float t = (float)tf;
	float saturated = t / (t + k);

	return bm25_round(weight * saturated);
}

#endif
