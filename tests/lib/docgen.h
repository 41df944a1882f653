/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small random documents for property tests: few words, so that phrases come
 * back, in all the shapes a word can stand in: capitals, hyphens, full stops,
 * line ends of both kinds, quotes, blanks in rows.
 */
#ifndef BQ_TESTS_DOCGEN_H
#define BQ_TESTS_DOCGEN_H

#include <stdint.h>

#include <bq/buf.h>

#include "lib/rng.h"

#define DOCGEN_WORD_MAX 16

/* Word number `n` of the vocabulary: lower-case letters and a NUL, different for
 * different `n`; none is an English stop word. */
void docgen_word(uint32_t n, char out[DOCGEN_WORD_MAX]);

/* Append `n_words` words, low numbers of 0 .. vocabulary-1 most frequent, and
 * what separates them.  Exactly `n_words` words, whatever stands before, if a
 * separator does. */
void docgen_text(struct rng *r, uint32_t n_words, uint32_t vocabulary, struct bq_buf *out);

/* Append `n_words` words as they may stand in a query, one blank between. */
void docgen_query(struct rng *r, uint32_t n_words, uint32_t vocabulary, struct bq_buf *out);

#endif
