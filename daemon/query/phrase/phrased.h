/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flat queries with a phrase among what is required: the rarest of all lists
 * leads, block by block, and positions come last.
 *
 *   +"data sharing" +act privacy     lead      sharing    bounds, then tf of a block
 *                                    words     act        met; points
 *                                    phrases   data, sharing: lookup.h
 *                                    adds      privacy    met; points
 *
 * After each step a document stays only while its points, with all that is
 * still to come at its most, reach what the k-th best has.
 */
#ifndef QUERY_PHRASED_H
#define QUERY_PHRASED_H

#include "query/eval/flat.h"
#include "query/eval/pass.h"

/* Answer one leaf.  false if this tree is not of that form: then nothing has
 * been done.  `strict`: what is left out, or NULL. */
bool phrased_leaf(struct pass *pass, struct eval *ev, struct node *root, struct node *strict, uint32_t index);

#endif
