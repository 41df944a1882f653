/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/expand.h"

#include <stdlib.h>

#include "query/phrase/starts.h"

/* ---- documents and their tfs, added up --------------------------------- */

static void add_tfs(uint32_t *sums, const uint32_t *docs, const uint32_t *tfs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sums[docs[i]] += tfs[i];
}

/* A zero for each document of the leaf; NULL when malloc fails. */
static uint32_t *begin_sums(struct eval *ev)
{
	struct bq_searcher *s = ev->q->searcher;
	uint32_t n = ev->leaf->n_docs;

	if (s->sums != NULL && n <= s->n_sums)
		return s->sums;
	free(s->sums);
	s->n_sums = n;
	s->sums = calloc(n, sizeof *s->sums);
	ev->read.mem->oom |= s->sums == NULL;
	return s->sums;
}

enum { STRIDE = 32 }; /* sums looked at together: most are 0 where a word is rare */

/* Where the first stretch with a sum begins, from a multiple of STRIDE on; n_docs
 * or more if there is none.  A last, shorter one is taken to have some. */
static uint32_t skip_zeros(const uint32_t *sums, uint32_t from, uint32_t n_docs)
{
	for (; from < n_docs && n_docs - from >= STRIDE; from += STRIDE) {
		uint32_t any = 0;
		for (uint32_t i = 0; i < STRIDE; i++)
			any |= sums[from + i];
		if (any != 0)
			return from;
	}
	return from;
}

static uint32_t count_sums(const uint32_t *sums, uint32_t n_docs)
{
	uint32_t count = 0;

	for (uint32_t from = 0; (from = skip_zeros(sums, from, n_docs)) < n_docs; from += STRIDE)
		for (uint32_t doc = from; doc < n_docs && doc < from + STRIDE; doc++)
			count += sums[doc] != 0;
	return count;
}

/* The documents with a sum become those of n->u; leaves all sums 0. */
static bool put_documents(struct node *n, uint32_t *sums)
{
	struct bq_arena *mem = n->ev->read.mem;
	uint32_t n_docs = n->ev->leaf->n_docs, count = count_sums(sums, n_docs), at = 0;
	uint32_t *docs = bq_arena_alloc(mem, ((size_t)count + 1) * sizeof *docs);
	uint32_t *tfs = bq_arena_alloc(mem, ((size_t)count + 1) * sizeof *tfs);

	if (docs == NULL || tfs == NULL) {
		memset(sums, 0, (size_t)n_docs * sizeof *sums);
		return false;
	}
	for (uint32_t from = 0; (from = skip_zeros(sums, from, n_docs)) < n_docs; from += STRIDE) {
		for (uint32_t doc = from; doc < n_docs && doc < from + STRIDE; doc++) {
			docs[at] = doc; /* there is room for one more */
			tfs[at] = sums[doc];
			at += sums[doc] != 0;
			sums[doc] = 0;
		}
	}
	n->u.docs = docs;
	n->u.tfs = tfs;
	n->u.n = count;
	n->cost = count;
	return true;
}

bool expand_take(struct eval *ev, struct bq_read *of)
{
	bool ok = of->error.status == BQ_OK && !of->mem->oom;

	if (of->error.status != BQ_OK && ev->read.error.status == BQ_OK)
		ev->read.error = of->error;
	ev->read.mem->oom |= of->mem->oom;
	bq_arena_reset(of->mem);
	return ok;
}

/* ---- words ------------------------------------------------------------- */

static void walk_list(struct eval *ev, struct bq_cursor *c, uint32_t *sums)
{
	while (c->ops->next_block(c) && !watch_check(ev->watch))
		add_tfs(sums, c->docs, bq_cursor_tfs(c), c->n);
}

/* Add the list of one term. */
static bool add_list(struct eval *ev, const struct bq_term *t, uint32_t *sums)
{
	struct bq_read rd = { .mem = &ev->q->searcher->list_mem };
	struct bq_cursor *c = bq_cursor_open(ev->leaf, t, &rd);

	if (c != NULL)
		walk_list(ev, c, sums);
	return expand_take(ev, &rd);
}

bool expand_words(struct node *n, const struct plan_terms *terms)
{
	struct eval *ev = n->ev;
	uint32_t *sums = begin_sums(ev);
	bool ok = sums != NULL;

	for (uint32_t i = 0; i < terms->n && ok && ev->watch->status == BQ_OK; i++)
		ok = add_list(ev, &terms->terms[i], sums);
	return sums != NULL && put_documents(n, sums) && ok;
}

/* ---- phrases ----------------------------------------------------------- */

/* A phrase whose word `prefix` is one of many. */
struct fan {
	struct eval *ev;
	const struct ast *a;
	uint32_t prefix;
	uint32_t *sums;
	struct bq_term *rest; /* words that pair lists alone do not answer */
	uint32_t n_rest;
	uint64_t rest_df;
};

static const struct bq_term *fixed_term(const struct fan *f, uint32_t i)
{
	return &f->ev->group->lists[f->a->lists[i]].in_leaf[f->ev->leaf_no].terms[0];
}

/* What pair lists say of `word` beside its neighbours: the rarest of their lists. */
static enum bq_pair ask_pairs(const struct fan *f, const struct bq_term *word, struct bq_term *out)
{
	const struct ast *a = f->a;
	enum bq_pair found = BQ_PAIR_UNKNOWN;
	struct bq_term pair;

	for (uint32_t i = f->prefix == 0 ? 0 : f->prefix - 1; i < a->n_words - 1 && i <= f->prefix; i++) {
		bool is_first = i == f->prefix;
		if (a->words[i + 1].at != a->words[i].at + 1)
			continue;
		enum bq_pair says = bq_leaf_pair(f->ev->leaf, is_first ? word : fixed_term(f, i),
			is_first ? fixed_term(f, i + 1) : word, &pair, &f->ev->read);
		if (says == BQ_PAIR_ABSENT)
			return says;
		if (says == BQ_PAIR_LIST && (found == BQ_PAIR_UNKNOWN || pair.df < out->df)) {
			*out = pair;
			found = says;
		}
	}
	return found;
}

/* Add what pair lists have; the other words become f->rest. */
static bool add_pairs(struct fan *f, const struct plan_terms *all)
{
	struct eval *ev = f->ev;
	struct bq_term pair;
	bool ok = true;

	f->rest = BQ_ARENA_NEW(ev->read.mem, struct bq_term, all->n);
	for (uint32_t i = 0; i < all->n && f->rest != NULL && ok && !watch_step(ev->watch); i++) {
		enum bq_pair says = ask_pairs(f, &all->terms[i], &pair);
		if (says == BQ_PAIR_ABSENT)
			continue;
		if (says == BQ_PAIR_LIST && f->a->n_words == 2) {
			ok = add_list(ev, &pair, f->sums);
			continue;
		}
		f->rest_df += says == BQ_PAIR_LIST ? pair.df : all->terms[i].df;
		f->rest[f->n_rest++] = all->terms[i];
	}
	return ok && f->rest != NULL;
}

/* Lists that have so many documents together leave out too few to be read for it. */
enum { USELESS = 2 };

/* Leave out documents that have none of f->rest. */
static bool need_rest(struct fan *f, struct starts *s)
{
	struct eval *ev = f->ev;
	size_t n_words = (size_t)ev->leaf->n_docs / 64 + 1;
	uint64_t *docs = BQ_ARENA_NEW(ev->read.mem, uint64_t, n_words);
	struct bq_read rd = { .mem = &ev->q->searcher->list_mem };
	bool ok = docs != NULL;

	for (uint32_t i = 0; i < f->n_rest && ok && !watch_check(ev->watch); i++) {
		struct bq_term pair;
		bool is_pair = ask_pairs(f, &f->rest[i], &pair) == BQ_PAIR_LIST;
		struct bq_cursor *c = bq_cursor_open(ev->leaf, is_pair ? &pair : &f->rest[i], &rd);
		if (c != NULL)
			(void)bq_cursor_fill(c, 0, ev->leaf->n_docs, docs);
		ok = expand_take(ev, &rd);
	}
	for (size_t w = 0; w < n_words && ok; w++)
		s->docs[w] &= docs[w];
	return ok;
}

/* Leave out documents that are known to have the phrase. */
static void leave_out(struct fan *f, struct starts *s)
{
	for (uint32_t doc = 0; doc < f->ev->leaf->n_docs; doc++) {
		if (s->docs[doc / 64] == 0)
			doc |= 63;
		else
			s->docs[doc / 64] &= ~((uint64_t)(f->sums[doc] != 0) << (doc & 63));
	}
}

/* Hold the positions of one of f->rest against the starts of a range. */
static bool count_word(struct fan *f, struct starts *s, const struct bq_term *word)
{
	struct starts_list list = { *word, f->a->words[f->prefix].at };
	struct bq_term pair;
	bool is_pair = ask_pairs(f, word, &pair) == BQ_PAIR_LIST;

	starts_count(s, &list, is_pair ? &pair : NULL, f->ev->counts_only, f->sums);
	return f->ev->read.error.status == BQ_OK && !f->ev->read.mem->oom;
}

static bool add_rest(struct fan *f)
{
	struct starts *s = starts_new(f->ev, f->a, f->prefix);
	bool ok = s != NULL;

	if (ok && f->rest_df < USELESS * (uint64_t)s->n_docs)
		ok = need_rest(f, s);
	if (ok && f->ev->counts_only)
		leave_out(f, s);
	while (ok && starts_next(s))
		for (uint32_t i = 0; i < f->n_rest && s->n_docs != 0 && ok && !watch_check(f->ev->watch); i++)
			ok = count_word(f, s, &f->rest[i]);
	return ok;
}

bool expand_phrase(struct node *n, const struct ast *a, uint32_t prefix)
{
	struct eval *ev = n->ev;
	struct fan f = { .ev = ev, .a = a, .prefix = prefix, .sums = begin_sums(ev) };
	const struct plan_terms *all = &ev->group->lists[a->lists[prefix]].in_leaf[ev->leaf_no];
	bool ok = f.sums != NULL && add_pairs(&f, all) && (f.n_rest == 0 || add_rest(&f));

	ok = ok && ev->read.error.status == BQ_OK && ev->watch->status == BQ_OK && !ev->read.mem->oom;
	return f.sums != NULL && put_documents(n, f.sums) && ok;
}
