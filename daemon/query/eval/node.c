/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/node.h"

/* node_seek() without the call where there is nothing to do or just a list to
 * move on. */
static inline uint32_t seek_kid(struct node *n, uint32_t target)
{
	if (n->is_started && n->doc >= target)
		return n->doc;
	if (n->kind != NODE_TERM)
		return node_seek(n, target);
	n->is_started = true;
	return n->doc = bq_cursor_seek(n->cursor, target);
}

static uint32_t seek_union(struct node_union *u, uint32_t target)
{
	uint32_t step = 1, lo = u->at, hi = u->at;

	/* gallop, then halve: docs[lo - 1] < target <= docs[hi] */
	while (hi < u->n && u->docs[hi] < target) {
		lo = hi + 1;
		hi = hi + step < u->n ? hi + step : u->n;
		step *= 2;
	}
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (u->docs[mid] < target)
			lo = mid + 1;
		else
			hi = mid;
	}
	u->at = lo;
	return lo < u->n ? u->docs[lo] : BQ_DOC_END;
}

/* The first document >= target that all of must[] hold: whoever is ahead
 * leads. */
static uint32_t seek_must(struct node *n, uint32_t target)
{
	uint32_t i = 0;

	while (i < n->n_must) {
		uint32_t doc = seek_kid(n->must[i], target);
		if (doc == BQ_DOC_END || watch_step(n->ev->watch))
			return BQ_DOC_END;
		if (doc > target) {
			target = doc;
			if (i != 0) {
				i = 0;
				continue;
			}
		}
		i++;
	}
	return target;
}

/* The first document >= target that one of should[] holds. */
static uint32_t seek_should(struct node *n, uint32_t target)
{
	uint32_t first = BQ_DOC_END;

	for (uint32_t i = 0; i < n->n_should; i++) {
		uint32_t doc = seek_kid(n->should[i], target);
		first = doc < first ? doc : first;
	}
	return watch_step(n->ev->watch) ? BQ_DOC_END : first;
}

static bool is_excluded(struct node *n, uint32_t doc)
{
	for (uint32_t i = 0; i < n->n_not; i++)
		if (seek_kid(n->not[i], doc) == doc)
			return true;
	return false;
}

static uint32_t seek_bool(struct node *n, uint32_t target)
{
	for (;;) {
		uint32_t doc = n->n_must != 0 ? seek_must(n, target) : seek_should(n, target);
		if (doc == BQ_DOC_END)
			return doc;
		if (!is_excluded(n, doc))
			return doc;
		target = doc + 1;
	}
}

static uint32_t seek_phrase(struct node *n, uint32_t target)
{
	for (;;) {
		uint32_t doc = seek_must(n, target);
		if (doc == BQ_DOC_END)
			return doc;
		n->tf = phrase_starts(n);
		if (n->tf != 0)
			return doc;
		target = doc + 1;
	}
}

uint32_t node_seek(struct node *n, uint32_t target)
{
	if (n->is_started && n->doc >= target)
		return n->doc;
	n->is_started = true;
	switch (n->kind) {
	case NODE_TERM:
		return n->doc = bq_cursor_seek(n->cursor, target);
	case NODE_UNION:
		return n->doc = seek_union(&n->u, target);
	case NODE_PHRASE:
		return n->doc = seek_phrase(n, target);
	case NODE_BOOL:
		return n->doc = seek_bool(n, target);
	case NODE_NONE:
		break;
	}
	return n->doc = BQ_DOC_END;
}

static bool any_holds(struct node **nodes, uint32_t n, uint32_t doc)
{
	for (uint32_t i = 0; i < n; i++)
		if (node_holds(nodes[i], doc))
			return true;
	return false;
}

bool node_holds(struct node *n, uint32_t doc)
{
	if (n->kind == NODE_TERM || n->kind == NODE_UNION)
		return seek_kid(n, doc) == doc;
	if (n->kind == NODE_NONE)
		return false;
	for (uint32_t i = 0; i < n->n_must; i++)
		if (!node_holds(n->must[i], doc))
			return false;
	if (n->kind == NODE_PHRASE)
		return phrase_starts(n) != 0;
	if (n->n_must == 0 && !any_holds(n->should, n->n_should, doc))
		return false;
	return !any_holds(n->not, n->n_not, doc);
}

void node_rewind(struct node *n)
{
	n->is_started = false;
	n->doc = 0;
	n->u.at = 0;
	if (n->cursor != NULL)
		bq_cursor_rewind(n->cursor);
	for (uint32_t i = 0; i < n->n_must; i++)
		node_rewind(n->must[i]);
	for (uint32_t i = 0; i < n->n_should; i++)
		node_rewind(n->should[i]);
	for (uint32_t i = 0; i < n->n_not; i++)
		node_rewind(n->not[i]);
}

static uint32_t clause_tf(const struct node *n)
{
	switch (n->kind) {
	case NODE_TERM:
		return bq_cursor_tf(n->cursor);
	case NODE_UNION:
		return n->u.tfs[n->u.at];
	default:
		return n->tf;
	}
}

uint32_t node_score(struct node *n)
{
	uint32_t sum = 0;

	if (n->kind != NODE_BOOL)
		return bm25_points(n->weight, clause_tf(n), node_k(n->ev, n->doc));
	for (uint32_t i = 0; i < n->n_must; i++)
		sum += node_score(n->must[i]);
	for (uint32_t i = 0; i < n->n_should; i++)
		if (seek_kid(n->should[i], n->doc) == n->doc)
			sum += node_score(n->should[i]);
	return sum;
}
