/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/hint.h"

#include "query/far.h"

/* The words of the phrase with a blank between: a query of its own. */
static struct bq_span words_text(struct bq_query *q, const struct ast *a)
{
	size_t n = 0;
	char *p;

	for (uint32_t i = 0; i < a->n_words; i++)
		n += a->words[i].raw.len + 1;
	p = bq_arena_alloc(q->mem, n);
	if (p == NULL)
		return (struct bq_span){ NULL, 0 };
	n = 0;
	for (uint32_t i = 0; i < a->n_words; i++) {
		memcpy(p + n, a->words[i].raw.ptr, a->words[i].raw.len);
		n += a->words[i].raw.len;
		p[n++] = ' ';
	}
	return bq_span_make(p, n - 1); /* a last word that is a prefix must end the text */
}

/* `"the phrase"~5`: the text between its quotes. */
static struct bq_span near_text(struct bq_query *q, const struct ast *a)
{
	const struct ast_word *first = &a->words[0], *last = &a->words[a->n_words - 1];
	size_t n = (size_t)(last->raw.ptr + last->raw.len - first->raw.ptr);

	return bq_span_of(bq_arena_printf(q->mem, "\"%.*s\"~%u", (int)n, first->raw.ptr, HINT_NEAR));
}

/* Documents the query walks over: those of the rarest word for all of them,
 * those of every word for any. */
static uint64_t steps(const struct bq_query *q, enum bq_match match)
{
	uint64_t sum = 0;

	for (uint32_t g = 0; g < q->n_groups; g++) {
		const struct plan_group *group = &q->groups[g];
		uint64_t all = 0, least = UINT64_MAX;
		for (uint32_t i = 0; i < group->n_lists; i++) {
			all += group->lists[i].df;
			least = group->lists[i].df < least ? group->lists[i].df : least;
		}
		sum += match == BQ_MATCH_ANY ? all : group->n_lists == 0 ? 0 : least * group->n_lists;
	}
	return sum;
}

/* What `how` finds; UINT64_MAX if that is too much work. */
static uint64_t count_as(struct bq_query *q, struct bq_span text, const struct bq_query_opts *how)
{
	struct bq_query_opts *opts = BQ_ARENA_NEW(q->mem, struct bq_query_opts, 1);
	struct watch watch = { 0 };
	struct bq_query *sub;
	uint64_t n;

	if (opts == NULL)
		return UINT64_MAX;
	*opts = *how;
	opts->cancel = q->opts->cancel;
	opts->deadline_ns = q->opts->deadline_ns;
	if (bq_query_parse(q->searcher, q->view, text, opts, q->mem, &sub, NULL) != BQ_OK)
		return UINT64_MAX;
	if (far_is(q->view)) /* which takes a round trip, whatever it finds */
		return bq_query_count(sub, &n, NULL) == BQ_OK ? n : UINT64_MAX;
	if (plan_resolve(sub, &watch, NULL) != BQ_OK || steps(sub, how->match) > HINT_MAX_STEPS ||
		bq_query_count(sub, &n, NULL) != BQ_OK)
		return UINT64_MAX;
	return n;
}

void hint_find(struct bq_query *q, struct bq_hits *out)
{
	const struct ast *a = q->n_groups == 0 ? NULL : q->groups[0].root;

	if (a == NULL || a->kind != AST_PHRASE || a->n_words < 2 || a->is_title || a->near != AST_EXACT)
		return;
	const struct ast_word *last = &a->words[a->n_words - 1];
	bool is_prefix = last->is_prefix && !last->is_char;
	struct bq_query_opts all = { .words_only = true, .partial = is_prefix }, any = all, near = { 0 };
	struct bq_span text = words_text(q, a);
	any.match = BQ_MATCH_ANY;
	out->has_hint = true;
	bool is_dear = is_prefix || (far_is(q->view) && a->n_words > 2); /* shards know pairs only */
	out->hint_near = is_dear ? UINT64_MAX : count_as(q, near_text(q, a), &near);
	out->hint_all = count_as(q, text, &all);
	out->hint_any = count_as(q, text, &any);
}
