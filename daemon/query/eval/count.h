/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many live documents match, without tfs and scores: from the dictionary
 * where it knows, else by windows of bits or, where a required word is rare,
 * by looking its documents up in the others.
 */
#ifndef QUERY_COUNT_H
#define QUERY_COUNT_H

#include "query/eval/flat.h"

/* Count the documents of a leaf where one list holds them all and its length is
 * known: one word, or a phrase that is a pair, nobody dead.  false if it is more
 * than that: then nothing has been done. */
bool count_listed(struct eval *ev, uint64_t *out);

/* Count the documents of `f` that `strict` (or NULL) does not match.  false if
 * some clause is no word: then nothing has been done.  Moves the cursors: see
 * flat_rewind(). */
bool count_flat(struct eval *ev, const struct flat *f, struct node *strict, const struct bq_index *ix, uint64_t *out);

/* The same where some of f->should are phrases, none is required, and words come
 * before phrases: these are looked up in documents that do not count without them.
 * false if one has no `lookup`, or some clause is neither. */
bool count_looked_up(struct eval *ev, const struct flat *f, struct node *strict, const struct bq_index *ix,
	uint64_t *out);

#endif
