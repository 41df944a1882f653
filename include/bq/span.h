/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A span is a borrowed piece of somebody's bytes.  It never owns, it need not
 * end in NUL, and its bytes need not be UTF-8.  Header only.
 */
#ifndef BQ_SPAN_H
#define BQ_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bq_span {
	const char *ptr; /* NULL only when len is 0 */
	size_t len;
};

/* A span over a string literal, usable in initialisers. */
#define BQ_SPAN_INIT(lit) { (lit), sizeof(lit) - 1 }
#define BQ_SPAN(lit)      ((struct bq_span)BQ_SPAN_INIT(lit))

/* The span of a NUL-terminated string; NULL gives the empty span. */
static inline struct bq_span bq_span_of(const char *s)
{
	return (struct bq_span){ s, s == NULL ? 0 : strlen(s) };
}

static inline struct bq_span bq_span_make(const void *ptr, size_t len)
{
	return (struct bq_span){ (const char *)ptr, len };
}

/* The part of `s` from byte `from` on; empty if that is past the end. */
static inline struct bq_span bq_span_from(struct bq_span s, size_t from)
{
	if (from > s.len)
		from = s.len;
	return (struct bq_span){ from == 0 ? s.ptr : s.ptr + from, s.len - from };
}

/* The first `n` bytes of `s`, or all of it. */
static inline struct bq_span bq_span_first(struct bq_span s, size_t n)
{
	return (struct bq_span){ s.ptr, n < s.len ? n : s.len };
}

static inline bool bq_span_eq(struct bq_span a, struct bq_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order: memcmp, then the shorter first.  The order of TERMS. */
static inline int bq_span_cmp(struct bq_span a, struct bq_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

	if (c != 0)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

static inline bool bq_span_starts(struct bq_span s, struct bq_span prefix)
{
	return s.len >= prefix.len && bq_span_eq(bq_span_first(s, prefix.len), prefix);
}

static inline bool bq_span_ends(struct bq_span s, struct bq_span suffix)
{
	return s.len >= suffix.len && bq_span_eq(bq_span_from(s, s.len - suffix.len), suffix);
}

#endif
