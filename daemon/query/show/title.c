/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Matches in a title, found by analysing it again: a title is short, and
 * `title:` lists have no positions.
 */
#include "query/show/match.h"

struct title_word {
	struct bq_span text, stem;
	uint32_t off, len, char_len;
};

struct title {
	struct title_word *words;
	uint32_t n;
};

static bool read_title(struct title *t, struct bq_text *text, struct bq_span title, struct bq_arena *mem)
{
	struct bq_tokens it;
	struct bq_token token;
	bool is_bigram = false;
	uint32_t n = 0;

	for (bq_tokens_init(&it, text, title, 0); bq_tokens_next(&it, &token);)
		n++;
	t->n = 0;
	t->words = BQ_ARENA_NEW(mem, struct title_word, n);
	if (t->words == NULL)
		return false;
	for (bq_tokens_init(&it, text, title, 0); t->n < n && bq_tokens_next(&it, &token);) {
		struct title_word *w = &t->words[t->n++];
		w->text = bq_arena_dup(mem, token.word);
		w->stem = bq_arena_dup(mem, bq_text_stem(text, w->text));
		w->off = (uint32_t)token.off;
		w->len = w->char_len = token.len;
		if (is_bigram)
			w[-1].char_len = w->off - w[-1].off;
		is_bigram = token.kind == BQ_TOKEN_BIGRAM; /* the next one starts at its second character */
	}
	return !mem->oom;
}

static bool word_fits(const struct ast_word *w, const struct title_word *t)
{
	return w->is_prefix ? bq_span_starts(t->text, w->text) : bq_span_eq(t->text, w->text);
}

/* Whether clause `a` matches from title word `i` on; `*last` is its last. */
static bool clause_fits(const struct ast *a, const struct title *t, uint32_t i, uint32_t *last)
{
	*last = i;
	if (a->kind == AST_WORD)
		return bq_span_eq(t->words[i].stem, a->stem);
	*last = i + a->words[a->n_words - 1].at;
	if (*last >= t->n)
		return false;
	for (uint32_t k = 0; k < a->n_words; k++)
		if (!word_fits(&a->words[k], &t->words[i + a->words[k].at]))
			return false;
	return true;
}

/* Where words `k` of clause `a` stand in the title. */
static bool fill_slot(struct near_slot *s, const struct ast_word *w, const struct title *t, struct bq_arena *mem)
{
	uint32_t *list = BQ_ARENA_NEW(mem, uint32_t, t->n);

	if (list == NULL)
		return false;
	s->list = list;
	for (uint32_t i = 0; i < t->n; i++)
		if (word_fits(w, &t->words[i]))
			list[s->n++] = i;
	return true;
}

static bool put_match(struct matches *all, const struct ast *a, const struct title *t,
	const struct bq_doc_head *head, const uint32_t range[2])
{
	bool is_char = a->words[a->n_words - 1].is_char && a->near == AST_EXACT;
	const struct title_word *end = &t->words[range[1]];

	all->title[all->n_title++] = (struct bq_range){ t->words[range[0]].off,
		end->off + (is_char ? end->char_len : end->len) };
	if (!a->is_title || !head->title_in_text)
		return true;
	return match_add(all, a, head->title_pos + range[0], head->title_pos + range[1]);
}

/* All matches of words that need not stand in their places. */
static bool match_near(struct matches *all, const struct ast *a, const struct title *t,
	const struct bq_doc_head *head)
{
	struct near_slot *slots = BQ_ARENA_NEW(all->mem, struct near_slot, a->n_words);
	uint32_t *starts = BQ_ARENA_NEW(all->mem, uint32_t, t->n), *ends = BQ_ARENA_NEW(all->mem, uint32_t, t->n), n;
	const uint64_t anywhere[2] = { 0, UINT64_MAX };

	if (slots == NULL || starts == NULL || ends == NULL)
		return false;
	near_init(slots, a, a->lists);
	for (uint32_t k = 0; k < a->n_words; k++)
		if (!fill_slot(&slots[k], &a->words[k], t, all->mem))
			return false;
	n = near_matches(slots, a->n_words, anywhere, false, starts, ends);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t range[2] = { starts[i], ends[i] };
		if (!put_match(all, a, t, head, range))
			return false;
	}
	return true;
}

/* All matches of one clause. */
static bool match_clause(struct matches *all, const struct ast *a, const struct title *t,
	const struct bq_doc_head *head)
{
	uint32_t last;

	if (a->near != AST_EXACT)
		return match_near(all, a, t, head);
	for (uint32_t i = 0; i < t->n; i++) {
		if (!clause_fits(a, t, i, &last))
			continue;
		const uint32_t range[2] = { i, last };
		if (!put_match(all, a, t, head, range))
			return false;
	}
	return true;
}

bool title_match(struct matches *all, struct bq_text *text, const struct bq_doc_head *head)
{
	struct title t;

	if (!read_title(&t, text, head->title, all->mem))
		return false;
	all->title = BQ_ARENA_NEW(all->mem, struct bq_range, (size_t)t.n * all->n_clauses);
	if (all->title == NULL)
		return false;
	for (uint32_t i = 0; i < all->n_clauses; i++)
		if (!match_clause(all, all->clauses[i], &t, head))
			return false;
	all->n_title = match_join(all->title, all->n_title);
	return true;
}
