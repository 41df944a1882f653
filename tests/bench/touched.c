/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/touched.h"

#include <bq/bytes.h>

#include "segment/segment.h"

enum { LINE = 64, BOUND = 6 }; /* bytes; a bound: its last document and two halves */

/* Operations of one cursor: the real ones behind the counting ones. */
struct counting {
	struct bq_cursor_ops ops; /* first */
	const struct bq_cursor_ops *real;
	bool has_blocks; /* a list of df >= 256: `list` is open */
	struct postings_list list;
	uint32_t next;   /* the block behind the last one decoded */
	uint32_t tf_bytes; /* of that block's tfs */
};

static struct touched *sink;
static const struct bq_leaf_ops *real_leaf_ops;
static struct bq_leaf_ops leaf_ops;

static struct counting *counting_of(struct bq_cursor *c)
{
	return (struct counting *)(uintptr_t)c->ops;
}

/* Bytes of a block's tfs, exceptions included; those of a tail stand among its documents. */
static uint32_t tf_bytes(struct bq_span block)
{
	const uint8_t *p = (const uint8_t *)block.ptr;

	return postings_is_tail(block) ? 0 : 32u * p[1] + 2u * p[2];
}

/* The block from `from` on that ends at `last`; n_blocks if none does. */
static uint32_t find_last(const struct counting *k, uint32_t from, uint32_t last)
{
	while (from < k->list.n_blocks && bq_get_u32(k->list.last_doc + 4 * (size_t)from) != last)
		from++;
	return from;
}

/* The decoded block of `c` is one of a frequent word; lookups may have gone
 * past it in the meantime. */
static void count_block(struct bq_cursor *c, struct counting *k)
{
	uint32_t from = k->next, at = find_last(k, from, c->last);

	if (at == k->list.n_blocks) {
		from = 0;
		at = find_last(k, 0, c->last);
	}
	uint32_t passed = at - from;
	sink->skip += 12 + 4 * (uint64_t)(passed < 64 ? passed : 64 + passed / BQ_SKIP_FANOUT);
	struct bq_span block = postings_block_at(&k->list, at);
	k->tf_bytes = tf_bytes(block);
	sink->post += block.len - k->tf_bytes;
	k->next = at + 1;
}

static bool count_load(struct bq_cursor *c, struct counting *k, bool loaded)
{
	if (!loaded)
		return false;
	sink->blocks++;
	sink->postings += c->n;
	if (k->has_blocks)
		count_block(c, k);
	return true;
}

static bool counted_next(struct bq_cursor *c)
{
	struct counting *k = counting_of(c);

	return count_load(c, k, k->real->next_block(c));
}

static bool counted_seek(struct bq_cursor *c, uint32_t target)
{
	struct counting *k = counting_of(c);

	return count_load(c, k, k->real->seek_block(c, target));
}

/* Block `i` of a frequent word has been looked into. */
static void count_one(struct counting *k, uint32_t i, bool with_tfs)
{
	struct bq_span block = postings_block_at(&k->list, i);
	uint32_t left = k->list.df - i * BQ_BLOCK_DOCS;

	k->tf_bytes = tf_bytes(block);
	sink->blocks++;
	sink->postings += left < BQ_BLOCK_DOCS ? left : BQ_BLOCK_DOCS;
	sink->skip += 12;
	sink->post += block.len - (with_tfs ? 0 : k->tf_bytes);
}

/* The blocks up to the one that ends at or behind `doc` have been passed, and
 * that one, unless it was before, looked into. */
static void count_until(struct counting *k, uint32_t doc, bool with_tfs)
{
	uint32_t i = k->next;

	if (i > 0 && bq_get_u32(k->list.last_doc + 4 * (size_t)(i - 1)) >= doc)
		return;
	while (i < k->list.n_blocks && bq_get_u32(k->list.last_doc + 4 * (size_t)i) < doc)
		i++;
	if (i == k->list.n_blocks)
		return;
	uint32_t passed = i - k->next;
	sink->skip += 4 * (uint64_t)(passed < 64 ? passed : 64 + passed / BQ_SKIP_FANOUT);
	count_one(k, i, with_tfs);
	k->next = i + 1;
}

static bool counted_load(struct bq_cursor *c, uint32_t block)
{
	struct counting *k = counting_of(c);
	bool loaded = k->real->load_block(c, block);

	if (loaded && k->has_blocks)
		count_one(k, block, false);
	return loaded;
}

static uint32_t counted_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	struct counting *k = counting_of(c);

	for (uint32_t next = k->next - 1; k->has_blocks && next != k->next;) {
		next = k->next; /* all blocks that start before `to` */
		if (next == 0 || bq_get_u32(k->list.last_doc + 4 * (size_t)(next - 1)) + 1 < to)
			count_until(k, next == 0 ? from : bq_get_u32(k->list.last_doc + 4 * (size_t)(next - 1)) + 1,
				false);
	}
	return k->real->fill(c, from, to, bits);
}

static uint32_t counted_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs)
{
	struct counting *k = counting_of(c);

	for (uint32_t i = 0; k->has_blocks && i < n; i++)
		count_until(k, docs[i], tfs != NULL);
	return k->real->hold(c, docs, n, at, tfs);
}

static void counted_rewind(struct bq_cursor *c)
{
	struct counting *k = counting_of(c);

	k->next = 0;
	k->real->rewind(c);
}

static void counted_tfs(struct bq_cursor *c)
{
	struct counting *k = counting_of(c);

	sink->post += k->tf_bytes;
	k->real->load_tfs(c);
}

/* Bytes of the position block that belongs to the decoded block. */
static uint64_t position_bytes(const struct bq_cursor *c, const struct counting *k)
{
	if (!k->has_blocks)
		return c->term.priv[SEGMENT_PRIV_POS_LEN];
	if (k->list.pos_off == NULL || k->next == 0)
		return 0;
	const uint8_t *at = k->list.pos_off + 4 * (size_t)(k->next - 1);
	return 4 * (uint64_t)(bq_get_u32(at + 4) - bq_get_u32(at));
}

static const uint32_t *counted_positions(struct bq_cursor *c, uint32_t i, uint32_t *n)
{
	struct counting *k = counting_of(c);
	const uint32_t *positions = k->real->positions(c, i, n);
	uint64_t all = 0;

	if (*n == 0)
		return positions;
	for (uint32_t d = 0; d < c->n; d++)
		all += bq_cursor_tfs(c)[d];
	sink->places++;
	sink->pos += LINE + position_bytes(c, k) * *n / all / LINE * LINE;
	return positions;
}

/* A meeting that enters blocks without their tfs is counted as if it decoded
 * them whole; spots are read, if at all, a line each. */
static uint32_t counted_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept,
	struct bq_spot *spots)
{
	struct counting *k = counting_of(c);
	uint32_t n_kept = 0;

	/* one by one, so that every block entered is seen */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t last = c->last, had = c->n;
		uint16_t one;
		if (k->real->meet(c, &docs[i], 1, &one, spots == NULL ? NULL : &spots[n_kept]) != 0)
			kept[n_kept++] = (uint16_t)i;
		if (c->n != 0 && (had == 0 || c->last != last) && c->read->error.status == BQ_OK)
			(void)count_load(c, k, true);
	}
	return n_kept;
}

static void count_spots(const struct bq_spot *spots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		sink->places++;
		sink->pos += LINE + (uint64_t)(spots[i].tf - 1) * spots[i].w1 / 8 / LINE * LINE;
	}
}

static bool counted_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	bool ok = real_leaf_ops->ready(l, spots, n, rd);

	if (ok)
		count_spots(spots, n);
	return ok;
}

/* As if each document's were looked up: more than is read where they stand side by side. */
static bool counted_spots(struct bq_cursor *c, struct bq_spot *spots)
{
	bool ok = counting_of(c)->real->spots(c, spots);

	if (ok)
		count_spots(spots, c->n);
	return ok;
}

static uint8_t counted_range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct counting *k = counting_of(c);

	sink->bound += k->has_blocks ? BOUND : 0;
	return k->real->range_impact(c, from, to);
}

static uint8_t counted_block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct counting *k = counting_of(c);

	sink->bound += k->has_blocks ? BOUND : 0;
	return k->real->block_impact(c, from, last);
}

static uint8_t counted_nth_impact(const struct bq_cursor *c, uint32_t n)
{
	const struct counting *k = (const struct counting *)(const void *)c->ops;

	if (k->has_blocks && n <= 2 * (uint64_t)k->list.n_blocks)
		sink->bound += 2 * (uint64_t)k->list.n_blocks;
	return k->real->nth_impact(c, n);
}

/* The record of a list of df >= 256; a pair has no TINFO. */
static bool open_list(const struct segment *s, const struct bq_term *t, struct postings_list *out)
{
	struct tinfo info = { .df = t->df, .post_off = t->priv[SEGMENT_PRIV_POST],
		.flags = postings_is_dense(t->df, s->leaf.n_docs) ? TINFO_RANGES : 0 };

	if (t->kind == BQ_TERM_PAIR)
		return postings_open(s->ppost, &info, s->leaf.n_docs, out);
	info = tinfo_get((const uint8_t *)s->tinfo.ptr + t->priv[SEGMENT_PRIV_POST] * TINFO_BYTES);
	return postings_open(s->post, &info, s->leaf.n_docs, out);
}

static struct bq_cursor *counted_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	struct bq_cursor *c = real_leaf_ops->cursor(l, t, rd);
	struct counting *k = bq_arena_alloc(rd->mem, sizeof *k);

	if (c == NULL || k == NULL)
		return NULL;
	*k = (struct counting){ .ops = *c->ops, .real = c->ops };
	k->ops.next_block = counted_next;
	k->ops.seek_block = counted_seek;
	k->ops.load_tfs = counted_tfs;
	k->ops.load_block = counted_load;
	k->ops.fill = counted_fill;
	k->ops.hold = counted_hold;
	k->ops.rewind = counted_rewind;
	k->ops.positions = counted_positions;
	k->ops.meet = counted_meet;
	k->ops.spots = counted_spots;
	k->ops.range_impact = counted_range_impact;
	k->ops.block_impact = counted_block_impact;
	k->ops.nth_impact = counted_nth_impact;
	if ((t->priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_FREQUENT)
		k->has_blocks = open_list(s, t, &k->list);
	else
		sink->post += t->priv[SEGMENT_PRIV_MODE] >> 8;
	c->ops = &k->ops;
	return c;
}

static int counted_text(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	int rc = real_leaf_ops->text(l, head, off, len, out, rd);
	uint64_t from = head->priv[0] + off; /* of the string of all documents: see docs.h */

	if (rc == BQ_OK && out->len != 0)
		sink->frames += (from + out->len - 1) / BQ_FRAME_BYTES - from / BQ_FRAME_BYTES + 1;
	return rc;
}

void touched_begin(struct bq_index *ix, struct touched *t)
{
	*t = (struct touched){ 0 };
	sink = t;
	if (ix->n_leaves == 0)
		return;
	real_leaf_ops = ix->leaves[0]->ops;
	leaf_ops = *real_leaf_ops;
	leaf_ops.cursor = counted_cursor;
	leaf_ops.text = counted_text;
	leaf_ops.ready = counted_ready;
	for (uint32_t i = 0; i < ix->n_leaves; i++)
		ix->leaves[i]->ops = &leaf_ops;
}

void touched_end(struct bq_index *ix)
{
	for (uint32_t i = 0; i < ix->n_leaves; i++)
		ix->leaves[i]->ops = real_leaf_ops;
	sink = NULL;
}
