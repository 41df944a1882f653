/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Read all there is in a leaf, as a reader would that believes nothing: what
 * damaged files are read with.
 */
#ifndef BQ_TESTS_READ_ALL_H
#define BQ_TESTS_READ_ALL_H

#include <bq/index.h>

/* Walk every term, list, position, form, head, text, field and mark of `leaf`.
 * Returns the number of postings seen, whatever they are worth; must not crash,
 * hang or read outside, whatever the bytes.  Resets rd's arena as it goes. */
uint64_t read_all(const struct bq_leaf *leaf, struct bq_read *rd);

#endif
