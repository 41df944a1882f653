/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * --stdio: standard input and output as one ordinary connection.  They may be
 * files or pipes, which the loop cannot wait for, so two threads carry the
 * bytes to and from a socket pair.
 */
#ifndef SERVER_STDIO_H
#define SERVER_STDIO_H

#include <bq/status.h>

struct stdio;

/* Start carrying.  **owned**: release with stdio_join().  *fd, the loop's end,
 * is **owned** by the caller. */
int stdio_open(struct stdio **out, int *fd, struct bq_error *err);

/* Wait until all output is written; NULL is fine.  The loop's end must be
 * closed. */
void stdio_join(struct stdio *io);

#endif
