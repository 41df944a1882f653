/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A directory of one test, below $TMPDIR or /tmp, and files in it.  Failures
 * end the test program with a message: a test without its files tests nothing.
 */
#ifndef BQ_TESTS_TMPDIR_H
#define BQ_TESTS_TMPDIR_H

#include <bq/span.h>

struct tmpdir {
	char path[256];
};

/* Make a new empty directory.  Remove it with tmpdir_release(). */
void tmpdir_init(struct tmpdir *d);

/* Remove the directory and all in it; links are not followed. */
void tmpdir_release(struct tmpdir *d);

/* The path of `name` in the directory; **owned**: free() it.  `name` may be a
 * relative path. */
char *tmpdir_path(const struct tmpdir *d, const char *name);

/* Write a file, making the directories of its name. */
void tmpdir_put(const struct tmpdir *d, const char *name, struct bq_span bytes);

#endif
