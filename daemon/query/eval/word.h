/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The best documents of one word: its blocks by falling bound, until the next
 * bound is below the k-th best's points.
 *
 *   bound   251 | 250 250 | 248 .. 248 | 247 ..      as the index has them
 *   block    17 |   3  90 |   5     71 |   1         loaded in this order
 *                                      ^ 247 makes fewer points than the k-th best has: done
 */
#ifndef QUERY_WORD_H
#define QUERY_WORD_H

#include "query/eval/flat.h"
#include "query/eval/pass.h"

/* Push what ranks among the documents of `c`, a TERM, into pass->top.  At
 * least pass->top->cap live documents, should there be so many, have `floor`
 * points or more.  Returns how many live documents were seen that have. */
uint64_t word_best(struct pass *pass, struct eval *ev, uint32_t index, const struct flat_clause *c, uint32_t floor);

#endif
