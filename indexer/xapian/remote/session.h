/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection to each shard that answers, for one thread at a time.
 *
 *   session_connect()    dial what is missing, hear the greetings, see whose
 *                        databases they are
 *   session_ask()        have a shard's answer awaited
 *   session_hear()       wait for all that is awaited at once, each until its time
 */
#ifndef REMOTE_SESSION_H
#define REMOTE_SESSION_H

#include "xapian/remote/cluster.h"
#include "xapian/remote/line.h"

enum session_failure {
	SESSION_FINE,
	SESSION_SILENT,   /* until its time */
	SESSION_BROKEN,   /* the connection ended */
	SESSION_NONSENSE, /* what it said is not the protocol */
	SESSION_REFUSED,  /* the server said that something is wrong */
};

/* What a server gives as reason: the numbers of Xapian's errors. */
enum session_refusal {
	REFUSED_ARGUMENT = 1,
	REFUSED_OPERATION = 2,
	REFUSED_UNIMPLEMENTED = 3,
	REFUSED_MODIFIED = 8,
	REFUSED_NO_DOCUMENT = 11,
	REFUSED_FEATURE = 12,
	REFUSED_QUERY = 16,
	REFUSED_WILDCARD = 19,
};

struct session_shard {
	struct line line;
	bool is_here;       /* connected, of this generation, and asks nothing: fit for a question */
	bool is_old;        /* was asked before this request: may have been closed since */
	bool is_awaited;
	uint64_t asked_ns, until_ns;
	size_t max_message; /* bytes of what it says, LINE_MAX_.. */
	enum session_failure failure; /* of the last question */
	uint8_t refusal;    /* enum session_refusal and others, of SESSION_REFUSED */
	char why[sizeof((struct bq_remote_shard *)0)->why];
	uint32_t documents; /* from the greeting */
	char uuid[CLUSTER_UUID];
};

struct session {
	struct session *next;    /* idle */
	struct cluster *cluster;
	uint32_t n, n_here;
	bool is_new;
	struct session_shard shards[];
};

/* What a message means for the question: more comes, that was all, or it should
 * not have come. */
enum session_heard { EAR_MORE, EAR_ALL, EAR_NONSENSE };

/* Hears one message of shard `i`, which lives for the call.  What servers refuse
 * comes here, too: session_refuse() is the answer if it is nothing special. */
typedef enum session_heard (*session_ear)(void *arg, uint32_t i, const struct line_message *m);

/* Without connections; **owned**: session_free().  NULL without memory. */
struct session *session_new(struct cluster *c);

/* Close its connections, whatever they wait for. */
void session_free(struct session *s);

/* ---- asking ---------------------------------------------------------------- */

/* Say this to shard `i`, which is here, and have its answer awaited. */
void session_ask(struct session *s, uint32_t i, enum line_request type, struct bq_span body, uint64_t until_ns);

/* Until each that is awaited has said all, has failed, or its time is over: then
 * nothing is awaited, and those that failed are no longer connected.  BQ_OK whatever failed;
 * BQ_ECANCELLED. */
int session_hear(struct session *s, session_ear ear, void *arg, const atomic_bool *cancel);

/* Note what an exception says: EAR_ALL, and the shard's `failure` is
 * SESSION_REFUSED; its connection is kept. */
enum session_heard session_refuse(struct session *s, uint32_t i, const struct line_message *m);

/* Close the connection of a shard. */
void session_drop(struct session *s, uint32_t i);

/* ---- connecting ------------------------------------------------------------- */

/* Times of session_connect(): until when shards that are up are waited for. */
struct session_patience {
	uint64_t until_ns;
	const atomic_bool *cancel;
};

/* Connect to what is up and not connected, and to what may be up again; shards
 * that fail are set down.  BQ_OK whatever failed; BQ_ECANCELLED, BQ_ENOMEM. */
int session_connect(struct session *s, const struct session_patience *p);

/* Connect a new session to all shards, whatever they have, and ask each for its
 * metadata: builds[i], in `mem`, is empty for one that failed, which is set down,
 * or has none.  The others wait for session_take_in() or session_drop(). */
int session_open(struct session *s, const struct session_patience *p, struct bq_arena *mem, struct bq_span *builds);

/* The shard belongs to the generation: it is here, and up. */
void session_take_in(struct session *s, uint32_t i);

#endif
