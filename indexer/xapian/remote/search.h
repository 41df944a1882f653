/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A question for ranks.
 */
#ifndef REMOTE_SEARCH_H
#define REMOTE_SEARCH_H

#include "xapian/remote/page.h"

/* As bq_remote_search(). */
int search_ranks(struct page *p, const struct bq_remote_ask *ask, struct bq_arena *mem, struct bq_remote_found *out,
	struct bq_error *err);

#endif
