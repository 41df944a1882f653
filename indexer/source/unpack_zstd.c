/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * zstd: frames one after the other, skippable ones among them (RFC 8878).
 */
#include <errno.h>
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "source/stream.h"
#include "source/unpack.h"

enum { FRAME_START = 5 }; /* bytes that tell how long a frame's header is */

struct zstd {
	struct unpack base;
	ZSTD_DStream *z;
	size_t wants; /* bytes that the next step can use: to the end of a block and a header */
};

static int step_zstd(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
	struct zstd *d = (struct zstd *)u;
	/* a block at a time: of a call that fails no text is to be had */
	size_t size = u->to - u->from < d->wants ? u->to : u->from + d->wants, rc;
	ZSTD_inBuffer in = { u->in, size, u->from };
	ZSTD_outBuffer to = { out, n, 0 };

	*got = 0;
	rc = ZSTD_decompressStream(d->z, &to, &in);
	if (ZSTD_isError(rc)) {
		u->wrong = ZSTD_getErrorName(rc);
		return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? ENOMEM : EBADMSG;
	}
	d->wants = rc == 0 ? FRAME_START : rc;
	u->from = in.pos;
	*got = to.pos;
	u->is_whole = rc == 0;
	u->is_filled = to.pos == n && !u->is_whole;
	return 0;
}

static void free_zstd(struct unpack *u)
{
	struct zstd *d = (struct zstd *)u;

	(void)ZSTD_freeDStream(d->z);
	free(d);
}

static const struct unpack_ops zstd_ops = { step_zstd, free_zstd };

struct unpack *unpack_zstd_new(void)
{
	struct zstd *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->base.ops = &zstd_ops;
	d->wants = FRAME_START;
	d->z = ZSTD_createDStream();
	if (d->z == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(d->z, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG_MAX))) {
		free_zstd(&d->base);
		return NULL;
	}
	return &d->base;
}
