/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of the index that a query touches, counted where the evaluator asks
 * for them: between touched_begin() and touched_end() the leaves' cursors are
 * asked through operations that count and then do as before.  The product
 * knows nothing of it; the counted run is not timed.
 *
 *   post   postings blocks decoded
 *   skip   12 bytes of offsets for each of these, and 4 for each last document
 *          looked at on the way to it (every 32nd, where 32 blocks are passed)
 *   bound  of frequent words: 6 bytes for each bound of a block or range asked
 *          for, all bounds of a list where the n-th largest is
 *   pos    64 bytes for each document whose positions were read, and 64 more
 *          for each further 64 bytes they fill
 *
 * Not counted: the dictionary, a byte of length for each scored document.
 * Frames of stored text are counted apart.
 */
#ifndef BENCH_TOUCHED_H
#define BENCH_TOUCHED_H

#include <stdint.h>

#include <bq/index.h>

struct touched {
	uint64_t post, skip, bound, pos;
	uint64_t blocks, postings, places; /* blocks and documents decoded, documents whose positions were read */
	uint64_t frames;                   /* of stored text, decompressed */
};

static inline uint64_t touched_bytes(const struct touched *t)
{
	return t->post + t->skip + t->bound + t->pos;
}

/* Start counting into `t`, which is set to zero and **borrowed** until the end.
 * One index and one thread at a time. */
void touched_begin(struct bq_index *ix, struct touched *t);

/* The leaves are asked as before; the counts stay. */
void touched_end(struct bq_index *ix);

#endif
