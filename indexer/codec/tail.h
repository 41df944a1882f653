/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fewer than 256 documents and how often each has the word, as varints.
 *
 *   f0 01   05   03   0e 00     gap << 1 | tf is 1; then, if it is not, tf - 2
 *
 *   gaps 120, 2, 1, 7 from base 0: documents 120, 123, 125, 133
 *                                  tf         7,   1,   1,   2
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

enum { TAIL_PAD = 64 };

/* Decode the documents, which must fill the bytes exactly.  False, and anything
 * in docs[] and tfs[], if they do not, one is BQ_DOC_END or more, or a tf has
 * more than 32 bits or is 0. */
bool tail_get(const struct tail *t, uint32_t *docs, uint32_t *tfs);

/* Whether the build has the twin, and this CPU's PEXT is fast. */
bool tail_has_bmi2(void);

/* tail_get() for such a CPU. */
bool tail_get_bmi2(const struct tail *t, uint32_t *docs, uint32_t *tfs);

#endif
