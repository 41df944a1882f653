/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gzip: members one after the other, each with its own checksum, zeros behind
 * the last (RFC 1952).
 */
#include <errno.h>
#include <stdlib.h>

#include <zlib.h>

#include "source/unpack.h"

enum { GZIP_ONLY = 16 }; /* added to the window bits: no zlib header, no raw deflate */

struct gzip {
	struct unpack base;
	z_stream z;
};

/* Zeros between and behind members are padding: no member starts with one. */
static void skip_zeros(struct unpack *u)
{
	while (u->from < u->to && u->in[u->from] == 0)
		u->from++;
}

static int step_gzip(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
	struct gzip *g = (struct gzip *)u;
	uInt room = n < UNPACK_IN * 8 ? (uInt)n : UNPACK_IN * 8, left;
	int rc;

	*got = 0;
	if (u->is_whole) {
		skip_zeros(u);
		if (u->from == u->to)
			return 0;
		(void)inflateReset(&g->z); /* cannot fail behind inflateInit2() */
		u->is_whole = false;
	}
	g->z.next_in = u->in + u->from;
	g->z.avail_in = left = (uInt)(u->to - u->from);
	g->z.next_out = out;
	g->z.avail_out = room;
	rc = inflate(&g->z, Z_NO_FLUSH);
	u->from += left - g->z.avail_in;
	*got = room - g->z.avail_out;
	u->is_whole = rc == Z_STREAM_END;
	u->is_filled = g->z.avail_out == 0 && !u->is_whole;
	if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) /* the last: needs more bytes */
		return 0;
	u->wrong = g->z.msg == NULL ? "not gzip" : g->z.msg;
	return rc == Z_MEM_ERROR ? ENOMEM : EBADMSG;
}

static void free_gzip(struct unpack *u)
{
	struct gzip *g = (struct gzip *)u;

	(void)inflateEnd(&g->z);
	free(g);
}

static const struct unpack_ops gzip_ops = { step_gzip, free_gzip };

struct unpack *unpack_gzip_new(void)
{
	struct gzip *g = calloc(1, sizeof *g);

	if (g != NULL && inflateInit2(&g->z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		free(g);
		g = NULL;
	}
	if (g == NULL)
		return NULL;
	g->base.ops = &gzip_ops;
	return &g->base;
}
