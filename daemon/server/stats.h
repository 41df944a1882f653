/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counters since the start.  The loop thread counts; nobody else looks.
 */
#ifndef SERVER_STATS_H
#define SERVER_STATS_H

#include <stdint.h>

#include "server/wire/response.h"

#define STATS_MAX_VERBS 32
#define STATS_TIMES     40 /* buckets of a factor of 2, from 1 us up */

struct stats {
	uint64_t connections;        /* accepted */
	uint64_t refused;            /* over the limit */
	uint64_t requests;
	uint64_t by_verb[STATS_MAX_VERBS]; /* by row of verb/command.c */
	uint64_t errors[REPLY_CODES];
	uint64_t hits;
	uint64_t bytes_in, bytes_out;
	uint64_t reloads, failed_reloads;
	uint64_t times[STATS_TIMES]; /* how many requests took 2^i us or less */
};

/* Count a request that took `us` and ended with `code` (REPLY_CODES: well). */
void stats_add_reply(struct stats *st, uint64_t us, enum reply_code code);

/* The time, in us, that `percent` of the requests did not exceed: the upper
 * end of its bucket. */
uint64_t stats_percentile(const struct stats *st, unsigned percent);

/* The members of STATS. */
void stats_put(const struct stats *st, struct response *r);

#endif
