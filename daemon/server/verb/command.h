/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs: one row each.  A new verb is a row here and a function in a
 * verb_*.c file.
 */
#ifndef SERVER_COMMAND_H
#define SERVER_COMMAND_H

#include "server/job.h"

enum command_flag {
	COMMAND_FRESH = 1u << 0,   /* must see what was published before it came */
	COMMAND_RELOAD = 1u << 1,  /* has everything opened again first */
	COMMAND_AT_ONCE = 1u << 2, /* answered as soon as read, also behind a running untagged request */
	COMMAND_OWNER = 1u << 3,   /* for the daemon's own user on the Unix socket */
	COMMAND_QUERY = 1u << 5,   /* needs a query */
};

struct command {
	const char *name;    /* upper case */
	uint32_t options;    /* the set of OPT_ bits it takes */
	uint32_t flags;
	/* Loop thread: choose job->gens, or set job->fault and return false.  NULL
	 * where nothing is to choose. */
	bool (*prepare)(struct server *s, struct job *job);
	/* Worker: write the reply.  NULL for what the loop answers. */
	enum job_step (*work)(struct job *job, struct worker *w);
	/* Loop thread: write the reply. */
	void (*answer)(struct server *s, struct job *job);
	const char *usage, *help;
};

/* The command of this name in any case; NULL if there is none. */
const struct command *command_find(struct bq_span name);

/* The i-th row, NULL behind the last. */
const struct command *command_at(unsigned i);

/* "caps":[..], the list of what is built. */
void command_put_caps(struct response *r);

#endif
