/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fewer than 256 documents and how often each has the word.  A gap counts from
 * the document before.  Up to 3 documents are varints:
 *
 *   f0 01   05   03   0e 00     gap << 1 | tf is 1; then, if it is not, tf - 2
 *
 *   gaps 120, 2, 1 from base 0: documents 120, 123, 125
 *                               tf          7,   1,   1
 *
 * More are kept by the low and the high bits of their gaps (Golomb 1966, Rice
 * 1971), low bits of bytes first:
 *
 *   u8         low bits b of each gap, 0..31; 0x20: some tf is above 1
 *   n * b      the low bits
 *   n          a bit for each: tf is above 1           with 0x20
 *   rest       gap >> b zeros and a one, for each
 *   zeros to a byte
 *   varints    tf - 2, of those above 1
 *
 *   gaps 5 0 2 9, b 2: low 1 0 2 1, high 1 0 0 2: 0 1  1  1  0 0 1
 */
#ifndef CODEC_TAIL_H
#define CODEC_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a tail is, and where its first document may be.  TAIL_PAD bytes behind
 * it are readable. */
struct tail {
	const uint8_t *p;
	size_t len;
	uint32_t n, base;
};

enum {
	TAIL_PAD = 64,
	TAIL_DOCS = 255,   /* at most */
	TAIL_FEW = 4,      /* fewer are varints */
	TAIL_OFTEN = 0x20, /* in the first byte */
	TAIL_MOST = 4096,  /* bytes: more are damaged, whatever they say */
	TAIL_ROOM = 24,    /* bytes of room a document that writing takes at most, and as many for all */
};

/* Where the parts of TAIL_FEW documents or more are, in bits from the first byte on: low
 * bits, then flags. */
struct tail_parts {
	unsigned bits; /* low ones of each document */
	bool often;    /* some tf is above 1 */
	uint64_t flags, high;
};

/* Find them.  False if the first byte is none, or there is no room for them and a one for
 * each document, or there are more than TAIL_MOST bytes. */
static inline bool tail_find_parts(const struct tail *t, struct tail_parts *out)
{
	if (t->len == 0 || t->len > TAIL_MOST || t->p[0] >= 2 * TAIL_OFTEN)
		return false;
	out->bits = t->p[0] & 31;
	out->often = (t->p[0] & TAIL_OFTEN) != 0;
	out->flags = 8 + (uint64_t)t->n * out->bits;
	out->high = out->flags + (out->often ? t->n : 0);
	return out->high + t->n <= 8 * (uint64_t)t->len;
}

/* Write `n` <= TAIL_DOCS documents, which ascend from `base` on, and their tfs to `out`, which has room for
 * TAIL_ROOM * (n + 1) bytes.  How many there are: TAIL_MOST at most. */
size_t tail_put(const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base, uint8_t *out);

/* Decode the documents, which must fill the bytes exactly.  False, and anything
 * in docs[] and tfs[], if they do not, one is BQ_DOC_END or more, or a tf has
 * more than 32 bits or is 0.  docs[] and tfs[] have room for 8 more than t->n. */
bool tail_get(const struct tail *t, uint32_t *docs, uint32_t *tfs);

/* The same, on a CPU with AVX2: a table of bitpack.h has it. */
bool tail_get_avx2(const struct tail *t, uint32_t *docs, uint32_t *tfs);

#endif
