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

struct zstd {
	struct unpack base;
	ZSTD_DStream *z;
};

static int step_zstd(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
	struct zstd *d = (struct zstd *)u;
	ZSTD_inBuffer in = { u->in, u->to, u->from };
	ZSTD_outBuffer to = { out, n, 0 };
	size_t rc = ZSTD_decompressStream(d->z, &to, &in);

	*got = 0;
	if (ZSTD_isError(rc)) {
		u->wrong = ZSTD_getErrorName(rc);
		return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? ENOMEM : EBADMSG;
	}
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
	d->z = ZSTD_createDStream();
	if (d->z == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(d->z, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG_MAX))) {
		free_zstd(&d->base);
		return NULL;
	}
	return &d->base;
}
