/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files under an open index: are their bytes still those that were
 * written, and which of them is at an address.
 */
#include <bq/bytes.h>
#include <bq/index.h>
#include <xxhash.h>

#include "index/manifest.h"
#include "segment/segment.h"

enum { TOMBSTONES_HEAD = 64, TOMBSTONES_REST = 72 }; /* bytes around the bitset: tombstones.h */
enum { STAT_HEAD = 64, STAT_REST = 8 };              /* likewise: stat_file.h */

/* NULL: of another engine. */
static const struct segment *native(const struct bq_leaf *l)
{
	return l->ops->find == segment_find ? segment_of(l) : NULL;
}

static bool is_cancelled(const atomic_bool *cancel) { return cancel != NULL && atomic_load(cancel); }

static int damaged(const struct segment *s, uint64_t at, struct bq_error *err)
{
	return bq_error_set(err, BQ_EFORMAT, at, "%s: damaged in the 64 KiB from byte %llu [F8]", s->name,
		(unsigned long long)at);
}

/* Bytes [off, end) of the file against *sums, one for each 64 KiB, and these
 * past the ones used. */
static int check_region(const struct segment *s, uint64_t off, uint64_t end, struct bq_span *sums,
	const atomic_bool *cancel, struct bq_error *err)
{
	for (uint64_t at = off, n; at < end; at += n) {
		n = end - at < BQ_SUM_CHUNK ? end - at : BQ_SUM_CHUNK;
		if (is_cancelled(cancel))
			return bq_error_set(err, BQ_ECANCELLED, 0, "cancelled");
		if (sums->len < 8 || XXH3_64bits(s->file.file.ptr + at, n) != bq_get_u64(sums->ptr))
			return damaged(s, at, err);
		*sums = bq_span_from(*sums, 8);
	}
	return BQ_OK;
}

/* The header is checked again first, so that a file overwritten since it was
 * opened does not lead the walk astray. */
static int check_segment(const struct segment *s, const atomic_bool *cancel, struct bq_error *err)
{
	const uint8_t *base = (const uint8_t *)s->file.file.ptr;
	struct container now;
	int rc = container_open(s->file.file, s->name, &now, err);
	struct bq_span sums = now.section[SECTION_SUMS];

	for (uint32_t i = 0, n = rc == BQ_OK ? bq_get_u32(base + 12) : 0; i < n && rc == BQ_OK; i++) {
		const uint8_t *entry = base + CONTAINER_HEADER + (uint64_t)CONTAINER_ENTRY * i;
		uint64_t off = bq_get_u64(entry + 8), file_bytes = s->file.file.len;
		uint64_t end = i + 1 < n ? bq_get_u64(entry + CONTAINER_ENTRY + 8) : file_bytes;
		if (off > end || end > file_bytes)
			rc = damaged(s, 0, err);
		else if (bq_get_u32(entry) != SECTION_SUMS)
			rc = check_region(s, off, end, &sums, cancel, err);
		else if (XXH3_64bits(base + off, end - off) != bq_get_u64(entry + 24))
			rc = damaged(s, off, err);
	}
	return rc;
}

int bq_index_check_sums(const struct bq_index *ix, const atomic_bool *cancel, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < ix->n_leaves && rc == BQ_OK; i++) {
		const struct segment *s = native(ix->leaves[i]);
		if (s == NULL)
			continue;
		mapfile_expect(&s->map, MAPFILE_IN_ORDER);
		rc = check_segment(s, cancel, err);
		mapfile_expect(&s->map, MAPFILE_HERE_AND_THERE);
	}
	return rc;
}

/* In the map of tombstones that starts TOMBSTONES_HEAD before the bitset? */
static bool is_in_tombstones(const struct bq_leaf *l, uintptr_t address)
{
	uintptr_t bits = (uintptr_t)l->dead;
	uint64_t len = (uint64_t)(l->n_docs / 64 + (l->n_docs % 64 != 0)) * 8;

	return l->dead != NULL && address >= bits - TOMBSTONES_HEAD && address < bits + len + TOMBSTONES_REST;
}

/* In the map of times and sizes? */
static bool is_in_stat(const struct stamps *s, uintptr_t address)
{
	return s->n != 0 && address >= (uintptr_t)s->docs - STAT_HEAD &&
		address < (uintptr_t)(s->sizes + s->n) + STAT_REST;
}

bool bq_index_file_at(const struct bq_index *ix, const void *address, const char **name)
{
	uintptr_t a = (uintptr_t)address;

	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		const struct segment *s = native(ix->leaves[i]);
		if (s == NULL)
			continue;
		*name = s->name;
		if (a - (uintptr_t)s->map.ptr < s->map.len || is_in_tombstones(&s->leaf, a) ||
			is_in_stat(&s->stamps, a))
			return true;
	}
	return false;
}
