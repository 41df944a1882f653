/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Start the daemon that a first search needs.
 */
#ifndef CLI_START_H
#define CLI_START_H

#include <stdbool.h>

#include "cli/reach/reach.h"

/* Start bqd for `r` and connect to it, or to the one another client started at
 * the same moment.  Waits up to 5 s.  False after saying why, with the daemon's
 * own words. */
bool start_daemon(const struct reach *r, struct bq_client **out);

#endif
