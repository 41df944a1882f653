/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/prune.h"

#include "query/eval/cands.h"
#include "query/eval/count.h"
#include "query/eval/word.h"
#include "query/phrase/lookup.h"

/* ---- phrases that are looked up ---------------------------------------- */

/* Go on from *next to a block of phrase `c`'s list that may rank with `others`
 * more points; false if the window has none. */
static bool find_block(struct prune *p, const struct flat_clause *c, struct bq_cursor *list, uint32_t others,
	uint32_t *next)
{
	uint32_t need = prune_need(p), last = 0;

	while (need > others && *next < p->to) {
		uint8_t impact = bq_cursor_block_impact(list, *next, &last);
		if (impact == 0)
			return false;
		if (bound_points(&c->bound, impact) + others >= need)
			break;
		p->is_cut = true;
		*next = last < p->to ? last + 1 : p->to;
	}
	return *next < p->to && list->ops->seek_block(list, *next);
}

/* The next documents of phrase `c`'s rarest list in the window, from *next on, as
 * a question: blocks left out cannot rank with `others` more points.  false if
 * there are no more. */
static bool next_docs(struct prune *p, const struct flat_clause *c, uint32_t others, uint32_t *next,
	struct lookup_batch *b)
{
	struct bq_cursor *list = flat_rarest(c)->cursor;
	uint32_t from = 0, to;

	if (!find_block(p, c, list, others, next))
		return false;
	while (list->docs[from] < *next)
		from++;
	for (to = from; to < list->n && to - from < LOOKUP_DOCS && list->docs[to] < p->to;)
		to++;
	b->docs = list->docs + from;
	b->n = to - from;
	if (b->n != 0)
		*next = list->docs[to - 1] + 1;
	return b->n != 0;
}

/* These, without points, are the candidates. */
static void take_docs(struct prune *p, const struct lookup_batch *b)
{
	p->batch.from = NULL;
	p->batch.n = b->n;
	memcpy(p->batch.docs, b->docs, b->n * sizeof *b->docs);
	memset(p->batch.points, 0, b->n * sizeof *p->batch.points);
	memset(p->batch.at, 0, b->n * sizeof *p->batch.at);
}

/* ---- windows with `must` ----------------------------------------------- */

static bool bound_must(struct prune *p)
{
	struct flat *f = &p->flat;

	p->rest = 0;
	for (uint32_t i = 0; i < f->n_must; i++) {
		if (!flat_bound(&f->must[i], p->from, p->to))
			return false;
		p->rest += f->must[i].most;
	}
	for (uint32_t i = 0; i < f->n_should; i++) {
		(void)flat_bound(f->should[i], p->from, p->to);
		p->rest += f->should[i]->most;
	}
	return true;
}

/* Words first, then what adds to the score, then phrases, which cost most; not
 * `done`.  `needed` is required, though it is among those that add. */
static void finish_must(struct prune *p, const struct flat_clause *done, const struct flat_clause *needed)
{
	struct flat *f = &p->flat;

	for (uint32_t i = 0; i < f->n_must; i++)
		if (!f->must[i].is_phrase && &f->must[i] != done)
			batch_look_up(p, &f->must[i], true);
	for (uint32_t i = 0; i < f->n_should; i++)
		if (!f->should[i]->is_phrase && f->should[i]->most != 0)
			batch_look_up(p, f->should[i], false);
	for (uint32_t i = 0; i < f->n_must; i++)
		if (f->must[i].is_phrase)
			batch_look_up(p, &f->must[i], true);
	for (uint32_t i = 0; i < f->n_should; i++)
		if (f->should[i]->is_phrase && f->should[i]->most != 0)
			batch_look_up(p, f->should[i], f->should[i] == needed);
	batch_offer(p);
}

/* A phrase that only adds, without which no document of the window ranks any
 * more, and rarer than all that is required; NULL if there is none. */
static struct flat_clause *find_needed(struct prune *p)
{
	struct flat *f = &p->flat;

	for (uint32_t i = 0; i < f->n_should; i++) {
		struct flat_clause *c = f->should[i];
		if (c->lookup != NULL && p->rest - c->most < prune_need(p) && flat_rarest(c)->cost < f->lead->cost)
			return c;
	}
	return NULL;
}

/* The candidates are the documents of phrase `c`'s rarest list. */
static void run_needed(struct prune *p, struct flat_clause *c)
{
	uint32_t rest = p->rest, next = p->from;
	struct lookup_batch b = { .n = 0 };

	p->is_cut = true;
	for (; next_docs(p, c, rest - c->most, &next, &b) && !watch_check(p->pass->watch); p->rest = rest) {
		take_docs(p, &b);
		finish_must(p, NULL, c);
	}
}

static void run_must(struct prune *p)
{
	struct flat_clause *lead = p->flat.lead_clause, *needed;
	uint32_t rest;

	if (!bound_must(p))
		return;
	if (p->rest < prune_need(p)) {
		p->is_cut = true;
		return;
	}
	needed = find_needed(p);
	if (needed != NULL) {
		run_needed(p, needed);
		return;
	}
	rest = p->rest;
	while (batch_fill(p, lead, p->flat.lead) && !watch_check(p->pass->watch)) {
		finish_must(p, lead->is_phrase ? NULL : lead, NULL);
		p->rest = rest;
	}
}

/* ---- windows with `should` alone --------------------------------------- */

static void add_up(struct prune *p, uint32_t doc, uint32_t points)
{
	uint32_t slot = doc - p->from;

	p->sums[slot] += points;
	p->marks[slot / 64] |= (uint64_t)1 << (slot & 63);
}

static void add_up_word(struct prune *p, struct node *n)
{
	struct bq_cursor *cur = n->cursor;
	uint32_t doc = bq_cursor_seek(cur, p->from), i;

	while (doc < p->to) {
		const uint32_t *tfs = bq_cursor_tfs(cur);
		for (i = cur->i; i < cur->n && cur->docs[i] < p->to; i++)
			add_up(p, cur->docs[i], bm25_points(n->weight, tfs[i], node_k(p->ev, cur->docs[i])));
		cur->i = i - 1;
		cur->doc = cur->docs[i - 1];
		doc = bq_cursor_next(cur);
	}
	n->doc = doc;
}

/* Where the phrase cannot make a document rank with all that others may add, it
 * does not count. */
static void add_up_phrase(struct prune *p, const struct flat_clause *c, uint32_t others)
{
	uint32_t tfs[LOOKUP_DOCS], least[LOOKUP_DOCS], next = p->from, need = prune_need(p);
	struct lookup_batch b = { .tfs = tfs, .least = need > others ? least : NULL,
		.exact_from = p->pass->top == NULL ? UINT32_MAX : 0 };

	for (uint32_t i = 0; i < LOOKUP_DOCS; i++)
		least[i] = need - others;
	while (next_docs(p, c, others, &next, &b) && !watch_check(p->pass->watch)) {
		lookup_run(c->lookup, &b);
		for (uint32_t i = 0; i < b.n; i++)
			if (tfs[i] != 0)
				add_up(p, b.docs[i],
					bm25_points(c->node->weight, tfs[i], node_k(p->ev, b.docs[i])));
	}
	p->is_cut |= b.is_cut;
}

static void add_up_clause(struct prune *p, const struct flat_clause *c, uint32_t others)
{
	struct node *n = c->node;

	if (n->kind == NODE_TERM) {
		add_up_word(p, n);
		return;
	}
	if (c->lookup != NULL) {
		add_up_phrase(p, c, others);
		return;
	}
	for (uint32_t doc = node_seek(n, p->from); doc < p->to; doc = node_seek(n, doc + 1))
		add_up(p, doc, node_score(n));
}

/* How many clauses, the least first, cannot make a document rank by
 * themselves; `rest` is what they may add together. */
static uint32_t count_idle(struct prune *p, uint32_t *rest)
{
	uint32_t need = prune_need(p), n = 0;

	*rest = 0;
	while (n < p->flat.n_should && *rest + p->flat.should[n]->most < need)
		*rest += p->flat.should[n++]->most;
	return n;
}

/* Candidates are in the batch: look up the others, the largest first. */
static void finish_should(struct prune *p, uint32_t n_idle)
{
	while (n_idle-- > 0)
		if (p->flat.should[n_idle]->most != 0)
			batch_look_up(p, p->flat.should[n_idle], false);
	batch_offer(p);
}

static void run_sums(struct prune *p, uint32_t n_idle, uint32_t rest)
{
	struct flat *f = &p->flat;
	uint32_t all = rest;

	for (uint32_t i = n_idle; i < f->n_should; i++)
		all += f->should[i]->most;
	for (uint32_t i = n_idle; i < f->n_should && !watch_check(p->pass->watch); i++)
		add_up_clause(p, f->should[i], all - f->should[i]->most);
	for (p->rest = rest; batch_fill_sums(p); p->rest = rest)
		finish_should(p, n_idle);
}

/* Phrase number `n_idle` alone makes documents rank: words that may add are looked
 * up before its positions. */
static void run_phrase(struct prune *p, uint32_t n_idle, uint32_t rest)
{
	struct flat_clause **should = p->flat.should, *c = should[n_idle];
	struct lookup_batch b = { .n = 0 };
	uint32_t next = p->from;

	for (; next_docs(p, c, rest, &next, &b) && !watch_check(p->pass->watch);) {
		take_docs(p, &b);
		p->rest = rest + c->most;
		for (uint32_t i = n_idle; i-- > 0;)
			if (!should[i]->is_phrase && should[i]->most != 0)
				batch_look_up(p, should[i], false);
		batch_look_up(p, c, true);
		for (uint32_t i = n_idle; i-- > 0;)
			if (should[i]->is_phrase && should[i]->most != 0)
				batch_look_up(p, should[i], false);
		batch_offer(p);
	}
}

static void run_should(struct prune *p)
{
	struct flat *f = &p->flat;
	uint32_t rest, n_idle, n = 0;

	for (uint32_t i = 0; i < f->n_should; i++)
		n += flat_bound(f->should[i], p->from, p->to);
	if (n == 0)
		return;
	flat_sort_should(f);
	n_idle = count_idle(p, &rest);
	p->is_cut |= n_idle != 0;
	if (n_idle + 1 == f->n_should && f->should[n_idle]->node->kind == NODE_TERM) {
		struct flat_clause *c = f->should[n_idle];
		for (p->rest = rest + c->most; batch_fill(p, c, c->node) && !watch_check(p->pass->watch);
			p->rest = rest + c->most)
			finish_should(p, n_idle);
	} else if (n_idle + 1 == f->n_should && f->should[n_idle]->lookup != NULL) {
		run_phrase(p, n_idle, rest);
	} else if (n_idle < f->n_should) {
		run_sums(p, n_idle, rest);
	}
}

/* ---- a leaf ------------------------------------------------------------ */

static bool is_word(const struct flat_clause *c)
{
	return c->node->kind == NODE_TERM;
}

/* So many documents have a word with so many points that the k-th best has at
 * least as many; those that are dead or left out may be among them. */
static uint32_t find_floor(const struct prune *p)
{
	const struct flat *f = &p->flat;
	uint64_t n = (uint64_t)p->pass->top->cap + p->ev->leaf->n_dead + p->pass->n_strict;
	uint32_t floor = 0;

	if (f->n_not != 0 || p->pass->after != NULL || f->n_must > 1 || n > UINT32_MAX)
		return 0;
	for (uint32_t i = 0; i < (f->n_must == 1 ? 1 : f->n_should); i++) {
		const struct flat_clause *c = f->n_must == 1 ? f->must : f->should[i];
		if (!is_word(c))
			continue;
		uint32_t points = bound_points_least(&c->bound, bq_cursor_nth_impact(c->node->cursor, (uint32_t)n));
		floor = points > floor ? points : floor;
	}
	return floor;
}

static uint32_t more(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Documents that match for sure: those of the most frequent word that is
 * enough by itself, without the dead. */
static uint64_t count_sure(const struct prune *p)
{
	const struct flat *f = &p->flat;
	uint32_t most = 0;

	if (f->n_not != 0 || p->strict != NULL || f->n_must > 1)
		return 0;
	for (uint32_t i = 0; i < (f->n_must == 1 ? 1 : f->n_should); i++) {
		const struct flat_clause *c = f->n_must == 1 ? f->must : f->should[i];
		if (is_word(c) && c->node->cursor->term.df > most)
			most = c->node->cursor->term.df;
	}
	return most > p->ev->leaf->n_dead ? most - p->ev->leaf->n_dead : 0;
}

/* One word and nobody dead: its df is the exact count. */
static bool is_df_exact(const struct prune *p)
{
	const struct flat *f = &p->flat;

	return f->n_must == 1 && is_word(f->must) && f->n_not == 0 && p->strict == NULL && p->ev->leaf->n_dead == 0;
}

static void run_windows(struct prune *p)
{
	uint32_t n_docs = p->ev->leaf->n_docs;

	for (uint64_t from = 0; from < n_docs && !watch_check(p->pass->watch); from += BQ_RANGE_DOCS) {
		p->from = p->next = (uint32_t)from;
		p->to = n_docs - p->from < BQ_RANGE_DOCS ? n_docs : p->from + BQ_RANGE_DOCS;
		if (p->flat.n_must != 0)
			run_must(p);
		else
			run_should(p);
	}
}

/* One word and nothing else. */
static const struct flat_clause *lone_word(const struct flat *f, const struct node *strict)
{
	const struct flat_clause *c = f->n_must == 1 ? f->must : f->n_should == 1 ? f->should[0] : NULL;

	return c != NULL && f->n_must + f->n_should == 1 && f->n_not == 0 && strict == NULL && is_word(c) ? c : NULL;
}

/* How many words a document has that the STRICT reading matches, of which each is
 * one of `should`; 0 if that reading is another. */
static uint32_t count_all(const struct prune *p)
{
	const struct ast *root = p->ev->group->root;
	uint32_t n = p->flat.n_should;

	if (p->pass->mode != AST_LOOSE || root->kind != AST_GROUP || p->flat.n_must != 0 || n >= CANDS_UNKNOWN)
		return 0;
	return ast_count(root, AST_MUST) == 0 && ast_count(root, AST_BARE) == n ? n : 0;
}

/* The best of a query of words alone; p->n: live documents seen. */
static bool find_best(struct prune *p)
{
	const struct flat_clause *word = lone_word(&p->flat, p->strict);
	struct cands *c;

	if (word != NULL) {
		p->n = word_best(p->pass, p->ev, p->index, word, p->floor);
		p->is_cut = true;
		return true;
	}
	c = bq_arena_alloc(p->ev->read.mem, sizeof *c);
	if (c == NULL)
		return false;
	c->pass = p->pass;
	c->ev = p->ev;
	c->flat = &p->flat;
	c->strict = p->strict;
	c->kernels = p->ev->q->searcher->kernels;
	c->index = p->index;
	c->floor = p->floor;
	c->n_words = count_all(p);
	c->n_seen = c->n_asked = c->n_left_out = c->n = c->n_done = 0;
	c->is_cut = false;
	if (p->flat.n_must != 0 ? !conjunct_best_rare(c) : !maxscore_best(c))
		return false;
	p->n = c->n_seen;
	p->is_cut = c->is_cut;
	return true;
}

/* Words alone: counted by one operator, ranked by another.  false if there is
 * more to the query. */
static bool answer_words(struct prune *p)
{
	struct pass *pass = p->pass;
	uint64_t n;

	if (!flat_is_words(&p->flat))
		return false;
	if (!pass->wants_count)
		return find_best(p);
	if (!count_flat(p->ev, &p->flat, p->strict, pass->q->view->indexes[p->index], &n))
		return false;
	if (pass->top != NULL) {
		flat_rewind(&p->flat);
		if (p->strict != NULL)
			node_rewind(p->strict);
		if (!find_best(p))
			return false;
	}
	p->n = n;
	p->is_cut = false;
	return true;
}

/* Phrases whose lists nobody else moves are looked up many documents at once;
 * false when the arena is full. */
static bool make_lookups(struct prune *p)
{
	struct flat *f = &p->flat;

	for (uint32_t i = 0; i < f->n_must + f->n_should; i++) {
		struct flat_clause *c = i < f->n_must ? &f->must[i] : f->should[i - f->n_must];
		bool is_free = c->is_phrase && c != f->lead_clause;
		for (uint32_t l = 0; l < c->n_lists; l++)
			is_free &= c->lists[l]->kind == NODE_TERM;
		if (is_free)
			c->lookup = lookup_new(c->node, NULL);
		if (is_free && c->lookup == NULL)
			return false;
	}
	return true;
}

/* Whether words have half of the documents at least: then phrases are counted in a
 * few others, and it pays to do so apart from looking for the best. */
static bool have_most(const struct prune *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->flat.n_should; i++)
		if (is_word(p->flat.should[i]))
			n += p->flat.should[i]->node->cost;
	return 2 * n >= p->ev->leaf->n_docs;
}

/* With words required, what only adds does not count: then they are counted
 * alone, else phrases where no word is; and only the best are looked for.  Lists
 * are back at their start. */
static bool count_apart(struct prune *p, uint64_t *n)
{
	const struct bq_index *ix = p->pass->q->view->indexes[p->index];
	struct flat must = p->flat;

	must.n_should = 0;
	if (!p->pass->wants_count)
		return false;
	if (p->flat.n_must == 0 && p->pass->top != NULL && !have_most(p))
		return false;
	if (p->flat.n_must != 0 ? !count_flat(p->ev, &must, p->strict, ix, n)
		: !count_looked_up(p->ev, &p->flat, p->strict, ix, n))
		return false;
	flat_rewind(&p->flat);
	if (p->strict != NULL)
		node_rewind(p->strict);
	return true;
}

static bool answer_windows(struct prune *p)
{
	uint64_t n;

	if (!make_lookups(p))
		return false;
	if (p->flat.n_must == 0) {
		p->sums = BQ_ARENA_NEW(p->ev->read.mem, uint32_t, BQ_RANGE_DOCS);
		if (p->sums == NULL)
			return false;
		memset(p->marks, 0, sizeof p->marks);
	}
	if (count_apart(p, &n)) {
		if (p->pass->top != NULL)
			run_windows(p);
		p->n = n;
		p->is_cut = false;
		return true;
	}
	p->skips_none = p->pass->wants_count;
	if (p->skips_none)
		p->floor = 0;
	run_windows(p);
	return true;
}

bool prune_leaf(struct pass *pass, struct eval *ev, struct node *root, struct node *strict, uint32_t index)
{
	struct prune *p;
	struct flat flat;

	if (pass->q->opts->exhaustive || pass->q->opts->sort != BQ_SORT_SCORE || root->kind == NODE_NONE)
		return false;
	if (!flat_build(&flat, root, pass->q->view->indexes[index]))
		return false;
	p = bq_arena_alloc(ev->read.mem, sizeof *p);
	if (p == NULL)
		return false;
	memset(p, 0, offsetof(struct prune, batch));
	p->pass = pass;
	p->ev = ev;
	p->strict = strict;
	p->index = index;
	p->flat = flat;
	if (pass->top == NULL && flat.n_must != 0)
		p->flat.n_should = 0; /* they only add points */
	p->floor = pass->top == NULL ? 0 : more(find_floor(p), pass_known(pass));
	if (!answer_words(p) && !answer_windows(p))
		return false;
	if (p->is_cut && count_sure(p) > p->n)
		p->n = count_sure(p);
	pass->n += p->n;
	pass->is_cut |= p->is_cut && !is_df_exact(p);
	return true;
}
