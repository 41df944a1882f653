/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/docs.h"

#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>
#include <bq/format.h>
#include <zdict.h>
#include <zstd.h>

enum {
	HEAD_BYTES = 4 << 20,       /* kept back until the dictionary is trained on them */
	MIN_TRAIN_BYTES = 2 << 20,  /* below, a dictionary costs more than it saves, and most of an update */
	MAX_DICT_BYTES = 64 << 10,
};

struct docs_writer {
	struct container_writer *out;
	struct bq_buf raw; /* not yet framed */
	struct bq_buf index;
	uint64_t raw_bytes, n_frames, frames_off, frame_at;
	bool is_trained;
	bool failed;
	ZSTD_CCtx *cctx;
	ZSTD_CDict *cdict;
	uint8_t frame[BQ_FRAME_BYTES + 512];
};

struct docs_writer *docs_writer_new(struct container_writer *out)
{
	struct docs_writer *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->out = out;
	w->cctx = ZSTD_createCCtx();
	if (w->cctx == NULL) {
		free(w);
		return NULL;
	}
	container_begin(out, SECTION_DOCS);
	return w;
}

/* A dictionary from the first frames, at most 1/64 of them. */
static size_t train(const struct bq_buf *raw, uint8_t *dict, size_t cap)
{
	size_t n = raw->len / BQ_FRAME_BYTES;
	size_t *sizes = n == 0 ? NULL : malloc(n * sizeof *sizes);

	if (sizes == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		sizes[i] = BQ_FRAME_BYTES;
	if (cap > raw->len / 64)
		cap = raw->len / 64;
	size_t len = ZDICT_trainFromBuffer(dict, cap, raw->ptr, sizes, (unsigned)n);
	free(sizes);
	return ZDICT_isError(len) ? 0 : len; /* too uniform to learn from: do without */
}

/* Choose the compression; write the section's start. */
static void begin_frames(struct docs_writer *w)
{
	uint8_t *dict = malloc(MAX_DICT_BYTES), head[8] = { 0 };
	size_t len = 0;

	w->is_trained = true;
	if (dict == NULL)
		w->failed = true;
	else if (w->raw.len >= MIN_TRAIN_BYTES)
		len = train(&w->raw, dict, MAX_DICT_BYTES);
	bq_put_u32(head, (uint32_t)len);
	container_put(w->out, head, sizeof head);
	if (len != 0) {
		container_put(w->out, dict, len);
		w->cdict = ZSTD_createCDict(dict, len, DOCS_LEVEL);
		w->failed |= w->cdict == NULL || ZSTD_isError(ZSTD_CCtx_refCDict(w->cctx, w->cdict));
	}
	free(dict);
	/* The frame's size is known from its place: leave it and the rest out. */
	(void)ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_compressionLevel, DOCS_LEVEL);
	(void)ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_contentSizeFlag, 0);
	(void)ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_dictIDFlag, 0);
	(void)ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_checksumFlag, 0);
	w->frames_off = container_at(w->out);
}

static void put_frame(struct docs_writer *w, const uint8_t *p, size_t n)
{
	size_t len = ZSTD_compress2(w->cctx, w->frame, sizeof w->frame, p, n);

	if (ZSTD_isError(len) || len >= n) {
		len = n;
		memcpy(w->frame, p, n);
	}
	if (w->n_frames++ % DOCS_GROUP == 0)
		bq_buf_put_u64(&w->index, w->frame_at);
	bq_buf_put_u16(&w->index, (uint16_t)len);
	container_put(w->out, w->frame, len);
	w->frame_at += len;
}

/* Frame what is complete, or all of it. */
static void drain(struct docs_writer *w, bool all)
{
	size_t at = 0;

	if (!w->is_trained)
		begin_frames(w);
	while (w->raw.len - at >= BQ_FRAME_BYTES || (all && w->raw.len > at)) {
		size_t n = w->raw.len - at < BQ_FRAME_BYTES ? w->raw.len - at : BQ_FRAME_BYTES;
		put_frame(w, w->raw.ptr + at, n);
		at += n;
	}
	if (at != 0)
		memmove(w->raw.ptr, w->raw.ptr + at, w->raw.len - at);
	w->raw.len -= at;
}

void docs_put(struct docs_writer *w, struct bq_span bytes)
{
	w->raw_bytes += bytes.len;
	while (bytes.len != 0 && !w->raw.oom) {
		size_t n = bytes.len < HEAD_BYTES ? bytes.len : HEAD_BYTES;
		bq_buf_put(&w->raw, bytes.ptr, n);
		bytes = bq_span_from(bytes, n);
		if (w->raw.len >= HEAD_BYTES || w->is_trained)
			drain(w, false);
	}
}

int docs_finish(struct docs_writer *w)
{
	uint8_t footer[DOCS_FOOTER];

	drain(w, true);
	bq_buf_put_zeros(&w->index, (DOCS_GROUP - w->n_frames % DOCS_GROUP) % DOCS_GROUP * 2);
	bq_put_u64(footer, w->raw_bytes);
	bq_put_u64(footer + 8, w->n_frames);
	bq_put_u64(footer + 16, w->frames_off);
	bq_put_u64(footer + 24, container_at(w->out));
	container_put(w->out, w->index.ptr, w->index.len);
	container_put(w->out, footer, sizeof footer);
	container_end(w->out);
	return w->failed || w->raw.oom || w->index.oom ? BQ_ENOMEM : BQ_OK;
}

void docs_writer_free(struct docs_writer *w)
{
	if (w == NULL)
		return;
	(void)ZSTD_freeCCtx(w->cctx);
	(void)ZSTD_freeCDict(w->cdict);
	bq_buf_release(&w->raw);
	bq_buf_release(&w->index);
	free(w);
}
