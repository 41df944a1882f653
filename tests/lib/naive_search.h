/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Search by brute force: every query against every document's word list, in
 * plain loops.  Shares with the engine the analyser's stems and stop words and
 * nothing else.  Never optimised: it is the truth.
 */
#ifndef BQ_TESTS_NAIVE_SEARCH_H
#define BQ_TESTS_NAIVE_SEARCH_H

#include <bq/buf.h>
#include <bq/query.h>

#include "lib/mem_index.h"

#define NAIVE_KIDS 8
#define NAIVE_WORDS 6

enum naive_kind { NAIVE_WORD, NAIVE_PHRASE, NAIVE_GROUP, NAIVE_OR };

/* A query as a test makes it.  Words are ASCII, lower case, without signs. */
struct naive_node {
	enum naive_kind kind;
	char sign; /* 0, '+' or '-': its part in the list it is in */
	bool is_title;
	char near;         /* of a PHRASE: 0, '~' sloppy, 'N' NEAR, 'A' ADJ; the last two of 2 words */
	unsigned distance; /* of near, 1 .. 100 */
	bool is_prefix;    /* of a PHRASE that is not near: its last word */
	unsigned n_words;
	const char *words[NAIVE_WORDS]; /* **borrowed** */
	unsigned n_kids;
	struct naive_node *kids[NAIVE_KIDS];
	unsigned times;  /* set by the search */
	double weight;
};

struct naive_hit {
	uint32_t index, leaf, doc;
	uint32_t points;
	bool all;
	const struct mem_doc *in;
};

struct naive_answer {
	struct naive_hit *hits; /* all of them, in rank order; **owned**: free() */
	uint32_t n;
	uint64_t total, any;    /* as bq_hits: with all (or, match=any, some) words; with some */
	int shift;
};

/* One index of the view searched. */
struct naive_index {
	const struct mem_doc *docs;
	uint32_t n_docs, leaf_docs;
	struct bq_text_config text;
	float k1, b;
};

struct naive_corpus;

/* Read the words of all documents of a view; aborts the program without memory.  The
 * documents are **borrowed**.  **owned**: naive_free(). */
struct naive_corpus *naive_new(const struct naive_index *indexes, uint32_t n);

/* Free the words. */
void naive_free(struct naive_corpus *c);

/* Answer `root`.  Uses of `opts` match, keep_stopwords and sort. */
struct naive_answer naive_search(struct naive_corpus *c, const struct naive_node *root,
	const struct bq_query_opts *opts);

/* `root` as query text. */
void naive_format(const struct naive_node *root, struct bq_buf *out);

#endif
