/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A job is a request on its way:
 *
 *   WAITING --> LOADING --> QUEUED --> RUNNING --> done
 *   behind an   for a new   for a       |   ^
 *   untagged    generation  worker      v   |
 *   request                            PARKED   its reader holds 1 MiB
 *
 * The loop owns a job in every state but RUNNING, when it may only set `cancel`
 * and `conn`.  A job whose connection let go of it has conn NULL and is freed
 * when the worker gives it back.
 */
#ifndef SERVER_JOB_H
#define SERVER_JOB_H

#include <stdatomic.h>

#include <bq/arena.h>
#include <bq/buf.h>
#include <bq/query.h>

#include "server/wire/request.h"
#include "server/wire/request_opts.h"
#include "server/wire/response.h"

#define JOB_PIECE_BYTES (128u * 1024) /* a worker hands over what it wrote when it is this much */
#define JOB_MEM_BYTES   (8u << 20)    /* cap on what a reply in pieces keeps between them */

struct conn;
struct server;
struct worker;
struct command;
struct live_gen;
struct live_load;

enum job_state { JOB_WAITING, JOB_LOADING, JOB_QUEUED, JOB_RUNNING, JOB_PARKED };
enum job_step { JOB_DONE, JOB_MORE, JOB_HURT };

struct job {
	struct job *prev, *next; /* in the one list that `state` implies */
	struct job *prev_of_conn, *next_of_conn;
	struct conn *conn;       /* NULL: nobody waits for it any more */
	bool is_submitted;       /* the pool has it; `state` is the pool's until it comes back */
	enum job_state state;
	enum job_step (*run)(struct job *job, struct worker *w); /* on a worker */
	enum job_step step;      /* what run() gave; JOB_HURT: it met a page that is gone */
	const void *hurt_at;     /* there */
	const struct command *command; /* NULL when `fault` answers */

	struct request req;      /* spans in `line` */
	struct request_opts opts;
	struct request_fault fault; /* msg NULL: none */
	char *line;              /* **owned** */
	uint64_t received_ns, deadline_ns, parked_ns; /* CLOCK_MONOTONIC */
	atomic_bool cancel;

	struct live_gen **gens;  /* what it asks, a share of each; see live_index.h */
	struct bq_view view;     /* the same as indexes */
	uint64_t gen;            /* the generation its END names */
	uint64_t epoch;          /* JOB_LOADING: until this load is done */
	struct live_load *load;  /* of a job that opens indexes; **owned** */
	int check_rc;            /* of one that compares checksums: what came of it */
	struct bq_error check_err;
	struct live_gen *dead;   /* of one that closes generations: those; **owned** */

	struct response re;      /* writes to `out` */
	struct bq_buf out;
	struct bq_arena mem;     /* what a reply in pieces keeps between them */
	void *progress;          /* the verb's own, lives in `mem` */
	const char *warning;     /* NULL, or about what could not be asked; lives in `mem` */
	uint64_t hits;           /* for the statistics */
};

/* A job for a parsed request.  **takes** ownership of `line`, in which the
 * request's spans are; the options are copied.  NULL when memory is out, and
 * then `line` is freed. */
struct job *job_new(char *line, const struct request *req);

/* A job of the daemon itself, without a request. */
struct job *job_new_internal(enum job_step (*run)(struct job *, struct worker *));

/* Have it ask `g`, too: adds a share of it.  False when memory is out. */
bool job_add_gen(struct job *job, struct live_gen *g);

/* Free it, with its share of the generations; NULL is fine.  Loop thread only. */
void job_free(struct job *job);

static inline bool job_is_tagged(const struct job *job) { return job->req.id.len > 0; }

/* Whether the reply so far is enough for one piece. */
static inline bool job_is_full(const struct job *job) { return job->out.len >= JOB_PIECE_BYTES; }

/* First in, first out; removal from anywhere. */
struct job_list {
	struct job *head, *tail;
	uint32_t n;
};

/* Put `job`, which is in no list, at the end. */
void job_list_push(struct job_list *list, struct job *job);

/* Take `job` out of the list that it is in. */
void job_list_remove(struct job_list *list, struct job *job);

/* Take the first one out; NULL if there is none. */
struct job *job_list_pop(struct job_list *list);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t job_now_ns(void);

#endif
