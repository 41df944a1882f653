/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A section that grows while another one is being written to the segment's
 * file: the end of it in memory, the rest in a file without a name.
 *
 *   bq_buf_put..(&s.buf, ..)   as to any buffer
 *   spool_drain                between two records: writes out what is large enough
 *   spool_copy, spool_load     all of it, into the segment or into memory
 */
#ifndef SEGMENT_SPOOL_H
#define SEGMENT_SPOOL_H

#include <stdint.h>

#include <bq/buf.h>

#include "segment/container.h"

enum { SPOOL_BYTES = 1 << 18 }; /* kept in memory, about */

struct spool {
	struct bq_buf buf;
	uint64_t flushed; /* bytes in the file */
	int dirfd;        /* **borrowed** */
	uint64_t number;  /* of the segment */
	int fd;           /* -1: nothing has been written out */
	int status;       /* sticky */
	int saved_errno;
};

/* Start empty; the file comes with the first byte that is written out. */
void spool_init(struct spool *s, int dirfd, uint64_t number);

/* Give memory and file back; an initialised spool, once or twice. */
void spool_release(struct spool *s);

/* Everything from the start, piece by piece.  All zero but `spool` to begin with;
 * nothing is put into the spool meanwhile. */
struct spool_reader {
	struct spool *spool;
	uint64_t at;          /* bytes taken from the spool into `piece` */
	struct bq_buf piece;
	size_t used;          /* bytes of it that were given */
};

/* The next `n` bytes, **borrowed** until the next call: BQ_OK, BQ_END if there are
 * not so many, else what spool_copy() says. */
int spool_read(struct spool_reader *r, size_t n, const uint8_t **out);

/* Free the reader's buffer; the spool stays. */
void spool_reader_release(struct spool_reader *r);

/* The `n` bytes from `at` on, which it has, to `to`.  BQ_OK, BQ_EIO with errno set. */
int spool_get(struct spool *s, uint64_t at, uint8_t *to, size_t n);

/* How many bytes it has. */
static inline uint64_t spool_at(const struct spool *s)
{
	return s->flushed + s->buf.len;
}

/* Write out what `buf` holds if that is much.  Errors are sticky. */
void spool_drain(struct spool *s);

/* Put everything into the open section of `out`.  BQ_OK, BQ_ENOMEM, BQ_EIO with
 * errno set: also those met earlier. */
int spool_copy(struct spool *s, struct container_writer *out);

/* Append everything to `out`, likewise. */
int spool_load(struct spool *s, struct bq_buf *out);

#endif
