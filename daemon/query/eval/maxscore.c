/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words of which one is enough, by windows of 4,096 documents (window
 * MAXSCORE; Turtle & Flood 1995, and the ranges of Mallia & others 2021).
 *
 *            from           to
 *   city     |-- <= 310 ----|          idle: 310 + 420 < need, so a document
 *   of       |-- <= 420 ----|          with these alone cannot rank
 *   reykja.. |-- <= 9,050 --|          the others are added up in sums[4096],
 *   need     7,412                     or, if it is one, are candidates as they
 *                                      are; idle words are looked up
 */
#include "query/eval/cands.h"

struct window {
	struct cands *c;
	uint32_t from, to;
	uint32_t n_idle;
	uint32_t rest;    /* points that idle words may add */
	struct kernel_window *sums; /* empty between windows */
	/* those that reached: */
	uint16_t *at;     /* [KERNEL_WINDOW] */
	uint32_t *points; /* likewise */
};

/* Clauses by what they may add here, the least first. */
static void sort_should(const struct flat *f)
{
	for (uint32_t i = 1; i < f->n_should; i++) {
		struct flat_clause *c = f->should[i];
		uint32_t at = i;
		for (; at > 0 && f->should[at - 1]->most > c->most; at--)
			f->should[at] = f->should[at - 1];
		f->should[at] = c;
	}
}

/* Bound the words in the window and part them; false if none can rank. */
static bool part_words(struct window *w)
{
	const struct flat *f = w->c->flat;
	uint32_t need = cands_need(w->c), n = 0;

	for (uint32_t i = 0; i < f->n_should; i++)
		n += flat_bound(f->should[i], w->from, w->to);
	if (n == 0)
		return false;
	sort_should(f);
	w->n_idle = w->rest = 0;
	while (w->n_idle < f->n_should && w->rest + f->should[w->n_idle]->most < need)
		w->rest += f->should[w->n_idle++]->most;
	w->c->is_cut |= w->rest != 0;
	return w->n_idle < f->n_should;
}

/* Candidates are there: look up the idle words, the largest first. */
static void finish(struct window *w)
{
	struct cands *c = w->c;
	uint32_t rest = w->rest;

	cands_drop(c, rest);
	for (uint32_t i = w->n_idle; i-- > 0 && c->n != 0;) {
		const struct flat_clause *clause = c->flat->should[i];
		if (clause->most == 0)
			break;
		cands_add(c, clause, false);
		rest -= clause->most;
		cands_drop(c, rest);
	}
	cands_offer(c);
}

/* Documents of the cursor's block, from its current one on, that lie in the
 * window; moves it behind them. */
static uint32_t count_in_window(const struct window *w, const struct bq_cursor *cur)
{
	uint32_t lo = cur->i, hi = cur->n;

	if (cur->last < w->to)
		return hi - lo;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (cur->docs[mid] < w->to)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo - cur->i;
}

static uint32_t step_over(struct bq_cursor *cur, uint32_t n)
{
	cur->i += n - 1;
	cur->doc = cur->docs[cur->i];
	return bq_cursor_next(cur);
}

static void add_up(struct window *w, const struct flat_clause *clause)
{
	struct bq_cursor *cur = clause->node->cursor;
	struct kernel_score score = { &w->c->ev->index->bm25, w->c->ev->leaf->norms, clause->node->weight };
	uint32_t *points = w->c->points, *sums = w->sums->sums, from = w->from;
	uint32_t doc = bq_cursor_seek(cur, from);

	while (doc < w->to) {
		const uint32_t *docs = cur->docs + cur->i, *tfs = bq_cursor_tfs(cur) + cur->i;
		uint32_t n = count_in_window(w, cur);
		w->c->kernels->score(&score, docs, tfs, n, points);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t slot = docs[i] - from;
			sums[slot] = (sums[slot] + points[i]) | KERNEL_PRESENT;
			w->sums->touched[slot / KERNEL_GROUP] = 1;
		}
		doc = step_over(cur, n);
	}
}

/* Several words: sums, then candidates out of them. */
static void run_sums(struct window *w)
{
	struct cands *c = w->c;
	uint32_t need, n;

	for (uint32_t i = w->n_idle; i < c->flat->n_should; i++)
		add_up(w, c->flat->should[i]);
	need = cands_need(c);
	n = c->kernels->scan(w->sums, need > w->rest ? need - w->rest : 0, w->at, w->points);
	c->is_cut |= need > w->rest;
	for (uint32_t i = 0, took; i < n && !watch_check(c->pass->watch); i += took) {
		c->n = took = n - i < KERNEL_BLOCK ? n - i : KERNEL_BLOCK;
		for (uint32_t j = 0; j < took; j++)
			c->docs[j] = w->from + w->at[i + j];
		memcpy(c->points, w->points + i, took * sizeof *c->points);
		finish(w);
	}
}

/* One word: its blocks, but for those whose bound is too low. */
static void run_one(struct window *w)
{
	struct cands *c = w->c;
	const struct flat_clause *clause = c->flat->should[w->n_idle];
	struct bq_cursor *cur = clause->node->cursor;
	uint32_t next = w->from, last = 0;

	while (next < w->to && !watch_check(c->pass->watch)) {
		uint8_t impact = bq_cursor_block_impact(cur, next, &last);
		if (impact == 0)
			return;
		if (bound_points(&clause->bound, impact) + w->rest >= cands_need(c)) {
			if (bq_cursor_seek(cur, next) >= w->to)
				return;
			cands_take(c, clause, cur->docs + cur->i, bq_cursor_tfs(cur) + cur->i, count_in_window(w, cur));
			finish(w);
		} else {
			c->is_cut = true;
		}
		next = last < w->to ? last + 1 : w->to;
	}
}

bool maxscore_best(struct cands *c)
{
	struct bq_arena *mem = c->ev->read.mem;
	uint32_t n_docs = c->ev->leaf->n_docs;
	struct window w = { .c = c, .sums = BQ_ARENA_NEW(mem, struct kernel_window, 1),
		.at = bq_arena_alloc(mem, KERNEL_WINDOW * sizeof *w.at),
		.points = bq_arena_alloc(mem, KERNEL_WINDOW * sizeof *w.points) };

	if (w.sums == NULL || w.at == NULL || w.points == NULL)
		return false;
	for (uint64_t from = 0; from < n_docs && !watch_check(c->pass->watch); from += KERNEL_WINDOW) {
		w.from = (uint32_t)from;
		w.to = n_docs - w.from < KERNEL_WINDOW ? n_docs : w.from + KERNEL_WINDOW;
		if (!part_words(&w))
			continue;
		if (w.n_idle + 1 == c->flat->n_should)
			run_one(&w);
		else
			run_sums(&w);
	}
	return true;
}
