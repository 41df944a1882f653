/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/heads.h"

#include <string.h>

#include <bq/bytes.h>
#include <bq/utf8.h>

enum {
	TITLE_CUT = 1 << 2,
	TITLE_IN_TEXT = 1 << 3,
	HAS_LINE = 1 << 4,
	SAME_PATH = 1 << 5,
	HAS_TITLE_POS = 1 << 6,
	HAS_FIELDS = 1 << 7,
};

static void put_string(struct bq_buf *b, struct bq_span s)
{
	bq_buf_put_varint(b, s.len);
	bq_buf_put_span(b, s);
}

/* At most 1,024 bytes, cut where a character starts. */
static struct bq_span cut_title(struct bq_span title)
{
	size_t n = title.len < HEADS_MAX_TITLE ? title.len : HEADS_MAX_TITLE;

	while (n < title.len && n != 0 && bq_utf8_is_tail(title.ptr[n]))
		n--;
	return bq_span_first(title, n);
}

void heads_add(struct heads_writer *w, const struct segment_doc *doc, uint64_t text, uint64_t fields)
{
	const struct bq_doc_in *in = doc->in;
	struct bq_buf *b = &w->records.buf;
	struct bq_span title = cut_title(in->title);
	bool is_first = w->n_docs++ % BQ_HEAD_GROUP == 0;
	bool same_path = !is_first && in->source == w->source && bq_span_eq(in->path, bq_buf_span(&w->path));

	if (is_first) {
		bq_buf_put_u64(&w->groups, spool_at(&w->records));
		bq_buf_put_u64(&w->groups, w->stored);
		bq_buf_put_u64(&w->groups, w->marks);
	}
	bq_buf_put_u8(b, (uint8_t)((unsigned)in->at | (doc->title_cut || title.len < in->title.len ? TITLE_CUT : 0u)
		| (in->title_in_text ? TITLE_IN_TEXT : 0u) | (in->file_line != 0 ? HAS_LINE : 0u)
		| (same_path ? SAME_PATH : 0u) | (doc->title_pos != 0 ? HAS_TITLE_POS : 0u)
		| (fields != 0 ? HAS_FIELDS : 0u)));
	if (!same_path) {
		bq_buf_put_varint(b, in->source);
		put_string(b, in->path);
		w->source = in->source;
		bq_buf_clear(&w->path);
		bq_buf_put_span(&w->path, in->path);
		b->oom |= w->path.oom; /* the next clear would forget it */
	}
	put_string(b, in->id);
	put_string(b, title);
	if (doc->title_pos != 0)
		bq_buf_put_varint(b, doc->title_pos);
	bq_buf_put_varint(b, doc->title_words);
	bq_buf_put_varint(b, doc->words);
	bq_buf_put_varint(b, text);
	if (fields != 0)
		bq_buf_put_varint(b, fields);
	if (in->file_line != 0)
		bq_buf_put_varint(b, in->file_line);
	w->stored += text + fields;
	w->marks += heads_marks_bytes(doc->words, text);
	spool_drain(&w->records);
}

int heads_finish(struct heads_writer *w, struct container_writer *out)
{
	if (w->groups.oom || w->path.oom)
		return BQ_ENOMEM;
	container_put(out, w->groups.ptr, w->groups.len);
	return spool_copy(&w->records, out);
}

void heads_writer_release(struct heads_writer *w)
{
	bq_buf_release(&w->groups);
	spool_release(&w->records);
	bq_buf_release(&w->path);
}

int heads_open(struct bq_span section, uint32_t n_docs, const char *name, struct heads_reader *out,
	struct bq_error *err)
{
	uint64_t groups = ((uint64_t)n_docs + BQ_HEAD_GROUP - 1) / BQ_HEAD_GROUP * HEADS_GROUP_BYTES;

	if (groups > section.len)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: HEADS: index does not fit [F26]", name);
	out->groups = (const uint8_t *)section.ptr;
	out->n_docs = n_docs;
	out->records = bq_span_from(section, (size_t)groups);
	return BQ_OK;
}

static struct bq_span read_string(struct bq_reader *r)
{
	uint64_t n = bq_read_varint(r);

	return bq_read_span(r, n);
}

/* Read one record; path and source stay as they are where flag 5 says so. */
static bool read_record(struct bq_reader *r, struct bq_doc_head *h)
{
	uint8_t flags = bq_read_u8(r);

	h->at = flags & 3;
	h->title_cut = (flags & TITLE_CUT) != 0;
	h->title_in_text = (flags & TITLE_IN_TEXT) != 0;
	if ((flags & SAME_PATH) == 0) {
		h->source = bq_read_varint32(r);
		h->path = read_string(r);
	}
	h->id = read_string(r);
	h->title = read_string(r);
	h->title_pos = (flags & HAS_TITLE_POS) != 0 ? bq_read_varint32(r) : 0;
	h->title_words = bq_read_varint32(r);
	h->words = bq_read_varint32(r);
	h->text_bytes = bq_read_varint(r);
	h->priv[2] = (flags & HAS_FIELDS) != 0 ? bq_read_varint(r) : 0;
	h->file_line = (flags & HAS_LINE) != 0 ? bq_read_varint(r) : 0;
	return !r->bad && h->at <= BQ_AT_RECORD && h->path.ptr != NULL && h->text_bytes <= UINT32_MAX
		&& h->title.len <= HEADS_MAX_TITLE && h->title_words <= BQ_MAX_POS && h->words <= BQ_MAX_POS;
}

/* A reader before the first record of a group; false if it lies outside. */
static bool open_group(const struct heads_reader *h, uint32_t group, struct bq_reader *r)
{
	uint64_t off = bq_get_u64(h->groups + (size_t)group * HEADS_GROUP_BYTES);
	struct bq_span rest = bq_span_from(h->records, (size_t)off);

	*r = bq_reader_of(rest.ptr, rest.len);
	return off <= h->records.len;
}

void heads_walk_init(struct heads_walk *w, const struct heads_reader *h, uint32_t group)
{
	*w = (struct heads_walk){ .heads = h, .doc = group * BQ_HEAD_GROUP };
}

bool heads_walk_next(struct heads_walk *w)
{
	const uint8_t *group = w->heads->groups + (size_t)(w->doc / BQ_HEAD_GROUP) * HEADS_GROUP_BYTES;
	struct bq_doc_head *head = &w->head;

	if (w->doc % BQ_HEAD_GROUP != 0) {
		head->priv[0] += head->text_bytes + head->priv[2];
		head->priv[1] += heads_marks_bytes(head->words, head->text_bytes);
	} else {
		head->path.ptr = NULL; /* the first has its own */
		head->priv[0] = bq_get_u64(group + 8);
		head->priv[1] = bq_get_u64(group + 16);
		if (!open_group(w->heads, w->doc / BQ_HEAD_GROUP, &w->rest))
			return false;
	}
	w->doc++;
	if (!read_record(&w->rest, head))
		return false;
	head->body_pos = heads_body_pos(head->title_in_text, head->title_words);
	return true;
}

bool heads_get(const struct heads_reader *h, uint32_t doc, struct bq_doc_head *out)
{
	struct heads_walk w;

	heads_walk_init(&w, h, doc / BQ_HEAD_GROUP);
	do
		if (!heads_walk_next(&w))
			return false;
	while (w.doc <= doc);
	*out = w.head;
	return true;
}

bool heads_ends(const struct heads_reader *h, uint32_t from, uint32_t n, uint32_t *ends)
{
	struct heads_walk w;

	heads_walk_init(&w, h, from / BQ_HEAD_GROUP);
	while (w.doc < from + n) {
		if (!heads_walk_next(&w))
			return false;
		if (w.doc > from)
			ends[w.doc - 1 - from] = heads_end(&w.head);
	}
	return true;
}
