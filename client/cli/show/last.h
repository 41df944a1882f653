/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The hits of the last search at a terminal, so that `bq open N` finds them:
 * $XDG_STATE_HOME/bq/last, one a line, LINE TAB COL TAB PATH; a path with a
 * line feed is an empty line.
 */
#ifndef CLI_LAST_H
#define CLI_LAST_H

#include <stdint.h>
#include <stdio.h>

#include <bq/client.h>

/* Starts as all zero. */
struct last {
	FILE *out; /* into `text` */
	char *text;
	size_t len;
};

/* Note one result. */
void last_add(struct last *l, const struct bq_client_result *x);

/* Write what was noted, if anything, and release it. */
void last_save(struct last *l);

/* Hit `n`, from 1: its path is **owned** (free).  BQ_ENOTFOUND, BQ_EIO. */
int last_get(uint64_t n, char **path, uint64_t *line, uint64_t *col, struct bq_error *err);

#endif
