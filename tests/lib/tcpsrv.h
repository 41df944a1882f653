/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * xapian-tcpsrv (package xapian-tools), serving a database at a free port of this
 * machine, in a process group of its own: it ends all of its group when it ends.
 */
#ifndef BQ_TESTS_TCPSRV_H
#define BQ_TESTS_TCPSRV_H

#include <stdint.h>
#include <sys/types.h>

/* Serve the database; `flag`, if not NULL, is one more argument.  Returns the group
 * when the server listens at *port; fails the test if it never does. */
pid_t tcpsrv_start(const char *database, const char *flag, uint16_t *port);

/* Kill the group and wait for its end. */
void tcpsrv_end(pid_t group);

#endif
