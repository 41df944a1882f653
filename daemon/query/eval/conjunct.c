/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words that are all required, and some that only add: score the rarest list's
 * block first, look up in the others who may still rank.
 */
#include "query/eval/cands.h"

/* The lead's documents are scored first once they need that part of the best
 * points in their block. */
enum { MEET_SHARE = 2 };

/* Bound every clause over the lead's block [from, to), whose largest impact is
 * `impact`: all together, 0 if one required word is not there at all. */
static uint32_t bound_span(struct cands *c, uint32_t from, uint32_t to, uint8_t impact)
{
	const struct flat *f = c->flat;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < f->n_must; i++) {
		struct flat_clause *m = &f->must[i];
		if (m == f->lead_clause)
			m->most = bound_points(&m->bound, impact);
		else if (!flat_bound(m, from, to))
			return 0;
		sum += m->most;
	}
	for (uint32_t i = 0; i < f->n_should; i++) {
		(void)flat_bound(f->should[i], from, to);
		sum += f->should[i]->most;
	}
	return sum;
}

/* The required word that the lead's documents are looked up in first; NULL if
 * there is none. */
static const struct flat_clause *first_other(const struct flat *f)
{
	for (uint32_t i = 0; i < f->n_must; i++)
		if (&f->must[i] != f->lead_clause)
			return &f->must[i];
	return NULL;
}

/* The candidates are the lead's, `met` has been looked up if not NULL; `rest`
 * is what all others may add. */
static void look_up_others(struct cands *c, const struct flat_clause *met, uint32_t rest)
{
	const struct flat *f = c->flat;

	for (uint32_t i = 0; i < f->n_must && c->n != 0; i++) {
		if (&f->must[i] == f->lead_clause || &f->must[i] == met)
			continue;
		cands_add(c, &f->must[i], true);
		rest -= f->must[i].most;
		cands_drop(c, rest);
	}
	for (uint32_t i = 0; i < f->n_should && c->n != 0; i++) {
		if (f->should[i]->most == 0)
			continue;
		cands_add(c, f->should[i], false);
		rest -= f->should[i]->most;
		cands_drop(c, rest);
	}
}

/* The lead's block is at hand; `rest` is what all others may add.  While scores
 * drop few of its documents another word does that better. */
static void run_block(struct cands *c, const struct flat_clause *lead, uint32_t rest)
{
	const struct flat_clause *met = first_other(c->flat);
	const struct bq_cursor *cursor = lead->node->cursor;

	if (met != NULL && cands_need(c) <= rest + lead->most / MEET_SHARE) {
		cands_meet(c, lead, met);
		rest -= met->most;
	} else {
		met = NULL;
		cands_take(c, lead, cursor->docs, bq_cursor_tfs(lead->node->cursor), cursor->n);
	}
	cands_drop(c, rest);
	look_up_others(c, met, rest);
	cands_offer(c);
}

void conjunct_best(struct cands *c)
{
	const struct flat_clause *lead = c->flat->lead_clause;
	struct bq_cursor *cursor = lead->node->cursor;
	uint32_t from = 0, last = 0;

	while (!watch_check(c->pass->watch)) {
		uint8_t impact = bq_cursor_block_impact(cursor, from, &last);
		if (impact == 0)
			break;
		uint32_t sum = bound_span(c, from, last + 1, impact);
		if (sum >= cands_need(c) && sum != 0) {
			if (bq_cursor_seek(cursor, from) == BQ_DOC_END)
				break;
			run_block(c, lead, sum - lead->most);
			if (remainder_is_small(c) && remainder_best(c, last + 1))
				break;
		} else {
			c->is_cut |= sum != 0;
		}
		from = last + 1;
	}
}

/* ---- words that only add, but are rare --------------------------------- */

/* So many words that are rarer than each required one lead. */
enum { MAX_LEADS = 4 };

/* What the required words may give, and those of `should` from number `first` on. */
static uint64_t most_from(const struct flat *f, uint32_t first)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < f->n_must; i++)
		sum += bound_points(&f->must[i].bound, f->must[i].node->cursor->term.impact);
	for (uint32_t i = first; i < f->n_should; i++)
		sum += bound_points(&f->should[i]->bound, f->should[i]->node->cursor->term.impact);
	return sum;
}

static void sort_by_cost(const struct flat *f)
{
	for (uint32_t i = 1; i < f->n_should; i++) {
		struct flat_clause *c = f->should[i];
		uint32_t at = i;
		for (; at > 0 && f->should[at - 1]->node->cost > c->node->cost; at--)
			f->should[at] = f->should[at - 1];
		f->should[at] = c;
	}
}

/* Offer all documents that may rank and have the word done[n_done], then it is
 * done.  `must` has room for one more than are required. */
static void run_rare(struct cands *c, struct flat_clause *must)
{
	const struct flat *all = c->flat;
	struct flat with = *all;

	must[0] = *c->done[c->n_done];
	memcpy(must + 1, all->must, all->n_must * sizeof *must);
	with.must = with.lead_clause = must;
	with.lead = must->node;
	with.n_must++;
	with.should = all->should + c->n_done + 1;
	with.n_should = all->n_should - c->n_done - 1;
	c->flat = &with;
	conjunct_best(c);
	c->flat = all;
	cands_rewind(c);
	c->n_done++;
}

/*   +work remote    remote & work    few, and most of the best: then one knows
 *                   work - remote    that hardly any of these can rank */
bool conjunct_best_rare(struct cands *c)
{
	const struct flat *all = c->flat;
	struct flat rest = *all;
	struct flat_clause *must;

	must = BQ_ARENA_NEW(c->ev->read.mem, struct flat_clause, (size_t)all->n_must + 1);
	if (must == NULL)
		return false;
	sort_by_cost(all);
	c->done = all->should;
	while (c->n_done < all->n_should && c->n_done < MAX_LEADS &&
		all->should[c->n_done]->node->cost < all->lead->cost)
		run_rare(c, must);
	rest.should = all->should + c->n_done;
	rest.n_should = all->n_should - c->n_done;
	if (most_from(all, c->n_done) < cands_need(c)) {
		c->is_cut = true;
		return true;
	}
	c->flat = &rest;
	conjunct_best(c);
	c->flat = all;
	return true;
}
