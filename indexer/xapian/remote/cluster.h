/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shards of one generation: which answer, and the connections to them.
 *
 *   request's thread ---- takes a session: a connection to each shard, asks,
 *                         waits until its deadline, gives it back
 *
 * xapian-tcpsrv forks for each connection and lets no more than five wait: there
 * is one new session at a time, and few connect to a shard at a time; what came
 * of that is known to all.  A shard that failed is down: left out, and knocked at
 * again soon, by one, then less and less often.
 */
#ifndef REMOTE_CLUSTER_H
#define REMOTE_CLUSTER_H

#include <pthread.h>
#include <stdatomic.h>

#include <bq/remote.h>

#include "xapian/remote/address.h"

enum {
	CLUSTER_UUID = 40,
	CLUSTER_MAX_SESSIONS = 64,
	CLUSTER_RETRY_MS = 100,      /* a shard that is down is asked again after, then after twice that, .. */
	CLUSTER_MAX_RETRY_MS = 1000,
	CLUSTER_KNOCK_MS = 150,      /* and waited for so long */
	CLUSTER_MAX_DIALS = 3,       /* connections to a shard that are opened at a time */
	CLUSTER_PATIENCE_MS = 10000, /* of who has no deadline */
	CLUSTER_LOOK_MS = 20,        /* how often who waits looks whether it is still wanted */
};

struct session;

struct cluster_shard {
	struct address address;
	bool is_up;
	unsigned n_dials;            /* by sessions, in whose hands the outcome is */
	char why[sizeof((struct bq_remote_shard *)0)->why];
	uint64_t retry_ns;
	uint32_t retry_ms;           /* of the last time */
	char uuid[CLUSTER_UUID];     /* of the database that belongs to this generation; "": not seen yet */
	char stranger[CLUSTER_UUID]; /* of one that does not, and was reported */
};

struct cluster {
	pthread_mutex_t lock;  /* of all below but `shards[].address`, `n`, `build`, `dir` */
	pthread_cond_t changed; /* a session is idle, or a shard is dialled by one less */
	struct cluster_shard shards[BQ_REMOTE_MAX_SHARDS];
	uint32_t n;
	const char *dir;       /* as given to open, **borrowed** */
	struct bq_span build;  /* the metadata that all shards of this generation have, **borrowed** */
	struct session *idle;
	unsigned n_sessions;
	bool is_growing;       /* a session connects for the first time */
};

/* CLOCK_MONOTONIC. */
uint64_t cluster_now_ns(void);

/* `c` is zeroed but for what is **borrowed**, `n` and the addresses.  Ends with
 * cluster_release(). */
void cluster_init(struct cluster *c);

/* Closes all connections; there are no requests any more. */
void cluster_release(struct cluster *c);

/* ---- shards ---------------------------------------------------------------- */

/* What all requests know from now on: the shard fails, and `why` (cut at the size
 * of its buffer).  It is asked again after a while, twice as long each time. */
void cluster_set_down(struct cluster *c, uint32_t shard, const char *why);

/* It does not fail (any more): requests wait for it. */
void cluster_set_up(struct cluster *c, uint32_t shard);

/* How the shard does. */
void cluster_look(struct cluster *c, uint32_t shard, struct bq_remote_shard *out);

/* Whether another generation is served there now. */
bool cluster_is_replaced(struct cluster *c, uint32_t shard);

/* ---- sessions -------------------------------------------------------------- */

/* A session for one thread alone, the best connected first: *out, **owned** until
 * cluster_give().  Waits for one while another one is new.  BQ_EDEADLINE,
 * BQ_ECANCELLED, BQ_ENOMEM. */
int cluster_take(struct cluster *c, uint64_t deadline_ns, const atomic_bool *cancel, struct session **out);

/* It is connected for the first time: others may be made. */
void cluster_end_growth(struct cluster *c, struct session *s);

/* **Takes** a session that asks nothing any more. */
void cluster_give(struct cluster *c, struct session *s);

/* The turn to connect to a shard: false if others have it, one while it is down.
 * Ends with cluster_end_turn(). */
bool cluster_take_turn(struct cluster *c, uint32_t shard);

/* Who has a turn gives it back, connected or not; those who wait for it wake up. */
void cluster_end_turn(struct cluster *c, uint32_t shard);

/* Until something changes, but not long and not beyond `until_ns`. */
void cluster_wait(struct cluster *c, uint64_t until_ns);

/* ---- stamps ---------------------------------------------------------------- */

/* A number that changes when the shards of `dir` should be looked at anew. */
uint64_t cluster_stamp(const char *dir);

/* Make it change. */
void cluster_touch(const char *dir);

#endif
