/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/cands.h"

/* Candidates looked up at once in words that leave them out: those before
 * have raised what is needed. */
enum { SLICE = 32 };

static struct kernel_score score_of(const struct cands *c, const struct flat_clause *clause)
{
	return (struct kernel_score){ &c->ev->index->bm25, c->ev->leaf->norms, clause->node->weight };
}

/* Keep those whose places are at[0 .. n). */
static void keep(struct cands *c, uint32_t n)
{
	for (uint32_t i = 0; i < n && n != c->n; i++) {
		c->docs[i] = c->docs[c->at[i]];
		c->points[i] = c->points[c->at[i]];
	}
	c->n = n;
}

void cands_take(struct cands *c, const struct flat_clause *clause, const uint32_t *docs, const uint32_t *tfs,
	uint32_t n)
{
	struct kernel_score score = score_of(c, clause);

	c->n = n;
	memcpy(c->docs, docs, n * sizeof *docs);
	c->kernels->score(&score, docs, tfs, n, c->points);
}

void cands_meet(struct cands *c, const struct flat_clause *lead, const struct flat_clause *other)
{
	struct kernel_score score = score_of(c, other);
	struct bq_cursor *cur = lead->node->cursor;
	uint32_t n = bq_cursor_hold(other->node->cursor, cur->docs, cur->n, c->at, c->tfs);

	c->n = n;
	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		c->docs[i] = cur->docs[c->at[i]];
	c->kernels->score(&score, c->docs, c->tfs, n, c->points);
	const uint32_t *tfs = bq_cursor_tfs(cur);
	for (uint32_t i = 0; i < n; i++)
		c->tfs[i] = tfs[c->at[i]];
	score = score_of(c, lead);
	c->kernels->score(&score, c->docs, c->tfs, n, c->more);
	for (uint32_t i = 0; i < n; i++)
		c->points[i] += c->more[i];
}

void cands_drop(struct cands *c, uint32_t rest)
{
	uint32_t need = cands_need(c), n;

	if (need <= rest)
		return;
	n = c->kernels->select(c->points, c->n, need - rest, c->at);
	c->is_cut |= n != c->n;
	keep(c, n);
}

void cands_add(struct cands *c, const struct flat_clause *clause, bool is_must)
{
	struct kernel_score score = score_of(c, clause);
	uint32_t n = c->n == 0 ? 0 : bq_cursor_hold(clause->node->cursor, c->docs, c->n, c->at, c->tfs);

	for (uint32_t i = 0; i < n; i++)
		c->met[i] = c->docs[c->at[i]];
	c->kernels->score(&score, c->met, c->tfs, n, c->more);
	for (uint32_t i = 0; i < n; i++)
		c->points[c->at[i]] += c->more[i];
	if (is_must)
		keep(c, n);
}

static bool is_out(const struct cands *c, uint32_t doc)
{
	return bq_leaf_is_dead(c->ev->leaf, doc) || (c->strict != NULL && node_holds(c->strict, doc));
}

/* Drop of docs[0 .. n) those that `word` has; returns how many stay. */
static uint32_t drop_held(const struct node *word, uint32_t *docs, uint32_t *points, uint32_t n)
{
	uint16_t at[SLICE];
	uint32_t held = n == 0 ? 0 : bq_cursor_hold(word->cursor, docs, n, at, NULL), kept = 0;

	for (uint32_t i = 0, h = 0; i < n && held != 0; i++) {
		bool is_held = h < held && at[h] == i;
		docs[kept] = docs[i];
		points[kept] = points[i];
		kept += !is_held;
		h += is_held;
	}
	return held == 0 ? n : kept;
}

static void offer_slice(struct cands *c, uint32_t *docs, uint32_t *points, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0, need = cands_need(c); i < n; i++) {
		docs[kept] = docs[i];
		points[kept] = points[i];
		kept += points[i] >= need;
	}
	c->is_cut |= kept != n;
	for (uint32_t i = 0; i < c->n_done; i++)
		kept = drop_held(c->done[i]->node, docs, points, kept);
	for (uint32_t i = 0; i < c->flat->n_not; i++)
		kept = drop_held(c->flat->not[i], docs, points, kept);
	for (uint32_t i = 0; i < kept; i++) {
		if (points[i] < cands_need(c)) {
			c->is_cut = true;
		} else if (!is_out(c, docs[i])) {
			c->n_seen++;
			pass_keep(c->pass, c->ev, c->index, docs[i], points[i]);
		}
	}
}

void cands_offer(struct cands *c)
{
	cands_drop(c, 0);
	for (uint32_t i = 0, n; i < c->n; i += n) {
		n = c->n - i < SLICE ? c->n - i : SLICE;
		offer_slice(c, c->docs + i, c->points + i, n);
	}
}

void cands_rewind(struct cands *c)
{
	for (uint32_t i = 0; i < c->n_done; i++)
		node_rewind(c->done[i]->node);
	flat_rewind(c->flat);
	if (c->strict != NULL)
		node_rewind(c->strict);
}
