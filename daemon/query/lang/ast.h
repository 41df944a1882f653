/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parsed query: a small tree of lists over words and phrases.
 *
 *   a b OR "c d" -e        OR
 *                          +- GROUP
 *                          |  +- WORD a
 *                          |  +- WORD b
 *                          +- GROUP
 *                             +- PHRASE c d
 *                             +- NOT WORD e
 *
 * `a AND b` is the GROUP `+a +b`.  A list of one positive child is that child.
 * Equal clauses of a list are one clause written `times` times.
 */
#ifndef QUERY_AST_H
#define QUERY_AST_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>

enum ast_kind {
	AST_EMPTY,  /* text without a word in it; only while parsing, and as the root of an empty query */
	AST_WORD,   /* a plain word: matches every word of its stem */
	AST_PHRASE, /* one or more words as written, in order */
	AST_GROUP,  /* clauses side by side */
	AST_OR,     /* any of its children */
};

enum ast_occur {
	AST_BARE, /* in a GROUP without a MUST: all of them, or some (the tiers); beside a MUST: only adds score */
	AST_MUST,
	AST_NOT,
};

/* How the words of a PHRASE stand to each other: see query/phrase/near.h. */
enum ast_near {
	AST_EXACT,  /* in their places */
	AST_SLOPPY, /* `"a b"~n` */
	AST_NEAR,   /* `a NEAR/n b` */
	AST_ADJ,    /* `a ADJ/n b` */
};

#define AST_MAX_DISTANCE 100u /* of those n: a title is farther from its text */

/* One word as written. */
struct ast_word {
	struct bq_span text; /* folded */
	struct bq_span raw;  /* as it stands in the query */
	uint32_t at;         /* places behind the phrase's first word; 0 for NEAR */
	bool is_prefix;      /* any word that starts with `text` */
	bool is_char;        /* one CJK character: a prefix, and only that character is marked */
};

/* Everything lives in the arena of the query. */
struct ast {
	enum ast_kind kind;
	enum ast_occur occur;
	bool is_title; /* `title:` */
	bool is_stop;  /* a stop word */
	bool is_self;  /* the word is its own stem */
	uint32_t times;
	uint64_t at;   /* byte in the query */
	uint32_t id;   /* of a leaf: 0 .. n_leaves - 1, in reading order */
	enum ast_near near;
	uint32_t distance; /* n; 0 if EXACT */
	uint32_t n_words;
	struct ast_word *words;
	struct bq_span stem; /* of a WORD */
	struct ast *kids, *next; /* a list in reading order */
	uint32_t *lists; /* of a leaf: its postings lists, see plan.h */
};

/* How GROUPs without a MUST are read: all their clauses, or at least one. */
enum ast_mode { AST_STRICT, AST_LOOSE };

static inline bool ast_is_leaf(const struct ast *a)
{
	return a->kind == AST_WORD || a->kind == AST_PHRASE;
}

/* Children of `a` with this occurrence. */
static inline uint32_t ast_count(const struct ast *a, enum ast_occur occur)
{
	uint32_t n = 0;

	for (const struct ast *k = a->kids; k != NULL; k = k->next)
		n += k->occur == occur;
	return n;
}

/* Whether a document must match the BARE children of `list` to match it. */
static inline bool ast_requires_bare(const struct ast *list, enum ast_mode mode)
{
	return list->kind == AST_GROUP && mode == AST_STRICT && ast_count(list, AST_MUST) == 0;
}

/* Whether a document must match `kid` to match `list`. */
static inline bool ast_requires(const struct ast *list, const struct ast *kid, enum ast_mode mode)
{
	return kid->occur == AST_MUST || (kid->occur == AST_BARE && ast_requires_bare(list, mode));
}

#endif
