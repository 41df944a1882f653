/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A walk over a decoded list: blocks are places in it, nothing is copied.
 */
#include "xapian/engine/list.h"

enum { FIRST_POSITIONS = 64 };

struct shard_walk {
	struct bq_cursor c;
	const struct list *l;
	uint32_t from;       /* the block at hand starts there */
	uint32_t near;       /* first of the block where bounds are looked up next */
	uint32_t at;         /* where fill and hold go on */
	uint32_t *positions;
	uint32_t n_positions;
};

static struct shard_walk *walk_of(struct bq_cursor *c) { return (struct shard_walk *)(void *)c; }

static uint32_t end_of_block(const struct list *l, uint32_t from)
{
	return l->df - from < BQ_BLOCK_DOCS ? l->df : from + BQ_BLOCK_DOCS;
}

static bool load(struct shard_walk *w, uint32_t from)
{
	if (from >= w->l->df)
		return false;
	w->from = from;
	w->c.docs = w->l->docs + from;
	w->c.tfs = w->l->tfs + from;
	w->c.n = end_of_block(w->l, from) - from;
	w->c.last = w->c.docs[w->c.n - 1];
	w->c.has_tfs = true;
	return true;
}

static bool next_block(struct bq_cursor *c) { return load(walk_of(c), walk_of(c)->from + c->n); }

/* The first place >= from whose document is >= target. */
static uint32_t search(const struct list *l, uint32_t from, uint32_t target)
{
	uint32_t low = from, step = 1;

	while (low < l->df && l->docs[low] < target && l->df - low > step) {
		if (l->docs[low + step] >= target)
			break;
		low += step;
		step *= 2;
	}
	uint32_t high = l->df - low > step ? low + step : l->df;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (l->docs[mid] < target)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool seek_block(struct bq_cursor *c, uint32_t target)
{
	struct shard_walk *w = walk_of(c);
	uint32_t at = search(w->l, w->from, target);

	return load(w, at / BQ_BLOCK_DOCS * BQ_BLOCK_DOCS) && at < w->l->df;
}

static void load_tfs(struct bq_cursor *c) { c->has_tfs = true; }

static bool load_block(struct bq_cursor *c, uint32_t block)
{
	return (uint64_t)block * BQ_BLOCK_DOCS < walk_of(c)->l->df && load(walk_of(c), block * BQ_BLOCK_DOCS);
}

static uint32_t fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	struct shard_walk *w = walk_of(c);
	const struct list *l = w->l;

	w->at = search(l, w->at, from);
	for (; w->at < l->df && l->docs[w->at] < to; w->at++)
		bits[(l->docs[w->at] - from) / 64] |= UINT64_C(1) << (l->docs[w->at] & 63);
	return w->at < l->df ? l->docs[w->at] : BQ_DOC_END;
}

static uint32_t hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs)
{
	struct shard_walk *w = walk_of(c);
	const struct list *l = w->l;
	uint32_t n_held = 0;

	for (uint32_t i = 0; i < n && w->at < l->df; i++) {
		w->at = search(l, w->at, docs[i]);
		if (w->at == l->df || l->docs[w->at] != docs[i])
			continue;
		if (tfs != NULL)
			tfs[n_held] = l->tfs[w->at];
		at[n_held++] = (uint16_t)i;
	}
	return n_held;
}

static void rewind_walk(struct bq_cursor *c)
{
	struct shard_walk *w = walk_of(c);

	w->from = w->near = w->at = 0;
	c->n = c->i = c->doc = 0;
}

/* ---- positions ------------------------------------------------------------------ */

static bool make_room(struct shard_walk *w, uint32_t n)
{
	if (n <= w->n_positions)
		return true;
	n = n < FIRST_POSITIONS ? FIRST_POSITIONS : n;
	w->positions = bq_arena_alloc(w->c.read->mem, (size_t)n * sizeof *w->positions);
	w->n_positions = w->positions == NULL ? 0 : n;
	return w->positions != NULL;
}

/* Positions begin with 1 there, with 0 here. */
static const uint32_t *positions(struct bq_cursor *c, uint32_t i, uint32_t *n)
{
	struct shard_walk *w = walk_of(c);
	uint32_t tf = c->tfs[i];
	struct xapian_c_error x;

	*n = 0;
	if (c->term.kind != BQ_TERM_WORD || tf > INT32_MAX)
		return NULL;
	if (w->l->positions != NULL) {
		*n = tf;
		return w->l->positions[w->from + i];
	}
	if (!make_room(w, tf))
		return NULL;
	struct shard *s = shard_of(c->leaf);
	(void)pthread_mutex_lock(&s->lock);
	int got = xapian_c_positions_open(s->positions, s->db, c->docs[i] + 1, shard_key(&c->term), &x);
	if (got == XAPIAN_C_OK)
		got = xapian_c_positions_read(s->positions, w->positions, (int)tf, &x);
	(void)pthread_mutex_unlock(&s->lock);
	if (got < 0)
		(void)shard_failed(s, c->read, &x);
	if (got <= 0)
		return NULL;
	for (int k = 0; k < got; k++)
		w->positions[k] -= w->positions[k] != 0;
	*n = (uint32_t)got;
	return w->positions;
}

/* Where a document's positions are is not known before they are asked for:
 * until shard_ready() a spot names the list and the document. */
static uint32_t meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept, struct bq_spot *spots)
{
	struct shard_walk *w = walk_of(c);
	const struct list *l = w->l;
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n && w->at < l->df; i++) {
		w->at = search(l, w->at, docs[i]);
		if (w->at == l->df || l->docs[w->at] != docs[i])
			continue;
		if (spots != NULL)
			spots[n_kept] = (struct bq_spot){ .first = (const uint8_t *)l, .base = docs[i], .tf = l->tfs[w->at] };
		kept[n_kept++] = (uint16_t)i;
	}
	return n_kept;
}

/* ---- bounds ----------------------------------------------------------------------- */

static void find_near(struct shard_walk *w, uint32_t target)
{
	while (w->near < w->l->df && w->l->docs[end_of_block(w->l, w->near) - 1] < target)
		w->near += BQ_BLOCK_DOCS;
}

static uint8_t impact_at(const struct shard_walk *w, uint32_t from) { return w->l->bounds[from / BQ_BLOCK_DOCS * 2]; }

static uint8_t range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct shard_walk *w = walk_of(c);
	uint8_t most = 0;

	find_near(w, from);
	for (uint32_t at = w->near; at < w->l->df && w->l->docs[at] < to; at += BQ_BLOCK_DOCS)
		most = impact_at(w, at) > most ? impact_at(w, at) : most;
	return most;
}

static uint8_t block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct shard_walk *w = walk_of(c);

	find_near(w, from);
	if (w->near >= w->l->df) {
		*last = BQ_DOC_END;
		return 0;
	}
	*last = w->l->docs[end_of_block(w->l, w->near) - 1];
	return impact_at(w, w->near);
}

static uint8_t nth_impact(const struct bq_cursor *c, uint32_t n)
{
	const struct shard_walk *w = (const struct shard_walk *)(const void *)c;
	uint32_t blocks[UINT8_MAX + 1] = { 0 }, reached = 0;

	for (uint32_t at = 0; at < w->l->df; at += BQ_BLOCK_DOCS)
		blocks[impact_at(w, at)]++;
	for (uint32_t impact = UINT8_MAX; impact != 0; impact--) {
		reached += blocks[impact];
		if (reached >= n)
			return (uint8_t)impact;
	}
	return 0;
}

static const uint8_t *block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	const struct shard_walk *w = (const struct shard_walk *)(const void *)c;

	*n_blocks = (w->l->df + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS;
	return w->l->bounds;
}

/* ---- opening ------------------------------------------------------------------------ */

struct bq_cursor *list_cursor(const struct bq_leaf *leaf, const struct bq_term *t, const struct list *l,
	struct bq_read *rd)
{
	static const struct bq_cursor_ops ops = {
		.next_block = next_block,
		.seek_block = seek_block,
		.load_tfs = load_tfs,
		.load_block = load_block,
		.fill = fill,
		.hold = hold,
		.rewind = rewind_walk,
		.positions = positions,
		.meet = meet,
		.range_impact = range_impact,
		.block_impact = block_impact,
		.nth_impact = nth_impact,
		.block_impacts = block_impacts,
	};
	struct shard_walk *w = BQ_ARENA_NEW(rd->mem, struct shard_walk, 1);

	if (w == NULL)
		return NULL;
	w->l = l;
	w->c = (struct bq_cursor){ .ops = &ops, .leaf = leaf, .read = rd, .term = *t, .docs = l->docs, .tfs = l->tfs,
		.has_tfs = true };
	return &w->c;
}

struct bq_cursor *shard_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd)
{
	const struct list *list = list_get(shard_of(l), t, rd);

	return list == NULL ? NULL : list_cursor(l, t, list, rd);
}
