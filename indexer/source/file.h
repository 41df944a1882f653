/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening the files of strangers: no link is followed, nothing that blocks is
 * opened.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include <stdint.h>
#include <sys/stat.h>

/* Open file `name` of `dirfd`: a descriptor, **owned**, with *st; -1 with errno,
 * also when it is no regular file (any more).  Look first: opening a device can
 * have effects. */
int file_open(int dirfd, const char *name, struct stat *st);

/* When it was last modified, in microseconds since 1970. */
int64_t file_mtime_us(const struct stat *st);

#endif
