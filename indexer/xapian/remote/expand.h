/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A question for words.
 */
#ifndef REMOTE_EXPAND_H
#define REMOTE_EXPAND_H

#include "xapian/remote/page.h"

struct expand_word {
	struct bq_span term;  /* Xapian's, with its prefix */
	uint64_t documents;
};

struct expand_list {
	struct expand_word *words; /* the most frequent first, then by bytes */
	uint32_t n;
};

/* The terms that start with `prefix` on any shard, in `mem`.  As call_make(). */
int expand_prefix(struct page *p, struct bq_span prefix, struct bq_arena *mem, struct expand_list *out,
	struct bq_error *err);

#endif
