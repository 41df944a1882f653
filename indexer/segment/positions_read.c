/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/positions.h"

#include <bq/bytes.h>

#include "codec/bits.h"

/* Where one document's positions are: bits of `p`. */
struct place {
	const uint8_t *p;
	unsigned w0, w1;
	uint64_t first_at, rest_at;
};

/* Find document `i` and check that all its bits lie in the block [F23]. */
static bool locate(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i, struct place *out)
{
	const uint8_t *p = (const uint8_t *)block.ptr;
	uint32_t g = i / BQ_POS_GROUP, n_groups = (n + BQ_POS_GROUP - 1) / BQ_POS_GROUP;
	uint32_t docs = n - g * BQ_POS_GROUP < BQ_POS_GROUP ? n - g * BQ_POS_GROUP : BQ_POS_GROUP;
	size_t head = n_groups == 1 ? 2 : 1 + 4 * (size_t)n_groups;
	uint64_t offset = 0, before = 0;

	if (block.len < head)
		return false;
	const uint8_t *h = n_groups == 1 ? p : p + 1 + 4 * (size_t)g;
	if (n_groups > 1) {
		if (p[0] > 31)
			return false;
		offset = (uint64_t)bq_get_u16(h + 2) << p[0];
	}
	for (uint32_t j = g * BQ_POS_GROUP; j < i; j++)
		before += tfs[j] - 1;
	out->w0 = h[0];
	out->w1 = h[1];
	if (out->w0 > 32 || out->w1 > 32 || offset > block.len - head)
		return false;
	out->p = p + head + offset;
	out->first_at = (uint64_t)(i % BQ_POS_GROUP) * out->w0;
	out->rest_at = (uint64_t)docs * out->w0 + before * out->w1;
	uint64_t end = out->rest_at + (uint64_t)(tfs[i] - 1) * out->w1;
	return bits_bytes(end) <= block.len - head - offset;
}

bool positions_fit(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i)
{
	struct place at;

	return tfs[i] <= BQ_MAX_POS && locate(block, tfs, n, i, &at);
}

bool positions_get(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i, uint32_t *out)
{
	struct place at;

	if (!locate(block, tfs, n, i, &at))
		return false;
	uint64_t pos = bits_get(at.p, at.first_at, at.w0);
	out[0] = (uint32_t)pos;
	for (uint32_t j = 1; j < tfs[i]; j++) {
		pos += 1 + (uint64_t)bits_get(at.p, at.rest_at, at.w1);
		at.rest_at += at.w1;
		out[j] = (uint32_t)pos;
	}
	return pos < BQ_MAX_POS;
}
