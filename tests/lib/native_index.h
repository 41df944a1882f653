/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real index in a directory, from the documents of a mem_index: what the
 * native engine is compared with its twin on.
 */
#ifndef BQ_TESTS_NATIVE_INDEX_H
#define BQ_TESTS_NATIVE_INDEX_H

#include <bq/index.h>

#include "lib/mem_index.h"
#include "lib/tmpdir.h"

struct native_index {
	struct tmpdir dir;
	struct bq_index *index;
	uint32_t bases[BQ_MAX_SEGMENTS + 1]; /* number of each leaf's first document among all */
};

/* Build, bury the documents that are dead, open.  With `many_segments` there
 * are up to BQ_MAX_SEGMENTS of one size.  Fails the running test when it cannot. */
void native_index_init(struct native_index *n, const struct mem_doc *docs, uint32_t n_docs,
	const struct mem_opts *opts, bool many_segments);

/* Close it and remove the directory. */
void native_index_release(struct native_index *n);

#endif
