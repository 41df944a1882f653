/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a run did not index, and why: the list in its final report.
 */
#ifndef SOURCE_SKIPS_H
#define SOURCE_SKIPS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/span.h>

struct skip {
	struct bq_span path; /* as the user would find it: root and relative path */
	uint64_t line;       /* of a record, else 0 */
	const char *reason;
	bool is_broken;      /* someone should look: makes the run exit 1 */
};

struct skips {
	struct bq_arena mem;
	struct skip *list;
	size_t n, max;
	size_t n_broken;
	bool oom; /* the list is not complete */
};

/* An empty list; allocates nothing. */
void skips_init(struct skips *s);

/* Free the list and its strings. */
void skips_release(struct skips *s);

/* Add one; the path and the formatted reason are copied.  Sticky `oom`. */
void skips_add(struct skips *s, const struct skip *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
