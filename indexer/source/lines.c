/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST = 256 * 1024 };

void lines_init(struct lines *l, int fd)
{
	memset(l, 0, sizeof *l);
	l->fd = fd;
	l->max = LINES_MAX;
}

void lines_release(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* Read more behind buf[to); moves or grows the buffer when it is full. */
static int read_more(struct lines *l)
{
	ssize_t n;

	if (l->from != 0) {
		memmove(l->buf, l->buf + l->from, l->to - l->from);
		l->to -= l->from;
		l->from = 0;
	}
	if (l->to == l->cap) {
		size_t cap = l->cap == 0 ? FIRST : l->cap * 2;
		char *grown = realloc(l->buf, cap);
		if (grown == NULL) {
			errno = ENOMEM;
			return -1;
		}
		l->buf = grown;
		l->cap = cap;
	}
	n = read(l->fd, l->buf + l->to, l->cap - l->to);
	if (n < 0)
		return -1;
	l->to += (size_t)n;
	l->at_end = n == 0;
	return 0;
}

/* Give bytes [from, end) as a line; `skip` more are its end. */
static int give(struct lines *l, size_t end, size_t skip, struct bq_span *out)
{
	l->is_too_long = l->is_passing || end - l->from > l->max;
	*out = l->is_too_long ? BQ_SPAN("") : bq_span_make(l->buf + l->from, end - l->from);
	l->is_passing = false;
	l->from = end + skip;
	l->number++;
	return 1;
}

int lines_next(struct lines *l, struct bq_span *out)
{
	size_t seen = 0; /* bytes behind `from` that hold no LF */

	for (;;) {
		size_t have = l->to - l->from;
		char *lf = have == seen ? NULL : memchr(l->buf + l->from + seen, '\n', have - seen);
		if (lf != NULL)
			return give(l, (size_t)(lf - l->buf), 1, out);
		if (have > l->max) { /* drop what is there, look for the end */
			l->is_passing = true;
			l->from = l->to;
			have = 0;
		}
		if (l->at_end)
			return have == 0 && !l->is_passing ? 0 : give(l, l->to, 0, out);
		seen = have;
		if (read_more(l) != 0)
			return -1;
	}
}
