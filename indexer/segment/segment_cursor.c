/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The native cursor: one word's list, a block at a time.
 */
#include "segment/segment_cursor.h"

#include <string.h>

#include "segment/positions.h"

bool native_damaged(struct native_cursor *n, const char *what)
{
	(void)segment_damaged(n->segment, n->c.read, what);
	n->block = n->n_blocks;
	return false;
}

/* ---- words with df < 256: everything is decoded when the cursor opens ---- */

static bool small_next(struct bq_cursor *c)
{
	struct native_cursor *n = native_of(c);

	if (n->is_open)
		return false;
	n->is_open = true;
	c->n = c->term.df;
	c->last = n->docs[c->n - 1];
	return true;
}

static void small_rewind(struct bq_cursor *c)
{
	struct native_cursor *n = native_of(c);

	n->is_open = false;
	n->at = n->near = 0;
	c->n = c->i = c->doc = 0;
}

static bool small_seek(struct bq_cursor *c, uint32_t target)
{
	native_of(c)->is_open = false;
	return small_next(c) && c->last >= target;
}

static bool small_load(struct bq_cursor *c, uint32_t block)
{
	native_of(c)->is_open = false;
	return block == 0 && small_next(c);
}

/* ---- words with df >= 256 ---- */

/* The bytes of POS that belong to `block`; empty for lists without. */
static bool find_positions(struct native_cursor *n, uint32_t block)
{
	const struct bq_span pos = n->segment->pos;

	n->pos_block = (struct bq_span){ NULL, 0 };
	if (n->list.pos_off == NULL)
		return true;
	uint64_t from = n->pos_off + 4 * (uint64_t)bq_get_u32(n->list.pos_off + 4 * (size_t)block);
	uint64_t to = n->pos_off + 4 * (uint64_t)bq_get_u32(n->list.pos_off + 4 * ((size_t)block + 1));
	if (from > to || to > pos.len)
		return false;
	n->pos_block = bq_span_make(pos.ptr + from, (size_t)(to - from));
	return true;
}

/* A bitset has 256 bits, none below `base`, the last one `last` [F20]. */
static bool check_set(const struct native_cursor *n, uint32_t base, uint32_t last)
{
	const uint8_t *p = (const uint8_t *)n->post_block.ptr, *words = p + 4;
	uint32_t n_words = (p[0] & 0x7fu) + 1, at = last - (base & ~63u);
	uint64_t low = bq_get_u64(words);

	return at / 64 == n_words - 1 && bq_get_u64(words + at / 64 * 8) >> (at & 63) == 1 &&
		(low & ((UINT64_C(1) << (base & 63)) - 1)) == 0 && n->segment->find->count(words, n_words) == n->n;
}

/* Sorted documents are 256, the last one `last` [F20].  Whether they ascend is
 * seen where they are decoded: to look one up, they need not. */
static bool check_sorted(const struct native_cursor *n, uint32_t base, uint32_t last)
{
	const struct find_sorted b = postings_sorted(n->post_block, base);
	const uint8_t *high = find_high(&b);
	uint32_t w = b.how.n_words;
	uint64_t top = 0;

	if (n->segment->find->count(high, w) != n->n)
		return false;
	while (top == 0)
		top = bq_get_u64(high + 8 * (size_t)--w);
	uint64_t at = 64 * (uint64_t)w + 63 - (unsigned)__builtin_clzll(top) - (n->n - 1);
	return (at << b.how.bits | find_low(&b, n->n - 1)) + base == last;
}

/* A block that was not the one at hand: where its parts are. */
static bool open_block(struct native_cursor *n, uint32_t block, uint32_t base, uint32_t last)
{
	uint32_t left = n->list.df - block * BQ_BLOCK_DOCS;

	n->block = block;
	n->is_open = true;
	n->has_docs = false;
	n->at = n->n_asked = 0;
	n->n = left < BQ_BLOCK_DOCS ? left : BQ_BLOCK_DOCS;
	n->post_block = postings_block_at(&n->list, block);
	if (n->post_block.ptr == NULL || last >= n->segment->leaf.n_docs || base > last || !find_positions(n, block))
		return native_damaged(n, "a damaged skip entry [F18]");
	if (!postings_block_fits(n->post_block, n->n))
		return native_damaged(n, "a damaged postings block [F19]");
	n->c.has_tfs = postings_is_tail(n->post_block);
	return true;
}

/* What is checked here nobody asks again: the documents ascend, end on the
 * skip entry's, and none is beyond the segment [F20]. */
bool native_enter(struct native_cursor *n, uint32_t block, enum native_want want)
{
	uint32_t base = native_base(n, block), last = native_last(n, block);
	bool is_new = !n->is_open || n->block != block, ok = true;

	if (is_new && !open_block(n, block, base, last))
		return false;
	bool is_set = postings_is_set(n->post_block), is_tail = postings_is_tail(n->post_block);
	if (!n->has_docs && (is_tail || want == NATIVE_DOCS || (want == NATIVE_BITS && !is_set))) {
		n->has_docs = true;
		ok = postings_get_docs(n->segment->codec, n->post_block, n->n, base, n->docs, n->tfs) &&
			n->docs[n->n - 1] == last;
	} else if (is_new) {
		ok = is_set ? check_set(n, base, last) : check_sorted(n, base, last);
	}
	return ok || native_damaged(n, "documents out of order in a block [F20]");
}

/* Looking up so many takes about as long as decoding all. */
enum { FEW_ASKED = 16 };

int native_held(struct native_cursor *n, uint32_t block, const uint32_t *docs, uint32_t n_docs, uint16_t *at,
	uint8_t *place)
{
	const struct find_ops *find = n->segment->find;
	uint32_t base = native_base(n, block), asked = n_docs + (n->is_open && n->block == block ? n->n_asked : 0);

	if (!native_enter(n, block, asked <= FEW_ASKED ? NATIVE_ANY : NATIVE_BITS))
		return -1;
	n->n_asked = asked;
	if (n->has_docs)
		return (int)find->in_docs(n->docs, n->n, docs, n_docs, at, place);
	if (postings_is_set(n->post_block))
		return (int)find->in_set((const uint8_t *)n->post_block.ptr + 4, base & ~63u, docs, n_docs, at, place);
	const struct find_sorted b = postings_sorted(n->post_block, base);
	return (int)find->in_sorted(&b, docs, n_docs, at, place);
}

/* Make `block` the one that is walked over. */
static bool load_block(struct native_cursor *n, uint32_t block)
{
	if (!native_enter(n, block, NATIVE_DOCS))
		return false;
	n->c.n = n->n;
	n->c.last = native_last(n, block);
	return true;
}

static void load_tfs(struct bq_cursor *c)
{
	struct native_cursor *n = native_of(c);

	if (!c->has_tfs && !postings_get_tfs(n->segment->codec, n->post_block, n->tfs))
		(void)native_damaged(n, "a damaged postings block [F19]");
	c->has_tfs = true;
}

static bool frequent_next(struct bq_cursor *c)
{
	struct native_cursor *n = native_of(c);
	uint32_t block = n->is_open ? n->block + 1 : 0;

	if (block >= n->n_blocks) {
		n->block = n->n_blocks;
		return false;
	}
	return load_block(n, block);
}

/* The first block from `block` on whose last document is >= target: first by
 * 32 blocks, then one by one. */
uint32_t native_find_block(const struct native_cursor *n, uint32_t block, uint32_t target)
{
	while (block < n->n_blocks && native_last(n, block) < target) {
		uint32_t up = block / BQ_SKIP_FANOUT;
		if (block % BQ_SKIP_FANOUT == 0 && bq_get_u32(n->list.up_last + 4 * (size_t)up) < target)
			block += BQ_SKIP_FANOUT;
		else
			block++;
	}
	return block;
}

/* The block at hand may be the one, if only its bits were asked for. */
static bool frequent_seek(struct bq_cursor *c, uint32_t target)
{
	struct native_cursor *n = native_of(c);
	uint32_t block = native_find_block(n, n->is_open ? n->block : 0, target);

	if (block >= n->n_blocks) {
		n->is_open = true;
		n->block = n->n_blocks;
		return false;
	}
	return load_block(n, block);
}

static void frequent_rewind(struct bq_cursor *c)
{
	struct native_cursor *n = native_of(c);

	n->is_open = false;
	n->near = 0;
	c->n = c->i = c->doc = 0;
}

static bool frequent_load(struct bq_cursor *c, uint32_t block)
{
	struct native_cursor *n = native_of(c);

	return block < n->n_blocks && load_block(n, block);
}

/* ---- bounds ---- */

static uint8_t small_range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct native_cursor *n = native_of(c);

	while (n->near < c->term.df && n->docs[n->near] < from)
		n->near++;
	return n->near < c->term.df && n->docs[n->near] < to ? UINT8_MAX : 0;
}

static uint8_t small_block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct native_cursor *n = native_of(c);
	uint32_t end = n->docs[c->term.df - 1];

	*last = from <= end ? end : BQ_DOC_END;
	return from <= end ? UINT8_MAX : 0;
}

static uint8_t small_nth_impact(const struct bq_cursor *c, uint32_t n)
{
	(void)c;
	(void)n;
	return 0;
}

static const uint8_t *small_block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	static const uint8_t unknown[2] = { UINT8_MAX, UINT8_MAX };

	(void)c;
	*n_blocks = 1;
	return unknown;
}

static uint8_t larger(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static uint8_t block_bound(const struct native_cursor *n, uint32_t block)
{
	return larger(n->list.bound[2 * (size_t)block], n->list.bound[2 * (size_t)block + 1]);
}

/* Every bound over a stretch that overlaps [from, to): of 4,096 documents if
 * the word is dense, else of blocks. */
static uint8_t frequent_range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct native_cursor *n = native_of(c);
	uint8_t most = 0;

	to = to < n->segment->leaf.n_docs ? to : n->segment->leaf.n_docs;
	if (n->list.range_bound != NULL) {
		for (uint64_t d = from & ~(BQ_RANGE_DOCS - 1); d < to; d += BQ_RANGE_DOCS)
			most = larger(most, n->list.range_bound[d / BQ_RANGE_DOCS]);
		return most;
	}
	n->near = native_find_block(n, n->near, from);
	for (uint32_t block = n->near; block < n->n_blocks; block++) {
		if (block > n->near && native_last(n, block - 1) >= to - 1)
			break;
		most = larger(most, block_bound(n, block));
	}
	return most;
}

static uint8_t frequent_block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct native_cursor *n = native_of(c);

	n->near = native_find_block(n, n->near, from);
	*last = n->near < n->n_blocks ? native_last(n, n->near) : BQ_DOC_END;
	return n->near < n->n_blocks ? block_bound(n, n->near) : 0;
}

/* Each half block has a document that reaches its bound: count bounds. */
static uint8_t frequent_nth_impact(const struct bq_cursor *c, uint32_t n)
{
	const struct native_cursor *nc = (const struct native_cursor *)(const void *)c;
	uint32_t count[256] = { 0 }, reached = 0, impact = 256;

	if (n > 2 * (uint64_t)nc->n_blocks)
		return 0;
	for (size_t i = 0; i < 2 * (size_t)nc->n_blocks; i++)
		count[nc->list.bound[i]]++;
	while (impact > 0 && reached < n)
		reached += count[--impact];
	return (uint8_t)impact;
}

static const uint8_t *frequent_block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	const struct native_cursor *n = (const struct native_cursor *)(const void *)c;

	*n_blocks = n->n_blocks;
	return n->list.bound;
}

/* ---- positions ---- */

static bool make_room(struct native_cursor *n, uint32_t count)
{
	if (count <= n->n_positions)
		return true;
	uint32_t room = count < 64 ? 64 : count;
	uint32_t *p = bq_arena_alloc(n->c.read->mem, room * sizeof *p);
	if (p == NULL)
		return false;
	n->positions = p;
	n->n_positions = room;
	return true;
}

static const uint32_t *get_positions(struct bq_cursor *c, uint32_t i, uint32_t *count)
{
	struct native_cursor *n = native_of(c);
	uint32_t tf = bq_cursor_tfs(c)[i];

	*count = 0;
	if (c->term.kind != BQ_TERM_WORD)
		return NULL;
	if ((c->term.priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_INLINE && tf == 1) {
		*count = 1;
		return n->positions;
	}
	if (!positions_fit(n->pos_block, n->tfs, c->n, i)) {
		(void)native_damaged(n, "a damaged positions block [F23]");
		return NULL;
	}
	if (!make_room(n, tf))
		return NULL;
	if (!positions_get(n->pos_block, n->tfs, c->n, i, n->positions)) {
		(void)native_damaged(n, "positions out of order [F24]");
		return NULL;
	}
	*count = tf;
	return n->positions;
}

/* ---- opening ---- */

static bool open_inline(struct native_cursor *n, const struct bq_term *t)
{
	if (t->ttf > BQ_MAX_POS || !make_room(n, 1))
		return false;
	n->docs[0] = (uint32_t)t->priv[SEGMENT_PRIV_POST];
	n->tfs[0] = (uint32_t)t->ttf;
	n->positions[0] = (uint32_t)t->priv[SEGMENT_PRIV_POS];
	return n->positions[0] < BQ_MAX_POS || t->ttf > 1;
}

static bool open_small(struct native_cursor *n, const struct bq_term *t)
{
	const struct segment *s = n->segment;
	const char *section = t->kind == BQ_TERM_PAIR ? s->ppost.ptr : s->post.ptr;
	struct bq_span bytes = bq_span_make(section + t->priv[SEGMENT_PRIV_POST],
		(size_t)(t->priv[SEGMENT_PRIV_MODE] >> 8));

	return postings_get_tail(s->codec, bytes, t->df, n->docs, n->tfs) && n->docs[t->df - 1] < s->leaf.n_docs;
}

/* A pair has no TINFO: PAIRS says what that would. */
static bool open_long_pair(struct native_cursor *n, const struct bq_term *t)
{
	const struct segment *s = n->segment;
	struct tinfo info = { .df = t->df, .post_off = t->priv[SEGMENT_PRIV_POST],
		.flags = postings_is_dense(t->df, s->leaf.n_docs) ? TINFO_RANGES : 0 };

	n->n_blocks = postings_blocks(t->df);
	return postings_open(s->ppost, &info, s->leaf.n_docs, &n->list);
}

static bool open_frequent(struct native_cursor *n, const struct bq_term *t)
{
	const struct segment *s = n->segment;
	struct tinfo info = tinfo_get((const uint8_t *)s->tinfo.ptr + t->priv[SEGMENT_PRIV_POST] * TINFO_BYTES);

	n->pos_off = info.pos_off;
	n->n_blocks = postings_blocks(info.df);
	return postings_open(s->post, &info, s->leaf.n_docs, &n->list) && info.pos_off <= s->pos.len
		&& (n->list.pos_off != NULL) == (t->kind == BQ_TERM_WORD);
}

struct bq_cursor *segment_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd)
{
	static const struct bq_cursor_ops small_ops = { small_next, small_seek, load_tfs, small_load,
		native_small_fill, native_small_hold, small_rewind, get_positions, native_small_meet,
		small_range_impact, small_block_impact, small_nth_impact, small_block_impacts, native_spots,
		native_pick };
	static const struct bq_cursor_ops frequent_ops = { frequent_next, frequent_seek, load_tfs, frequent_load,
		native_fill, native_hold, frequent_rewind, get_positions, native_meet,
		frequent_range_impact, frequent_block_impact, frequent_nth_impact, frequent_block_impacts,
		native_spots, native_pick };
	const struct segment *s = segment_of(l);
	unsigned mode = t->priv[SEGMENT_PRIV_MODE] & 0xff;
	struct native_cursor *n = bq_arena_alloc(rd->mem, sizeof *n);

	if (n == NULL)
		return NULL;
	memset(n, 0, offsetof(struct native_cursor, docs));
	n->segment = s;
	n->n_blocks = 1;
	n->c = (struct bq_cursor){ .ops = mode == SEGMENT_FREQUENT ? &frequent_ops : &small_ops, .leaf = l,
		.read = rd, .term = *t, .docs = n->docs, .tfs = n->tfs, .has_tfs = mode != SEGMENT_FREQUENT };
	if (mode != SEGMENT_FREQUENT && t->priv[SEGMENT_PRIV_POS_LEN] != 0)
		n->pos_block = bq_span_make(s->pos.ptr + t->priv[SEGMENT_PRIV_POS],
			(size_t)t->priv[SEGMENT_PRIV_POS_LEN]);
	bool ok = mode == SEGMENT_INLINE ? open_inline(n, t)
		: mode == SEGMENT_SMALL  ? open_small(n, t)
		: t->kind == BQ_TERM_PAIR ? open_long_pair(n, t)
					  : open_frequent(n, t);
	if (ok)
		return &n->c;
	if (!rd->mem->oom)
		(void)segment_damaged(s, rd, "a damaged list [F17]");
	return NULL;
}
