/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small files and private directories.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include <bq/status.h>

/* The whole of a file of at most `max` bytes, with a NUL behind it; *out is
 * **owned** (free).  BQ_ENOTFOUND, BQ_ELIMIT, BQ_EIO. */
int files_read(const char *path, size_t max, char **out, size_t *out_len, struct bq_error *err);

/* Replace a file's contents so that a crash leaves the old or the new ones:
 * written beside it (0600), synced, renamed.  BQ_EIO. */
int files_replace(const char *path, const char *text, size_t len, struct bq_error *err);

/* Make a directory and its missing parents, 0700.  BQ_EIO. */
int files_make_dirs(const char *path, struct bq_error *err);

/* Whether `path` is a directory, ours, and closed to everybody else. */
bool files_is_private_dir(const char *path);

/* printf into a buffer; false when it does not fit. */
bool files_format(char *out, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
