/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An arena hands out memory that is all given back at once: a query builds
 * its tree, cursors, hits and reply in one, a build run its postings.
 * Nothing in an arena has a destructor.
 *
 *   chunk -> chunk -> chunk          newest first; requests above a quarter
 *   [used......free]                 of a chunk get a chunk of their own
 *
 * Failure is sticky: after the first NULL, `oom` stays set until the next
 * reset, so that a caller builds freely and asks once.
 */
#ifndef BQ_ARENA_H
#define BQ_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bq/span.h>

enum { BQ_ARENA_ALIGN = 16 };

struct bq_arena_chunk;

struct bq_arena {
	struct bq_arena_chunk *chunks; /* newest first */
	uint8_t *at;                   /* next free byte of the newest chunk */
	size_t left;                   /* bytes free there, a multiple of BQ_ARENA_ALIGN */
	size_t bytes;                  /* sum of all chunks */
	size_t cap;                    /* `bytes` never exceeds this */
	size_t first;                  /* bytes of the next first chunk, if one of the usual size was too small */
	bool oom;
};

/* Make an empty arena that never holds more than `cap` bytes.  Allocates
 * nothing.  Release with bq_arena_release(). */
void bq_arena_init(struct bq_arena *a, size_t cap);

/* bq_arena_alloc() where the newest chunk has no room for `n`, or n = 0. */
void *bq_arena_alloc_more(struct bq_arena *a, size_t n);

/* `n` bytes, aligned to 16 and not cleared; lives in the arena.  NULL (and
 * `oom` set) at the cap or when malloc fails.  n = 0 gives a valid pointer. */
static inline void *bq_arena_alloc(struct bq_arena *a, size_t n)
{
	if (n - 1 >= a->left) /* n = 0, too */
		return bq_arena_alloc_more(a, n);
	void *p = a->at;
	size_t used = (n + BQ_ARENA_ALIGN - 1) & ~(size_t)(BQ_ARENA_ALIGN - 1);
	a->at += used;
	a->left -= used;
	return p;
}

/* `count` objects of `size` bytes, cleared.  NULL also when the product
 * overflows. */
static inline void *bq_arena_zalloc(struct bq_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		a->oom = true;
		return NULL;
	}
	void *p = bq_arena_alloc(a, n);
	return p == NULL ? NULL : memset(p, 0, n);
}

/* A copy of `s` with a NUL behind it; the empty span with `oom` set when there
 * is no room. */
struct bq_span bq_arena_dup(struct bq_arena *a, struct bq_span s);

/* A formatted, NUL-terminated string in the arena; "" when there is no room. */
const char *bq_arena_printf(struct bq_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Forget everything handed out; keeps one chunk, or makes the next first one as
 * large as all were together (at most 2 MiB), so that a steady user calls malloc
 * no more. */
void bq_arena_reset(struct bq_arena *a);

/* Give all memory back.  The arena may be used again after bq_arena_init(). */
void bq_arena_release(struct bq_arena *a);

/* `type *` to `n` cleared objects of `type` in arena `a`. */
#define BQ_ARENA_NEW(a, type, n) ((type *)bq_arena_zalloc((a), (n), sizeof(type)))

#endif
