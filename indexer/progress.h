/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How far a build is, on standard error, five times a second.
 */
#ifndef BQINDEX_PROGRESS_H
#define BQINDEX_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_on, is_tty;
	uint64_t start_ns, shown_ns;
};

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* `when`: auto (on a terminal), always, never. */
void progress_init(struct progress *p, const char *when);

/* So much is done; shown if the last time is long enough ago. */
void progress_show(struct progress *p, uint64_t documents, uint64_t bytes);

/* Take the line away again. */
void progress_release(struct progress *p);

#endif
