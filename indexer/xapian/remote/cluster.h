/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shards of one generation: which answer, and the lanes that ask them.
 *
 *   request's thread ---- task ----> lane (a thread of its own)
 *      waits until the deadline        session: a connection to each shard,
 *      and no longer                   blocking calls, time-outs of their own
 *
 * Xapian's calls block and cannot be interrupted: who asks leaves at its
 * deadline, the lane stays until Xapian's time-out and then frees what nobody
 * waits for.  A shard that failed is down: left out, and knocked at again a
 * second later.
 */
#ifndef REMOTE_CLUSTER_H
#define REMOTE_CLUSTER_H

#include <pthread.h>
#include <stdatomic.h>

#include <bq/remote.h>

#include "xapian/remote/address.h"

enum {
	CLUSTER_UUID = 40,
	CLUSTER_MAX_LANES = 64,
	CLUSTER_RETRY_MS = 1000, /* a shard that is down is asked again after */
	CLUSTER_PATIENCE_MS = 10000, /* of who has no deadline */
	CLUSTER_LEAVE_MS = 100, /* lanes are waited for when nobody needs them any more */
};

struct lane;
struct task;

struct cluster_shard {
	struct address address;
	bool is_up;
	char why[sizeof((struct bq_remote_shard *)0)->why];
	uint64_t retry_ns;
	char uuid[CLUSTER_UUID];     /* of the database that belongs to this generation; "": not seen yet */
	char stranger[CLUSTER_UUID]; /* of one that does not, and was reported */
};

struct cluster {
	pthread_mutex_t lock;  /* of all below but `shards[].address`, `n`, `build`, `dir` */
	struct cluster_shard shards[BQ_REMOTE_MAX_SHARDS];
	uint32_t n;
	const char *dir;       /* as given to open, **borrowed** */
	struct bq_span build;  /* the metadata that all shards of this generation have, **borrowed** */
	struct lane *lanes;
	unsigned n_lanes;
	bool is_ending;        /* no tasks come any more */
	bool is_left;          /* the last lane calls `free` */
	void (*free)(struct cluster *c);
	pthread_cond_t ended;  /* a lane has */
};

/* CLOCK_MONOTONIC. */
uint64_t cluster_now_ns(void);

/* `c` is zeroed but for what is **borrowed**, `n`, the addresses and `free`,
 * which is called once nobody uses `c` any more, by whichever thread is the last. */
void cluster_init(struct cluster *c);

/* There are no requests any more: `c` is the lanes' own from here on, freed at once
 * if none waits for a server, else when the last has its time-out. */
void cluster_leave(struct cluster *c);

/* What cluster_init() made; for `free`. */
void cluster_release(struct cluster *c);

/* Whether a lane should stop trying. */
bool cluster_is_ending(struct cluster *c);

void cluster_set_down(struct cluster *c, uint32_t shard, const char *why);
void cluster_set_up(struct cluster *c, uint32_t shard);

/* How the shard does. */
void cluster_look(struct cluster *c, uint32_t shard, struct bq_remote_shard *out);

/* Whether another generation is served there now. */
bool cluster_is_replaced(struct cluster *c, uint32_t shard);

/* Have `task` (**takes** it; it has the deadline) run by a lane and wait for
 * that.  *out is then it, **owned**: task_free(); NULL if it was not done in
 * time.  BQ_EDEADLINE, BQ_ECANCELLED, BQ_EREMOTE, BQ_ENOMEM, or what came of the
 * task. */
int cluster_run(struct cluster *c, struct task *task, const atomic_bool *cancel, struct task **out,
	struct bq_error *err);

/* A number that changes when the shards of `dir` should be looked at anew. */
uint64_t cluster_stamp(const char *dir);

/* Make it change. */
void cluster_touch(const char *dir);

#endif
