/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A frequent word without others that most of its documents have: few are left,
 * and they score low, so that bounds pass over nothing.
 *
 *   +of -the   window   of  1011 0110
 *                     & ~the 1010 0110
 *                           = 0001 0000   -> look up how often, score, offer
 */
#include "query/eval/cands.h"

enum { WORDS = KERNEL_WINDOW / 64 };

uint32_t remainder_enough = 512, remainder_few = 8;

bool remainder_is_small(const struct cands *c)
{
	const struct flat *f = c->flat;

	return f->n_must == 1 && f->n_should == 0 && f->n_not != 0 && c->n_done == 0 && c->strict == NULL &&
		c->n_asked >= remainder_enough && c->n_asked - c->n_left_out < c->n_asked / remainder_few;
}

/* Documents of the window from `from` on that are left, as bits; where the next may be. */
static uint32_t fill_left(const struct cands *c, struct bq_cursor *lead, uint32_t from, uint64_t *bits)
{
	uint32_t to = BQ_DOC_END - from < KERNEL_WINDOW ? BQ_DOC_END : from + KERNEL_WINDOW;
	uint64_t out[WORDS] = { 0 };
	uint32_t next = bq_cursor_fill(lead, from, to, bits);

	for (uint32_t i = 0; i < c->flat->n_not; i++)
		(void)bq_cursor_fill(c->flat->not[i]->cursor, from, to, out);
	for (uint32_t w = 0; w < WORDS; w++)
		bits[w] &= ~out[w];
	return next;
}

/* Look up how often the candidates have the word, and offer them. */
static void offer_left(struct cands *c)
{
	const struct flat_clause *lead = c->flat->lead_clause;
	struct kernel_score score = { &c->ev->index->bm25, c->ev->leaf->norms, lead->node->weight };

	if (c->n == 0)
		return;
	/* all of them, unless the list is damaged */
	c->n = bq_cursor_hold(lead->node->cursor, c->docs, c->n, c->at, c->tfs);
	for (uint32_t i = 0; i < c->n; i++)
		c->docs[i] = c->docs[c->at[i]];
	memset(c->held, 1, c->n);
	c->kernels->score(&score, c->docs, c->tfs, c->n, c->points);
	cands_offer_free(c);
	c->n = 0;
}

static void offer_window(struct cands *c, uint32_t from, const uint64_t *bits)
{
	for (uint32_t w = 0; w < WORDS; w++) {
		for (uint64_t left = bits[w]; left != 0; left &= left - 1) {
			if (c->n == KERNEL_BLOCK)
				offer_left(c);
			c->docs[c->n++] = from + 64 * w + (uint32_t)__builtin_ctzll(left);
		}
	}
}

bool remainder_best(struct cands *c, uint32_t from)
{
	struct bq_cursor *lead = bq_cursor_open(c->ev->leaf, &c->flat->lead->cursor->term, &c->ev->read);
	uint64_t n_docs = c->ev->leaf->n_docs, at = from & ~UINT64_C(63), bits[WORDS];

	if (lead == NULL)
		return false;
	c->n = 0;
	while (at < n_docs && !watch_check(c->pass->watch)) {
		memset(bits, 0, sizeof bits);
		uint32_t next = fill_left(c, lead, (uint32_t)at, bits);
		if (at < from)
			bits[0] &= ~UINT64_C(0) << (from - at);
		offer_window(c, (uint32_t)at, bits);
		at = next == BQ_DOC_END ? n_docs : next & ~UINT64_C(63);
	}
	offer_left(c);
	return true;
}
