/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/docs.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>
#include <bq/format.h>
#define ZDICT_STATIC_LINKING_ONLY /* for a trainer that does not try parameters out */
#include <zdict.h>
#include <zstd.h>

enum {
	HEAD_BYTES = DOCS_SAMPLE,   /* kept back until the dictionary is trained on them, */
	TAIL_BYTES = 8 << 20,       /* and those that come meanwhile */
	MIN_TRAIN_BYTES = 1 << 20,  /* below, a dictionary costs more than it saves */
	MAX_DICT_BYTES = 256 << 10,
	TRAIN_SEGMENT = 64,         /* bytes of the pieces that a dictionary is made of */
	BATCH_FRAMES = 64,         /* the more, the longer the dictionary stays in the cache */
	FRAME_SLACK = 512,          /* a frame's bytes may be more than it holds */
};

/* Neighbouring frames, compressed by one thread. */
struct batch {
	struct task task; /* first */
	struct docs_writer *w;
	uint32_t n_raw;
	bool is_under_way;
	uint16_t lens[BATCH_FRAMES];
	uint8_t raw[BATCH_FRAMES * BQ_FRAME_BYTES];
	uint8_t packed[BATCH_FRAMES * BQ_FRAME_BYTES + FRAME_SLACK];
};

/* A dictionary in the making. */
struct training {
	struct task task; /* first */
	struct docs_writer *w;
	uint8_t dict[MAX_DICT_BYTES];
	size_t len;
	ZSTD_CDict *cdict;   /* NULL without a dictionary */
	bool failed;
	atomic_bool is_done; /* look, do not wait */
};

/* raw --> batch | batch | batch --> the container, in their order
 *          filled, compressed, put: a ring */
struct docs_writer {
	struct container_writer *out;
	struct pool *pool;
	struct bq_buf sample; /* the dictionary is trained on it or, where there is none, */
	struct bq_buf head;   /* on this, which is not yet framed */
	struct bq_buf tail;   /* nor is what has come meanwhile */
	struct training *training; /* under way */
	struct bq_buf index;
	uint64_t raw_bytes, n_frames, frames_off, frame_at;
	bool is_trained;
	bool failed;
	ZSTD_CDict *cdict;
	ZSTD_CCtx *cctx[POOL_MAX]; /* one a thread */
	struct batch *ring;
	unsigned n_ring, at;       /* the one being filled */
};

struct docs_writer *docs_writer_new(struct container_writer *out, struct pool *pool)
{
	struct docs_writer *w = calloc(1, sizeof *w);
	unsigned threads = pool_threads(pool);

	if (w == NULL)
		return NULL;
	w->out = out;
	w->pool = pool;
	for (unsigned i = 0; i < threads; i++) {
		w->cctx[i] = ZSTD_createCCtx();
		w->failed |= w->cctx[i] == NULL;
	}
	if (w->failed) {
		docs_writer_free(w);
		return NULL;
	}
	container_begin(out, SECTION_DOCS);
	return w;
}

/* A dictionary from the first frames, at most 1/32 of them.  With .f = 18 the trainer's
 * table of counts stays in the cache: a third of the time of 20, as good a dictionary. */
static size_t train(const struct bq_buf *raw, uint8_t *dict, size_t cap)
{
	const ZDICT_fastCover_params_t params = { .k = TRAIN_SEGMENT, .d = 8, .f = 18, .accel = 2, .splitPoint = 1.0,
		.zParams = { .compressionLevel = DOCS_LEVEL } };
	size_t n = raw->len / BQ_FRAME_BYTES;
	size_t *sizes = n == 0 ? NULL : malloc(n * sizeof *sizes);

	if (sizes == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		sizes[i] = BQ_FRAME_BYTES;
	if (cap > raw->len / 32)
		cap = raw->len / 32;
	size_t len = ZDICT_trainFromBuffer_fastCover(dict, cap, raw->ptr, sizes, (unsigned)n, params);
	free(sizes);
	return ZDICT_isError(len) ? 0 : len; /* too uniform to learn from: do without */
}

static void run_training(struct task *t, unsigned worker)
{
	struct training *tr = (struct training *)t;
	const struct docs_writer *w = tr->w;
	const struct bq_buf *from = w->sample.len != 0 ? &w->sample : &w->head;

	(void)worker;
	if (from->len >= MIN_TRAIN_BYTES)
		tr->len = train(from, tr->dict, sizeof tr->dict);
	if (tr->len != 0) {
		tr->cdict = ZSTD_createCDict(tr->dict, tr->len, DOCS_LEVEL);
		tr->failed = tr->cdict == NULL;
	}
	atomic_store(&tr->is_done, true);
}

/* The sample or the head is complete.  Training takes as long as 10 MB of text take in all else: another thread
 * does it, while this one goes on reading. */
static void start_training(struct docs_writer *w)
{
	struct training *tr = calloc(1, sizeof *tr);

	w->training = tr;
	w->failed |= tr == NULL || w->head.oom;
	if (tr == NULL)
		return;
	tr->task = (struct task){ .run = run_training, .is_long = true };
	tr->w = w;
	pool_submit(w->pool, &tr->task);
}

/* The frame's size is known from its place: leave it and the rest out. */
static void configure(struct docs_writer *w, ZSTD_CCtx *cctx)
{
	w->failed |= w->cdict != NULL && ZSTD_isError(ZSTD_CCtx_refCDict(cctx, w->cdict));
	(void)ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, DOCS_LEVEL);
	(void)ZSTD_CCtx_setParameter(cctx, ZSTD_c_contentSizeFlag, 0);
	(void)ZSTD_CCtx_setParameter(cctx, ZSTD_c_dictIDFlag, 0);
	(void)ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 0);
}

/* Write the section's start; from now on there are frames. */
static void begin_frames(struct docs_writer *w)
{
	struct training *tr = w->training;
	uint8_t head[8] = { 0 };

	if (tr == NULL)
		return;
	pool_wait(w->pool, &tr->task);
	w->failed |= tr->failed;
	w->cdict = tr->cdict;
	bq_put_u32(head, (uint32_t)tr->len);
	container_put(w->out, head, sizeof head);
	container_put(w->out, tr->dict, tr->len);
	for (unsigned i = 0; i < pool_threads(w->pool); i++)
		configure(w, w->cctx[i]);
	w->frames_off = container_at(w->out);
	bq_buf_release(&w->sample);
	free(tr);
	w->training = NULL;
}

/* ---- batches ----------------------------------------------------------- */

static void compress_batch(struct task *t, unsigned worker)
{
	struct batch *b = (struct batch *)t;
	ZSTD_CCtx *cctx = b->w->cctx[worker];
	size_t to = 0;

	for (uint32_t at = 0, i = 0; at < b->n_raw; i++) {
		size_t n = b->n_raw - at < BQ_FRAME_BYTES ? b->n_raw - at : BQ_FRAME_BYTES;
		size_t len = ZSTD_compress2(cctx, b->packed + to, BQ_FRAME_BYTES + FRAME_SLACK, b->raw + at, n);
		if (ZSTD_isError(len) || len >= n) {
			len = n;
			memcpy(b->packed + to, b->raw + at, n);
		}
		b->lens[i] = (uint16_t)len;
		to += len;
		at += (uint32_t)n;
	}
}

static void open_ring(struct docs_writer *w)
{
	w->n_ring = pool_threads(w->pool) == 1 ? 1 : 2 * pool_threads(w->pool);
	w->ring = malloc(w->n_ring * sizeof *w->ring);
	w->failed |= w->ring == NULL;
	for (unsigned i = 0; w->ring != NULL && i < w->n_ring; i++) {
		struct batch *b = &w->ring[i];
		b->task = (struct task){ .run = compress_batch };
		b->w = w;
		b->is_under_way = false;
		b->n_raw = 0;
	}
}

/* Put a batch that is under way, when it is done. */
static void put_batch(struct docs_writer *w, struct batch *b)
{
	size_t from = 0;

	if (!b->is_under_way)
		return;
	pool_wait(w->pool, &b->task);
	for (uint32_t at = 0, i = 0; at < b->n_raw; at += BQ_FRAME_BYTES, i++) {
		if (w->n_frames++ % DOCS_GROUP == 0)
			bq_buf_put_u64(&w->index, w->frame_at);
		bq_buf_put_u16(&w->index, b->lens[i]);
		w->frame_at += b->lens[i];
		from += b->lens[i];
	}
	container_put(w->out, b->packed, from);
	b->is_under_way = false;
	b->n_raw = 0;
}

/* Have the batch at hand compressed, and go on with the oldest. */
static void next_batch(struct docs_writer *w)
{
	struct batch *b = &w->ring[w->at];

	if (b->n_raw != 0) {
		b->is_under_way = true;
		pool_submit(w->pool, &b->task);
	}
	w->at = (w->at + 1) % w->n_ring;
	put_batch(w, &w->ring[w->at]);
}

static void put_raw(struct docs_writer *w, const uint8_t *p, size_t n)
{
	while (n != 0 && !w->failed) {
		struct batch *b = &w->ring[w->at];
		size_t part = sizeof b->raw - b->n_raw < n ? sizeof b->raw - b->n_raw : n;
		memcpy(b->raw + b->n_raw, p, part);
		b->n_raw += (uint32_t)part;
		p += part;
		n -= part;
		if (b->n_raw == sizeof b->raw)
			next_batch(w);
	}
}

/* Frames of what has been kept back. */
static void put_kept(struct docs_writer *w)
{
	begin_frames(w);
	open_ring(w);
	w->failed |= w->head.oom || w->tail.oom;
	w->is_trained = true;
	put_raw(w, w->head.ptr, w->head.len);
	bq_buf_release(&w->head);
	put_raw(w, w->tail.ptr, w->tail.len);
	bq_buf_release(&w->tail);
}

/* Keep what there is room for in `to`; the rest. */
static struct bq_span keep(struct bq_buf *to, size_t most, struct bq_span bytes)
{
	size_t n = bytes.len < most - to->len ? bytes.len : most - to->len;

	bq_buf_put(to, bytes.ptr, n);
	return bq_span_from(bytes, n);
}

void docs_train(struct docs_writer *w, struct bq_buf *sample)
{
	assert(w->raw_bytes == 0 && w->training == NULL);
	w->sample = *sample;
	*sample = (struct bq_buf)BQ_BUF_INIT;
	w->failed |= w->sample.oom;
	if (w->sample.len != 0)
		start_training(w);
}

void docs_put(struct docs_writer *w, struct bq_span bytes)
{
	w->raw_bytes += bytes.len;
	if (!w->is_trained && w->training == NULL) {
		bytes = keep(&w->head, HEAD_BYTES, bytes);
		if (w->head.len == HEAD_BYTES || w->head.oom)
			start_training(w);
	}
	if (w->training != NULL) {
		bytes = keep(&w->tail, TAIL_BYTES, bytes);
		if (w->tail.len == TAIL_BYTES || w->tail.oom || atomic_load(&w->training->is_done))
			put_kept(w);
	}
	if (w->is_trained)
		put_raw(w, (const uint8_t *)bytes.ptr, bytes.len);
}

int docs_finish(struct docs_writer *w)
{
	uint8_t footer[DOCS_FOOTER];

	if (!w->is_trained && w->training == NULL)
		start_training(w);
	if (!w->is_trained)
		put_kept(w);
	for (unsigned i = 0; i < w->n_ring && !w->failed; i++)
		next_batch(w);
	bq_buf_put_zeros(&w->index, (DOCS_GROUP - w->n_frames % DOCS_GROUP) % DOCS_GROUP * 2);
	bq_put_u64(footer, w->raw_bytes);
	bq_put_u64(footer + 8, w->n_frames);
	bq_put_u64(footer + 16, w->frames_off);
	bq_put_u64(footer + 24, container_at(w->out));
	container_put(w->out, w->index.ptr, w->index.len);
	container_put(w->out, footer, sizeof footer);
	container_end(w->out);
	return w->failed || w->index.oom ? BQ_ENOMEM : BQ_OK;
}

void docs_writer_free(struct docs_writer *w)
{
	if (w == NULL)
		return;
	if (w->training != NULL) {
		pool_wait(w->pool, &w->training->task);
		(void)ZSTD_freeCDict(w->training->cdict);
		free(w->training);
	}
	for (unsigned i = 0; i < w->n_ring && w->ring != NULL; i++)
		if (w->ring[i].is_under_way)
			pool_wait(w->pool, &w->ring[i].task);
	for (unsigned i = 0; i < POOL_MAX; i++)
		(void)ZSTD_freeCCtx(w->cctx[i]);
	(void)ZSTD_freeCDict(w->cdict);
	free(w->ring);
	bq_buf_release(&w->sample);
	bq_buf_release(&w->head);
	bq_buf_release(&w->tail);
	bq_buf_release(&w->index);
	free(w);
}
