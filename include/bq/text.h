/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text analysis: bytes -> words.  One function for documents, queries and
 * highlights, so that a highlight is exactly the span that matched.
 *
 *   "The Café's DATA-sharing"     word      marked   ord  off  len
 *    ~~~                          the                 0    0    3
 *        ~~~~~                    cafe      café      1    4    5
 *              ~                  s                   2   10    1
 *                ~~~~             data                3   12    4
 *                     ~~~~~~~     sharing             4   17    7
 *
 * A word is a run of letters, marks and digits (Unicode L*, M*, N*);
 * everything else separates.  Runs of CJK characters give overlapping
 * bigrams, one entry a character.  The rules in full: DESIGN in
 * indexer/text/README.md; by example: tests/cases/tokenize.test.
 */
#ifndef BQ_TEXT_H
#define BQ_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

#define BQ_WORD_CUT  64 /* bytes kept of a very long word, then its hash */
#define BQ_WORD_MAX  96 /* no `word`, `marked` or stem is longer than this */
#define BQ_LANG_MAX  16 /* bytes of a language name with its NUL */

/* What decides how text becomes words.  Two indexes whose bq_text_id() are
 * equal analyse alike. */
struct bq_text_config {
	char lang[BQ_LANG_MAX];   /* "en", "none", "de", .. */
	struct bq_span stopwords; /* blank-separated words; ptr NULL: the language's own list;
	                           * len 0 with ptr set: none.  Borrowed for bq_text_new(). */
};

/* An analyser: folding rules, stop words, stemmer and its cache.  Not shared
 * between threads: each worker has its own. */
struct bq_text;

/* **owned**: release with bq_text_free().  BQ_EUSAGE for an unknown language. */
int bq_text_new(const struct bq_text_config *config, struct bq_text **out, struct bq_error *err);
/* Another one that analyses like `t`, for another thread: likewise. */
int bq_text_again(const struct bq_text *t, struct bq_text **out, struct bq_error *err);

/* Release an analyser and its cache.  NULL is fine. */
void bq_text_free(struct bq_text *t);

/* A hash over the analyser's version, language and stop words. */
uint64_t bq_text_id(const struct bq_text *t);

/* The language's short name, **borrowed** from `t`. */
const char *bq_text_lang(const struct bq_text *t);

/* The stop words in byte order with one blank between, **borrowed** from `t`:
 * what MANIFEST records, and what makes the same analyser again. */
struct bq_span bq_text_stopwords(const struct bq_text *t);

/* Whether `word`, as bq_tokens_next() gave it, is a stop word. */
bool bq_text_is_stopword(const struct bq_text *t, struct bq_span word);

/* The stem of a folded word; the word itself where the language has no stemmer
 * or the word is a CJK entry or has a digit.  **borrowed** from `t` until the
 * next call.  Cached per distinct word (Xapian::Stem behind xapian-c). */
struct bq_span bq_text_stem(struct bq_text *t, struct bq_span word);

/* The same where each word is asked for once, and none is an earlier answer: faster, and
 * nothing is remembered. */
struct bq_span bq_text_stem_once(struct bq_text *t, struct bq_span word);

/* BQ_OK, or BQ_ENOMEM when a word was given as its own stem because memory ran
 * out: ask once after stemming, and drop what was made with such a stem. */
int bq_text_check(const struct bq_text *t, struct bq_error *err);

/* Forget the stems that are remembered: what a builder calls now and then, which
 * sees each word once. */
void bq_text_forget(struct bq_text *t);

enum bq_token_kind {
	BQ_TOKEN_WORD,
	BQ_TOKEN_BIGRAM, /* two CJK characters; `len` spans both, the next entry starts at the second */
	BQ_TOKEN_SINGLE, /* one CJK character: the last of its run; in a query, a run of one */
};

struct bq_token {
	struct bq_span word;   /* folded; **borrowed** from the iterator until the next call */
	struct bq_span marked; /* the form with its marks where that differs from `word`, else empty; as `word` */
	uint64_t off;          /* first byte, in the text given to bq_tokens_init() */
	uint32_t len;          /* bytes of source the token covers */
	uint32_t ord;          /* 0-based ordinal among the text's entries */
	enum bq_token_kind kind;
};

/* In a query a CJK run of n >= 2 characters gives its n-1 bigrams only; `ord`
 * still counts the last character, so that the words after it keep the
 * distance they have in a document. */
#define BQ_TOKENS_QUERY 1u

/* The iterator.  Plain state without allocations of its own; fields are private. */
struct bq_tokens {
	const struct bq_text *text;
	const uint8_t *start, *p, *end;
	uint32_t ord;
	unsigned flags;
	bool cjk_is_given; /* the CJK character at p was the second of the last bigram */
	char word[BQ_WORD_MAX];
	char marked[BQ_WORD_MAX];
};

/* Iterate over the words of `text`, which may be any bytes: an ill-formed
 * sequence separates.  `text` is **borrowed** until the last next().  May
 * start at any token's `off` of a longer text and gives the same entries from
 * there on (`ord` and `off` count from the new start). */
void bq_tokens_init(struct bq_tokens *it, const struct bq_text *t, struct bq_span text, unsigned flags);

/* The next token, or false at the end.  Cannot fail.  About 10-20 ns for an
 * ASCII word; other text goes through utf8proc. */
bool bq_tokens_next(struct bq_tokens *it, struct bq_token *out);

#endif
