/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/skips.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void skips_init(struct skips *s)
{
	memset(s, 0, sizeof *s);
	bq_arena_init(&s->mem, SIZE_MAX);
}

void skips_release(struct skips *s)
{
	free(s->list);
	bq_arena_release(&s->mem);
	memset(s, 0, sizeof *s);
}

static bool grow_list(struct skips *s)
{
	size_t max = s->max == 0 ? 64 : s->max * 2;
	struct skip *grown = realloc(s->list, max * sizeof *grown);

	if (grown == NULL)
		return false;
	s->list = grown;
	s->max = max;
	return true;
}

void skips_add(struct skips *s, const struct skip *what, const char *fmt, ...)
{
	char reason[256];
	va_list args;
	struct bq_span copy, path;

	s->n_broken += what->is_broken;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);
	copy = bq_arena_dup(&s->mem, bq_span_of(reason));
	path = bq_arena_dup(&s->mem, what->path);
	if (s->mem.oom || (s->n == s->max && !grow_list(s))) {
		s->oom = true;
		return;
	}
	s->list[s->n++] = (struct skip){ path, what->line, copy.ptr, what->is_broken };
}
