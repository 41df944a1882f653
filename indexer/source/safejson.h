/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * jansson, sure of its memory: where that is short it loses single bytes of
 * strings it reads and writes and says nothing, or calls good JSON bad.
 */
#ifndef SOURCE_SAFEJSON_H
#define SOURCE_SAFEJSON_H

#include <stdbool.h>

#include <bq/span.h>
#include <jansson.h>

/* The value of `bytes` with jansson's `flags`, **owned**.  NULL if it is none,
 * which `why` (may be NULL) tells, or *oom if there was no memory. */
json_t *safejson_load(struct bq_span bytes, size_t flags, json_error_t *why, bool *oom);

/* `v` on one line, **owned**: free(); NULL without memory. */
char *safejson_dump(const json_t *v);

#endif
