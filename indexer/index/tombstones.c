/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index/tombstones.h"

#include <string.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <xxhash.h>

#include "index/publish.h"

enum { HEADER = 64, TAIL = 64, SUM = 8 };

static const char magic[8] = { 'B', 'Q', 'D', 'E', 'L', '\r', '\n', 0x1a };

static size_t count_words(uint32_t n_docs)
{
	return ((size_t)n_docs + 63) / 64;
}

/* Bits set among the first n_docs; UINT32_MAX if one stands behind them. */
static uint32_t count_dead(const uint64_t *dead, uint32_t n_docs)
{
	size_t n = count_words(n_docs);
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)__builtin_popcountll(dead[i]);
	if (n_docs % 64 != 0 && dead[n - 1] >> (n_docs % 64) != 0)
		return UINT32_MAX;
	return sum;
}

int tombstones_write(int dirfd, struct manifest_segment *s, const uint64_t *dead, struct bq_error *err)
{
	struct bq_buf b = BQ_BUF_INIT;
	char name[MANIFEST_FILE_MAX];
	int rc = BQ_OK;

	s->n_dead = count_dead(dead, s->n_docs);
	bq_buf_put(&b, magic, sizeof magic);
	bq_buf_put_u32(&b, BQ_FORMAT_VERSION);
	bq_buf_put_u32(&b, s->n_docs);
	bq_buf_put_u64(&b, s->number);
	bq_buf_put_u64(&b, s->del_gen);
	bq_buf_put_u32(&b, s->n_dead);
	bq_buf_put_zeros(&b, HEADER - b.len);
	bq_buf_put(&b, dead, 8 * count_words(s->n_docs));
	bq_buf_put_zeros(&b, TAIL);
	if (!b.oom) {
		s->del_checksum = XXH3_64bits(b.ptr, b.len);
		bq_buf_put_u64(&b, s->del_checksum);
	}
	if (b.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for tombstones");
	manifest_tombstone_file(s, name);
	if (rc == BQ_OK)
		rc = publish_file(dirfd, name, bq_buf_span(&b), err);
	bq_buf_release(&b);
	return rc;
}

static bool is_zero(struct bq_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}

/* NULL, or the rule that the bytes break. */
static const char *check_bytes(struct bq_span bytes, const struct manifest_segment *s)
{
	const char *p = bytes.ptr;
	size_t body = 8 * count_words(s->n_docs);
	uint64_t sum;

	if (bytes.len != HEADER + body + TAIL + SUM)
		return "wrong size";
	sum = bq_get_u64(p + bytes.len - SUM);
	if (sum != XXH3_64bits(p, bytes.len - SUM) || sum != s->del_checksum)
		return "the checksum does not match";
	if (bq_get_u32(p + 12) != s->n_docs || bq_get_u64(p + 16) != s->number || bq_get_u64(p + 24) != s->del_gen ||
		bq_get_u32(p + 32) != s->n_dead)
		return "not what MANIFEST says";
	if (!is_zero(bq_span_make(p + 36, HEADER - 36)) || !is_zero(bq_span_make(p + HEADER + body, TAIL)))
		return "bytes that must be 0 are not";
	return NULL;
}

int tombstones_check(struct bq_span bytes, const struct manifest_segment *s, const uint64_t **dead,
	struct bq_error *err)
{
	char name[MANIFEST_FILE_MAX];
	const char *wrong;

	manifest_tombstone_file(s, name);
	if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: no tombstone file [F36]", name);
	if (bq_get_u32(bytes.ptr + 8) != BQ_FORMAT_VERSION)
		return bq_error_set(err, BQ_EVERSION, 8, "%s: format %u, this program reads %u: build the index again",
			name, bq_get_u32(bytes.ptr + 8), BQ_FORMAT_VERSION);
	if ((uintptr_t)bytes.ptr % sizeof(uint64_t) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: not aligned in memory", name);
	wrong = check_bytes(bytes, s);
	if (wrong == NULL && count_dead((const uint64_t *)(const void *)(bytes.ptr + HEADER), s->n_docs) != s->n_dead)
		wrong = "dead documents do not add up";
	if (wrong != NULL)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: %s [F36]", name, wrong);
	*dead = (const uint64_t *)(const void *)(bytes.ptr + HEADER);
	return BQ_OK;
}
