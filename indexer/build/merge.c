/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/merge.h"

#include <string.h>

#include "build/dictionary.h"

enum { PIECE = 1 << 20 };

/* Copying documents of one input.  Stored bytes are one long string over all
 * its documents, so that neighbours share a piece. */
struct copy {
	const struct merge *m;
	const struct merge_input *in;
	struct segment_writer *w;
	struct bq_arena mem; /* of the piece */
	struct bq_read read;
	uint64_t off;        /* where `piece` starts in the string */
	struct bq_span piece;
	uint64_t read_bytes; /* since the input's pages were let go */
	uint64_t n_tokens;
};

/* ---- text -------------------------------------------------------------- */

/* The stored bytes from `off` on that are at hand, at most `len`. */
static int get_piece(struct copy *c, uint64_t off, uint64_t len, struct bq_span *out)
{
	const struct docs_reader *d = &c->in->segment->docs;

	if (off < c->off || off >= c->off + c->piece.len) {
		uint64_t from = off - off % BQ_FRAME_BYTES, left = d->raw_bytes - from;
		bq_arena_reset(&c->mem);
		c->off = from;
		int rc = docs_get(d, from, left < PIECE ? left : PIECE, &c->mem, &c->piece);
		if (rc == BQ_EFORMAT)
			return segment_damaged(c->in->segment, &c->read, "a damaged frame in DOCS [F29]");
		if (rc != BQ_OK)
			return rc;
		c->read_bytes += c->piece.len;
	}
	*out = bq_span_first(bq_span_from(c->piece, (size_t)(off - c->off)), (size_t)len);
	return BQ_OK;
}

static int copy_stored(struct copy *c, uint64_t off, uint64_t len)
{
	struct bq_span piece;
	int rc = BQ_OK;

	while (len != 0 && rc == BQ_OK) {
		rc = get_piece(c, off, len, &piece);
		if (rc != BQ_OK)
			break;
		segment_writer_stored(c->w, piece);
		off += piece.len;
		len -= piece.len;
	}
	return rc;
}

/* ---- documents --------------------------------------------------------- */

static uint32_t map_source(const struct merge *m, uint32_t source)
{
	return m->sources == NULL ? source : m->sources[source];
}

static int copy_doc(struct copy *c, uint32_t doc, const struct bq_doc_head *head)
{
	const struct segment *s = c->in->segment;
	struct bq_doc_head h = *head;

	segment_file_stamp(s, doc, &h.mtime_us, &h.file_bytes);
	if (c->in->stamps != NULL)
		stamps_apply(c->in->stamps, doc, &h.mtime_us, &h.file_bytes);
	struct bq_doc_in in = { .id = h.id, .path = h.path, .title = h.title, .source = map_source(c->m, h.source),
		.at = (enum bq_doc_at)h.at, .title_in_text = h.title_in_text, .file_line = h.file_line,
		.mtime_us = h.mtime_us, .file_bytes = h.file_bytes };
	struct segment_doc d = { .in = &in, .title_pos = h.title_pos, .title_words = h.title_words,
		.body_pos = h.body_pos, .words = h.words, .length = h.words + (h.title_in_text ? 0 : h.title_words),
		.title_cut = h.title_cut };
	struct segment_stored stored = { h.text_bytes, h.priv[2], bq_span_make(s->marks.ptr + h.priv[1],
		(size_t)heads_marks_bytes(h.words, h.text_bytes)) };
	segment_writer_copy(c->w, &d, &stored);
	c->n_tokens += d.length;
	return copy_stored(c, h.priv[0], stored.text + stored.fields);
}

static int check_stop(const struct merge *m, struct bq_error *err)
{
	if (m->stop == NULL || *m->stop == 0)
		return BQ_OK;
	return bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
}

/* The live documents of one input. */
static int copy_docs(struct copy *c, struct bq_error *err)
{
	const struct segment *s = c->in->segment;
	struct heads_walk walk;
	int rc = BQ_OK;

	c->off = 0;
	c->piece = (struct bq_span){ NULL, 0 };
	heads_walk_init(&walk, &s->heads, 0);
	while (rc == BQ_OK && (rc = segment_next_head(s, &walk, &c->read)) == BQ_OK) {
		uint32_t doc = walk.doc - 1;
		if (merge_is_dead(c->in, doc))
			continue;
		rc = copy_doc(c, doc, &walk.head);
		if (c->read_bytes > c->m->keep_bytes) {
			mapfile_forget(&s->map);
			c->read_bytes = 0;
		}
		if (rc == BQ_OK)
			rc = check_stop(c->m, err);
	}
	if (c->read.error.status != BQ_OK)
		*err = c->read.error;
	else if (rc == BQ_ENOMEM)
		(void)bq_error_set(err, rc, 0, "no memory to copy documents");
	return rc == BQ_END ? BQ_OK : rc;
}

/* ---- a segment --------------------------------------------------------- */

int merge_terms(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	struct bq_error *err)
{
	struct merged v;
	int rc = merged_init(&v, in, n, m->keep_bytes, err);

	v.v.stop = m->stop;
	if (rc == BQ_OK)
		rc = dictionary_write(&v.v, m->text, w, err);
	merged_release(&v);
	return rc;
}

/* All documents, then all words, into `w`. */
static int write_all(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	float *avg_len, struct bq_error *err)
{
	struct copy c = { .m = m, .w = w };
	uint64_t n_docs = 0;
	int rc = BQ_OK;

	bq_arena_init(&c.mem, SIZE_MAX);
	c.read.mem = &c.mem;
	for (uint32_t i = 0; i < n && rc == BQ_OK; i++) {
		c.in = &in[i];
		n_docs += in[i].n_live;
		rc = copy_docs(&c, err);
		mapfile_forget(&in[i].segment->map);
	}
	bq_arena_release(&c.mem);
	if (rc != BQ_OK)
		return rc;
	*avg_len = m->avg_len > 0 ? m->avg_len : merge_average(c.n_tokens, n_docs);
	segment_writer_begin_terms(w, *avg_len);
	return merge_terms(m, in, n, w, err);
}

int merge_segments(const struct merge *m, struct merge_input *in, uint32_t n, struct segment_info *out,
	float *avg_len, struct bq_error *err)
{
	struct bq_error why;
	struct segment_writer *w = NULL;
	uint64_t n_live = 0;
	int rc;

	memset(out, 0, sizeof *out);
	rc = merge_number(in, n, &why);
	for (uint32_t i = 0; i < n; i++)
		n_live += in[i].n_live;
	*avg_len = 1.0f;
	if (rc != BQ_OK || n_live == 0)
		goto out;
	w = segment_writer_new(m->dirfd, &m->params, &why);
	rc = w == NULL ? why.status : write_all(m, in, n, w, avg_len, &why);
	if (rc != BQ_OK)
		goto out;
	rc = segment_writer_finish(w, out, &why);
	w = NULL;
out:
	segment_writer_free(w);
	merge_unnumber(in, n);
	return rc == BQ_OK ? BQ_OK : bq_error_set(err, rc, why.at, "%s", why.msg);
}
