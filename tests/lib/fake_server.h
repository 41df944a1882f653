/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A server that says what a test tells it to: a script of steps played to each
 * connection, in a process of its own.
 *
 *   "> TEXT"   send TEXT and a LF
 *   ">> TEXT"  send TEXT as it is
 *   "<"        read a request line
 *   "< TEXT"   read a request line; TEXT must occur in it, else "* BYE" and close
 *   "fill N"   send N bytes of 'x'
 *   "flood TEXT"  send TEXT and a LF again and again until the client goes
 *   "sleep MS" wait
 *   "eof"      wait until the client has closed its side
 *   "close"    close the connection (as at the end of the script)
 */
#ifndef BQ_TESTS_FAKE_SERVER_H
#define BQ_TESTS_FAKE_SERVER_H

#include <sys/types.h>

struct fake_server {
	char path[128]; /* of the socket */
	pid_t pid;
};

/* The usual greeting, as a step. */
#define FAKE_HELLO "> * HELLO {\"server\":\"bqd\",\"version\":\"0.1.0\",\"proto\":[1],\"caps\":[],\"gen\":7}"

/* Listen at `path` and play `steps` (NULL-terminated) to every connection.
 * Ends the test program when it cannot. */
void fake_server_start(struct fake_server *s, const char *path, const char *const *steps);

/* Kill it, wait for it, remove the socket. */
void fake_server_stop(struct fake_server *s);

#endif
