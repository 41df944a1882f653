/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The directory of an index of Xapian databases: see bq/xapian.h.
 */
#ifndef WRITE_LAYOUT_H
#define WRITE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/status.h>

/* Open `dir`, made if missing: a descriptor >= 0.  BQ_EUSAGE for what is
 * neither empty nor of this kind. */
int layout_open(const char *dir, struct bq_error *err);

/* Whether directory `dirfd` is an index of this kind. */
bool layout_exists(int dirfd);

/* The largest number of a generation there, or what is left of one; 0: none. */
uint64_t layout_last(int dirfd);

/* Make XAPIANDB name the `shards` of generation `gen`, and remove generations but this and the
 * one it named before. */
int layout_publish(int dirfd, const char *dir, uint64_t gen, uint32_t shards, struct bq_error *err);

/* Remove generation `gen`. */
void layout_remove(const char *dir, uint64_t gen);

/* Bytes of the files of generation `gen`. */
uint64_t layout_bytes(const char *dir, uint64_t gen);

#endif
