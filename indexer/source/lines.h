/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A descriptor -> its lines.
 */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>

#define LINES_MAX (1u << 30) /* bytes of a line; a longer one is passed over */

struct lines {
	int fd;            /* **borrowed** */
	char *buf;
	size_t from, to, cap;
	size_t max;        /* LINES_MAX; a test may lower it */
	uint64_t number;   /* of the last line, from 1 */
	bool at_end;
	bool is_passing;   /* in the middle of a line that is too long */
	bool is_too_long;  /* the last line was: it is given as empty */
};

/* Before the first line; reads nothing yet. */
void lines_init(struct lines *l, int fd);

/* Free the buffer; `fd` stays open. */
void lines_release(struct lines *l);

/* The next line without its LF, **borrowed** until the next call: 1; 0 at the
 * end; -1 with errno (EINTR: a signal came, call again to go on). */
int lines_next(struct lines *l, struct bq_span *out);

#endif
