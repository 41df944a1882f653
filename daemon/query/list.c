/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking up the postings lists of a group in each of its leaves.
 */
#include "query/plan.h"

/* Terms kept of a prefix with too many: the most frequent, in a heap with the
 * rarest on top. */
struct keep {
	struct bq_term *terms;
	uint32_t n, cap, most;
};

static bool is_rarer(const struct bq_term *a, const struct bq_term *b)
{
	return a->df != b->df ? a->df < b->df : a->ord > b->ord;
}

static void sift_down(struct keep *k, uint32_t at)
{
	for (uint32_t kid; (kid = 2 * at + 1) < k->n; at = kid) {
		if (kid + 1 < k->n && is_rarer(&k->terms[kid + 1], &k->terms[kid]))
			kid++;
		if (!is_rarer(&k->terms[kid], &k->terms[at]))
			return;
		struct bq_term t = k->terms[at];
		k->terms[at] = k->terms[kid];
		k->terms[kid] = t;
	}
}

/* Room for more: up to k->most. */
static bool make_room(struct keep *k, struct bq_arena *mem)
{
	uint64_t cap = k->cap == 0 ? 16 : 4 * (uint64_t)k->cap;
	struct bq_term *terms;

	k->cap = cap < k->most ? (uint32_t)cap : k->most;
	terms = bq_arena_alloc(mem, k->cap * sizeof *terms);
	if (terms != NULL && k->n != 0)
		memcpy(terms, k->terms, k->n * sizeof *terms);
	k->terms = terms;
	return terms != NULL;
}

static bool keep_term(struct keep *k, const struct bq_term *t, struct bq_arena *mem)
{
	if (k->n == k->cap && k->cap < k->most && !make_room(k, mem))
		return false;
	if (k->n < k->cap) {
		k->terms[k->n++] = *t;
		for (uint32_t i = k->n / 2; k->n == k->most && i-- > 0;)
			sift_down(k, i);
	} else if (is_rarer(&k->terms[0], t)) {
		k->terms[0] = *t;
		sift_down(k, 0);
	}
	return true;
}

/* The lookups of one group. */
struct lookup {
	struct bq_query *q;
	struct watch *watch;
	struct bq_read read;
};

/* The words of one leaf that a prefix stands for. */
static int expand(struct lookup *up, const struct plan_list *l, const struct bq_leaf *leaf, struct plan_terms *out)
{
	struct bq_query *q = up->q;
	struct keep keep = { .most = l->is_char ? UINT32_MAX : PLAN_MAX_EXPANSIONS };
	struct bq_terms it;
	uint64_t n = 0;

	bq_terms_init(&it, leaf, l->kind, l->word, &up->read);
	for (; bq_terms_next(&it) && !watch_step(up->watch); n++) {
		if (!keep_term(&keep, &it.term, q->mem))
			return BQ_ENOMEM;
		it.least_df = keep.n == keep.most ? keep.terms[0].df + 1 : 0; /* of two as frequent the first stays */
	}
	if (n + it.n_passed > keep.most)
		plan_warn(q, bq_arena_printf(q->mem, "%.*s* stands for its %u most frequent words only",
			(int)l->word.len, l->word.ptr, PLAN_MAX_EXPANSIONS));
	*out = (struct plan_terms){ keep.terms, keep.n };
	return up->watch->status;
}

/* Why a lookup failed, in `err`; damage met on the way counts even if the
 * call itself went well. */
static int report(struct lookup *up, int rc, struct bq_error *err)
{
	if (up->read.error.status != BQ_OK) {
		if (err != NULL)
			*err = up->read.error;
		return up->read.error.status;
	}
	switch (rc) {
	case BQ_OK:
		return BQ_OK;
	case BQ_EDEADLINE:
		return bq_error_set(err, rc, 0, "the time was up before the words were found");
	case BQ_ECANCELLED:
		return bq_error_set(err, rc, 0, "cancelled");
	case BQ_ENOMEM:
		return bq_error_set(err, rc, 0, "no memory for the words of the query");
	default:
		return bq_error_set(err, rc, 0, "a word could not be looked up");
	}
}

/* The next lists from number *at on that are no prefixes, as what a leaf is asked
 * for; their numbers are in lists[].  Returns how many. */
static uint32_t want_words(const struct plan_group *g, uint32_t *at, struct bq_wanted *wanted, uint32_t *lists)
{
	uint32_t n = 0;

	for (; *at < g->n_lists && n < BQ_FIND_MAX; (*at)++) {
		const struct plan_list *l = &g->lists[*at];
		if (l->is_prefix)
			continue;
		wanted[n].kind = l->kind;
		wanted[n].word = l->word;
		wanted[n].is_self = l->is_self;
		lists[n++] = *at;
	}
	return n;
}

/* All words of a group in one leaf. */
static int find_words(struct lookup *up, struct plan_group *g, const struct bq_leaf *leaf, uint32_t leaf_no)
{
	for (uint32_t at = 0; at < g->n_lists;) {
		uint32_t lists[BQ_FIND_MAX], room = g->n_lists - at < BQ_FIND_MAX ? g->n_lists - at : BQ_FIND_MAX;
		struct bq_wanted *wanted = bq_arena_alloc(up->q->mem, room * sizeof *wanted);
		if (wanted == NULL)
			return BQ_ENOMEM;
		/* looked at each time: so many words may take 20 ms from disk */
		bool must_stop = at == 0 ? watch_step(up->watch) : watch_check(up->watch);
		uint32_t n = want_words(g, &at, wanted, lists);
		int rc = must_stop ? up->watch->status : bq_leaf_find_all(leaf, wanted, n, &up->read);
		if (rc != BQ_OK)
			return rc;
		for (uint32_t i = 0; i < n; i++)
			if (wanted[i].is_found)
				g->lists[lists[i]].in_leaf[leaf_no] = (struct plan_terms){ &wanted[i].term, 1 };
	}
	return BQ_OK;
}

static int find_prefixes(struct lookup *up, struct plan_group *g, const struct bq_leaf *leaf, uint32_t leaf_no)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < g->n_lists && rc == BQ_OK; i++)
		if (g->lists[i].is_prefix)
			rc = watch_step(up->watch) ? up->watch->status
				: expand(up, &g->lists[i], leaf, &g->lists[i].in_leaf[leaf_no]);
	return rc;
}

static void sum_up(struct plan_group *g)
{
	for (uint32_t i = 0; i < g->n_lists; i++) {
		struct plan_list *list = &g->lists[i];
		list->df = 0;
		for (uint32_t l = 0; l < g->n_leaves; l++)
			for (uint32_t t = 0; t < list->in_leaf[l].n; t++)
				list->df += list->in_leaf[l].terms[t].df;
	}
}

int plan_lists_find(struct bq_query *q, struct plan_group *g, struct watch *watch, struct bq_error *err)
{
	struct lookup up = { .q = q, .watch = watch, .read.mem = q->mem };
	int rc = BQ_OK;

	for (uint32_t i = 0; rc == BQ_OK && i < q->view->n; i++) {
		const struct bq_index *ix = q->view->indexes[i];
		if (&q->groups[q->indexes[i].group] != g)
			continue;
		for (uint32_t l = 0; rc == BQ_OK && l < ix->n_leaves; l++) {
			rc = find_words(&up, g, ix->leaves[l], q->indexes[i].first_leaf + l);
			if (rc == BQ_OK)
				rc = find_prefixes(&up, g, ix->leaves[l], q->indexes[i].first_leaf + l);
		}
	}
	sum_up(g);
	return report(&up, rc, err);
}
