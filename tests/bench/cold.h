/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An index whose bytes are on disk only: what the first query after a start
 * waits for.
 */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include <stdint.h>

#include <bq/index.h>

struct cold {
	const struct bq_index *index; /* **borrowed** */
	int fds[BQ_MAX_SEGMENTS];     /* of its segments; -1: none */
	uint8_t *pages;               /* room for one segment's */
	uint64_t n_kept, n_pages;     /* pages still in memory after the last cold_drop(), and all */
};

/* Open the segments of `ix` (native), and check its sums, as a daemon does.  **owned**: cold_release(), also after
 * failure.  BQ_EIO, BQ_ENOMEM,
 * BQ_EFORMAT. */
int cold_init(struct cold *c, const struct bq_index *ix, struct bq_error *err);

/* Take all pages of the segments out of memory, and count those that stayed
 * because another process has them mapped or they are not written yet.  BQ_EIO. */
int cold_drop(struct cold *c, struct bq_error *err);

/* A `c` that is all zero is fine. */
void cold_release(struct cold *c);

#endif
