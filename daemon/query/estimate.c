/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many documents match, without looking at one.  Each part of the tree has
 * a share of all documents:
 *
 *   word, prefix   df / N
 *   all of         the least share, the next one's square root, the next
 *                  one's fourth root, ..: words of one question are found
 *                  together more often than chance would have it
 *   phrase         as all of its words, and a fifth for each joint
 *   any of         1 - (1 - share)(1 - share)..
 *   but not        * (1 - share)
 */
#include "query/estimate.h"

#include <math.h>

/* Of documents with two words, how many have them side by side. */
#define JOINT 0.2

/* Shares of which all are wanted, the least ones in order. */
enum { MAX_WANTED = 4 };

struct wanted {
	double least[MAX_WANTED];
	uint32_t n;
};

static void want(struct wanted *w, double share)
{
	uint32_t at = w->n < MAX_WANTED ? w->n++ : MAX_WANTED;

	for (; at > 0 && w->least[at - 1] > share; at--)
		if (at < MAX_WANTED)
			w->least[at] = w->least[at - 1];
	if (at < MAX_WANTED)
		w->least[at] = share;
}

static double share_of_all(const struct wanted *w)
{
	double share = 1, power = 1;

	for (uint32_t i = 0; i < w->n; i++, power /= 2)
		share *= pow(w->least[i], power);
	return share;
}

static double share_of(const struct plan_group *g, const struct ast *a, enum ast_mode mode);

static double share_of_leaf(const struct plan_group *g, const struct ast *a)
{
	struct wanted all = { .n = 0 };
	double joints = 1;

	for (uint32_t i = 0; i < a->n_words; i++) {
		double share = (double)g->lists[a->lists[i]].df / (double)g->n_docs;
		want(&all, share < 1 ? share : 1);
		joints *= i == 0 ? 1 : JOINT;
	}
	return share_of_all(&all) * joints;
}

static double share_of_list(const struct plan_group *g, const struct ast *a, enum ast_mode mode)
{
	struct wanted all = { .n = 0 };
	double none = 1, without = 1;

	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		double share = share_of(g, k, k->occur == AST_NOT ? AST_STRICT : mode);
		if (k->occur == AST_NOT)
			without *= 1 - share;
		else if (ast_requires(a, k, mode))
			want(&all, share);
		else
			none *= 1 - share;
	}
	return (all.n != 0 ? share_of_all(&all) : 1 - none) * without;
}

static double share_of(const struct plan_group *g, const struct ast *a, enum ast_mode mode)
{
	if (a->kind == AST_EMPTY)
		return 0;
	return ast_is_leaf(a) ? share_of_leaf(g, a) : share_of_list(g, a, mode);
}

uint64_t estimate_total(const struct bq_query *q, enum ast_mode mode)
{
	double total = 0;

	for (uint32_t i = 0; i < q->view->n; i++) {
		const struct plan_group *g = &q->groups[q->indexes[i].group];
		if (g->n_docs != 0)
			total += share_of(g, g->root, mode) * (double)q->view->indexes[i]->n_live;
	}
	return (uint64_t)llround(total);
}
