/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/merge.h"

#include <stdlib.h>
#include <string.h>

#include "build/dictionary.h"
#include "pairs/placed.h"
#include "reorder/ordered.h"
#include "reorder/reorder.h"
#include "reorder/sample.h"

enum { PIECE = 1 << 20, TELL_DOCS = 1024 };

/* Copying documents of one input at a time.  Stored bytes are one long string over
 * all its documents, so that neighbours share a piece. */
struct copy {
	const struct merge *m;
	const struct merge_input *in;
	struct segment_writer *w;
	struct bq_arena mem; /* of the piece */
	struct bq_read read;
	uint64_t off;        /* where `piece` starts in the string */
	struct bq_span piece;
	uint64_t piece_bytes; /* that are read at a time */
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
		uint64_t want = c->piece_bytes != 0 ? c->piece_bytes : off - from + len < PIECE ? off - from + len : PIECE;
		bq_arena_reset(&c->mem);
		c->off = from;
		int rc = docs_get(d, from, left < want ? left : want, &c->mem, &c->piece);
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

static int end_copy(const struct copy *c, int rc, struct bq_error *err)
{
	if (c->read.error.status != BQ_OK)
		*err = c->read.error;
	else if (rc == BQ_ENOMEM)
		(void)bq_error_set(err, rc, 0, "no memory to copy documents");
	return rc == BQ_END ? BQ_OK : rc;
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
	return end_copy(c, rc, err);
}

/* ---- documents in another order ---------------------------------------- */

/* The number in its input of every live document. */
static uint32_t *list_live(const struct merge_input *in, uint32_t n, uint32_t n_live)
{
	uint32_t *docs = malloc((n_live + 1ull) * sizeof *docs), at = 0;

	for (uint32_t i = 0; i < n && docs != NULL; i++)
		for (uint32_t doc = 0; doc < in[i].segment->leaf.n_docs; doc++)
			if (!merge_is_dead(&in[i], doc))
				docs[at++] = doc;
	return docs;
}

static const struct merge_input *find_input(const struct merge_input *in, uint32_t n, uint32_t doc)
{
	while (n > 1 && in[n - 1].base > doc)
		n--;
	return &in[n - 1];
}

/* What a document anywhere maps of a file at most: its head, its marks, its frames. */
enum { ANYWHERE_BYTES = 4 * PLACED_FAULT_BYTES };

/* Let pages go if so many documents have touched more than is allowed, of files
 * that are larger than that. */
static void count_pages(struct copy *c, const struct merge_input *in, uint32_t n)
{
	uint64_t most = c->m->reorder->memory_bytes / 2, all = 0;

	c->read_bytes += ANYWHERE_BYTES;
	if (c->read_bytes <= most)
		return;
	c->read_bytes = 0;
	for (uint32_t i = 0; i < n; i++)
		all += in[i].segment->map.len;
	for (uint32_t i = 0; i < n && all > most; i++)
		mapfile_forget(&in[i].segment->map);
}

/* The first documents of an order tell little of the others. */
static int train(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	struct bq_error *err)
{
	struct sample_limits limits = { .bytes = DOCS_SAMPLE, .keep_bytes = m->keep_bytes };
	struct bq_buf sample = BQ_BUF_INIT;
	int rc = m->params.no_store ? BQ_OK : sample_take(in, n, &limits, &sample, err);

	if (rc == BQ_OK)
		segment_writer_train(w, &sample);
	else
		bq_buf_release(&sample);
	return rc;
}

static int copy_from(struct copy *c, uint32_t doc)
{
	struct bq_doc_head h;
	int rc = bq_leaf_head(&c->in->segment->leaf, doc, &h, &c->read);

	return rc == BQ_OK ? copy_doc(c, doc, &h) : rc;
}

static int copy_ordered(struct copy *c, const struct merge_input *in, uint32_t n, const struct reorder *r,
	struct bq_error *err)
{
	const struct reorder_params *p = c->m->reorder;
	uint32_t *docs = list_live(in, n, r->n);
	int rc = docs == NULL ? BQ_ENOMEM : BQ_OK;

	for (uint32_t i = 0; i < r->n && rc == BQ_OK; i++) {
		const struct merge_input *from = find_input(in, n, r->order[i]);
		if (from != c->in)
			c->piece.len = 0;
		c->in = from;
		rc = copy_from(c, docs[r->order[i]]);
		count_pages(c, in, n);
		if (i % TELL_DOCS == 0 && p->progress != NULL)
			p->progress(p->arg, "copying documents", i, r->n);
		if (rc == BQ_OK)
			rc = check_stop(c->m, err);
	}
	free(docs);
	return end_copy(c, rc, err);
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

/* As write_all(), in the order that reorder_find() finds. */
static int write_ordered(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	float *avg_len, struct bq_error *err)
{
	struct copy c = { .m = m, .w = w };
	struct reorder r = { .n = 0 };
	struct ordered o;
	struct merged v;
	uint32_t n_docs = in[n - 1].base + in[n - 1].n_live;
	int rc = merged_init(&v, in, n, m->keep_bytes, err);

	v.v.stop = m->stop;
	if (rc == BQ_OK)
		rc = reorder_find(&r, m->reorder, &v, n_docs, err);
	bq_arena_init(&c.mem, SIZE_MAX);
	c.read.mem = &c.mem;
	if (rc == BQ_OK)
		rc = train(m, in, n, w, err);
	if (rc == BQ_OK)
		rc = copy_ordered(&c, in, n, &r, err);
	bq_arena_release(&c.mem);
	if (rc == BQ_OK) {
		*avg_len = m->avg_len > 0 ? m->avg_len : merge_average(c.n_tokens, n_docs);
		segment_writer_begin_terms(w, *avg_len);
		ordered_init(&o, &v.v, r.places, n_docs, m->reorder->memory_bytes / 2);
		rc = dictionary_write(&o.v, m->text, w, err);
		ordered_release(&o);
	}
	reorder_release(&r);
	merged_release(&v);
	return rc;
}

/* All documents, then all words, into `w`. */
static int write_all(const struct merge *m, const struct merge_input *in, uint32_t n, struct segment_writer *w,
	float *avg_len, struct bq_error *err)
{
	struct copy c = { .m = m, .w = w, .piece_bytes = PIECE };
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
	struct segment_params params = m->params;
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
	params.is_reordered = m->reorder != NULL && n_live >= REORDER_MIN_DOCS;
	w = segment_writer_new(m->dirfd, &params, &why);
	if (w == NULL)
		rc = why.status;
	else if (params.is_reordered)
		rc = write_ordered(m, in, n, w, avg_len, &why);
	else
		rc = write_all(m, in, n, w, avg_len, &why);
	if (rc != BQ_OK)
		goto out;
	rc = segment_writer_finish(w, out, &why);
	w = NULL;
	if (rc == BQ_OK && params.is_reordered)
		m->reorder->is_done = true;
out:
	segment_writer_free(w);
	merge_unnumber(in, n);
	return rc == BQ_OK ? BQ_OK : bq_error_set(err, rc, why.at, "%s", why.msg);
}
