/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/known.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "segment/segment.h"

/* The documents first .. first + n - 1 of a leaf, as they are counted. */
struct known_row {
	const char *path; /* in the index's map */
	uint32_t path_len, source;
	uint32_t first, n;
	uint32_t leaf;
	uint32_t next; /* known_keep_doc(): those before are behind us */
	bool is_records; /* other rows may be of the same file */
};

enum { PIECE = 1 << 20 };

static struct known_row *row_at(const struct known *k, uint32_t i)
{
	return (struct known_row *)(void *)k->rows.ptr + i;
}

static uint32_t count_rows(const struct known *k)
{
	return (uint32_t)(k->rows.len / sizeof(struct known_row));
}

static bool is_of(const struct known_row *row, uint32_t source, struct bq_span path)
{
	return row->source == source && bq_span_eq(bq_span_make(row->path, row->path_len), path);
}

/* ---- the table --------------------------------------------------------- */

static void add_row(struct known *k, uint32_t leaf, uint32_t doc, const struct bq_doc_head *h)
{
	struct known_row row = { h->path.ptr, (uint32_t)h->path.len, h->source, doc, 1, leaf, doc, h->file_line != 0 };

	bq_buf_put(&k->rows, &row, sizeof row); /* sticky */
}

static uint64_t hash_file(uint32_t source, struct bq_span path)
{
	return XXH3_64bits_withSeed(path.ptr, path.len, source);
}

static uint64_t hash_row(const struct known_row *row)
{
	return hash_file(row->source, bq_span_make(row->path, row->path_len));
}

/* The document that is counted as `i`. */
static uint32_t doc_at(const struct known *k, uint32_t leaf, uint32_t i)
{
	return k->order[leaf] == NULL ? i : k->order[leaf][i];
}

/* The live documents of one leaf, neighbours of one file together.  BQ_ENOTFOUND:
 * the lines of a file do not ascend. */
static int list_leaf(struct known *k, uint32_t leaf, struct bq_read *rd)
{
	uint64_t line = 0;
	const struct bq_leaf *l = k->ix->leaves[leaf];
	const struct segment *s = segment_of(l);
	struct known_row *row = NULL;
	struct heads_walk walk;
	int rc;

	heads_walk_init(&walk, &s->heads, 0);
	while ((rc = segment_next_head(s, &walk, rd)) == BQ_OK) {
		uint32_t doc = walk.doc - 1;
		if (bq_leaf_is_dead(l, doc))
			continue;
		if (row != NULL && is_of(row, walk.head.source, walk.head.path)) {
			row->n = doc - row->first + 1;
			row->is_records = true;
			if (walk.head.file_line < line)
				return BQ_ENOTFOUND;
			line = walk.head.file_line;
			continue;
		}
		add_row(k, leaf, doc, &walk.head);
		if (k->rows.oom)
			return BQ_ENOMEM;
		row = row_at(k, count_rows(k) - 1);
		line = walk.head.file_line;
	}
	return rc == BQ_END ? BQ_OK : rc;
}

/* ---- documents in another order ---------------------------------------- */

static int compare_hashes(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* BQ_ENOTFOUND if two rows from `from` on are of one file of records. */
static int find_twins(const struct known *k, uint32_t from)
{
	uint32_t n = 0, i = 1;
	uint64_t *hashes = malloc((count_rows(k) - from + 1ull) * sizeof *hashes);

	if (hashes == NULL)
		return BQ_ENOMEM;
	for (uint32_t row = from; row < count_rows(k); row++)
		if (row_at(k, row)->is_records)
			hashes[n++] = hash_row(row_at(k, row));
	qsort(hashes, n, sizeof *hashes, compare_hashes);
	while (i < n && hashes[i] != hashes[i - 1])
		i++;
	free(hashes);
	return i < n ? BQ_ENOTFOUND : BQ_OK;
}

/* A document by its file. */
struct place {
	struct known_row row; /* of it alone */
	uint64_t line;
};

static int compare_places(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;
	int c = (a->row.source > b->row.source) - (a->row.source < b->row.source);

	if (c == 0)
		c = bq_span_cmp(bq_span_make(a->row.path, a->row.path_len), bq_span_make(b->row.path, b->row.path_len));
	if (c == 0)
		c = (a->line > b->line) - (a->line < b->line);
	return c != 0 ? c : (a->row.first > b->row.first) - (a->row.first < b->row.first);
}

/* All live documents of a leaf, sorted: *n of them. */
static int sort_places(const struct bq_leaf *l, uint32_t leaf, struct place *places, uint32_t *n, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	struct heads_walk walk;
	int rc;

	*n = 0;
	heads_walk_init(&walk, &s->heads, 0);
	while ((rc = segment_next_head(s, &walk, rd)) == BQ_OK) {
		const struct bq_doc_head *h = &walk.head;
		uint32_t doc = walk.doc - 1;
		if (bq_leaf_is_dead(l, doc))
			continue;
		places[(*n)++] = (struct place){ { h->path.ptr, (uint32_t)h->path.len, h->source, doc, 1, leaf, doc,
			h->file_line != 0 }, h->file_line };
	}
	qsort(places, *n, sizeof *places, compare_places);
	return rc == BQ_END ? BQ_OK : rc;
}

/* Count the documents of a leaf in the order of their files, a row for each. */
static void count_anew(struct known *k, uint32_t leaf, const struct place *places, uint32_t n)
{
	struct known_row *row = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct known_row *at = &places[i].row;
		k->order[leaf][i] = at->first;
		if (row != NULL && is_of(row, at->source, bq_span_make(at->path, at->path_len))) {
			row->n++;
			row->is_records = true;
			continue;
		}
		bq_buf_put(&k->rows, at, sizeof *at);
		if (k->rows.oom)
			break; /* there is no row of it */
		row = row_at(k, count_rows(k) - 1);
		row->first = row->next = i;
	}
}

static int list_anew(struct known *k, uint32_t leaf, struct bq_read *rd)
{
	const struct bq_leaf *l = k->ix->leaves[leaf];
	struct place *places = malloc((l->n_docs - l->n_dead + 1ull) * sizeof *places);
	uint32_t n;
	int rc = BQ_ENOMEM;

	k->order[leaf] = malloc((l->n_docs - l->n_dead + 1ull) * sizeof *k->order[leaf]);
	if (places != NULL && k->order[leaf] != NULL)
		rc = sort_places(l, leaf, places, &n, rd);
	if (rc == BQ_OK)
		count_anew(k, leaf, places, n);
	free(places);
	return rc == BQ_OK && k->rows.oom ? BQ_ENOMEM : rc;
}

/* The live documents of one leaf, all of a file together. */
static int list_files(struct known *k, uint32_t leaf, struct bq_read *rd)
{
	uint32_t from = count_rows(k);
	int rc = list_leaf(k, leaf, rd);

	if (rc == BQ_OK)
		rc = find_twins(k, from);
	if (rc != BQ_ENOTFOUND)
		return rc;
	k->rows.len = from * sizeof(struct known_row);
	return list_anew(k, leaf, rd);
}

/* ---- searching --------------------------------------------------------- */

/* Slots for all rows: not before a file comes that is not where it was. */
static int fill_table(struct known *k)
{
	uint32_t n = count_rows(k);

	for (k->bits = 4; (UINT64_C(1) << k->bits) < 2 * (uint64_t)n && k->bits < 32;)
		k->bits++;
	k->slots = calloc((size_t)1 << k->bits, sizeof *k->slots);
	for (uint32_t i = 0; k->slots != NULL && i < n; i++) {
		const struct known_row *row = row_at(k, i);
		uint64_t mask = (UINT64_C(1) << k->bits) - 1;
		uint64_t at = hash_row(row) & mask;
		while (k->slots[at] != 0)
			at = (at + 1) & mask;
		k->slots[at] = i + 1;
	}
	return k->slots != NULL ? BQ_OK : BQ_ENOMEM;
}

/* A file's rows, one after the other; at->row NULL: no more. */
struct search {
	uint32_t source;
	struct bq_span path;
	uint64_t slot;
	struct known_row *row;
};

static void find_next(struct known *k, struct search *at)
{
	uint64_t mask = (UINT64_C(1) << k->bits) - 1;

	for (at->row = NULL; k->slots[at->slot] != 0 && at->row == NULL; at->slot = (at->slot + 1) & mask) {
		struct known_row *row = row_at(k, k->slots[at->slot] - 1);
		if (is_of(row, at->source, at->path))
			at->row = row;
	}
}

/* Files come as they came before: the next one is mostly behind the last, and it
 * is one document, whose row is the only one. */
static struct known_row *guess(struct known *k, uint32_t from, uint32_t source, struct bq_span path)
{
	struct known_row *row = from < count_rows(k) ? row_at(k, from) : NULL;

	return row != NULL && !row->is_records && is_of(row, source, path) ? row : NULL;
}

static int find_first(struct known *k, struct search *at)
{
	int rc = k->slots == NULL ? fill_table(k) : BQ_OK;

	if (rc != BQ_OK)
		return rc;
	at->slot = hash_file(at->source, at->path) & ((UINT64_C(1) << k->bits) - 1);
	find_next(k, at);
	if (at->row != NULL)
		k->at = (uint32_t)(at->row - row_at(k, 0));
	return BQ_OK;
}

int known_init(struct known *k, const struct bq_index *ix, struct bq_error *err)
{
	struct bq_read rd = { .mem = NULL };
	int rc = BQ_OK;

	*k = (struct known){ .ix = ix, .at = UINT32_MAX };
	for (uint32_t i = 0; i < ix->n_leaves && rc == BQ_OK; i++) {
		k->kept[i] = calloc(ix->leaves[i]->n_docs / 64 + 1, sizeof *k->kept[i]);
		rc = k->kept[i] == NULL ? BQ_ENOMEM : list_files(k, i, &rd);
	}
	if (rc == BQ_ENOMEM)
		return bq_error_set(err, rc, 0, "no memory for the list of files");
	if (rc != BQ_OK && err != NULL)
		*err = rd.error;
	return rc;
}

void known_release(struct known *k)
{
	for (uint32_t i = 0; i < BQ_MAX_SEGMENTS; i++) {
		free(k->kept[i]);
		free(k->order[i]);
	}
	free(k->slots);
	bq_buf_release(&k->rows);
	memset(k, 0, sizeof *k);
}

/* ---- files ------------------------------------------------------------- */

static bool has_stamp(const struct known *k, const struct known_row *row, int64_t mtime_us, int64_t file_bytes)
{
	int64_t mtime, bytes;

	segment_file_stamp(segment_of(k->ix->leaves[row->leaf]), doc_at(k, row->leaf, row->first), &mtime, &bytes);
	return mtime == mtime_us && bytes == file_bytes && mtime != INT64_MIN;
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
	for (uint32_t i = row->first; i < row->first + row->n; i++)
		keep_one(k, row->leaf, doc_at(k, row->leaf, i));
}

bool known_keep(struct known *k, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes)
{
	const struct known_row *rows[BQ_MAX_SEGMENTS]; /* mostly one; a file's records may go on in other segments */
	struct search at = { .source = source, .path = path, .row = guess(k, k->at + 1, source, path) };
	uint32_t n = 0;

	if (at.row != NULL) {
		k->at++;
		if (!has_stamp(k, at.row, mtime_us, file_bytes))
			return false;
		keep_row(k, at.row);
		return true;
	}
	if (find_first(k, &at) != BQ_OK)
		return false; /* who adds it meets the same */
	for (; at.row != NULL; find_next(k, &at)) {
		if (n == BQ_MAX_SEGMENTS || !has_stamp(k, at.row, mtime_us, file_bytes))
			return false;
		rows[n++] = at.row;
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

/* A title that is part of the text is the same where the text is: what HEADS cut
 * off need not be known. */
static bool is_same_title(const struct bq_doc_head *h, const struct bq_doc_in *in)
{
	if (h->title_in_text != in->title_in_text)
		return false;
	if (!h->title_cut)
		return bq_span_eq(h->title, in->title);
	return h->title_in_text && bq_span_starts(in->title, h->title);
}

static bool is_same_head(const struct bq_doc_head *h, uint32_t source, const struct bq_doc_in *in)
{
	return h->source == source && h->at == (uint8_t)in->at && h->file_line == in->file_line
		&& h->text_bytes == in->text.len && bq_span_eq(h->path, in->path) && bq_span_eq(h->id, in->id)
		&& is_same_title(h, in);
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
		uint32_t doc = doc_at(k, row->leaf, row->next);
		if (bq_leaf_is_dead(s->leaf, doc) || known_is_kept(k, row->leaf, doc))
			continue;
		int rc = bq_leaf_head(s->leaf, doc, &s->head, &s->read);
		if (rc != BQ_OK || s->head.file_line >= line)
			return rc;
	}
	return BQ_ENOTFOUND;
}

/* Keep the document that the row has of this line. */
static int keep_same(struct known *k, struct known_row *row, const struct bq_doc_in *in, struct stored *s,
	struct known_doc *out)
{
	int rc;

	s->leaf = k->ix->leaves[row->leaf];
	rc = find_line(k, row, in->file_line, s);
	if (rc == BQ_OK)
		rc = compare_doc(s, row->source, in);
	*out = (struct known_doc){ row->leaf, rc == BQ_OK ? doc_at(k, row->leaf, row->next) : 0,
		s->head.mtime_us != in->mtime_us || s->head.file_bytes != in->file_bytes };
	if (rc == BQ_OK)
		keep_one(k, out->leaf, out->doc);
	return rc == BQ_EFORMAT ? BQ_ENOTFOUND : rc; /* what is new replaces it */
}

int known_keep_doc(struct known *k, uint32_t source, const struct bq_doc_in *in, struct known_doc *out)
{
	struct search at = { .source = source, .path = in->path, .row = guess(k, k->at, source, in->path) };
	bool is_only = at.row != NULL;
	struct stored s = { .leaf = NULL };
	int rc = is_only ? BQ_OK : find_first(k, &at);

	if (rc == BQ_OK)
		rc = BQ_ENOTFOUND;
	bq_arena_init(&s.mem, SIZE_MAX);
	s.read.mem = &s.mem;
	while (rc == BQ_ENOTFOUND && at.row != NULL) {
		rc = keep_same(k, at.row, in, &s, out);
		if (is_only)
			break;
		find_next(k, &at);
	}
	bq_arena_release(&s.mem);
	return rc;
}
