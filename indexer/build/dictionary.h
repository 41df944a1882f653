/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An inverter's terms, with their stems, into a segment.
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

#include "build/inverter.h"
#include "segment/segment_write.h"

/* Write all of `v` to `w`, which has begun its terms.  BQ_ENOMEM; what `w`
 * meets it reports when it is finished. */
int dictionary_write(const struct inverter *v, struct bq_text *text, struct segment_writer *w, struct bq_error *err);

#endif
