/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What it takes to look at every document that matches, from the lengths of
 * the lists alone.  Measured on 60,814 articles: a posting in order 11 ns, a
 * document looked up in a dense list 35 ns.  A phrase meets its lists (the
 * README of tests/bench: c_p) and compares two words at a time (c_v); where
 * words may stand elsewhere, or must in the title, all their positions are
 * decoded: 280 to 500 ns a document.
 */
#include "query/cheap.h"

enum { POSTING_NS = 10, LOOKUP_NS = 30, MEET_NS = 10, VERIFY_NS = 50, WALK_NS = 300 };
enum { FILLED_NS = 1, HELD_NS = 20 }; /* words alone: a posting to its bit, a document looked up */

struct cost {
	uint64_t docs; /* that match, at most */
	uint64_t ns;
};

static struct cost cost_of(const struct plan_group *g, const struct ast *a, enum ast_mode mode);

/* Whether documents are looked up many at once, and all words in their places. */
static bool is_fast(const struct plan_group *g, const struct ast *a)
{
	for (uint32_t i = 0; i < a->n_words; i++)
		if (g->lists[a->lists[i]].is_prefix)
			return false;
	return a->near == AST_EXACT && !a->is_title;
}

/* Of a document that may have the clause. */
static uint64_t ns_of_phrase(const struct plan_group *g, const struct ast *a)
{
	return is_fast(g, a) ? (uint64_t)a->n_words * MEET_NS + (a->n_words - 1ull) * VERIFY_NS : WALK_NS;
}

static struct cost cost_of_leaf(const struct plan_group *g, const struct ast *a)
{
	uint64_t docs = UINT64_MAX;

	for (uint32_t i = 0; i < a->n_words; i++)
		if (g->lists[a->lists[i]].df < docs)
			docs = g->lists[a->lists[i]].df;
	return (struct cost){ docs, docs * (a->n_words == 1 ? POSTING_NS : ns_of_phrase(g, a)) };
}

/* With children that are required the rarest leads, and its documents are
 * looked up in the other words and phrases; lists of lists are walked whole.
 * Each child is asked once: the tree may be deep. */
static struct cost cost_of_list(const struct plan_group *g, const struct ast *a, enum ast_mode mode)
{
	struct cost lead = { UINT64_MAX, 0 }, any = { 0, 0 };
	uint64_t lists_ns = 0, per_doc = 0;
	bool is_all = false;

	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		bool is_required = ast_requires(a, k, mode);
		struct cost c = ast_is_leaf(k) ? cost_of_leaf(g, k) : cost_of(g, k, mode);
		if (is_required) {
			is_all = true;
			lead = c.docs < lead.docs ? c : lead;
		} else if (k->occur != AST_NOT) {
			any.docs += c.docs;
			any.ns += c.ns;
		}
		if (ast_is_leaf(k))
			per_doc += k->n_words == 1 ? LOOKUP_NS : ns_of_phrase(g, k);
		else
			lists_ns += c.ns;
	}
	if (!is_all)
		return any;
	return (struct cost){ lead.docs, lists_ns + lead.docs * per_doc };
}

static struct cost cost_of(const struct plan_group *g, const struct ast *a, enum ast_mode mode)
{
	if (a->kind == AST_EMPTY)
		return (struct cost){ 0, 0 };
	return ast_is_leaf(a) ? cost_of_leaf(g, a) : cost_of_list(g, a, mode);
}

/* Words alone are counted without scores (eval/count.h): by bits, or where one
 * that is required is rare, by looking its documents up. */
static bool is_words(const struct ast *a)
{
	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		if (k->kind != AST_WORD)
			return false;
	return a->kind == AST_WORD || a->kids != NULL;
}

static uint64_t ns_of_words(const struct plan_group *g, const struct ast *a, enum ast_mode mode)
{
	uint64_t all = 0, lead = UINT64_MAX, n = 0;

	for (const struct ast *k = a->kids; k != NULL; k = k->next) {
		uint64_t df = g->lists[k->lists[0]].df;
		all += df;
		n++;
		if (ast_requires(a, k, mode) && df < lead)
			lead = df;
	}
	all *= FILLED_NS;
	if (n == 0)
		return 0; /* one word: the dictionary knows */
	return lead < all / (n * HELD_NS) ? lead * n * HELD_NS : all;
}

bool cheap_to_count(const struct bq_query *q, enum ast_mode mode)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < q->n_groups; i++)
		ns += is_words(q->groups[i].root) ? ns_of_words(&q->groups[i], q->groups[i].root, mode)
			: cost_of(&q->groups[i], q->groups[i].root, mode).ns;
	return ns <= CHEAP_NS;
}
