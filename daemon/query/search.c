/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The best documents of a view, a tier at a time.
 *
 *   match=auto   tier 1: STRICT, all the words; if that does not fill the page
 *                tier 2: LOOSE without STRICT, some of them
 *   match=all    STRICT only
 *   match=any    LOOSE only
 */
#include "query/cheap.h"
#include "query/cursor_token.h"
#include "query/estimate.h"
#include "query/far.h"
#include "query/hint.h"
#include "query/eval/flat.h"
#include "query/eval/pass.h"

/* One search under way. */
struct search {
	struct bq_query *q;
	struct watch watch;
	struct topk tiers[2];
	double unit;             /* the score of one point: a power of two */
	uint32_t window;         /* hits looked for: offset + limit, and one that says there are more */
	bool has_after;
	struct cursor_token token;
	struct topk_item after;
};

static enum ast_mode first_mode(const struct bq_query *q)
{
	return q->opts->match == BQ_MATCH_ANY ? AST_LOOSE : AST_STRICT;
}

static bool has_tiers(const struct bq_query *q)
{
	for (uint32_t i = 0; i < q->n_groups; i++)
		if (q->groups[i].has_tiers)
			return true;
	return false;
}

static int stopped(int status, struct bq_error *err)
{
	if (status == BQ_ECANCELLED)
		return bq_error_set(err, status, 0, "cancelled");
	return bq_error_set(err, status, 0, "the time was up before anything was found");
}

/* The place of the cursor in the order of hits. */
static int read_after(struct search *s, struct bq_error *err)
{
	const struct bq_query_opts *o = s->q->opts;
	int rc;

	if (o->after.len == 0)
		return BQ_OK;
	rc = cursor_token_parse(s->q, o->after, &s->token, err);
	if (rc != BQ_OK)
		return rc;
	struct eval ev = pass_eval(s->q, s->token.index, s->token.leaf, &s->watch);
	s->after = pass_item(&ev, s->token.index, s->token.doc, s->token.points);
	s->has_after = true;
	return pass_failure(&ev, err);
}

/* Whether to count all documents of this reading, not just find the best. */
static bool wants_count(const struct bq_query *q, enum ast_mode mode)
{
	enum bq_total total = q->opts->total;

	return total == BQ_TOTAL_EXACT || (total == BQ_TOTAL_AUTO && cheap_to_count(q, mode));
}

/* Walk one tier and keep what the page still needs of it. */
static int run_tier(struct search *s, unsigned tier, struct bq_hits *out, struct bq_error *err)
{
	struct topk *top = &s->tiers[tier - 1];
	bool is_behind = s->has_after && s->token.tier > tier;
	uint32_t cap = is_behind ? 0 : s->window - s->tiers[0].n;
	enum ast_mode mode = tier == 1 ? first_mode(s->q) : AST_LOOSE;
	struct pass pass = {
		.q = s->q,
		.watch = &s->watch,
		.mode = mode,
		.without_strict = tier == 2,
		.wants_count = cap == 0 || wants_count(s->q, mode),
		.n_strict = tier == 2 ? (uint32_t)out->total : 0,
		.top = cap == 0 ? NULL : top,
		.after = s->has_after && s->token.tier == tier ? &s->after : NULL,
	};
	int rc;

	if (!topk_init(top, cap, s->q->opts->sort == BQ_SORT_SCORE, s->q->mem))
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", cap);
	rc = pass_run(&pass, err);
	topk_finish(top);
	if (tier == 1) {
		out->total = pass.n;
		out->exact = s->watch.status == BQ_OK && !pass.is_cut;
		if (!out->exact && s->q->opts->total == BQ_TOTAL_ESTIMATE && estimate_total(s->q, mode) > out->total)
			out->total = estimate_total(s->q, mode);
	} else if (s->watch.status == BQ_OK && !pass.is_cut) {
		out->has_any = true;
		out->any = out->total + pass.n;
	}
	return rc;
}

/* ---- the page ---------------------------------------------------------- */

static struct bq_hit hit_of(const struct search *s, const struct topk_item *item, unsigned tier)
{
	return (struct bq_hit){
		.index = topk_index(item),
		.leaf = topk_leaf(item),
		.doc = topk_doc(item),
		.score = item->points * s->unit,
		.all = tier == 1,
	};
}

/* Whether others follow those up to rank `end`, be it in a second tier that
 * nobody needed so far. */
static bool may_follow(const struct search *s, uint32_t end)
{
	if (s->tiers[0].n + s->tiers[1].n > end)
		return true;
	return s->tiers[0].n == end && s->q->opts->match == BQ_MATCH_AUTO && has_tiers(s->q);
}

/* The hits of the page, and the cursor behind it if others follow. */
static int fill_page(struct search *s, struct bq_hits *out, struct bq_error *err)
{
	const struct bq_query_opts *o = s->q->opts;
	uint32_t n_found = s->tiers[0].n + s->tiers[1].n, end = o->offset + o->limit;
	uint32_t n = n_found < end ? n_found : end;
	struct bq_hit *hits;

	out->n = n > o->offset ? n - o->offset : 0;
	s->unit = ldexp(1, -s->q->shift);
	out->hits = hits = BQ_ARENA_NEW(s->q->mem, struct bq_hit, out->n);
	if (hits == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", out->n);
	for (uint32_t i = 0; i < out->n; i++) {
		uint32_t rank = o->offset + i;
		unsigned tier = rank < s->tiers[0].n ? 1 : 2;
		const struct topk_item *item = &s->tiers[tier - 1].items[tier == 1 ? rank : rank - s->tiers[0].n];
		hits[i] = hit_of(s, item, tier);
		if (rank + 1 < end || !may_follow(s, end) || out->is_partial)
			continue;
		struct cursor_token last = { (uint8_t)tier, item->points, topk_index(item), topk_leaf(item),
			topk_doc(item) };
		out->next = cursor_token_format(s->q, &last);
	}
	s->q->page = hits;
	s->q->n_page = out->n;
	return BQ_OK;
}

/* ---- which hits hold all the words ------------------------------------- */

/* What evaluation knows of hit `i` of the page. */
static enum topk_words words_of(const struct search *s, uint32_t i)
{
	const struct topk_item *item = &s->tiers[0].items[s->q->opts->offset + i];

	return s->q->opts->sort == BQ_SORT_SCORE ? (enum topk_words)item->words : TOPK_UNKNOWN;
}

/* The hits of which it is not known, in the order of their documents; `points`
 * is the hit's place. */
static bool order_hits(struct search *s, const struct bq_hits *hits, struct topk *out)
{
	if (!topk_init(out, hits->n, false, s->q->mem))
		return false;
	for (uint32_t i = 0; i < hits->n; i++) {
		const struct bq_hit *h = &hits->hits[i];
		if (words_of(s, i) != TOPK_UNKNOWN)
			continue;
		out->items[out->n++] = (struct topk_item){ .place = topk_place(h->index, h->leaf, h->doc), .points = i };
	}
	topk_finish(out);
	return true;
}

/* Those of `n` hits of one leaf that `strict` matches. */
static int mark_leaf(struct search *s, struct bq_hit *hits, const struct topk_item *order, uint32_t n,
	struct bq_error *err)
{
	struct watch unhurried = { 0 };
	struct eval ev = pass_eval(s->q, topk_index(order), topk_leaf(order), &unhurried);
	struct node *strict = node_build(&ev, ev.group->root, AST_STRICT);
	uint32_t *docs = BQ_ARENA_NEW(s->q->mem, uint32_t, n);
	struct flat words;

	if (strict == NULL || docs == NULL)
		return pass_failure(&ev, err);
	for (uint32_t i = 0; i < n; i++)
		docs[i] = topk_doc(&order[i]);
	if (flat_build(&words, strict, s->q->view->indexes[topk_index(order)]) && flat_is_words(&words) &&
		words.n_must != 0 && words.n_not == 0) {
		uint32_t held = flat_hold_all(&words, docs, n);
		for (uint32_t i = 0, h = 0; h < held; i++) {
			hits[order[i].points].all = docs[h] == topk_doc(&order[i]);
			h += docs[h] == topk_doc(&order[i]);
		}
		return pass_failure(&ev, err);
	}
	for (uint32_t i = 0; i < n; i++)
		hits[order[i].points].all = node_seek(strict, topk_doc(&order[i])) == topk_doc(&order[i]);
	return pass_failure(&ev, err);
}

/* With match=any: one walk over each leaf that has a hit of which evaluation does
 * not know it. */
static int mark_all(struct search *s, struct bq_hits *out, struct bq_error *err)
{
	struct bq_hit *hits = (struct bq_hit *)(uintptr_t)out->hits;
	struct topk order;
	int rc = BQ_OK;

	if (!order_hits(s, out, &order))
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", out->n);
	for (uint32_t i = 0; i < out->n; i++)
		hits[i].all = words_of(s, i) == TOPK_ALL;
	for (uint32_t i = 0, n; rc == BQ_OK && i < order.n; i += n) {
		const struct topk_item *first = &order.items[i];
		for (n = 1; i + n < order.n && first[n].place >> 32 == first->place >> 32;)
			n++;
		rc = mark_leaf(s, hits, first, n, err);
	}
	return rc;
}

/* ---- the calls --------------------------------------------------------- */

static int run_search(struct search *s, struct bq_hits *out, struct bq_error *err)
{
	const struct bq_query_opts *o = s->q->opts;
	int rc = run_tier(s, 1, out, err);

	if (rc == BQ_OK && o->match == BQ_MATCH_AUTO && s->tiers[0].n < o->offset + o->limit && s->watch.status == BQ_OK &&
		has_tiers(s->q))
		rc = run_tier(s, 2, out, err);
	if (rc != BQ_OK)
		return rc;
	if (s->watch.status == BQ_ECANCELLED || (s->watch.status != BQ_OK && s->tiers[0].n + s->tiers[1].n == 0))
		return stopped(s->watch.status, err);
	if (s->watch.status != BQ_OK) {
		out->is_partial = true;
		out->why = "deadline";
	}
	rc = fill_page(s, out, err);
	if (rc == BQ_OK && o->match == BQ_MATCH_ANY && has_tiers(s->q))
		rc = mark_all(s, out, err);
	return rc;
}

int bq_query_search(struct bq_query *q, struct bq_hits *out, struct bq_error *err)
{
	struct search s = { .q = q, .watch = watch_of(q->opts) };
	const struct bq_query_opts *o = q->opts;
	int rc;

	memset(out, 0, sizeof *out);
	if (o->limit > BQ_QUERY_MAX_LIMIT || o->offset > BQ_QUERY_MAX_WINDOW - o->limit)
		return bq_error_set(err, BQ_ELIMIT, 0, "limit above %u or limit + offset above %u",
			BQ_QUERY_MAX_LIMIT, BQ_QUERY_MAX_WINDOW);
	if (far_is(q->view))
		return far_search(q, out, err);
	s.window = o->limit == 0 ? 0 : o->limit + o->offset + 1;
	rc = plan_resolve(q, &s.watch, err);
	if (rc == BQ_OK)
		rc = read_after(&s, err);
	if (rc == BQ_OK)
		rc = run_search(&s, out, err);
	if (rc == BQ_OK && out->total == 0 && out->exact && o->total != BQ_TOTAL_NONE && !o->no_hint)
		hint_find(q, out);
	out->warnings = q->warnings;
	out->n_warnings = q->n_warnings;
	if (rc == BQ_OK && q->mem->oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the answer");
	return rc;
}

int bq_query_count(struct bq_query *q, uint64_t *out, struct bq_error *err)
{
	struct watch watch = watch_of(q->opts);
	struct pass pass = { .q = q, .watch = &watch, .mode = first_mode(q), .wants_count = true };
	int rc;

	if (far_is(q->view))
		return far_count(q, out, err);
	rc = plan_resolve(q, &watch, err);
	*out = 0;
	if (rc == BQ_OK)
		rc = pass_run(&pass, err);
	if (rc == BQ_OK && watch.status != BQ_OK)
		rc = stopped(watch.status, err);
	if (rc == BQ_OK)
		*out = pass.n;
	return rc;
}
