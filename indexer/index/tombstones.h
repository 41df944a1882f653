/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tombstones: which documents of a segment are dead as of a generation.
 *
 *   offset  size  field
 *        0     8  "BQDEL\r\n\x1a"
 *        8     4  version, BQ_FORMAT_VERSION
 *       12     4  n_docs of the segment
 *       16     8  number of the segment
 *       24     8  generation
 *       32     4  n_dead: bits set below
 *       36    28  0
 *       64   8*W  W = ceil(n_docs / 64) words, bit d & 63 of word d >> 6: document d is dead
 *    64+8W    64  0: vector loads may run over
 *   128+8W     8  XXH3-64 of all bytes before
 *
 * Little-endian.  Bits at and past n_docs are 0.
 */
#ifndef INDEX_TOMBSTONES_H
#define INDEX_TOMBSTONES_H

#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

#include "index/manifest.h"

/* Write the file of `s` (number, n_docs, del_gen given) from a bitset of
 * n_docs bits, fsync'd; sets s->n_dead and s->del_checksum.  BQ_EIO,
 * BQ_ENOMEM. */
int tombstones_write(int dirfd, struct manifest_segment *s, const uint64_t *dead, struct bq_error *err);

/* Check a whole file, mapped or read to 8-byte-aligned memory, against what
 * MANIFEST says of it; *dead then points into it: **borrowed** from `bytes`.
 * BQ_EFORMAT, BQ_EVERSION. */
int tombstones_check(struct bq_span bytes, const struct manifest_segment *s, const uint64_t **dead,
	struct bq_error *err);

#endif
