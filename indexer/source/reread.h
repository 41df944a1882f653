/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The documents of an index as a source: what was put in comes out as it was,
 * to be indexed again, by this engine or the other, or printed.
 *
 * Documents of several Xapian databases come in turn, as they were dealt; those
 * of databases that bqindex did not write as far as they tell what they were
 * (xapian/read/).
 */
#ifndef SOURCE_REREAD_H
#define SOURCE_REREAD_H

#include <bq/index.h>

#include "source/source.h"

/* **owned**: source_close(); holds a reference to `ix`.  Documents have the
 * `source` they had in `ix`.  source_next() ends the run with BQ_ENOTFOUND at a
 * document whose text is not stored, with BQ_EFORMAT and the like at damage; a
 * document of others with neither text nor words is skipped.  BQ_EUSAGE for
 * what is on other machines, BQ_ENOMEM. */
int reread_open(struct bq_index *ix, const struct source_opts *opts, struct source **out, struct bq_error *err);

/* The same of the index in `dir`, as bq_index_open() takes it. */
int reread_open_dir(const char *dir, const struct source_opts *opts, struct source **out, struct bq_error *err);

/* What it reads; **borrowed** from the source. */
struct bq_index *reread_index(const struct source *s);

/* Of how many titles so far the index had the first 1,024 bytes only. */
uint64_t reread_count_cut(const struct source *s);

#endif
