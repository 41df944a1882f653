/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whom to ask: from the options, the environment and the configuration to a
 * connected daemon, started if need be.
 *
 *   -i       socket                                         bqd is started with
 *   (none)   DIR/bqd.sock                                   what is recorded
 *   NAME     the same, and @index=NAME in requests          the same
 *   ./x /x   DIR/i-HASH.sock, HASH of the real path(s)      --index PATH
 *
 * DIR is places_sockets(); --socket and $BQ_SOCKET stand for any of them.
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include <limits.h>
#include <stdbool.h>

#include <bq/client.h>

#include "cli/cmdline.h"
#include "cli/reach/config.h"

struct reach {
	char address[PATH_MAX];
	bool is_override;   /* --socket or $BQ_SOCKET */
	bool is_tcp;
	bool wants_config;  /* a daemon started here is told its indexes, not left to its own reading */
	char *names;        /* for @index, comma-separated; NULL: all */
	char **dirs;        /* real paths of -i DIR */
	size_t n_dirs;
	char *token;        /* of --auth-file */
	struct config config;
};

/* Resolve the options.  False after saying why; release in either case. */
bool reach_init(struct reach *r, const struct cmdline *o);

/* Give everything back. */
void reach_release(struct reach *r);

/* Connect, starting a daemon where that is allowed.  False after saying why. */
bool reach_open(struct reach *r, const struct cmdline *o, struct bq_client **out);

/* Connect to a daemon that runs.  BQ_ENOTFOUND without a word when there is
 * none; any other failure is said. */
int reach_open_running(struct reach *r, struct bq_client **out);

/* The arguments that run bqd for this target, NULL-terminated: "bqd", --socket,
 * --index.  **owned**: release with reach_free_args().
 * NULL when there is no memory. */
char **reach_args(const struct reach *r, const char *program, bool idle_exit);

/* Accepts NULL. */
void reach_free_args(char **args);

/* Whether a client with these options may start a daemon. */
bool reach_may_start(const struct reach *r, const struct cmdline *o);

#endif
