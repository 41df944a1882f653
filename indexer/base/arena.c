/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/arena.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024, MAX_KEPT = 2 << 20 };

struct bq_arena_chunk {
	struct bq_arena_chunk *next;
	size_t size; /* of bytes[] */
	_Alignas(BQ_ARENA_ALIGN) uint8_t bytes[];
};

void bq_arena_init(struct bq_arena *a, size_t cap)
{
	memset(a, 0, sizeof *a);
	a->cap = cap;
}

/* A chunk with `size` usable bytes, counted against the cap; NULL sets oom. */
static struct bq_arena_chunk *chunk_new(struct bq_arena *a, size_t size)
{
	struct bq_arena_chunk *c = NULL;

	if (size <= a->cap && a->bytes <= a->cap - size)
		c = malloc(sizeof *c + size);
	if (c == NULL) {
		a->oom = true;
		return NULL;
	}
	c->size = size;
	a->bytes += size;
	return c;
}

/* Big requests get a chunk behind the newest one, which stays open. */
static void *alloc_big(struct bq_arena *a, size_t n)
{
	struct bq_arena_chunk *c = chunk_new(a, n);

	if (c == NULL)
		return NULL;
	if (a->chunks == NULL) {
		c->next = NULL;
		a->chunks = c;
		a->at = c->bytes + n;
		a->left = 0;
	} else {
		c->next = a->chunks->next;
		a->chunks->next = c;
	}
	return c->bytes;
}

void *bq_arena_alloc_more(struct bq_arena *a, size_t n)
{
	if (n > SIZE_MAX / 2) {
		a->oom = true;
		return NULL;
	}
	n = n == 0 ? BQ_ARENA_ALIGN : (n + BQ_ARENA_ALIGN - 1) & ~(size_t)(BQ_ARENA_ALIGN - 1);
	if (n > a->left) {
		bool is_first = a->chunks == NULL && n <= a->first;
		if (!is_first && n > CHUNK / 4)
			return alloc_big(a, n);
		struct bq_arena_chunk *c = chunk_new(a, is_first ? a->first : CHUNK);
		if (c == NULL)
			return NULL;
		c->next = a->chunks;
		a->chunks = c;
		a->at = c->bytes;
		a->left = c->size;
	}
	return bq_arena_alloc(a, n);
}

struct bq_span bq_arena_dup(struct bq_arena *a, struct bq_span s)
{
	char *p = bq_arena_alloc(a, s.len + 1);

	if (p == NULL)
		return (struct bq_span){ NULL, 0 };
	if (s.len != 0)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return (struct bq_span){ p, s.len };
}

const char *bq_arena_printf(struct bq_arena *a, const char *fmt, ...)
{
	va_list args;
	char *p = NULL;

	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n >= 0)
		p = bq_arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return "";
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}

void bq_arena_reset(struct bq_arena *a)
{
	struct bq_arena_chunk *keep = a->chunks;

	if (keep != NULL && (keep->next != NULL || keep->size > MAX_KEPT)) {
		size_t bytes = a->bytes, cap = a->cap;
		bq_arena_release(a);
		a->cap = cap;
		a->first = bytes < MAX_KEPT ? bytes : MAX_KEPT;
		return;
	}
	a->at = keep == NULL ? NULL : keep->bytes;
	a->left = keep == NULL ? 0 : keep->size;
	a->oom = false;
}

void bq_arena_release(struct bq_arena *a)
{
	for (struct bq_arena_chunk *c = a->chunks, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	memset(a, 0, sizeof *a);
}
