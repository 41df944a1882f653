/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One thread, many connections, a load.
 *
 *   open loop     request i is due at start + i / rate, whatever the other side
 *                 does; its latency counts from then, also while it waits for a
 *                 free place, so that a stall is seen by all it delays
 *   closed loop   each connection sends its next request when it has the answer
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <bq/status.h>

#include "bench/hist.h"
#include "bench/queries.h"
#include "bench/target.h"

struct load_opts {
	const char *address; /* as bq_client_open() */
	const struct target *target;
	unsigned connections;
	double rate;         /* requests a second; 0: closed loop */
	double seconds;
};

struct load_result {
	struct hist latency; /* ns */
	uint64_t sent, answered, failed, lost; /* lost: sent, and never answered */
	double seconds;      /* from the first request to the last answer */
};

/* Connect, send for as long as wanted, wait for what is under way.  *out is big:
 * not for the stack.  BQ_EIO, BQ_ENOTFOUND, BQ_ENOMEM; BQ_EFORMAT when the
 * other side does not speak the protocol or closes. */
int load_run(const struct load_opts *opts, const struct bench_queries *queries, struct load_result *out,
	struct bq_error *err);

#endif
