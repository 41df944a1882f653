/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POS: where in its documents a word is (FORMAT.md, section 6).  One block for
 * each block of POST, so that a candidate's place is computed, not walked to.
 * Within a block, 32 documents share two widths:
 *
 *   more than 32 documents                    up to 32
 *   0  1 shift                                0  1 w0
 *   1    per group: u8 w0, u8 w1,             1  1 w1
 *        u16 offset >> shift, from the        2    the group
 *        end of these headers
 *        groups
 *
 *   group of n documents, bits, low bits first:
 *   +------------------------+----------------------------------------------+
 *   | first position, n * w0 | gaps - 1 of the rest: document after document |
 *   +------------------------+----------------------------------------------+
 *                            the rest of document i starts (tf_0 + .. + tf_i-1 - i) * w1 further on
 *
 * A group starts at a byte (a multiple of 1 << shift).  Blocks of a word with
 * df >= 256 are padded to 4 bytes.
 */
#ifndef SEGMENT_POSITIONS_H
#define SEGMENT_POSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/format.h>
#include <bq/spot.h>
#include <bq/span.h>

enum { POSITIONS_RAW = 0xff }; /* bq_spot.s0 before positions_ready() */

/* Append one block: `positions` holds the positions of all `n` documents (at
 * most 256), tfs[i] ascending ones for document i. */
void positions_put_block(struct bq_buf *out, const uint32_t *tfs, uint32_t n, const uint32_t *positions);

/* Decode the tfs[i] positions of document `i` of a block of `n`.  `block` has
 * 16 readable bytes behind it.  false if the block is damaged [F23] or the
 * positions do not ascend below BQ_MAX_POS [F24]. */
bool positions_get(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i, uint32_t *out);

/* Whether tfs[i] positions can be in the block at all: what a caller asks
 * before it makes room for them. */
bool positions_fit(struct bq_span block, const uint32_t *tfs, uint32_t n, uint32_t i);

/* ---- spots ---- */

/* Set a spot, not readable yet: the block, and which document of how many.  By
 * fields: a struct put together elsewhere would be copied before its parts
 * have been stored. */
static inline void positions_set_spot(struct bq_spot *out, struct bq_span block, uint32_t n, uint32_t i)
{
	out->first = (const uint8_t *)block.ptr;
	out->rest = (const uint8_t *)block.ptr + block.len;
	out->w0 = (uint8_t)i;
	out->w1 = (uint8_t)(n - 1);
	out->s0 = POSITIONS_RAW;
	out->s1 = 0;
}

/* Make `n` spots readable: those that positions_set_spot() made, others stay as
 * they are.  Reads all headers, then fetches all data.  false if one does not
 * lie in its block [F23]. */
bool positions_ready(struct bq_spot *spots, uint32_t n);

/* Set out[0 .. n), readable, for all documents of a block of `n` <= 256; tfs[i]
 * positions for document i.  false if they do not lie in it [F23]. */
bool positions_spots(struct bq_span block, const uint32_t *tfs, uint32_t n, struct bq_spot *out);

#endif
