/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Many documents at once: as bits of a window, or looked up in order.  Blocks
 * that are bits stay so: their words are or-ed into the window, for they start
 * at a multiple of 64, or tested where they are.
 */
#include "segment/segment_cursor.h"

/* ---- as bits ----------------------------------------------------------- */

static void set_bit(uint64_t *bits, uint32_t at)
{
	bits[at / 64] |= UINT64_C(1) << (at & 63);
}

/* Documents of docs[at .. n) below `to`; returns where they end. */
static uint32_t set_docs(const uint32_t *docs, uint32_t at, uint32_t n, const uint32_t range[2], uint64_t *bits)
{
	while (at < n && docs[at] < range[0])
		at++;
	for (; at < n && docs[at] < range[1]; at++)
		set_bit(bits, docs[at] - range[0]);
	return at;
}

/* Words of a bitset block that lie in the window. */
static void set_words(const struct native_cursor *n, const uint32_t range[2], uint64_t *bits)
{
	const uint8_t *words = (const uint8_t *)n->post_block.ptr + 4;
	uint32_t first = native_base(n, n->block) & ~63u, last = native_last(n, n->block);
	uint32_t from = first > range[0] ? first : range[0], to = last < range[1] ? last + 1 : range[1];

	for (uint32_t doc = from; doc < to; doc += 64)
		bits[(doc - range[0]) / 64] |= bq_get_u64(words + (doc - first) / 8);
}

uint32_t native_small_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	struct native_cursor *n = native_of(c);
	const uint32_t range[2] = { from, to };

	c->n = 0;
	n->at = set_docs(n->docs, n->at, c->term.df, range, bits);
	return n->at < c->term.df ? n->docs[n->at] : BQ_DOC_END;
}

uint32_t native_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	struct native_cursor *n = native_of(c);
	const uint32_t range[2] = { from, to };
	uint32_t block = native_find_block(n, n->is_open ? n->block : 0, from);

	for (c->n = 0; block < n->n_blocks; block++) {
		if (native_base(n, block) >= to)
			return native_base(n, block);
		if (!native_enter(n, block, NATIVE_BITS))
			return BQ_DOC_END;
		if (n->has_docs)
			n->at = set_docs(n->docs, n->at, n->n, range, bits);
		else
			set_words(n, range, bits);
		if (native_last(n, block) >= to)
			return n->has_docs ? n->docs[n->at] : to;
	}
	n->is_open = true;
	n->block = n->n_blocks;
	return BQ_DOC_END;
}

/* ---- looked up --------------------------------------------------------- */

static void take_tfs(const uint32_t *all, const uint8_t *place, uint32_t n, uint32_t *tfs)
{
	for (uint32_t i = 0; i < n; i++)
		tfs[i] = all[place[i]];
}

/* Picking so many tfs takes less than decoding all. */
enum { FEW_TFS = 2 };

/* The tfs of `held` documents of the block at hand. */
static void get_tfs(struct native_cursor *n, const uint8_t *place, uint32_t held, uint32_t *tfs)
{
	if (held > FEW_TFS || n->c.has_tfs || !postings_can_pick(n->post_block))
		take_tfs(bq_cursor_tfs(&n->c), place, held, tfs);
	else if (!postings_pick_tfs(n->post_block, place, held, tfs))
		(void)native_damaged(n, "a damaged postings block [F19]");
}

/* Nobody can predict where that ends: eight at a time, no jump. */
uint32_t native_count_until(const uint32_t *docs, uint32_t n, uint32_t last)
{
	uint32_t i = 0, more = 0;

	n = n < BQ_BLOCK_DOCS ? n : BQ_BLOCK_DOCS;
	while (i + 8 <= n && docs[i + 7] <= last)
		i += 8;
	if (i + 8 <= n) {
		for (uint32_t k = 0; k < 8; k++)
			more += docs[i + k] <= last;
		return i + more;
	}
	while (i < n && docs[i] <= last)
		i++;
	return i;
}

uint32_t native_small_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n_docs, uint16_t *at, uint32_t *tfs)
{
	struct native_cursor *n = native_of(c);
	uint32_t n_held = 0, p = n->at;

	c->n = 0;
	for (uint32_t i = 0; i < n_docs; i++) {
		while (p < c->term.df && n->docs[p] < docs[i])
			p++;
		if (p == c->term.df)
			break;
		if (n->docs[p] != docs[i])
			continue;
		if (tfs != NULL)
			tfs[n_held] = n->tfs[p];
		at[n_held++] = (uint16_t)i;
	}
	n->at = p;
	return n_held;
}

enum { LINE = 64, NEAR_LINES = 4 }; /* of a block: more than its documents take as a rule */

static void prefetch_block(const struct native_cursor *n, uint32_t block)
{
	uint64_t from = 4 * (uint64_t)bq_get_u32(n->list.block_off + 4 * (size_t)block);

	for (uint32_t i = 0; i < NEAR_LINES && from < n->list.blocks.len; i++, from += LINE)
		__builtin_prefetch(n->list.blocks.ptr + from);
}

struct native_run native_next_run(const struct native_cursor *n, uint32_t block, const uint32_t *docs, uint32_t n_docs)
{
	struct native_run r = { n_docs == 0 ? n->n_blocks : native_find_block(n, block, docs[0]), 0 };

	if (r.block < n->n_blocks) {
		r.n = native_count_until(docs, n_docs, native_last(n, r.block));
		prefetch_block(n, r.block);
	}
	return r;
}

uint32_t native_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n_docs, uint16_t *at, uint32_t *tfs)
{
	struct native_cursor *n = native_of(c);
	struct native_run run = native_next_run(n, n->is_open ? n->block : 0, docs, n_docs), next;
	uint8_t place[BQ_BLOCK_DOCS];
	uint32_t n_held = 0, i = 0;

	c->n = 0;
	for (; i < n_docs; i += run.n, run = next) {
		next = native_next_run(n, run.block, docs + i + run.n, n_docs - i - run.n);
		int held = run.n == 0 ? -1 : native_held(n, run.block, docs + i, run.n, at + n_held, place);
		if (held < 0) {
			n->is_open = true;
			n->block = n->n_blocks;
			break;
		}
		if (tfs != NULL)
			get_tfs(n, place, (uint32_t)held, tfs + n_held);
		for (uint32_t j = 0; j < (uint32_t)held; j++)
			at[n_held + j] = (uint16_t)(at[n_held + j] + i);
		n_held += (uint32_t)held;
	}
	return n_held;
}
