/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The other end of a daemon's socket: bytes out, lines in, every wait bounded.
 */
#ifndef BQ_TESTS_BQP_PEER_H
#define BQ_TESTS_BQP_PEER_H

#include <stdbool.h>
#include <stddef.h>

/* How long anything may take that must come: never the reason why a test fails on a
 * machine with other things to do. */
enum { BQP_PATIENCE_MS = 60000 };

struct bqp_peer {
	int fd;
	size_t from, len; /* bytes read ahead: buf[from .. len) */
	bool saw_eof;     /* the last bqp_peer_line() gave NULL because of it */
	char buf[1 << 19];
};

/* Connect to a Unix socket; fails the running test when nobody answers.  The banner
 * is not read.  **owned**: bqp_peer_close(). */
struct bqp_peer *bqp_peer_open(const char *path);

/* Likewise to 127.0.0.1:port. */
struct bqp_peer *bqp_peer_open_tcp(unsigned port);

/* Close the socket and free the peer. */
void bqp_peer_close(struct bqp_peer *p);

/* Send all bytes; fails the test if that takes over BQP_PATIENCE_MS. */
void bqp_peer_send(struct bqp_peer *p, const char *bytes, size_t n);

/* Likewise a string, whose line ends are the caller's. */
void bqp_peer_say(struct bqp_peer *p, const char *lines);

/* No request follows: shut our side. */
void bqp_peer_finish(struct bqp_peer *p);

/* The next line without its LF, valid until the next call; NULL at the end of
 * input or when none came within `ms`. */
const char *bqp_peer_line(struct bqp_peer *p, int ms);

/* The next line must come, within BQP_PATIENCE_MS, and start with `head`: fails the
 * test with the line otherwise.  Returns the line. */
const char *bqp_peer_expect(struct bqp_peer *p, const char *head);

/* The daemon must close, within BQP_PATIENCE_MS, without another line. */
void bqp_peer_expect_eof(struct bqp_peer *p);

/* Wait, at most BQP_PATIENCE_MS, until the daemon has closed; what it sent before is
 * not read. */
void bqp_peer_await_close(struct bqp_peer *p);

/* Ask until STATUS has `words`: what a daemon learns by itself, it does not learn at
 * once.  Fails the test if that takes over BQP_PATIENCE_MS. */
void bqp_peer_await_status(struct bqp_peer *p, const char *words);

/* Wait until the daemon has noticed that all connections but this one are closed: a
 * closed one counts until then. */
void bqp_peer_await_alone(struct bqp_peer *p);

#endif
