/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accepting connections.  When the process is out of descriptors or memory the
 * listener rests for 100 ms instead of spinning; over the connection limit a
 * peer is told so and closed.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <bq/status.h>

#include "server/net/conn.h"

struct listener;

/* Accept on `fd`, which listens and is **taken**, also on failure. */
struct listener *listener_new(struct server *s, int fd, enum conn_kind kind);

/* Stop accepting and close it; NULL is fine. */
void listener_free(struct listener *l);

/* How many of `wanted` connections the process may have descriptors for, when
 * some are kept for sockets, logs and opening indexes; raises the soft limit
 * where that helps. */
unsigned listener_fit_connections(unsigned wanted);

/* Listening TCP sockets for "HOST:PORT" or "[V6]:PORT", one for each address of
 * the host, at most `max`; the caller **owns** them. */
int listener_open_tcp(const char *host_port, int *fds, unsigned max, unsigned *n, struct bq_error *err);

/* Read the token for TCP: the first line of a file that only we can read. */
int listener_read_token(const char *path, char *out, size_t size, size_t *len, struct bq_error *err);

#endif
