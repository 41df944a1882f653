/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/far.h"

#include "query/cursor_token.h"
#include "query/far_expr.h"
#include "query/eval/pass.h"
#include "query/hint.h"
#include "query/show/walk.h"

enum { CHECK_AT_ONCE = 100, EXTRA = 1 }; /* one hit more says that there are more */

/* One search under way. */
struct far {
	struct bq_query *q;
	struct bq_index *ix;
	struct far_expr strict, loose;
	uint32_t from, n;          /* ranks wanted: from .. from + n - 1 */
	struct bq_hit *hits;       /* found, [n] */
	uint32_t n_hits;
	uint64_t n_strict;         /* documents of the first tier, if it was found whole */
	uint32_t n_checked;
};

bool far_is(const struct bq_view *view)
{
	return view->n != 0 && view->indexes[0]->is_remote;
}

int far_check_view(const struct bq_view *view, struct bq_error *err)
{
	for (uint32_t i = 0; i < view->n; i++)
		if (view->indexes[i]->is_remote && view->n > 1)
			return bq_error_set(err, BQ_EQUERY, 0, "shards are asked alone: name one index with @index");
	return BQ_OK;
}

/* ---- documents ---------------------------------------------------------------------- */

/* Lists and trees of the documents fetched before mean nothing any more. */
static int turn_page(struct bq_query *q, const struct bq_remote_hit *hits, uint32_t n, struct bq_error *err)
{
	struct watch unhurried = { 0 };
	int rc = bq_remote_fetch(q->view->indexes[0], hits, n, err);

	q->is_resolved = q->is_weighed = false;
	q->matches_serial = 0;
	walk_drop(q);
	return rc == BQ_OK ? plan_resolve(q, &unhurried, err) : rc;
}

/* Whether a document that is here matches in this reading. */
static bool holds(struct bq_query *q, const struct bq_hit *hit, enum ast_mode mode, struct bq_error *err, int *rc)
{
	struct watch unhurried = { 0 };
	struct eval ev = pass_eval(q, hit->index, hit->leaf, &unhurried);
	struct node *root = node_build(&ev, q->groups[0].root, mode);
	bool does = root != NULL && node_seek(root, hit->doc) == hit->doc;

	*rc = pass_failure(&ev, err);
	return does;
}

int bq_query_fetch(struct bq_query *q, struct bq_hit *hits, uint32_t n, struct bq_error *err)
{
	if (!far_is(q->view))
		return BQ_OK;
	struct bq_remote_hit *ask = BQ_ARENA_NEW(q->mem, struct bq_remote_hit, n);
	if (ask == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	for (uint32_t i = 0; i < n; i++)
		ask[i] = (struct bq_remote_hit){ hits[i].leaf, hits[i].doc, hits[i].score };
	int rc = turn_page(q, ask, n, err);
	for (uint32_t i = 0; rc == BQ_OK && i < n && q->opts->match == BQ_MATCH_ANY; i++)
		if (bq_remote_has(q->view->indexes[0], hits[i].leaf, hits[i].doc))
			hits[i].all = holds(q, &hits[i], AST_STRICT, err, &rc);
	return rc;
}

/* ---- a tier --------------------------------------------------------------------------- */

struct tier {
	const struct bq_expr *expr;
	bool is_inexact;
	enum ast_mode mode;
	bool is_second;   /* without what the STRICT reading matches */
	bool counts;      /* all matches */
	bool has_choice;  /* nothing may be skipped: see far_expr.h */
	uint32_t from;    /* its own ranks are wanted from here on */
	uint64_t n;       /* out: documents that match, at least */
	bool is_whole;    /* out: exactly */
};

static void add_hit(struct far *f, const struct bq_remote_hit *h, const struct tier *t)
{
	if (f->n_hits < f->n)
		f->hits[f->n_hits++] = (struct bq_hit){ 0, h->leaf, h->doc, h->weight, !t->is_second };
}

/* As the shards say. */
static int run_exact(struct far *f, struct tier *t, struct bq_error *err)
{
	struct bq_remote_ask ask = { t->expr, t->from, f->n - f->n_hits, t->counts || t->has_choice };
	struct bq_remote_found found;
	int rc = bq_remote_search(f->ix, &ask, f->q->mem, &found, err);

	if (rc != BQ_OK)
		return rc;
	for (uint32_t i = 0; i < found.n; i++)
		add_hit(f, &found.hits[i], t);
	t->n = found.least;
	t->is_whole = found.least == found.most;
	return BQ_OK;
}

/* Those of one answer that match, counted by t->n. */
static int check_hits(struct far *f, struct tier *t, const struct bq_remote_found *found, struct bq_error *err)
{
	int rc = turn_page(f->q, found->hits, found->n, err);

	for (uint32_t i = 0; i < found->n && rc == BQ_OK; i++) {
		struct bq_hit hit = { 0, found->hits[i].leaf, found->hits[i].doc, 0, false };
		if (!bq_remote_has(f->ix, hit.leaf, hit.doc) || !holds(f->q, &hit, t->mode, err, &rc) || rc != BQ_OK)
			continue;
		if (t->is_second && holds(f->q, &hit, AST_STRICT, err, &rc))
			continue;
		if (t->n++ >= t->from)
			add_hit(f, &found->hits[i], t);
	}
	return rc;
}

/* Candidates in the order of their ranks, until there are enough that match. */
static int run_checked(struct far *f, struct tier *t, struct bq_error *err)
{
	struct bq_remote_found found = { .n = CHECK_AT_ONCE };
	int rc = BQ_OK;

	for (uint32_t first = 0; rc == BQ_OK && found.n == CHECK_AT_ONCE; first += CHECK_AT_ONCE) {
		struct bq_remote_ask ask = { t->expr, first, CHECK_AT_ONCE, t->has_choice };
		if ((f->n_hits == f->n && !t->counts) || f->n_checked >= FAR_MAX_CHECKED)
			break;
		rc = bq_remote_search(f->ix, &ask, f->q->mem, &found, err);
		if (rc == BQ_OK)
			rc = check_hits(f, t, &found, err);
		f->n_checked += found.n;
	}
	t->is_whole = found.n < CHECK_AT_ONCE;
	if (f->n_checked >= FAR_MAX_CHECKED)
		plan_warn(f->q, "only the best 10,000 documents near to this were looked at");
	return rc;
}

static int run_tier(struct far *f, struct tier *t, struct bq_error *err)
{
	return t->is_inexact ? run_checked(f, t, err) : run_exact(f, t, err);
}

/* ---- the answer -------------------------------------------------------------------------- */

static bool has_tiers(const struct far *f) { return f->q->groups[0].has_tiers; }

static int run_first(struct far *f, struct bq_hits *out, struct bq_error *err)
{
	const struct bq_query_opts *o = f->q->opts;
	bool is_loose = o->match == BQ_MATCH_ANY;
	const struct far_expr *e = is_loose ? &f->loose : &f->strict;
	struct tier t = { .expr = e->root, .is_inexact = e->is_inexact, .has_choice = e->has_choice,
		.mode = is_loose ? AST_LOOSE : AST_STRICT, .counts = o->total == BQ_TOTAL_EXACT, .from = f->from };
	int rc = run_tier(f, &t, err);

	out->total = t.n;
	out->exact = t.is_whole;
	f->n_strict = t.n;
	for (uint32_t i = 0; is_loose && has_tiers(f) && i < f->n_hits; i++)
		f->hits[i].all = false; /* bq_query_fetch() knows */
	return rc;
}

static int run_second(struct far *f, struct bq_hits *out, struct bq_error *err)
{
	bool is_inexact = f->strict.is_inexact || f->loose.is_inexact;
	struct tier t = { .is_inexact = is_inexact, .has_choice = true, .mode = AST_LOOSE, .is_second = true,
		.expr = is_inexact ? f->loose.root : far_expr_without(f->q, &f->loose, &f->strict),
		.counts = f->q->opts->total == BQ_TOTAL_EXACT,
		.from = f->from > f->n_strict ? f->from - (uint32_t)f->n_strict : 0 };
	int rc = run_tier(f, &t, err);

	out->has_any = t.is_whole && out->exact;
	out->any = out->total + t.n;
	return rc;
}

/* The page, and the cursor behind it. */
static void fill_page(struct far *f, struct bq_hits *out)
{
	uint32_t n = f->n - EXTRA;

	out->hits = f->hits;
	out->n = f->n_hits < n ? f->n_hits : n;
	if (f->n_hits <= n || out->is_partial || n == 0)
		return;
	struct cursor_token next = { .tier = 1, .points = f->from + n };
	out->next = cursor_token_format(f->q, &next);
}

static void note_partial(struct far *f, struct bq_hits *out)
{
	struct bq_remote_shard s;

	for (uint32_t i = 0; bq_remote_shard(f->ix, i, &s); i++)
		out->is_partial |= !s.is_up;
	if (!out->is_partial)
		return;
	out->why = "shards";
	out->exact = false;
	out->has_any = false;
}

static int begin(struct far *f, struct bq_error *err)
{
	const struct bq_query_opts *o = f->q->opts;
	struct cursor_token token;

	if (o->sort != BQ_SORT_SCORE)
		return bq_error_set(err, BQ_EQUERY, 0, "shards rank by score only, not by date or path");
	f->from = o->offset;
	f->n = o->limit + EXTRA;
	if (o->after.len != 0) {
		int rc = cursor_token_parse(f->q, o->after, &token, err);
		if (rc != BQ_OK)
			return rc;
		f->from = token.points;
	}
	f->hits = BQ_ARENA_NEW(f->q->mem, struct bq_hit, f->n);
	if (f->hits == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", f->n);
	int rc = far_expr_make(f->q, AST_STRICT, &f->strict, err);
	return rc == BQ_OK && has_tiers(f) ? far_expr_make(f->q, AST_LOOSE, &f->loose, err) : rc;
}

int far_search(struct bq_query *q, struct bq_hits *out, struct bq_error *err)
{
	struct far f = { .q = q, .ix = q->view->indexes[0] };
	int rc = begin(&f, err);

	if (rc == BQ_OK && !has_tiers(&f))
		f.loose = f.strict;
	if (rc == BQ_OK)
		rc = run_first(&f, out, err);
	if (rc == BQ_OK && q->opts->match == BQ_MATCH_AUTO && has_tiers(&f) && f.n_hits < f.n)
		rc = run_second(&f, out, err);
	if (rc != BQ_OK)
		return rc;
	note_partial(&f, out);
	fill_page(&f, out);
	if (out->total == 0 && out->exact && q->opts->total != BQ_TOTAL_NONE && !q->opts->no_hint)
		hint_find(q, out);
	out->warnings = q->warnings;
	out->n_warnings = q->n_warnings;
	return q->mem->oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for the answer") : BQ_OK;
}

/* A count leaves nothing out. */
static int check_complete(struct far *f, const struct tier *t, struct bq_error *err)
{
	struct bq_remote_shard s;

	for (uint32_t i = 0; bq_remote_shard(f->ix, i, &s); i++)
		if (!s.is_up)
			return bq_error_set(err, BQ_EREMOTE, 0, "not all shards can be counted; %.80s: %.120s", s.at,
				s.why);
	if (!t->is_whole)
		return bq_error_set(err, BQ_ELIMIT, 0, "more than %u documents would have to be looked at",
			FAR_MAX_CHECKED);
	return BQ_OK;
}

int far_count(struct bq_query *q, uint64_t *out, struct bq_error *err)
{
	struct far f = { .q = q, .ix = q->view->indexes[0] };
	enum ast_mode mode = q->opts->match == BQ_MATCH_ANY ? AST_LOOSE : AST_STRICT;
	int rc = far_expr_make(q, mode, &f.strict, err);
	struct tier t = { .expr = f.strict.root, .is_inexact = f.strict.is_inexact, .mode = mode, .counts = true };

	*out = 0;
	if (rc == BQ_OK)
		rc = run_tier(&f, &t, err);
	if (rc == BQ_OK)
		rc = check_complete(&f, &t, err);
	if (rc == BQ_OK)
		*out = t.n;
	return rc;
}
