/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file, mapped for reading.
 */
#ifndef BASE_MAPFILE_H
#define BASE_MAPFILE_H

#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

struct mapfile {
	const uint8_t *ptr;
	size_t len;
};

/* Map the regular file `name` in directory `dirfd`.  Symbolic links are not
 * followed.  BQ_ENOTFOUND if there is none, BQ_EIO, BQ_EFORMAT if it is no
 * regular file.  Close with mapfile_close(). */
int mapfile_open(int dirfd, const char *name, struct mapfile *out, struct bq_error *err);

/* Map the open regular file `fd` as long as it is now; `name` is for messages.
 * It may be closed, or grow, meanwhile. */
int mapfile_of(int fd, const char *name, struct mapfile *out, struct bq_error *err);

/* Let the pages go that were read, so that they do not count as this program's
 * memory; they come back when they are touched. */
void mapfile_forget(const struct mapfile *m);

enum mapfile_use { MAPFILE_IN_ORDER, MAPFILE_HERE_AND_THERE };

/* Tell the kernel how the bytes will be read: whether to read ahead of what is
 * touched. */
void mapfile_expect(const struct mapfile *m, enum mapfile_use use);

/* Accepts one that is all zero. */
void mapfile_close(struct mapfile *m);

static inline struct bq_span mapfile_span(const struct mapfile *m)
{
	return bq_span_make(m->ptr, m->len);
}

#endif
