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
 *                                      are; idle words are looked up, or added
 *                                      up, too, if there are few
 *
 * Before that, words much rarer than the others together are answered one by
 * one: see maxscore_best().
 */
#include "query/eval/cands.h"

/* Windows that are bounded at once. */
enum { STRETCH = 1024 };

/* A word leads if all words have that many times its documents for each word
 * that they are looked up in; so many words lead. */
enum { LEAD_SHARE = 2, MAX_LEADS = 4 };

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

/* Sums of few words leave many candidates, of which each has to be looked up in
 * idle ones: add up the largest of these, too, as long as that takes no longer
 * than the others do. */
static void add_idle(struct window *w)
{
	const struct flat *f = w->c->flat;
	uint64_t cost = 0;

	for (uint32_t i = w->n_idle; i < f->n_should; i++)
		cost += f->should[i]->node->cost;
	while (w->n_idle > 0 && f->should[w->n_idle - 1]->node->cost <= cost) {
		const struct flat_clause *c = f->should[--w->n_idle];
		w->rest -= c->most;
		cost -= c->node->cost;
	}
}

/* Part the words in window `i` of the stretch; false if none can rank. */
static bool part_words(struct window *w, uint32_t i)
{
	const struct flat *f = w->c->flat;
	uint32_t need = cands_need(w->c), n = 0;

	for (uint32_t k = 0; k < f->n_should; k++) {
		struct flat_clause *c = f->should[k];
		c->most = c->impacts[i] == 0 ? 0 : bound_points(&c->bound, c->impacts[i]);
		n += c->impacts[i] != 0;
	}
	if (n == 0)
		return false;
	flat_sort_should(f);
	w->n_idle = w->rest = 0;
	while (w->n_idle < f->n_should && w->rest + f->should[w->n_idle]->most < need)
		w->rest += f->should[w->n_idle++]->most;
	if (w->n_idle + 2 <= f->n_should)
		add_idle(w);
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
		memset(c->held, CANDS_UNKNOWN, took);
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

/* ---- a leaf ------------------------------------------------------------ */

static bool make_room(struct window *w, uint32_t n_windows)
{
	struct bq_arena *mem = w->c->ev->read.mem;
	const struct flat *f = w->c->flat;

	w->sums = BQ_ARENA_NEW(mem, struct kernel_window, 1);
	w->at = bq_arena_alloc(mem, KERNEL_WINDOW * sizeof *w->at);
	w->points = bq_arena_alloc(mem, KERNEL_WINDOW * sizeof *w->points);
	for (uint32_t i = 0; i < f->n_should; i++)
		f->should[i]->impacts = bq_arena_alloc(mem, n_windows < STRETCH ? n_windows : STRETCH);
	return !mem->oom;
}

static void place(struct window *w, uint32_t i)
{
	uint32_t n_docs = w->c->ev->leaf->n_docs;

	w->from = i * KERNEL_WINDOW;
	w->to = n_docs - w->from < KERNEL_WINDOW ? n_docs : w->from + KERNEL_WINDOW;
}

/* Bound all words in `n` windows from `first` on. */
static void bound_stretch(struct window *w, uint32_t first, uint32_t n)
{
	const struct flat *f = w->c->flat;

	for (uint32_t k = 0; k < f->n_should; k++) {
		struct bq_cursor *cur = f->should[k]->node->cursor;
		for (uint32_t i = 0; i < n; i++) {
			place(w, first + i);
			f->should[k]->impacts[i] = bq_cursor_range_impact(cur, w->from, w->to);
		}
		bq_cursor_rewind(cur);
	}
}

/* Window `first` + i, the i-th of its stretch. */
static void run_window(struct window *w, uint32_t first, uint32_t i)
{
	place(w, first + i);
	if (!part_words(w, i))
		return;
	if (w->n_idle + 1 == w->c->flat->n_should)
		run_one(w);
	else
		run_sums(w);
}

static bool run_windows(struct cands *c)
{
	uint32_t n_windows = (uint32_t)(((uint64_t)c->ev->leaf->n_docs + KERNEL_WINDOW - 1) / KERNEL_WINDOW);
	struct window w = { .c = c };

	if (!make_room(&w, n_windows))
		return false;
	for (uint32_t first = 0; first < n_windows; first += STRETCH) {
		uint32_t n = n_windows - first < STRETCH ? n_windows - first : STRETCH;
		bound_stretch(&w, first, n);
		for (uint32_t i = 0; i < n && !watch_check(c->pass->watch); i++)
			run_window(&w, first, i);
	}
	return true;
}

/* ---- rare words first -------------------------------------------------- */

/* What no document of the word exceeds. */
static uint32_t most_points(const struct flat_clause *c)
{
	return bound_points(&c->bound, c->node->cursor->term.impact);
}

/* The words by what they may give at most, the largest first. */
static void sort_by_most(const struct flat *f)
{
	for (uint32_t i = 1; i < f->n_should; i++) {
		struct flat_clause *c = f->should[i];
		uint32_t at = i;
		for (; at > 0 && most_points(f->should[at - 1]) < most_points(c); at--)
			f->should[at] = f->should[at - 1];
		f->should[at] = c;
	}
}

/* Offer all documents that may rank and have the word done[n_done], then it is
 * done. */
static void run_lead(struct cands *c)
{
	const struct flat *all = c->flat;
	struct flat_clause *lead = c->done[c->n_done];
	struct flat with_lead = *all;

	with_lead.must = with_lead.lead_clause = lead;
	with_lead.lead = lead->node;
	with_lead.n_must = 1;
	with_lead.should = all->should + c->n_done + 1;
	with_lead.n_should = all->n_should - c->n_done - 1;
	c->flat = &with_lead;
	conjunct_best(c);
	c->flat = all;
	cands_rewind(c);
	c->n_done++;
}

/* A word that is much rarer than the others together leads: its documents are
 * looked up in them, and make a high floor.  The rest goes by windows. */
bool maxscore_best(struct cands *c)
{
	const struct flat *all = c->flat;
	struct flat rest = *all;
	uint64_t cost = 0, most = 0;
	bool ok = true;

	sort_by_most(all);
	for (uint32_t i = 0; i < all->n_should; i++) {
		cost += all->should[i]->node->cost;
		most += most_points(all->should[i]);
	}
	c->done = all->should;
	for (uint32_t i = 0; i < all->n_should; i++) {
		struct flat_clause *lead = all->should[i];
		if (most < cands_need(c)) {
			c->is_cut = true;
			break;
		}
		uint32_t n_others = all->n_should - i - 1;
		if (i == MAX_LEADS || lead->node->cost * LEAD_SHARE * n_others > cost) {
			rest.should = all->should + i;
			rest.n_should = all->n_should - i;
			c->flat = &rest;
			ok = run_windows(c);
			break;
		}
		cost -= lead->node->cost;
		most -= most_points(lead);
		run_lead(c);
	}
	c->flat = all;
	return ok;
}
