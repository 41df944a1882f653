/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening the files of strangers: no link is followed, nothing that blocks is
 * opened.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether `name` in `dirfd` may be opened.  NULL if so, with *st; else the
 * reason (a string that lives until the next strerror()), and *is_broken: a
 * failure, not just another kind of file.  Looks without opening, for opening
 * a device can have effects. */
const char *file_look(int dirfd, const char *name, struct stat *st, bool *is_broken);

/* Open it: a descriptor, **owned**, with *st; -1 with errno, also when it is no
 * regular file any more. */
int file_open(int dirfd, const char *name, struct stat *st);

#endif
