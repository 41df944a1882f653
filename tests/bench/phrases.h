/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the index's pair lists know of a phrase: by that, and by nothing else,
 * phrases differ in what they must cost.
 */
#ifndef BENCH_PHRASES_H
#define BENCH_PHRASES_H

#include <bq/index.h>

enum phrases_kind {
	PHRASES_BELOW,  /* two words, answered from positions */
	PHRASES_ABOVE,  /* two words that have a list */
	PHRASES_ABSENT, /* two neighbours that the pair lists say stand nowhere */
	PHRASES_LONG,   /* three words or more */
	PHRASES_KINDS
};

struct phrases_facts {
	enum phrases_kind kind;
	uint64_t df; /* ABOVE: documents of the list; LONG: of the rarest pair that has one, UINT64_MAX if none has */
};

/* "below T", "above T", "absent", "3+ words". */
const char *phrases_kind_name(enum phrases_kind kind);

/* Cut the next blank-separated word off `rest`; empty at the end. */
struct bq_span phrases_next_word(struct bq_span *rest);

/* Look up the blank-separated words of a phrase, taken as they are, in all leaves
 * of `ix`.  Cursors are not opened; memory from `mem`. */
struct phrases_facts phrases_look_up(const struct bq_index *ix, struct bq_span text, struct bq_arena *mem);

#endif
