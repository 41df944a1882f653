/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/segment_write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bq/buf.h>

#include "base/clock.h"
#include "segment/columns.h"
#include "segment/container.h"
#include "segment/docs.h"
#include "segment/heads.h"
#include "segment/postings.h"
#include "segment/segment.h"
#include "segment/spool.h"
#include "segment/terms.h"

struct segment_writer {
	int dirfd;
	char name[32];
	int status, saved_errno;
	struct segment_params params;
	struct container_writer *file;
	struct docs_writer *docs;
	struct heads_writer heads;
	struct terms_writer terms;
	struct bq_buf norms;         /* a byte a document */
	struct spool mtimes, sizes;  /* i64, likewise */
	struct spool marks, post;
	struct bq_buf tinfo;
	struct bq_buf paired;        /* u32: places of words that are frequent enough for pairs */
	struct impacts impacts;
	struct term_batch batch;     /* the terms that the caller gives one by one */
	float avg_len;
	uint32_t n_docs, n_terms;
	uint64_t n_tokens, pos_bytes;
};

static void fail(struct segment_writer *w, int status)
{
	if (w->status == BQ_OK)
		w->status = status;
}

struct segment_writer *segment_writer_new(int dirfd, const struct segment_params *params, struct bq_error *err)
{
	struct segment_writer *w = calloc(1, sizeof *w);

	if (w == NULL) {
		(void)bq_error_set(err, BQ_ENOMEM, 0, "writing a segment: out of memory");
		return NULL;
	}
	w->dirfd = dirfd;
	w->params = *params;
	if (params->is_temporary)
		w->params.pairs.t = BQ_PAIRS_OFF;
	struct spool *spools[] = { &w->mtimes, &w->sizes, &w->marks, &w->post, &w->heads.records,
		&w->terms.blocks };
	for (size_t i = 0; i < sizeof spools / sizeof *spools; i++)
		spool_init(spools[i], dirfd, params->number);
	(void)snprintf(w->name, sizeof w->name, "%08" PRIu64 ".seg", params->number);
	int fd = openat(dirfd, w->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		(void)bq_error_set(err, BQ_EIO, 0, "%s: %s", w->name, strerror(errno));
		free(w);
		return NULL;
	}
	w->file = container_writer_new(fd);
	if (w->file != NULL && params->is_temporary)
		container_no_sync(w->file);
	w->docs = w->file == NULL ? NULL : docs_writer_new(w->file, params->pool);
	if (w->docs == NULL) {
		(void)bq_error_set(err, BQ_ENOMEM, 0, "writing a segment: out of memory");
		segment_writer_free(w);
		return NULL;
	}
	return w;
}

/* ---- documents ---- */

void segment_writer_train(struct segment_writer *w, struct bq_buf *sample)
{
	assert(w->n_docs == 0);
	if (w->status == BQ_OK && !w->params.no_store)
		docs_train(w->docs, sample);
	bq_buf_release(sample);
}

/* All of a document but its text and marks. */
static void put_head(struct segment_writer *w, const struct segment_doc *doc, uint64_t text, uint64_t fields)
{
	w->n_docs++;
	w->n_tokens += doc->length;
	bq_buf_put_u8(&w->norms, bq_len_encode(doc->length));
	bq_buf_put_u64(&w->mtimes.buf, (uint64_t)doc->in->mtime_us);
	bq_buf_put_u64(&w->sizes.buf, (uint64_t)doc->in->file_bytes);
	heads_add(&w->heads, doc, text, fields);
	spool_drain(&w->marks);
	spool_drain(&w->mtimes);
	spool_drain(&w->sizes);
}

void segment_writer_doc(struct segment_writer *w, const struct segment_doc *doc)
{
	const struct bq_doc_in *in = doc->in;
	uint64_t text = w->params.no_store ? 0 : in->text.len, fields = w->params.no_store ? 0 : in->fields.len;

	assert(doc->n_marks == heads_marks(doc->words));
	if (w->status != BQ_OK)
		return;
	put_head(w, doc, text, fields);
	for (uint32_t i = 0, width = heads_mark_width(text); i < doc->n_marks; i++) {
		uint32_t off = (uint32_t)doc->marks[i].off, line = (uint32_t)(doc->marks[i].line - 1);
		bq_buf_put(&w->marks.buf, &off, width);
		bq_buf_put(&w->marks.buf, &line, width);
	}
	if (!w->params.no_store) {
		docs_put(w->docs, in->text);
		docs_put(w->docs, in->fields);
	}
}

void segment_writer_copy(struct segment_writer *w, const struct segment_doc *doc, const struct segment_stored *s)
{
	if (w->status != BQ_OK)
		return;
	assert(s->marks.len == heads_marks_bytes(doc->words, s->text));
	put_head(w, doc, w->params.no_store ? 0 : s->text, w->params.no_store ? 0 : s->fields);
	if (!w->params.no_store)
		bq_buf_put_span(&w->marks.buf, s->marks);
}

void segment_writer_stored(struct segment_writer *w, struct bq_span bytes)
{
	if (w->status == BQ_OK && !w->params.no_store)
		docs_put(w->docs, bytes);
}

void segment_writer_begin_terms(struct segment_writer *w, float avg_len)
{
	if (w->status == BQ_OK)
		fail(w, docs_finish(w->docs));
	docs_writer_free(w->docs);
	w->docs = NULL;
	/* A segment of empty documents has no average; any positive one will do. */
	w->avg_len = avg_len > 0 ? avg_len : 1.0f;
	impacts_init(&w->impacts, w->params.k1, w->params.b, w->avg_len);
	if (w->norms.oom)
		fail(w, BQ_ENOMEM);
	if (!segment_writer_make_batch(w, &w->batch, true))
		fail(w, BQ_ENOMEM);
	container_begin(w->file, SECTION_POS);
}

/* ---- terms ---- */

bool segment_writer_make_batch(const struct segment_writer *w, struct term_batch *b, bool is_next)
{
	bool is_made = term_batch_init(b, &w->impacts, w->status == BQ_OK ? w->norms.ptr : NULL, w->n_docs);

	b->sink = is_next ? w->file : NULL;
	return is_made;
}

struct pool *segment_writer_pool(const struct segment_writer *w)
{
	return w->params.pool;
}

/* Place the lists of a term; then its entry is complete. */
static void place_lists(struct segment_writer *w, struct batch_term *t, const uint8_t *post)
{
	uint64_t before = spool_at(&w->post);

	if (t->entry.tag == TERMS_FREQUENT) {
		bq_buf_put_zeros(&w->post.buf, (size_t)-before & 3);
		t->info.post_off = spool_at(&w->post);
		t->info.pos_off = (t->info.flags & TINFO_POSITIONS) != 0 ? w->pos_bytes : 0;
		tinfo_put(&w->tinfo, &t->info);
	}
	bq_buf_put(&w->post.buf, post, t->post_len);
	t->entry.post_bytes = spool_at(&w->post) - before;
	w->pos_bytes += t->pos_len;
	spool_drain(&w->post);
}

void segment_writer_batch(struct segment_writer *w, struct term_batch *b)
{
	struct batch_term *t = (struct batch_term *)(void *)b->terms.ptr;
	const uint32_t *forms = (const uint32_t *)(const void *)b->forms.ptr;
	const char *key = (const char *)b->keys.ptr;
	const uint8_t *post = b->post.ptr;

	fail(w, b->status);
	if (w->status != BQ_OK)
		return;
	container_put(w->file, b->pos.ptr, b->pos.len); /* what `sink` has not had */
	for (uint32_t n = term_batch_count(b); n > 0; n--, t++) {
		struct bq_span k = bq_span_make(key, t->key_len);
		place_lists(w, t, post);
		terms_add(&w->terms, k, &t->entry, forms);
		if (terms_kind(k) == BQ_TERM_WORD
			&& pairs_weight(t->entry.df, t->entry.ttf) >= pairing_floor(&w->params.pairs))
			bq_buf_put_u32(&w->paired, w->n_terms);
		w->n_terms++;
		key += t->key_len;
		post += t->post_len;
		forms += t->entry.n_forms;
	}
}

static void end_term(struct segment_writer *w)
{
	term_batch_end(&w->batch);
	segment_writer_batch(w, &w->batch);
	term_batch_clear(&w->batch);
}

void segment_writer_term(struct segment_writer *w, enum bq_term_kind kind, struct bq_span word, const uint32_t *forms,
	uint32_t n_forms)
{
	if (w->status != BQ_OK)
		return;
	end_term(w);
	term_batch_term(&w->batch, kind, word, forms, n_forms);
}

void segment_writer_posting(struct segment_writer *w, uint32_t doc, uint32_t tf, const uint32_t *positions)
{
	if (w->status == BQ_OK)
		term_batch_posting(&w->batch, doc, tf, positions);
}

/* ---- the end ---- */

static void put_section(struct segment_writer *w, enum section_kind kind, struct bq_buf *bytes)
{
	if (bytes->oom)
		fail(w, BQ_ENOMEM);
	container_begin(w->file, kind);
	container_put(w->file, bytes->ptr, bytes->len);
	container_end(w->file);
	bq_buf_release(bytes);
}

/* What kept a section from being put, by spool_copy()'s rules. */
static void note(struct segment_writer *w, int rc)
{
	if (rc == BQ_EIO)
		w->saved_errno = errno;
	if (rc != BQ_OK)
		fail(w, rc);
}

static void put_spool(struct segment_writer *w, enum section_kind kind, struct spool *bytes)
{
	container_begin(w->file, kind);
	note(w, spool_copy(bytes, w->file));
	container_end(w->file);
	spool_release(bytes);
}

static void put_columns(struct segment_writer *w)
{
	struct bq_buf out = BQ_BUF_INIT, mtimes = BQ_BUF_INIT, sizes = BQ_BUF_INIT;

	note(w, spool_load(&w->mtimes, &mtimes));
	note(w, spool_load(&w->sizes, &sizes));
	if (w->status == BQ_OK) {
		struct column columns[] = {
			{ COLUMN_MTIME, (const int64_t *)(const void *)mtimes.ptr, INT64_MIN },
			{ COLUMN_FILE_BYTES, (const int64_t *)(const void *)sizes.ptr, -1 },
		};
		columns_put(&out, columns, 2, w->n_docs);
	}
	put_section(w, SECTION_COLS, &out);
	bq_buf_release(&mtimes);
	bq_buf_release(&sizes);
}

static void put_sections(struct segment_writer *w)
{
	container_end(w->file); /* POS */
	put_spool(w, SECTION_POST, &w->post);
	container_begin(w->file, SECTION_TERMS);
	note(w, terms_finish(&w->terms, w->file));
	container_end(w->file);
	terms_writer_release(&w->terms);
	put_section(w, SECTION_TINFO, &w->tinfo);
	put_section(w, SECTION_NORM, &w->norms);
	container_begin(w->file, SECTION_HEADS);
	note(w, heads_finish(&w->heads, w->file));
	container_end(w->file);
	heads_writer_release(&w->heads);
	put_spool(w, SECTION_MARKS, &w->marks);
	put_columns(w);
}

/* The file so far as a segment, which says what pairs there are. */
static int open_parts(struct segment_writer *w, const struct container_head *head, struct segment **out,
	struct bq_error *err)
{
	struct container parts;
	struct mapfile map;
	int rc = container_read_back(w->file, &map, &parts, err);

	parts.head = *head;
	if (rc == BQ_OK)
		rc = segment_open_parts(&parts, &map, w->name, out, err);
	if (rc != BQ_OK)
		mapfile_close(&map);
	return rc;
}

static int put_pairs(struct segment_writer *w, const struct container_head *head, uint32_t *t, struct bq_error *err)
{
	struct segment *s = NULL;
	struct pairing_job job = { .params = &w->params.pairs, .pool = w->params.pool,
		.dirfd = w->dirfd, .number = w->params.number,
		.places = (const uint32_t *)(const void *)w->paired.ptr,
		.n_places = (uint32_t)(w->paired.len / sizeof *job.places) };
	int rc = BQ_OK;

	if (w->paired.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "writing a segment: out of memory");
	if (job.n_places != 0)
		rc = open_parts(w, head, &s, err);
	job.s = s;
	if (rc == BQ_OK)
		rc = pairing_write(&job, w->file, t, err);
	segment_close(s);
	return rc;
}

static int describe_failure(const struct segment_writer *w, struct bq_error *err)
{
	return bq_error_set(err, w->status, 0, "writing a segment: %s",
		w->status == BQ_ELIMIT ? "a word's list is over 16 GiB" : w->status == BQ_EIO ? strerror(w->saved_errno)
		: "out of memory");
}

int segment_writer_finish(struct segment_writer *w, struct segment_info *out, struct bq_error *err)
{
	struct container_head head = { .number = w->params.number, .text_id = w->params.text_id, .k1 = w->params.k1,
		.b = w->params.b, .avg_len = w->avg_len, .n_docs = w->n_docs, .n_tokens = w->n_tokens,
		.flags = (w->params.no_store ? CONTAINER_NO_STORE : 0)
			| (w->params.is_reordered ? CONTAINER_REORDERED : 0) };
	uint64_t start;
	uint32_t t = 0;

	if (w->status == BQ_OK)
		end_term(w);
	head.n_terms = w->n_terms;
	if (w->status == BQ_OK)
		put_sections(w);
	start = clock_now_ns();
	int rc = w->status == BQ_OK ? put_pairs(w, &head, &t, err) : describe_failure(w, err);
	start = clock_now_ns() - start;
	if (rc == BQ_OK) {
		rc = container_finish(w->file, &head, err);
		w->file = NULL;
	}
	if (rc == BQ_OK)
		*out = (struct segment_info){ head.number, head.file_bytes, head.checksum, head.n_docs, head.n_terms,
			head.n_tokens, t, start };
	else
		(void)unlinkat(w->dirfd, w->name, 0);
	w->dirfd = -1;
	segment_writer_free(w);
	return rc;
}

void segment_writer_free(struct segment_writer *w)
{
	if (w == NULL)
		return;
	struct bq_buf *all[] = { &w->norms, &w->tinfo, &w->paired };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		bq_buf_release(all[i]);
	spool_release(&w->mtimes);
	spool_release(&w->sizes);
	spool_release(&w->marks);
	spool_release(&w->post);
	docs_writer_free(w->docs);
	container_writer_free(w->file);
	heads_writer_release(&w->heads);
	terms_writer_release(&w->terms);
	term_batch_release(&w->batch);
	if (w->dirfd >= 0)
		(void)unlinkat(w->dirfd, w->name, 0);
	free(w);
}
