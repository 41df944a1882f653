/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/walk.h"

#define KEEP_BYTES ((size_t)64 << 20) /* of lists, from which on walks begin afresh */

void walk_drop(struct bq_query *q)
{
	q->walks_serial = 0;
}

/* Another query may have used the memory since. */
static void keep_or_begin(struct bq_query *q)
{
	struct bq_searcher *s = q->searcher;

	if (q->walks_serial != 0 && q->walks_serial == s->walk_serial && s->walk_mem.bytes <= KEEP_BYTES &&
		!s->walk_mem.oom)
		return;
	bq_arena_reset(&s->walk_mem);
	q->walks_serial = ++s->walk_serial;
	q->walks = NULL;
}

struct walk *walk_over(struct bq_query *q, const struct bq_hit *hit)
{
	struct bq_arena *mem = &q->searcher->walk_mem;
	struct walk *w;

	keep_or_begin(q);
	for (w = q->walks; w != NULL; w = w->next)
		if (w->index == hit->index && w->leaf == hit->leaf)
			return w;
	w = BQ_ARENA_NEW(mem, struct walk, 1);
	if (w == NULL)
		return NULL;
	w->index = hit->index;
	w->leaf = hit->leaf;
	w->ev = pass_eval(q, hit->index, hit->leaf, &w->unhurried);
	w->ev.read.mem = mem;
	w->ev.with_positions = true;
	w->forms = BQ_ARENA_NEW(mem, struct walk_forms, w->ev.group->n_clauses);
	w->next = q->walks;
	q->walks = w->forms == NULL ? NULL : w;
	return q->walks;
}

/* The tree of one reading, ready to be asked for `doc`. */
static struct node *root_of(struct walk *w, enum ast_mode mode, uint32_t doc)
{
	struct node *root = w->roots[mode];

	if (root == NULL)
		root = w->roots[mode] = node_build(&w->ev, w->ev.group->root, mode);
	else if (doc < w->at[mode])
		node_rewind(root);
	w->at[mode] = doc;
	return root;
}

/* The tree of one reading at `doc`.  Unless it is known to match there, that
 * is asked first: a seek would look for the next document that does. */
static struct node *match_in(struct walk *w, enum ast_mode mode, uint32_t doc, bool is_known)
{
	struct node *root = root_of(w, mode, doc);

	if (root == NULL || (!is_known && !node_holds(root, doc)))
		return NULL;
	return node_seek(root, doc) == doc ? root : NULL;
}

struct node *walk_to(struct walk *w, const struct bq_hit *hit)
{
	enum bq_match match = w->ev.q->opts->match;
	struct node *root = NULL;

	if (match != BQ_MATCH_ANY)
		root = match_in(w, AST_STRICT, hit->doc, hit->all);
	if (root != NULL || match == BQ_MATCH_ALL || (match == BQ_MATCH_AUTO && w->roots[AST_STRICT] == NULL))
		return root;
	return match_in(w, AST_LOOSE, hit->doc, true);
}

static bool open_forms(struct walk *w, const struct node *clause, struct walk_forms *out)
{
	struct bq_arena *mem = w->ev.read.mem;
	struct bq_term *terms;

	if (bq_leaf_forms(w->ev.leaf, &clause->cursor->term, &terms, &out->n_cursors, &w->ev.read) != BQ_OK)
		return false;
	struct bq_cursor **cursors = BQ_ARENA_NEW(mem, struct bq_cursor *, out->n_cursors);
	out->spots = BQ_ARENA_NEW(mem, struct bq_spot, out->n_cursors);
	if (cursors == NULL || out->spots == NULL)
		return false;
	for (uint32_t i = 0; i < out->n_cursors; i++) {
		cursors[i] = bq_cursor_open(w->ev.leaf, &terms[i], &w->ev.read);
		if (cursors[i] == NULL)
			return false;
	}
	out->cursors = cursors;
	return true;
}

const struct walk_forms *walk_forms(struct walk *w, const struct node *clause)
{
	struct walk_forms *f = &w->forms[clause->ast->id];
	uint16_t kept;

	if (f->cursors == NULL && !open_forms(w, clause, f))
		return NULL;
	f->n = 0;
	for (uint32_t i = 0; i < f->n_cursors; i++) {
		if (clause->doc <= f->at)
			bq_cursor_rewind(f->cursors[i]);
		f->n += bq_cursor_meet(f->cursors[i], &clause->doc, 1, &kept, &f->spots[f->n]);
	}
	f->at = clause->doc;
	if (w->ev.read.error.status != BQ_OK || !bq_leaf_ready(w->ev.leaf, f->spots, f->n, &w->ev.read))
		return NULL;
	return f;
}
