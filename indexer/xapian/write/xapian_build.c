/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/xapian.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <xapian-c.h>

#include "build/analyser.h"
#include "index/lock.h"
#include "index/manifest.h"
#include "xapian/engine/naming.h"
#include "xapian/engine/record.h"
#include "xapian/write/layout.h"
#include "xapian/write/words.h"

enum { DOC_BYTES = 1 << 30, PLACES = 512, MIN_FLUSH = 4 << 20, FLUSH_SHARE = 40, MAX_EXTENSION = 32 };

struct bq_xapian_build {
	struct bq_build_opts opts; /* `text`, `sources` point to `kept` */
	struct bq_arena kept;
	struct bq_text *text;
	bool has_stems;
	char *dir;
	int dirfd, lock;
	uint64_t gen;
	uint32_t n_shards;
	struct xapian_c_writer *writers[BQ_XAPIAN_MAX_SHARDS];
	struct words words[BQ_XAPIAN_MAX_SHARDS];
	uint64_t unwritten;        /* bytes of text since the last commit */
	struct bq_build_report report;

	/* the document at hand */
	struct xapian_c_document *d;
	uint32_t shard;
	struct analyser limits;    /* for analyser_check() */
	struct bq_buf marks, data;
	uint64_t mark_off, mark_line;
	struct xapian_c_place places[PLACES];
	char room[PLACES][BQ_WORD_MAX];
	unsigned n_places;
	struct xapian_c_error x;
	int failed;                /* the first status < 0 of xapian-c */
};

/* ---- opening ------------------------------------------------------------------- */

static int xapian_failed(const struct bq_xapian_build *b, const char *what, struct bq_error *err)
{
	int status = b->x.status == XAPIAN_C_ENOMEM ? BQ_ENOMEM : BQ_EIO;

	return bq_error_set(err, status, 0, "%s: %s: %s", what, b->x.type, b->x.msg);
}

static void keep_options(struct bq_xapian_build *b, const struct bq_build_opts *opts)
{
	struct bq_span *sources = BQ_ARENA_NEW(&b->kept, struct bq_span, opts->n_sources);

	b->opts = *opts;
	for (uint32_t i = 0; sources != NULL && i < opts->n_sources; i++)
		sources[i] = bq_arena_dup(&b->kept, opts->sources[i]);
	b->opts.sources = sources;
}

static int open_shards(struct bq_xapian_build *b, struct bq_error *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%" PRIu64, b->dir, b->gen) >= PATH_MAX - 16)
		return bq_error_set(err, BQ_EUSAGE, 0, "the index's path is too long");
	if (mkdir(path, 0700) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", path, strerror(errno));
	size_t len = strlen(path);
	for (uint32_t i = 0; i < b->n_shards; i++) {
		(void)snprintf(path + len, sizeof path - len, "/shard-%" PRIu32, i);
		if (xapian_c_writer_open(path, XAPIAN_C_WRITE_CREATE, &b->writers[i], &b->x) < 0)
			return xapian_failed(b, path, err);
		if (chmod(path, 0700) != 0)
			return bq_error_set(err, BQ_EIO, 0, "%s: %s", path, strerror(errno));
	}
	return BQ_OK;
}

static int open_directory(struct bq_xapian_build *b, struct bq_error *err)
{
	b->dirfd = layout_open(b->dir, err);
	if (b->dirfd < 0)
		return b->dirfd;
	b->lock = lock_open(b->dirfd, err);
	if (b->lock < 0)
		return b->lock;
	b->gen = layout_last(b->dirfd) + 1;
	return open_shards(b, err);
}

int bq_xapian_build_open(const char *dir, const struct bq_build_opts *opts, uint32_t shards,
	struct bq_xapian_build **out, struct bq_error *err)
{
	struct bq_xapian_build *b;
	int rc;

	*out = NULL;
	if (opts->update)
		return bq_error_set(err, BQ_EUSAGE, 0, "Xapian databases are built, not updated");
	if (shards < 1 || shards > BQ_XAPIAN_MAX_SHARDS)
		return bq_error_set(err, BQ_EUSAGE, 0, "1 to %u shards, not %u", BQ_XAPIAN_MAX_SHARDS, shards);
	b = calloc(1, sizeof *b);
	if (b == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	b->dirfd = b->lock = -1;
	b->n_shards = shards;
	bq_arena_init(&b->kept, DOC_BYTES);
	keep_options(b, opts);
	b->dir = strdup(dir);
	rc = bq_text_new(&opts->text, &b->text, err);
	if (rc == BQ_OK && (b->dir == NULL || b->kept.oom))
		rc = bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	if (rc == BQ_OK) {
		b->has_stems = strcmp(bq_text_lang(b->text), "none") != 0;
		analyser_init(&b->limits, b->text, NULL);
		rc = open_directory(b, err);
	}
	if (rc != BQ_OK) {
		bq_xapian_build_abort(b);
		return rc;
	}
	*out = b;
	return BQ_OK;
}

/* ---- words ------------------------------------------------------------------------ */

static void note(struct bq_xapian_build *b, int rc)
{
	if (rc < 0 && b->failed == 0)
		b->failed = rc;
}

static void flush_places(struct bq_xapian_build *b)
{
	if (b->failed == 0 && b->n_places != 0)
		note(b, xapian_c_document_add_postings(b->d, b->places, b->n_places, &b->x));
	b->n_places = 0;
}

/* A word at its position. */
static void put_place(struct bq_xapian_build *b, struct bq_span word, uint32_t pos)
{
	if (b->n_places == PLACES)
		flush_places(b);
	char *room = b->room[b->n_places];
	memcpy(room, word.ptr, word.len);
	b->places[b->n_places++] = (struct xapian_c_place){ { room, word.len }, pos + 1, 1 };
}

/* A term without positions, if it is not too long for one. */
static void put_term(struct bq_xapian_build *b, const char *prefix, struct bq_span word, uint32_t wdf)
{
	char room[NAMING_MAX_TERM];
	size_t n = strlen(prefix);

	if (b->failed != 0 || word.len == 0 || word.len + n > sizeof room || memchr(word.ptr, '\0', word.len) != NULL)
		return;
	memcpy(room, prefix, n);
	memcpy(room + n, word.ptr, word.len);
	struct xapian_c_bytes term = { room, n + word.len };
	note(b, xapian_c_document_add_term(b->d, term, wdf, &b->x));
}

/* The stem of a word, which the first time becomes a synonym of it. */
static void put_stem(struct bq_xapian_build *b, struct bq_span word, bool is_title)
{
	struct bq_span stem = bq_text_stem(b->text, word);

	put_term(b, naming_prefix(BQ_TERM_STEM), stem, 1);
	if (is_title)
		put_term(b, naming_prefix(BQ_TERM_TITLE_STEM), stem, 1);
	if (bq_span_eq(stem, word) || !words_add(&b->words[b->shard], word) || b->failed != 0)
		return;
	char room[NAMING_MAX_TERM];
	room[0] = 'Z';
	memcpy(room + 1, stem.ptr, stem.len);
	struct xapian_c_bytes key = { room, stem.len + 1 }, form = { word.ptr, word.len };
	note(b, xapian_c_writer_add_synonym(b->writers[b->shard], key, form, &b->x));
}

static void put_token(struct bq_xapian_build *b, const struct bq_token *t, bool is_title, uint32_t pos)
{
	put_place(b, t->word, pos);
	if (t->marked.len != 0)
		put_term(b, naming_prefix(BQ_TERM_MARKED), t->marked, 1);
	if (is_title)
		put_term(b, naming_prefix(BQ_TERM_TITLE), t->word, 1);
	if (b->has_stems)
		put_stem(b, t->word, is_title);
}

/* ---- a document: positions are those of build/analyser.h ------------------------------ */

static void put_mark(struct bq_xapian_build *b, struct bq_span text, uint64_t off)
{
	uint64_t lines = 0;

	for (uint64_t i = b->mark_off; i < off; i++)
		lines += text.ptr[i] == '\n';
	bq_buf_put_varint(&b->marks, off - b->mark_off);
	bq_buf_put_varint(&b->marks, lines);
	b->mark_off = off;
}

static void put_title(struct bq_xapian_build *b, const struct bq_doc_in *in, struct bq_doc_head *h)
{
	struct bq_tokens it;
	struct bq_token t;

	for (bq_tokens_init(&it, b->text, in->title, 0); bq_tokens_next(&it, &t); h->title_words++)
		put_token(b, &t, true, t.ord);
	if (h->title_words != 0)
		h->body_pos = h->title_words - 1 + BQ_TITLE_GAP;
}

static void put_text(struct bq_xapian_build *b, const struct bq_doc_in *in, struct bq_doc_head *h)
{
	uint64_t title_end = in->title_off + in->title.len;
	struct bq_tokens it;
	struct bq_token t;

	b->mark_off = 0;
	bq_buf_clear(&b->marks);
	for (bq_tokens_init(&it, b->text, in->text, 0); bq_tokens_next(&it, &t); h->words++) {
		bool is_title = in->title_in_text && t.off >= in->title_off && t.off < title_end;
		if (t.ord != 0 && t.ord % BQ_MARK_WORDS == 0)
			put_mark(b, in->text, t.off);
		if (is_title && h->title_words++ == 0)
			h->title_pos = t.ord;
		put_token(b, &t, is_title, h->body_pos + t.ord);
	}
}

/* The ending of the last name of a path, in lower case: E, as Omega has it. */
static void put_extension(struct bq_xapian_build *b, struct bq_span path)
{
	char room[MAX_EXTENSION];
	size_t n = 0;

	while (n < path.len && path.ptr[path.len - 1 - n] != '.' && path.ptr[path.len - 1 - n] != '/')
		n++;
	if (n == 0 || n >= path.len || n > sizeof room || path.ptr[path.len - 1 - n] != '.')
		return;
	for (size_t i = 0; i < n; i++) {
		char c = path.ptr[path.len - n + i];
		room[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	put_term(b, "E", bq_span_make(room, n), 0);
}

static void put_stored(struct bq_xapian_build *b, const struct bq_doc_in *in, const struct bq_doc_head *h, uint32_t length)
{
	struct record r = { .head = *h, .fields = in->fields, .text = b->opts.no_store ? BQ_SPAN("") : in->text };
	char bytes[4] = { (char)(length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length };

	bq_buf_clear(&b->data);
	record_write(&r, &b->data);
	struct xapian_c_bytes value = { bytes, sizeof bytes }, marks = { (const char *)b->marks.ptr, b->marks.len };
	struct xapian_c_bytes data = { (const char *)b->data.ptr, b->data.len };
	note(b, xapian_c_document_set_value(b->d, SLOT_LENGTH, value, &b->x));
	if (b->failed == 0 && marks.len != 0)
		note(b, xapian_c_document_set_value(b->d, SLOT_MARKS, marks, &b->x));
	if (b->failed == 0)
		note(b, xapian_c_document_set_data(b->d, data, &b->x));
}

/* All of a document into b->d; its length in words. */
static uint32_t make_document(struct bq_xapian_build *b, const struct bq_doc_in *in)
{
	struct bq_doc_head h = { .id = in->id, .path = in->path, .title = in->title, .source = in->source,
		.at = (uint8_t)in->at, .title_in_text = in->title_in_text, .file_line = in->file_line,
		.mtime_us = in->mtime_us, .file_bytes = in->file_bytes };

	if (!in->title_in_text)
		put_title(b, in, &h);
	put_text(b, in, &h);
	flush_places(b);
	put_term(b, "Q", in->id, 0);
	put_term(b, "P", in->path, 0);
	put_extension(b, in->path);
	uint32_t length = h.words + (in->title_in_text ? 0 : h.title_words);
	put_stored(b, in, &h, length);
	return length;
}

/* Xapian keeps what is not committed in memory, several times the text's size. */
static int write_some(struct bq_xapian_build *b, uint64_t bytes)
{
	uint64_t most = b->opts.memory_bytes / FLUSH_SHARE;
	int rc = XAPIAN_C_OK;

	b->unwritten += bytes;
	if (b->unwritten < (most < MIN_FLUSH ? MIN_FLUSH : most))
		return rc;
	b->unwritten = 0;
	for (uint32_t i = 0; i < b->n_shards && rc == XAPIAN_C_OK; i++)
		rc = xapian_c_writer_commit(b->writers[i], &b->x);
	bq_text_forget(b->text);
	return rc;
}

int bq_xapian_build_add(struct bq_xapian_build *b, const struct bq_doc_in *in, struct bq_error *err)
{
	uint32_t length = 0;
	int rc = analyser_check(&b->limits, in, err);

	if (rc != BQ_OK)
		return rc;
	if (in->text.len > BQ_XAPIAN_MAX_TEXT || in->fields.len > BQ_XAPIAN_MAX_TEXT)
		return bq_error_set(err, BQ_ELIMIT, 0, "text of more than %u MiB", BQ_XAPIAN_MAX_TEXT >> 20);
	b->failed = 0;
	b->shard = (uint32_t)(b->report.documents % b->n_shards);
	note(b, xapian_c_document_new(&b->d, &b->x));
	if (b->failed == 0)
		length = make_document(b, in);
	if (b->failed == 0)
		note(b, xapian_c_writer_add(b->writers[b->shard], b->d, NULL, &b->x));
	xapian_c_document_free(b->d);
	b->d = NULL;
	if (b->failed == 0)
		note(b, write_some(b, in->text.len));
	if (b->failed != 0)
		return xapian_failed(b, "writing a document", err);
	if (b->marks.oom || b->data.oom || b->words[b->shard].oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	b->report.documents++;
	b->report.tokens += length;
	b->report.text_bytes += in->text.len;
	return bq_text_check(b->text, err);
}

/* ---- ending ------------------------------------------------------------------------------ */

/* What the read side must know, as a MANIFEST without segments. */
static int put_manifest(struct bq_xapian_build *b, struct bq_error *err)
{
	const struct bq_build_report *r = &b->report;
	struct manifest m = { .format = NAMING_FORMAT, .gen = b->gen, .next_segment = 1, .text_id = bq_text_id(b->text),
		.k1 = b->opts.k1, .b = b->opts.b, .avg_len = r->tokens == 0 ? 1 : (float)((double)r->tokens / (double)r->documents), .pairs = BQ_PAIRS_OFF,
		.n_sources = b->opts.n_sources, .sources = b->opts.sources };
	struct bq_buf text = BQ_BUF_INIT;
	int rc = XAPIAN_C_OK;

	(void)snprintf(m.text.lang, sizeof m.text.lang, "%s", bq_text_lang(b->text));
	m.text.stopwords = bq_text_stopwords(b->text);
	manifest_format(&m, &text);
	struct xapian_c_bytes value = { (const char *)text.ptr, text.len };
	for (uint32_t i = 0; i < b->n_shards && rc == XAPIAN_C_OK && !text.oom; i++)
		rc = xapian_c_writer_set_metadata(b->writers[i], xapian_c_str(NAMING_MANIFEST_KEY), value, &b->x);
	bool oom = text.oom;
	bq_buf_release(&text);
	if (oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	return rc == XAPIAN_C_OK ? BQ_OK : xapian_failed(b, "metadata", err);
}

static int close_shards(struct bq_xapian_build *b, struct bq_error *err)
{
	int rc = XAPIAN_C_OK;

	for (uint32_t i = 0; i < b->n_shards && rc == XAPIAN_C_OK; i++) {
		rc = xapian_c_writer_commit(b->writers[i], &b->x);
		if (rc == XAPIAN_C_OK)
			rc = xapian_c_writer_close(b->writers[i], &b->x);
	}
	return rc == XAPIAN_C_OK ? BQ_OK : xapian_failed(b, "commit", err);
}

static void release(struct bq_xapian_build *b)
{
	for (uint32_t i = 0; i < b->n_shards; i++) {
		xapian_c_writer_free(b->writers[i]);
		words_release(&b->words[i]);
	}
	analyser_release(&b->limits);
	bq_buf_release(&b->marks);
	bq_buf_release(&b->data);
	bq_text_free(b->text);
	lock_close(b->lock);
	if (b->dirfd >= 0)
		(void)close(b->dirfd);
	bq_arena_release(&b->kept);
	free(b->dir);
	free(b);
}

void bq_xapian_build_abort(struct bq_xapian_build *b)
{
	if (b == NULL)
		return;
	for (uint32_t i = 0; i < b->n_shards; i++) {
		xapian_c_writer_free(b->writers[i]);
		b->writers[i] = NULL;
	}
	if (b->gen != 0)
		layout_remove(b->dir, b->gen);
	release(b);
}

int bq_xapian_build_commit(struct bq_xapian_build *b, struct bq_build_report *report, struct bq_error *err)
{
	int rc = put_manifest(b, err);

	if (rc == BQ_OK)
		rc = close_shards(b, err);
	if (rc == BQ_OK && b->opts.stop != NULL && *b->opts.stop != 0)
		rc = bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
	if (rc == BQ_OK)
		rc = layout_publish(b->dirfd, b->dir, b->gen, b->n_shards, err);
	if (rc != BQ_OK) {
		bq_xapian_build_abort(b);
		return rc;
	}
	*report = b->report;
	report->gen = b->gen;
	report->added = report->documents;
	report->is_new = true;
	report->index_bytes = layout_bytes(b->dir, b->gen);
	for (uint32_t i = 0; i < b->n_shards; i++)
		report->words += b->words[i].n;
	release(b);
	return BQ_OK;
}
