/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index/stat_file.h"

#include <string.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <xxhash.h>

#include "index/publish.h"

enum { HEADER = 64, SUM = 8 };

static const char magic[8] = { 'B', 'Q', 'S', 'T', 'A', '\r', '\n', 0x1a };

/* Where the times start. */
static uint64_t times_off(uint32_t n)
{
	return (HEADER + 4 * (uint64_t)n + 7) / 8 * 8;
}

int stat_file_write(int dirfd, struct manifest_segment *s, const struct stamps *stamps, struct bq_error *err)
{
	struct bq_buf b = BQ_BUF_INIT;
	char name[MANIFEST_FILE_MAX];
	int rc = BQ_OK;

	bq_buf_put(&b, magic, sizeof magic);
	bq_buf_put_u32(&b, BQ_FORMAT_VERSION);
	bq_buf_put_u32(&b, s->n_docs);
	bq_buf_put_u64(&b, s->number);
	bq_buf_put_u64(&b, s->stat_gen);
	bq_buf_put_u32(&b, stamps->n);
	bq_buf_put_zeros(&b, HEADER - b.len);
	bq_buf_put(&b, stamps->docs, 4 * (size_t)stamps->n);
	bq_buf_put_zeros(&b, times_off(stamps->n) - b.len);
	bq_buf_put(&b, stamps->mtimes, 8 * (size_t)stamps->n);
	bq_buf_put(&b, stamps->sizes, 8 * (size_t)stamps->n);
	if (!b.oom) {
		s->stat_checksum = XXH3_64bits(b.ptr, b.len);
		bq_buf_put_u64(&b, s->stat_checksum);
	}
	if (b.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for times of files");
	manifest_stat_file(s, name);
	if (rc == BQ_OK)
		rc = publish_file(dirfd, name, bq_buf_span(&b), err);
	bq_buf_release(&b);
	return rc;
}

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* NULL, or what is wrong with the bytes; *out points into them. */
static const char *check_bytes(struct bq_span bytes, const struct manifest_segment *s, struct stamps *out)
{
	const char *p = bytes.ptr;
	uint32_t n = bq_get_u32(p + 32);
	uint64_t docs_end = HEADER + 4 * (uint64_t)n, times = times_off(n), sum;

	if (bytes.len != times + 16 * (uint64_t)n + SUM)
		return "wrong size";
	sum = bq_get_u64(p + bytes.len - SUM);
	if (sum != XXH3_64bits(p, bytes.len - SUM) || sum != s->stat_checksum)
		return "the checksum does not match";
	if (bq_get_u32(p + 12) != s->n_docs || bq_get_u64(p + 16) != s->number || bq_get_u64(p + 24) != s->stat_gen)
		return "not what MANIFEST says";
	if (n == 0 || !is_zero(p + 36, HEADER - 36) || !is_zero(p + docs_end, (size_t)(times - docs_end)))
		return "no document, or bytes that must be 0 are not";
	*out = (struct stamps){ n, (const uint32_t *)(const void *)(p + HEADER),
		(const int64_t *)(const void *)(p + times),
		(const int64_t *)(const void *)(p + times + 8 * (uint64_t)n) };
	for (uint32_t i = 0; i < n; i++)
		if (out->docs[i] >= s->n_docs || (i != 0 && out->docs[i] <= out->docs[i - 1]))
			return "documents do not ascend";
	return NULL;
}

int stat_file_check(struct bq_span bytes, const struct manifest_segment *s, struct stamps *out, struct bq_error *err)
{
	struct stamps found = { .n = 0 };
	char name[MANIFEST_FILE_MAX];
	const char *wrong;

	manifest_stat_file(s, name);
	if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: no stat file [F44]", name);
	if (bq_get_u32(bytes.ptr + 8) != BQ_FORMAT_VERSION)
		return bq_error_set(err, BQ_EVERSION, 8, "%s: format %u, this program reads %u: build the index again",
			name, bq_get_u32(bytes.ptr + 8), BQ_FORMAT_VERSION);
	if ((uintptr_t)bytes.ptr % sizeof(uint64_t) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: not aligned in memory", name);
	wrong = check_bytes(bytes, s, &found);
	if (wrong != NULL)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: %s [F44]", name, wrong);
	*out = found;
	return BQ_OK;
}
