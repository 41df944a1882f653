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
	for (uint32_t i = 0; i < n && n != c->n && c->n_words != 0; i++)
		c->held[i] = c->held[c->at[i]];
	c->n = n;
}

void cands_take(struct cands *c, const struct flat_clause *clause, const uint32_t *docs, const uint32_t *tfs,
	uint32_t n)
{
	struct kernel_score score = score_of(c, clause);

	c->n = n;
	memcpy(c->docs, docs, n * sizeof *docs);
	memset(c->held, 1, n);
	c->kernels->score(&score, docs, tfs, n, c->points);
}

void cands_meet(struct cands *c, const struct flat_clause *lead, const struct flat_clause *other)
{
	const struct kernel_score scores[2] = { score_of(c, lead), score_of(c, other) };
	const uint32_t *const both[2] = { c->met, c->tfs };
	struct bq_cursor *cur = lead->node->cursor;
	uint32_t n = bq_cursor_hold(other->node->cursor, cur->docs, cur->n, c->at, c->tfs);

	c->n = n;
	if (n == 0)
		return;
	memset(c->held, 2, n);
	const uint32_t *tfs = bq_cursor_tfs(cur);
	for (uint32_t i = 0; i < n; i++) {
		c->docs[i] = cur->docs[c->at[i]];
		c->met[i] = tfs[c->at[i]];
	}
	c->kernels->score_two(scores, c->docs, both, n, c->points);
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
	for (uint32_t i = 0; i < n && c->n_words != 0; i++)
		c->held[c->at[i]]++;
	if (is_must)
		keep(c, n);
}

/* Some candidates, one behind the other. */
struct slice {
	uint32_t n;
	uint32_t *docs, *points;
	uint8_t *held; /* what it says counts only if someone asks */
};

static inline void move(struct slice *s, uint32_t from, uint32_t to)
{
	s->docs[to] = s->docs[from];
	s->points[to] = s->points[from];
	s->held[to] = s->held[from];
}

static void drop_low(struct slice *s, uint32_t need)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		move(s, i, kept);
		kept += s->points[i] >= need;
	}
	s->n = kept;
}

/* Drop those that `word` has. */
static void drop_held(struct slice *s, const struct node *word)
{
	uint16_t at[SLICE];
	uint32_t held = s->n == 0 ? 0 : bq_cursor_hold(word->cursor, s->docs, s->n, at, NULL), kept = 0;

	if (held == 0)
		return;
	for (uint32_t i = 0, h = 0; i < s->n; i++) {
		bool is_held = h < held && at[h] == i;
		move(s, i, kept);
		kept += !is_held;
		h += is_held;
	}
	s->n = kept;
}

/* Documents with a word that is done are no candidates any more. */
static enum topk_words words_of(const struct cands *c, uint8_t held)
{
	if (c->n_words == 0 || (held >= CANDS_UNKNOWN && c->n_done == 0))
		return TOPK_UNKNOWN;
	return held == c->n_words ? TOPK_ALL : TOPK_SOME;
}

/* Whether candidates must be looked up in what leaves them out. */
static bool has_outs(const struct cands *c)
{
	return c->n_done + c->flat->n_not != 0 || c->strict != NULL;
}

/* Drop who is left out; first those that do not rank any more, which need not be
 * looked up. */
static void drop_outs(struct cands *c, struct slice *s)
{
	uint32_t n = s->n, kept = 0;

	drop_low(s, cands_need(c));
	c->is_cut |= s->n != n;
	for (uint32_t i = 0; i < c->n_done; i++)
		drop_held(s, c->done[i]->node);
	n = s->n;
	for (uint32_t i = 0; i < c->flat->n_not; i++)
		drop_held(s, c->flat->not[i]);
	c->n_asked += n;
	c->n_left_out += n - s->n;
	for (uint32_t i = 0; i < s->n && c->strict != NULL; i++) {
		move(s, i, kept);
		kept += !node_holds(c->strict, s->docs[i]);
	}
	s->n = c->strict != NULL ? kept : s->n;
}

static void drop_dead(const struct cands *c, struct slice *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		move(s, i, kept);
		kept += !bq_leaf_is_dead(c->ev->leaf, s->docs[i]);
	}
	s->n = kept;
}

/* Give them to the best k; `may_be_out`: unless a word leaves them out. */
static void offer_slice(struct cands *c, struct slice *s, bool may_be_out)
{
	uint8_t words[KERNEL_BLOCK];

	if (c->ev->leaf->dead != NULL)
		drop_dead(c, s);
	if (may_be_out)
		drop_outs(c, s);
	c->n_seen += s->n;
	for (uint32_t i = 0; i < s->n && c->n_words != 0; i++)
		words[i] = (uint8_t)words_of(c, s->held[i]);
	struct topk_docs docs = { .n = s->n, .docs = s->docs, .points = s->points,
		.words = c->n_words != 0 ? words : NULL, .in_order = c->n_done == 0 };
	pass_keep_docs(c->pass, c->ev, c->index, &docs);
}

static void offer(struct cands *c, bool may_be_out)
{
	uint32_t most = may_be_out ? SLICE : KERNEL_BLOCK;

	cands_drop(c, 0);
	for (uint32_t i = 0, n; i < c->n; i += n) {
		n = c->n - i < most ? c->n - i : most;
		struct slice s = { n, c->docs + i, c->points + i, c->held + i };
		offer_slice(c, &s, may_be_out);
	}
}

void cands_offer(struct cands *c) { offer(c, has_outs(c)); }
void cands_offer_free(struct cands *c) { offer(c, false); }

void cands_rewind(struct cands *c)
{
	for (uint32_t i = 0; i < c->n_done; i++)
		node_rewind(c->done[i]->node);
	flat_rewind(c->flat);
	if (c->strict != NULL)
		node_rewind(c->strict);
}
