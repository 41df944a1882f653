/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/known.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct known_row {
	uint64_t hash;
	uint32_t first, n;
	uint32_t leaf;
	uint32_t spare;
};

static uint64_t hash_file(uint32_t source, struct bq_span path)
{
	return XXH3_64bits_withSeed(path.ptr, path.len, source);
}

static struct known_row *row_at(const struct known *k, uint32_t i)
{
	return (struct known_row *)(void *)k->rows.ptr + i;
}

static uint32_t count_rows(const struct known *k)
{
	return (uint32_t)(k->rows.len / sizeof(struct known_row));
}

/* The live documents of one leaf, neighbours of one file together. */
static int list_leaf(struct known *k, uint32_t leaf, struct bq_read *rd)
{
	const struct bq_leaf *l = k->ix->leaves[leaf];
	struct bq_doc_head last = { .path = { NULL, 0 } }, h;
	bool is_first = true;

	for (uint32_t doc = 0; doc < l->n_docs; doc++) {
		if (bq_leaf_is_dead(l, doc))
			continue;
		int rc = bq_leaf_head(l, doc, &h, rd);
		if (rc != BQ_OK)
			return rc;
		if (is_first || h.source != last.source || !bq_span_eq(h.path, last.path)) {
			struct known_row row = { hash_file(h.source, h.path), doc, 0, leaf, 0 };
			bq_buf_put(&k->rows, &row, sizeof row);
		}
		if (k->rows.oom)
			return BQ_ENOMEM;
		struct known_row *row = row_at(k, count_rows(k) - 1);
		row->n = doc - row->first + 1;
		last = h;
		is_first = false;
	}
	return BQ_OK;
}

static bool fill_table(struct known *k)
{
	uint32_t n = count_rows(k);

	for (k->bits = 4; (UINT64_C(1) << k->bits) < 2 * (uint64_t)n && k->bits < 32;)
		k->bits++;
	k->slots = calloc((size_t)1 << k->bits, sizeof *k->slots);
	for (uint32_t i = 0; k->slots != NULL && i < n; i++) {
		uint64_t mask = (UINT64_C(1) << k->bits) - 1, at = row_at(k, i)->hash & mask;
		while (k->slots[at] != 0)
			at = (at + 1) & mask;
		k->slots[at] = i + 1;
	}
	return k->slots != NULL;
}

int known_init(struct known *k, const struct bq_index *ix, struct bq_error *err)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	int rc = BQ_OK;

	*k = (struct known){ .ix = ix };
	bq_arena_init(&mem, 1 << 20);
	for (uint32_t i = 0; i < ix->n_leaves && rc == BQ_OK; i++) {
		k->kept[i] = calloc(ix->leaves[i]->n_docs / 64 + 1, sizeof *k->kept[i]);
		rc = k->kept[i] == NULL ? BQ_ENOMEM : list_leaf(k, i, &rd);
	}
	if (rc == BQ_OK && !fill_table(k))
		rc = BQ_ENOMEM;
	bq_arena_release(&mem);
	if (rc == BQ_ENOMEM)
		return bq_error_set(err, rc, 0, "no memory for the list of files");
	if (rc != BQ_OK && err != NULL)
		*err = rd.error;
	return rc;
}

void known_release(struct known *k)
{
	for (uint32_t i = 0; i < BQ_MAX_SEGMENTS; i++)
		free(k->kept[i]);
	free(k->slots);
	bq_buf_release(&k->rows);
	memset(k, 0, sizeof *k);
}

/* Whether the row's documents are of this file; then *same says whether they
 * are as the file is now. */
static bool is_file(const struct known *k, const struct known_row *row, uint32_t source, const struct bq_doc_head *want,
	bool *same)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct bq_doc_head h;

	bq_arena_init(&mem, 0);
	if (bq_leaf_head(k->ix->leaves[row->leaf], row->first, &h, &rd) != BQ_OK)
		return false;
	if (h.source != source || !bq_span_eq(h.path, want->path))
		return false;
	*same = h.mtime_us == want->mtime_us && h.file_bytes == want->file_bytes && h.mtime_us != INT64_MIN;
	return true;
}

static void keep_row(struct known *k, const struct known_row *row)
{
	const struct bq_leaf *l = k->ix->leaves[row->leaf];
	uint64_t *kept = k->kept[row->leaf];

	for (uint32_t doc = row->first; doc < row->first + row->n; doc++) {
		uint64_t bit = UINT64_C(1) << (doc & 63);
		if (bq_leaf_is_dead(l, doc) || (kept[doc >> 6] & bit) != 0)
			continue;
		kept[doc >> 6] |= bit;
		k->n_kept++;
	}
}

bool known_keep(struct known *k, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes)
{
	struct bq_doc_head want = { .path = path, .mtime_us = mtime_us, .file_bytes = file_bytes };
	uint64_t hash = hash_file(source, path), mask = (UINT64_C(1) << k->bits) - 1;
	const struct known_row *rows[BQ_MAX_SEGMENTS]; /* mostly one; a file's records may go on in other segments */
	uint32_t n = 0;
	bool same;

	for (uint64_t at = hash & mask; k->slots[at] != 0; at = (at + 1) & mask) {
		const struct known_row *row = row_at(k, k->slots[at] - 1);
		if (row->hash != hash || !is_file(k, row, source, &want, &same))
			continue;
		if (!same || n == BQ_MAX_SEGMENTS)
			return false;
		rows[n++] = row;
	}
	for (uint32_t i = 0; i < n; i++)
		keep_row(k, rows[i]);
	return n != 0;
}
