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
	uint32_t next; /* known_keep_doc(): those before are behind us */
};

enum { PIECE = 1 << 20 };

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
			struct known_row row = { hash_file(h.source, h.path), doc, 0, leaf, doc };
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

static void keep_one(struct known *k, uint32_t leaf, uint32_t doc)
{
	uint64_t *word = &k->kept[leaf][doc >> 6], bit = UINT64_C(1) << (doc & 63);

	if (bq_leaf_is_dead(k->ix->leaves[leaf], doc) || (*word & bit) != 0)
		return;
	*word |= bit;
	k->n_kept++;
}

static void keep_row(struct known *k, const struct known_row *row)
{
	for (uint32_t doc = row->first; doc < row->first + row->n; doc++)
		keep_one(k, row->leaf, doc);
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

/* ---- documents --------------------------------------------------------- */

/* A document of the index while it is compared. */
struct stored {
	const struct bq_leaf *leaf;
	struct bq_doc_head head;
	struct bq_arena mem;
	struct bq_read read;
};

static bool is_same_head(const struct bq_doc_head *h, uint32_t source, const struct bq_doc_in *in)
{
	return h->source == source && h->at == (uint8_t)in->at && h->file_line == in->file_line
		&& !h->title_cut && h->title_in_text == in->title_in_text && h->text_bytes == in->text.len
		&& bq_span_eq(h->path, in->path) && bq_span_eq(h->id, in->id) && bq_span_eq(h->title, in->title);
}

/* These return BQ_OK for the same, BQ_ENOTFOUND for another, or what kept them
 * from reading; no text stored is another. */

static int compare_text(struct stored *s, struct bq_span text)
{
	struct bq_span piece;
	uint64_t off = 0;
	int rc;

	do {
		bq_arena_reset(&s->mem);
		rc = bq_leaf_text(s->leaf, &s->head, off, PIECE, &piece, &s->read);
		if (rc != BQ_OK)
			return rc;
		if (piece.len != 0 && memcmp(piece.ptr, text.ptr + off, piece.len) != 0)
			return BQ_ENOTFOUND;
		off += piece.len;
	} while (off < text.len && piece.len != 0);
	return off == text.len ? BQ_OK : BQ_ENOTFOUND;
}

static int compare_doc(struct stored *s, uint32_t source, const struct bq_doc_in *in)
{
	struct bq_span fields;
	int rc;

	if (!is_same_head(&s->head, source, in))
		return BQ_ENOTFOUND;
	bq_arena_reset(&s->mem);
	rc = bq_leaf_fields(s->leaf, &s->head, &fields, &s->read);
	if (rc == BQ_OK && !bq_span_eq(fields, in->fields))
		rc = BQ_ENOTFOUND;
	return rc == BQ_OK ? compare_text(s, in->text) : rc;
}

/* The row's next document that is not behind line `line`. */
static int find_line(struct known *k, struct known_row *row, uint64_t line, struct stored *s)
{
	for (; row->next < row->first + row->n; row->next++) {
		if (bq_leaf_is_dead(s->leaf, row->next) || known_is_kept(k, row->leaf, row->next))
			continue;
		int rc = bq_leaf_head(s->leaf, row->next, &s->head, &s->read);
		if (rc != BQ_OK || s->head.file_line >= line)
			return rc;
	}
	return BQ_ENOTFOUND;
}

int known_keep_doc(struct known *k, uint32_t source, const struct bq_doc_in *in, struct known_doc *out)
{
	uint64_t hash = hash_file(source, in->path), mask = (UINT64_C(1) << k->bits) - 1;
	struct stored s = { .leaf = NULL };
	int rc = BQ_ENOTFOUND;

	bq_arena_init(&s.mem, SIZE_MAX);
	s.read.mem = &s.mem;
	for (uint64_t at = hash & mask; k->slots[at] != 0 && rc == BQ_ENOTFOUND; at = (at + 1) & mask) {
		struct known_row *row = row_at(k, k->slots[at] - 1);
		if (row->hash != hash)
			continue;
		s.leaf = k->ix->leaves[row->leaf];
		rc = find_line(k, row, in->file_line, &s);
		if (rc == BQ_OK)
			rc = compare_doc(&s, source, in);
		if (rc == BQ_EFORMAT)
			rc = BQ_ENOTFOUND; /* what is new replaces it */
		*out = (struct known_doc){ row->leaf, row->next,
			s.head.mtime_us != in->mtime_us || s.head.file_bytes != in->file_bytes };
	}
	bq_arena_release(&s.mem);
	if (rc == BQ_OK)
		keep_one(k, out->leaf, out->doc);
	return rc;
}
