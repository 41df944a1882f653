/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/container.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bq/bytes.h>
#include <xxhash.h>

enum {
	STAGE = 256 * 1024,
	AHEAD = 8 << 20, /* bytes that are given to the disk at a time */
	SECTIONS = 12, /* what segment_write.c writes, SUMS included: the table's size is fixed before the first byte */
};

struct entry {
	uint32_t kind;
	uint64_t off, len, sum;
};

struct container_writer {
	int fd;
	int status;
	int saved_errno;
	bool no_sync;
	uint32_t n;
	struct entry entries[CONTAINER_MAX_SECTIONS];
	uint64_t given; /* bytes that the disk has been asked to write */
	uint64_t at;    /* bytes of the file handed to put so far, header included */
	uint64_t chunk; /* bytes in the current 64 KiB chunk */
	XXH3_state_t *section_sum, *chunk_sum;
	struct bq_buf sums;
	size_t staged;
	uint8_t stage[STAGE];
};

static void fail(struct container_writer *w, int status)
{
	if (w->status != BQ_OK)
		return;
	w->status = status;
	w->saved_errno = errno;
}

static void write_all(struct container_writer *w, const uint8_t *p, size_t n)
{
	while (n != 0 && w->status == BQ_OK) {
		ssize_t done = write(w->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			fail(w, BQ_EIO);
			return;
		}
		p += done;
		n -= (size_t)done;
	}
}

/* Have the disk begin with what is in the file, so that the fsync at the end finds little to wait
 * for.  It may as well not: a failure is the fsync's to tell. */
static void write_ahead(struct container_writer *w, uint64_t written)
{
	if (w->no_sync || written - w->given < AHEAD)
		return;
	(void)sync_file_range(w->fd, (off_t)w->given, (off_t)(written - w->given), SYNC_FILE_RANGE_WRITE);
	w->given = written;
}

static void flush_stage(struct container_writer *w)
{
	write_all(w, w->stage, w->staged);
	w->staged = 0;
}

static void put_raw(struct container_writer *w, const uint8_t *p, size_t n)
{
	w->at += n;
	if (n > STAGE - w->staged) {
		flush_stage(w);
		write_ahead(w, w->at - n);
	}
	if (n >= STAGE) {
		write_all(w, p, n);
		return;
	}
	memcpy(w->stage + w->staged, p, n);
	w->staged += n;
}

/* The header's room is written as zeros now and for real at the end. */
static void reserve_header(struct container_writer *w)
{
	static const uint8_t zeros[CONTAINER_HEADER + CONTAINER_ENTRY * CONTAINER_MAX_SECTIONS];

	put_raw(w, zeros, container_header_bytes(SECTIONS));
}

struct container_writer *container_writer_new(int fd)
{
	struct container_writer *w = calloc(1, sizeof *w);

	if (w == NULL) {
		(void)close(fd);
		return NULL;
	}
	w->fd = fd;
	w->section_sum = XXH3_createState();
	w->chunk_sum = XXH3_createState();
	if (w->section_sum == NULL || w->chunk_sum == NULL) {
		container_writer_free(w);
		return NULL;
	}
	reserve_header(w);
	return w;
}

void container_no_sync(struct container_writer *w)
{
	w->no_sync = true;
}

void container_begin(struct container_writer *w, enum section_kind kind)
{
	struct entry *e = &w->entries[w->n];

	e->kind = kind;
	e->off = w->at;
	w->chunk = 0;
	(void)XXH3_64bits_reset(w->section_sum);
	(void)XXH3_64bits_reset(w->chunk_sum);
}

static void end_chunk(struct container_writer *w)
{
	if (w->entries[w->n].kind != SECTION_SUMS)
		bq_buf_put_u64(&w->sums, XXH3_64bits_digest(w->chunk_sum));
	(void)XXH3_64bits_reset(w->chunk_sum);
	w->chunk = 0;
}

void container_put(struct container_writer *w, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	if (w->status != BQ_OK)
		return;
	while (n != 0) {
		size_t part = BQ_SUM_CHUNK - w->chunk < n ? BQ_SUM_CHUNK - w->chunk : n;
		(void)XXH3_64bits_update(w->section_sum, p, part);
		(void)XXH3_64bits_update(w->chunk_sum, p, part);
		put_raw(w, p, part);
		w->chunk += part;
		if (w->chunk == BQ_SUM_CHUNK)
			end_chunk(w);
		p += part;
		n -= part;
	}
}

uint64_t container_at(const struct container_writer *w)
{
	return w->at - w->entries[w->n].off;
}

void container_end(struct container_writer *w)
{
	static const uint8_t zeros[BQ_SECTION_ALIGN + BQ_SECTION_PAD];
	struct entry *e = &w->entries[w->n];

	e->len = container_at(w);
	container_put(w, zeros, (size_t)(-e->len & (BQ_SECTION_ALIGN - 1)) + BQ_SECTION_PAD);
	if (w->chunk != 0)
		end_chunk(w);
	e->sum = XXH3_64bits_digest(w->section_sum);
	w->n++;
}

int container_read_back(struct container_writer *w, struct mapfile *map, struct container *out, struct bq_error *err)
{
	memset(map, 0, sizeof *map);
	memset(out, 0, sizeof *out);
	flush_stage(w);
	if (w->status != BQ_OK)
		return bq_error_set(err, w->status, 0, "writing a segment: %s", strerror(w->saved_errno));
	int rc = mapfile_of(w->fd, "the segment", map, err);
	if (rc != BQ_OK)
		return rc;
	out->file = mapfile_span(map);
	for (uint32_t i = 0; i < w->n; i++)
		out->section[w->entries[i].kind] = bq_span_make(map->ptr + w->entries[i].off,
			(size_t)w->entries[i].len);
	return BQ_OK;
}

static void put_f32(uint8_t *p, float f) { memcpy(p, &f, sizeof f); }

/* The header region as it stands in the file; returns its size. */
static size_t format_header(const struct container_writer *w, struct container_head *head, uint8_t *p)
{
	size_t region = container_header_bytes(w->n);

	memcpy(p, CONTAINER_MAGIC, 8);
	bq_put_u32(p + 8, BQ_FORMAT_VERSION);
	bq_put_u32(p + 12, w->n);
	bq_put_u64(p + 16, head->number);
	bq_put_u64(p + 24, head->file_bytes);
	bq_put_u32(p + 32, head->n_docs);
	bq_put_u32(p + 36, head->n_terms);
	bq_put_u64(p + 40, head->n_tokens);
	bq_put_u64(p + 48, head->text_id);
	put_f32(p + 56, head->k1);
	put_f32(p + 60, head->b);
	put_f32(p + 64, head->avg_len);
	bq_put_u32(p + 68, head->flags);
	for (uint32_t i = 0; i < w->n; i++) {
		uint8_t *e = p + CONTAINER_HEADER + CONTAINER_ENTRY * (size_t)i;
		bq_put_u32(e, w->entries[i].kind);
		bq_put_u64(e + 8, w->entries[i].off);
		bq_put_u64(e + 16, w->entries[i].len);
		bq_put_u64(e + 24, w->entries[i].sum);
	}
	head->checksum = XXH3_64bits(p, region);
	bq_put_u64(p + CONTAINER_SUM_AT, head->checksum);
	return region;
}

static void write_header(struct container_writer *w, struct container_head *head)
{
	uint8_t p[CONTAINER_HEADER + CONTAINER_ENTRY * CONTAINER_MAX_SECTIONS + BQ_SECTION_ALIGN] = { 0 };

	head->file_bytes = w->at;
	size_t n = format_header(w, head, p);
	if (w->status == BQ_OK && lseek(w->fd, 0, SEEK_SET) != 0)
		fail(w, BQ_EIO);
	write_all(w, p, n);
}

int container_finish(struct container_writer *w, struct container_head *head, struct bq_error *err)
{
	struct bq_buf sums = w->sums;

	memset(&w->sums, 0, sizeof w->sums);
	if (sums.oom)
		fail(w, BQ_ENOMEM);
	container_begin(w, SECTION_SUMS);
	container_put(w, sums.ptr, sums.len);
	container_end(w);
	flush_stage(w);
	bq_buf_release(&sums);
	assert(w->n == SECTIONS);
	write_header(w, head);
	/* One fsync, never a second: after a failure the pages count as clean. */
	if (w->status == BQ_OK && !w->no_sync && fsync(w->fd) != 0)
		fail(w, BQ_EIO);
	if (close(w->fd) != 0)
		fail(w, BQ_EIO);
	w->fd = -1;
	int rc = w->status, saved = w->saved_errno;
	container_writer_free(w);
	if (rc == BQ_EIO)
		return bq_error_set(err, rc, 0, "writing a segment: %s", strerror(saved));
	return rc == BQ_OK ? rc : bq_error_set(err, rc, 0, "writing a segment: out of memory");
}

void container_writer_free(struct container_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd >= 0)
		(void)close(w->fd);
	bq_buf_release(&w->sums);
	(void)XXH3_freeState(w->section_sum);
	(void)XXH3_freeState(w->chunk_sum);
	free(w);
}
