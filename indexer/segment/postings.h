/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST: which documents hold a word, and how often (FORMAT.md, section 5).
 *
 * A word with df >= 256 has a record; `blocks` counts 256 documents each, the
 * last may hold fewer:
 *
 *   u32 last_doc[blocks]        last document of each block      | what a seek
 *   u32 block_off[blocks + 1]   in 4-byte units, from the blocks | and a bound
 *   u32 pos_off[blocks + 1]     likewise, into POS; words only   | look at:
 *   u32 up_last[up]             last document of every 32 blocks | contiguous,
 *   u8  bound[2 * blocks]       of each half block               | not between
 *   u8  up_bound[up]            of every 32 blocks               | the blocks
 *   u8  range_bound[ranges]     of 4,096 documents each; dense words only
 *   zeros to a multiple of 4
 *   blocks
 *
 *   full block                                       tail (fewer than 256)
 *   0  1 kind: 0..31 sorted, that many low bits       0  1 kind 0x40
 *              0x80|n-1 bitset of n u64 words         1  1 zero
 *   1  1 bits of tf - 1                               2  2 bytes of what follows
 *   2  1 exceptions, at most 31                       4    documents and tfs (codec/tail.h)
 *   3  1 sorted: u64 words of high bits                 zeros to a multiple of 4
 *   4    low and high bits (bitpack.h), or bitset
 *        tf - 1 (32 * bits bytes)
 *        exceptions: u8 index, ascending, u8 high bits
 *        zeros to a multiple of 4
 *
 * A gap is document - previous document - 1; the first counts from the last
 * document of the block before.  Sorted documents have the one behind that as
 * their base; a bitset starts at it, rounded down to a multiple of 64.  A word
 * with df < 256 is the tail alone, without header; TERMS knows where.
 *
 * A bound is ceil(255 * the largest tf/(tf+K)) under the segment's own A.
 */
#ifndef SEGMENT_POSTINGS_H
#define SEGMENT_POSTINGS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/format.h>
#include <bq/span.h>

#include "codec/bitpack.h"
#include "codec/find.h"
#include "codec/tail.h"

enum { POSTINGS_TAIL = 0x40, POSTINGS_BITSET = 0x80, POSTINGS_MAX_EXCEPTIONS = 31, POSTINGS_MAX_LOW = 31 };

/* TINFO: what is known of a word with df >= 256, 32 bytes.
 *    0  4 df          4  1 impact: the largest bound     5  1 flags   6  2 zero
 *    8  8 ttf        16  8 offset in POST               24  8 offset in POS */
enum { TINFO_BYTES = 32, TINFO_POSITIONS = 1, TINFO_RANGES = 2 };

struct tinfo {
	uint32_t df;
	uint8_t impact, flags;
	uint64_t ttf, post_off, pos_off;
};

/* Append the entry of a frequent word, as the format has it, to `out`, whose lack of memory is sticky. */
void tinfo_put(struct bq_buf *out, const struct tinfo *t);

/* Read the entry at `p`, which has all its bytes; nothing of it is checked yet. */
struct tinfo tinfo_get(const uint8_t *p);

static inline uint32_t postings_blocks(uint32_t df)
{
	return (df + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS;
}

/* The least impact, from 1 on, whose bq_impact_share() is not below tf/(tf+K). */
uint8_t postings_impact(uint32_t tf, float k);

/* ---- writing ---- */

/* Append the bytes (codec/tail.h) of `n` documents; `base` is one above the last document
 * before them. */
void postings_put_tail(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base);

/* Append a block of `n` documents, header included: a full one, or the tail. */
void postings_put_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base);

/* One list in the making: at most one block is held back, full ones are encoded.
 * Skips are kept apart until the list ends and their number is known. */
struct postings_writer {
	uint32_t n_docs; /* of the segment */
	uint32_t df;
	uint64_t ttf;
	uint32_t n;      /* documents held back */
	uint32_t base;   /* one above the last document encoded */
	uint32_t docs[BQ_BLOCK_DOCS], tfs[BQ_BLOCK_DOCS];
	uint8_t impacts[BQ_BLOCK_DOCS];
	struct bq_buf blocks; /* encoded */
	struct bq_buf last_doc, block_off, bound, up_last, up_bound;
	uint8_t *ranges; /* best impact per 4,096 documents */
};

/* A writer for lists of a segment of so many documents; `w` is all zero.  False
 * when malloc fails.  **owned**: postings_writer_release(). */
bool postings_writer_init(struct postings_writer *w, uint32_t n_docs);

/* Start a list. */
void postings_writer_clear(struct postings_writer *w);

/* Take a document, above the last one.  If 256 are held back, they must have
 * become a block before. */
static inline void postings_writer_add(struct postings_writer *w, uint32_t doc, uint32_t tf, uint8_t impact)
{
	assert(w->n < BQ_BLOCK_DOCS && doc < w->n_docs && doc >= w->base && tf != 0);
	w->docs[w->n] = doc;
	w->tfs[w->n] = tf;
	w->impacts[w->n++] = impact;
	w->df++;
	w->ttf += tf;
	if (impact > w->ranges[doc / BQ_RANGE_DOCS])
		w->ranges[doc / BQ_RANGE_DOCS] = impact;
}

/* Encode the documents held back, of which there are some, as one block. */
void postings_writer_block(struct postings_writer *w);

/* Whether a list of `df` documents has range bounds. */
static inline bool postings_is_dense(uint32_t df, uint32_t n_docs)
{
	return df >= n_docs / 32;
}

/* Where some documents of a list go, one behind the other. */
struct postings_room {
	uint32_t *docs, *tfs;     /* [max]; **borrowed**, as all of it */
	uint32_t n, max;
	struct bq_buf *positions; /* u32: theirs are appended; NULL: they are not wanted */
};

/* End a list with df >= 256: encode the rest and append the record to `out`,
 * with the `pos_off` array if the list has positions (else NULL).  What TINFO
 * says of it but the offsets. */
struct tinfo postings_writer_finish(struct postings_writer *w, const struct bq_buf *pos_off, struct bq_buf *out);

/* Whether a malloc has failed since the list started. */
bool postings_writer_oom(const struct postings_writer *w);

/* Free what postings_writer_init() made, also where it failed. */
void postings_writer_release(struct postings_writer *w);

/* ---- reading ---- */

/* A word's record, its arrays found and their bounds checked [F17]; what is in
 * them is checked block by block.  Spans borrowed from the map. */
struct postings_list {
	uint32_t df, n_blocks;
	const uint8_t *last_doc, *block_off, *pos_off; /* u32 arrays, unaligned; pos_off may be NULL */
	const uint8_t *up_last, *bound, *up_bound;
	const uint8_t *range_bound; /* NULL unless dense */
	struct bq_span blocks;
};

/* false if the record does not fit into `post`. */
bool postings_open(struct bq_span post, const struct tinfo *t, uint32_t n_docs, struct postings_list *out);

/* The bytes of block `i`; ptr NULL if its offsets are damaged [F18]. */
struct bq_span postings_block_at(const struct postings_list *l, uint32_t i);

/* Decode the `n` documents of a list with df < 256 from its bytes, which must fill `bytes` exactly; TAIL_PAD
 * bytes behind them are readable.  false if they are damaged [F19] [F20]. */
bool postings_get_tail(const struct bitpack_ops *ops, struct bq_span bytes, uint32_t n,
	uint32_t docs[BQ_BLOCK_DOCS + 8], uint32_t tfs[BQ_BLOCK_DOCS + 8]);

/* Whether a block of `n` documents has a known kind and room for its parts [F19]. */
bool postings_block_fits(struct bq_span block, uint32_t n);

/* Decode the documents of a block of `n` (256, or fewer for a tail), which
 * ascend strictly from `base` on.  false if it does not fit [F19], or they do
 * not ascend [F20].  A tail gives its tfs, too; of a full block
 * postings_get_tfs() does. */
bool postings_get_docs(const struct bitpack_ops *ops, struct bq_span block, uint32_t n, uint32_t base,
	uint32_t docs[BQ_BLOCK_DOCS + 8], uint32_t tfs[BQ_BLOCK_DOCS]);

/* Whether a full block's documents are bits: words from its fifth byte on. */
static inline bool postings_is_set(struct bq_span block)
{
	return ((uint8_t)block.ptr[0] & POSTINGS_BITSET) != 0;
}

static inline bool postings_is_tail(struct bq_span block)
{
	return (uint8_t)block.ptr[0] == POSTINGS_TAIL;
}

/* The documents of a full block that are neither bits nor a tail, as lookups
 * take them. */
struct find_sorted postings_sorted(struct bq_span block, uint32_t base);

/* Decode the tfs of a full block that postings_block_fits(): each at least 1.
 * false if one is none, or exceptions are out of order [F19]. */
bool postings_get_tfs(const struct bitpack_ops *ops, struct bq_span block, uint32_t tfs[BQ_BLOCK_DOCS]);

/* Whether single tfs of a full block can be had. */
static inline bool postings_can_pick(struct bq_span block)
{
	return (uint8_t)block.ptr[1] < 32;
}

/* The tfs of the documents places[0 .. n) of a full block that postings_block_fits() and can be picked from; 32
 * bytes behind it are readable.  The same as postings_get_tfs() gives, if exceptions are in order, which is not
 * checked; false if one is none. */
bool postings_pick_tfs(struct bq_span block, const uint8_t *places, uint32_t n, uint32_t *tfs);

#endif
