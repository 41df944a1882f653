/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/docs.h"

#include <string.h>

#include <bq/bytes.h>
#include <bq/format.h>
#include <zstd.h>

static int damaged(const char *name, const char *what, struct bq_error *err)
{
	return bq_error_set(err, BQ_EFORMAT, 0, "%s: DOCS: %s [F28]", name, what);
}

int docs_open(struct bq_span section, const char *name, struct docs_reader *out, struct bq_error *err)
{
	const uint8_t *p = (const uint8_t *)section.ptr;

	memset(out, 0, sizeof *out);
	if (section.len < 8 + DOCS_FOOTER)
		return damaged(name, "too short", err);
	const uint8_t *footer = p + section.len - DOCS_FOOTER;
	uint64_t frames_off = bq_get_u64(footer + 16), index_off = bq_get_u64(footer + 24);
	uint64_t dict_len = bq_get_u32(p), end = section.len - DOCS_FOOTER;
	out->section = section;
	out->raw_bytes = bq_get_u64(footer);
	out->n_frames = bq_get_u64(footer + 8);
	if (frames_off != 8 + dict_len || frames_off > index_off || index_off > end)
		return damaged(name, "parts overlap", err);
	if (out->n_frames != out->raw_bytes / BQ_FRAME_BYTES + (out->raw_bytes % BQ_FRAME_BYTES != 0))
		return damaged(name, "wrong number of frames", err);
	uint64_t groups = out->n_frames / DOCS_GROUP + (out->n_frames % DOCS_GROUP != 0);
	if (groups != (end - index_off) / DOCS_GROUP_BYTES || (end - index_off) % DOCS_GROUP_BYTES != 0)
		return damaged(name, "index has the wrong size", err);
	out->frames = bq_span_make(p + frames_off, (size_t)(index_off - frames_off));
	out->index = p + index_off;
	if (dict_len != 0) {
		out->dict = ZSTD_createDDict(p + 8, (size_t)dict_len);
		if (out->dict == NULL)
			return bq_error_set(err, BQ_ENOMEM, 0, "%s: DOCS: dictionary: out of memory or damaged", name);
	}
	return BQ_OK;
}

void docs_close(struct docs_reader *d)
{
	for (int i = 0; i < DOCS_POOL; i++)
		(void)ZSTD_freeDCtx(atomic_exchange(&d->pool[i], NULL));
	(void)ZSTD_freeDDict(d->dict);
	memset(d, 0, sizeof *d);
}

/* A decompression context from the pool, or a new one; NULL: out of memory. */
static ZSTD_DCtx *take_context(struct docs_reader *d)
{
	for (int i = 0; i < DOCS_POOL; i++) {
		void *c = atomic_exchange(&d->pool[i], NULL);
		if (c != NULL)
			return c;
	}
	return ZSTD_createDCtx();
}

static void give_context(struct docs_reader *d, ZSTD_DCtx *c)
{
	for (int i = 0; i < DOCS_POOL; i++) {
		void *empty = NULL;
		if (atomic_compare_exchange_strong(&d->pool[i], &empty, c))
			return;
	}
	(void)ZSTD_freeDCtx(c);
}

/* The compressed bytes of frame `f`; ptr NULL if the index is damaged. */
static struct bq_span find_frame(const struct docs_reader *d, uint64_t f)
{
	const uint8_t *group = d->index + f / DOCS_GROUP * DOCS_GROUP_BYTES;
	uint64_t at = bq_get_u64(group);
	uint16_t len = bq_get_u16(group + 8 + 2 * (f % DOCS_GROUP));

	for (uint64_t i = 0; i < f % DOCS_GROUP; i++)
		at += bq_get_u16(group + 8 + 2 * i);
	if (at > d->frames.len || len > d->frames.len - at)
		return (struct bq_span){ NULL, 0 };
	return bq_span_make(d->frames.ptr + at, len);
}

/* Decompress frame `f` into `out`, which has room for a whole one.  From a copy:
 * no context is held while the map is read, which may end the call (bq/guard.h),
 * and what zstd reads does not change under it. */
static int get_frame(const struct docs_reader *d, uint64_t f, uint8_t *out)
{
	struct docs_reader *pooled = (struct docs_reader *)(uintptr_t)d; /* the pool alone changes */
	struct bq_span frame = find_frame(d, f);
	uint8_t copy[BQ_FRAME_BYTES];
	uint64_t left = d->raw_bytes - f * BQ_FRAME_BYTES;
	size_t want = left < BQ_FRAME_BYTES ? (size_t)left : BQ_FRAME_BYTES;

	if (frame.ptr == NULL || frame.len > want)
		return BQ_EFORMAT;
	memcpy(frame.len == want ? out : copy, frame.ptr, frame.len);
	if (frame.len == want)
		return BQ_OK;
	ZSTD_DCtx *ctx = take_context(pooled);
	if (ctx == NULL)
		return BQ_ENOMEM;
	size_t got = d->dict == NULL ? ZSTD_decompressDCtx(ctx, out, want, copy, frame.len)
				     : ZSTD_decompress_usingDDict(ctx, out, want, copy, frame.len, d->dict);
	give_context(pooled, ctx);
	return !ZSTD_isError(got) && got == want ? BQ_OK : BQ_EFORMAT;
}

int docs_get(const struct docs_reader *d, uint64_t off, uint64_t len, struct bq_arena *mem, struct bq_span *out)
{
	int rc = BQ_OK;

	*out = (struct bq_span){ "", 0 };
	if (off > d->raw_bytes || len > d->raw_bytes - off)
		return BQ_EFORMAT;
	if (len == 0)
		return BQ_OK;
	uint64_t first = off / BQ_FRAME_BYTES, last = (off + len - 1) / BQ_FRAME_BYTES;
	if (last - first >= SIZE_MAX / BQ_FRAME_BYTES / 2)
		return BQ_ENOMEM;
	uint8_t *p = bq_arena_alloc(mem, (size_t)(last - first + 1) * BQ_FRAME_BYTES);
	if (p == NULL)
		return BQ_ENOMEM;
	for (uint64_t f = first; f <= last && rc == BQ_OK; f++)
		rc = get_frame(d, f, p + (f - first) * BQ_FRAME_BYTES);
	if (rc != BQ_OK)
		return rc;
	*out = bq_span_make(p + off % BQ_FRAME_BYTES, (size_t)len);
	return BQ_OK;
}
