/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A stream -> its lines.
 */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/stream.h"

#define LINES_MAX          (1u << 30)   /* bytes of a line; a longer one, or one there is no memory for, is passed over */
#define LINES_MAX_UNPACKED (256u << 20) /* the same where they come out of a compressed file */

struct lines {
	struct stream *in; /* **borrowed** */
	char *buf;
	size_t from, to, cap;
	size_t max;
	uint64_t number;   /* of the last line, from 1 */
	bool at_end;
	bool is_passing;   /* in the middle of such a line */
	bool is_too_long;  /* the last line was one: it is given as empty */
};

/* A line without its LF.  Its bytes are the caller's to change until the next
 * call. */
struct line {
	char *ptr;
	size_t len;
};

/* Before the first line of `in`; reads nothing yet.  Lines may have up to
 * `max` bytes. */
void lines_init(struct lines *l, struct stream *in, size_t max);

/* Free the buffer. */
void lines_release(struct lines *l);

/* The next line: 1; 0 at the end; -1 with errno: EINTR as stream_read(), call
 * again to go on; after any other the lines have ended, and what was read of
 * the line that did not come whole is gone.  Holds the line, and memory for
 * twice as much at most, up to `max`; time is linear in what is read. */
int lines_next(struct lines *l, struct line *out);

#endif
