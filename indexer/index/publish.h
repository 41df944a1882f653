/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a generation becomes the current one, and what a writer may touch.
 *
 *   publish_dir_open   the directory: made, or accepted, or refused
 *     publish_file       a small file, complete and on disk
 *     publish_manifest   MANIFEST.tmp -> fsync -> rename -> fsync directory
 *     publish_sweep      files of ours that no MANIFEST names
 *
 * A reader sees the old MANIFEST or the new one, and finds whole on disk what
 * either names.  fsync is never tried again: after a failure the kernel may
 * have dropped the pages, so the generation is given up.
 */
#ifndef INDEX_PUBLISH_H
#define INDEX_PUBLISH_H

#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

#include "index/manifest.h"

#define PUBLISH_TMP_NAME "MANIFEST.tmp"

/* Open `dir` for a writer: a descriptor >= 0, **owned**: close() it.  Missing
 * directories on the way are made, 0700; one that is empty becomes ours, 0700;
 * one that holds anything must be an index or the leftovers of an interrupted
 * first build.  BQ_EUSAGE, BQ_EIO. */
int publish_dir_open(const char *dir, struct bq_error *err);

/* Create file `name` in `dirfd`, 0600, with `bytes`, and fsync it.  An older
 * file of that name is replaced: the caller holds the lock and no MANIFEST
 * names it.  BQ_EIO; then the file is gone. */
int publish_file(int dirfd, const char *name, struct bq_span bytes, struct bq_error *err);

/* Make `m` the current generation; sets m->checksum.  Everything it names must
 * be on disk.  BQ_ELIMIT if its text exceeds MANIFEST_MAX_BYTES. */
int publish_manifest(int dirfd, struct manifest *m, struct bq_error *err);

/* Unlink segments, tombstones, stat files and a MANIFEST.tmp that `m` does not name, and
 * nothing else.  Failures do not matter: the next writer sweeps again. */
void publish_sweep(int dirfd, const struct manifest *m);

/* The largest segment number and generation that file names here show: what a
 * new build must stay above when MANIFEST cannot be read. */
void publish_numbers(int dirfd, uint64_t *number, uint64_t *gen);

#endif
