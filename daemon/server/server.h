/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon: one loop that owns all sockets, and the pool behind it.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <event2/event.h>

#include <bq/status.h>

#include "server/job.h"
#include "server/live_index.h"
#include "server/net/listener.h"
#include "server/net/socket_path.h"
#include "server/options.h"
#include "server/stats.h"
#include "server/upkeep.h"
#include "server/worker.h"

#define SERVER_MAX_TOKEN     256u
#define SERVER_MAX_LISTENERS 16u

struct server {
	const struct options *options;
	struct event_base *base;
	struct worker_pool *pool;
	unsigned n_workers;
	struct live live;
	struct upkeep upkeep;
	struct job_list loading;    /* jobs that wait for a new generation */
	struct conn *conns;         /* all of them, newest first */
	unsigned n_conns, max_connections;
	struct listener *listeners[SERVER_MAX_LISTENERS];
	unsigned n_listeners;
	struct socket_path socket;  /* of our own Unix socket */
	struct stats stats;
	uint64_t started_ns, last_request_ns;
	bool is_draining;
	bool is_aborted;            /* left before everything was answered */
	size_t token_len;           /* for TCP; 0: none */
	char token[SERVER_MAX_TOKEN];
	struct event *done_event, *tick_event, *drain_event, *sighup, *sigterm, *sigint;
};

/* Serve until told to stop: the whole life of a daemon.  `was_answered` is
 * false when it left before all requests had their answer.  BQ_EUSAGE, BQ_EIO
 * and what opening an index gives, when it could not start. */
int server_run(const struct options *options, bool *was_answered, struct bq_error *err);

/* Put a request on its way: to the loop's own answer, a worker, or first to
 * the wait for a new generation.  It comes back through conn_finish_job() or
 * conn_take_piece(). */
void server_start_job(struct server *s, struct job *job);

/* Have a worker go on with a job that is PARKED, or new. */
void server_submit_job(struct server *s, struct job *job);

/* Nobody waits for `job` any more: frees it, now or when its worker is done. */
void server_drop_job(struct server *s, struct job *job);

/* Take a job that no worker has yet back from the pool.  False: too late. */
bool server_withdraw_job(struct server *s, struct job *job);

/* Read the config again and want everything opened; the epoch to wait for. */
uint64_t server_reload(struct server *s);

/* Begin the load that live_check() or server_reload() asked for. */
void server_begin_load(struct server *s);

/* Stop listening, finish what is in flight, then leave. */
void server_drain(struct server *s);

#endif
