/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/postings.h"

#include <string.h>

#include <bq/bytes.h>

struct tinfo tinfo_get(const uint8_t *p)
{
	return (struct tinfo){
		.df = bq_get_u32(p),
		.impact = p[4],
		.flags = p[5],
		.ttf = bq_get_u64(p + 8),
		.post_off = bq_get_u64(p + 16),
		.pos_off = bq_get_u64(p + 24),
	};
}

bool postings_open(struct bq_span post, const struct tinfo *t, uint32_t n_docs, struct postings_list *out)
{
	if (t->df < BQ_SMALL_DF || t->df > n_docs || t->post_off > post.len)
		return false;
	uint64_t n = postings_blocks(t->df), up = (n + BQ_SKIP_FANOUT - 1) / BQ_SKIP_FANOUT;
	uint64_t ranges = (t->flags & TINFO_RANGES) == 0 ? 0 : ((uint64_t)n_docs + BQ_RANGE_DOCS - 1) / BQ_RANGE_DOCS;
	uint64_t offs = (n + 1) * 4, pos_offs = (t->flags & TINFO_POSITIONS) == 0 ? 0 : offs;
	uint64_t head = (n * 4 + offs + pos_offs + up * 4 + 2 * n + up + ranges + 3) & ~UINT64_C(3);
	if (head > post.len - t->post_off)
		return false;
	const uint8_t *p = (const uint8_t *)post.ptr + t->post_off;
	out->df = t->df;
	out->n_blocks = (uint32_t)n;
	out->last_doc = p;
	out->block_off = out->last_doc + n * 4;
	out->pos_off = pos_offs == 0 ? NULL : out->block_off + offs;
	out->up_last = out->block_off + offs + pos_offs;
	out->bound = out->up_last + up * 4;
	out->up_bound = out->bound + 2 * n;
	out->range_bound = ranges == 0 ? NULL : out->up_bound + up;
	out->blocks = bq_span_make(p + head, (size_t)(post.len - t->post_off - head));
	uint64_t blocks_len = (uint64_t)bq_get_u32(out->block_off + n * 4) * 4;
	if (blocks_len > out->blocks.len)
		return false;
	out->blocks.len = (size_t)blocks_len;
	return true;
}

struct bq_span postings_block_at(const struct postings_list *l, uint32_t i)
{
	uint64_t from = (uint64_t)bq_get_u32(l->block_off + (size_t)i * 4) * 4;
	uint64_t to = (uint64_t)bq_get_u32(l->block_off + ((size_t)i + 1) * 4) * 4;

	if (from >= to || to > l->blocks.len)
		return (struct bq_span){ NULL, 0 };
	return bq_span_make(l->blocks.ptr + from, (size_t)(to - from));
}

bool postings_get_tail(const struct bitpack_ops *ops, struct bq_span bytes, uint32_t n,
	uint32_t docs[BQ_BLOCK_DOCS + 8], uint32_t tfs[BQ_BLOCK_DOCS + 8])
{
	const struct tail t = { (const uint8_t *)bytes.ptr, bytes.len, n, 0 };

	return ops->get_tail(&t, docs, tfs);
}

/* Set bits of `words` words as documents from `first` on; false unless there
 * are 256, none below `base`. */
static bool get_bitset(const struct bitpack_ops *ops, const uint8_t *p, uint32_t words, uint32_t base,
	uint32_t docs[BQ_BLOCK_DOCS + 8])
{
	return ops->decode_set(p, words, base & ~63u, docs) == BQ_BLOCK_DOCS && docs[0] >= base &&
		docs[BQ_BLOCK_DOCS - 1] > docs[0];
}

/* How the documents of a full block that are no bitset are kept. */
static struct bitpack_sorted sorted_of(const uint8_t *p)
{
	return (struct bitpack_sorted){ p[0], p[3] };
}

/* Bytes of the documents of a full block. */
static size_t docs_bytes(const uint8_t *p)
{
	struct bitpack_sorted how = sorted_of(p);

	return (p[0] & POSTINGS_BITSET) != 0 ? ((size_t)(p[0] & 0x7f) + 1) * 8 : bitpack_sorted_bytes(&how);
}

bool postings_block_fits(struct bq_span block, uint32_t n)
{
	const uint8_t *p = (const uint8_t *)block.ptr;

	if (block.len < 4)
		return false;
	if (p[0] == POSTINGS_TAIL)
		return n < BQ_BLOCK_DOCS && bq_get_u16(p + 2) <= block.len - 4;
	unsigned bits = p[1], n_exceptions = p[2];
	if (n != BQ_BLOCK_DOCS || ((p[0] & POSTINGS_BITSET) == 0 && p[0] > POSTINGS_MAX_LOW) || bits > 32
		|| n_exceptions > POSTINGS_MAX_EXCEPTIONS || (bits == 32 && n_exceptions != 0))
		return false;
	return 4 + docs_bytes(p) + bitpack_bytes(bits) + 2 * (size_t)n_exceptions <= block.len;
}

bool postings_get_docs(const struct bitpack_ops *ops, struct bq_span block, uint32_t n, uint32_t base,
	uint32_t docs[BQ_BLOCK_DOCS + 8], uint32_t tfs[BQ_BLOCK_DOCS])
{
	const uint8_t *p = (const uint8_t *)block.ptr;

	if (!postings_block_fits(block, n))
		return false;
	if (p[0] == POSTINGS_TAIL) {
		const struct tail t = { p + 4, bq_get_u16(p + 2), n, base };
		return ops->get_tail(&t, docs, tfs);
	}
	if ((p[0] & POSTINGS_BITSET) != 0)
		return get_bitset(ops, p + 4, (p[0] & 0x7fu) + 1, base, docs);
	struct bitpack_sorted how = sorted_of(p);
	return ops->decode_sorted(p + 4, &how, base, docs);
}

struct find_sorted postings_sorted(struct bq_span block, uint32_t base)
{
	const uint8_t *p = (const uint8_t *)block.ptr;

	return (struct find_sorted){ .low = p + 4, .how = sorted_of(p), .base = base };
}

/* Only wide numbers can be 2^32 - 1, which no tf - 1 is. */
static bool wraps(const uint32_t *tfs, unsigned bits)
{
	bool wrapped = false;

	for (uint32_t i = 0; bits + 8 >= 32 && i < BQ_BLOCK_DOCS; i++)
		wrapped |= tfs[i] == 0;
	return wrapped;
}

bool postings_get_tfs(const struct bitpack_ops *ops, struct bq_span block, uint32_t tfs[BQ_BLOCK_DOCS])
{
	const uint8_t *p = (const uint8_t *)block.ptr, *packed = p + 4 + docs_bytes(p), *e;
	unsigned bits = p[1], n_exceptions = p[2];

	ops->decode_above(packed, bits, tfs);
	e = packed + bitpack_bytes(bits);
	bool ascend = true;
	for (unsigned i = 0; i < n_exceptions; i++) {
		ascend &= i == 0 || e[2 * i] > e[2 * i - 2];
		tfs[e[2 * i]] += (uint32_t)e[2 * i + 1] << bits;
	}
	return ascend && !wraps(tfs, bits);
}

/* What the exception of document `i` adds above the packed bits, 0 if it has
 * none: four pairs of index and bits at a time.  256 less what differs of an
 * index has bit 8 only if nothing does. */
static uint32_t exception_of(const uint8_t *e, uint32_t n, uint32_t i)
{
	const uint64_t ones = UINT64_C(0x0001000100010001), low = ones * 0xff;
	uint64_t found = 0;

	for (uint32_t at = 0; at < n; at += 4) {
		uint64_t pairs = bq_get_u64(e + 2 * (size_t)at), past = n - at < 4 ? low << 16 * (n - at) : 0;
		uint64_t same = ((ones << 8) - (((pairs & low) ^ ones * i) | past)) & ones << 8;
		found |= pairs >> 8 & (same >> 8) * 0xff;
	}
	found |= found >> 32;
	return (uint32_t)(found | found >> 16) & 0xff;
}

bool postings_pick_tfs(struct bq_span block, const uint8_t *places, uint32_t n, uint32_t *tfs)
{
	const uint8_t *p = (const uint8_t *)block.ptr, *packed = p + 4 + docs_bytes(p);
	unsigned bits = p[1], n_exceptions = p[2];
	const struct find_sorted b = { .low = packed, .how.bits = bits };
	bool ok = true;

	for (uint32_t j = 0; j < n; j++) {
		tfs[j] = find_low(&b, places[j]) + 1;
		tfs[j] += exception_of(packed + bitpack_bytes(bits), n_exceptions, places[j]) << bits;
		ok &= tfs[j] != 0;
	}
	return ok;
}
