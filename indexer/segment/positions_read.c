/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/positions.h"

#include "codec/bits.h"

/* Find the document of a raw place and check that all its bits lie in the
 * block [F23]. */
static bool locate(struct bq_spot *p)
{
	const uint8_t *block = p->first;
	size_t len = (size_t)(p->rest - block);
	uint32_t i = p->w0, n = p->w1 + 1u;
	uint32_t g = i / BQ_POS_GROUP, n_groups = (n + BQ_POS_GROUP - 1) / BQ_POS_GROUP;
	uint32_t docs = n - g * BQ_POS_GROUP < BQ_POS_GROUP ? n - g * BQ_POS_GROUP : BQ_POS_GROUP;
	size_t head = n_groups == 1 ? 2 : 1 + 4 * (size_t)n_groups;
	uint64_t offset = 0;
	bool bad = len < head || p->tf - 1 >= BQ_MAX_POS;

	if (bad)
		return false;
	const uint8_t *h = n_groups == 1 ? block : block + 1 + 4 * (size_t)g;
	if (n_groups > 1) {
		bad = block[0] > 31;
		offset = (uint64_t)bq_get_u16(h + 2) << (block[0] & 31);
	}
	unsigned w0 = h[0], w1 = h[1];
	uint64_t first_at = (uint64_t)(i % BQ_POS_GROUP) * w0;
	uint64_t rest_at = (uint64_t)docs * w0 + p->base * w1;
	uint64_t end = rest_at + (uint64_t)(p->tf - 1) * w1;
	bad |= (w0 > 32) | (w1 > 32) | (head + offset + bits_bytes(end) > len); /* one branch: it is never taken */
	if (bad)
		return false;
	const uint8_t *data = block + head + offset;
	p->first = data + first_at / 8;
	p->rest = data + rest_at / 8;
	p->base = 0;
	p->w0 = (uint8_t)w0;
	p->w1 = (uint8_t)w1;
	p->s0 = first_at % 8;
	p->s1 = rest_at % 8;
	return true;
}

bool positions_ready(struct bq_spot *spots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct bq_spot *p = &spots[i];
		if (p->s0 != POSITIONS_RAW)
			continue;
		__builtin_prefetch(p->first);
		__builtin_prefetch(p->first + 1 + 4 * (size_t)(p->w0 / BQ_POS_GROUP));
	}
	for (uint32_t i = 0; i < n; i++) {
		struct bq_spot *p = &spots[i];
		if (p->s0 != POSITIONS_RAW)
			continue;
		if (!locate(p))
			return false;
		uint64_t rest = (uint64_t)(p->tf - 1) * p->w1 / 8;
		__builtin_prefetch(p->first);
		__builtin_prefetch(p->tf == 1 ? p->first : p->rest);
		if (rest > 64)
			__builtin_prefetch(p->rest + 64);
	}
	return true;
}

/* The spots of a group of `n` documents whose `len` bytes start at `p`; false if
 * they take more. */
static bool spots_of_group(const uint8_t *p, size_t len, const uint8_t *widths, const uint32_t *tfs, uint32_t n,
	struct bq_spot *out)
{
	uint64_t w0 = widths[0], w1 = widths[1], first = 0, rest = n * w0;

	if (w0 > 32 || w1 > 32)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		out[i] = (struct bq_spot){ .first = p + first / 8, .rest = p + rest / 8, .tf = tfs[i],
			.w0 = (uint8_t)w0, .w1 = (uint8_t)w1, .s0 = first % 8, .s1 = rest % 8 };
		first += w0;
		rest += (tfs[i] - 1) * w1;
	}
	return bits_bytes(rest) <= len;
}

bool positions_spots(struct bq_span block, const uint32_t *tfs, uint32_t n, struct bq_spot *out)
{
	const uint8_t *p = (const uint8_t *)block.ptr;
	uint32_t n_groups = (n + BQ_POS_GROUP - 1) / BQ_POS_GROUP;
	size_t head = n_groups == 1 ? 2 : 1 + 4 * (size_t)n_groups;

	if (block.len < head || (n_groups > 1 && p[0] > 31))
		return false;
	for (uint32_t g = 0, i = 0; g < n_groups; g++, i += BQ_POS_GROUP) {
		const uint8_t *h = n_groups == 1 ? p : p + 1 + 4 * (size_t)g;
		uint64_t offset = n_groups == 1 ? 0 : (uint64_t)bq_get_u16(h + 2) << p[0];
		uint32_t docs = n - i < BQ_POS_GROUP ? n - i : BQ_POS_GROUP;
		if (offset > block.len - head ||
			!spots_of_group(p + head + offset, block.len - head - (size_t)offset, h, tfs + i,
				docs, out + i))
			return false;
	}
	return true;
}

/* The spot of document `i`, as far as it is known without the block. */
static struct bq_spot spot_of(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i)
{
	struct bq_spot s = { .tf = tfs[i] };

	for (uint32_t j = i / BQ_POS_GROUP * BQ_POS_GROUP; j < i; j++)
		s.base += tfs[j] - 1;
	positions_set_spot(&s, block, n, i);
	return s;
}

bool positions_fit(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i)
{
	struct bq_spot at = spot_of(block, tfs, n, i);

	return locate(&at);
}

bool positions_get(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i, uint32_t *out)
{
	struct bq_spot at = spot_of(block, tfs, n, i);

	if (!locate(&at))
		return false;
	struct bq_spot_walk w = bq_spot_start(&at);
	*out++ = (uint32_t)w.pos;
	while (bq_spot_next(&w))
		*out++ = (uint32_t)w.pos;
	return w.pos < BQ_MAX_POS;
}
