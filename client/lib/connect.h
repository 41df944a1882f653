/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An address as a connected socket.
 */
#ifndef LIB_CONNECT_H
#define LIB_CONNECT_H

#include <stdint.h>

#include <bq/status.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t connect_now_ms(void);

/* Wait until `fd` is ready for `events` or `deadline` (of connect_now_ms()) has
 * passed: BQ_OK, BQ_EDEADLINE, BQ_EIO.  `out_events` may be NULL. */
int connect_wait(int fd, short events, int64_t deadline, short *out_events, struct bq_error *err);

/* A non-blocking, close-on-exec socket connected to `address`, in *out_fd.
 * Statuses as bq_client_open(). */
int connect_open(const char *address, int64_t deadline, int *out_fd, struct bq_error *err);

#endif
