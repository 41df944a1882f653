/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents and the words they share, turned around: a list of words for each
 * document, where an index has a list of documents for each word.
 *
 *   docs      3          7       8
 *   starts    0          3       4            6
 *   words     | 0  2  5  | 2     | 0  1       |     5: a number in this graph, not a place in TERMS
 */
#ifndef REORDER_GRAPH_H
#define REORDER_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/status.h>

struct merged;

struct graph {
	uint32_t n_docs, n_words;
	uint32_t *docs;   /* ascending */
	uint32_t *starts; /* [n_docs + 1] */
	uint32_t *words;  /* in no order */
};

/* Which words count. */
struct graph_limits {
	uint32_t min_df, max_df; /* documents of a word, dead ones included */
	uint64_t max_bytes;      /* of the graph: where it would be larger, words leave, the most frequent first */
};

/* The graph of the documents 0 .. n_docs - 1 that `m` numbers.  The most frequent
 * words have the smallest numbers.  *left_out is how many words `max_bytes` has
 * cost.  BQ_ENOMEM, BQ_EFORMAT, BQ_ECANCELLED.  **owned**: graph_release()
 * whatever the outcome. */
int graph_make(struct graph *g, struct merged *m, uint32_t n_docs, const struct graph_limits *limits,
	uint32_t *left_out, struct bq_error *err);

/* Room for so much; starts[0] is 0.  False when malloc fails. */
bool graph_init(struct graph *g, uint32_t n_docs, uint32_t n_postings);

/* Free its room; what graph_make() could not finish, too. */
void graph_release(struct graph *g);

#endif
