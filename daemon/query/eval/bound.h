/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Impacts of the index as bounds on points.
 *
 * Of a document with impact q the index says  tf/(tf+K) <= s(q),  the share
 * 1 - (1 - q/255)^2, K under the leaf's own average length A.  A query scores it under the index's A':
 *
 *   A' <= A  K' >= K, so tf/(tf+K') <= tf/(tf+K)
 *   A' >  A  tf/(tf+K') <= tf/(tf+K) * K/K' <= tf/(tf+K) * A'/A
 *
 * the last because K = c0 + c1*L/A with c0, c1 >= 0.  What is computed differs
 * from what is true: q and s by six roundings in double, where no share is
 * below s(1) = .0078, K, K', the quotient and the product with the weight by at
 * most 12 roundings to float, together less than a factor 1 + 2^-20; points by
 * at most 1/2.  So with
 *
 *   slope = weight * max(1, A'/A) * (1 + 2^-19)
 *
 * points <= slope*s + 1/2, and as they are whole, points <= floor(slope*s + 1).
 * The other way round, a document whose bound is q has
 * tf/(tf+K) > s(q - 1), and tf/(tf+K') >= tf/(tf+K) * min(1, A'/A).
 */
#ifndef QUERY_BOUND_H
#define QUERY_BOUND_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "query/eval/bm25.h"

struct bound {
	uint32_t most;       /* points that no document exceeds: tf/(tf+K) <= 1 in float, too */
	bool is_known;       /* impacts were made under this k1 and b */
	double slope;        /* of the upper bound */
	double lower_slope;
};

static inline struct bound bound_of(float weight, const struct bq_index *ix, const struct bq_leaf *leaf)
{
	double ratio = leaf->avg_len > 0 ? (double)ix->avg_len / (double)leaf->avg_len : 1;

	return (struct bound){
		.most = (uint32_t)lrintf(weight),
		.is_known = leaf->avg_len > 0 && ix->avg_len > 0 && leaf->k1 == ix->k1 && leaf->b == ix->b,
		.slope = (double)weight * (ratio > 1 ? ratio : 1) * (1 + 0x1p-19),
		.lower_slope = (double)weight * (ratio < 1 ? ratio : 1) * (1 - 0x1p-19),
	};
}

/* No document of this impact, 1 .. 255, has more points. */
static inline uint32_t bound_points(const struct bound *b, uint8_t impact)
{
	double points = b->slope * bq_impact_share(impact) + 1;

	return b->is_known && points < b->most ? (uint32_t)points : b->most;
}

/* A document that `impact` was the exact bound of has at least as many
 * points. */
static inline uint32_t bound_points_least(const struct bound *b, uint8_t impact)
{
	double points = impact == 0 ? 0 : b->lower_slope * bq_impact_share((uint8_t)(impact - 1)) - 1;

	return b->is_known && points > 0 ? (uint32_t)points : 0;
}

/* No document with at most as many words and this K has more points than one
 * with `tf`: tf/(tf+K) grows with tf, but for rounding. */
static inline uint32_t bound_points_tf(float weight, uint32_t tf, float k)
{
	double t = tf;

	return (uint32_t)((double)weight * (t / (t + (double)k)) * (1 + 0x1p-19) + 1);
}

#endif
