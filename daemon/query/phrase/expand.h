/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prefixes as documents: `shar*`, and a phrase with a prefix as the union of
 * the phrases that its words make.
 *
 *   "of th"*    of the     a pair list: walked
 *               of that    nowhere: nothing to do
 *               of thyme   rare: its positions are held against those of "of" (starts.h)
 *   sums[doc]   += tf
 *
 * The documents of all the words together, with their positions, are never
 * made: of the frequent ones that is most of the index.
 */
#ifndef QUERY_EXPAND_H
#define QUERY_EXPAND_H

#include "query/eval/node.h"

/* Fill n->u, without positions, with all documents of `terms`.  False when the
 * arena is full, a list is damaged or the watch stops the work. */
bool expand_words(struct node *n, const struct plan_terms *terms);

/* The same with the documents of phrase `a`, exact and in text, whose word
 * `prefix` alone is a prefix. */
bool expand_phrase(struct node *n, const struct ast *a, uint32_t prefix);

/* Work with `of`, in memory of its own, is done: give the memory back and keep its
 * damage, or want of memory, as the eval's.  false if there was some. */
bool expand_take(struct eval *ev, struct bq_read *of);

#endif
