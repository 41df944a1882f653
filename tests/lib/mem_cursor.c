/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/mem_leaf.h"
#include "segment/postings.h"

/* A cursor; its block holds postings [from, from + c.n). */
struct mem_cursor {
	struct bq_cursor c;
	const struct mem_term *t;
	uint32_t block_docs, from;
	uint32_t near; /* first posting of the block where bounds are looked up next */
	uint32_t docs[BQ_BLOCK_DOCS], tfs[BQ_BLOCK_DOCS];
	uint32_t *pos; /* a copy, overwritten by the next call */
	uint8_t *bounds; /* two of each block */
};

static bool load(struct mem_cursor *m, uint32_t from)
{
	if (from != 0 && m->t->is_damaged && m->c.read->error.status == BQ_OK)
		bq_error_set(&m->c.read->error, BQ_EFORMAT, from, "a block is damaged");
	if (from >= m->t->df || (from != 0 && m->t->is_damaged))
		return false;
	m->from = from;
	m->c.n = m->t->df - from < m->block_docs ? m->t->df - from : m->block_docs;
	for (uint32_t i = 0; i < m->c.n; i++) {
		m->docs[i] = m->t->list[from + i].doc;
		m->tfs[i] = m->t->list[from + i].tf;
	}
	m->c.last = m->docs[m->c.n - 1];
	return true;
}

static struct mem_cursor *cursor_of(struct bq_cursor *c)
{
	return (struct mem_cursor *)(void *)c;
}

static bool next_block(struct bq_cursor *c)
{
	return load(cursor_of(c), cursor_of(c)->from + c->n);
}

static bool seek_block(struct bq_cursor *c, uint32_t target)
{
	struct mem_cursor *m = cursor_of(c);
	uint32_t from = m->from;

	for (; from < m->t->df; from += m->block_docs) {
		uint32_t end = from + m->block_docs < m->t->df ? from + m->block_docs : m->t->df;
		if (m->t->list[end - 1].doc >= target)
			return load(m, from);
	}
	return false;
}

/* Never asked: next_block() gives them. */
static void load_tfs(struct bq_cursor *c)
{
	c->has_tfs = true;
}

static void rewind_cursor(struct bq_cursor *c)
{
	cursor_of(c)->from = cursor_of(c)->near = 0;
	c->n = c->i = c->doc = 0;
}

/* A document at a time: what fill and hold mean. */
static uint32_t fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	uint32_t doc = bq_cursor_seek(c, from);

	for (; doc < to; doc = bq_cursor_seek(c, doc + 1))
		bits[(doc - from) / 64] |= UINT64_C(1) << (doc & 63);
	return doc;
}

static uint32_t hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs)
{
	uint32_t n_held = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (bq_cursor_seek(c, docs[i]) != docs[i])
			continue;
		if (tfs != NULL)
			tfs[n_held] = bq_cursor_tf(c);
		at[n_held++] = (uint16_t)i;
	}
	return n_held;
}

static const uint32_t *positions(struct bq_cursor *c, uint32_t i, uint32_t *n)
{
	struct mem_cursor *m = cursor_of(c);
	const struct mem_posting *p = &m->t->list[m->from + i];

	*n = 0;
	if (m->t->kind != BQ_TERM_WORD)
		return NULL;
	*n = p->tf;
	memcpy(m->pos, p->pos, p->tf * sizeof *p->pos);
	return m->pos;
}

/* One by one, through seek_block(): the plain meaning of meet. */
static uint32_t meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept, struct bq_spot *spots)
{
	struct mem_cursor *m = cursor_of(c);
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = 0;
		if ((c->n == 0 || c->last < docs[i]) && !seek_block(c, docs[i]))
			break;
		while (m->docs[at] < docs[i])
			at++;
		if (m->docs[at] != docs[i])
			continue;
		const struct mem_posting *p = &m->t->list[m->from + at];
		const uint8_t *packed = (const uint8_t *)p->packed;
		if (spots != NULL)
			spots[n_kept] = (struct bq_spot){ .tf = p->tf, .first = packed,
				.rest = packed == NULL ? NULL : packed + 4, .w0 = 32, .w1 = 32 };
		kept[n_kept++] = (uint16_t)i;
	}
	return n_kept;
}

/* The largest impact of the block that starts at posting `from`. */
static uint8_t largest_impact(const struct mem_cursor *m, uint32_t from)
{
	const struct mem_leaf *l = mem_leaf_of(m->c.leaf);
	uint8_t most = 0;

	for (uint32_t i = from; i < m->t->df && i < from + m->block_docs; i++) {
		const struct mem_posting *p = &m->t->list[i];
		uint8_t impact = postings_impact(p->tf, l->k[l->leaf.norms[p->doc]]);
		most = impact > most ? impact : most;
	}
	return most;
}

static uint32_t last_of_block(const struct mem_cursor *m, uint32_t from)
{
	uint32_t end = from + m->block_docs < m->t->df ? from + m->block_docs : m->t->df;

	return m->t->list[end - 1].doc;
}

static void find_near(struct mem_cursor *m, uint32_t target)
{
	while (m->near < m->t->df && last_of_block(m, m->near) < target)
		m->near += m->block_docs;
}

static uint8_t range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct mem_cursor *m = cursor_of(c);
	uint8_t most = 0;

	find_near(m, from);
	for (uint32_t at = m->near; at < m->t->df && m->t->list[at].doc < to; at += m->block_docs) {
		uint8_t impact = largest_impact(m, at);
		most = impact > most ? impact : most;
	}
	return most;
}

static uint8_t block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct mem_cursor *m = cursor_of(c);

	find_near(m, from);
	*last = m->near < m->t->df ? last_of_block(m, m->near) : BQ_DOC_END;
	return m->near < m->t->df ? largest_impact(m, m->near) : 0;
}

static bool load_block(struct bq_cursor *c, uint32_t block)
{
	struct mem_cursor *m = cursor_of(c);

	return (uint64_t)block * m->block_docs < m->t->df && load(m, block * m->block_docs);
}

static uint32_t count_blocks(const struct mem_cursor *m)
{
	return (m->t->df + m->block_docs - 1) / m->block_docs;
}

static const uint8_t *block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	const struct mem_cursor *m = (const struct mem_cursor *)(const void *)c;

	*n_blocks = count_blocks(m);
	return m->bounds;
}

static uint8_t nth_impact(const struct bq_cursor *c, uint32_t n)
{
	const struct mem_cursor *m = (const struct mem_cursor *)(const void *)c;

	for (uint32_t impact = UINT8_MAX; impact != 0; impact--) {
		uint32_t reached = 0;
		for (uint32_t at = 0; at < m->t->df; at += m->block_docs)
			reached += largest_impact(m, at) >= impact;
		if (reached >= n)
			return (uint8_t)impact;
	}
	return 0;
}

struct bq_cursor *mem_cursor_new(const struct bq_leaf *leaf, const struct bq_term *t, struct bq_read *rd)
{
	static const struct bq_cursor_ops ops = { next_block, seek_block, load_tfs, load_block, fill, hold,
		rewind_cursor, positions, meet,
		range_impact, block_impact, nth_impact, block_impacts, NULL, NULL };
	const struct mem_leaf *l = mem_leaf_of(leaf);
	struct mem_cursor *m = BQ_ARENA_NEW(rd->mem, struct mem_cursor, 1);
	uint32_t most = 0;

	if (m == NULL)
		return NULL;
	m->t = &l->terms[t->ord];
	for (uint32_t i = 0; i < m->t->df; i++)
		most = m->t->list[i].tf > most ? m->t->list[i].tf : most;
	m->pos = BQ_ARENA_NEW(rd->mem, uint32_t, most);
	m->block_docs = l->opts->block_docs;
	m->c = (struct bq_cursor){ .ops = &ops, .leaf = leaf, .read = rd, .term = *t, .docs = m->docs, .tfs = m->tfs,
		.has_tfs = true };
	m->bounds = BQ_ARENA_NEW(rd->mem, uint8_t, 2 * (size_t)count_blocks(m));
	if (m->pos == NULL || m->bounds == NULL)
		return NULL;
	for (uint32_t i = 0; i < count_blocks(m); i++)
		m->bounds[2 * i] = m->bounds[2 * i + 1] = largest_impact(m, i * m->block_docs);
	return &m->c;
}
