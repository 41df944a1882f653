/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Times and sizes of files, as they are since an update found that only these
 * had changed: they count instead of those in COLS.
 *
 *   docs    3        7        8          ascending documents of one segment
 *   mtimes  17..     17..     18..
 *   sizes   120      64       64
 */
#ifndef SEGMENT_STAMPS_H
#define SEGMENT_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

struct stamps {
	uint32_t n;
	const uint32_t *docs;   /* the three **borrowed** */
	const int64_t *mtimes, *sizes;
};

/* The place of the first of `docs` that is not below `doc`. */
static inline uint32_t stamps_seek(const struct stamps *s, uint32_t doc)
{
	uint32_t from = 0, to = s->n;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (s->docs[middle] < doc)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Replace time and size of `doc` if they have changed. */
static inline void stamps_apply(const struct stamps *s, uint32_t doc, int64_t *mtime_us, int64_t *file_bytes)
{
	uint32_t i = stamps_seek(s, doc);

	if (i == s->n || s->docs[i] != doc)
		return;
	*mtime_us = s->mtimes[i];
	*file_bytes = s->sizes[i];
}

#endif
