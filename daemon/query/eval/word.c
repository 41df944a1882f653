/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/word.h"

enum { HALF = KERNEL_BLOCK / 2 }; /* documents of each bound of a block */

struct word {
	struct pass *pass;
	struct eval *ev;
	uint32_t index;
	const struct flat_clause *clause;
	const struct kernel_ops *kernels;
	struct kernel_score score;
	uint32_t floor;
	uint32_t *blocks; /* that may hold something, by falling bound */
	uint32_t n_blocks;
	const uint8_t *bounds;
	uint64_t n;
};

/* Fewer points do not rank.  Documents do not come in order, so a tie may. */
static uint32_t need_of(const struct word *w)
{
	uint32_t need = topk_need(w->pass->top, false);

	return need > w->floor ? need : w->floor;
}

static uint8_t bound_at(const struct word *w, uint32_t block)
{
	uint8_t a = w->bounds[2 * (size_t)block], b = w->bounds[2 * (size_t)block + 1];

	return a > b ? a : b;
}

/* The least impact with which a document may have `need` points. */
static uint8_t least_impact(const struct bound *b, uint32_t need)
{
	uint32_t impact = 0;

	while (impact < UINT8_MAX && bound_points(b, (uint8_t)impact) < need)
		impact++;
	return (uint8_t)impact;
}

enum { FEW_BLOCKS = 16 };

/* By falling bounds; equal ones stay in the order of documents. */
static void sort_few(struct word *w)
{
	for (uint32_t i = 1; i < w->n_blocks; i++) {
		uint32_t block = w->blocks[i], at = i;
		for (; at > 0 && bound_at(w, w->blocks[at - 1]) < bound_at(w, block); at--)
			w->blocks[at] = w->blocks[at - 1];
		w->blocks[at] = block;
	}
}

/* The same by counting. */
static void sort_many(struct word *w, uint32_t *sorted)
{
	uint32_t start[257] = { 0 };

	for (uint32_t i = 0; i < w->n_blocks; i++)
		start[UINT8_MAX - bound_at(w, w->blocks[i]) + 1]++;
	for (unsigned i = 1; i < 257; i++)
		start[i] += start[i - 1];
	for (uint32_t i = 0; i < w->n_blocks; i++)
		sorted[start[UINT8_MAX - bound_at(w, w->blocks[i])]++] = w->blocks[i];
	w->blocks = sorted;
}

static bool pick_blocks(struct word *w)
{
	struct bq_arena *mem = w->ev->read.mem;
	uint32_t n_all;

	w->bounds = bq_cursor_block_impacts(w->clause->node->cursor, &n_all);
	w->blocks = bq_arena_alloc(mem, n_all * sizeof *w->blocks);
	if (w->blocks == NULL)
		return false;
	w->n_blocks = w->kernels->pick(w->bounds, n_all, least_impact(&w->clause->bound, w->floor), w->blocks);
	if (w->n_blocks <= FEW_BLOCKS) {
		sort_few(w);
		return true;
	}
	uint32_t *sorted = bq_arena_alloc(mem, w->n_blocks * sizeof *sorted);
	if (sorted == NULL)
		return false;
	sort_many(w, sorted);
	return true;
}

/* Offer those of c's documents from number `from` on whose places are at[0 .. n). */
static void offer(struct word *w, const struct bq_cursor *c, uint32_t from, const uint16_t *at, uint32_t n,
	uint32_t *points)
{
	struct topk_docs live = { .points = points };
	uint32_t docs[HALF];

	for (uint32_t i = 0; i < n; i++) {
		docs[live.n] = c->docs[from + at[i]];
		points[live.n] = points[at[i]];
		live.n += !bq_leaf_is_dead(w->ev->leaf, docs[live.n]);
	}
	live.docs = docs;
	w->n += live.n;
	pass_keep_docs(w->pass, w->ev, w->index, &live);
}

/* Half 0 or 1 of `block`, which is at hand. */
static void search_half(struct word *w, struct bq_cursor *c, uint32_t block, unsigned half)
{
	uint32_t from = half * HALF, n = c->n > from ? c->n - from : 0, points[HALF + 8];
	uint16_t at[HALF];

	n = n < HALF ? n : HALF;
	if (n == 0 || bound_points(&w->clause->bound, w->bounds[2 * (size_t)block + half]) < need_of(w))
		return;
	w->kernels->score(&w->score, c->docs + from, bq_cursor_tfs(c) + from, n, points);
	n = w->kernels->select(points, n, need_of(w), at);
	offer(w, c, from, at, n, points);
}

uint64_t word_best(struct pass *pass, struct eval *ev, uint32_t index, const struct flat_clause *c, uint32_t floor)
{
	struct bq_cursor *cursor = c->node->cursor;
	struct word w = { .pass = pass, .ev = ev, .index = index, .clause = c, .floor = floor,
		.kernels = ev->q->searcher->kernels,
		.score = { &ev->index->bm25, ev->leaf->norms, c->node->weight } };

	if (!pick_blocks(&w))
		return 0;
	for (uint32_t i = 0; i < w.n_blocks && !watch_check(pass->watch); i++) {
		if (bound_points(&c->bound, bound_at(&w, w.blocks[i])) < need_of(&w) ||
			!cursor->ops->load_block(cursor, w.blocks[i]))
			break;
		search_half(&w, cursor, w.blocks[i], 0);
		search_half(&w, cursor, w.blocks[i], 1);
	}
	return w.n;
}
