/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A vocabulary, with its stems, into a segment.
 *
 *   place   0 ..                                              .. n_terms - 1
 *           | STEM | TITLE | TITLE_STEM | MARKED | WORD         |
 *              '------------------------------------^  forms of a STEM
 *                  ^------'                            forms of a TITLE_STEM
 *
 * A stem gets a term unless its written words are exactly {the stem itself};
 * with one other form it is an alias of that word, with several it has the
 * union of their documents, tf summed.
 */
#ifndef BUILD_DICTIONARY_H
#define BUILD_DICTIONARY_H

#include <bq/status.h>
#include <bq/text.h>

#include "build/vocabulary.h"
#include "segment/segment_write.h"

/* Write all of `v` to `w`, which has begun its terms; without stems if `text`
 * is NULL.  Takes 24 bytes a word besides what `v` holds, twice that while
 * they are sorted, and the stems that do not start their word.  BQ_ENOMEM, BQ_ECANCELLED, and what the vocabulary
 * meets; what `w` meets it reports when it is finished. */
int dictionary_write(struct vocabulary *v, struct bq_text *text, struct segment_writer *w, struct bq_error *err);

#endif
