/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A document of a Xapian database that bqindex did not write, as far as its data
 * and terms tell:
 *
 *   data     lines `name=value` (Omega, Recoll), a JSON object, or text
 *   terms    Q..  its id; words by their positions, in order
 *   values   of notmuch's messages: 0 time, 2 sender, 3 subject
 */
#ifndef READ_FOREIGN_H
#define READ_FOREIGN_H

#include <bq/build.h>
#include <bq/index.h>

/* Read document `doc` of a leaf that is a Xapian database, number `number` of
 * the index.  What *out points to lives in rd->mem.  BQ_ENOTFOUND if it has
 * neither text nor words nor title; other failures are in rd->error, or the arena is full. */
int foreign_read(const struct bq_leaf *l, uint32_t doc, uint64_t number, struct bq_doc_in *out, struct bq_read *rd);

#endif
