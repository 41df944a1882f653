/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/positions.h"

#include "codec/bits.h"
#include "codec/bitpack.h"

struct group {
	unsigned w0, w1;
	uint64_t bytes;
};

/* What a group takes, and its end in `positions`. */
static struct group measure_group(const uint32_t *tfs, uint32_t n, const uint32_t **positions)
{
	const uint32_t *p = *positions, *start = p;
	uint32_t firsts = 0, gaps = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t *end = p + tfs[i];
		firsts |= *p;
		while (++p < end)
			gaps |= p[0] - p[-1] - 1;
	}
	struct group g = { bitpack_width(&firsts, 1), bitpack_width(&gaps, 1), 0 };
	g.bytes = bits_bytes(n * (uint64_t)g.w0 + ((uint64_t)(p - start) - n) * g.w1);
	*positions = p;
	return g;
}

/* The first positions, then the gaps of all: the group's end in `positions`. */
static const uint32_t *put_group(struct bq_buf *out, const struct group *g, const uint32_t *tfs, uint32_t n,
	const uint32_t *positions)
{
	struct bits_packer k = { .p = bq_buf_room(out, (size_t)g->bytes + sizeof k.bits) };
	const uint32_t *p = positions, *end;

	if (k.p == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; p += tfs[i++])
		bits_pack(&k, g->w0, *p);
	for (p = positions; n != 0; n--)
		for (end = p + *tfs++; ++p < end;)
			bits_pack(&k, g->w1, p[0] - p[-1] - 1);
	out->len += (size_t)g->bytes;
	return p;
}

/* The smallest shift at which every group's offset fits 16 bits. */
static unsigned choose_shift(const struct group *groups, uint32_t n_groups)
{
	for (unsigned shift = 0;; shift++) {
		uint64_t at = 0, unit = UINT64_C(1) << shift;
		for (uint32_t g = 0; g + 1 < n_groups; g++)
			at += (groups[g].bytes + unit - 1) & ~(unit - 1);
		if (at >> shift <= UINT16_MAX)
			return shift;
	}
}

static uint32_t group_docs(uint32_t n, uint32_t g)
{
	uint32_t left = n - g * BQ_POS_GROUP;

	return left < BQ_POS_GROUP ? left : BQ_POS_GROUP;
}

void positions_put_block(struct bq_buf *out, const uint32_t *tfs, uint32_t n, const uint32_t *positions)
{
	struct group groups[BQ_BLOCK_DOCS / BQ_POS_GROUP];
	uint32_t n_groups = (n + BQ_POS_GROUP - 1) / BQ_POS_GROUP;
	const uint32_t *p = positions;

	for (uint32_t g = 0; g < n_groups; g++)
		groups[g] = measure_group(tfs + g * BQ_POS_GROUP, group_docs(n, g), &p);
	unsigned shift = choose_shift(groups, n_groups);
	uint64_t unit = UINT64_C(1) << shift, at = 0;
	if (n_groups > 1)
		bq_buf_put_u8(out, (uint8_t)shift);
	for (uint32_t g = 0; g < n_groups; g++) {
		bq_buf_put_u8(out, (uint8_t)groups[g].w0);
		bq_buf_put_u8(out, (uint8_t)groups[g].w1);
		if (n_groups > 1)
			bq_buf_put_u16(out, (uint16_t)(at >> shift));
		at += (groups[g].bytes + unit - 1) & ~(unit - 1);
	}
	p = positions;
	for (uint32_t g = 0; g < n_groups && p != NULL; g++) {
		p = put_group(out, &groups[g], tfs + g * BQ_POS_GROUP, group_docs(n, g), p);
		if (g + 1 < n_groups)
			bq_buf_put_zeros(out, (size_t)(-groups[g].bytes & (unit - 1)));
	}
}
