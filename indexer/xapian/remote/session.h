/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A lane's connections: one to each shard that answers, and all of them as one
 * database.  For one thread.
 */
#ifndef REMOTE_SESSION_H
#define REMOTE_SESSION_H

#include <xapian-c.h>

#include "xapian/remote/cluster.h"

struct session {
	struct xapian_c_database *dbs[BQ_REMOTE_MAX_SHARDS]; /* NULL: none */
	struct xapian_c_database *all;
	uint32_t members[BQ_REMOTE_MAX_SHARDS]; /* shards in `all`, in order */
	uint32_t n_members;
	uint32_t wait_ms;  /* Xapian's time-out for each exchange */
	bool is_used;      /* connections may have been closed for idleness since */
};

/* Connect to what is up and not connected, and to what may be up again; `all`
 * is then there.  `knock_ms`: how long silence is waited for.  BQ_EREMOTE if none
 * answers. */
int session_refresh(struct session *s, struct cluster *c, uint32_t wait_ms, uint32_t knock_ms, struct bq_error *err);

void session_close(struct session *s);

/* The shard that an error names; UINT32_MAX if none. */
uint32_t session_find_failed(const struct cluster *c, const struct xapian_c_error *x);

/* Connect to shard `i`, whatever it has.  Status of xapian-c. */
int session_connect(const struct cluster *c, uint32_t i, uint32_t wait_ms, struct xapian_c_database **out,
	struct xapian_c_error *x);

#endif
