/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening and reading the files of strangers: no link is followed, nothing
 * that blocks is opened, and what was read once is what is indexed.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include <sys/stat.h>

#include <bq/buf.h>

/* Whether `name` in `dirfd` may be opened.  NULL if so, with *st; else the
 * reason (a string that lives until the next strerror()), and *is_broken: a
 * failure, not just another kind of file.  Looks without opening, for opening
 * a device can have effects. */
const char *file_look(int dirfd, const char *name, struct stat *st, bool *is_broken);

/* Open it: a descriptor, **owned**, with *st; -1 with errno, also when it is no
 * regular file any more. */
int file_open(int dirfd, const char *name, struct stat *st);

/* Read all of `fd` into `b` (cleared first): 0; -1 with errno, EFBIG at 4 GiB,
 * EINTR when a signal came. */
int file_read(int fd, const struct stat *st, struct bq_buf *b);

/* NULL, or why these bytes are no text we read. */
const char *file_judge(struct bq_span bytes);

#endif
