/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 256 * 1024, STEP_MAX = 1024 * 1024, KEEP_MAX = 16 * 1024 * 1024 };

void lines_init(struct lines *l, struct stream *in, size_t max)
{
	memset(l, 0, sizeof *l);
	l->in = in;
	l->max = max;
}

void lines_release(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* A buffer of `cap` bytes instead: twice the size for a line that goes on, the
 * first size again behind a very long one. */
static int resize(struct lines *l, size_t cap)
{
	char *buf = realloc(l->buf, cap);

	if (buf == NULL) {
		errno = ENOMEM;
		return -1;
	}
	l->buf = buf;
	l->cap = cap;
	return 0;
}

/* Forget what is there of a line and look for its end. */
static void pass_over(struct lines *l)
{
	l->is_passing = true;
	l->from = l->to = 0;
}

/* The size of a full buffer's successor: one byte more than a line may have
 * tells that it is too long. */
static size_t next_cap(const struct lines *l)
{
	if (l->cap == 0)
		return FIRST;
	return l->cap <= l->max && 2 * l->cap > l->max ? l->max + 1 : 2 * l->cap;
}

/* Make room behind buf[to): move what is there, grow when it is full.  A line
 * for which there is no memory is passed over. */
static int make_room(struct lines *l)
{
	if (l->from != 0) {
		memmove(l->buf, l->buf + l->from, l->to - l->from);
		l->to -= l->from;
		l->from = 0;
	}
	if (l->cap > KEEP_MAX && l->to < FIRST)
		return resize(l, FIRST);
	if (l->to < l->cap || resize(l, next_cap(l)) == 0)
		return 0;
	if (l->cap == 0)
		return -1;
	pass_over(l);
	return 0;
}

static int read_more(struct lines *l)
{
	size_t room = l->cap - l->to;
	ssize_t n = stream_read(l->in, l->buf + l->to, room < STEP_MAX ? room : STEP_MAX);

	if (n < 0)
		return -1;
	l->to += (size_t)n;
	l->at_end = n == 0;
	return 0;
}

/* Give bytes [from, end) as a line; `skip` more are its end. */
static int give(struct lines *l, size_t end, size_t skip, struct line *out)
{
	l->is_too_long = l->is_passing || end - l->from > l->max;
	*out = (struct line){ l->buf + l->from, l->is_too_long ? 0 : end - l->from };
	l->is_passing = false;
	l->from = end + skip;
	l->number++;
	return 1;
}

/* Nothing more comes, the rest of a broken line included. */
static int fail(struct lines *l)
{
	if (errno == EINTR)
		return -1;
	l->at_end = true;
	l->is_passing = false;
	l->from = l->to;
	return -1;
}

int lines_next(struct lines *l, struct line *out)
{
	size_t seen = 0; /* bytes behind `from` that hold no LF */

	for (;;) {
		size_t have = l->to - l->from;
		char *lf = have == seen ? NULL : memchr(l->buf + l->from + seen, '\n', have - seen);
		if (lf != NULL)
			return give(l, (size_t)(lf - l->buf), 1, out);
		if (have > l->max || l->is_passing)
			pass_over(l);
		if (l->at_end)
			return l->from == l->to && !l->is_passing ? 0 : give(l, l->to, 0, out);
		if (make_room(l) != 0)
			return fail(l);
		seen = l->to - l->from;
		if (read_more(l) != 0)
			return fail(l);
	}
}
