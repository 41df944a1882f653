/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Somebody waits: the deadline and the cancel flag of a request, looked at
 * every 256 steps of the work.
 */
#ifndef QUERY_WATCH_H
#define QUERY_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <bq/query.h>

struct watch {
	uint64_t deadline_ns;      /* 0: none */
	const atomic_bool *cancel; /* NULL: none */
	uint32_t steps;
	int status;                /* BQ_OK, or why to stop; stays */
};

static inline struct watch watch_of(const struct bq_query_opts *opts)
{
	return (struct watch){ opts->deadline_ns, opts->cancel, 0, BQ_OK };
}

/* Look now: true if the work must stop. */
static inline bool watch_check(struct watch *w)
{
	struct timespec now;

	if (w->status != BQ_OK)
		return true;
	if (w->cancel != NULL && atomic_load_explicit(w->cancel, memory_order_relaxed))
		w->status = BQ_ECANCELLED;
	if (w->status == BQ_OK && w->deadline_ns != 0) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec >= w->deadline_ns)
			w->status = BQ_EDEADLINE;
	}
	return w->status != BQ_OK;
}

/* One more step: true if the work must stop. */
static inline bool watch_step(struct watch *w)
{
	if ((++w->steps & 255) != 0)
		return w->status != BQ_OK;
	return watch_check(w);
}

#endif
