/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pieces of query text -> leaves of the tree, by the index's own analyser.
 */
#include <string.h>

#include "query/lang/parse.h"
#include "query/phrase/near.h"

static int no_memory(struct parse *p)
{
	return bq_error_set(p->err, BQ_ENOMEM, 0, "no memory for the query");
}

/* One more word of the query, whose limit it counts against; it starts at byte
 * `at`. */
static int count_word(struct parse *p, uint64_t at)
{
	if (p->n_words++ == BQ_QUERY_MAX_WORDS)
		return bq_error_set(p->err, BQ_ELIMIT, at, "more than %u words", BQ_QUERY_MAX_WORDS);
	return BQ_OK;
}

/* The word of one token of `s`. */
static struct ast_word word_of(struct parse *p, struct bq_span s, const struct bq_token *t)
{
	return (struct ast_word){
		.text = bq_arena_dup(p->mem, t->word),
		.raw = bq_span_first(bq_span_from(s, t->off), t->len),
		.is_prefix = t->kind == BQ_TOKEN_SINGLE,
		.is_char = t->kind == BQ_TOKEN_SINGLE,
	};
}

/* A leaf of one bare word matches by stem. */
static int set_stem(struct parse *p, struct ast *a)
{
	struct bq_span stem = bq_text_stem(p->text, a->words[0].text);

	a->kind = AST_WORD;
	a->stem = bq_arena_dup(p->mem, stem);
	a->is_self = bq_span_eq(bq_text_stem(p->text, a->stem), a->stem);
	a->is_stop = bq_text_is_stopword(p->text, a->words[0].text);
	return p->mem->oom ? no_memory(p) : BQ_OK;
}

/* With `partial` the last word of the text is still being typed, if nothing
 * stands behind it. */
static bool is_being_typed(const struct parse *p, struct bq_span s, const struct bq_token *t)
{
	return p->opts->partial && !p->is_negated && s.ptr + s.len == p->lex.query.ptr + p->lex.query.len &&
		t->off + t->len == s.len && t->word.len <= BQ_WORD_CUT;
}

/* Room for one more word behind words[0 .. n): for 2, 8, 32, .. */
static bool make_room(struct parse *p, struct ast_word **words, uint32_t n, uint32_t *room)
{
	struct ast_word *more;

	if (n < *room)
		return true;
	*room = n == 0 ? 2 : 4 * n;
	more = bq_arena_alloc(p->mem, *room * sizeof *more);
	if (more != NULL && n != 0)
		memcpy(more, *words, n * sizeof *more);
	*words = more;
	return more != NULL;
}

/* The words of `s`, which starts at query byte `at`. */
static int read_words(struct parse *p, struct bq_span s, uint64_t at, struct ast_word **words, uint32_t *n)
{
	struct bq_tokens it;
	struct bq_token t;
	uint32_t first = 0, room = 0;

	*words = NULL;
	*n = 0;
	for (bq_tokens_init(&it, p->text, s, BQ_TOKENS_QUERY); bq_tokens_next(&it, &t); (*n)++) {
		int rc = count_word(p, at + t.off);
		if (rc != BQ_OK)
			return rc;
		if (!make_room(p, words, *n, &room))
			return no_memory(p);
		if (*n == 0)
			first = t.ord;
		struct ast_word *w = &(*words)[*n];
		*w = word_of(p, s, &t);
		w->at = t.ord - first;
		w->is_prefix |= is_being_typed(p, s, &t);
	}
	return p->mem->oom ? no_memory(p) : BQ_OK;
}

int analyse_token(struct parse *p, const struct lex_token *t, struct ast **out)
{
	uint64_t text_at = (uint64_t)(t->text.ptr - p->lex.query.ptr);
	struct ast_word *words;
	struct ast *a;
	uint32_t n;
	int rc = read_words(p, t->text, text_at, &words, &n);

	if (rc != BQ_OK)
		return rc;
	*out = a = parse_node(p, n == 0 ? AST_EMPTY : AST_PHRASE, t->at);
	if (a == NULL)
		return no_memory(p);
	a->is_title = t->is_title || p->is_title;
	a->n_words = n;
	a->words = words;
	if (n == 0)
		return BQ_OK;
	if (n > 1 && t->distance != 0) {
		a->near = AST_SLOPPY;
		a->distance = t->distance;
	}
	if (t->is_prefix && a->words[n - 1].text.len <= BQ_WORD_CUT)
		a->words[n - 1].is_prefix = true;
	if (t->kind == LEX_WORD && n == 1 && !a->words[0].is_prefix)
		rc = set_stem(p, a);
	if (rc == BQ_OK && a->near == AST_SLOPPY && n > NEAR_MAX_CROSSED && near_crosses(a))
		rc = bq_error_set(p->err, BQ_ELIMIT, t->at,
			"more than %u words near one another of which one stands for what another does", NEAR_MAX_CROSSED);
	return rc;
}

int analyse_pair(struct parse *p, struct ast *first, const struct ast *second, const struct lex_token *op)
{
	struct ast_word *words = BQ_ARENA_NEW(p->mem, struct ast_word, 2);

	if (words == NULL)
		return no_memory(p);
	words[0] = first->words[0];
	words[1] = second->words[0];
	words[1].at = op->kind == LEX_ADJ;
	first->kind = AST_PHRASE;
	first->words = words;
	first->n_words = 2;
	first->near = op->kind == LEX_NEAR ? AST_NEAR : op->distance == 1 ? AST_EXACT : AST_ADJ;
	first->distance = first->near == AST_EXACT ? 0 : op->distance;
	first->is_stop = false;
	return BQ_OK;
}

/* One token of plain text as a leaf of its own. */
static int analyse_word(struct parse *p, const struct bq_token *t, struct ast **out)
{
	struct ast *a = parse_node(p, AST_PHRASE, t->off);

	*out = a;
	if (a != NULL)
		a->words = BQ_ARENA_NEW(p->mem, struct ast_word, 1);
	if (a == NULL || a->words == NULL)
		return no_memory(p);
	a->n_words = 1;
	a->words[0] = word_of(p, p->lex.query, t);
	a->words[0].is_prefix |= is_being_typed(p, p->lex.query, t);
	return a->words[0].is_prefix ? BQ_OK : set_stem(p, a);
}

int analyse_plain(struct parse *p, struct ast **out)
{
	struct ast *kids = NULL, **tail = &kids;
	struct bq_tokens it;
	struct bq_token t;
	int rc = BQ_OK;

	bq_tokens_init(&it, p->text, p->lex.query, BQ_TOKENS_QUERY);
	while (rc == BQ_OK && bq_tokens_next(&it, &t)) {
		rc = count_word(p, t.off);
		if (rc == BQ_OK)
			rc = analyse_word(p, &t, tail);
		if (rc == BQ_OK)
			tail = &(*tail)->next;
	}
	return rc == BQ_OK ? normal_list(p, AST_GROUP, kids, out) : rc;
}
