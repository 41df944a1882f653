/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/hist.h"

#define SUB (1u << HIST_SUB_BITS)

uint32_t hist_bucket(uint64_t value)
{
	uint32_t bits = value == 0 ? 0 : 64u - (uint32_t)__builtin_clzll(value);
	uint32_t shift = bits <= HIST_SUB_BITS + 1 ? 0 : bits - (HIST_SUB_BITS + 1);

	return shift * SUB + (uint32_t)(value >> shift);
}

uint64_t hist_bucket_top(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * SUB ? 0 : bucket / SUB - 1;
	uint64_t low = (uint64_t)(bucket - shift * SUB) << shift;

	return low + ((UINT64_C(1) << shift) - 1);
}

void hist_add(struct hist *h, uint64_t value)
{
	h->counts[hist_bucket(value)]++;
	h->n++;
	h->sum += (double)value;
	if (value > h->max)
		h->max = value;
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
	double wanted = (double)h->n * percent / 100.0;
	uint64_t seen = 0;

	if (h->n == 0)
		return 0;
	for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
		seen += h->counts[b];
		if (seen == 0 || (double)seen < wanted)
			continue;
		uint64_t top = hist_bucket_top(b);
		return top < h->max ? top : h->max;
	}
	return h->max;
}

double hist_mean(const struct hist *h)
{
	return h->n == 0 ? 0 : h->sum / (double)h->n;
}
