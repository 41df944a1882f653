/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/inverted.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD = 8 }; /* words, when fetching terms */

static struct inverted *inverted_of(const struct vocabulary *v)
{
	return (struct inverted *)(uintptr_t)v;
}

/* ---- walks ------------------------------------------------------------- */

/* Words are asked for in their order, and their terms are anywhere in memory: fetch
 * those of word `i`, if there is one. */
static void expect_terms(const struct inverted *in, uint64_t i)
{
	for (uint32_t r = i < in->v.n ? in->starts[i] : 0; i < in->v.n && r < in->starts[i + 1]; r++)
		__builtin_prefetch(in->refs[r].term);
}

static struct bq_span get_word(const struct vocabulary *v, uint32_t i)
{
	const struct inverted *in = inverted_of(v);

	expect_terms(in, i + (uint64_t)AHEAD);
	return term_word(in->refs[in->starts[i]].term);
}

static void start_walk(struct vocabulary *v, uint32_t i, struct walk *w)
{
	struct inverted *in = inverted_of(v);
	const struct inverted_ref *refs = &in->refs[in->starts[i]];
	uint32_t n = in->starts[i + 1] - in->starts[i];

	memset(w, 0, sizeof *w);
	w->v = v;
	if (n > 1)
		w->chains = malloc(n * sizeof *w->chains);
	if (n > 1 && w->chains == NULL) {
		in->oom = true;
		return;
	}
	w->n_chains = n;
	if (n == 1) {
		chain_init(&w->chain, refs->inverter, refs->term);
		w->chain.positions = in->spare;
		w->chain.max_positions = in->max_spare;
		in->spare = NULL;
		in->max_spare = 0;
	} else {
		for (uint32_t c = 0; c < n; c++)
			chain_init(&w->chains[c], refs[c].inverter, refs[c].term);
	}
}

/* The chain that comes to the smallest document. */
static struct chain *choose_chain(struct walk *w)
{
	struct chain *best = &w->chains[0];

	for (uint32_t c = 1; c < w->n_chains; c++)
		if (chain_peek(&w->chains[c]) < chain_peek(best))
			best = &w->chains[c];
	return best;
}

static bool next_doc(struct walk *w)
{
	if (w->n_chains == 0)
		return false;
	struct chain *c = w->n_chains == 1 ? &w->chain : choose_chain(w);
	if (!chain_next(c)) {
		inverted_of(w->v)->oom |= c->oom;
		return false;
	}
	w->doc = c->doc;
	w->tf = c->tf;
	w->positions = c->positions;
	return true;
}

static const uint32_t *get_positions(struct walk *w)
{
	return w->positions;
}

/* Add documents of the chain that comes to the smallest, up to where another one goes on.
 * False if there is none below `limit`, or no room; w->doc is that one. */
static bool take_some(struct walk *w, uint32_t limit, struct postings_room *out)
{
	struct chain *chains = w->n_chains == 1 ? &w->chain : w->chains, *best = NULL;
	uint32_t second = BQ_DOC_END;

	w->doc = BQ_DOC_END;
	for (uint32_t c = 0; c < w->n_chains; c++) {
		uint32_t doc = chain_peek(&chains[c]);
		if (doc < w->doc) {
			second = w->doc;
			w->doc = doc;
			best = &chains[c];
		} else if (doc < second) {
			second = doc;
		}
	}
	if (w->doc >= limit || out->n == out->max)
		return false;
	inverted_of(w->v)->oom |= !chain_take(best, second < limit ? second : limit, out);
	if (best->oom)
		w->doc = BQ_DOC_END;
	return !best->oom;
}

static void take_docs(struct walk *w, uint32_t limit, struct postings_room *out)
{
	struct bq_buf *unwanted = &inverted_of(w->v)->unwanted, *positions = out->positions;

	if (positions == NULL)
		out->positions = unwanted;
	do
		bq_buf_clear(unwanted);
	while (take_some(w, limit, out));
	out->positions = positions;
}

/* Keep the larger room for positions. */
static void stop_chain(struct inverted *in, struct chain *c)
{
	if (c->max_positions > in->max_spare) {
		uint32_t *smaller = in->spare;
		in->spare = c->positions;
		in->max_spare = c->max_positions;
		c->positions = smaller;
	}
	chain_release(c);
}

static void stop_walk(struct walk *w)
{
	if (w->n_chains == 1)
		stop_chain(inverted_of(w->v), &w->chain);
	for (uint32_t c = 0; c < w->n_chains && w->chains != NULL; c++)
		chain_release(&w->chains[c]);
	free(w->chains);
	w->chains = NULL;
	w->n_chains = 0;
}

static int check(const struct vocabulary *v, struct bq_error *err)
{
	if (!inverted_of(v)->oom)
		return BQ_OK;
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory to write %u words", v->n);
}

static struct vocabulary *fork_vocabulary(const struct vocabulary *v, unsigned n)
{
	struct inverted *copy = malloc(sizeof *copy);

	(void)n;
	if (copy == NULL)
		return NULL;
	*copy = *inverted_of(v);
	copy->spare = NULL;
	copy->max_spare = 0;
	copy->unwanted = (struct bq_buf)BQ_BUF_INIT;
	return &copy->v;
}

static void join_vocabulary(struct vocabulary *v)
{
	free(inverted_of(v)->spare);
	bq_buf_release(&inverted_of(v)->unwanted);
	free(inverted_of(v));
}

/* ---- sorting ----------------------------------------------------------- */

/* One inverter's terms. */
struct sorting {
	struct task task; /* first */
	const struct inverter *from;
	struct sorted_term *sorted;
};

static void sort_one(struct task *t, unsigned worker)
{
	struct sorting *s = (struct sorting *)t;

	(void)worker;
	s->sorted = inverter_sort(s->from);
}

/* A range of the dictionary: of each inverter the terms [at, to). */
struct joining {
	struct task task; /* first */
	struct inverted *in;
	const struct sorting *s;
	uint32_t n_inverters;
	uint32_t at[POOL_MAX], to[POOL_MAX];
	uint32_t first;   /* its terms are refs from here on, and its words starts */
	uint32_t n, n_title, n_marked;
};

/* The inverter whose next term is the smallest, n_inverters at the end of all. */
static uint32_t find_smallest(const struct joining *j)
{
	uint32_t best = j->n_inverters;

	for (uint32_t i = 0; i < j->n_inverters; i++)
		if (j->at[i] < j->to[i] && (best == j->n_inverters
			|| inverter_compare(&j->s[i].sorted[j->at[i]], &j->s[best].sorted[j->at[best]]) < 0))
			best = i;
	return best;
}

static void join_range(struct task *t, unsigned worker)
{
	struct joining *j = (struct joining *)t;
	struct inverted *in = j->in;
	const struct sorted_term *last = NULL;
	uint32_t n_refs = j->first;

	(void)worker;
	for (uint32_t i; (i = find_smallest(j)) != j->n_inverters;) {
		const struct sorted_term *next = &j->s[i].sorted[j->at[i]++];
		/* an inverter has a word once */
		if (last == NULL || j->n_inverters == 1 || inverter_compare(last, next) != 0) {
			in->starts[j->first + j->n++] = n_refs;
			j->n_title += inverter_kind(next) == BQ_TERM_TITLE;
			j->n_marked += inverter_kind(next) == BQ_TERM_MARKED;
		}
		in->refs[n_refs++] = (struct inverted_ref){ next->term, j->s[i].from };
		last = next;
	}
}

/* The first term whose prefix is not below that one. */
static uint32_t find_prefix(const struct sorting *s, uint64_t prefix)
{
	uint32_t from = 0, to = s->from->n_terms;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (s->sorted[middle].prefix < prefix)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Ranges of about the same size, cut where the first inverter's terms say. */
static void cut_ranges(struct inverted *in, const struct sorting *s, uint32_t n, struct joining *ranges, uint32_t n_ranges)
{
	uint32_t first = 0;

	for (uint32_t k = 0; k < n_ranges; k++) {
		struct joining *j = &ranges[k];
		*j = (struct joining){ .task = { .run = join_range }, .in = in, .s = s, .n_inverters = n, .first = first };
		for (uint32_t i = 0; i < n; i++) {
			uint64_t cut = (uint64_t)s[0].from->n_terms * (k + 1) / n_ranges;
			j->at[i] = k == 0 ? 0 : ranges[k - 1].to[i];
			j->to[i] = k + 1 == n_ranges || cut == s[0].from->n_terms ? s[i].from->n_terms
				: find_prefix(&s[i], s[0].sorted[cut].prefix);
			first += j->to[i] - j->at[i];
		}
	}
}

/* Have the ranges joined, and put their words side by side. */
static void join_ranges(struct inverted *in, struct joining *ranges, uint32_t n, struct pool *pool)
{
	for (uint32_t k = 0; k < n; k++)
		pool_submit(pool, &ranges[k].task);
	for (uint32_t k = 0; k < n; k++) {
		struct joining *j = &ranges[k];
		pool_wait(pool, &j->task);
		memmove(in->starts + in->v.n, in->starts + j->first, j->n * sizeof *in->starts);
		in->v.n += j->n;
		in->v.n_title += j->n_title;
		in->v.n_marked += j->n_marked;
	}
}

static bool join_sorted(struct inverted *in, const struct sorting *s, uint32_t n, struct pool *pool)
{
	uint32_t n_ranges = pool_threads(pool);
	struct joining *ranges = malloc(n_ranges * sizeof *ranges);
	uint64_t all = 0;
	bool has_room;

	for (uint32_t i = 0; i < n; i++)
		all += s[i].sorted == NULL ? UINT32_MAX : s[i].from->n_terms;
	if (all <= UINT32_MAX - 1) {
		in->refs = malloc((all + 1) * sizeof *in->refs);
		in->starts = malloc((all + 1) * sizeof *in->starts);
	}
	has_room = in->refs != NULL && in->starts != NULL && ranges != NULL;
	if (has_room) {
		cut_ranges(in, s, n, ranges, n_ranges);
		join_ranges(in, ranges, n_ranges, pool);
		in->starts[in->v.n] = (uint32_t)all;
	}
	free(ranges);
	return has_room;
}

bool inverted_init(struct inverted *in, const struct inverter *const *from, uint32_t n, struct pool *pool)
{
	static const struct vocabulary_ops ops = { get_word, start_walk, next_doc, get_positions, take_docs, stop_walk, NULL,
		check, fork_vocabulary, join_vocabulary };
	struct sorting s[POOL_MAX];
	bool is_sorted;

	*in = (struct inverted){ .v = { .ops = &ops } };
	for (uint32_t i = 0; i < n; i++) {
		s[i] = (struct sorting){ .task = { .run = sort_one }, .from = from[i] };
		pool_submit(pool, &s[i].task);
	}
	for (uint32_t i = 0; i < n; i++)
		pool_wait(pool, &s[i].task);
	is_sorted = join_sorted(in, s, n, pool);
	for (uint32_t i = 0; i < n; i++)
		free(s[i].sorted);
	return is_sorted;
}

void inverted_release(struct inverted *in)
{
	free(in->refs);
	free(in->starts);
	free(in->spare);
	bq_buf_release(&in->unwanted);
	in->spare = NULL;
	in->refs = NULL;
	in->starts = NULL;
}
