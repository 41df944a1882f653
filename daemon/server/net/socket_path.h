/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's Unix socket as a file.
 *
 *   PATH.pid   flock'd by the daemon that serves PATH, as long as it lives
 *   .bqd.PID   bound, given mode and group, listening; then renamed to
 *   PATH       so it never exists without somebody answering, and never wider
 *              than it should be
 *
 * A socket somebody answers on is never taken; one that nobody does is.
 */
#ifndef SERVER_SOCKET_PATH_H
#define SERVER_SOCKET_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include <bq/status.h>

struct options;

struct socket_path {
	const char *path; /* **borrowed** from the options; NULL: none */
	char *pid_path;
	int lock_fd;      /* -1: not locked */
	dev_t dev;        /* of the socket, once it is there */
	ino_t ino;
	bool is_bound;
};

#define SOCKET_PATH_INIT { .lock_fd = -1 }

/* Listen on o->socket_path: the caller **owns** *fd.  BQ_ELOCKED when another
 * daemon serves it, BQ_EUSAGE for a path or directory that is not fit, BQ_EIO.
 * On failure nothing is left behind but a directory made for it. */
int socket_path_listen(struct socket_path *s, const struct options *o, int *fd, struct bq_error *err);

/* Unlink the socket if it is still ours, and let go of the lock. */
void socket_path_remove(struct socket_path *s);

#endif
