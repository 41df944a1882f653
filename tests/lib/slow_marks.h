/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The highlighter that reads every document whole: what of its text a query of
 * words, phrases, prefixes and words near each other matches, tried at every word.
 */
#ifndef BQ_TESTS_SLOW_MARKS_H
#define BQ_TESTS_SLOW_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/text.h>

enum { SLOW_MARKS_WORDS = 6000, SLOW_MARKS_RANGES = 20000 }; /* of a text; beyond them the running test fails */

struct word {
	char text[BQ_WORD_MAX], stem[BQ_WORD_MAX];
	size_t from, to; /* bytes */
	size_t char_to;  /* of two CJK characters: where the first one ends */
	uint32_t ord;
	bool is_single;  /* one CJK character of a query: any word that starts with it */
};

struct words {
	struct word w[SLOW_MARKS_WORDS];
	uint32_t n;
	uint32_t n_title; /* those that are the title's too, the first ones */
};

struct clause {
	char source[64];
	bool is_quoted, is_negated, is_title;
	bool is_prefix;    /* the last word is one */
	char near;         /* 0, '~' sloppy, 'N' NEAR, 'A' ADJ */
	uint32_t distance; /* of near */
	struct words words;
};

/* A match: its bytes, its first word, which clause it is of; the line it begins
 * on. */
struct range {
	uint32_t from, to, ord, clause, line;
};

struct ranges {
	struct range r[SLOW_MARKS_RANGES];
	uint32_t n;
};

/* The words of `s`, of which the first `title_bytes` are the title; `flags` as of
 * bq_tokens_init(). */
void slow_marks_read(struct bq_text *t, struct bq_span s, unsigned flags, size_t title_bytes, struct words *out);

/* Every match of every clause in `text`, ascending.  `text` is as it was afterwards. */
void slow_marks_find(const struct clause *clauses, uint32_t n, struct words *text, struct ranges *out);

/* Joined: bytes covered by some match, cut where no match crosses. */
void slow_marks_join(const struct ranges *in, struct ranges *out);

/* Append the text as it would be sent whole; map[i], of s.len + 1: where byte i went. */
void slow_marks_send(struct bq_span s, struct bq_buf *out, uint32_t *map);

#endif
