/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A question for documents.
 */
#ifndef REMOTE_FETCH_H
#define REMOTE_FETCH_H

#include "xapian/remote/page.h"

/* A document as it came. */
struct fetch_doc {
	struct bq_span data, marks;
	bool is_here;
};

/* Which, in: hits[n], and docs[n], cleared. */
struct fetch_list {
	const struct bq_remote_hit *hits;
	uint32_t n;
	struct fetch_doc *docs;
};

/* Fetch docs[i] of hits[i], its bytes in `mem`; those are not here which do not
 * exist, or whose shard failed.  A round trip in all.  As call_make(). */
int fetch_docs(struct page *p, const struct fetch_list *list, struct bq_arena *mem, struct bq_error *err);

#endif
