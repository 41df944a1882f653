/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One connection: lines in, jobs out, replies back in their order.
 *
 *   bytes -> lines -> tagged:   started at once, up to 32
 *                     untagged: one runs, up to 32 wait, then nothing is read
 *                     PING CANCEL QUIT: answered as soon as read
 *
 * Reading stops while 1 MiB of output waits for the reader; its jobs are parked
 * until half of that is gone.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include <stdbool.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "server/job.h"

enum conn_kind { CONN_UNIX, CONN_TCP };

struct conn {
	struct conn *prev, *next; /* of the server's list */
	struct server *server;
	struct bufferevent *bev;
	struct event *line_timer;  /* a started line is due; also the end of the linger */
	struct event *hup_timer;   /* looks for a full close while nothing is read */
	struct job *jobs;          /* started and not answered, by prev/next_of_conn */
	unsigned n_jobs, n_tagged;
	struct job *untagged;      /* the running untagged one, also in `jobs` */
	struct job_list waiting;   /* untagged ones behind it */
	enum conn_kind kind;
	bool is_owner;             /* the daemon's own user, on a Unix socket */
	bool is_authed;
	bool has_first_line;       /* the one that may smell of HTTP is past */
	bool is_discarding;        /* the rest of an over-long line */
	bool is_timing_line;       /* line_timer runs for a started line */
	bool saw_eof;
	bool has_quit;             /* no more requests are taken */
	bool is_leaving;           /* no more requests are taken; when the jobs are done, the BYE below */
	bool is_closing;           /* nothing but output is left to do */
	bool is_lingering;         /* our side is shut; the peer's rest is thrown away */
	bool is_broken;            /* gone: free it as soon as nobody is in it */
	bool is_settling;
	enum reply_code bye_code;
	const char *bye_msg;
	uint64_t bye_retry_ms;
};

/* Serve `fd`, which is non-blocking; **takes** it, also on failure.  Sends the
 * banner.  NULL when memory is out. */
struct conn *conn_open(struct server *s, int fd, enum conn_kind kind, bool is_owner);

/* Drop all its jobs and free it. */
void conn_free(struct conn *c);

/* Do what there is to do: read lines, start jobs, set timers, close.  To be
 * called after anything happened to the connection; may free it. */
void conn_settle(struct conn *c);

/* The reply in `job` is whole: send it, free the job. */
void conn_finish_job(struct conn *c, struct job *job);

/* Send what the reply in `job` holds so far. */
void conn_send_job(struct conn *c, struct job *job);

/* A worker wrote a piece of the reply and there is more: send it, go on. */
void conn_take_piece(struct conn *c, struct job *job);

/* The request `id` in flight, "0" the running untagged one; NULL if none. */
struct job *conn_find_job(struct conn *c, struct bq_span id);

/* End a request of the connection now, with ERR `code`; frees the job when no
 * worker has it. */
void conn_end_job(struct conn *c, struct job *job, enum reply_code code);

/* Take no more requests, finish what runs, then BYE and close. */
void conn_leave(struct conn *c);

#endif
