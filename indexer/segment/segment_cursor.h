/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The native cursor: one word's list, a block at a time (segment_cursor.c), or
 * many documents at once (segment_many.c).
 */
#ifndef SEGMENT_SEGMENT_CURSOR_H
#define SEGMENT_SEGMENT_CURSOR_H

#include <bq/bytes.h>

#include "segment/segment.h"

struct native_cursor {
	struct bq_cursor c; /* first */
	const struct segment *segment;
	struct postings_list list; /* FREQUENT */
	uint32_t block;            /* the one at hand; n_blocks or 1 when past the end */
	uint32_t n_blocks;
	bool is_open;              /* `block` has been entered */
	bool has_docs;             /* its documents are decoded; else where they are */
	uint32_t n_asked;          /* how many have been looked up in it where they are */
	uint32_t n;                /* how many it has; c.n is 0 while nobody walks over them */
	uint32_t at;               /* those before docs[at] have been filled */
	uint32_t near;             /* where bounds are looked up next: a block; SMALL: a document */
	struct bq_span post_block; /* POST bytes of the block */
	struct bq_span pos_block;  /* its bytes of POS */
	uint64_t pos_off;          /* FREQUENT: the word's start in POS */
	uint32_t *positions;       /* decoded, room for n_positions */
	uint32_t n_positions;
	uint32_t docs[BQ_BLOCK_DOCS + 8], tfs[BQ_BLOCK_DOCS + 8]; /* vector stores may run over */
};

static inline struct native_cursor *native_of(struct bq_cursor *c)
{
	return (struct native_cursor *)(void *)c;
}

/* The last document of `block`, and the first that may be in it. */
static inline uint32_t native_last(const struct native_cursor *n, uint32_t block)
{
	return bq_get_u32(n->list.last_doc + 4 * (size_t)block);
}

static inline uint32_t native_base(const struct native_cursor *n, uint32_t block)
{
	return block == 0 ? 0 : native_last(n, block - 1) + 1;
}

/* Report damage and go to the end; false. */
bool native_damaged(struct native_cursor *n, const char *what);

/* What is to be done with a block's documents; a tail is always decoded. */
enum native_want {
	NATIVE_ANY,  /* looked up where they are: native_held() */
	NATIVE_BITS, /* decoded, unless they are bits */
	NATIVE_DOCS, /* decoded */
};

/* Make `block` the one at hand; false for damage [F18] [F19] [F20].  What is not
 * decoded has 256 documents, of which the last one is checked, and all if they
 * are bits. */
bool native_enter(struct native_cursor *n, uint32_t block, enum native_want want);

/* Make `block` the one at hand, and look up docs[0 .. n_docs), at most 256 of
 * which none is behind the block.  Sets their numbers among those asked, and
 * their places in the block; -1 for damage. */
int native_held(struct native_cursor *n, uint32_t block, const uint32_t *docs, uint32_t n_docs, uint16_t *at,
	uint8_t *place);

/* The first block from `block` on whose last document is >= target: first by
 * 32 blocks, then one by one. */
uint32_t native_find_block(const struct native_cursor *n, uint32_t block, uint32_t target);

/* Documents asked that are looked up in one block: at least one of them is not
 * behind it. */
struct native_run {
	uint32_t block, n; /* n 0: there is none */
};

/* How many of docs[0 .. n) are at most `last`; at most a block of them. */
uint32_t native_count_until(const uint32_t *docs, uint32_t n, uint32_t last);

/* The run that docs[0] starts, in a block from number `block` on, whose bytes are
 * on their way then. */
struct native_run native_next_run(const struct native_cursor *n, uint32_t block, const uint32_t *docs,
	uint32_t n_docs);

/* The operations over many documents (segment_many.c): of words with df < 256,
 * and of others. */
uint32_t native_small_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits);

/* bq_cursor_ops.hold of words with df < 256: which of `docs` have the word, and how often. */
uint32_t native_small_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs);

/* bq_cursor_ops.fill of words with df >= 256: a bit for each document in from..to. */
uint32_t native_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits);

/* bq_cursor_ops.hold of words with df >= 256. */
uint32_t native_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs);

/* bq_cursor_ops.meet (segment_meet.c) of words with df < 256, and of others;
 * bq_cursor_ops.spots; bq_leaf_ops.ready. */
uint32_t native_small_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept,
	struct bq_spot *spots);

/* bq_cursor_ops.meet of words with df >= 256. */
uint32_t native_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept, struct bq_spot *spots);

/* bq_cursor_ops.spots, whatever the df. */
bool native_spots(struct bq_cursor *c, struct bq_spot *spots); /* of both */

/* bq_cursor_ops.pick, whatever the df. */
bool native_pick(struct bq_cursor *c, const uint8_t *places, uint32_t n, struct bq_spot *spots);

/* bq_leaf_ops.ready: make spots that such cursors picked ready to be read. */
bool native_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd);

#endif
