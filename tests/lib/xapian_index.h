/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian databases in a directory, from the documents of a mem_index: what the
 * engine over them is compared with its twin on.
 */
#ifndef BQ_TESTS_XAPIAN_INDEX_H
#define BQ_TESTS_XAPIAN_INDEX_H

#include <bq/index.h>

#include "lib/mem_index.h"
#include "lib/tmpdir.h"

struct xapian_index {
	struct tmpdir dir;
	char name[300]; /* xapian:DIR */
	struct bq_index *index;
};

/* Build and open.  Fails the running test when it cannot. */
void xapian_index_init(struct xapian_index *x, const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts,
	uint32_t shards);

/* Close it and remove the databases. */
void xapian_index_release(struct xapian_index *x);

#endif
