/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One writer at a time.  The kernel's flock() on INDEX/LOCK is the lock, so a
 * writer that dies, however it dies, leaves none behind; the pid written in
 * the file is for people.
 */
#ifndef INDEX_LOCK_H
#define INDEX_LOCK_H

#include <bq/status.h>

#define LOCK_NAME "LOCK"

/* Take the lock of directory `dirfd` without waiting: a descriptor >= 0,
 * **owned**: release with lock_close().  BQ_ELOCKED "locked by PID", BQ_EIO. */
int lock_open(int dirfd, struct bq_error *err);

/* Give it back.  A negative `fd` is fine.  The file stays: unlinking it would
 * let two writers hold two locks. */
void lock_close(int fd);

#endif
