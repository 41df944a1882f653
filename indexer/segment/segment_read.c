/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/segment_cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

int segment_damaged(const struct segment *s, struct bq_read *rd, const char *what)
{
	if (rd->error.status == BQ_OK)
		(void)bq_error_set(&rd->error, BQ_EFORMAT, 0, "%s: %s", s->name, what);
	return BQ_EFORMAT;
}

/* Whether what a record says of stored bytes and marks is there [F27]. */
static int check_head(const struct segment *s, const struct bq_doc_head *h, struct bq_read *rd)
{
	uint64_t stored = h->text_bytes + h->priv[2], marks = heads_marks_bytes(h->words, h->text_bytes);

	if (stored < h->priv[2] || h->priv[0] > s->docs.raw_bytes || stored > s->docs.raw_bytes - h->priv[0]
		|| h->priv[1] > s->marks.len || marks > s->marks.len - h->priv[1])
		return segment_damaged(s, rd, "a record in HEADS points outside DOCS or MARKS [F27]");
	return BQ_OK;
}

void segment_file_stamp(const struct segment *s, uint32_t doc, int64_t *mtime_us, int64_t *file_bytes)
{
	*mtime_us = columns_get(&s->columns, COLUMN_MTIME, doc, INT64_MIN);
	*file_bytes = columns_get(&s->columns, COLUMN_FILE_BYTES, doc, -1);
	if (s->stamps.n != 0)
		stamps_apply(&s->stamps, doc, mtime_us, file_bytes);
}

static int get_head(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	int rc;

	if (doc >= l->n_docs)
		return BQ_ENOTFOUND;
	if (!heads_get(&s->heads, doc, out))
		return segment_damaged(s, rd, "a damaged record in HEADS [F27]");
	rc = check_head(s, out, rd);
	if (rc == BQ_OK)
		segment_file_stamp(s, doc, &out->mtime_us, &out->file_bytes);
	return rc;
}

int segment_next_head(const struct segment *s, struct heads_walk *w, struct bq_read *rd)
{
	if (w->doc == s->leaf.n_docs)
		return BQ_END;
	if (!heads_walk_next(w))
		return segment_damaged(s, rd, "a damaged record in HEADS [F27]");
	return check_head(s, &w->head, rd);
}

static int get_stored(const struct segment *s, uint64_t off, uint64_t len, struct bq_span *out, struct bq_read *rd)
{
	int rc = docs_get(&s->docs, off, len, rd->mem, out);

	return rc == BQ_EFORMAT ? segment_damaged(s, rd, "a damaged frame in DOCS [F29]") : rc;
}

static int get_text(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);

	*out = (struct bq_span){ "", 0 };
	if ((s->file.head.flags & CONTAINER_NO_STORE) != 0)
		return BQ_ENOTFOUND;
	if (off > head->text_bytes)
		off = head->text_bytes;
	if (len > head->text_bytes - off)
		len = head->text_bytes - off;
	return get_stored(s, head->priv[0] + off, len, out, rd);
}

static int get_fields(const struct bq_leaf *l, const struct bq_doc_head *head, struct bq_span *out,
	struct bq_read *rd)
{
	return get_stored(segment_of(l), head->priv[0] + head->text_bytes, head->priv[2], out, rd);
}

static int get_mark(const struct bq_leaf *l, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	uint32_t i = ord / BQ_MARK_WORDS, width = heads_mark_width(head->text_bytes), off = 0, line = 0;

	if (i > heads_marks(head->words))
		return segment_damaged(s, rd, "a position behind the end of its document [F30]");
	*out = (struct bq_mark){ 0, 0, 1 };
	if (i == 0 || width == 0)
		return BQ_OK;
	const char *p = s->marks.ptr + head->priv[1] + (uint64_t)(i - 1) * 2 * width;
	memcpy(&off, p, width);
	memcpy(&line, p + width, width);
	*out = (struct bq_mark){ i * BQ_MARK_WORDS, off, (uint64_t)line + 1 };
	return BQ_OK;
}

static const struct bq_leaf_ops segment_ops = {
	.find = segment_find,
	.find_all = segment_find_all,
	.term_at = segment_term_at,
	.terms_next = segment_terms_next,
	.forms = segment_forms,
	.cursor = segment_cursor,
	.head = get_head,
	.text = get_text,
	.fields = get_fields,
	.mark = get_mark,
	.pair = segment_pair,
	.ready = native_ready,
};

/* Find the parts of the sections and check that they fit together. */
static int open_sections(struct segment *s, struct bq_error *err)
{
	const struct container_head *h = &s->file.head;
	const struct bq_span *section = s->file.section;

	s->post = section[SECTION_POST];
	s->pos = section[SECTION_POS];
	s->tinfo = section[SECTION_TINFO];
	s->marks = section[SECTION_MARKS];
	s->ppost = section[SECTION_PPOST];
	if (s->tinfo.len % TINFO_BYTES != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: TINFO: not a multiple of 32 bytes [F17]", s->name);
	if (section[SECTION_NORM].len != h->n_docs)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: NORM: not one byte a document [F25]", s->name);
	int rc = terms_open(section[SECTION_TERMS], h->n_terms, s->name, &s->terms, err);
	if (rc == BQ_OK)
		rc = heads_open(section[SECTION_HEADS], h->n_docs, s->name, &s->heads, err);
	if (rc == BQ_OK)
		rc = columns_open(section[SECTION_COLS], h->n_docs, s->name, &s->columns, err);
	if (rc == BQ_OK)
		rc = pairs_open(section[SECTION_PAIRS], s->ppost.len, s->name, &s->pairs, err);
	return rc == BQ_OK ? docs_open(section[SECTION_DOCS], s->name, &s->docs, err) : rc;
}

/* Which kinds of terms may be there, so that nobody looks for others: of an index
 * without stems each word would be looked up twice. */
static unsigned find_kinds(const struct terms_reader *t)
{
	unsigned kinds = 1u << BQ_TERM_WORD;

	for (unsigned kind = BQ_TERM_WORD + 1; kind <= BQ_TERM_MARKED; kind++) {
		char key = (char)kind;
		struct terms_iter it;
		int rc = terms_seek(t, bq_span_make(&key, 1), &it);
		if (rc == BQ_OK)
			rc = terms_next(&it);
		if (rc != BQ_END && (rc != BQ_OK || terms_kind(terms_key(&it)) == kind))
			kinds |= 1u << kind;
	}
	return kinds;
}

/* Fill `s`, whose container is open. */
static int open_segment(struct segment *s, struct bq_error *err)
{
	int rc = open_sections(s, err);

	if (rc != BQ_OK)
		return rc;
	s->kinds = find_kinds(&s->terms);
	s->codec = bitpack_best();
	s->find = find_best();
	s->leaf = (struct bq_leaf){
		.ops = &segment_ops,
		.n_docs = s->file.head.n_docs,
		.n_terms = s->file.head.n_terms,
		.n_tokens = s->file.head.n_tokens,
		.k1 = s->file.head.k1,
		.b = s->file.head.b,
		.avg_len = s->file.head.avg_len,
		.norms = (const uint8_t *)s->file.section[SECTION_NORM].ptr,
		.number = s->file.head.number,
	};
	return BQ_OK;
}

static struct segment *new_segment(const char *name)
{
	struct segment *s = calloc(1, sizeof *s);

	if (s != NULL)
		(void)snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

int segment_open_bytes(struct bq_span bytes, const char *name, struct segment **out, struct bq_error *err)
{
	struct segment *s = new_segment(name);

	*out = NULL;
	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "%s: out of memory", name);
	int rc = container_open(bytes, s->name, &s->file, err);
	if (rc == BQ_OK)
		rc = open_segment(s, err);
	if (rc == BQ_OK)
		*out = s;
	else
		segment_close(s);
	return rc;
}

int segment_open_parts(const struct container *file, const struct mapfile *map, const char *name,
	struct segment **out, struct bq_error *err)
{
	struct segment *s = new_segment(name);

	*out = NULL;
	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "%s: out of memory", name);
	s->file = *file;
	int rc = open_segment(s, err);
	if (rc == BQ_OK) {
		s->map = *map;
		*out = s;
	} else {
		segment_close(s);
	}
	return rc;
}

int segment_open(int dirfd, const char *name, struct segment **out, struct bq_error *err)
{
	struct mapfile map;
	int rc = mapfile_open(dirfd, name, &map, err);

	*out = NULL;
	if (rc != BQ_OK)
		return rc;
	rc = segment_open_bytes(mapfile_span(&map), name, out, err);
	if (rc == BQ_OK)
		(*out)->map = map;
	else
		mapfile_close(&map);
	return rc;
}

void segment_close(struct segment *s)
{
	if (s == NULL)
		return;
	docs_close(&s->docs);
	mapfile_close(&s->map);
	free(s);
}
