/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A daemon in a thread of the test, with an index that the test writes.
 */
#ifndef BQ_TESTS_BQP_DAEMON_H
#define BQ_TESTS_BQP_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/bqp_peer.h"
#include "lib/tmpdir.h"
#include "server/options.h"

struct bqp_daemon {
	struct tmpdir dir;
	char *index;            /* dir/index */
	char *socket;           /* dir/s */
	struct options options; /* may be changed between init and start */
	pthread_t thread;
	atomic_bool has_ended;
	int rc;                 /* of server_run(), after stop */
	bool was_answered;
	struct bq_error err;
};

/* Directory, options, two workers; nothing runs yet. */
void bqp_daemon_init(struct bqp_daemon *d);

/* Publish a generation of dir/index that holds exactly these texts, one document
 * each, named doc0.txt, doc1.txt, .. */
void bqp_daemon_publish(struct bqp_daemon *d, const char *const *texts, unsigned n);

/* Start it, serving dir/index if there is one; returns when it answers, or when
 * it has ended. */
void bqp_daemon_start(struct bqp_daemon *d);

/* A connection with its banner read. */
struct bqp_peer *bqp_daemon_connect(struct bqp_daemon *d);

/* SHUTDOWN, and wait for the end. */
void bqp_daemon_stop(struct bqp_daemon *d);

/* Wait for the end after the test itself has told it to go. */
void bqp_daemon_join(struct bqp_daemon *d);

/* Remove its directory; it has ended, or never began. */
void bqp_daemon_release(struct bqp_daemon *d);

/* Stop it, which must go well, and remove its directory. */
void bqp_daemon_end(struct bqp_daemon *d);

#endif
