/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/placed.h"

#include "codec/bits.h"
#include "segment/segment.h"

/* ---- blocks ------------------------------------------------------------ */

/* All documents of a list that has no blocks. */
static bool decode_small(struct placed *p)
{
	if (p->tail.len != 0)
		return postings_get_tail(p->s->codec, p->tail, p->n, p->at->docs, p->at->tfs)
			&& p->at->docs[p->n - 1] < p->s->leaf.n_docs;
	p->at->docs[0] = p->next_doc;
	p->at->tfs[0] = p->only_tf;
	return true;
}

static bool open_small(struct placed *p, const struct bq_term *t, unsigned mode)
{
	p->n = t->df;
	if (mode == SEGMENT_SMALL) {
		p->tail = bq_span_make(p->s->post.ptr + t->priv[SEGMENT_PRIV_POST],
			(size_t)(t->priv[SEGMENT_PRIV_MODE] >> 8));
		return p->tail.len != 0 && decode_small(p);
	}
	p->next_doc = (uint32_t)t->priv[SEGMENT_PRIV_POST];
	p->only_tf = (uint32_t)t->ttf;
	return t->ttf <= BQ_MAX_POS && (t->ttf == 1) == (p->pos.len == 0) && decode_small(p);
}

static bool open_blocks(struct placed *p, const struct bq_term *t)
{
	const struct segment *s = p->s;
	struct tinfo info = tinfo_get((const uint8_t *)s->tinfo.ptr + t->priv[SEGMENT_PRIV_POST] * TINFO_BYTES);

	p->n_blocks = postings_blocks(info.df);
	p->pos_off = info.pos_off;
	return postings_open(s->post, &info, s->leaf.n_docs, &p->list) && info.pos_off <= s->pos.len
		&& p->list.pos_off != NULL;
}

int placed_open(struct placed *p, const struct segment *s, const struct bq_term *t, struct bq_read *rd)
{
	unsigned mode = t->priv[SEGMENT_PRIV_MODE] & 0xff;
	bool ok;

	*p = (struct placed){ .s = s, .rd = rd, .at = p->at, .is_shared = p->is_shared,
		.position = (uint32_t)t->priv[SEGMENT_PRIV_POS] };
	p->pos = bq_span_make(s->pos.ptr + t->priv[SEGMENT_PRIV_POS], (size_t)t->priv[SEGMENT_PRIV_POS_LEN]);
	ok = mode == SEGMENT_FREQUENT ? open_blocks(p, t) : open_small(p, t, mode);
	if (!ok)
		return segment_damaged(s, rd, "a damaged list [F17]");
	p->next_doc = p->n == 0 ? 0 : p->at->docs[0];
	return BQ_OK;
}

/* The bytes of POS that belong to block `b`; false if its offsets are damaged. */
static bool find_positions(struct placed *p, uint32_t b)
{
	const uint8_t *off = p->list.pos_off + 4 * (size_t)b;
	uint64_t from = p->pos_off + 4 * (uint64_t)bq_get_u32(off), to = p->pos_off + 4 * (uint64_t)bq_get_u32(off + 4);

	if (from >= to || to > p->s->pos.len)
		return false;
	p->pos = bq_span_make(p->s->pos.ptr + from, (size_t)(to - from));
	return true;
}

static int decode_block(struct placed *p, uint32_t b)
{
	const uint8_t *lasts = p->list.last_doc + 4 * (size_t)b;
	struct bq_span bytes = postings_block_at(&p->list, b);
	uint32_t base = b == 0 ? 0 : bq_get_u32(lasts - 4) + 1, last = bq_get_u32(lasts);
	uint32_t left = p->list.df - b * BQ_BLOCK_DOCS, n = left < BQ_BLOCK_DOCS ? left : BQ_BLOCK_DOCS;

	if (bytes.ptr == NULL || last >= p->s->leaf.n_docs || base > last || !find_positions(p, b))
		return segment_damaged(p->s, p->rd, "a damaged skip entry [F18]");
	if (!postings_get_docs(p->s->codec, bytes, n, base, p->at->docs, p->at->tfs)
		|| (!postings_is_tail(bytes) && !postings_get_tfs(p->s->codec, bytes, p->at->tfs)))
		return segment_damaged(p->s, p->rd, "a damaged postings block [F19]");
	if (p->at->docs[n - 1] != last)
		return segment_damaged(p->s, p->rd, "documents out of order in a block [F20]");
	p->n = n;
	return BQ_OK;
}

/* Decode the next block. */
static int load_block(struct placed *p)
{
	int rc = decode_block(p, p->block);

	if (rc != BQ_OK)
		return rc;
	p->block++;
	p->i = 0;
	p->next_doc = p->at->docs[0];
	return BQ_OK;
}

/* Others have used the room for the block at hand. */
static int reload_block(struct placed *p)
{
	if (p->n_blocks != 0)
		return decode_block(p, p->block - 1);
	return decode_small(p) ? BQ_OK : segment_damaged(p->s, p->rd, "a damaged list [F17]");
}

int placed_seek(struct placed *p, uint32_t doc)
{
	int rc = BQ_OK;

	if (p->n_blocks == 0) {
		rc = doc == 0 ? BQ_OK : reload_block(p);
	} else {
		while (p->block < p->n_blocks && bq_get_u32(p->list.last_doc + 4 * (size_t)p->block) < doc)
			p->block++;
		if (doc != 0 && p->block < p->n_blocks)
			rc = load_block(p);
	}
	while (rc == BQ_OK && p->i < p->n && p->at->docs[p->i] < doc)
		p->i++;
	if (p->i < p->n)
		p->next_doc = p->at->docs[p->i];
	return rc;
}

int placed_count(struct placed *p, const uint32_t *ends, uint32_t n, uint64_t *counts)
{
	uint32_t k = 0;
	int rc = BQ_OK;

	for (;;) {
		for (; p->i < p->n; p->i++) {
			while (k + 1 < n && p->at->docs[p->i] >= ends[k])
				k++;
			counts[k] += p->at->tfs[p->i];
		}
		if (rc != BQ_OK || p->block == p->n_blocks)
			return rc;
		rc = load_block(p);
	}
}

/* ---- positions --------------------------------------------------------- */

/* What documents [from, to) of one group have: bits of `p`. */
struct run {
	const uint8_t *p;
	unsigned w0, w1;
	uint64_t first_at, rest_at;
};

/* Find a run of one group and check that its bits lie in the block [F23]. */
static bool find_run(const struct placed *p, uint32_t from, uint32_t to, struct run *out)
{
	const uint8_t *block = (const uint8_t *)p->pos.ptr;
	uint32_t g = from / BQ_POS_GROUP, n_groups = (p->n + BQ_POS_GROUP - 1) / BQ_POS_GROUP;
	uint32_t start = g * BQ_POS_GROUP, docs = p->n - start < BQ_POS_GROUP ? p->n - start : BQ_POS_GROUP;
	size_t head = n_groups == 1 ? 2 : 1 + 4 * (size_t)n_groups;
	uint64_t offset = 0, before = 0, here = 0;

	if (p->pos.len < head || (n_groups > 1 && block[0] > 31))
		return false;
	const uint8_t *h = n_groups == 1 ? block : block + 1 + 4 * (size_t)g;
	if (n_groups > 1)
		offset = (uint64_t)bq_get_u16(h + 2) << block[0];
	if (h[0] > 32 || h[1] > 32 || offset > p->pos.len - head)
		return false;
	for (uint32_t i = start; i < from; i++)
		before += p->at->tfs[i] - 1;
	for (uint32_t i = from; i < to; i++)
		here += p->at->tfs[i] - 1;
	*out = (struct run){ block + head + offset, h[0], h[1], (from - start) * (uint64_t)h[0],
		docs * (uint64_t)h[0] + before * h[1] };
	return bits_bytes(out->rest_at + here * h[1]) <= p->pos.len - head - offset;
}

static int scatter_run(const struct placed *p, uint32_t from, uint32_t to, const struct placed_slots *s, uint16_t value)
{
	struct run r;

	if (!find_run(p, from, to, &r))
		return segment_damaged(p->s, p->rd, "a damaged positions block [F23]");
	for (uint32_t i = from; i < to; i++) {
		uint32_t doc = p->at->docs[i] - s->first, end = s->ends[doc];
		uint16_t *slots = s->slots + s->bases[doc];
		uint64_t pos = bits_get(r.p, r.first_at, r.w0);
		r.first_at += r.w0;
		for (uint32_t left = p->at->tfs[i] - 1; left != 0 && pos < end; left--, r.rest_at += r.w1) {
			slots[pos] = value;
			pos += 1 + (uint64_t)bits_get(r.p, r.rest_at, r.w1);
		}
		if (pos >= end)
			return segment_damaged(p->s, p->rd, "a position behind the end of its document [F24]");
		slots[pos] = value;
	}
	return BQ_OK;
}

/* What of the decoded block lies in the documents of `s`. */
static int scatter_block(struct placed *p, const struct placed_slots *s, uint16_t value)
{
	int rc = BQ_OK;

	while (p->i < p->n && p->at->docs[p->i] < s->end && rc == BQ_OK) {
		uint32_t to = p->i + 1, stop = (p->i / BQ_POS_GROUP + 1) * BQ_POS_GROUP;
		while (to < p->n && to < stop && p->at->docs[to] < s->end)
			to++;
		if (p->pos.len != 0)
			rc = scatter_run(p, p->i, to, s, value);
		else if (p->position < s->ends[p->at->docs[0] - s->first])
			s->slots[s->bases[p->at->docs[0] - s->first] + p->position] = value;
		else
			rc = segment_damaged(p->s, p->rd, "a position behind the end of its document [F24]");
		p->i = to;
	}
	if (p->i < p->n)
		p->next_doc = p->at->docs[p->i];
	return rc;
}

int placed_scatter(struct placed *p, const struct placed_slots *to, uint16_t value, uint64_t *bytes)
{
	int rc = BQ_OK;

	if (p->i < p->n && p->next_doc < to->end) {
		*bytes += PLACED_FAULT_BYTES; /* positions */
		rc = p->is_shared ? reload_block(p) : BQ_OK;
		if (rc == BQ_OK)
			rc = scatter_block(p, to, value);
	}
	while (rc == BQ_OK && p->i == p->n && p->block < p->n_blocks) {
		*bytes += 3 * PLACED_FAULT_BYTES; /* skips, documents, positions */
		rc = load_block(p);
		if (rc == BQ_OK)
			rc = scatter_block(p, to, value);
	}
	return rc;
}
