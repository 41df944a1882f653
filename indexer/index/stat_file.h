/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Times and sizes of files that changed alone, in a file: struct stamps of one
 * segment as of a generation.
 *
 *   offset  size  field
 *        0     8  "BQSTA\r\n\x1a"
 *        8     4  version, BQ_FORMAT_VERSION
 *       12     4  n_docs of the segment
 *       16     8  number of the segment
 *       24     8  generation
 *       32     4  n: documents below, at least one
 *       36    28  0
 *       64    4n  documents, ascending
 *            0-4  0, to a multiple of 8
 *             8n  modification times in microseconds, i64; INT64_MIN unknown
 *             8n  bytes of the files, i64; -1 unknown
 *              8  XXH3-64 of all bytes before
 *
 * Little-endian.
 */
#ifndef INDEX_STAT_FILE_H
#define INDEX_STAT_FILE_H

#include <bq/span.h>
#include <bq/status.h>

#include "index/manifest.h"
#include "segment/stamps.h"

/* Write the file of `s` (number, n_docs, stat_gen given), fsync'd; sets
 * s->stat_checksum.  BQ_EIO, BQ_ENOMEM. */
int stat_file_write(int dirfd, struct manifest_segment *s, const struct stamps *stamps, struct bq_error *err);

/* Check a whole file, mapped or read to 8-byte-aligned memory, against what
 * MANIFEST says of it; *out then points into it: **borrowed** from `bytes`.
 * BQ_EFORMAT, BQ_EVERSION. */
int stat_file_check(struct bq_span bytes, const struct manifest_segment *s, struct stamps *out, struct bq_error *err);

#endif
